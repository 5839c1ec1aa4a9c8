"""The filters `on_date` and `between_dates`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from asking import problems, wall
from schedkit.errors import Problem
from schedkit.filters import FILTERS


def admitted(written: object, begin: str, days: int) -> list[str]:
    """Return the days that a filter admits, of so many from *begin* on."""
    one = FILTERS.read(written)
    walls = [wall(begin) + timedelta(days=n, hours=12) for n in range(days)]
    return [str(day.date()) for day in walls if one.admits(day)]


@pytest.mark.parametrize(
    ("written", "begin", "days", "expected"),
    [
        ("on_date 12-25", "2026-01-01", 800, ["2026-12-25", "2027-12-25"]),
        ("on_date 2026-12-25", "2026-01-01", 800, ["2026-12-25"]),
        ("on_date 02-29", "2024-01-01", 1600, ["2024-02-29", "2028-02-29"]),
        ("on_date 12-25,2027-01-01", "2026-12-01", 60, ["2026-12-25", "2027-01-01"]),
        ("between_dates 12-30..01-02", "2026-12-01", 60, ["2026-12-30", "2026-12-31"]),
        ("between_dates 03-01..03-02", "2026-01-01", 500, ["2026-03-01", "2026-03-02"]),
        ("between_dates 2026-12-31..2027-01-01", "2026-01-01", 800, ["2026-12-31", "2027-01-01"]),
        ("between_dates 02-28..02-29", "2027-01-01", 500, ["2027-02-28", "2028-02-28"]),
        ("between_dates 02-29..03-01", "2027-01-01", 500, ["2027-03-01", "2028-02-29"]),
        ("between_dates 05-05..05-05", "2026-01-01", 300, ["2026-05-05"]),
    ],
)
def test_days_of_the_calendar_are_admitted(
    written: str, begin: str, days: int, expected: list[str]
) -> None:
    actual = admitted(written, begin, days)

    assert expected == actual[:2]


def test_a_span_may_wrap_the_year() -> None:
    expected = ["2026-12-31", "2027-01-01", "2027-12-31"]

    actual = admitted("between_dates 12-31..01-01", "2026-06-01", 579)

    assert expected == actual


def test_each_wrong_date_is_named_with_its_place() -> None:
    expected = [
        Problem("'02-30' is no day of the calendar", None, ("filters",), (8, 13)),
        Problem("'13-01' is no day of the calendar", None, ("filters",), (14, 19)),
    ]

    actual = problems("daily at 09:00", filters="on_date 02-30,13-01")

    assert expected == actual


def test_a_span_with_one_year_is_refused() -> None:
    hint = "write the year on both sides, or on none"
    expected = [Problem("'2026-12-24..01-02' has one year", hint, ("filters",), (14, 31))]

    actual = problems("daily at 09:00", filters="between_dates 2026-12-24..01-02")

    assert expected == actual
