"""Durations and periods: how they are written, and why one is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import wall
from schedkit import ConfigError, durations
from schedkit.durations import Period
from schedkit.errors import Problem

UNITS = "write numbers with units: 30s, 1h30m, 2d, 1w"


def refused(read: Callable[[str], object], text: str) -> Problem:
    with pytest.raises(ConfigError) as caught:
        read(text)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", timedelta(seconds=30)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        (" 90m ", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1w2d", timedelta(days=9)),
        ("500ms", timedelta(milliseconds=500)),
        ("1s500ms", timedelta(milliseconds=1500)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_a_number_of_each_unit(text: str, expected: timedelta) -> None:
    assert expected == durations.duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5d", Period(days=5)),
        ("-2w", Period(days=-14)),
        ("+5d", Period(days=5)),
        ("1mo", Period(months=1)),
        ("-1mo", Period(months=-1)),
        ("90m", Period(elapsed=timedelta(minutes=90))),
        ("1mo2d3h", Period(1, 2, timedelta(hours=3))),
        ("-1d12h", Period(0, -1, timedelta(hours=-12))),
    ],
)
def test_a_period_keeps_apart_months_days_and_elapsed_time(text: str, expected: Period) -> None:
    assert expected == durations.period(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "a duration is missing", "write one such as 30s, 1h30m or 2d"),
        ("90", "a duration needs a unit: '90' has none", "did you mean 90s or 90m?"),
        ("1h30", "a duration needs a unit: '1h30' has none", "did you mean 1h30s or 1h30m?"),
        ("soon", "'soon' is not a duration", UNITS),
        ("1.5h", "'1.5h' is not a duration", UNITS),
        ("1y", "'1y' is not a duration", UNITS),
        ("30m1h", "'30m1h' names its units out of order", "write w d h m s, once each"),
        ("1h1h", "'1h1h' names its units out of order", "write w d h m s, once each"),
        ("-5m", "'-5m' is negative", "a duration is not"),
        ("1mo", "a month has no fixed length", "write days, such as 30d"),
        ("9999999999999d", "'9999999999999d' is longer than a thousand years", None),
    ],
)
def test_what_is_no_duration_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = Problem(message, hint)

    actual = refused(durations.duration, text)

    assert expected == actual


@pytest.mark.parametrize("text", ["--5d", "-", "+-5d", "5d-", "12001mo", "٣d"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        durations.period(text)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(0), "0s"),
        (timedelta(weeks=2), "2w"),
        (timedelta(days=9), "9d"),
        (timedelta(hours=36), "1d12h"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(milliseconds=1500), "1s500ms"),
        (timedelta(minutes=-5), "-5m"),
        (timedelta(hours=-36), "-1d12h"),
    ],
)
def test_a_length_is_written_in_its_largest_units(length: timedelta, expected: str) -> None:
    assert expected == durations.text(length)


@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_a_duration_written_reads_back_as_the_same(length: timedelta) -> None:
    expected = length - length % timedelta(milliseconds=1)

    actual = durations.duration(durations.text(expected))

    assert expected == actual


@given(
    st.sampled_from([1, -1]),
    st.integers(0, 50),
    st.integers(0, 500),
    st.timedeltas(timedelta(0), timedelta(days=50)),
)
def test_a_period_written_reads_back_as_the_same(
    sign: int, months: int, days: int, elapsed: timedelta
) -> None:
    whole = elapsed - elapsed % timedelta(milliseconds=1)
    expected = Period(sign * months, sign * days, sign * whole)

    actual = durations.period(str(expected))

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "begin", "expected"),
    [
        ("1mo", "2026-01-31 09:00", "2026-02-28 09:00"),
        ("-1mo", "2026-03-31 09:00", "2026-02-28 09:00"),
        ("1mo1d", "2026-01-31 09:00", "2026-03-01 09:00"),
        ("1d", "2026-12-31 09:00", "2027-01-01 09:00"),
        ("-90m", "2026-01-01 00:30", "2025-12-31 23:00"),
    ],
)
def test_a_period_is_added_to_a_wall_time(text: str, begin: str, expected: str) -> None:
    assert wall(expected) == durations.period(text).added_to(wall(begin))


def test_a_period_beyond_the_last_year_overflows() -> None:
    with pytest.raises(OverflowError):
        durations.period("1w").added_to(wall("9999-12-31"))
