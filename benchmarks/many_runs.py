"""A history of a million runs such as two hundred jobs leave behind in two months."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from schedkit.run import State, first_number
from schedkit.store.file import to_micros
from schedkit.store.sqlite import SQLiteStore

JOBS = tuple(f"job-{number}" for number in range(200))
EACH_MINUTE, EACH_HOUR, EACH_DAY = JOBS[0], JOBS[10], JOBS[70]  # the first job that fires so often
_PERIODS = [1] * 10 + [60] * 60 + [1440] * 130  # minutes between two fire times of each job
_START = datetime(2026, 3, 2, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_BATCH = 20_000

# Out of a thousand; the others succeed. Of one that failed there were three attempts.
_ENDS = (
    (State.FAILED, 10, "exit 1: no space left on device"),
    (State.TIMED_OUT, 2, "timeout: it ran 5m"),
    (State.LOST, 1, "the machine went down"),
    (State.SKIPPED, 5, "overlap: 6a3kz1 still running"),
    (State.MISSED, 1, "no runner was up"),
    (State.CANCELLED, 1, "cancelled by ann"),
)
_WEIGHTS = [weight for _, weight, _ in _ENDS] + [1000 - sum(weight for _, weight, _ in _ENDS)]
_WHAT = [(state, reason) for state, _, reason in _ENDS] + [(State.SUCCEEDED, None)]
_RUN = (
    "INSERT INTO runs (id, job, fire_time, fire_local, timezone, trigger, who, state, reason,"
    " last_fire_time, count, due, decided, epoch, digest, most_attempts, ended)"
    " VALUES (?, ?, ?, ?, 'UTC', ?, 'runner', ?, ?, ?, ?, ?, ?, 1, ?, 3, ?)"
)
_ATTEMPT = (
    "INSERT INTO attempts (run, number, epoch, claimed, boot, host, started, pid, process_start,"
    " command, output, ended, state, reason, exit_code, duration, peak_memory_kb, cpu_time,"
    " output_bytes, dropped_bytes) VALUES"
    " (?, ?, 1, ?, ?, 'host', ?, 4711, 123456, ?, ?, ?, ?, ?, ?, ?, 12345, 1000, 345, 0)"
)
_BOOT, _DIGEST = "0" * 36, "0" * 32


class _Fire(NamedTuple):
    number: int
    job: str
    time: datetime
    period: timedelta


def make(path: Path, count: int) -> datetime:
    """Make a history of *count* runs; return the last fire time. Takes 20 s a million."""
    SQLiteStore(path).close()
    draw, last = random.Random(10), _START
    fires = islice(_fires(draw), count)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        # It is thrown away afterwards: what it is like on disk is all that counts.
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")
        db.execute("INSERT INTO runners VALUES (1, 1, 'host', ?, '0', 1, 1, 0, NULL)", (_BOOT,))
        while batch := list(islice(fires, _BATCH)):
            rows = [_rows(draw, fire) for fire in batch]
            db.executemany(_RUN, [run for run, _ in rows])
            db.executemany(_ATTEMPT, [attempt for _, attempts in rows for attempt in attempts])
            last = batch[-1].time
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")
    return last


def _fires(draw: random.Random) -> Iterator[_Fire]:
    """Yield the fire times of all jobs, in order, with the number that the run of each gets."""
    jobs = [
        (name, draw.randrange(period), period) for name, period in zip(JOBS, _PERIODS, strict=True)
    ]
    number, minute = 0, 0
    while True:
        time = _START + minute * _MINUTE
        for name, offset, period in jobs:
            if minute % period == offset:
                number = max(number + 1, first_number(time))
                yield _Fire(number, name, time, period * _MINUTE)
        minute += 1


def _rows(draw: random.Random, fire: _Fire) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """Return the row of a run, and those of its attempts."""
    ((state, reason),) = draw.choices(_WHAT, _WEIGHTS)
    time, late, took = to_micros(fire.time), draw.randrange(20_000), draw.randrange(10**8)
    began = state not in (State.SKIPPED, State.MISSED)
    until = to_micros(fire.time + 3 * fire.period) if state is State.MISSED else None
    run = (
        fire.number, fire.job, time, fire.time.isoformat(" "),
        "catchup" if draw.random() < 0.005 else "schedule", state, reason, until,
        1 if until is None else 4, time, time + late, _DIGEST,
        time + late + took if began else None,
    )  # fmt: skip
    attempts = [
        (
            fire.number, number, time + late, _BOOT, time + late, f"/usr/local/bin/{fire.job}",
            f"/var/lib/sched/output/{fire.number % 97}/{fire.number}.{number}", time + late + took,
            state, reason, int(state is not State.SUCCEEDED), took,
        )
        for number in range(1, began * (3 if state is State.FAILED else 1) + 1)
    ]  # fmt: skip
    return run, attempts
