"""A real `sched run` to be measured: its file, its processes, its history."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import NamedTuple, Self

from benchmarks import places

LIMIT = 600.0  # seconds for anything to happen


class Times(NamedTuple):
    """When attempts started and ended, in milliseconds after they were due, each in order."""

    starts: list[float]
    ends: list[float]


class Runner:
    """A runner on a directory of its own, which goes with it."""

    def __init__(self, text: str) -> None:
        self.directory = places.make("sched-benchmark-")
        (self.directory / "schedules.yaml").write_text(text, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "schedkit", "-q", "run"],
            cwd=self.directory,
            env={**os.environ, "XDG_CACHE_HOME": str(self.directory / "cache")},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(LIMIT)
        finally:
            self.process.kill()
            places.remove(self.directory)

    def until_recorded(self, count: int) -> None:
        """Wait until so many attempts have an end."""
        self._until(f"SELECT count(*) >= {count} FROM attempts WHERE ended IS NOT NULL")

    def until_loaded(self) -> None:
        """Wait until the files are loaded."""
        self._until("SELECT count(*) FROM loads")

    def check(self, count: int) -> None:
        """
        See to it that so many runs were recorded, each of which succeeded at its first attempt.

        Raises: RuntimeError when that is not so.
        """
        asked = (
            "SELECT count(*), count(DISTINCT job), total(state = 'succeeded'),"
            " (SELECT count(*) FROM attempts) FROM runs"
        )
        found = [int(number) for number in self.ask(asked)]
        if found != [count] * len(found):
            raise RuntimeError(f"{count} jobs were due once; runs, jobs, good, attempts: {found}")

    def _until(self, question: str) -> None:
        deadline = time.monotonic() + LIMIT
        while not any(self.ask(question)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"never true: {question}")
            select.select([], [], [], 0.1)

    def ask(self, question: str) -> Iterator[int]:
        """Yield what a question about the history is answered with; nothing while it cannot be."""
        path = self.directory / ".sched" / "history.db"
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
        ):
            yield from db.execute(question).fetchone()

    def times(self) -> Times:
        """Return when the attempts started and ended, after they were due."""
        path = self.directory / ".sched" / "history.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            rows = db.execute(
                "SELECT (a.started - r.fire_time) / 1e3, (a.ended - r.fire_time) / 1e3"
                " FROM attempts a JOIN runs r ON r.id = a.run"
            ).fetchall()
        return Times(sorted(start for start, _ in rows), sorted(end for _, end in rows))


def share(values: list[float], part: float) -> float:
    """Return the value that this part of *values*, in order, does not exceed."""
    return values[min(int(len(values) * part), len(values) - 1)]


def cores() -> int:
    """Return how many cores there are to use."""
    return len(os.sched_getaffinity(0))
