"""Calendars: which days are business days, why others are not, and where knowledge ends."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from schedkit import ConfigError
from schedkit.adjustments import ADJUSTMENTS
from schedkit.calendars import Calendar, CalendarEndsError, known, read_calendar
from schedkit.errors import Problem

WAYS = "name one under calendars:, a country such as DE or DE-BY, or an exchange such as XNYS"


def day(text: str) -> date:
    return date.fromisoformat(text)


def business_days(calendar: Calendar, first: str, last: str) -> list[str]:
    """Return the business days, without the year, from one day to another."""
    span = (day(last) - day(first)).days + 1
    days = [day(first) + timedelta(days=n) for n in range(span)]
    return [str(one)[5:] for one in days if calendar.is_business_day(one)]


def refused(raw: object) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        read_calendar(raw)
    return list(caught.value.problems)


# ---- of our own


def test_a_calendar_of_nothing_is_monday_to_friday() -> None:
    expected = ["11-23", "11-24", "11-25", "11-26", "11-27"]

    actual = business_days(read_calendar({}), "2026-11-21", "2026-11-29")

    assert expected == actual


@pytest.mark.parametrize(
    ("weekend", "expected"),
    [
        ("sun", ["11-23", "11-24", "11-25", "11-26", "11-27", "11-28"]),
        ("fri,sat", ["11-23", "11-24", "11-25", "11-26", "11-29"]),
        (["friday", "sat"], ["11-23", "11-24", "11-25", "11-26", "11-29"]),
        ("fri-sun", ["11-23", "11-24", "11-25", "11-26"]),
        ([], ["11-23", "11-24", "11-25", "11-26", "11-27", "11-28", "11-29"]),
    ],
)
def test_a_calendar_may_have_another_weekend(weekend: object, expected: list[str]) -> None:
    actual = business_days(read_calendar({"weekend": weekend}), "2026-11-23", "2026-11-29")

    assert expected == actual


def test_closed_and_open_days_override_the_weekend() -> None:
    expected = ["11-24", "11-28"]
    raw = {"closed": ["2026-11-23", "2026-11-25", "2026-11-26", "2026-11-27"], "open": "2026-11-28"}

    actual = business_days(read_calendar(raw), "2026-11-23", "2026-11-29")

    assert expected == actual


@pytest.mark.parametrize(
    ("on", "expected"), [("2026-11-23", "closed"), ("2026-11-28", "weekend"), ("2026-11-24", None)]
)
def test_a_day_that_is_no_business_day_says_why(on: str, expected: str | None) -> None:
    actual = read_calendar({"closed": ["2026-11-23"]}).why_closed(day(on))

    assert expected == actual


def test_a_named_calendar_comes_before_a_country_of_that_name() -> None:
    expected = read_calendar({"weekend": "sun"}, "DE")

    with known({"DE": expected}):
        actual = read_calendar("DE")

    assert expected is actual


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ofice", [Problem("calendar 'ofice' is not known", WAYS)]),
        (5, [Problem("int 5 stands where a calendar belongs", WAYS)]),
        (None, [Problem("nothing stands where a calendar belongs", WAYS)]),
        (["DE"], [Problem("a list stands where a calendar belongs", WAYS)]),
        (
            {"contry": "DE"},
            [Problem("unknown key 'contry'", "did you mean 'country'?", ("contry",), on_key=True)],
        ),
        (
            {"country": "DE", "exchange": "XNYS"},
            [Problem("a country and an exchange are two calendars", path=("exchange",))],
        ),
        (
            {"subdivision": "BY"},
            [Problem("a subdivision needs its country", path=("subdivision",))],
        ),
        ({"country": 5}, [Problem("int 5 stands where a text belongs", path=("country",))]),
        (
            {"closed": ["12-24", "2026-12-25"], "open": "2026-02-30", "weekend": "sut"},
            [
                Problem("'12-24' has no year", "write it as 2026-12-24", ("closed", 0)),
                Problem("'2026-02-30' is no day of the calendar", None, ("open", 0)),
                Problem("unknown weekday 'sut'", "did you mean 'sun'?", ("weekend",)),
            ],
        ),
    ],
)
def test_a_wrong_calendar_is_named_with_its_way_out(raw: object, expected: list[Problem]) -> None:
    actual = refused(raw)

    assert expected == actual


def test_a_week_without_a_business_day_is_refused() -> None:
    """Whatever is moved to a business day would look for one for ever."""
    with pytest.raises(ConfigError):
        read_calendar({"weekend": "mon-sun"})


# ---- of countries


@pytest.mark.parametrize(
    ("calendar", "on", "expected"),
    [
        ("US", "2026-11-26", "Thanksgiving Day"),
        ("US", "2026-07-03", "Independence Day (observed)"),
        ("US", "2026-07-04", "Independence Day"),
        ("US", "2027-12-31", "New Year's Day (observed)"),
        ("US", "2026-07-06", None),
        ("US", "2026-11-28", "weekend"),
        ("DE", "2026-11-01", "weekend"),
        ("DE", "2026-01-06", None),
        ("SA", "2026-11-27", "weekend"),
        ("SA", "2026-11-28", "weekend"),
        ("SA", "2026-11-29", None),
    ],
)
def test_a_country_has_its_holidays_and_its_weekend(
    calendar: str, on: str, expected: str | None
) -> None:
    pytest.importorskip("holidays")

    actual = read_calendar(calendar).why_closed(day(on))

    assert expected == actual


@pytest.mark.parametrize(("calendar", "expected"), [("DE", True), ("DE-BY", False)])
def test_a_part_of_a_country_has_holidays_of_its_own(calendar: str, expected: bool) -> None:
    """Epiphany is one in Bavaria; its name is in the language of the machine."""
    pytest.importorskip("holidays")

    actual = read_calendar(calendar).is_business_day(day("2026-01-06"))

    assert expected is actual


def test_a_weekend_is_no_holiday() -> None:
    pytest.importorskip("holidays")
    expected = None

    actual = read_calendar("US").holiday(day("2026-11-28"))

    assert expected is actual


def test_an_open_day_is_no_holiday() -> None:
    pytest.importorskip("holidays")
    calendar = read_calendar({"country": "US", "open": ["2026-11-26"]})
    expected = (True, None)

    actual = (calendar.is_business_day(day("2026-11-26")), calendar.holiday(day("2026-11-26")))

    assert expected == actual


def test_a_closed_day_overrides_a_weekend_that_the_country_works_on() -> None:
    """China works on some Sundays: 2024-02-04 was one, but a firm may close then."""
    pytest.importorskip("holidays")
    expected = (True, False)

    country = read_calendar("CN").is_business_day(day("2024-02-04"))
    own = read_calendar({"country": "CN", "closed": ["2024-02-04"]})
    actual = (country, own.is_business_day(day("2024-02-04")))

    assert expected == actual


def test_a_calendar_ends_and_guesses_nothing() -> None:
    pytest.importorskip("holidays")
    calendar = read_calendar("US")
    assert calendar.last is not None
    expected = f"calendar US ends on {calendar.last}"

    with pytest.raises(CalendarEndsError) as caught:
        calendar.is_business_day(calendar.last + timedelta(days=1))

    assert expected == str(caught.value)


def test_a_calendar_begins_and_guesses_nothing() -> None:
    pytest.importorskip("holidays")
    calendar = read_calendar("US")
    assert calendar.first is not None
    expected = f"calendar US begins on {calendar.first}"

    with pytest.raises(CalendarEndsError) as caught:
        calendar.is_business_day(calendar.first - timedelta(days=1))

    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("XX", Problem("calendar 'XX' is not known", "no such country")),
        ({"country": "XX"}, Problem("calendar 'XX' is not known", "no such country", ("country",))),
        ("SA-XX", Problem("calendar 'SA-XX' is not known", "subdivisions: it has none")),
    ],
)
def test_an_unknown_country_is_named(raw: object, expected: Problem) -> None:
    pytest.importorskip("holidays")

    actual = refused(raw)

    assert [expected] == actual


# ---- of exchanges


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2026-11-25", None),
        ("2026-11-26", "XNYS is closed"),
        ("2026-11-27", None),
        ("2026-11-28", "weekend"),
        ("2026-07-03", "XNYS is closed"),
        ("2026-04-03", "XNYS is closed"),
    ],
)
def test_an_exchange_is_open_on_its_trading_days(on: str, expected: str | None) -> None:
    pytest.importorskip("exchange_calendars")

    actual = read_calendar("XNYS").why_closed(day(on))

    assert expected == actual


@pytest.mark.parametrize("on", ["2026-11-27", "2026-11-28"])
def test_the_weekend_of_an_exchange_is_its_own(on: str) -> None:
    """Riyadh trades from Sunday to Thursday: its Friday is no holiday."""
    pytest.importorskip("exchange_calendars")
    expected = (None, "weekend")

    calendar = read_calendar("XSAU")
    actual = (calendar.holiday(day(on)), calendar.why_closed(day(on)))

    assert expected == actual


def test_an_exchange_is_never_closed_for_longer_than_its_adjustments_reach() -> None:
    """Shanghai was closed from 2002-02-09 to 02-24: sixteen days."""
    pytest.importorskip("exchange_calendars")
    adjustment = ADJUSTMENTS.read("next_trading_day XSHG")
    sessions = read_calendar("XSHG").sessions
    assert sessions is not None
    expected = max(later - one for one, later in pairwise(sessions)) - timedelta(days=1)

    actual = adjustment.reach.forward

    assert expected <= actual


def test_an_unknown_exchange_is_named_with_the_nearest() -> None:
    pytest.importorskip("exchange_calendars")
    expected = [Problem("calendar 'XNYZ' is not known", "did you mean 'XNZE'?")]

    actual = refused("XNYZ")

    assert expected == actual


# ---- what is not installed


@pytest.mark.parametrize(
    ("package", "calendar", "what", "extra"),
    [
        ("holidays", "DE", "the public holidays of DE", "calendars"),
        ("exchange_calendars", "XNYS", "the trading days of XNYS", "markets"),
    ],
)
def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(
    package: str, calendar: str, what: str, extra: str
) -> None:
    expected = f"{what} are in a package that is not installed (pip install 'schedkit[{extra}]')\n"
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from schedkit import ConfigError, Schedule\n"
        f"try: Schedule('hourly', filters='business_day {calendar}')\n"
        "except ConfigError as error: print(error)\n"
    )

    done: Any = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert (expected, "") == (done.stdout, done.stderr)


@pytest.mark.parametrize("package", ["holidays", "exchange_calendars", "icalendar", "pandas"])
def test_a_schedule_without_calendars_imports_no_package_of_them(package: str) -> None:
    expected = "True\n"
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from schedkit import Schedule\n"
        "print(len(Schedule('hourly', ['business_day'], ['next_business_day']).filters) == 1)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert expected == done.stdout
