"""Goal 2: parse 10,000 schedules and find the first fire time of each."""
# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from benchmarks.common import TIMES, Goal, Line, Prepare, Timed, duration, faster, interleaved
from croniter import croniter
from cronsim import CronSim

from schedkit import Schedule, compiled
from schedkit.jobs import Jobs

SAID = (
    "parse and first fire time of 10,000 schedules in at most 1.2 times what croniter's parser "
    "alone takes; at most 10 µs each from the compiled form of an unchanged file"
)
ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2027, 3, 20, tzinfo=UTC)
COUNT = 10_000
ROUNDS = 5
MOST_OVER_CRONITER = 1.2
MOST_FROM_CACHE_US = 10.0

PARSER = "croniter, its parser alone"
NOTES = [
    "Every round parses other expressions: what is kept of the last round helps no one.",
    "The compiled form keeps the first fire time after it was written: until then no job is asked.",
]
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

Each = Callable[[str], object]


def measure() -> Goal:
    """Return what it takes."""
    cold = {name: _of_each(each) for name, each in _cold().items()}
    with _unchanged_file() as path:
        cached: dict[str, Prepare] = {
            "load": _warm(path, lambda: _jobs(path)),
            "soon": _warm(path, lambda: _first_fires(_jobs(path), datetime.now(UTC))),
            "later": _warm(path, lambda: _first_fires(_jobs(path), START)),
        }
        times = interleaved(cold | cached, COUNT, ROUNDS)
    load, soon, later = (times.pop(name) for name in cached)
    lines = faster("parse and first fire, cold", times, {})
    over = times["schedkit"] / times[PARSER]
    lines[0] = lines[0]._replace(
        ratio=f"{over:.3g}{TIMES} croniter's parser",
        wanted=f"≤ {MOST_OVER_CRONITER:g}{TIMES}",
        met=over <= MOST_OVER_CRONITER,
    )
    wanted, met = f"≤ {MOST_FROM_CACHE_US:g} µs", soon <= MOST_FROM_CACHE_US
    from_file = "the same from an unchanged file, that was read a moment ago"
    lines += [
        Line(from_file, "schedkit", duration(soon), wanted=wanted, met=met),
        Line("", "of which: load the compiled form", duration(load)),
        Line("from an unchanged file, when all it knew has passed", "schedkit", duration(later)),
    ]
    return Goal(2, SAID, lines, NOTES)


def _cold() -> dict[str, Each]:
    local = START.astimezone(ZONE)

    def asked(expression: str) -> object:
        return CronTrigger.from_crontab(expression, timezone=ZONE).get_next_fire_time(None, local)

    return {
        "schedkit": lambda one: next(Schedule(f"cron {one}", timezone=ZONE).after(START)),
        PARSER: croniter.expand,
        "croniter": lambda one: croniter(one, local).get_next(datetime),
        "cronsim": lambda one: next(CronSim(one, local)),
        "APScheduler": asked,
    }


def _of_each(each: Each) -> Prepare:
    def prepare(number: int) -> Timed:
        written = _expressions(number)
        return lambda: deque(map(each, written), maxlen=0)

    return prepare


def _expressions(seed: int) -> list[str]:
    """Return expressions such as people write; another seed gives others."""
    draw = random.Random(seed)
    forms: list[Callable[[], str]] = [
        lambda: f"{draw.randrange(60)} {draw.randrange(24)} * * *",
        lambda: f"{draw.randrange(60)} {draw.randrange(24)} * * mon-fri",
        lambda: f"{draw.randrange(60)} {draw.randrange(24)} {draw.randrange(1, 29)} * *",
        lambda: f"{draw.randrange(60)} {draw.randrange(24)} * * {draw.choice(WEEKDAYS)}",
        lambda: f"{draw.randrange(30)},{draw.randrange(30, 60)} {draw.randrange(24)} * * *",
        lambda: f"*/{draw.choice((2, 5, 10, 15, 30))} {draw.randrange(12)}-17 * * *",
        lambda: f"{draw.randrange(60)} */{draw.choice((2, 3, 4, 6))} * * *",
    ]
    return [draw.choice(forms)() for _ in range(COUNT)]


@contextmanager
def _unchanged_file() -> Iterator[Path]:
    """Make a file of as many jobs, read once: its compiled form is in a cache of our own."""
    before = os.environ.get("XDG_CACHE_HOME")
    with TemporaryDirectory() as directory:
        os.environ["XDG_CACHE_HOME"] = directory
        path = Path(directory, "schedules.yaml")
        jobs = (
            f'  job-{number}: {{command: "true", clock: "cron {expression}"}}\n'
            for number, expression in enumerate(_expressions(ROUNDS + 1))
        )
        path.write_text(f"timezone: {ZONE}\njobs:\n{''.join(jobs)}", encoding="utf-8")
        compiled.load([path])
        try:
            yield path
        finally:
            if before is None:
                del os.environ["XDG_CACHE_HOME"]
            else:
                os.environ["XDG_CACHE_HOME"] = before


def _warm(path: Path, timed: Timed) -> Prepare:
    """See to it that *path* is cached: code that is edited meanwhile makes a cache stale."""

    def prepare(_: int) -> Timed:
        _jobs(path)
        return timed

    return prepare


def _jobs(path: Path) -> Jobs:
    jobs = compiled.load([path]).by_name
    assert len(jobs) == COUNT
    return jobs


def _first_fires(jobs: Jobs, instant: datetime) -> object:
    return [jobs.next_fire(name, instant) for name in jobs]
