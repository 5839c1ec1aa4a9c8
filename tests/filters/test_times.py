"""The filter `between_times`."""

from __future__ import annotations

import pytest

from asking import fires, problems, wall
from schedkit.errors import Problem
from schedkit.filters import FILTERS


@pytest.mark.parametrize(
    ("span", "at", "expected"),
    [
        ("09:30-16:00", "09:29:59", False),
        ("09:30-16:00", "09:30", True),
        ("09:30-16:00", "16:00", True),
        ("09:30-16:00", "16:00:01", False),
        ("22:00-06:00", "21:59:59", False),
        ("22:00-06:00", "23:59:59", True),
        ("22:00-06:00", "00:00", True),
        ("22:00-06:00", "06:00", True),
        ("22:00-06:00", "06:00:01", False),
        ("12:00-12:00", "12:00", True),
        ("12:00-12:00", "12:00:01", False),
    ],
)
def test_both_ends_are_admitted(span: str, at: str, expected: bool) -> None:
    actual = FILTERS.read(f"between_times {span}").admits(wall(f"2026-01-05 {at}"))

    assert expected is actual


def test_a_span_over_midnight_admits_on_both_sides() -> None:
    expected = ["2026-01-01 20:00:00+00:00", "2026-01-02 00:00:00+00:00"]

    actual = fires("every 4h", "2026-01-01 12:00", count=2, filters="between_times 20:00-02:00")

    assert expected == actual


def test_the_repeated_hour_is_admitted_twice() -> None:
    expected = [
        "2026-11-01 01:00:00-04:00",
        "2026-11-01 01:30:00-04:00",
        "2026-11-01 01:00:00-05:00",
        "2026-11-01 01:30:00-05:00",
        "2026-11-02 01:00:00-05:00",
    ]

    actual = fires(
        "every 30m",
        "2026-11-01 00:00",
        zone="America/New_York",
        count=5,
        filters="between_times 01:00-01:30",
    )

    assert expected == actual


def test_a_span_without_an_end_is_refused() -> None:
    hint = "write it as 22:00-06:00"
    expected = [Problem("'22:00' is not a span of the day", hint, ("filters",), (14, 19))]

    actual = problems("daily at 09:00", filters="between_times 22:00")

    assert expected == actual
