"""A history that an older sched wrote: read as it is, and brought up to date to be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fakes import load
from histories import JOBS, at, begin, claim, due, ended, missed, started, told
from schedkit.errors import StoreError
from schedkit.run import State
from schedkit.store import Query, SQLiteReader, migrations
from schedkit.store.sqlite import SQLiteStore

_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
# Version 3, as far as it was another.
_TO_3 = """
DROP TRIGGER states_are_heard;
DROP TRIGGER decisions_are_heard;
DROP TABLE events;
DROP TABLE reacted;
DROP TABLE heard;
DROP TABLE deliveries;
DROP TABLE streaks;
DROP TABLE arrivals;
DROP INDEX runs_by_cause;
ALTER TABLE runs DROP COLUMN cause;
ALTER TABLE cursors DROP COLUMN hears_since;
ALTER TABLE cursors DROP COLUMN progress;
DROP INDEX runs_by_schedule;
DROP INDEX runs_by_fire_time;
DROP INDEX runs_by_range;
DROP INDEX runs_by_state_and_job;
DROP INDEX runs_by_state_and_time;
CREATE UNIQUE INDEX runs_by_schedule ON runs (job, fire_time)
    WHERE trigger IN ('schedule', 'catchup');
CREATE INDEX runs_by_fire_time ON runs (job, fire_time);
PRAGMA user_version = 3;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a history of version 3 in which something has happened."""
    path = tmp_path / "history.db"
    config = load(tmp_path, JOBS)
    with closing(SQLiteStore(path)) as store:
        begin(store, config)
        store.record([ended(started(store, config, "a", 1), State.FAILED)])
        claim(store, config, missed("b", 1, 2, 2), due("a", 2))
    with closing(sqlite3.connect(path)) as db:
        db.executescript(_TO_3)
    return path


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    with closing(SQLiteStore(path)) as store:
        yield store


TOLD = ["a 12:01 failed", "b 12:01 missed", "a 12:02 running"]


def test_what_has_happened_stays(store: SQLiteStore) -> None:
    assert told(store) == TOLD


def test_it_is_the_same_then_as_one_that_is_new(store: SQLiteStore, tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "new.db")) as new:
        expected = {name: " ".join(sql.split()) for name, sql in new._db.execute(_INDEXES)}

    actual = {name: " ".join(sql.split()) for name, sql in store._db.execute(_INDEXES)}

    assert expected == actual


def test_a_fire_time_that_had_a_run_gets_no_second_one(store: SQLiteStore, tmp_path: Path) -> None:
    config = load(tmp_path, JOBS)
    begin(store, config, 3)
    store._db.execute("UPDATE cursors SET decided_until = 0")

    assert claim(store, config, due("a", 1), due("b", 1)) == []


def test_it_is_brought_up_to_date_once(store: SQLiteStore, path: Path) -> None:
    store.close()

    with closing(SQLiteStore(path)) as again:
        assert told(again) == TOLD


def test_it_is_read_as_it_is(path: Path) -> None:
    """A runner of the older version may be up; and whoever reads may not be allowed to write."""
    before = path.read_bytes()

    with closing(SQLiteReader.open(path)) as reader:
        found = [run.id for run in reader.runs(Query(frozenset({"a"}), since=at(1)))]

    assert (len(found), before) == (2, path.read_bytes())


def test_its_jobs_are_as_they_are_since_they_were_last_looked_at(
    store: SQLiteStore, tmp_path: Path
) -> None:
    """Since when, it did not say: not since 1970."""
    with closing(SQLiteStore(tmp_path / "new.db")) as new:
        begin(new, load(tmp_path, JOBS))
        claim(new, load(tmp_path, JOBS), due("a", 2), due("b", 2))
        expected = {job: until for job, (_, until) in new.cursors().items()}

    assert expected == {job: one.since for job, one in store.hearing(["a", "b"]).items()}


def test_of_one_that_is_read_as_it_is_the_same_is_known(path: Path) -> None:
    with closing(SQLiteReader.open(path)) as reader:
        assert reader.hearing(["a"]) == {"a": (at(2), None)}


def test_one_that_could_not_be_brought_up_to_date_is_what_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {3: f"{migrations._STEPS[3]} CREATE INDEX runs_by_job ON runs (job);"}
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "_STEPS", broken)
        with pytest.raises(StoreError, match="already exists"):
            SQLiteStore(path)

    with closing(SQLiteStore(path)) as again:
        assert told(again) == TOLD


def test_one_of_a_version_before_that_is_refused_untouched(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")
    before = path.read_bytes()

    with pytest.raises(StoreError, match="by a sched that was never released"):
        SQLiteStore(path)
    assert before == path.read_bytes()
