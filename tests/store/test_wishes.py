"""Runs that somebody wants beside the schedule, and fire times that run again: every store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from histories import (
    at,
    begin,
    claim,
    due,
    ended,
    missed,
    queued,
    retry,
    skipped,
    started,
    told,
)
from schedkit.config import Config
from schedkit.run import AttemptKey, Decision, State, Trigger, Unclaimed
from schedkit.store import Store

Opening = Callable[[], Store]


def backfill(minutes: float, *, parallel: int = 1, repeats: bool = False) -> Decision:
    return Decision(
        "a", at(minutes), State.QUEUED, Trigger.BACKFILL, at_once=False, due=at(60),
        parallel=parallel, repeats=repeats,
    )  # fmt: skip


def wanted(minutes: float, trigger: Trigger) -> Decision:
    return replace(queued("a", minutes), trigger=trigger)


# ---- backfills


@pytest.mark.parametrize(
    "state", [State.FAILED, State.TIMED_OUT, State.CANCELLED, State.LOST, State.SUCCEEDED]
)
@pytest.mark.parametrize("repeats", [False, True])
def test_a_fire_time_whose_run_is_over_runs_again_unless_that_went_well(
    store: Store, config: Config, state: State, *, repeats: bool
) -> None:
    store.record([ended(started(store, config, "a", 1), state)])

    keys = claim(store, config, backfill(1, repeats=repeats))

    expected = [] if state is State.SUCCEEDED and not repeats else ["a 12:01 queued"]
    assert ([f"a 12:01 {state}", *expected], len(expected)) == (told(store), len(keys))


@pytest.mark.parametrize("refused", [skipped("a", 1), missed("a", 1, 3, 3)])
def test_a_fire_time_that_never_ran_is_filled_in(
    store: Store, config: Config, refused: Decision
) -> None:
    claim(store, config, refused)

    claim(store, config, backfill(1), backfill(2))

    assert [f"a 12:01 {refused.state}", "a 12:01 queued", "a 12:02 queued"] == told(store)


@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_fire_time_that_waits_or_runs_is_never_filled_in(
    store: Store, config: Config, trigger: Trigger, *, repeats: bool
) -> None:
    claim(store, config, replace(queued("a", 1), trigger=trigger))
    claim(store, config, replace(due("a", 2), trigger=trigger))
    key = claim(store, config, replace(due("a", 3), trigger=trigger))[0]
    assert key is not None
    store.record([ended(key, State.FAILED, at(31))])

    wishes = [backfill(minute, repeats=repeats) for minute in (1, 2, 3)]

    assert [] == claim(store, config, *wishes)
    assert ["a 12:01 queued", "a 12:02 running", "a 12:03 retrying"] == told(store)


def test_of_two_backfills_of_one_fire_time_the_first_stands(
    opening: Opening, store: Store, config: Config
) -> None:
    first = claim(store, config, backfill(1), backfill(1, repeats=True))
    store.close()
    again = begin(opening(), config, 2)

    assert (1, []) == (len(first), claim(again, config, backfill(1, repeats=True)))


def test_a_backfill_that_failed_may_be_followed_by_another(store: Store, config: Config) -> None:
    for _ in range(2):
        (key,) = claim(store, config, backfill(1))
        assert key is not None
        waiting = [one for one in store.waiting() if one.key == key]
        store.claim_attempts(waiting, at(60))
        store.record([ended(key, State.FAILED)])

    assert ["a 12:01 failed", "a 12:01 failed"] == told(store)


def test_backfills_move_no_cursor_and_do_not_count(store: Store, config: Config) -> None:
    claim(store, config, backfill(5))

    assert (at(0), 0) == (store.cursors()["a"][1], store.counted(["a"])["a"])


@pytest.mark.parametrize(
    ("state", "expected"),
    [(None, 0), (State.SUCCEEDED, 0), (State.FAILED, 1), (State.CANCELLED, 1)],
)
def test_a_fire_time_that_was_filled_in_before_it_was_decided_does_not_run_twice(
    store: Store, config: Config, state: State | None, expected: int
) -> None:
    """No runner was up, and the next one would catch it up."""
    (key,) = claim(store, config, backfill(1))
    assert key is not None
    if state is not None:
        store.claim_attempts(store.waiting(), at(2))
        store.record([ended(key, state)])

    keys = claim(store, config, replace(queued("a", 1), trigger=Trigger.CATCHUP))

    assert (expected, at(1)) == (len(keys), store.cursors()["a"][1])


def test_what_becomes_of_a_fire_time_is_told_beside_its_backfill(
    store: Store, config: Config
) -> None:
    claim(store, config, backfill(1))

    claim(store, config, missed("a", 1, 3, 3))

    assert ["a 12:01 queued", "a 12:01 missed"] == told(store)


def test_how_many_may_run_at_a_time_is_kept_over_attempts(store: Store, config: Config) -> None:
    (key,) = claim(store, config, backfill(1, parallel=7))
    assert key is not None
    (waiting,) = store.waiting()
    store.claim_attempts([waiting], at(60))
    (going_on,) = store.open_attempts()
    store.record([ended(key, State.FAILED, at(61))])

    (again,) = store.waiting()

    assert [7, 7, 7] == [one.parallel for one in (waiting, going_on, again)]


# ---- one extra run


@pytest.mark.parametrize("trigger", [Trigger.MANUAL, Trigger.AT])
@pytest.mark.parametrize("record", [due("a", 1), queued("a", 1), skipped("a", 1), backfill(1)])
def test_an_extra_run_has_a_fire_time_of_its_own(
    store: Store, config: Config, trigger: Trigger, record: Decision
) -> None:
    claim(store, config, record)

    assert [] == claim(store, config, wanted(1, trigger))


@pytest.mark.parametrize("trigger", [Trigger.MANUAL, Trigger.AT])
def test_a_schedule_that_comes_to_fire_when_an_extra_run_is_wanted_does_so(
    store: Store, config: Config, trigger: Trigger
) -> None:
    claim(store, config, wanted(1, trigger))

    assert 1 == len(claim(store, config, due("a", 1)))
    assert (1, at(1)) == (store.counted(["a"])["a"], store.cursors()["a"][1])


@pytest.mark.parametrize("trigger", [Trigger.MANUAL, Trigger.AT])
def test_an_extra_run_moves_no_cursor_and_does_not_count(
    store: Store, config: Config, trigger: Trigger
) -> None:
    claim(store, config, wanted(5, trigger))

    assert (at(0), 0) == (store.cursors()["a"][1], store.counted(["a"])["a"])


# ---- a claim that is taken back


def test_an_attempt_that_never_began_can_wait_again(store: Store, config: Config) -> None:
    (key,) = claim(store, config, due("a", 1))
    assert key is not None

    store.record([Unclaimed(key, at(5))])

    (waiting,) = store.waiting()
    assert (key, at(1)) == (waiting.key, waiting.due)
    assert ([], ["a 12:01 queued"]) == (store.open_attempts(), told(store))
    assert [waiting] == store.claim_attempts([waiting], at(6))


def test_a_retry_that_never_began_waits_again_as_one(store: Store, config: Config) -> None:
    key = started(store, config, "a", 1)
    store.record([ended(key, State.FAILED, at(31))])
    store.claim_attempts([retry(key)], at(31))

    store.record([Unclaimed(retry(key).key, at(40))])

    (waiting,) = store.waiting()
    assert (AttemptKey(key.run, 2), at(40)) == (waiting.key, waiting.due)
    assert ["a 12:01 retrying"] == told(store)


def test_what_has_begun_or_ended_is_not_taken_back(store: Store, config: Config) -> None:
    going_on, over = started(store, config, "a", 1), started(store, config, "b", 1)
    store.record([ended(over)])

    store.record([Unclaimed(going_on, at(5)), Unclaimed(over, at(5))])

    assert ["a 12:01 running", "b 12:01 succeeded"] == told(store)
