"""A day in fast-forward: ten thousand jobs, each fire time decided once, and how fast that is."""
# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zoneinfo import ZoneInfo

from benchmarks.common import Goal, Line, duration
from croniter import croniter

from schedkit import Schedule, reload
from schedkit.config import Config
from schedkit.executor import Event, Found, Result, Spawned
from schedkit.launch import Launch
from schedkit.run import AttemptKey, OpenAttempt
from schedkit.runner import Place, Runner
from schedkit.store import Holder
from schedkit.store.file import to_micros
from schedkit.store.sqlite import SQLiteStore
from schedkit.watch import Signals

SAID = "a day of 10,000 jobs in fast-forward decides each of their fire times exactly once"
COUNT = 10_000
START = datetime(2027, 3, 27, 12, tzinfo=UTC)  # a Saturday; in the night Europe's clocks change
DAY = timedelta(days=1)
SEED = 13
NOTES = """\
The runner, the dispatcher and the history are real, synchronous=FULL; the clock passes only while \
somebody waits, and jobs end as they begin. A decision is a fire time that was found, \
decided, claimed, started, and recorded with its start and its end.
What was recorded is compared with croniter in the zones whose clocks did not change that day, in \
the others with what each schedule says by itself. The first fire times of all, looked for as the \
runner starts, are not counted.
"""

_ZONES = ("UTC", "Asia/Tokyo", "America/Sao_Paulo", "Asia/Kolkata", "America/New_York")
_CHANGING = ("Europe/Berlin", "Europe/London", "Africa/Cairo")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIX = (430, 210, 120, 60, 60, 55, 40, 20, 5)  # of a thousand, for the forms below


class _Job(NamedTuple):
    name: str
    clock: str
    cron: str  # the same in five fields
    zone: str


def measure() -> Goal:
    """Return how fast a day is decided, and that it is right."""
    jobs = list(_jobs())
    with TemporaryDirectory() as directory:
        path = Path(directory, "history.db")
        taken = _run(jobs, Path(directory), path)
        recorded = _recorded(path)
    expected = Counter({(job.name, fire): 1 for job in jobs for fire in _fires(job)})
    lost, more = expected - recorded, recorded - expected
    decided = recorded.total()
    each = taken / decided
    lines = [
        Line("fire times decided", "schedkit", f"{decided:,}"),
        Line("lost", "schedkit", f"{lost.total()}", "", "0", not lost),
        Line("twice, or never due", "schedkit", f"{more.total()}", "", "0", not more),
        Line("decisions a second", "schedkit", f"{1 / each:,.0f}"),
        Line("each", "schedkit", duration(each * 1e6)),
        Line("the day", "schedkit", duration(taken * 1e6)),
    ]
    return Goal(13, SAID, lines, NOTES.splitlines())


# ---- the jobs


def _jobs() -> Iterator[_Job]:
    """Yield jobs such as people have: most are daily or hourly, at odd minutes."""
    draw = random.Random(SEED)
    for number in range(COUNT):
        clock, cron = _form(draw)
        zone = draw.choice(_CHANGING if draw.random() < 0.3 else _ZONES)
        yield _Job(f"job-{number}", clock, cron, zone)


def _form(draw: random.Random) -> tuple[str, str]:
    """Return a clock, and the same in five fields of cron."""
    minute, hour, weekday = draw.randrange(60), draw.randrange(24), draw.choice(_WEEKDAYS)
    at, day, every = f"{hour:02}:{minute:02}", draw.randrange(1, 29), draw.choice((2, 3, 4, 6))
    forms = (
        (f"daily at {at}", f"{minute} {hour} * * *"),
        (f"hourly at {minute:02}", f"{minute} * * * *"),
        (f"cron {minute} {hour} * * mon-fri", f"{minute} {hour} * * mon-fri"),
        (f"cron {minute} */{every} * * *", f"{minute} */{every} * * *"),
        (f"weekly {weekday} at {at}", f"{minute} {hour} * * {weekday}"),
        (f"cron {minute} {hour} {day} * *", f"{minute} {hour} {day} * *"),
        ("cron */15 * * * *", "*/15 * * * *"),
        ("every 5m", "*/5 * * * *"),
        ("cron * * * * *", "* * * * *"),
    )
    return draw.choices(forms, _MIX)[0]


def _fires(job: _Job) -> list[datetime]:
    """Return what is to be decided of a job: later than the start, up to its end."""
    if job.zone in _CHANGING:
        alone = Schedule(job.clock, timezone=job.zone)
        return [*alone.known_after(START, DAY)]
    zone, end = ZoneInfo(job.zone), START + DAY
    fires = croniter(job.cron, START.astimezone(zone)).all_next(datetime)
    found: list[datetime] = []
    for fire in fires:
        if fire > end:
            return found
        found.append(fire.astimezone(UTC))
    raise AssertionError("croniter never ends")


# ---- the day


def _run(jobs: Sequence[_Job], directory: Path, path: Path) -> float:
    """Let a runner run for a day; return how many seconds it took from its first wait on."""
    config = _loaded(jobs, directory)
    executor = _Executor()
    watch = _Watch(executor)
    with closing(SQLiteStore(path)) as store:
        runner = Runner(
            config,
            Place((), directory / "output"),
            store=store,
            executor=executor,
            watch=watch,
            signals=_NoSignals(),
        )
        runner.run(Holder(1, "host", "boot", "0"), START + DAY + timedelta(seconds=30))
    return time.perf_counter() - watch.began


def _loaded(jobs: Sequence[_Job], directory: Path) -> Config:
    """Return the jobs as a runner has them: in compiled form, from a child that read the file."""
    written = (
        f"  {job.name}: {{command: [/bin/true], clock: {job.clock}, timezone: {job.zone}}}\n"
        for job in jobs
    )
    path = directory / "schedules.yaml"
    path.write_text(f"jobs:\n{''.join(written)}", encoding="utf-8")
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(directory / "cache")
    try:
        return reload.load([path])
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def _recorded(path: Path) -> Counter[tuple[str, datetime]]:
    """Return the fire times of which there is a record that they ran, and how often."""
    last = to_micros(START + DAY)
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT job, fire_time, count(*) FROM runs WHERE fire_time <= ?"
            " AND state = 'succeeded' AND trigger = 'schedule' AND count = 1 GROUP BY 1, 2",
            (last,),
        )
        return Counter(
            {(job, _EPOCH + timedelta(microseconds=fire)): count for job, fire, count in rows}
        )


# ---- what stands in for the machine


class _Executor:
    """Runs nothing: what is to be started has ended well."""

    def __init__(self) -> None:
        self.over: list[Event] = []

    def start(self, launches: Sequence[Launch]) -> None:
        for launch in launches:
            self.over += (Spawned(launch.key, 1, 1), Result(launch.key, 0))

    def take_over(self, attempts: Sequence[OpenAttempt], boot: str) -> list[Found]:
        assert not attempts, f"an earlier runner was there in {boot}"
        return []

    def events(self) -> Iterator[Event]:
        over, self.over = self.over, []
        return iter(over)

    def descriptors(self) -> list[int]:
        return []

    def next_check(self) -> None:
        return None

    def stop(self, key: AttemptKey, number: signal.Signals) -> None:
        raise AssertionError(f"{key} is over, and gets {number.name}")

    def kill(self, key: AttemptKey) -> None:
        raise AssertionError(f"{key} is over")

    def forget(self) -> None: ...

    def close(self) -> None: ...


class _Watch:
    """Time that passes only while somebody waits, and as far as he waits for."""

    def __init__(self, executor: _Executor) -> None:
        self._executor = executor
        self._elapsed = timedelta(0)
        self.began = 0.0  # by `time.perf_counter`: the first wait

    def now(self) -> datetime:
        return START + self._elapsed

    def elapsed(self) -> timedelta:
        return self._elapsed

    def offset(self) -> timedelta:
        return START - _EPOCH

    def wait(
        self, until: datetime | None, elapsed: timedelta | None, descriptors: Iterable[int]
    ) -> set[int]:
        assert not set(descriptors) - {_NoSignals.descriptor}
        self.began = self.began or time.perf_counter()
        times = [] if elapsed is None else [elapsed]
        times += [] if until is None else [until - START]
        if not self._executor.over:
            self._elapsed = max(self._elapsed, min(times))
        return set()


class _NoSignals(Signals):
    """None ever comes."""

    descriptor = -1

    def __init__(self) -> None:
        pass

    def read(self) -> list[signal.Signals]:
        return []
