"""Wall time and instants against a walk through time, zone by zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle
from asking import utc, wall
from oracle import CHANGES, DAY, HOUR, QUARTER, ZONES
from schedkit import ConfigError, timeline
from schedkit.errors import Problem
from written import instants

NEW_YORK = ZoneInfo("America/New_York")
KNOWN_CLOSE = ["America/Noronha", "America/Argentina/Tucuman", "Africa/Casablanca", "Asia/Gaza"]
KNOWN_LARGE = ["Pacific/Apia", "Pacific/Kwajalein", "Antarctica/Casey", "Antarctica/Troll"]
# One in five of all zones is walked through.
NAMES = [*KNOWN_CLOSE, *KNOWN_LARGE, *sorted(available_timezones())[::5]]

zones = st.sampled_from([*ZONES, "Pacific/Apia", "Antarctica/Troll"]).map(ZoneInfo)
near = st.builds(
    lambda change, shift: change.instant + shift,
    st.sampled_from(CHANGES),
    st.timedeltas(-2 * DAY, 2 * DAY) | st.sampled_from([n * QUARTER for n in range(-9, 9)]),
)
anywhere = instants(datetime(1975, 1, 1), datetime(2037, 1, 1)) | near
relaxed = settings(deadline=None, derandomize=True, max_examples=200)


def offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found


# ---- zones


def test_a_zone_is_found_by_its_name() -> None:
    expected = ZoneInfo("Europe/Berlin")

    actual = timeline.zone("Europe/Berlin")

    assert expected is actual


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("qqqq", None),
        ("../etc/passwd", None),
        ("", None),
    ],
)
def test_an_unknown_zone_is_refused(name: str, hint: str | None) -> None:
    expected = (Problem(f"unknown zone {name!r}", hint),)

    with pytest.raises(ConfigError) as caught:
        timeline.zone(name)

    assert expected == caught.value.problems


# ---- from a wall time to an instant


def test_a_time_that_the_clock_change_skips_moves_forward() -> None:
    expected = utc("2026-03-08 07:00")

    actual = timeline.resolved(wall("2026-03-08 02:30"), NEW_YORK)

    assert expected == actual


def test_a_time_that_the_clock_shows_twice_is_the_first() -> None:
    expected = utc("2026-11-01 05:30")

    actual = timeline.resolved(wall("2026-11-01 01:30"), NEW_YORK)

    assert expected == actual


def test_a_time_on_the_day_that_apia_lost_moves_to_the_day_after() -> None:
    expected = utc("2011-12-30 10:00")

    actual = timeline.resolved(wall("2011-12-30 12:00"), ZoneInfo("Pacific/Apia"))

    assert expected == actual


@relaxed
@given(anywhere, zones)
def test_a_wall_time_is_resolved_as_a_walk_finds_it(instant: datetime, zone: ZoneInfo) -> None:
    shown = instant.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) + offset(instant, zone)
    for shift in (-2 * HOUR, -QUARTER, timedelta(0), QUARTER, HOUR):
        expected = oracle.resolved(shown + shift, zone)

        actual = timeline.resolved(shown + shift, zone)

        assert expected == actual


@relaxed
@given(anywhere, zones)
def test_what_the_wall_shows_resolves_to_the_first_instant_that_shows_it(
    instant: datetime, zone: ZoneInfo
) -> None:
    shown = timeline.local(instant, zone)

    actual = timeline.resolved(shown, zone)

    assert actual <= instant
    assert shown == timeline.local(actual, zone)


# ---- clock changes


@pytest.mark.parametrize(
    ("zone", "instant", "begin", "end"),
    [
        ("America/New_York", "2026-03-08 07:00", "2026-03-08 02:00", "2026-03-08 03:00"),
        ("Australia/Lord_Howe", "2026-10-03 15:30", "2026-10-04 02:00", "2026-10-04 02:30"),
        ("America/Santiago", "2026-09-06 04:00", "2026-09-06 00:00", "2026-09-06 01:00"),
        ("Africa/Casablanca", "2026-03-22 02:00", "2026-03-22 02:00", "2026-03-22 03:00"),
    ],
)
def test_what_a_clock_change_skips_is_told(zone: str, instant: str, begin: str, end: str) -> None:
    expected = (wall(begin), wall(end))

    actual = timeline.skipped_before(utc(instant), ZoneInfo(zone))

    assert expected == actual


@pytest.mark.parametrize("instant", ["2026-03-08 06:59", "2026-03-08 07:01", "2026-11-01 06:00"])
def test_nothing_is_skipped_but_at_a_change_forward(instant: str) -> None:
    assert timeline.skipped_before(utc(instant), NEW_YORK) is None


@relaxed
@given(anywhere, zones)
def test_the_wall_is_never_set_back_before_forward_until(instant: datetime, zone: ZoneInfo) -> None:
    until = timeline.forward_until(instant, zone)

    steps = range(1, min((until - instant) // QUARTER, 40_000), 7)
    inside = [instant, *(instant + n * QUARTER for n in steps), until - timedelta(microseconds=1)]
    shown = [timeline.local(step, zone) for step in inside]

    assert instant < until
    assert all(earlier <= later for earlier, later in pairwise(shown))


@relaxed
@given(anywhere, zones)
def test_forward_until_ends_with_the_wall_set_back_or_far_off(
    instant: datetime, zone: ZoneInfo
) -> None:
    until = timeline.forward_until(instant, zone)

    set_back = offset(until, zone) < offset(until - timedelta(microseconds=1), zone)

    assert set_back or until - instant > 360 * DAY


# ---- stretches


@relaxed
@given(anywhere, zones)
def test_stretches_cover_time_without_holes(instant: datetime, zone: ZoneInfo) -> None:
    end = instant + 1500 * DAY

    found = list(takewhile(lambda s: s.begin < end, timeline.stretches(instant, zone)))

    assert found[0].begin <= instant < found[0].end
    assert all(earlier.end == later.begin for earlier, later in pairwise(found))
    assert found[-1].end >= end


@relaxed
@given(anywhere, zones)
def test_a_stretch_has_one_offset_throughout(instant: datetime, zone: ZoneInfo) -> None:
    end = instant + 800 * DAY

    for found in takewhile(lambda s: s.begin < end, timeline.stretches(instant, zone)):
        steps = [found.begin + n * 6 * HOUR for n in range((found.end - found.begin) // (6 * HOUR))]
        probes = [*steps, found.begin, found.end - timedelta(microseconds=1)]

        assert {found.offset} == {offset(probe, zone) for probe in probes}


@relaxed
@given(anywhere, zones)
def test_a_stretch_tells_what_its_change_skips_and_repeats(
    instant: datetime, zone: ZoneInfo
) -> None:
    end, none = instant + 800 * DAY, timedelta(0)

    for found in takewhile(lambda s: s.begin < end, timeline.stretches(instant, zone)):
        before = offset(found.begin - timedelta(microseconds=1), zone)
        jump = found.offset - before
        small = abs(jump) <= 3 * HOUR
        expected = (max(jump, none) if small else none, max(-jump, none) if small else none)
        if found.begin <= instant:  # the first need not begin with its change
            continue

        actual = (found.skipped, max(found.repeats_until - found.begin, none))

        assert expected == actual


def test_the_stretch_that_an_instant_in_a_second_pass_lies_in_tells_that_it_repeats() -> None:
    expected = utc("2026-11-01 07:00")

    actual = next(timeline.stretches(utc("2026-11-01 06:20"), NEW_YORK)).repeats_until

    assert expected == actual


def test_a_day_that_was_lost_is_neither_skipped_nor_repeated() -> None:
    apia = ZoneInfo("Pacific/Apia")

    found = next(s for s in timeline.stretches(utc("2011-12-30"), apia) if s.offset > 0 * HOUR)

    assert utc("2011-12-30 10:00") == found.begin
    assert timedelta(0) == found.skipped
    assert found.repeats_until <= found.begin


def test_stretches_end_with_the_last_year() -> None:
    *_, found = timeline.stretches(utc("9980-01-01"), NEW_YORK)

    assert timedelta(days=400) > abs(timeline.LAST - found.end)


@pytest.mark.parametrize("name", NAMES)
def test_no_clock_change_of_a_zone_is_missed(name: str) -> None:
    zone, begin, end = ZoneInfo(name), utc("2000-01-01"), utc("2030-01-01")
    probes = [begin + n * 12 * HOUR for n in range((end - begin) // (12 * HOUR))]
    expected = [offset(probe, zone) for probe in probes]

    actual = []
    walk = timeline.stretches(begin, zone)
    stretch = next(walk)
    for probe in probes:
        while probe >= stretch.end:
            stretch = next(walk)
        actual.append(stretch.offset)

    assert expected == actual


@pytest.mark.parametrize(
    ("name", "begin", "expected"),
    [
        ("America/Noronha", "2000-09-20", ["2000-10-08 02:00", "2000-10-15 01:00"]),
        ("America/Argentina/Tucuman", "2004-05-20", ["2004-06-01 03:00", "2004-06-13 04:00"]),
        ("Africa/Freetown", "1939-08-20", ["1939-09-01 01:00", "1939-09-05 00:40"]),
    ],
)
def test_two_close_changes_are_both_found(name: str, begin: str, expected: list[str]) -> None:
    end = utc(begin) + 40 * DAY

    found = takewhile(lambda s: s.begin < end, timeline.stretches(utc(begin), ZoneInfo(name)))
    changes = [later for earlier, later in pairwise(found) if earlier.offset != later.offset]

    assert [utc(text) for text in expected] == [change.begin for change in changes]


def test_an_instant_is_shown_as_the_wall_of_the_zone_shows_it() -> None:
    expected = wall("2026-07-01 08:00")

    actual = timeline.local(datetime(2026, 7, 1, 12, tzinfo=UTC), NEW_YORK)

    assert expected == actual
