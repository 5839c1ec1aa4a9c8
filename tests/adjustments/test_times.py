"""The adjustments `set_time`, `round`, `floor` and `ceil`."""

from __future__ import annotations

import pytest

from asking import fires, problems, wall
from schedkit.adjustments import ADJUSTMENTS
from schedkit.errors import Problem


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("set_time 09:00", "2026-01-01 23:59:59", "2026-01-01 09:00"),
        ("set_time 23:59:30", "2026-01-01 00:00", "2026-01-01 23:59:30"),
        ("round 15m", "2026-01-01 09:07:29", "2026-01-01 09:00"),
        ("round 15m", "2026-01-01 09:07:30", "2026-01-01 09:15"),
        ("round 1h", "2026-01-01 23:30", "2026-01-02 00:00"),
        ("round 1d", "2026-01-01 11:59", "2026-01-01 00:00"),
        ("floor 1h", "2026-01-01 09:59:59", "2026-01-01 09:00"),
        ("floor 1h", "2026-01-01 09:00", "2026-01-01 09:00"),
        ("floor 90m", "2026-01-01 04:29", "2026-01-01 03:00"),
        ("floor 24h", "2026-01-01 23:59", "2026-01-01 00:00"),
        ("ceil 1h", "2026-01-01 09:00:01", "2026-01-01 10:00"),
        ("ceil 1h", "2026-01-01 09:00", "2026-01-01 09:00"),
        ("ceil 6h", "2026-01-01 18:01", "2026-01-02 00:00"),
        ("ceil 500ms", "2026-01-01 09:00:00.000001", "2026-01-01 09:00:00.500"),
    ],
)
def test_a_time_moves_within_its_day_or_to_the_next_midnight(
    written: str, begin: str, expected: str
) -> None:
    actual = ADJUSTMENTS.read(written).apply(wall(begin))

    assert wall(expected) == actual


def test_a_time_that_is_set_into_a_gap_comes_right_after_it() -> None:
    expected = ["2026-03-08 03:00:00-04:00"]

    actual = fires(
        "daily at 12:00",
        "2026-03-08",
        zone="America/New_York",
        adjustments="set_time 02:30",
        count=1,
    )

    assert expected == actual


def test_what_is_rounded_is_the_wall_not_the_instant() -> None:
    expected = ["2026-01-01 06:00:00+05:45"]

    actual = fires(
        "daily at 06:10", "2025-12-31 20:00", zone="Asia/Kathmandu", adjustments="floor 1h", count=1
    )

    assert expected == actual


def test_many_times_that_are_rounded_to_one_fire_once() -> None:
    expected = ["2026-01-01 01:00:00+00:00", "2026-01-01 02:00:00+00:00"]

    actual = fires("every 5m", "2026-01-01 00:00", adjustments="floor 1h", count=2)

    assert expected == actual


UNEVEN = "write one that does, such as 15m, 1h or 6h"


@pytest.mark.parametrize(
    ("text", "wrong", "message", "hint"),
    [
        ("round 7m", "7m", "'7m' does not divide a day evenly", UNEVEN),
        ("floor 0s", "0s", "'0s' does not divide a day evenly", UNEVEN),
        ("ceil 2d", "2d", "'2d' does not divide a day evenly", UNEVEN),
        ("round 1mo", "1mo", "a month has no fixed length", "write days, such as 30d"),
        ("floor -1h", "-1h", "'-1h' is negative", "a duration is not"),
        ("set_time 9", "9", "'9' is not a time of day", "write it as 02:30 or 02:30:15"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    text: str, wrong: str, message: str, hint: str
) -> None:
    begin = text.index(wrong)
    expected = [Problem(message, hint, ("adjustments",), (begin, begin + len(wrong)))]

    actual = problems("hourly", adjustments=text)

    assert expected == actual
