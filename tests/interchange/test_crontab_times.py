"""Clocks of ours as times of a crontab: the same to cron, or refused."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crontabs import FIELDS
from schedkit import Schedule
from schedkit.clocks import Clock
from schedkit.clocks.cron import Cron
from schedkit.errors import ConfigError
from schedkit.interchange.crontab_times import times

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")


def written(clock: object, zone: tzinfo = BERLIN) -> list[str]:
    (found,) = Schedule(clock, timezone=str(zone)).clocks
    return times(found, zone, NOW)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("cron 0 9 * * mon-fri", ["0 9 * * 1-5"]),
        ("cron */5 * * * *", ["*/5 * * * *"]),
        ("cron 5/20 * * * *", ["5-45/20 * * * *"]),
        ("cron 0 22-2 * * *", ["0 0-2,22,23 * * *"]),
        ("cron 0 0 * nov-feb sun", ["0 0 * 1,2,11,12 0"]),
        ("cron 0 0 ? * 7", ["0 0 * * 0"]),
        ("cron 0 0 13 * fri", ["0 0 13 * 5"]),
        ("cron 0 0 */2 * fri", ["0 0 */2 * 5"]),
        ("cron 0 0 1-31/2 * fri", ["0 0 1-31/2 * 5"]),
        ("cron 0-59 0-23 * * *", ["0-59 0-23 * * *"]),
        ("cron 0 0 * * *", ["0 0 * * *"]),
        ("cron @daily", ["0 0 * * *"]),
        ("cron @hourly", ["0 * * * *"]),
        ({"cron": "0 0 1,3 * mon", "day_or": False}, ["0 0 */31,3 * 1"]),
        ({"cron": "0 0 2 * sun,fri", "day_or": False}, ["0 0 2 * */5"]),
        ("hourly", ["0 * * * *"]),
        ({"hourly": [0, 30]}, ["0,30 * * * *"]),
        ("daily at 02:30", ["30 2 * * *"]),
        ({"daily": ["08:00", "18:00", "19:30", "20:30"]}, ["0 8,18 * * *", "30 19,20 * * *"]),
        ("weekly mon,sun at 09:00", ["0 9 * * 0,1"]),
        ("monthly 1,15 at 06:00", ["0 6 1,15 * *"]),
        ("yearly 12-24 at 18:00", ["0 18 24 12 *"]),
        ({"yearly": ["03-31", "06-30", "09-30"]}, ["0 0 31 3 *", "0 0 30 6,9 *"]),
        ("every 15m", ["*/15 * * * *"]),
        ("every 1h", ["0 * * * *"]),
        ("every 60m", ["0 * * * *"]),
        ({"every": "20m", "anchor": "2026-01-01 00:05"}, ["5-45/20 * * * *"]),
        ("every 1d", ["0 0 * * *"]),
        ({"every": "1w", "anchor": "2026-01-02 06:30"}, ["30 6 * * 5"]),
        ("startup", ["@reboot"]),
        ("startup boot", ["@reboot"]),
    ],
)
def test_a_clock_is_written_as_times_of_cron(clock: object, expected: list[str]) -> None:
    assert expected == written(clock)


def test_hours_of_elapsed_time_are_written_where_clocks_do_not_change() -> None:
    assert ["0 */6 * * *"] == written("every 6h", TOKYO)


WITHIN = "it fires within a minute, and cron looks once a minute"
ANEW = "a crontab counts anew each hour and each day: no {!r}"
DAYS = "a crontab counts days from the first of a month, and no weeks"


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("cron 30 0 9 * * *", WITHIN),
        ("daily at 09:00:30", WITHIN),
        ("every 30s", ANEW.format("every 30s")),
        ("every 7m", ANEW.format("every 7m")),
        ("every 90m", ANEW.format("every 1h30m")),
        ("every 2d", ANEW.format("every 2d")),
        ({"every": "15m", "anchor": "2026-01-01 00:00:30"}, WITHIN),
        ("every 6h", "it counts elapsed time, cron the hours on the wall, which change"),
        ("monthly last at 08:00", DAYS),
        ("monthly 2nd tue at 08:00", DAYS),
        ("cron 0 0 L * *", DAYS),
        ("cron 0 0 15W * *", DAYS),
        (
            {"cron": "0 0 13 * fri", "day_or": False},
            "with a day of the month and a weekday, either is enough for cron",
        ),
        ("dates 2026-12-24 18:00", "a crontab has nothing like 'dates 2026-12-24 18:00'"),
    ],
)
def test_a_clock_that_cron_does_not_have_is_refused(clock: object, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        written(clock)

    assert expected == caught.value.problems[0].message


def test_a_rule_for_clock_changes_that_cron_does_not_have_is_refused() -> None:
    (clock,) = Schedule("daily at 02:30", timezone="Europe/Berlin", dst={"fold": "second"}).clocks

    with pytest.raises(ConfigError):
        times(clock, BERLIN, NOW)


def test_fixed_times_that_follow_the_wall_are_refused() -> None:
    rule = {"gap": "skip", "fold": "both"}
    (clock,) = Schedule("daily at 02:30", timezone="Europe/Berlin", dst=rule).clocks

    with pytest.raises(ConfigError):
        times(clock, BERLIN, NOW)


AROUND_CHANGES = [NOW, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)]


def around_changes(clock: Clock, zone: tzinfo) -> list[datetime]:
    """Return the first times of a clock on some days, and after clock changes."""
    return [fire for start in AROUND_CHANGES for fire in islice(clock.after(start, zone), 300)]


@settings(deadline=None, max_examples=50)
@given(FIELDS, st.booleans(), st.sampled_from([BERLIN, ZoneInfo("Australia/Lord_Howe")]))
def test_what_is_written_fires_at_the_same_times(fields: str, day_or: bool, zone: tzinfo) -> None:
    try:
        clock = Cron(fields, day_or)
        (line,) = times(clock, zone, NOW)
    except ConfigError:
        return
    expected = around_changes(clock, zone)

    actual = around_changes(Cron(line), zone)

    assert expected == actual


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from([*range(1, 70), 120, 180, 240, 360, 480, 720, 1440, 2880]),
    st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["UTC", "Asia/Kathmandu", "Europe/Berlin", "Africa/Monrovia"]),
)
def test_an_interval_that_is_written_fires_at_the_same_times(
    minutes: int, anchor: datetime, name: str
) -> None:
    text = anchor.replace(second=0, microsecond=0).isoformat(" ")
    (clock,) = Schedule({"every": f"{minutes}m", "anchor": text}, timezone=name).clocks
    zone = ZoneInfo(name)
    try:
        (line,) = times(clock, zone, NOW)
    except ConfigError:
        return
    expected = around_changes(clock, zone)

    actual = around_changes(Cron(line), zone)

    assert expected == actual
