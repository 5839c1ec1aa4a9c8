"""What happens beside time, as it is kept: every store."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from histories import at, begin, claim, due, ended, gone, missed, queued, skipped, started
from schedkit.config import Config
from schedkit.events import FILE, Arrival, Delivery, Emitted, Event, Gone, Reaction
from schedkit.records import replace
from schedkit.run import Decision, State, Trigger
from schedkit.store import Store

Opening = Callable[[], Store]


def happened(store: Store) -> list[tuple[str, str | None]]:
    """Return the events of which nothing has followed: name and job."""
    return [(one.name, one.job) for one in store.unreacted(100)]


def caused(minutes: float, cause: str) -> Decision:
    return Decision("a", at(minutes), State.QUEUED, Trigger.EVENT, cause=cause)


# ---- emitted


def test_an_event_is_kept_as_it_was_emitted(store: Store) -> None:
    emitted = Emitted("paid", '{"n": 3, "to": {"name": "\\u00e9"}}', "k", who="ann")

    ((number, new),) = store.emit([emitted], at(1))

    payload = {"n": 3, "to": {"name": "é"}}
    assert new
    assert store.unreacted(9) == [Event(number, at(1), "paid", "k", None, None, "ann", payload)]


def test_one_more_of_its_name_and_key_is_none(store: Store) -> None:
    ((first, _),) = store.emit([Emitted("paid", key="k")], at(1))

    kept = store.emit(
        [Emitted("paid", key="k"), Emitted("sent", key="k"), Emitted("paid"), Emitted("paid")],
        at(2),
    )

    assert [new for _, new in kept] == [False, True, True, True]
    assert kept[0][0] == first
    assert len({number for number, _ in kept}) == 4


def test_what_is_emitted_is_there_for_who_opens_it_next(opening: Opening, config: Config) -> None:
    begin(opening(), config).emit([Emitted("paid")], at(1))

    assert happened(opening()) == [("paid", None)]


def test_names_may_be_left_out_of_those_that_are_asked_for(store: Store) -> None:
    store.emit([Emitted(name) for name in ("a.x", "b.x", "a.y", "c")], at(1))

    def named(*names: str, without: tuple[str, ...]) -> list[str]:
        return [one.name for one in store.events(names, 2, without=without)]

    assert named(without=("a.*",)) == ["c", "b.x"]
    assert named("?.x", "c", without=("b*", "c")) == ["a.x"]


# ---- heard of


def test_the_end_of_a_run_is_an_event_where_somebody_hears_of_its_job(
    store: Store, config: Config
) -> None:
    store.hear({"a": False})
    for job in ("a", "b"):
        store.record([ended(started(store, config, job, 1))])

    (event,) = store.unreacted(9)

    run = store.last_runs(["a"])["a"]
    assert (event.name, event.job, event.time) == ("run.succeeded", "a", run.ended)


@pytest.mark.parametrize("state", [State.FAILED, State.TIMED_OUT, State.CANCELLED, State.LOST])
def test_whatever_its_end_is(store: Store, config: Config, state: State) -> None:
    store.hear({"*": False})
    store.record([ended(started(store, config, "a", 1), state)])

    assert happened(store) == [(f"run.{state}", "a")]


def test_an_attempt_that_is_tried_again_is_none(store: Store, config: Config) -> None:
    store.hear({"*": False})
    store.record([ended(started(store, config, "a", 1), State.FAILED, retry_at=at(2))])

    assert happened(store) == []


def test_what_never_starts_is_one(store: Store, config: Config) -> None:
    store.hear({"*": False})
    keys = claim(store, config, skipped("a", 1), missed("b", 1, 3, 3), queued("a", 2))
    assert keys[2] is not None
    store.record([gone(keys[2])])

    assert happened(store) == [
        ("run.skipped", "a"), ("run.missed", "b"), ("run.cancelled", "a"),
    ]  # fmt: skip


def test_a_beginning_is_one_where_somebody_hears_of_it(store: Store, config: Config) -> None:
    store.hear({"a": True, "b": False})
    claim(store, config, due("a", 1), due("b", 1), queued("a", 2))

    assert happened(store) == [("run.running", "a")]


def test_who_is_heard_of_is_what_was_said_last(store: Store, config: Config) -> None:
    store.hear({"a": False})
    store.hear({"b": False})
    claim(store, config, skipped("a", 1), skipped("b", 1))

    assert happened(store) == [("run.skipped", "b")]


# ---- what follows


def test_what_has_followed_is_not_asked_for_again(store: Store, config: Config) -> None:
    numbers = [number for number, _ in store.emit([Emitted("a"), Emitted("b")], at(1))]

    store.claim([], config.by_name, at(2), Reaction(numbers[0]))

    assert happened(store) == [("b", None)]


def test_a_cause_has_one_run_of_a_job(store: Store, config: Config) -> None:
    """Also two at one moment, and one that an earlier fire time of its schedule has."""
    claim(store, config, due("a", 1))

    keys = claim(store, config, caused(1, "event e 1"), caused(1, "event e 2"))
    again = claim(store, config, caused(5, "event e 1"))

    assert (len([key for key in keys if key]), again) == (2, [])


def test_runs_that_are_caused_are_counted(store: Store, config: Config) -> None:
    claim(store, config, caused(1, "event e 1"), replace(caused(1, "e 2"), state=State.SKIPPED))

    assert store.counted(["a"]) == {"a": 1}


def test_what_follows_is_there_with_its_runs_or_not_at_all(
    opening: Opening, config: Config
) -> None:
    store = begin(opening(), config)
    ((number, _),) = store.emit([Emitted("e")], at(1))
    delivery = Delivery(number, "a", None, "failure", "command", "{}", "lane", "{}")
    reaction = Reaction(number, {"a": '{"on.0": []}'}, (delivery,), {"a": (2, None)})
    store.claim([caused(1, f"event e {number}")], config.by_name, at(1), reaction)

    later = opening()

    assert happened(later) == []
    assert later.hearing(["a"])["a"].progress == '{"on.0": []}'
    assert [run.cause for run in later.caused([f"event e {number}"])[f"event e {number}"]] == [
        f"event e {number}"
    ]


def test_a_job_hears_from_when_it_was_loaded_as_it_is(opening: Opening, config: Config) -> None:
    store = begin(opening(), config)

    begin(opening(), config, 5)

    assert store.hearing(["a"])["a"].since == at(0)


def test_a_job_that_no_runner_has_loaded_can_hear_before(store: Store, config: Config) -> None:
    job = replace(config.by_name["a"], name="new")

    store.listen([job, config.by_name["b"]], at(7))

    assert {name: one.since for name, one in store.hearing(["new", "b"]).items()} == {
        "new": at(7), "b": at(0),
    }  # fmt: skip


# ---- files

_PATH = os.fsdecode(b"/in/\xff.csv")


def arrival(content: str, path: str = _PATH) -> Arrival:
    return Arrival("a", path, content, 7, Emitted(FILE, '{"part": "on.0"}', job="a"))


def test_a_file_is_an_event_once_for_what_is_in_it(store: Store) -> None:
    came = [arrival("1"), arrival("1"), arrival("2"), arrival("2"), arrival("2", "/in/b")]

    new = store.arrive(came, at(1))

    assert (new, happened(store)) == (3, [(FILE, "a")] * 3)
    assert sorted(store.arrivals()) == [("a", "/in/b", "2", 7), ("a", _PATH, "2", 7)]


def test_a_file_that_was_gone_is_new_when_it_comes_again(store: Store) -> None:
    store.arrive([arrival("1"), Gone("a", _PATH), Gone("a", "/other")], at(1))
    before = store.arrivals()

    new = store.arrive([arrival("1"), Gone("a", _PATH), arrival("1")], at(3))

    assert (before, new) == ([], 2)


# ---- old ones


def test_old_events_of_which_all_has_followed_are_dropped(store: Store, config: Config) -> None:
    numbers = [n for n, _ in store.emit([Emitted(name) for name in "abcd"], at(1))]
    store.emit([Emitted("later")], at(9))
    store.claim([], config.by_name, at(2), Reaction(numbers[2]))

    dropped = [store.forget_events(at(5), 2) for _ in range(3)]

    assert dropped == [2, 1, 0]
    assert happened(store) == [("d", None), ("later", None)]


def test_events_are_listed_newest_first_by_name_and_time(store: Store) -> None:
    for minute, name in enumerate(("lead.a", "paid", "lead.b", "lead.c")):
        store.emit([Emitted(name)], at(minute))

    assert [one.name for one in store.events(limit=2)] == ["lead.c", "lead.b"]
    assert [one.name for one in store.events(["lead.*"])] == ["lead.c", "lead.b", "lead.a"]
    assert [one.name for one in store.events(["paid", "lead.a"], since=at(1))] == ["paid"]
    assert [one.name for one in store.events(until=at(0))] == ["lead.a"]
    last = store.last_event(["lead.*"], at(0), lambda one: one.name != "lead.c")
    assert last is not None
    assert last.name == "lead.b"
