"""From when and until when a schedule fires: `start` and `end`, by examples."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

import pytest

from asking import problems, shown, utc
from schedkit import Schedule
from schedkit.errors import Problem
from schedkit.traces import Bound

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def fired(
    after: str, zone: str = BERLIN, clock: object = "daily at 09:00", **parts: Any
) -> list[str]:
    """Return what the wall shows at the first three fires, without its offset."""
    schedule = Schedule(clock, timezone=zone, **parts)
    return [text[:16] for text in shown(islice(schedule.after(utc(after)), 3), zone)]


def test_it_fires_from_the_start_on_that_moment_included() -> None:
    expected = ["2026-12-01 09:00", "2026-12-02 09:00", "2026-12-03 09:00"]

    actual = fired("2026-11-01", start="2026-12-01 09:00")

    assert expected == actual


def test_it_fires_up_to_the_end_that_moment_included() -> None:
    expected = ["2026-11-29 09:00", "2026-11-30 09:00"]

    actual = fired("2026-11-28 12:00", end="2026-11-30 09:00")

    assert expected == actual


def test_a_start_that_is_past_changes_nothing() -> None:
    expected = fired("2026-11-01")

    actual = fired("2026-11-01", start="2026-01-01 00:00")

    assert expected == actual


def test_after_the_end_nothing_fires() -> None:
    expected: list[str] = []

    actual = fired("2026-12-01", end="2026-11-30 09:00")

    assert expected == actual


def test_start_and_end_are_wall_times_of_the_zone() -> None:
    expected = {"UTC": ["2026-12-01 09:00"], NEW_YORK: ["2026-12-01 09:00"]}

    bounds = {"start": "2026-12-01 09:00", "end": "2026-12-01 09:00"}
    actual = {zone: fired("2026-11-01", zone, **bounds) for zone in expected}

    assert expected == actual


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"start": "2026-12-07 00:00"}, ["2026-12-07 09:00", "2026-12-08 09:00"]),
        ({"start": "2026-12-07 09:01"}, ["2026-12-08 09:00", "2026-12-09 09:00"]),
    ],
)
def test_what_is_moved_behind_the_start_fires(bounds: dict[str, str], expected: list[str]) -> None:
    """The candidates of Saturday and Sunday lie before the start, their fire time does not."""
    actual = fired("2026-11-01", adjustments="next_weekday", **bounds)[:2]

    assert expected == actual


def test_what_is_moved_behind_the_end_does_not_fire() -> None:
    expected = ["2026-12-04 09:00"]

    actual = fired("2026-12-04", adjustments="next_weekday", end="2026-12-06 23:59")

    assert expected == actual


def test_what_is_moved_before_the_end_fires_although_it_comes_after() -> None:
    expected = ["2026-12-04 09:00"]

    actual = fired(
        "2026-12-01",
        clock="weekly sat at 09:00",
        adjustments="previous_weekday",
        end="2026-12-04 23:59",
    )

    assert expected == actual


def test_a_start_that_a_clock_change_skips_is_the_change() -> None:
    expected = ["2026-03-29 03:00", "2026-03-29 04:00", "2026-03-29 05:00"]

    actual = fired("2026-03-28", clock="hourly", start="2026-03-29 02:30")

    assert expected == actual


def test_an_end_that_is_shown_twice_is_the_first_time() -> None:
    expected = ["2026-10-25 01:00:00+02:00", "2026-10-25 02:00:00+02:00"]
    schedule = Schedule("every 1h", timezone=BERLIN, end="2026-10-25 02:30")

    actual = shown(schedule.after(utc("2026-10-24 22:30")), BERLIN)

    assert expected == actual


@pytest.mark.parametrize("clock", ["every 1s", "cron * * * * * *", ["every 1s", "every 7s"]])
def test_it_does_not_walk_to_the_start(clock: object) -> None:
    expected = ["2099-01-01 00:00"] * 3

    actual = fired("2026-01-01", "UTC", clock=clock, start="2099-01-01 00:00")

    assert expected == actual


@pytest.mark.parametrize("clock", ["every 1s", "cron 0 0 29 2 *"])
def test_a_horizon_before_the_start_finds_nothing(clock: str) -> None:
    expected: list[datetime] = []

    schedule = Schedule(clock, start="2150-01-01 00:00")
    actual = list(schedule.after(utc("2026-01-01")))

    assert expected == actual


@pytest.mark.parametrize("zone", ["Asia/Tokyo", NEW_YORK, "UTC"])
@pytest.mark.parametrize(
    ("bounds", "count"),
    [
        ({"start": "0001-01-01 00:00", "end": "9999-12-31 23:59"}, 3),
        ({"end": "0001-01-01 00:00"}, 0),
        ({"start": "9999-12-31 23:59"}, 0),
    ],
)
def test_the_first_and_the_last_moment_there_is_may_be_written(
    zone: str, bounds: dict[str, str], count: int
) -> None:
    actual = len(fired("2026-11-01", zone, adjustments="add 1h", **bounds))

    assert count == actual


# ---- what cannot be meant


def test_an_end_before_the_start_is_refused() -> None:
    expected = [Problem("end is before start", path=("end",))]

    actual = problems("hourly", start="2026-12-02 00:00", end="2026-12-01 23:59")

    assert expected == actual


def test_an_end_at_the_start_leaves_one_moment() -> None:
    expected = ["2026-12-01 09:00"]

    actual = fired("2026-11-01", start="2026-12-01 09:00", end="2026-12-01 09:00")

    assert expected == actual


def test_a_moment_with_an_offset_is_refused() -> None:
    hint = "leave it out: the time is of the job's timezone"
    expected = [Problem("'2026-12-01 09:00:00+00:00' names an offset", hint, ("start",))]

    actual = problems("hourly", start=utc("2026-12-01 09:00"))

    assert expected == actual


def test_all_that_is_wrong_is_named_at_once() -> None:
    expected = [("clock",), ("start",), ("end",)]

    actual = [problem.path for problem in problems("hurly", start="soon", end="2026-12-01")]

    assert expected == actual


# ---- why not


def test_what_comes_before_the_start_is_explained() -> None:
    schedule = Schedule("daily at 09:00", start="2026-12-01 10:00")
    bound = Bound("start", datetime(2026, 12, 1, 10))
    expected = [(bound, "before start", None), (None, None, utc("2026-12-02 09:00"))]

    traces = schedule.explain(utc("2026-12-01"), utc("2026-12-03"))
    actual = [(trace.dropped_by, trace.why, trace.time) for trace in traces]

    assert expected == actual


def test_what_would_have_been_moved_to_after_the_end_is_explained_where_it_lands() -> None:
    schedule = Schedule("weekly sat at 09:00", [], "next_weekday", end="2026-12-06 00:00")
    expected = [("end 2026-12-06 00:00", "after end", ["2026-12-07 09:00:00"], None)]

    traces = schedule.explain(utc("2026-12-07"), utc("2026-12-08"))
    actual = [
        (str(trace.dropped_by), trace.why, [str(move.wall) for move in trace.moves], trace.time)
        for trace in traces
    ]

    assert expected == actual


def test_a_filter_is_asked_before_start_and_end() -> None:
    schedule = Schedule("daily at 09:00", "weekday", end="2026-12-04 12:00")
    expected = ["weekday", "weekday", "end 2026-12-04 12:00"]

    traces = islice(schedule.traces(utc("2026-12-04 12:00")), 3)
    actual = [str(trace.dropped_by) for trace in traces]

    assert expected == actual


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-12-01 07:59:59", False),
        ("2026-12-01 08:00", True),
        ("2026-12-02 08:00", True),
        ("2026-12-02 08:00:01", False),
    ],
)
def test_a_schedule_covers_what_lies_from_start_to_end(instant: str, expected: bool) -> None:
    schedule = Schedule(
        "startup", timezone=BERLIN, start="2026-12-01 09:00", end="2026-12-02 09:00"
    )

    actual = schedule.covers(utc(instant))

    assert expected == actual


def test_a_schedule_without_start_and_end_covers_everything() -> None:
    assert Schedule("startup").covers(utc("0001-01-02"))
