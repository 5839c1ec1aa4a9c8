"""The clock `dates`: moments listed one by one."""

from __future__ import annotations

from asking import fires, problems
from schedkit.errors import Problem

NEW_YORK = "America/New_York"
HINT = "write it as 2026-12-24 18:00"


def test_each_moment_fires_once_in_order() -> None:
    clock = {"dates": ["2027-01-02 06:00", "2026-12-24 18:00", "2026-12-24 18:00"]}
    expected = ["2026-12-24 18:00:00+00:00", "2027-01-02 06:00:00+00:00"]

    actual = fires(clock, "2026-01-01")

    assert expected == actual


def test_the_moment_asked_about_is_past() -> None:
    expected: list[str] = []

    actual = fires("dates 2026-12-24 18:00", "2026-12-24 18:00")

    assert expected == actual


def test_a_moment_is_of_the_zone_of_the_job() -> None:
    expected = ["2026-12-24 18:00:00-05:00"]

    actual = fires("dates 2026-12-24 18:00", "2026-01-01", zone=NEW_YORK)

    assert expected == actual


def test_a_moment_that_the_clock_change_skips_moves_forward() -> None:
    expected = ["2026-03-08 03:00:00-04:00"]

    actual = fires("dates 2026-03-08 02:30", "2026-01-01", zone=NEW_YORK)

    assert expected == actual


def test_two_moments_that_one_clock_change_skips_fire_once() -> None:
    expected = ["2026-03-08 03:00:00-04:00"]

    actual = fires("dates 2026-03-08 02:30, 2026-03-08 02:45", "2026-01-01", zone=NEW_YORK)

    assert expected == actual


def test_a_moment_that_the_clock_shows_twice_is_the_first() -> None:
    expected = ["2026-11-01 01:30:00-04:00"]

    actual = fires("dates 2026-11-01 01:30", "2026-01-01", zone=NEW_YORK)

    assert expected == actual


def test_a_skipped_moment_that_is_moved_keeps_its_time_of_day() -> None:
    expected = ["2026-03-09 02:30:00-04:00"]

    actual = fires(
        "dates 2026-03-08 02:30", "2026-01-01", zone=NEW_YORK, adjustments="next_weekday"
    )

    assert expected == actual


def test_every_wrong_moment_is_named() -> None:
    expected = [
        Problem("'x' is not a date and time", HINT, ("clock", "dates", 1), (0, 1)),
        Problem("a mapping stands where a text belongs", HINT, ("clock", "dates", 2)),
    ]

    actual = problems({"dates": ["2026-12-24 18:00", "x", {"a": 1}]})

    assert [(p.message, p.hint, p.path) for p in expected] == [
        (p.message, p.hint, p.path) for p in actual
    ]
