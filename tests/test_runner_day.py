"""A day of many jobs across a clock change: each fire time is decided once, none is lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from fakes import FakeWatch, World
from oracle import CHANGES, Around, Crontab, walked
from schedkit.run import State
from schedkit.store import Query

HOUR = timedelta(hours=1)
DAYS = ("Europe/London 03", "Europe/London 10", "Australia/Lord_Howe 10", "America/Santiago 09")
ZONES = ("UTC", "Asia/Kolkata", "Asia/Tokyo")  # beside that whose clocks change
COUNT = 60


class Wanted(NamedTuple):
    """A job: when it is to fire, in cron's words, and where."""

    name: str
    expression: str
    zone: str


def jobs(draw: random.Random, zone: str) -> Iterator[Wanted]:
    """Yield jobs such as people have, at odd minutes; most in the zone whose clocks change."""
    for number in range(COUNT):
        minute, hour, weekday = draw.randrange(60), draw.randrange(24), draw.randrange(7)
        forms = (
            f"{minute} {hour} * * *",
            f"{minute} {hour} * * {weekday}",
            f"{minute} {hour} * {draw.randrange(1, 13)} *",
            f"{minute} {draw.randrange(4)} * * *",  # which the clock change may skip, or repeat
            f"{minute} * * * *",
            f"{minute} */{draw.choice((2, 3, 6))} * * mon-sat",
            f"*/{draw.choice((10, 15, 20))} {hour}-23 * * *",
            f"*/{draw.choice((7, 15, 30))} * * * *",
            "* * * * *",
        )
        (expression,) = draw.choices(forms, (20, 10, 5, 20, 20, 10, 10, 4, 1))
        where = zone if draw.random() < 0.7 else draw.choice(ZONES)
        yield Wanted(f"job-{number}", expression, where)


def fires(job: Wanted, change: Around) -> Iterator[datetime]:
    """Yield every fire time of the day, by the oracle that walks it minute by minute."""
    begin = change.instant - 12 * HOUR
    for fire in Crontab(job.expression).fires(walked(change._replace(zone=job.zone))):
        if begin < fire <= begin + 24 * HOUR:
            yield fire


@pytest.mark.parametrize(
    "change",
    [one for one in CHANGES if f"{one.zone} {one.instant:%m}" in DAYS],
    ids=lambda change: f"{change.zone} {change.instant:%m-%d}",
)
def test_each_fire_time_of_a_day_is_decided_exactly_once(change: Around, tmp_path: Path) -> None:
    wanted = list(jobs(random.Random(f"{change}"), change.zone))
    expected = Counter((job.name, fire) for job in wanted for fire in fires(job, change))
    world = World(tmp_path, FakeWatch(change.instant - 12 * HOUR))
    world.write(
        "jobs:\n"
        + "".join(
            f"  {job.name}: {{command: x, clock: cron {job.expression}, timezone: {job.zone}}}\n"
            for job in wanted
        )
    )

    for length in (9 * HOUR, 15 * HOUR, HOUR / 60):  # in the last minute comes the last of the day
        world.reopen()
        world.store._db.execute("PRAGMA synchronous = OFF")  # thousands of commits in few seconds
        world.run(length)

    recorded = Counter((run.job, run.fire_time) for run in world.store.runs(Query()))
    assert expected == recorded
    assert {State.SUCCEEDED} == {run.state for run in world.runs()}
