"""The clocks `market_open` and `market_close`: rule 18."""

from __future__ import annotations

import pytest

from asking import fires, problems, utc
from schedkit import Schedule
from schedkit.calendars import CalendarEndsError
from schedkit.errors import Problem

pytest.importorskip("exchange_calendars")
NEW_YORK = "America/New_York"


def test_an_exchange_opens_on_its_trading_days() -> None:
    expected = ["2026-11-25 09:30:00-05:00", "2026-11-27 09:30:00-05:00"]

    actual = fires("market_open XNYS", "2026-11-25", zone=NEW_YORK, count=2)

    assert expected == actual


def test_an_early_close_is_early() -> None:
    """Source: NYSE Rule 7.2; the day after Thanksgiving closes at 13:00."""
    expected = ["2026-11-25 16:00:00-05:00", "2026-11-27 13:00:00-05:00"]

    actual = fires("market_close XNYS", "2026-11-25", zone=NEW_YORK, count=2)

    assert expected == actual


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ({"market_open": "XNYS", "offset": "5m"}, "2026-11-27 09:35:00-05:00"),
        ({"market_open": "XNYS", "offset": "-30m"}, "2026-11-27 09:00:00-05:00"),
        ({"market_close": "XNYS", "offset": "-15m"}, "2026-11-27 12:45:00-05:00"),
        ({"market_close": "XNYS", "offset": "1d"}, "2026-11-28 13:00:00-05:00"),
    ],
)
def test_an_offset_is_later_or_earlier(clock: object, expected: str) -> None:
    actual = fires(clock, "2026-11-27", zone=NEW_YORK, count=1)

    assert [expected] == actual


def test_the_instant_asked_about_is_left_out_with_an_offset_too() -> None:
    clock = {"market_open": "XNYS", "offset": "-30m"}
    expected = ["2026-11-30 09:00:00-05:00"]

    actual = fires(clock, "2026-11-27 14:00", zone=NEW_YORK, count=1)

    assert expected == actual


def test_the_zone_of_the_job_changes_what_the_wall_shows_and_no_more() -> None:
    expected = ["2026-11-27 19:00:00+01:00"]

    actual = fires("market_close XNYS", "2026-11-27", zone="Europe/Berlin", count=1)

    assert expected == actual


def test_a_named_calendar_stands_for_its_exchange() -> None:
    calendars = {"nyse": {"exchange": "XNYS"}}
    expected = utc("2026-11-27 14:30")

    actual = next(Schedule("market_open nyse", calendars=calendars).after(utc("2026-11-26")))

    assert expected == actual


def test_a_market_does_not_open_on_a_day_that_is_closed_all_the_same() -> None:
    calendars = {"nyse": {"exchange": "XNYS", "closed": ["2026-11-27"]}}
    expected = utc("2026-11-30 14:30")

    actual = next(Schedule("market_open nyse", calendars=calendars).after(utc("2026-11-26")))

    assert expected == actual


def test_past_the_end_of_the_calendar_nothing_is_guessed() -> None:
    fired = Schedule("market_close XNYS").after(utc("2049-12-30 22:00"))
    expected = (utc("2049-12-31 21:00"), "calendar XNYS ends on 2049-12-31")

    last = next(fired)
    with pytest.raises(CalendarEndsError) as caught:
        next(fired)

    assert expected == (last, str(caught.value))


def test_before_the_calendar_begins_nothing_is_guessed() -> None:
    """In 1980 the exchange opened too: that its first opening comes decades later is wrong."""
    with pytest.raises(CalendarEndsError):
        next(Schedule("market_open XNYS").after(utc("1980-01-01")))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (
            "market_open XNYZ",
            Problem(
                "calendar 'XNYZ' is not known", "did you mean 'XNZE'?", ("clock",), (12, 16)
            ),
        ),
        (
            {"market_close": "nyse"},
            Problem(
                "calendar 'nyse' is not known",
                "name one under calendars:, a country such as DE or DE-BY,"
                " or an exchange such as XNYS",
                ("clock", "market_close"),
            ),
        ),
        (
            {"market_open": "XNYS", "offset": "8d"},
            Problem(
                "'8d' is longer than a week",
                "from another session it is less",
                ("clock", "offset"),
            ),
        ),
        (
            {"market_open": "XNYS", "offset": "5"},
            Problem(
                "a duration needs a unit: '5' has none",
                "did you mean 5s or 5m?",
                ("clock", "offset"),
            ),
        ),
        (
            "market_open",
            Problem("'market_open' needs a value", "such as: market_open XNYS", ("clock",)),
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place(clock: object, expected: Problem) -> None:
    actual = problems(clock)

    assert [expected] == actual


def test_a_calendar_of_no_exchange_has_no_market() -> None:
    hint = "name one such as XNYS, or write under calendars: {exchange: XNYS}"
    expected = [Problem("calendar office is of no exchange", hint, ("clock",), (12, 18))]

    actual = problems("market_open office", calendars={"office": {"weekend": "sun"}})

    assert expected == actual
