"""What became of each candidate: `Schedule.explain` and `Schedule.traces`."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import pytest

from asking import utc, wall
from schedkit import Schedule
from schedkit.traces import Trace

NEW_YORK = "America/New_York"


class Told(NamedTuple):
    """A trace in the words of a person."""

    candidate: str
    clock: str
    fate: str


def told(trace: Trace) -> Told:
    moves = "".join(f" > {move.adjustment}: {move.wall:%m-%d %H:%M}" for move in trace.moves)
    fires = None if trace.time is None else f"{trace.time:%m-%d %H:%M}"
    fate = f"dropped by {trace.dropped_by}: {trace.why}" if trace.dropped_by else f"{fires}{moves}"
    return Told(f"{trace.candidate:%m-%d %H:%M}", str(trace.clock), fate)


def explained(schedule: Schedule, begin: str, end: str | None = None) -> list[Told]:
    stop = None if end is None else utc(end)
    return [told(trace) for trace in schedule.explain(utc(begin), stop)]


def test_a_fire_is_explained_by_its_clock() -> None:
    schedule = Schedule(["daily at 09:00", "hourly at 30"])
    expected = [Told("11-26 09:00", "daily at 09:00", "11-26 09:00")]

    actual = explained(schedule, "2026-11-26 09:00")

    assert expected == actual


def test_an_instant_without_a_candidate_has_nothing_to_explain() -> None:
    expected: list[Told] = []

    actual = explained(Schedule("daily at 09:00"), "2026-11-26 09:01")

    assert expected == actual


def test_a_candidate_that_is_dropped_names_the_filter_and_the_holiday() -> None:
    pytest.importorskip("holidays")
    schedule = Schedule("daily at 09:00", ["weekday", "business_day US"], timezone=NEW_YORK)
    fate = "dropped by business_day US: Thanksgiving Day"
    expected = [Told("11-26 14:00", "daily at 09:00", fate)]

    actual = explained(schedule, "2026-11-26 00:00", "2026-11-26 23:00")

    assert expected == actual


def test_the_first_filter_that_refuses_is_named() -> None:
    schedule = Schedule("daily at 09:00", ["months nov", "weekday", "days mon"])
    expected = [Told("11-28 09:00", "daily at 09:00", "dropped by weekday: None")]

    actual = explained(schedule, "2026-11-28 09:00")

    assert expected == actual


def test_a_fire_that_was_moved_to_a_day_is_explained_there() -> None:
    schedule = Schedule("weekly sat at 09:00", [], ["next_weekday", "set_time 10:00"])
    moved = "11-23 10:00 > next_weekday: 11-23 09:00 > set_time 10:00: 11-23 10:00"
    expected = [Told("11-21 09:00", "weekly sat at 09:00", moved)]

    actual = explained(schedule, "2026-11-23 00:00", "2026-11-23 23:59")

    assert expected == actual


def test_a_candidate_that_was_moved_off_a_day_is_explained_there() -> None:
    schedule = Schedule("weekly sat at 09:00", [], "previous_weekday")
    expected = [
        Told("11-21 09:00", "weekly sat at 09:00", "11-20 09:00 > previous_weekday: 11-20 09:00")
    ]

    actual = explained(schedule, "2026-11-21 00:00", "2026-11-21 23:59")

    assert expected == actual


def test_an_adjustment_that_does_not_move_is_not_named() -> None:
    schedule = Schedule("daily at 09:00", [], ["next_weekday", "floor 1h"])
    expected = [Told("11-26 09:00", "daily at 09:00", "11-26 09:00")]

    actual = explained(schedule, "2026-11-26 09:00")

    assert expected == actual


def test_two_candidates_that_meet_are_both_explained() -> None:
    schedule = Schedule("daily at 09:00", [], "next_business_day")
    expected = ["11-21 09:00", "11-22 09:00", "11-23 09:00"]

    actual = [one.candidate for one in explained(schedule, "2026-11-23 09:00")]

    assert expected == actual


def test_both_ends_are_included() -> None:
    expected = ["11-26 09:00", "11-27 09:00"]

    found = explained(Schedule("daily at 09:00"), "2026-11-26 09:00", "2026-11-27 09:00")
    actual = [one.candidate for one in found]

    assert expected == actual


def test_a_time_that_a_clock_change_skips_is_the_nominal_one() -> None:
    schedule = Schedule("daily at 02:30", timezone=NEW_YORK)
    expected = [(utc("2026-03-08 07:00"), wall("2026-03-08 02:30"), utc("2026-03-08 07:00"))]

    found = schedule.explain(utc("2026-03-08 07:00"))
    actual = [(trace.candidate, trace.nominal, trace.time) for trace in found]

    assert expected == actual


def test_a_skipped_time_that_is_moved_is_moved_from_what_was_meant() -> None:
    schedule = Schedule("daily at 02:30", adjustments="add 1h", timezone=NEW_YORK)
    expected = [Told("03-08 07:00", "daily at 02:30", "03-08 07:30 > add 1h: 03-08 03:30")]

    actual = explained(schedule, "2026-03-08 07:30")

    assert expected == actual


def test_traces_are_of_what_comes_later_than_an_instant_or_is_moved_there() -> None:
    schedule = Schedule("daily at 09:00", "weekday", "add 1h")
    expected = [
        Told("11-26 09:00", "daily at 09:00", "11-26 10:00 > add 1h: 11-26 10:00"),
        Told("11-27 09:00", "daily at 09:00", "11-27 10:00 > add 1h: 11-27 10:00"),
        Told("11-28 09:00", "daily at 09:00", "dropped by weekday: None"),
    ]

    actual = [told(one) for one in islice(schedule.traces(utc("2026-11-26 09:00")), 3)]

    assert expected == actual


def test_what_lies_beyond_the_last_year_is_left_out_as_it_is_of_the_fires() -> None:
    schedule = Schedule("daily at 09:00", adjustments=["add 600mo", "add -600mo"])
    expected: list[Told] = []

    actual = explained(schedule, "9988-01-01 09:00")

    assert expected == actual
