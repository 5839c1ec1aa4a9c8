"""The clocks `daily`, `weekly` and `monthly`: rule 13."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asking import fires, problems
from schedkit import Schedule
from schedkit.errors import Problem
from written import WEEKDAYS, starts, times, zones

NEW_YORK = "America/New_York"


def days(clock: object, until: str) -> list[str]:
    """Return the days of 2026, without the year, on which a clock fires."""
    return [text[5:10] for text in fires(clock, "2025-12-31 23:59", until)]


def test_daily_fires_at_each_of_its_times() -> None:
    expected = ["2026-01-01 08:00:00+00:00", "2026-01-01 18:30:00+00:00"]

    actual = fires("daily at 18:30,08:00", "2026-01-01", count=2)

    assert expected == actual


def test_a_time_listed_twice_fires_once() -> None:
    expected = ["2026-01-01 08:00:00+00:00", "2026-01-02 08:00:00+00:00"]

    actual = fires({"daily": ["08:00", "8:00"]}, "2026-01-01", count=2)

    assert expected == actual


def test_daily_makes_up_for_a_time_that_the_clock_change_skips() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2026-03-09 02:30:00-04:00"]

    actual = fires("daily at 02:30", "2026-03-08 00:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_daily_fires_the_first_time_that_the_clock_shows_its_time() -> None:
    expected = ["2026-11-01 01:30:00-04:00", "2026-11-02 01:30:00-05:00"]

    actual = fires("daily at 01:30", "2026-11-01 00:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_weekly_fires_on_its_days() -> None:
    expected = ["01-01", "01-05", "01-08", "01-12"]

    actual = days("weekly mon,thu at 09:00", "2026-01-14")

    assert expected == actual


def test_weekly_days_may_wrap_the_week() -> None:
    expected = ["01-02", "01-03", "01-04", "01-05", "01-09"]

    actual = days("weekly fri-mon at 09:00", "2026-01-10")

    assert expected == actual


def test_without_a_time_it_is_midnight() -> None:
    expected = ["2026-01-05 00:00:00+00:00"]

    actual = fires("weekly mon", "2026-01-01", count=1)

    assert expected == actual


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ("15", ["01-15", "02-15", "03-15"]),
        ("1,15", ["01-01", "01-15", "02-01", "02-15", "03-01", "03-15"]),
        ("31", ["01-31", "03-31"]),
        ("29", ["01-29", "03-29"]),
        ("last", ["01-31", "02-28", "03-31"]),
        ("last fri", ["01-30", "02-27", "03-27"]),
        ("2nd tue", ["01-13", "02-10", "03-10"]),
        ("second tue", ["01-13", "02-10", "03-10"]),
        ("5th sat", ["01-31"]),
        ("first weekday", ["01-01", "02-02", "03-02"]),
        ("last weekday", ["01-30", "02-27", "03-31"]),
        ("LAST Friday", ["01-30", "02-27", "03-27"]),
        ("last,31", ["01-31", "02-28", "03-31"]),
    ],
)
def test_monthly_fires_on_its_days_of_each_month(positions: str, expected: list[str]) -> None:
    actual = days(f"monthly {positions} at 09:00", "2026-03-31 23:59")

    assert expected == actual


def test_the_last_day_of_february_is_the_29th_in_a_leap_year() -> None:
    expected = ["2028-02-29 00:00:00+00:00"]

    actual = fires("monthly last", "2028-02-01", count=1)

    assert expected == actual


@settings(deadline=None, derandomize=True)
@given(times, zones, starts)
def test_daily_is_cron_at_fixed_times(at: str, zone: str, start: datetime) -> None:
    hour, minute = at.split(":")
    cron = Schedule(f"cron {int(minute)} {int(hour)} * * *", timezone=zone).after(start)
    expected = [next(cron) for _ in range(5)]

    daily = Schedule(f"daily at {at}", timezone=zone).after(start)
    actual = [next(daily) for _ in range(5)]

    assert expected == actual


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(WEEKDAYS), times, zones, starts)
def test_weekly_is_cron_on_a_weekday(day: str, at: str, zone: str, start: datetime) -> None:
    hour, minute = at.split(":")
    cron = Schedule(f"cron {int(minute)} {int(hour)} * * {day}", timezone=zone).after(start)
    expected = [next(cron) for _ in range(5)]

    weekly = Schedule(f"weekly {day} at {at}", timezone=zone).after(start)
    actual = [next(weekly) for _ in range(5)]

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "wrong", "message", "hint"),
    [
        ("daily at 25:00", "25:00", "hour 25 is outside 0-23", None),
        ("daily 08:00 at 09:00", "08:00", "'08:00' stands before 'at'", "one list: 08:00, 09:00"),
        ("weekly mox at 09:00", "mox", "unknown weekday 'mox'", "did you mean 'mon'?"),
        ("monthly 32", "32", "day 32 is outside 1-31", "the last day is: last"),
        ("monthly 0", "0", "day 0 is outside 1-31", "the last day is: last"),
        ("monthly 1st", "1st", "'1st' of what?", "write 1st mon or a number"),
        ("monthly lst fri", "lst fri", "'lst fri' is no day of a month", "did you mean 'last'?"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    text: str, wrong: str, message: str, hint: str | None
) -> None:
    begin = text.index(wrong)
    expected = [Problem(message, hint, ("clock",), (begin, begin + len(wrong)))]

    actual = problems(text)

    assert expected == actual


def test_wrong_days_and_wrong_times_are_named_at_once() -> None:
    expected = [
        Problem("unknown weekday 'xyz'", None, ("clock",), (11, 14)),
        Problem("hour 24 is outside 0-23", None, ("clock",), (24, 29)),
    ]

    actual = problems("weekly mon,xyz at 09:00,24:15")

    assert expected == actual
