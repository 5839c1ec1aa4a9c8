"""What every store promises about runs that wait, pauses, wishes and what is dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from fakes import load
from histories import (
    MINUTE,
    at,
    begin,
    claim,
    due,
    ended,
    gone,
    missed,
    queued,
    retry,
    skipped,
    started,
    told,
)
from schedkit.config import Config
from schedkit.run import (
    AttemptKey,
    Change,
    Pause,
    Started,
    State,
    Trigger,
    Unstarted,
    Waiting,
    first_number,
)
from schedkit.store import Query, Store

Opening = Callable[[], Store]


# ---- a clock that was far ahead


def test_what_waited_when_the_clock_was_ahead_waits_no_longer_than_it_would_have(
    store: Store, config: Config
) -> None:
    claim(store, config, replace(queued("b", 1000), due=at(1003)))
    key = started(store, config, "a", 1000)
    store.record([replace(ended(key, State.FAILED, at(1005)), time=at(1001))])

    for now in (1, 2):  # the second time there is nothing more to be set back
        store.rewind(at(now + 10), at(now))

    assert {"b": at(4), "a": at(5)} == {one.job: one.due for one in store.waiting()}


def test_what_waits_for_long_by_a_clock_that_is_right_goes_on_to(
    store: Store, config: Config
) -> None:
    claim(store, config, replace(queued("b", 1), due=at(1000)))
    key = started(store, config, "a", 1)
    store.record([replace(ended(key, State.FAILED, at(2000)), time=at(2))])

    assert [] == store.rewind(at(10), at(3))
    assert {"b": at(1000), "a": at(2000)} == {one.job: one.due for one in store.waiting()}


# ---- retries


def _failed(store: Store, config: Config) -> AttemptKey:
    key = started(store, config, "a", 1)
    store.record([ended(key, State.FAILED, at(31))])
    return key


def test_a_run_that_will_be_retried_is_pending(store: Store, config: Config) -> None:
    key = _failed(store, config)

    assert (store.waiting(), told(store)) == ([retry(key)], ["a 12:01 retrying"])


def test_a_retry_is_claimed_once(store: Store, config: Config) -> None:
    key = _failed(store, config)

    assert store.claim_attempts([retry(key)], at(31)) == [retry(key)]
    assert store.claim_attempts([retry(key)], at(31)) == []
    assert (store.waiting(), told(store)) == ([], ["a 12:01 running"])


def test_a_retry_of_a_run_that_is_over_is_refused_and_leaves_the_others(
    store: Store, config: Config
) -> None:
    over, waits = _failed(store, config), started(store, config, "b", 1)
    store.record([ended(waits, State.FAILED, at(31))])
    store.record([gone(over)])

    assert store.claim_attempts([retry(over), retry(waits, "b")], at(31)) == [retry(waits, "b")]


def test_the_end_of_the_last_attempt_is_that_of_the_run(store: Store, config: Config) -> None:
    key = _failed(store, config)
    store.claim_attempts([retry(key)], at(31))

    store.record([ended(retry(key).key, State.SUCCEEDED)])

    (run,) = store.runs(Query())
    assert (run.state, run.attempts, run.most_attempts) == ("succeeded", 2, 3)


def test_a_retry_that_will_never_come_is_cancelled(store: Store, config: Config) -> None:
    key = _failed(store, config)

    store.record([gone(key)])

    (run,) = store.runs(Query())
    assert (run.state, run.reason, store.waiting()) == ("cancelled", "gone", [])


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.LOST])
def test_a_run_that_is_over_cannot_be_abandoned(store: Store, config: Config, state: State) -> None:
    key = started(store, config, "a", 1)
    store.record([ended(key, state)])

    store.record([gone(key)])

    assert told(store) == [f"a 12:01 {state}"]


@pytest.mark.parametrize("number", [1, 2])
def test_an_attempt_that_was_had_already_is_refused_and_its_run_still_waits(
    store: Store, config: Config, number: int
) -> None:
    key = _failed(store, config)
    store.claim_attempts([retry(key)], at(31))
    store.record([ended(retry(key).key, State.FAILED, at(32))])
    stale = replace(retry(key), key=AttemptKey(key.run, number))

    assert store.claim_attempts([stale], at(32)) == []
    assert [one.key.number for one in store.waiting()] == [3]
    assert told(store) == ["a 12:01 retrying"]


def _started(key: AttemptKey, minutes: float, output: str = "/out") -> Started:
    return Started(key, at(minutes), 4711, 7, "x", output)


# ---- what waits for its first attempt


def test_a_run_that_is_to_wait_has_no_attempt_yet(store: Store, config: Config) -> None:
    (key,) = claim(store, config, queued("a", 1))

    (run,) = store.runs(Query())
    assert (run.state, run.attempts, store.open_attempts()) == ("queued", 0, [])
    assert store.waiting() == [
        Waiting(key or AttemptKey(0, 0), "a", at(1), Trigger.SCHEDULE, at(1))
    ]


def test_a_run_waits_until_it_is_due_with_all_that_it_was_given(
    opening: Opening, store: Store, config: Config
) -> None:
    params = (("b", "2"), ("a", "1"))
    late = replace(queued("a", 1), trigger=Trigger.CATCHUP, due=at(9), params=params)
    (key,) = claim(store, config, late)
    store.close()
    assert key is not None

    found = begin(opening(), config, 20).waiting()

    assert found == [Waiting(key, "a", at(1), Trigger.CATCHUP, at(9), None, params)]


def test_those_that_are_due_first_wait_first(store: Store, config: Config) -> None:
    claim(store, config, replace(queued("a", 1), due=at(9)), queued("b", 2))
    store.record([ended(started(store, config, "b", 3), State.FAILED, at(5))])

    assert [one.due for one in store.waiting()] == [at(2), at(5), at(9)]


def test_a_run_that_waited_is_claimed_once(store: Store, config: Config) -> None:
    claim(store, config, queued("a", 1))
    (one,) = store.waiting()

    assert store.claim_attempts([one], at(2)) == [one]
    assert store.claim_attempts([one], at(2)) == []
    assert (told(store), store.waiting()) == (["a 12:01 running"], [])
    assert [attempt.key for attempt in store.open_attempts()] == [one.key]


@pytest.mark.parametrize("state", [State.MISSED, State.CANCELLED])
def test_a_run_that_waited_in_vain_ends_and_is_never_claimed(
    store: Store, config: Config, state: State
) -> None:
    claim(store, config, queued("a", 1))
    (one,) = store.waiting()

    store.record([Unstarted(one.key.run, at(3), state, "so it is")])

    (run,) = store.runs(Query())
    assert (run.state, run.reason, run.ended, run.attempts) == (state, "so it is", at(3), 0)
    assert store.claim_attempts([one], at(4)) == []


def test_a_run_that_goes_on_is_not_ended_as_one_that_waits(store: Store, config: Config) -> None:
    key = started(store, config, "a", 1)

    store.record([Unstarted(key.run, at(3), State.CANCELLED, "so it is")])

    assert told(store) == ["a 12:01 running"]


def test_lateness_is_counted_from_when_a_run_was_due(store: Store, config: Config) -> None:
    claim(store, config, replace(queued("a", 1), due=at(9)))
    (one,) = store.waiting()
    store.claim_attempts([one], at(10))
    store.record([_started(one.key, 11), ended(one.key)])

    (run,) = store.runs(Query())
    assert (run.due, run.lateness) == (at(9), 2 * MINUTE)


# ---- pauses and wishes


def test_a_pause_is_kept_until_it_is_taken_back(
    opening: Opening, store: Store, config: Config
) -> None:
    pauses = [Pause("a", "ann", at(1), at(9), "a reason"), Pause("b", "bob", at(2))]
    store.pause(pauses)
    store.close()

    again = begin(opening(), config, 3)

    assert again.pauses() == {pause.job: pause for pause in pauses}
    again.resume(["a", "no such job"])
    assert again.pauses() == {"b": pauses[1]}


def test_a_second_pause_takes_the_place_of_the_first(store: Store) -> None:
    store.pause([Pause("a", "ann", at(1), at(9), "a reason")])

    store.pause([Pause("a", "bob", at(2))])

    assert store.pauses() == {"a": Pause("a", "bob", at(2))}


def test_a_pause_of_a_job_that_is_gone_for_a_while_is_kept(store: Store, config: Config,
                                                           tmp_path: Path) -> None:  # fmt: skip
    store.pause([Pause("a", "ann", at(1))])

    store.load(load(tmp_path, "jobs: {b: {command: x, clock: every 1m}}"), "reload", at(2))
    store.load(config, "reload", at(3))

    assert list(store.pauses()) == ["a"]


def test_who_wants_a_run_to_be_stopped_is_kept_with_its_attempt(
    opening: Opening, store: Store, config: Config
) -> None:
    key = started(store, config, "a", 1)
    store.ask_to_cancel(key.run, "ann")
    store.close()

    (found,) = begin(opening(), config, 2).open_attempts()

    assert (found.cancelled_by, found.first_start) == ("ann", at(1))


def test_what_people_change_is_kept_the_newest_first(store: Store) -> None:
    changes = [Change(at(n), "ann", "pause", "a", None if n else "why") for n in range(3)]

    for change in changes:
        store.note(change)

    assert store.changes() == changes[::-1]
    assert store.changes(1) == changes[2:]


# ---- what is dropped


def _over(store: Store, config: Config, minutes: float, job: str = "a") -> None:
    store.record([ended(started(store, config, job, minutes))])


def test_all_but_the_newest_are_dropped_the_oldest_first(store: Store, config: Config) -> None:
    for minute in range(1, 6):
        _over(store, config, minute)
    _over(store, config, 6, "b")

    first = store.prune("a", 2, None, 1)
    left = told(store)
    rest = store.prune("a", 2, None, 100)

    assert (first, rest) == ((1, ["/out"]), (2, ["/out"] * 2))
    assert left[0] == "a 12:02 succeeded"
    assert told(store) == ["a 12:04 succeeded", "a 12:05 succeeded", "b 12:06 succeeded"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [(at(30), []), (at(30) + datetime.resolution, ["a 12:01 succeeded", "a 12:02 succeeded"])],
    ids=["that moment", "later"],
)
def test_what_ended_before_a_moment_is_dropped(
    store: Store, config: Config, before: datetime, expected: list[str]
) -> None:
    _over(store, config, 1)
    _over(store, config, 2)
    _over(store, config, 1, "b")
    all_of_them = told(store)

    store.prune("a", 100, before, 100)

    assert [one for one in all_of_them if one not in told(store)] == expected


def test_what_never_started_is_as_old_as_its_decision(store: Store, config: Config) -> None:
    claim(store, config, skipped("a", 1), missed("a", 2, 4, 3), due("b", 4))

    kept = store.prune("a", 100, at(4), 100)
    dropped = store.prune("a", 100, at(4) + datetime.resolution, 100)

    assert (kept, dropped) == ((0, []), (2, []))


def test_what_is_not_over_is_never_dropped(store: Store, config: Config) -> None:
    claim(store, config, queued("a", 1))
    started(store, config, "a", 2)
    store.record([ended(started(store, config, "a", 3), State.FAILED, at(31))])
    for minute in range(4, 8):
        _over(store, config, minute)
    _over(store, config, 8, "b")

    store.prune("a", 1, at(1000), 100)

    left = [run.state for run in store.runs(Query(jobs=frozenset({"a"})))]
    assert left == ["retrying", "running", "queued"]


def test_the_number_of_a_run_never_comes_again(store: Store, config: Config) -> None:
    """Files are named by it, and what a keeper wrote down."""
    _over(store, config, 1)
    store.prune("a", 1, at(1000), 100)

    (key,) = claim(store, config, queued("b", 1))

    assert key == AttemptKey(first_number(at(1)) + 1, 1)


def test_a_fire_time_whose_record_was_dropped_never_runs_again(
    opening: Opening, store: Store, config: Config
) -> None:
    for minute in range(1, 6):
        _over(store, config, minute)

    store.prune("a", 1, None, 100)
    refused = [claim(store, config, due("a", minute)) for minute in range(1, 6)]
    store.close()
    again = begin(opening(), config, 10)

    assert refused == [[]] * 5
    assert [claim(again, config, due("a", minute)) for minute in range(1, 6)] == [[]] * 5


def test_the_files_of_all_attempts_of_a_run_are_told(store: Store, config: Config) -> None:
    key = _failed(store, config)
    store.claim_attempts([retry(key)], at(31))
    store.record([_started(retry(key).key, 31, "/out.2"), ended(retry(key).key)])
    _over(store, config, 40)

    assert store.prune("a", 1, None, 100) == (1, ["/out", "/out.2"])
