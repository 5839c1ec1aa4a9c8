"""The filters about months and their days."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from asking import problems, wall
from schedkit.errors import Problem
from schedkit.filters import FILTERS


def days(written: object, year: int = 2026) -> list[str]:
    """Return the days of a year that a filter admits."""
    one = FILTERS.read(written)
    noons = [datetime(year, 1, 1, 12) + timedelta(days=n) for n in range(365)]
    return [f"{noon:%m-%d}" for noon in noons if one.admits(noon)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("months nov-feb", [1, 2, 11, 12]),
        ("months jan,jul", [1, 7]),
        ({"months": ["July", "3"]}, [3, 7]),
        ({"months": 12}, [12]),
    ],
)
def test_the_months_that_are_listed_are_admitted(written: object, expected: list[int]) -> None:
    one = FILTERS.read(written)

    actual = [n for n in range(1, 13) if one.admits(datetime(2026, n, 15, 9))]

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("months nov-feb", "2026-12-31 23:59", "2027-03-01"),
        ("months nov-feb", "2026-03-01 00:00", "2026-11-01"),
        ("months feb", "2026-02-28 12:00", "2026-03-01"),
        ("nth_weekday 2 tue", "2026-11-04 09:00", "2026-11-10"),
        ("nth_weekday 2 tue", "2026-11-10 09:00", "2026-11-11"),
        ("days_of_month 15", "2026-11-04 09:00", "2026-11-05"),
    ],
)
def test_they_know_when_they_may_change_their_answer(
    written: str, begin: str, expected: str
) -> None:
    actual = FILTERS.read(written).until(wall(begin))

    assert wall(expected) == actual


def test_all_months_never_change_their_answer() -> None:
    actual = FILTERS.read("months jan-dec").until(wall("2026-01-01"))

    assert datetime.max == actual


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("days_of_month 30-31,1", ["01-01", "01-30", "01-31", "02-01", "03-01", "03-30", "03-31"]),
        ({"days_of_month": [1, "2"]}, ["01-01", "01-02", "02-01", "02-02", "03-01", "03-02"]),
        ("month_start", ["01-01", "02-01", "03-01"]),
        ("month_end", ["01-31", "02-28", "03-31"]),
        ("nth_weekday 2 tue", ["01-13", "02-10", "03-10"]),
        ("nth_weekday -1 fri", ["01-30", "02-27", "03-27"]),
        ("nth_weekday last friday", ["01-30", "02-27", "03-27"]),
        ("nth_weekday 5 sat", ["01-31"]),
        ("nth_weekday -5 sat", ["01-03"]),
    ],
)
def test_the_days_of_months_that_are_meant_are_admitted(
    written: object, expected: list[str]
) -> None:
    actual = [day for day in days(written) if day < "04"]

    assert expected == actual


def test_the_month_of_a_leap_year_ends_on_its_29th() -> None:
    expected = ["02-29"]

    actual = [day for day in days("month_end", 2028) if day.startswith("02")]

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "wrong", "message", "hint"),
    [
        ("months foo", "foo", "unknown month 'foo'", None),
        ("months jan-fab", "jan-fab", "unknown month 'fab'", "did you mean 'feb'?"),
        ("months 13", "13", "unknown month '13'", None),
        ("months ²", "²", "unknown month '²'", None),
        ("days_of_month 32", "32", "'32' is no day of a month", "a day is 1 to 31"),
        ("days_of_month 1,0", "0", "'0' is no day of a month", "a day is 1 to 31"),
        ("days_of_month ²", "²", "'²' is no day of a month", "a day is 1 to 31"),
        ("days_of_month 28-3", "28-3", "'28-3' runs backwards", "write 28-31,1-3"),
        (
            "nth_weekday 6 mon", "6 mon", "6 is outside 1-5: a month has at most five of a weekday",
            None,
        ),
        ("nth_weekday mon", "mon", "'mon' names no weekday", "write it as 2 tue or -1 fri"),
        (
            "nth_weekday x mon", "x mon", "'x' is not a whole number",
            "write it as 2 tue or -1 fri",
        ),
        ("nth_weekday 1 mox", "1 mox", "unknown weekday 'mox'", "did you mean 'mon'?"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place(
    text: str, wrong: str, message: str, hint: str | None
) -> None:
    begin = text.rindex(wrong)
    expected = [Problem(message, hint, ("filters",), (begin, begin + len(wrong)))]

    actual = problems("hourly", filters=text)

    assert expected == actual
