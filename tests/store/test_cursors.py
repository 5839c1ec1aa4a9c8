"""Up to where fire times are decided, and how many became runs: what every store promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fakes import load
from histories import JOBS, at, begin, claim, due, missed, skipped, told
from schedkit.config import Config
from schedkit.run import AttemptKey, Trigger, first_number
from schedkit.store import Query, Store

Opening = Callable[[], Store]


def test_a_new_jobs_cursor_begins_when_it_was_loaded(store: Store) -> None:
    assert {job: until for job, (_, until) in store.cursors().items()} == {"a": at(0), "b": at(0)}


def test_a_cursor_moves_to_what_was_decided(store: Store, config: Config) -> None:
    claim(store, config, due("a", 1), missed("b", 1, 4, 4))

    assert {job: until for job, (_, until) in store.cursors().items()} == {"a": at(1), "b": at(4)}


def test_a_cursor_moves_on_for_what_is_refused_too(store: Store, config: Config) -> None:
    """Its record is older than the cursor's present place: the clock was set back."""
    claim(store, config, due("a", 5))
    store.rewind(at(1), at(2))

    claim(store, config, due("a", 5))

    assert store.cursors()["a"][1] == at(5)


def test_of_a_missed_range_only_what_has_a_record_is_left_out(store: Store, config: Config) -> None:
    """The clock was corrected: what begins the range ran before that."""
    claim(store, config, due("a", 5))
    store.rewind(at(1), at(2))

    claim(store, config, missed("a", 5, 8, 4))

    runs = [(run.state, run.count, run.last_fire_time) for run in store.runs(Query())]
    assert [("missed", 3, at(8)), ("running", 1, None)] == runs


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


def test_an_edit_after_the_clock_was_set_back_never_fires_a_time_twice(
    store: Store, tmp_path: Path
) -> None:
    changed = load(tmp_path, JOBS.replace("every 1m, retry", "every 2m, retry"))
    claim(store, changed, missed("a", 1, 8, 8))

    store.load(changed, "reload", at(5))

    assert store.cursors()["a"][1] == at(8)
    assert claim(store, changed, due("a", 6)) == []


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


def test_a_cursor_far_ahead_of_the_clock_is_set_back_and_says_whose_it_was(
    store: Store, config: Config
) -> None:
    claim(store, config, due("a", 1000), due("b", 5))

    assert store.rewind(at(10), at(1)) == ["a"]
    assert {job: until for job, (_, until) in store.cursors().items()} == {"a": at(1), "b": at(5)}


def test_what_has_a_record_keeps_it_when_the_clock_was_ahead(store: Store, config: Config) -> None:
    claim(store, config, due("a", 1000))
    store.rewind(at(10), at(1))

    assert claim(store, config, due("a", 2), due("a", 1000)) == [AttemptKey(
        first_number(at(1000)) + 1, 1
    )]  # fmt: skip
    assert told(store) == ["a 04:40 running", "a 12:02 running"]


# ---- how many


def test_runs_by_schedule_are_counted_and_what_was_skipped_or_missed_is_not(
    store: Store, config: Config
) -> None:
    claim(store, config, due("a", 1), skipped("a", 2), missed("a", 3, 4, 2), due("a", 5))

    assert store.counted(["a", "b"]) == {"a": 2, "b": 0}


def test_what_was_triggered_by_hand_does_not_count(store: Store, config: Config) -> None:
    claim(store, config, replace(due("a", 1), trigger=Trigger.MANUAL))

    assert store.counted(["a", "b"]) == {"a": 0, "b": 0}


def test_a_claim_that_is_refused_does_not_count(store: Store, config: Config) -> None:
    claim(store, config, due("a", 1))
    claim(store, config, due("a", 1))

    assert store.counted(["a"])["a"] == 1


def test_runs_are_counted_on_after_an_edit(store: Store, tmp_path: Path) -> None:
    changed = load(tmp_path, JOBS.replace("every 1m, retry", "every 2m, retry"))
    claim(store, changed, due("a", 1))

    store.load(changed, "reload", at(5))

    assert store.counted(["a"])["a"] == 1
