"""Goal 11: how late jobs begin while a runner of ten thousand takes in files that have changed."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.common import Goal, Line, duration
from benchmarks.schedulers import (
    AT_START,
    EVERY_MINUTE,
    Entry,
    Kind,
    Scheduler,
    far_off,
    kinds,
    pause,
)

from schedkit.control.client import connect
from schedkit.control.protocol import Status

SAID = "a reload of 10,000 jobs delays no due job by more than 20 ms"
COUNT, DUE = 10_000, 20
ROUNDS = 5
MOST_US = 20_000.0
NOTES = f"""\
{DUE} jobs are due each second, {COUNT:,} another day. Lateness is how long after its fire time an \
attempt was started, by the history; of what it is without a reload, none is the reload's.
The file is loaded on SIGHUP, sent so that it is taken in at about a whole second, by how long the \
last one was read. As jobs are due in few of all moments, the runner is asked for its status every \
5 ms as well: a job that was due meanwhile would have been late by what its answer took.
The peers, for information, have a tenth of the jobs and one that is due each minute: at a full \
minute before which their files changed. yacron reads its file at each minute anyway.
"""

_RECORDED = 0.5  # seconds after which a start is in the history
_DONE = 1.5  # seconds after a load in which what follows from it has happened
_STEP = 0.005  # seconds between two questions
_PEERS_COUNT, _PEERS_MINUTES = 1000, 2
_BEFORE = 0.3  # seconds before a minute: time enough to take note, and not to be done
_LATEST = 20.0  # seconds after a minute by which its job has begun
_MINUTE_US = 60_000_000


class Seen(NamedTuple):
    """Of some seconds, in µs: how late jobs began, how long it took to answer."""

    late: list[float]
    silent: list[float]

    def add(self, other: Seen) -> None:
        """Take in what was seen in other seconds."""
        self.late.extend(other.late)
        self.silent.extend(other.silent)


def measure() -> Goal:
    """Return how late they begin."""
    without, one, every = _ours()
    lines = [
        *_lines("no reload", without),
        *_lines("one job has changed", one, without),
        *_lines("all jobs have changed", every, without),
    ]
    with TemporaryDirectory() as directory:
        late = _peers(Path(directory))
    work = f"{_PEERS_COUNT:,} jobs, changed right before one is due"
    for name, times in late.items():
        lines.append(Line(work, name, duration(max(times))))
        work = ""
    return Goal(11, SAID, lines, NOTES.splitlines())


def _lines(work: str, seen: Seen, without: Seen | None = None) -> list[Line]:
    """Return what was seen, and how much longer that is than *without* a reload."""
    late = sorted(seen.late)
    p99 = duration(late[int(len(late) * 0.99)])
    lines = [Line(f"{work}: lateness, 99th percentile of {len(late)}", "schedkit", p99)]
    for what, longest, usual in (
        ("the longest", late[-1], None if without is None else max(without.late)),
        ("longest silence", max(seen.silent), None if without is None else max(without.silent)),
    ):
        if usual is None:
            lines.append(Line(what, "schedkit", duration(longest)))
            continue
        more = longest - usual
        wanted, met = "≤ 20 ms more", more <= MOST_US
        ratio = f"{duration(max(more, 0.0))} more"
        lines.append(Line(what, "schedkit", duration(longest), ratio, wanted, met))
    return lines


# ---- ours


def _ours() -> tuple[Seen, Seen, Seen]:
    """Return what was seen while nothing was loaded, when one job had changed, when all had."""
    ours = Path(sys.executable).with_name("sched")
    without, one, every = (Seen([], []) for _ in range(3))
    kind = Kind(lambda directory, first: _write(directory, first=first), [str(ours), "-q", "run"])
    with Scheduler(kind) as scheduler:
        scheduler.settle()
        runner = _Runner(scheduler)
        for number in range(ROUNDS + 1):
            quiet = runner.seen_for(runner.takes + _DONE)
            _write(scheduler.directory, version=number, one=1)
            changed = runner.seen_loading()
            _write(scheduler.directory, version=number + 1)
            others = runner.seen_loading()
            if number:  # how long the first load would take nobody knew
                without.add(quiet)
                one.add(changed)
                every.add(others)
    return without, one, every


def _write(directory: Path, *, version: int = 0, one: int = 0, first: Sequence[Entry] = ()) -> None:
    """Write the file; another *version* is another time for all, *one* for one of them."""
    day = datetime.now(UTC) + timedelta(days=2)
    jobs = [f"  begins-{n}: {{command: {e.command}, clock: startup}}" for n, e in enumerate(first)]
    jobs += [f"  due-{n}: {{command: [/bin/true], clock: every 1s}}" for n in range(DUE)]
    for n in range(COUNT):
        minute = n + version + (one if n == COUNT // 2 else 0)
        clock = f"cron {minute % 60} {n % 24} {day.day} {day.month} *"
        jobs.append(f"  job-{n}: {{command: [/bin/true], clock: {clock}}}")
    text = "runner: {reload_on_change: false}\ntimezone: UTC\njobs:\n" + "\n".join(jobs) + "\n"
    new = directory / "new"
    new.write_text(text, encoding="utf-8")
    new.replace(directory / "schedules.yaml")


class _Runner:
    """Our runner; a file *takes* it so many seconds to read, before it is taken in."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._pid = scheduler.processes()[0]
        self._state = scheduler.directory / ".sched"
        self.takes = 3.0

    def seen_for(self, seconds: float) -> Seen:
        """Return what is seen in so many seconds."""
        begin = time.time()
        return self._seen(begin, self._silent_until(begin + seconds))

    def seen_loading(self) -> Seen:
        """Have it load the file, taken in at about a whole second; return what is seen."""
        pause(1 - (time.time() + self.takes) % 1)
        begin, loads = time.time(), self._loads()
        os.kill(self._pid, signal.SIGHUP)
        silent = []
        while (found := self._loads()) == loads:
            silent += self._silent_until(time.time() + 10 * _STEP)
        self.takes = found[1] - begin
        silent += self._silent_until(time.time() + _DONE)
        return self._seen(begin, silent)

    def _loads(self) -> tuple[float, float]:
        """Return how many loads there were, and when the last one was."""
        (row,) = self._ask("SELECT count(*), max(time) / 1e6 FROM loads")
        return row[0], row[1]

    def _silent_until(self, end: float) -> list[float]:
        """Return how long each answer took to come."""
        silent = []
        runner = connect(self._state)
        assert runner is not None, "no runner is up"
        with runner:
            while time.time() < end:
                asked = time.perf_counter()
                runner.ask(Status())
                silent.append((time.perf_counter() - asked) * 1e6)
                pause(_STEP)
        return silent

    def _seen(self, begin: float, silent: list[float]) -> Seen:
        """Return how late all began that were due by now, but for what may not be recorded yet."""
        late = self._ask(
            "SELECT a.started - r.fire_time FROM runs r JOIN attempts a ON a.run = r.id"
            " WHERE r.job LIKE 'due-%' AND r.fire_time BETWEEN ? AND ?",
            int(begin * 1e6), int((time.time() - _RECORDED) * 1e6),
        )  # fmt: skip
        return Seen([us for (us,) in late], silent)

    def _ask(self, question: str, *values: int) -> list[tuple[float, ...]]:
        path = self._state / "history.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return db.execute(question, values).fetchall()


# ---- peers


def _peers(directory: Path) -> dict[str, list[float]]:
    """Return how late (µs) the job of each minute began before which the file had changed."""
    written = {name: directory / name for name in ("schedkit", "cronstable", "yacron")}
    found = {name: kind for name, kind in kinds().items() if name in written}
    entries = far_off(_PEERS_COUNT)
    with ExitStack() as running:
        schedulers = {
            name: running.enter_context(Scheduler(kind, [_noting(written[name]), *entries]))
            for name, kind in found.items()
        }
        for scheduler in schedulers.values():
            scheduler.settle()
        for number in range(_PEERS_MINUTES):
            pause(60 - (time.time() + _BEFORE) % 60)
            for name, scheduler in schedulers.items():
                # The first is what tells that it has begun: all others keep their places.
                entries[number] = Entry("0 0 1 1 *", "true")
                changed = [Entry(AT_START, "true"), _noting(written[name]), *entries]
                found[name].write(scheduler.directory, changed)
                if name != "yacron":  # which has no signal for it
                    os.kill(scheduler.processes()[0], signal.SIGHUP)
            pause(_LATEST)
    return {
        name: [float(begin) % _MINUTE_US for begin in path.read_text("ascii").split()]
        for name, path in written.items()
        if path.exists()
    }


def _noting(path: Path) -> Entry:
    return Entry(EVERY_MINUTE, f"date +%s%6N >> {path}")
