"""The adjustments onto business days and trading days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from asking import fires, problems, utc, wall
from schedkit import Schedule
from schedkit.adjustments import ADJUSTMENTS
from schedkit.errors import Problem

OFFICE: dict[str, Any] = {"closed": ["2026-11-23"], "open": ["2026-11-28"]}


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("next_business_day", "2026-11-21", "2026-11-23"),
        ("next_business_day", "2026-11-23", "2026-11-23"),
        ({"next_business_day": OFFICE}, "2026-11-21", "2026-11-24"),
        ("previous_business_day", "2026-11-22", "2026-11-20"),
        ({"previous_business_day": OFFICE}, "2026-11-23", "2026-11-20"),
        ({"previous_business_day": OFFICE}, "2026-11-28", "2026-11-28"),
        ("nearest_business_day", "2026-11-21", "2026-11-20"),
        ("nearest_business_day", "2026-11-22", "2026-11-23"),
        ({"nearest_business_day": {"weekend": "sun"}}, "2026-11-22", "2026-11-23"),
        ("modified_following", "2026-11-21", "2026-11-23"),
        ("modified_following", "2026-10-31", "2026-10-30"),
        ("modified_following", "2026-10-30", "2026-10-30"),
        ({"modified_following": {"closed": ["2026-11-30"]}}, "2026-11-30", "2026-11-27"),
        ("add_business_days 1", "2026-11-20", "2026-11-23"),
        ("add_business_days 1", "2026-11-21", "2026-11-23"),
        ("add_business_days 5", "2026-11-20", "2026-11-27"),
        ("add_business_days -1", "2026-11-23", "2026-11-20"),
        ("add_business_days -2", "2026-11-22", "2026-11-19"),
        ({"add_business_days": 1, "calendar": OFFICE}, "2026-11-20", "2026-11-24"),
        ({"add_business_days": 1, "calendar": OFFICE}, "2026-11-27", "2026-11-28"),
    ],
)
def test_a_day_moves_to_a_business_day(written: object, begin: str, expected: str) -> None:
    actual = ADJUSTMENTS.read(written).apply(wall(f"{begin} 09:30:15"))

    assert wall(f"{expected} 09:30:15") == actual


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("next_business_day US", "2026-07-03", "2026-07-06"),
        ("previous_business_day US", "2026-11-26", "2026-11-25"),
        ("add_business_days 1", "2026-11-25", "2026-11-26"),
        ({"add_business_days": 1, "calendar": "US"}, "2026-11-25", "2026-11-27"),
        ("modified_following US", "2026-05-31", "2026-05-29"),
        ("next_business_day SA", "2026-11-27", "2026-11-29"),
    ],
)
def test_a_holiday_is_no_business_day(written: object, begin: str, expected: str) -> None:
    pytest.importorskip("holidays")

    actual = ADJUSTMENTS.read(written).apply(wall(begin))

    assert wall(expected) == actual


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("next_trading_day XNYS", "2026-11-26", "2026-11-27"),
        ("next_trading_day XNYS", "2026-11-27", "2026-11-27"),
        ("previous_trading_day XNYS", "2026-11-26", "2026-11-25"),
        ("previous_trading_day XNYS", "2026-11-29", "2026-11-27"),
    ],
)
def test_a_day_moves_to_a_trading_day(written: str, begin: str, expected: str) -> None:
    pytest.importorskip("exchange_calendars")

    actual = ADJUSTMENTS.read(written).apply(wall(begin))

    assert wall(expected) == actual


def test_two_days_that_are_moved_to_one_fire_once() -> None:
    expected = ["2026-11-23 09:00:00+00:00", "2026-11-24 09:00:00+00:00"]

    actual = fires("daily at 09:00", "2026-11-20 10:00", adjustments="next_business_day", count=2)

    assert expected == actual


def test_the_time_of_day_stays_across_a_clock_change() -> None:
    expected = ["2026-03-09 09:00:00-04:00"]

    actual = fires(
        "weekly sat at 09:00",
        "2026-03-07",
        zone="America/New_York",
        adjustments="next_business_day",
        count=1,
    )

    assert expected == actual


def test_a_holiday_of_three_weeks_is_moved_over() -> None:
    """A firm that closes for the summer has no reason to be told of a failed assertion."""
    closed = [str(date(2026, 8, 1) + timedelta(days=n)) for n in range(21)]
    schedule = Schedule(
        "monthly 3 at 09:00",
        adjustments="next_business_day firm",
        calendars={"firm": {"closed": closed}},
    )
    expected = utc("2026-08-24 09:00")

    actual = next(schedule.after(utc("2026-08-01")))

    assert expected == actual


def test_business_days_are_counted_on_where_a_week_has_one() -> None:
    schedule = Schedule(
        "yearly 01-01 at 09:00",
        adjustments={"add_business_days": 40, "calendar": "sundays"},
        calendars={"sundays": {"weekend": "mon-sat"}},
    )
    expected = utc("2026-10-04 09:00")

    actual = next(schedule.after(utc("2026-02-01")))

    assert expected == actual


@pytest.mark.parametrize(
    ("adjustments", "expected"),
    [
        (
            "next_business_day XX-",
            Problem(
                "calendar 'XX-' is not known",
                "name one under calendars:, a country such as DE or DE-BY,"
                " or an exchange such as XNYS",
                ("adjustments",),
                (18, 21),
            ),
        ),
        (
            "next_trading_day office",
            Problem(
                "calendar office is of no exchange",
                "name one such as XNYS, or write under calendars: {exchange: XNYS}",
                ("adjustments",),
                (17, 23),
            ),
        ),
        (
            "add_business_days 0",
            Problem("0 is outside 1-1000 and -1000 to -1", None, ("adjustments",), (18, 19)),
        ),
        (
            ["next_weekday", {"add_business_days": "2d"}],
            Problem("'2d' is not a whole number", None, ("adjustments", 1, "add_business_days")),
        ),
        (
            "add_business_days",
            Problem(
                "'add_business_days' needs a value",
                "such as: add_business_days 2",
                ("adjustments",),
            ),
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(adjustments: object, expected: Problem) -> None:
    actual = problems("hourly", adjustments=adjustments, calendars={"office": OFFICE})

    assert [expected] == actual
