"""The adjustment `add`."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings

from asking import fires, problems, wall
from schedkit.adjustments import ADJUSTMENTS
from schedkit.errors import Problem
from written import adjustments, walls

NEW_YORK = "America/New_York"
UNITS = "write numbers with units: 30s, 1h30m, 2d, 1w"


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("add 5d", "2026-01-30 09:00", "2026-02-04 09:00"),
        ("add -5d", "2026-02-04 09:00", "2026-01-30 09:00"),
        ("add 2w", "2026-02-04 09:00", "2026-02-18 09:00"),
        ("add 1mo", "2026-01-31 09:00", "2026-02-28 09:00"),
        ("add -1mo", "2026-03-31 09:00", "2026-02-28 09:00"),
        ("add 90m", "2026-02-04 23:00", "2026-02-05 00:30"),
        ("add -90m", "2026-02-04 01:00", "2026-02-03 23:30"),
    ],
)
def test_a_wall_time_is_moved_by_the_length(written: str, begin: str, expected: str) -> None:
    actual = ADJUSTMENTS.read(written).apply(wall(begin))

    assert wall(expected) == actual


@settings(deadline=None, derandomize=True, max_examples=300)
@given(adjustments, walls)
def test_an_adjustment_never_moves_beyond_its_reach(written: str, begin: datetime) -> None:
    one = ADJUSTMENTS.read(written)

    moved = one.apply(begin) - begin

    assert -one.reach.back <= moved <= one.reach.forward


def test_a_day_later_keeps_the_wall_time_across_a_clock_change() -> None:
    expected = ["2026-03-08 12:00:00-04:00"]

    actual = fires("daily at 12:00", "2026-03-08", zone=NEW_YORK, count=1, adjustments="add 1d")

    assert expected == actual


def test_hours_are_added_on_the_wall_clock() -> None:
    """Adjustments move the wall time (rule 3): three hours on is 04:00, two hours later."""
    expected = ["2026-03-08 04:00:00-04:00"]

    actual = fires(
        "daily at 01:00", "2026-03-08 05:30", zone=NEW_YORK, count=1, adjustments="add 3h"
    )

    assert expected == actual


def test_what_is_moved_into_a_gap_moves_on_to_its_end() -> None:
    expected = ["2026-03-08 03:00:00-04:00"]

    actual = fires(
        "daily at 01:00", "2026-03-08 05:30", zone=NEW_YORK, count=1, adjustments="add 90m"
    )

    assert expected == actual


def test_what_is_moved_into_a_repeated_hour_is_its_first_pass() -> None:
    expected = ["2026-11-01 01:30:00-04:00"]

    actual = fires(
        "daily at 00:00", "2026-11-01 00:00", zone=NEW_YORK, count=1, adjustments="add 90m"
    )

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "message", "hint", "span"),
    [
        ("add x", "'x' is not a duration", UNITS, (4, 5)),
        ("add 5", "a duration needs a unit: '5' has none", "did you mean 5s or 5m?", (4, 5)),
        ("add", "'add' needs a value", "such as: add 5d", None),
    ],
)
def test_what_is_no_length_is_refused(
    written: str, message: str, hint: str, span: tuple[int, int] | None
) -> None:
    expected = [Problem(message, hint, ("adjustments",), span)]

    actual = problems("daily at 12:00", adjustments=written)

    assert expected == actual
