"""What is asked of a history is found in an index: no question looks at every run, or sorts all."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from operator import methodcaller
from pathlib import Path

import pytest

from fakes import load
from histories import JOBS, at, begin, claim, due, ended, started
from schedkit.run import State
from schedkit.store import Query, SQLiteReader
from schedkit.store.sqlite import SQLiteStore

_JOB = frozenset({"a"})
_JOBS = frozenset({"a", "b"})
_FAILED = frozenset({State.FAILED})
_SUCCEEDED = frozenset({State.SUCCEEDED})
_SOME = frozenset({State.SUCCEEDED, State.FAILED, State.RUNNING})

# Whatever is asked for is asked in these ways alone; the second is asked with a limit, and ends
# there.
_FEW = ("SEARCH ", "LIST SUBQUERY", "CORRELATED SCALAR SUBQUERY", "SCALAR SUBQUERY")
_NEWEST_OF_ALL = "SCAN runs"
_GIVEN = ("SCAN asked", "SCAN names", "CO-ROUTINE names", "SETUP", "RECURSIVE STEP")
_OPEN_ALONE = "SCAN a USING INDEX attempts_open"
_SORTED = "USE TEMP B-TREE FOR ORDER BY"

Asked = Callable[[SQLiteReader], object]


class Plans:
    """The plans of all statements that a connection executes."""

    def __init__(self, path: Path) -> None:
        self._other = sqlite3.connect(path)
        self.lines: list[str] = []

    def add(self, statement: str) -> None:
        """Take note of how a statement, with its values in it, is executed."""
        if statement.lstrip().startswith(("SELECT", "WITH")):
            rows = self._other.execute(f"EXPLAIN QUERY PLAN {statement}")
            self.lines += [line for *_, line in rows]

    def close(self) -> None:
        self._other.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """Return a history with a few runs."""
    config = load(tmp_path, JOBS)
    with closing(SQLiteStore(tmp_path / "history.db")) as store:
        begin(store, config)
        for minute in range(1, 5):
            store.record([ended(started(store, config, "a", minute), State.FAILED)])
        claim(store, config, due("a", 5), due("b", 5))
        yield store


def planned(store: SQLiteStore, tmp_path: Path, asked: Asked) -> list[str]:
    """Return the plans of what is asked, but for what every one may do."""
    with (
        closing(Plans(tmp_path / "history.db")) as plans,
        closing(SQLiteReader.open(store._path)) as reader,
    ):
        reader._db.set_trace_callback(plans.add)
        asked(reader)
    assert plans.lines
    return [line for line in plans.lines if not line.startswith((*_FEW, *_GIVEN))]


@pytest.mark.parametrize("jobs", [frozenset(), _JOB, _JOBS], ids=len)
@pytest.mark.parametrize("states", [frozenset(), _FAILED, _SUCCEEDED, _SOME], ids=sorted)
def test_runs_are_found_in_an_index_that_has_their_order(
    store: SQLiteStore, tmp_path: Path, jobs: frozenset[str], states: frozenset[State]
) -> None:
    for since, until in product([None, at(1)], [None, at(9)]):
        query = Query(jobs, states, since, until, 20)

        plan = planned(store, tmp_path, methodcaller("runs", query))

        bounded = since is not None or until is not None
        if not jobs and not states and not bounded:
            assert plan == [_NEWEST_OF_ALL]
        elif jobs and bounded:  # those of one job in one state, of which few succeed
            assert plan == [_SORTED] * len(jobs) * len(states - _SUCCEEDED)
        else:
            assert plan == []


@pytest.mark.parametrize(
    ("asked", "also"),
    [
        (lambda reader: reader.run(1), []),
        (lambda reader: reader.last_runs(["a", "b"]), []),
        (lambda reader: reader.last_successes(["a", "b"]), []),
        (lambda reader: reader.outcomes(["a", "b"], 10), []),
        (lambda reader: reader.jobs(), []),
        (lambda reader: reader.states("a", 1, 1 << 40), []),
        (lambda reader: reader.beyond("a", 1, at(2)), [_NEWEST_OF_ALL]),
        (lambda reader: reader.followed([1, 2]), [_SORTED]),
        (lambda reader: reader.open_attempts(), [_OPEN_ALONE]),
        (lambda reader: reader.waiting(), [_SORTED]),
    ],
    ids=[
        "run", "last", "successes", "outcomes", "jobs", "states", "beyond", "followed", "open",
        "waiting",
    ],
)  # fmt: skip
def test_every_other_question_is_answered_by_an_index(
    store: SQLiteStore, tmp_path: Path, asked: Asked, also: list[str]
) -> None:
    assert also == planned(store, tmp_path, asked)


def test_each_method_that_reads_runs_is_one_of_those_above() -> None:
    """A new question is to be looked at as well."""
    read = {name for name in vars(SQLiteReader) if not name.startswith("_")}
    others = {
        "open", "open_in", "close", "cursors", "pauses", "changes", "loads", "events", "hearing",
        "undelivered",
    }  # fmt: skip
    above = {"runs", "run", "last_runs", "outcomes", "jobs", "states", "beyond", "caused"}

    assert above | {"last_successes", "open_attempts", "waiting", "followed"} == read - others


def test_no_index_of_runs_is_without_a_question(store: SQLiteStore, tmp_path: Path) -> None:
    """Each makes every claim slower."""
    used: set[str] = set()
    with closing(Plans(tmp_path / "history.db")) as plans:
        store._db.set_trace_callback(plans.add)
        store.last_runs(["a"])
        store.beyond("a", 1, None)
        store.runs(Query(_JOB, since=at(1)))
        for states, since in product([frozenset(), _FAILED], [None, at(1)]):
            store.runs(Query(states=states, since=since))
        store.runs(Query(_JOB, _FAILED))
        store.caused(["event x 1"])
        store._db.set_trace_callback(None)
        for line in plans.lines:
            used |= set(re.findall(r"INDEX (runs_\w+)", line))
    made = store._db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'runs'"
    )

    assert used == {name for (name,) in made}
