"""What a job says of clock changes, rule 20, and what holds of them in every zone there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, product, takewhile
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import pytest

from asking import problems
from oracle import CHANGES, DAY, HOUR, MINUTE, SMALL, Around, Crontab, walked
from schedkit import ConfigError, Schedule
from schedkit.clocks import CLOCKS
from schedkit.clocks.recurrence import Dst, WallClock
from schedkit.errors import Problem
from schedkit.timeline import changes

NEW_YORK = "America/New_York"
ZONES = (NEW_YORK, "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca")
AROUND = [around for around in CHANGES if around.zone in ZONES]
GAPS: tuple[Literal["run", "skip"], ...] = ("run", "skip")
FOLDS: tuple[Literal["first", "both", "second"], ...] = ("first", "both", "second")
POLICIES = [Dst(gap, fold) for gap, fold in product(GAPS, FOLDS)]
CLOCKS_AND_CRON = [
    ("cron 30 2 * * *", "30 2 * * *"),
    ("cron 0,30 1-3 * * *", "0,30 1-3 * * *"),
    ("cron */15 * * * *", "*/15 * * * *"),
    ("cron 20 */2 * * *", "20 */2 * * *"),
    ("cron 10 0-23 * * *", "10 0-23 * * *"),
    ("daily at 00:00", "0 0 * * *"),
    ("daily at 23:30", "30 23 * * *"),
    ("hourly at 45", "45 * * * *"),
    ("weekly sat,sun at 01:45", "45 1 * * sat,sun"),
]


def worked_out(expression: str, around: Around, dst: Dst) -> list[datetime]:
    """Return when an expression fires about a clock change, minute by minute."""
    crontab, moments = Crontab(expression), walked(around)
    again = {moment.wall for moment in moments if moment.repeated}
    found = []
    for moment in moments:
        made_up = dst.gap == "run" and any(map(crontab.in_minute, moment.skipped))
        first_pass = moment.wall in again and not moment.repeated
        counts = {"first": not moment.repeated, "both": True, "second": not first_pass}[dst.fold]
        if made_up or (counts and crontab.in_minute(moment.wall)):
            found.append(moment.instant)
    return found


def answered(clock: object, around: Around, dst: Dst | None) -> list[datetime]:
    begin = around.instant - around.hours * HOUR
    end = around.instant + around.hours * HOUR
    policy = None if dst is None else dst._asdict()
    schedule = Schedule(clock, timezone=around.zone, dst=policy)
    return list(takewhile(lambda fire: fire <= end, schedule.after(begin - datetime.resolution)))


@pytest.mark.parametrize("dst", POLICIES, ids="-".join)
@pytest.mark.parametrize("around", AROUND, ids=lambda around: f"{around.zone} {around.instant:%F}")
@pytest.mark.parametrize(("clock", "expression"), CLOCKS_AND_CRON)
def test_a_clock_does_about_a_change_what_the_job_says(
    clock: str, expression: str, around: Around, dst: Dst
) -> None:
    expected = worked_out(expression, around, dst)

    actual = answered(clock, around, dst)

    assert expected == actual


@pytest.mark.parametrize("around", AROUND, ids=lambda around: f"{around.zone} {around.instant:%F}")
@pytest.mark.parametrize(("clock", "expression"), CLOCKS_AND_CRON)
def test_without_a_word_of_the_job_a_clock_does_what_is_its_own(
    clock: str, expression: str, around: Around
) -> None:
    read = CLOCKS.read(clock)
    assert isinstance(read, WallClock)
    expected = worked_out(expression, around, read.recurrence.dst)

    actual = answered(clock, around, None)

    assert expected == actual


@pytest.mark.parametrize(
    ("dst", "expected"),
    [
        ({"gap": "skip"}, ["2026-03-07 02:30:00-05:00", "2026-03-09 02:30:00-04:00"]),
        ({"gap": "run"}, ["2026-03-07 02:30:00-05:00", "2026-03-08 03:00:00-04:00"]),
    ],
)
def test_a_gap_is_run_or_skipped(dst: dict[str, str], expected: list[str]) -> None:
    schedule = Schedule("daily at 02:30", timezone=NEW_YORK, dst=dst)

    found = schedule.after(datetime(2026, 3, 7, 5, tzinfo=UTC))
    actual = [str(next(found).astimezone(ZoneInfo(NEW_YORK))) for _ in range(2)]

    assert expected == actual


@pytest.mark.parametrize("clock", ["every 1d", "dates 2026-03-08 02:30"])
def test_a_clock_that_names_no_times_of_day_takes_no_rule_for_clock_changes(clock: str) -> None:
    hint = "such as cron, hourly, daily, weekly, monthly, yearly"
    expected = (Problem("'dst' is for clocks that name times of day", hint, ("dst",)),)

    with pytest.raises(ConfigError) as caught:
        Schedule(clock, timezone=NEW_YORK, dst={"gap": "skip"})

    assert expected == caught.value.problems


@pytest.mark.parametrize(
    ("dst", "expected"),
    [
        ({"gap": "runs"}, Problem("'runs' is not known here", "one of: run, skip", ("dst", "gap"))),
        (
            {"fold": None},
            Problem("None is not known here", "one of: first, both, second", ("dst", "fold")),
        ),
        (
            {"fld": "both"},
            Problem("unknown key 'fld'", "did you mean 'fold'?", ("dst", "fld"), on_key=True),
        ),
    ],
)
def test_a_wrong_policy_is_named(dst: object, expected: Problem) -> None:
    actual = problems("daily at 02:30", dst=dst)

    assert [expected] == actual


# ---- every zone


@cache  # looking through the zones takes longer than what is done with them
def transitions() -> tuple[tuple[ZoneInfo, datetime, timedelta], ...]:
    """Return every clock change of every zone from 1970 to 2037."""
    first, last = datetime(1970, 1, 8, tzinfo=UTC), datetime(2037, 12, 20, tzinfo=UTC)
    return tuple(
        (ZoneInfo(name), instant, jump)
        for name in sorted(available_timezones())
        for instant, jump in changes(first, last, ZoneInfo(name))
        if abs(jump) <= SMALL
    )


def meant(wall: datetime, zone: ZoneInfo, instant: datetime) -> datetime:
    """Return the first instant that shows *wall*, or the change at *instant* that skips it."""
    passes = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = [utc for utc in passes if utc.astimezone(zone).replace(tzinfo=None) == wall]
    return min(shown, default=instant)


def test_a_wall_clock_keeps_its_wall_time_at_every_change_of_every_zone() -> None:
    wrong = []

    for zone, instant, jump in transitions():
        before = (instant - MINUTE).astimezone(zone).replace(tzinfo=None, second=0)
        wall = before + abs(jump) / 2 if jump > timedelta(0) else before - abs(jump) / 2
        wall = wall.replace(second=0, microsecond=0)
        expected = meant(wall, zone, instant)
        fired = Schedule(f"daily at {wall:%H:%M}", timezone=zone).after(expected - 6 * HOUR)
        following = meant(wall + DAY, zone, instant)
        if [next(fired), next(fired)] != [expected, following]:
            wrong.append((zone.key, instant, wall))

    assert wrong == []


def test_an_elapsed_clock_keeps_its_interval_at_every_change_of_every_zone() -> None:
    wrong = []

    for zone, instant, _ in transitions():
        fired = Schedule("every 47m", timezone=zone).after(instant - 2 * HOUR)
        found = [next(fired) for _ in range(5)]
        if any(later - fire != 47 * MINUTE for fire, later in pairwise(found)):
            wrong.append((zone.key, instant))

    assert wrong == []
