"""The clocks `hourly` and `yearly`: rule 13."""

from __future__ import annotations

import pytest

from asking import fires, problems
from schedkit import Schedule
from schedkit.errors import Problem

NEW_YORK = "America/New_York"


@pytest.mark.parametrize("clock", ["hourly", {"hourly": None}, "hourly at 0", {"hourly": 0}])
def test_without_minutes_it_is_the_full_hour(clock: object) -> None:
    expected = ["2026-01-01 01:00:00+00:00", "2026-01-01 02:00:00+00:00"]

    actual = fires(clock, "2026-01-01 00:00", count=2)

    assert expected == actual


@pytest.mark.parametrize(
    "clock", ["hourly at 30,0", {"hourly": [30, 0, 0]}, "hourly at :00,:30", "hourly at 00,30"]
)
def test_hourly_fires_at_each_of_its_minutes(clock: object) -> None:
    expected = ["2026-01-01 00:30:00+00:00", "2026-01-01 01:00:00+00:00"]

    actual = fires(clock, "2026-01-01 00:00", count=2)

    assert expected == actual


def test_hourly_leaves_out_the_hour_that_a_clock_change_skips() -> None:
    expected = ["2026-03-08 01:15:00-05:00", "2026-03-08 03:15:00-04:00"]

    actual = fires("hourly at 15", "2026-03-08 05:50", zone=NEW_YORK, count=2)

    assert expected == actual


def test_hourly_fires_twice_in_the_hour_that_a_clock_change_repeats() -> None:
    expected = ["2026-11-01 01:00:00-04:00", "2026-11-01 01:00:00-05:00"]

    actual = fires("hourly", "2026-11-01 04:30", zone=NEW_YORK, count=2)

    assert expected == actual


def test_hourly_follows_a_wall_that_moves_by_half_an_hour() -> None:
    expected = ["2026-04-05 01:45:00+11:00", "2026-04-05 01:45:00+10:30"]

    actual = fires("hourly at 45", "2026-04-04 14:00", zone="Australia/Lord_Howe", count=2)

    assert expected == actual


def test_yearly_fires_on_its_days_in_the_order_of_the_year() -> None:
    expected = ["2026-03-31 18:00:00+00:00", "2026-09-30 18:00:00+00:00"]

    actual = fires("yearly 09-30,3-31 at 18:00", "2026-01-01", count=2)

    assert expected == actual


def test_yearly_without_a_time_is_at_midnight() -> None:
    expected = ["2026-12-24 00:00:00+00:00", "2027-12-24 00:00:00+00:00"]

    actual = fires("yearly 12-24", "2026-01-01", count=2)

    assert expected == actual


def test_a_29_february_is_in_leap_years_only() -> None:
    expected = ["2028-02-29 09:00:00+00:00", "2032-02-29 09:00:00+00:00"]

    actual = fires("yearly 02-29 at 09:00", "2026-01-01", count=2)

    assert expected == actual


def test_yearly_makes_up_for_a_time_that_a_clock_change_skips() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2027-03-08 02:30:00-05:00"]

    actual = fires("yearly 03-08 at 02:30", "2026-01-01", zone=NEW_YORK, count=2)

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hourly", {"hourly": None}),
        ({"hourly": ["30", 0]}, {"hourly": ["0", "30"]}),
        ("yearly 3-1 at 9:00", {"yearly": "03-01", "at": "09:00"}),
    ],
)
def test_they_are_dumped_as_a_mapping(written: object, expected: object) -> None:
    actual = Schedule(written).dump()["clock"]

    assert [expected] == actual


@pytest.mark.parametrize(
    ("text", "wrong", "message", "hint"),
    [
        ("hourly at 60", "60", "minute 60 is outside 0-59", None),
        ("hourly at x", "x", "'x' is no minute", "write a number from 0 to 59"),
        ("hourly at 0,-1", "-1", "'-1' is no minute", "write a number from 0 to 59"),
        (
            "yearly 2026-12-24", "2026-12-24", "'2026-12-24' has a year",
            "write 12-24, or the clock: dates 2026-12-24 18:00",
        ),
        ("yearly 13-01", "13-01", "'13-01' is no day of the calendar", None),
        ("yearly 02-30 at 09:00", "02-30", "'02-30' is no day of the calendar", None),
        ("yearly 12-24 at 24:30", "24:30", "hour 24 is outside 0-23", None),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place(
    text: str, wrong: str, message: str, hint: str | None
) -> None:
    begin = text.index(wrong)
    expected = [Problem(message, hint, ("clock",), (begin, begin + len(wrong)))]

    actual = problems(text)

    assert expected == actual


def test_yearly_needs_a_day() -> None:
    expected = [Problem("'yearly' needs a value", "such as: yearly 12-24 at 18:00", ("clock",))]

    actual = problems("yearly")

    assert expected == actual
