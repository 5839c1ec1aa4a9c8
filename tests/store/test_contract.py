"""What every store promises to the runner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fakes import HOLDER, load
from histories import (
    JOBS,
    MINUTE,
    at,
    begin,
    claim,
    due,
    ended,
    gone,
    missed,
    retry,
    started,
    told,
)
from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.run import AttemptKey, Started, State, first_number, run_id
from schedkit.store import Query, Store

Opening = Callable[[], Store]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(tmp_path, JOBS)


@pytest.fixture
def store(opening: Opening, config: Config) -> Store:
    return begin(opening(), config)


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


# ---- one runner


def test_what_an_earlier_runner_writes_is_refused(
    opening: Opening, store: Store, config: Config
) -> None:
    key = started(store, config, "a", 1)
    newer = begin(opening(), config, 2)

    with pytest.raises(StoreError, match="another runner has taken over"):
        claim(store, config, due("a", 3))
    with pytest.raises(StoreError, match="another runner has taken over"):
        store.record([ended(key)])
    with pytest.raises(StoreError, match="another runner has taken over"):
        store.finish(at(3))
    assert told(newer) == ["a 12:01 running"]


def test_a_store_is_told_from_every_other_and_stays_itself(opening: Opening, store: Store) -> None:
    assert (opening().uuid, len(store.uuid)) == (store.uuid, 32)


# ---- cursors


def test_a_new_jobs_cursor_begins_when_it_was_loaded(store: Store) -> None:
    assert {job: until for job, (_, until) in store.cursors().items()} == {"a": at(0), "b": at(0)}


def test_a_cursor_moves_to_what_was_decided(store: Store, config: Config) -> None:
    claim(store, config, due("a", 1), missed("b", 1, 4, 4))

    assert {job: until for job, (_, until) in store.cursors().items()} == {"a": at(1), "b": at(4)}


def test_a_cursor_never_moves_back(store: Store, config: Config) -> None:
    claim(store, config, due("a", 5))
    claim(store, config, due("a", 1))

    assert store.cursors()["a"][1] == at(5)


def test_an_unchanged_job_keeps_its_cursor(opening: Opening, store: Store, config: Config) -> None:
    claim(store, config, due("a", 1))
    store.close()

    assert begin(opening(), config, 10).cursors()["a"][1] == at(1)


def test_a_changed_jobs_cursor_begins_anew(store: Store, tmp_path: Path) -> None:
    changed = load(tmp_path, JOBS.replace("a: {command: x, clock: every 1m", "a: {command: x,"
                                          " clock: every 2m"))  # fmt: skip

    changes = store.load(changed, "reload", at(10))

    cursors = {job: until for job, (_, until) in store.cursors().items()}
    assert (cursors, changes) == ({"a": at(10), "b": at(0)}, ["a fires anew"])


def test_another_command_is_no_reason_for_a_new_cursor(store: Store, tmp_path: Path) -> None:
    store.load(load(tmp_path, JOBS.replace("command: x", "command: z")), "reload", at(10))

    assert store.cursors()["a"][1] == at(0)


def test_a_job_that_is_gone_and_comes_back_begins_anew(
    store: Store, config: Config, tmp_path: Path
) -> None:
    without = load(tmp_path, "jobs: {b: {command: x, clock: every 1m}}")

    changes = store.load(without, "reload", at(5)) + store.load(config, "reload", at(10))

    assert (changes, store.cursors()["a"][1]) == (["a is gone", "a is new"], at(10))


def test_a_load_of_the_same_files_changes_nothing(store: Store, config: Config) -> None:
    assert store.load(config, "reload", at(10)) == []


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


def test_the_jobs_of_the_history_are_those_with_a_record(filled: Store) -> None:
    assert filled.jobs() == {"a", "b"}


def test_an_empty_history_has_no_jobs(store: Store) -> None:
    assert store.jobs() == set()


def test_a_record_keeps_what_it_was_told(filled: Store) -> None:
    run = filled.last_runs(["a"])["a"]

    actual = run.started, run.ended, run.lateness, run.exit_code, run.output, run.pid
    assert actual == (at(3), at(30), 0 * MINUTE, 0, "/out", None)
