"""What every store promises to the runner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fakes import HOLDER
from histories import (
    MINUTE,
    at,
    begin,
    claim,
    due,
    ended,
    missed,
    queued,
    retry,
    started,
    told,
)
from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.run import AttemptKey, Change, Pause, Started, State, first_number, run_id
from schedkit.store import Outcome, Query, Store

Opening = Callable[[], Store]


# ---- claims


def test_a_claim_creates_one_run(store: Store, config: Config) -> None:
    (key,) = claim(store, config, due("a", 1))

    assert (key is not None, told(store)) == (True, ["a 12:01 running"])


def test_a_second_claim_of_a_fire_time_is_refused(store: Store, config: Config) -> None:
    claim(store, config, due("a", 1))

    assert claim(store, config, due("a", 1)) == []
    assert told(store) == ["a 12:01 running"]


def test_one_claim_may_not_name_a_fire_time_twice(store: Store, config: Config) -> None:
    keys = claim(store, config, due("a", 1), due("a", 1))

    assert (len(keys), told(store)) == (1, ["a 12:01 running"])


def test_a_fire_time_is_claimed_for_each_job(store: Store, config: Config) -> None:
    keys = claim(store, config, due("a", 1), due("b", 1))

    assert (len(keys), told(store)) == (2, ["a 12:01 running", "b 12:01 running"])


def test_a_second_claim_is_refused_by_another_runner_too(
    opening: Opening, store: Store, config: Config
) -> None:
    claim(store, config, due("a", 1))
    store.close()
    again = begin(opening(), config, 2)

    assert claim(again, config, due("a", 1)) == []


@pytest.mark.parametrize("minute", [1, 2, 3, 4])
def test_what_a_range_of_missed_ones_covers_is_never_claimed(
    store: Store, config: Config, minute: int
) -> None:
    claim(store, config, missed("a", 1, 4, 4))

    assert claim(store, config, due("a", minute)) == []
    assert told(store) == ["a 12:01 missed"]


def test_what_is_missed_never_starts(store: Store, config: Config) -> None:
    assert claim(store, config, missed("a", 1, 1, 1)) == [None]


def test_a_range_of_missed_ones_is_one_record(store: Store, config: Config) -> None:
    claim(store, config, missed("a", 1, 4, 4), due("a", 5))

    runs = store.runs(Query(states=frozenset({State.MISSED})))

    assert [(r.fire_time, r.last_fire_time, r.count) for r in runs] == [(at(1), at(4), 4)]


def test_a_claim_that_fails_leaves_nothing_of_it(store: Store, config: Config) -> None:
    with pytest.raises(KeyError):
        claim(store, config, due("a", 1), due("no such job", 1))

    assert told(store) == []
    assert claim(store, config, due("a", 1)) != []


# ---- ends


def test_the_first_end_stands(store: Store, config: Config) -> None:
    key = started(store, config, "a", 1)
    store.record([ended(key, State.FAILED)])
    store.record([ended(key, State.SUCCEEDED)])

    (run,) = store.runs(Query())
    assert (run.state, run.reason) == ("failed", "failed")


def test_of_two_ends_in_one_record_the_first_stands(store: Store, config: Config) -> None:
    key = started(store, config, "a", 1)

    store.record([ended(key, State.LOST), ended(key, State.SUCCEEDED)])

    assert told(store) == ["a 12:01 lost"]


def test_a_start_after_the_end_is_refused(store: Store, config: Config) -> None:
    (key,) = claim(store, config, due("a", 1))
    assert key is not None
    store.record([ended(key, State.FAILED)])

    store.record([Started(key, at(2), 1, 1, "x", "/out")])

    (run,) = store.runs(Query())
    assert (run.state, run.started, run.pid) == ("failed", None, None)


def test_a_start_and_its_end_may_come_in_one_record(store: Store, config: Config) -> None:
    (key,) = claim(store, config, due("a", 1))
    assert key is not None

    store.record([Started(key, at(1), 4711, 7, "x", "/out"), ended(key)])

    (run,) = store.runs(Query())
    assert (run.state, run.started, run.ended) == ("succeeded", at(1), at(30))


def test_an_attempt_without_an_end_is_open(store: Store, config: Config) -> None:
    over, going_on = started(store, config, "a", 1), started(store, config, "b", 1)
    store.record([ended(over)])

    (found,) = store.open_attempts()

    assert (found.key, found.job, found.fire_time, found.pid, found.process_start) == (
        going_on,
        "b",
        at(1),
        4711,
        7,
    )


def test_an_attempt_that_was_only_claimed_is_open_and_has_no_pid(
    store: Store, config: Config
) -> None:
    claim(store, config, due("a", 1))

    (found,) = store.open_attempts()

    assert (found.started, found.pid, found.boot) == (None, None, HOLDER.boot)


# ---- one runner


@pytest.mark.parametrize(
    "write",
    [
        lambda store, config, _: claim(store, config, due("a", 3)),
        lambda store, _, key: store.record([ended(key)]),
        lambda store, _, key: store.claim_attempts([retry(key)], at(3)),
        lambda store, config, _: store.load(config, "reload", at(3)),
        lambda store, *_: store.pause([Pause("a", "ann", at(3))]),
        lambda store, *_: store.resume(["a"]),
        lambda store, _, key: store.ask_to_cancel(key.run, "ann"),
        lambda store, *_: store.note(Change(at(3), "ann", "pause", "a")),
        lambda store, *_: store.rewind(at(0), at(0)),
        lambda store, *_: store.finish(at(3)),
        lambda store, *_: store.prune("b", 0, None, 10),
    ],
    ids=["claim", "record", "claim_attempts", "load", "pause", "resume", "ask_to_cancel", "note",
         "rewind", "finish", "prune"],
)  # fmt: skip
def test_whatever_an_earlier_runner_writes_is_refused_and_changes_nothing(
    opening: Opening,
    store: Store,
    config: Config,
    write: Callable[[Store, Config, AttemptKey], object],
) -> None:
    store.record([ended(started(store, config, "b", 1))])
    key = started(store, config, "a", 1)
    newer = begin(opening(), config, 2)

    def all_of_it() -> object:
        return newer.runs(Query()), newer.cursors(), newer.pauses(), newer.changes()

    before = all_of_it()

    with pytest.raises(StoreError, match="another runner has taken over"):
        write(store, config, key)

    assert before == all_of_it()


def test_the_first_runner_since_the_machine_was_started_is_the_first_that_claims(
    opening: Opening, config: Config
) -> None:
    """One that was killed before it claimed anything has started nothing."""
    verb = replace(HOLDER, runs=False)
    said = []
    for holder in (verb, HOLDER, HOLDER, replace(HOLDER, boot="boot-2")):
        store = opening()
        said.append(store.begin(holder, at(0)))
        store.load(config, "start", at(0))
        if len(said) != 2:  # the second one is killed before it claims
            claim(store, config, due("a", len(said)))

    assert said == [True, True, True, True]
    again = opening()
    assert again.begin(replace(HOLDER, boot="boot-2"), at(9)) is False


def test_a_store_is_told_from_every_other_and_stays_itself(opening: Opening, store: Store) -> None:
    assert (opening().uuid, len(store.uuid)) == (store.uuid, 32)


# ---- ids


def test_ids_ascend_with_time(store: Store, config: Config) -> None:
    keys = [claim(store, config, due("a", n), due("b", n))[0] for n in range(1, 5)]

    numbers = [key.run for key in keys if key is not None]
    assert numbers == sorted(set(numbers))
    assert all(number >= first_number(at(n)) for n, number in enumerate(numbers, 1))


def test_ids_ascend_when_the_clock_is_set_back(store: Store, config: Config) -> None:
    (late,) = claim(store, config, due("a", 500))
    (early,) = claim(store, config, due("b", 1))
    assert late is not None
    assert early is not None

    assert late.run < early.run


def test_ids_of_many_runs_of_one_instant_differ(store: Store, config: Config) -> None:
    keys = claim(store, config, *(due("a", n / 60) for n in range(1, 200)))

    ids = [run.id for run in store.runs(Query())]
    assert len(set(ids)) == len(keys) == 199
    assert ids == [run_id(key.run) for key in reversed(keys) if key is not None]


# ---- the history


@pytest.fixture
def filled(store: Store, config: Config) -> Store:
    for minute in (1, 2, 3):
        store.record([ended(started(store, config, "a", minute), State.FAILED)])
    claim(store, config, missed("b", 1, 4, 4))
    started(store, config, "b", 5)
    return store


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(jobs=frozenset({"b"})), ["b 12:01 missed", "b 12:05 running"]),
        (Query(states=frozenset({State.RUNNING})), ["b 12:05 running"]),
        (Query(limit=1), ["b 12:05 running"]),
        (Query(limit=0), []),
        (
            Query(jobs=frozenset({"a"}), since=at(2)),
            ["a 12:02 failed", "a 12:03 failed"],
        ),
        (Query(jobs=frozenset({"a"}), until=at(2)), ["a 12:01 failed", "a 12:02 failed"]),
        (Query(jobs=frozenset({"b"}), since=at(3), until=at(4)), ["b 12:01 missed"]),
        (Query(jobs=frozenset({"c"})), []),
        (Query(frozenset({"a", "b"}), frozenset({State.FAILED}), at(1), at(3), 2),
         ["a 12:02 failed", "a 12:03 failed"]),
    ],
    ids=["job", "state", "limit", "limit 0", "since", "until", "range", "none", "all at once"],
)  # fmt: skip
def test_the_history_answers_what_it_is_asked(
    filled: Store, query: Query, expected: list[str]
) -> None:
    assert expected == told(filled, query)


def test_the_last_run_of_each_job_is_its_newest(filled: Store) -> None:
    runs = filled.last_runs(["a", "b", "c"])

    assert {job: run.fire_time for job, run in runs.items()} == {"a": at(3), "b": at(5)}


def test_the_outcomes_of_each_job_are_its_latest_fire_times(filled: Store, config: Config) -> None:
    claim(filled, config, queued("a", 9))
    expected = {"a": [(at(3), "failed"), (at(2), "failed")], "b": [(at(5), "running"),
                (at(1), "missed")]}  # fmt: skip

    found = filled.outcomes(["b", "a", "c"], 2)

    assert expected == {
        job: [(one.fire_time, one.state) for one in few] for job, few in found.items()
    }


def test_an_outcome_has_the_length_of_the_last_attempt(store: Store, config: Config) -> None:
    key = started(store, config, "a", 1)
    store.record([replace(ended(key, State.FAILED, at(31)), duration=9 * MINUTE)])
    store.claim_attempts([retry(key)], at(31))
    again = AttemptKey(key.run, 2)
    store.record([Started(again, at(31), 1, 1, "x", "/out")])
    store.record([replace(ended(again), duration=2 * MINUTE)])
    expected = {"a": [Outcome(key.run, State.SUCCEEDED, at(1), 2 * MINUTE)]}

    assert expected == store.outcomes(["a"], 10)


def test_the_jobs_of_the_history_are_those_with_a_record(filled: Store) -> None:
    assert filled.jobs() == {"a", "b"}


def test_an_empty_history_has_no_jobs(store: Store) -> None:
    assert store.jobs() == set()


def test_a_record_keeps_what_it_was_told(filled: Store) -> None:
    run = filled.last_runs(["a"])["a"]

    actual = run.started, run.ended, run.lateness, run.exit_code, run.output, run.pid
    assert actual == (at(3), at(30), 0 * MINUTE, 0, "/out", None)
