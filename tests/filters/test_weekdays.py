"""The filters `weekday`, `weekend` and `days`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from asking import problems, wall
from schedkit.errors import Problem
from schedkit.filters import FILTERS

MONDAY = wall("2026-01-05 12:00")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("weekday", "mon tue wed thu fri"),
        ("weekend", "sat sun"),
        ("days mon-fri", "mon tue wed thu fri"),
        ("days fri-mon", "mon fri sat sun"),
        ("days mon,thu", "mon thu"),
        ({"days": ["tue", "sat-sun"]}, "tue sat sun"),
    ],
)
def test_days_of_the_week_are_admitted(written: object, expected: str) -> None:
    one = FILTERS.read(written)

    week = [MONDAY + timedelta(days=n) for n in range(7)]
    actual = " ".join(f"{day:%a}".lower() for day in week if one.admits(day))

    assert expected == actual


def test_an_unknown_day_is_named_with_its_place() -> None:
    expected = [Problem("unknown weekday 'mox'", "did you mean 'mon'?", ("filters",), (9, 12))]

    actual = problems("daily at 09:00", filters="days sun,mox")

    assert expected == actual
