"""Which fire times are dropped and added, against sets that are worked out the long way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asking import utc
from differing import jobs
from oracle import DAY, HOUR, MINUTE
from schedkit import Schedule
from schedkit.differences.fires import FireDifference, fire_difference
from schedkit.job import Job
from written import some_adjustments, some_clocks, some_filters, starts, zones

NOW = utc("2026-11-24 19:00")
WEEK = 7 * DAY
_MOSTLY = st.sampled_from([True, True, True, False])
relaxed = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
BASE = jobs("a: {command: x, clock: every 1h}")[0]


def job(schedule: Schedule, *, enabled: bool = True) -> Job:
    assert isinstance(schedule.timezone, ZoneInfo)
    return replace(
        BASE, clock=schedule.clocks, filters=schedule.filters, adjustments=schedule.adjustments,
        timezone=schedule.timezone, enabled=enabled,
    )  # fmt: skip


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Job | None, Job | None]:
    """Return a job before and after somebody has edited it: some of its parts are other ones."""
    kinds: list[st.SearchStrategy[Any]] = [some_clocks, some_filters, some_adjustments, zones]
    parts = [draw(kind) for kind in kinds]
    edited = [
        part if draw(st.booleans()) else draw(kind) for part, kind in zip(parts, kinds, strict=True)
    ]
    before, after = job(Schedule(*parts)), job(Schedule(*edited), enabled=draw(_MOSTLY))
    return draw(st.sampled_from([(before, after), (None, after), (before, None)]))


def fires(one: Job | None, now: datetime, until: datetime) -> list[datetime]:
    if one is None or not one.enabled:
        return []
    return list(takewhile(lambda fire: fire <= until, one.schedule.after(now)))


@settings(relaxed, max_examples=150)
@given(pair=pairs(), now=starts, days=st.integers(0, 12), most=st.sampled_from([1, 7, 50, 2000]))
def test_what_is_dropped_and_added_makes_the_old_fire_times_the_new_ones(
    pair: tuple[Job | None, Job | None], now: datetime, days: int, most: int
) -> None:
    found = fire_difference(*pair, now, now + days * DAY, most)

    old, new = (fires(one, now, found.until) for one in pair)
    dropped, added = set(found.dropped), set(found.added)
    assert sorted(set(old) - dropped | added) == new
    assert dropped <= set(old)
    assert not added & set(old)
    assert list(found.dropped) == sorted(dropped)
    assert list(found.added) == sorted(added)
    assert found.kept == len(set(old) & set(new))


@settings(relaxed, max_examples=40)
@given(pair=pairs(), now=starts, days=st.integers(0, 12), most=st.sampled_from([1, 7, 50]))
def test_everything_is_looked_at_up_to_the_end_or_so_much_as_may_be(
    pair: tuple[Job | None, Job | None], now: datetime, days: int, most: int
) -> None:
    end = now + days * DAY
    whole = sorted({fire for one in pair for fire in fires(one, now, end)})
    expected = end if len(whole) < most else whole[most - 1]

    actual = fire_difference(*pair, now, end, most).until

    assert expected == actual


def difference(before: str, after: str, length: timedelta = WEEK) -> FireDifference:
    one, other = jobs(f"a: {{command: x, {before}}}", f"a: {{command: x, {after}}}")
    return fire_difference(one, other, NOW, NOW + length, 20_000)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("clock: {cron: 0 2 * * *}", "clock: daily at 02:00"),
        ("clock: daily at 02:00", "clock: [daily at 02:00, weekly mon at 02:00]"),
        ("clock: every 1h", "clock: {cron: 0 * * * *}"),
        ("clock: every 1m, timezone: Europe/Paris", "clock: every 1m, timezone: Asia/Tokyo"),
        ("clock: daily at 02:00", "clock: daily at 02:00, end: 2027-01-01 00:00"),
        ("clock: daily at 02:00, enabled: false", "clock: hourly at :30, enabled: false"),
        ("clock: startup", "clock: {dates: 2020-01-01 00:00}"),
    ],
)
def test_two_spellings_that_fire_alike_are_the_same(before: str, after: str) -> None:
    assert difference(before, after).same


def test_what_differs_only_later_than_all_that_is_looked_at_is_not_the_same_next_time() -> None:
    found = difference("clock: yearly 01-01 at 00:00", "clock: yearly 01-02 at 00:00")

    actual = (found.dropped, found.added, found.first_before, found.first_after, found.same)

    assert actual == ((), (), utc("2027-01-01"), utc("2027-01-02"), False)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("clock: daily at 02:00", "clock: daily at 03:00", HOUR),
        ("clock: daily at 03:00", "clock: daily at 02:30", -30 * MINUTE),
        ("clock: daily at 02:00", "clock: daily at 02:00", None),
        ("clock: daily at 02:00", "clock: hourly at :30", None),
        (
            "clock: [daily at 02:00, daily at 09:00]",
            "clock: [daily at 03:00, daily at 09:00]",
            None,
        ),
        (
            "clock: [daily at 02:00, daily at 09:00]",
            "clock: [daily at 03:00, daily at 11:00]",
            None,
        ),
        ("clock: daily at 02:00", "clock: daily at 02:00, timezone: America/New_York", 5 * HOUR),
    ],
)
def test_a_shift_is_told_where_all_fire_times_move_alike(
    before: str, after: str, expected: timedelta | None
) -> None:
    assert expected == difference(before, after).shift


def test_a_calendar_that_ends_ends_the_fire_times_and_is_told() -> None:
    pytest.importorskip("holidays")
    text = (
        "calendars: {c: {country: US}}\n"
        "jobs: {a: {command: x, clock: daily at 09:00, filters: [business_day c]}}\n"
    )
    (one,) = jobs(text=text)
    now = utc("2099-12-30 12:00")
    told = ("calendar c ends on 2099-12-31",)

    found = fire_difference(one, BASE, now, now + 3 * HOUR, 100)
    later = fire_difference(one, BASE, now, now + 3 * DAY, 100)

    assert (found.first_before, found.ends) == (utc("2099-12-31 09:00"), ())
    assert (later.dropped, later.kept, later.ends) == ((), 1, told)
