"""The filters that ask a calendar: rules 17 to 19."""

from __future__ import annotations

import pytest

from asking import fires, problems, utc, wall
from schedkit import Schedule
from schedkit.calendars import CalendarEndsError
from schedkit.errors import Problem
from schedkit.filters import FILTERS

OFFICE = {"closed": ["2026-11-24"], "open": ["2026-11-28"]}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("business_day", "23 24 25 26 27"),
        ({"business_day": OFFICE}, "23 25 26 27 28"),
        ({"business_day": {"weekend": "fri,sat"}}, "23 24 25 26 29"),
        ({"holiday": OFFICE}, "24"),
        ({"not": {"business_day": OFFICE}}, "24 29"),
        ({"nth_business_day": -1, "calendar": {"closed": ["2026-11-30"]}}, "27"),
        ({"nth_business_day": -2, "calendar": {"closed": ["2026-11-30"]}}, "26"),
        ("nth_business_day 16", "23"),
    ],
)
def test_days_are_admitted_as_their_calendar_says(written: object, expected: str) -> None:
    one = FILTERS.read(written)

    actual = [str(day) for day in range(23, 30) if one.admits(wall(f"2026-11-{day} 09:00"))]

    assert expected.split() == actual


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, ["01-01", "02-02", "03-02", "04-01", "05-01", "06-01"]),
        (-1, ["01-30", "02-27", "03-31", "04-30", "05-29", "06-30"]),
        (22, ["01-30", "03-31", "04-30", "06-30"]),
        (-22, ["01-01", "03-02", "04-01", "06-01"]),
        (24, []),
    ],
)
def test_the_nth_business_day_is_counted_in_each_month(n: int, expected: list[str]) -> None:
    filters = {"nth_business_day": n}

    found = fires("daily at 09:00", "2026-01-01", "2026-07-01", filters=filters)
    actual = [text[5:10] for text in found]

    assert expected == actual


def test_observed_holidays_are_no_business_days() -> None:
    """The Fourth of July 2026 is a Saturday: the Friday before is free."""
    pytest.importorskip("holidays")
    expected = ["07-02", "07-06"]

    filters = "business_day US"
    found = fires("daily at 09:00", "2026-07-02", "2026-07-06 23:00", filters=filters)
    actual = [text[5:10] for text in found]

    assert expected == actual


def test_an_early_close_is_a_trading_day_and_a_holiday_is_none() -> None:
    pytest.importorskip("exchange_calendars")
    expected = ["11-25", "11-27", "11-30"]

    filters = "trading_day XNYS"
    found = fires("daily at 09:00", "2026-11-25", "2026-11-30 23:00", filters=filters)
    actual = [text[5:10] for text in found]

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "on", "expected"),
    [
        ("business_day US", "2026-11-26", "Thanksgiving Day"),
        ("business_day US", "2026-11-28", "weekend"),
        ({"business_day": OFFICE}, "2026-11-24", "closed"),
        ({"not": {"holiday": "US"}}, "2026-11-26", "Thanksgiving Day"),
        (
            {"all": ["weekday", "business_day US"]},
            "2026-11-26",
            "business_day US: Thanksgiving Day",
        ),
        ("holiday US", "2026-11-27", None),
    ],
)
def test_a_day_that_is_refused_says_why(written: object, on: str, expected: str | None) -> None:
    pytest.importorskip("holidays")

    actual = FILTERS.read(written).why_not(wall(on))

    assert expected == actual


def test_a_trading_day_that_is_refused_says_why() -> None:
    pytest.importorskip("exchange_calendars")
    expected = "XNYS is closed"

    actual = FILTERS.read("trading_day XNYS").why_not(wall("2026-11-26"))

    assert expected == actual


def test_a_schedule_stops_where_its_calendar_ends() -> None:
    pytest.importorskip("holidays")
    fired = Schedule("daily at 09:00", "business_day US").after(utc("2099-12-30 10:00"))
    expected = (utc("2099-12-31 09:00"), "calendar US ends on 2099-12-31")

    last = next(fired)
    with pytest.raises(CalendarEndsError) as caught:
        next(fired)

    assert expected == (last, str(caught.value))


def test_what_an_earlier_filter_refuses_no_calendar_has_to_know() -> None:
    """In 2099 the last span is long over: the search ends, whatever the calendar knows."""
    pytest.importorskip("exchange_calendars")
    expected: list[str] = []

    filters = ["between_dates 2026-01-01..2026-01-02", "trading_day XNYS"]
    actual = fires("daily at 09:00", "2026-02-01", filters=filters)

    assert expected == actual


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (
            "business_day ofice",
            Problem(
                "calendar 'ofice' is not known", "did you mean 'office'?", ("filters",), (13, 18)
            ),
        ),
        (
            ["weekday", {"holiday": "ofice"}],
            Problem(
                "calendar 'ofice' is not known", "did you mean 'office'?", ("filters", 1, "holiday")
            ),
        ),
        (
            {"nth_business_day": 1, "calendar": "ofice"},
            Problem(
                "calendar 'ofice' is not known", "did you mean 'office'?", ("filters", "calendar")
            ),
        ),
        (
            "trading_day office",
            Problem(
                "calendar office is of no exchange",
                "name one such as XNYS, or write under calendars: {exchange: XNYS}",
                ("filters",),
                (12, 18),
            ),
        ),
        (
            "holiday",
            Problem("'holiday' needs a value", "such as: holiday DE", ("filters",)),
        ),
        (
            "nth_business_day 0",
            Problem(
                "0 is outside 1-31 and -31 to -1",
                "-1 is the last of a month",
                ("filters",),
                (17, 18),
            ),
        ),
        (
            "nth_business_day first",
            Problem("'first' is not a whole number", None, ("filters",), (17, 22)),
        ),
        (
            "nth_business_day 1_0",
            Problem("'1_0' is not a whole number", None, ("filters",), (17, 20)),
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(filters: object, expected: Problem) -> None:
    actual = problems("hourly", filters=filters, calendars={"office": OFFICE})

    assert [expected] == actual


def test_an_exchange_that_is_not_known_is_named() -> None:
    pytest.importorskip("exchange_calendars")
    expected = [
        Problem("calendar 'XNYZ' is not known", "did you mean 'XNZE'?", ("filters",), (12, 16))
    ]

    actual = problems("hourly", filters="trading_day XNYZ")

    assert expected == actual
