"""Goal 10: what is asked of a history of a million runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import many_runs
from benchmarks.common import Goal, Line, duration, interleaved
from benchmarks.many_runs import EACH_DAY, EACH_HOUR, EACH_MINUTE, JOBS

from schedkit.run import State
from schedkit.store import Query, SQLiteReader

SAID = (
    "of a history of 1,000,000 runs: the last 50 (of all, of one job, that failed) in at most 1 "
    "ms, the last run of each of 200 jobs in at most 2 ms"
)
COUNT = 1_000_000
ROUNDS = 9
MOST_US = 1000.0
MOST_LAST_RUNS_US = 2000.0
_FIFTY = 50
_BAD = frozenset({State.FAILED, State.TIMED_OUT, State.LOST})
_FAILED = frozenset({State.FAILED})
_ONE, _SOME = frozenset({EACH_MINUTE}), frozenset({EACH_MINUTE, EACH_HOUR, EACH_DAY})
_MONTH, _DAY, _HALF_HOUR = timedelta(days=30), timedelta(days=1), timedelta(minutes=30)

NOTES = [
    "By the reader of the library, objects made of what is found; the file has been read before.",
    "Ten jobs fire each minute, 60 each hour, 130 each day, for 63 days; 2 % did not succeed.",
]

Asked = Callable[[SQLiteReader], object]


def measure() -> Goal:
    """Return what it takes."""
    with TemporaryDirectory() as directory:
        path = Path(directory, "history.db")
        last = many_runs.make(path, COUNT)
        with closing(SQLiteReader.open(path)) as reader:
            promised, others = _promised(), _others(last)
            asked = {
                work: lambda _, ask=ask: lambda: ask(reader)
                for work, (ask, _) in {**promised, **others}.items()
            }
            times = interleaved(asked, 1, ROUNDS)
    lines = [*_lines(promised, times), *_lines(others, times)]
    return Goal(10, SAID, lines, NOTES)


Work = Mapping[str, tuple[Asked, float | None]]  # what is asked, and how long (µs) it may take


def _promised() -> Work:
    return {
        "the last 50 runs": (_runs(Query(limit=_FIFTY)), MOST_US),
        "of one job": (_runs(Query(_ONE, limit=_FIFTY)), MOST_US),
        "that failed": (_runs(Query(states=_FAILED, limit=_FIFTY)), MOST_US),
        "the last run of each of 200 jobs": (
            lambda reader: reader.last_runs(JOBS), MOST_LAST_RUNS_US,
        ),
    }  # fmt: skip


def _others(last: datetime) -> Work:
    """Return what nothing is promised of: every other way to ask for 50 runs, and what lists do."""
    then = last - _MONTH
    return {
        "the last 50 of three jobs": (_runs(Query(_SOME, limit=_FIFTY)), None),
        "of one job, that failed": (_runs(Query(_ONE, _FAILED, limit=_FIFTY)), None),
        "failed, timed out or lost": (_runs(Query(states=_BAD, limit=_FIFTY)), None),
        "the same of three jobs": (_runs(Query(_SOME, _BAD, limit=_FIFTY)), None),
        "up to a month ago": (_runs(Query(until=then, limit=_FIFTY)), None),
        "up to then, that failed": (_runs(Query(states=_FAILED, until=then, limit=_FIFTY)), None),
        "up to then, of one job": (_runs(Query(_ONE, until=then, limit=_FIFTY)), None),
        "half an hour a month ago, 343 runs": (
            _runs(Query(since=then, until=then + _HALF_HOUR)), None,
        ),
        "of one job, a day, that failed": (_runs(Query(_ONE, _FAILED, since=last - _DAY)), None),
        "the last ten fire times of each of 200 jobs": (
            lambda reader: reader.outcomes(JOBS, 10), None,
        ),
        "what goes on and what waits": (
            lambda reader: (reader.open_attempts(), reader.waiting()), None,
        ),
        "what is beyond the last 10,000 of an hourly job": (
            lambda reader: reader.beyond(EACH_HOUR, 10_000, None), None,
        ),
    }  # fmt: skip


def _runs(query: Query) -> Asked:
    return lambda reader: reader.runs(query)


def _lines(work: Work, times: Mapping[str, float]) -> list[Line]:
    lines = []
    for name, (_, most) in work.items():
        taken = times[name]
        wanted = "" if most is None else f"≤ {duration(most)}"
        lines.append(
            Line(
                name,
                "schedkit",
                duration(taken),
                "",
                wanted,
                None if most is None else taken <= most,
            )
        )
    return lines
