"""The values of the language: how each is written, and why one is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import wall
from schedkit import ConfigError, scalars
from schedkit.errors import Problem
from schedkit.scalars import DateRange, MonthDay, TimeRange

TIME = "write it as 02:30 or 02:30:15"
DATE = "write it as 2026-12-25, or 12-25 for every year"
SPAN = "write it as 12-24..01-02 or 2026-12-24..2027-01-02"
YEAR = "write the year on both sides, or on none"

month_days = st.builds(
    lambda day, dated: MonthDay(day.month, day.day, day.year if dated else None),
    st.dates(date(1000, 1, 1)),
    st.booleans(),
)


def refused(read: Callable[[str], object], text: str) -> Problem:
    with pytest.raises(ConfigError) as caught:
        read(text)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02:30", time(2, 30)),
        ("9:00", time(9)),
        (" 23:59:30 ", time(23, 59, 30)),
        ("00:00", time(0)),
    ],
)
def test_a_time_of_day_is_hours_minutes_and_perhaps_seconds(text: str, expected: time) -> None:
    assert expected == scalars.wall_time(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("9", "'9' is not a time of day", TIME),
        ("9:5", "'9:5' is not a time of day", TIME),
        ("9am", "'9am' is not a time of day", TIME),
        ("24:00", "hour 24 is outside 0-23", "the day after begins at 00:00"),
        ("25:00", "hour 25 is outside 0-23", None),
        ("12:60", "minute 60 is outside 0-59", None),
        ("12:00:60", "second 60 is outside 0-59", None),
    ],
)
def test_what_is_no_time_of_day_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = Problem(message, hint)

    actual = refused(scalars.wall_time, text)

    assert expected == actual


@given(st.times().map(lambda at: at.replace(microsecond=0)))
def test_a_time_of_day_written_reads_back_as_the_same(expected: time) -> None:
    assert expected == scalars.wall_time(scalars.wall_time_text(expected))


def test_a_span_of_the_day_has_two_ends() -> None:
    expected = TimeRange(time(22), time(6, 30))

    actual = scalars.time_range("22:00 - 06:30")

    assert expected == actual


def test_a_span_of_the_day_without_an_end_is_refused() -> None:
    expected = Problem("'22:00' is not a span of the day", "write it as 22:00-06:00")

    actual = refused(scalars.time_range, "22:00")

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "expected"),
    [("mon", 0), ("SUN", 6), ("Thursday", 3), (" fri ", 4)],
)
def test_a_weekday_is_named_short_or_long_in_any_case(text: str, expected: int) -> None:
    assert expected == scalars.weekday(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("fri-mon", (4, 5, 6, 0)),
        ("tue-tue", (1,)),
        ("mon - wed", (0, 1, 2)),
    ],
)
def test_a_span_of_weekdays_may_wrap_the_week(text: str, expected: tuple[int, ...]) -> None:
    assert expected == scalars.weekday_span(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("sunn", "unknown weekday 'sunn'", "did you mean 'sun'?"),
        ("mondy", "unknown weekday 'mondy'", "did you mean 'monday'?"),
        ("xyz", "unknown weekday 'xyz'", None),
    ],
)
def test_an_unknown_weekday_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = Problem(message, hint)

    actual = refused(scalars.weekday, text)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12-25", MonthDay(12, 25)),
        ("2026-12-25", MonthDay(12, 25, 2026)),
        ("2-29", MonthDay(2, 29)),
        ("2028-02-29", MonthDay(2, 29, 2028)),
    ],
)
def test_a_date_is_of_one_year_or_of_every_year(text: str, expected: MonthDay) -> None:
    assert expected == scalars.month_day(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("25.12.", "'25.12.' is not a date", DATE),
        ("02-30", "'02-30' is no day of the calendar", None),
        ("2026-02-29", "'2026-02-29' is no day of the calendar", None),
        ("13-01", "'13-01' is no day of the calendar", None),
        ("0000-01-01", "'0000-01-01' is no day of the calendar", None),
    ],
)
def test_what_is_no_date_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = Problem(message, hint)

    actual = refused(scalars.month_day, text)

    assert expected == actual


@given(month_days)
def test_a_date_written_reads_back_as_the_same(expected: MonthDay) -> None:
    assert expected == scalars.month_day(scalars.month_day_text(expected))


def test_a_span_of_days_of_every_year_may_wrap_it() -> None:
    expected = DateRange(MonthDay(12, 24), MonthDay(1, 2))

    actual = scalars.date_range("12-24..01-02")

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("12-24", "'12-24' is not a span of days", SPAN),
        ("12-24..2027-01-02", "'12-24..2027-01-02' has one year", YEAR),
        ("2026-12-24..01-02", "'2026-12-24..01-02' has one year", YEAR),
        ("2026-12-24..2026-12-23", "'2026-12-24..2026-12-23' ends before it begins", None),
        ("12-24..x", "'x' is not a date", DATE),
    ],
)
def test_what_is_no_span_of_days_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = Problem(message, hint)

    actual = refused(scalars.date_range, text)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-24 18:00", "2026-12-24 18:00"),
        ("2026-12-24T18:00:30", "2026-12-24 18:00:30"),
        ("2026-1-4 8:05", "2026-01-04 08:05"),
    ],
)
def test_a_moment_is_a_date_and_a_time_of_day(text: str, expected: str) -> None:
    assert wall(expected) == scalars.moment(text)


@pytest.mark.parametrize("text", ["2026-12-24 18:00Z", "2026-12-24T18:00+01:00"])
def test_a_moment_with_an_offset_is_refused(text: str) -> None:
    hint = "leave it out: the time is of the job's timezone"
    expected = Problem(f"{text!r} names an offset", hint)

    actual = refused(scalars.moment, text)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("2026-12-24", "'2026-12-24' is not a date and time", "write it as 2026-12-24 18:00"),
        ("12-24 18:00", "'12-24 18:00' is not a date and time", "write it as 2026-12-24 18:00"),
        ("2026-02-30 18:00", "'2026-02-30' is no day of the calendar", None),
        ("2026-12-24 25:00", "hour 25 is outside 0-23", None),
    ],
)
def test_what_is_no_moment_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = Problem(message, hint)

    actual = refused(scalars.moment, text)

    assert expected == actual


@given(st.datetimes(datetime(1000, 1, 1)).map(lambda at: at.replace(microsecond=0)))
def test_a_moment_written_reads_back_as_the_same(expected: datetime) -> None:
    assert expected == scalars.moment(scalars.moment_text(expected))
