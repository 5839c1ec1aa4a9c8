"""The queue of what people are to be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from histories import MINUTE, at
from schedkit.events import Delivery, Reaction
from schedkit.store import Store
from schedkit.store.deliveries import _FIRSTS, Tried, Undelivered
from schedkit.store.sqlite import SQLiteStore

DAY = timedelta(days=1)
Opening = Callable[[], Store]


def put(store: Store, *lanes: str, now: datetime | None = None, kind: str = "email") -> None:
    """Put a delivery into each of these lanes, one after the other."""
    deliveries = [
        Delivery(None, "a", number, "failure", kind, f'"{lane}"', lane, f'"{number}"')
        for number, lane in enumerate(lanes, 1)
    ]
    store.claim([], {}, now or at(0), Reaction(0, deliveries=tuple(deliveries)))


def ids(store: Store) -> list[int]:
    return [one.id for one in store.to_deliver()]


def test_the_first_of_each_lane_is_to_be_sent(store: Store) -> None:
    put(store, "b", "a", "b", "c", "a")

    actual = [(one.id, one.lane, one.superseded) for one in store.to_deliver()]

    assert actual == [(1, "b", True), (2, "a", True), (4, "c", False)]


def test_without_deliveries_there_is_nothing_to_be_sent(store: Store) -> None:
    assert store.to_deliver() == []


def test_what_is_to_be_sent_says_what_it_is(store: Store) -> None:
    put(store, "x", kind="ping")

    (actual,) = store.to_deliver()

    assert (actual.job, actual.run, actual.reason, actual.kind) == ("a", 1, "failure", "ping")
    assert (actual.created, actual.due, actual.tries) == (at(0), at(0), 0)
    assert store.contents([1]) == {1: ('"x"', '"1"')}


def test_what_was_sent_makes_way_for_the_next(store: Store) -> None:
    put(store, "x", "x")

    store.delivered([Tried(1, "sent", 1)], at(1))

    assert ids(store) == [2]


def test_what_has_failed_makes_way_for_the_next(store: Store) -> None:
    put(store, "x", "x")

    store.delivered([Tried(1, "failed", 1, "no")], at(1))

    assert ids(store) == [2]


def test_a_lane_waits_with_what_is_tried_again(store: Store) -> None:
    put(store, "x", "x", "y")

    store.delivered([Tried(1, "waiting", 1, "no", at(5))], at(1))

    assert [(one.id, one.due, one.tries) for one in store.to_deliver()] == [
        (1, at(5), 1), (3, at(0), 0),
    ]  # fmt: skip


def test_what_is_over_stays_as_it_is(store: Store) -> None:
    put(store, "x")
    store.delivered([Tried(1, "sent", 1)], at(1))

    store.delivered([Tried(1, "waiting", 2, "no", at(5))], at(2))

    assert ids(store) == []


def test_the_queue_outlives_its_runner(store: Store, opening: Opening) -> None:
    put(store, "x")
    store.close()

    assert ids(opening()) == [1]


def test_what_has_been_over_for_a_month_is_dropped(store: Store) -> None:
    put(store, *"abc")
    store.delivered([Tried(1, "sent", 1), Tried(2, "failed", 1)], at(1))

    store.delivered([], at(0) + 31 * DAY)

    assert {1, 2, 3}.intersection(store.contents([1, 2, 3])) == {3}


def test_the_first_of_each_lane_is_found_by_an_index(store: SQLiteStore) -> None:
    put(store, "x")

    plan = [row[3] for row in store._db.execute(f"EXPLAIN QUERY PLAN {_FIRSTS}")]

    assert [one for one in plan if "deliveries" in one and "deliveries_waiting" not in one] == [
        "SEARCH deliveries USING INTEGER PRIMARY KEY (rowid=?)"
    ]


# ---- what people were not told


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(5, []), (6, [Undelivered("a", "email", "failure", 2, 1, at(0), failed=False, error=None)])],
)
def test_what_waits_for_long_was_not_told(
    store: Store, minutes: int, expected: list[Undelivered]
) -> None:
    put(store, "x", "x")

    assert expected == store.undelivered(at(minutes))


def test_what_is_tried_again_says_why(store: Store) -> None:
    put(store, "x", "x")
    store.delivered([Tried(1, "waiting", 1, "no route", at(10))], at(1))

    (actual,) = store.undelivered(at(6))

    assert actual.error == "no route"


def test_what_has_failed_was_not_told_until_something_is(store: Store) -> None:
    put(store, "x", "x", "y", "x")
    store.delivered([Tried(1, "failed", 1, "a"), Tried(2, "failed", 1, "b")], at(1))
    store.delivered([Tried(3, "sent", 1)], at(1))

    before = store.undelivered(at(2))
    store.delivered([Tried(4, "sent", 1)], at(2))
    after = store.undelivered(at(2))

    assert [(one.count, one.failed, one.error) for one in before] == [(2, True, "b")]
    assert after == []


def test_what_has_failed_is_told_for_a_week(store: Store) -> None:
    put(store, "x")
    store.delivered([Tried(1, "failed", 1, "a")], at(1))

    assert len(store.undelivered(at(0) + 7 * DAY - MINUTE)) == 1
    assert store.undelivered(at(0) + 7 * DAY) == []


def test_what_was_dropped_is_nobodys_loss(store: Store) -> None:
    put(store, "x", kind="ping")
    store.delivered([Tried(1, "dropped", 1, "a")], at(1))

    assert store.undelivered(at(2)) == []


# ---- failures in a row


def test_streaks_are_kept_by_job(store: Store) -> None:
    store.claim([], {}, at(0), Reaction(0, streaks={"a": (2, None), "b": (0, "{}")}))
    store.claim([], {}, at(1), Reaction(0, streaks={"a": (3, '{"x": 1}')}))

    assert store.streaks(["a", "c"]) == {"a": (3, '{"x": 1}')}
    assert store.streaks(["b"]) == {"b": (0, "{}")}
