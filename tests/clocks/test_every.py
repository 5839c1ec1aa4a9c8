"""The clock `every`: rule 14."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asking import fires, problems, utc, wall
from oracle import DAY, HOUR, resolved
from schedkit.clocks import CLOCKS
from schedkit.errors import Problem
from written import starts, zones

NEW_YORK = "America/New_York"
DATES = "write: monthly 1 at 00:00"


def test_days_keep_the_wall_time_of_the_anchor_across_a_clock_change() -> None:
    clock = {"every": "1d", "anchor": "2026-03-01 02:45"}
    expected = [
        "2026-03-07 02:45:00-05:00",
        "2026-03-08 03:00:00-04:00",
        "2026-03-09 02:45:00-04:00",
    ]

    actual = fires(clock, "2026-03-07 00:00", zone=NEW_YORK, count=3)

    assert expected == actual


def test_days_fire_once_where_the_clock_shows_the_time_twice() -> None:
    clock = {"every": "1d", "anchor": "2026-03-01 01:30"}
    expected = ["2026-11-01 01:30:00-04:00", "2026-11-02 01:30:00-05:00"]

    actual = fires(clock, "2026-11-01 05:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_weeks_stay_on_the_weekday_of_the_anchor() -> None:
    clock = {"every": "2w", "anchor": "2026-03-02 09:00"}
    expected = ["2026-03-02 09:00:00-05:00", "2026-03-16 09:00:00-04:00"]

    actual = fires(clock, "2026-03-01", zone=NEW_YORK, count=2)

    assert expected == actual


def test_hours_are_elapsed_time() -> None:
    clock = {"every": "6h", "anchor": "2026-03-07 00:00"}
    expected = ["2026-03-08 00:00:00-05:00", "2026-03-08 07:00:00-04:00"]

    actual = fires(clock, "2026-03-08 00:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_a_day_written_in_hours_is_elapsed_time() -> None:
    clock = {"every": "24h", "anchor": "2026-03-07 12:00"}
    expected = ["2026-03-07 12:00:00-05:00", "2026-03-08 13:00:00-04:00"]

    actual = fires(clock, "2026-03-07 12:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_an_anchor_in_the_future_reaches_back() -> None:
    clock = {"every": "7h", "anchor": "2030-01-01 00:00"}
    expected = [timedelta(0)] * 3

    fired = [utc(text) for text in fires(clock, "2026-01-01", count=3)]
    actual = [(utc("2030-01-01") - fire) % (7 * HOUR) for fire in fired]

    assert expected == actual


def test_without_an_anchor_it_is_the_epoch_in_the_zone_of_the_job() -> None:
    expected = ["2026-01-01 20:00:00-05:00", "2026-01-02 00:00:00-05:00"]

    actual = fires("every 4h", "2026-01-01 23:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_asked_at_a_fire_time_it_answers_with_the_next() -> None:
    expected = ["2026-01-01 00:05:00+00:00"]

    actual = fires("every 5m", "2026-01-01 00:00", count=1)

    assert expected == actual


def test_the_day_that_apia_lost_is_not_fired_for_twice() -> None:
    clock = {"every": "1d", "anchor": "2011-12-01 00:00"}
    expected = [
        "2011-12-29 00:00:00-10:00",
        "2011-12-31 00:00:00+14:00",
        "2012-01-01 00:00:00+14:00",
    ]

    actual = fires(clock, "2011-12-28 11:00", zone="Pacific/Apia", count=3)

    assert expected == actual


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 200_000), starts, zones)
def test_elapsed_intervals_lie_on_the_grid_of_the_anchor(
    seconds: int, start: datetime, zone: str
) -> None:
    step = timedelta(seconds=seconds)
    clock = CLOCKS.read({"every": f"{seconds}s", "anchor": "2026-03-08 01:30"})
    anchor = resolved(wall("2026-03-08 01:30"), ZoneInfo(zone))

    fired = list(islice(clock.after(start, ZoneInfo(zone)), 4))

    assert {(fire - anchor) % step for fire in fired} == {timedelta(0)}
    assert {later - earlier for earlier, later in pairwise(fired)} == {step}
    assert timedelta(0) < fired[0] - start <= step


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 40), starts, zones, st.times())
def test_days_are_counted_on_the_calendar(days: int, start: datetime, zone: str, at: time) -> None:
    anchor = wall(f"2026-03-08 {at:%H:%M}")
    clock = CLOCKS.read({"every": f"{days}d", "anchor": f"2026-03-08 {at:%H:%M}"})
    passed = (start.replace(tzinfo=None) - anchor) // (days * DAY)
    nominals = [anchor + n * days * DAY for n in range(passed - 3, passed + 5)]
    expected = sorted(fire for n in nominals if (fire := resolved(n, ZoneInfo(zone))) > start)[:2]

    actual = list(islice(clock.after(start, ZoneInfo(zone)), 2))

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("-5m", "'-5m' is negative", None),
        ("0s", "'0s' is too short", "a second is the least"),
        ("500ms", "'500ms' is too short", "a second is the least"),
        ("1mo", "months differ in length", DATES),
        (
            "1d12h",
            "'1d12h' mixes days, which follow the calendar, with elapsed time",
            "write 2160m for elapsed time, or whole days",
        ),
    ],
)
def test_what_is_no_interval_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = [Problem(message, hint, ("clock",), (6, 6 + len(text)))]

    actual = problems(f"every {text}")

    assert expected == actual


def test_a_wrong_anchor_is_named_by_its_key() -> None:
    message, hint = "'noon' is not a date and time", "write it as 2026-12-24 18:00"
    expected = [Problem(message, hint, ("clock", "anchor"))]

    actual = [p for p in problems({"every": "5m", "anchor": "noon"}) if p.path[-1] == "anchor"]

    assert [(p.message, p.hint, p.path) for p in expected] == [
        (p.message, p.hint, p.path) for p in actual
    ]
