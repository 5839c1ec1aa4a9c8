"""The adjustments `next_weekday` and `previous_weekday`."""

from __future__ import annotations

import pytest

from asking import wall
from schedkit.adjustments import ADJUSTMENTS


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("next_weekday", "2026-01-02 09:00", "2026-01-02 09:00"),  # a Friday
        ("next_weekday", "2026-01-03 09:00", "2026-01-05 09:00"),
        ("next_weekday", "2026-01-04 09:00", "2026-01-05 09:00"),
        ("next_weekday", "2026-01-05 09:00", "2026-01-05 09:00"),
        ("previous_weekday", "2026-01-02 09:00", "2026-01-02 09:00"),
        ("previous_weekday", "2026-01-03 09:00", "2026-01-02 09:00"),
        ("previous_weekday", "2026-01-04 09:00", "2026-01-02 09:00"),
        ("previous_weekday", "2026-01-05 09:00", "2026-01-05 09:00"),
    ],
)
def test_a_weekend_moves_and_a_weekday_stays(written: str, begin: str, expected: str) -> None:
    actual = ADJUSTMENTS.read(written).apply(wall(begin))

    assert wall(expected) == actual
