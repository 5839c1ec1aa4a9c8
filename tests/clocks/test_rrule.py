"""The clock `rrule`: rules 15 and 16."""

from __future__ import annotations

import pickle
from datetime import timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from asking import FOREVER, fires, shown, utc, wall
from schedkit import values
from schedkit.clocks.rrule import Rrule

NEW_YORK = "America/New_York"


def rrule(rule: str, dtstart: str = "1997-09-02 09:00") -> Rrule:
    return values.read(Rrule, {"rule": rule, "dtstart": dtstart})


def walls(clock: Rrule, count: int, after: str | None = None) -> list[str]:
    """Return the first times, in New York: days alone when all are at nine."""
    start = after or str(clock.dtstart - timedelta(days=1))
    found = [text[:16] for text in fires(clock, start, FOREVER, NEW_YORK, count=count)]
    return [text[:10] for text in found] if all(t.endswith("09:00") for t in found) else found


# ---- what the rule leaves open


def test_a_start_that_does_not_match_is_not_a_time() -> None:
    clock = rrule("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", "2026-01-30 09:00")
    expected = ["2026-01-31", "2026-02-28"]

    actual = walls(clock, 3)

    assert expected == actual


def test_a_week_of_the_year_is_met_on_the_weekday_of_the_start() -> None:
    expected = ["1998-05-12", "1999-05-18"]

    actual = walls(rrule("FREQ=YEARLY;BYWEEKNO=20", "1997-09-02 09:00"), 2)

    assert expected == actual


def test_a_weekday_with_a_number_stands_beside_one_without() -> None:
    expected = [f"2026-09-{day:02}" for day in (1, 7, 8, 15, 22, 29)]

    actual = walls(rrule("FREQ=MONTHLY;BYDAY=1MO,TU", "2026-09-01 09:00"), 6)

    assert expected == actual


def test_a_position_counts_the_days_of_the_first_week_before_the_start() -> None:
    clock = rrule("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1", "2026-01-07 09:00")
    expected = ["2026-01-12", "2026-01-19"]

    actual = walls(clock, 2)

    assert expected == actual


def test_a_leap_day_is_met_in_leap_years_alone() -> None:
    expected = ["2024-02-29", "2028-02-29", "2032-02-29"]

    actual = walls(rrule("FREQ=YEARLY", "2024-02-29 09:00"), 3)

    assert expected == actual


# ---- where it ends


def test_an_end_written_as_a_date_is_included() -> None:
    expected = ["2026-01-01", "2026-01-02", "2026-01-03"]

    actual = walls(rrule("FREQ=DAILY;UNTIL=20260103", "2026-01-01 09:00"), 9)

    assert expected == actual


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260103T090000", "2026-01-03"),
        ("20260103T085959", "2026-01-02"),
        ("20260103T140000Z", "2026-01-03"),  # 09:00 in New York
        ("20260103T135959Z", "2026-01-02"),
    ],
)
def test_an_end_is_included_to_the_second(until: str, last: str) -> None:
    actual = walls(rrule(f"FREQ=DAILY;UNTIL={until}", "2026-01-01 09:00"), 9)

    assert last == actual[-1]


@pytest.mark.parametrize("until", ["20251231", "20251231T000000Z", "20260101T085959"])
def test_an_end_before_the_start_leaves_nothing(until: str) -> None:
    expected: list[str] = []

    actual = walls(rrule(f"FREQ=DAILY;UNTIL={until}", "2026-01-01 09:00"), 9)

    assert expected == actual


@pytest.mark.parametrize("after", ["2026-01-08", "2026-03-01"])
def test_a_count_is_counted_from_the_start_wherever_it_is_asked(after: str) -> None:
    clock = rrule("FREQ=DAILY;COUNT=9", "2026-01-01 09:00")
    expected = ["2026-01-08", "2026-01-09"] if after < "2026-02" else []

    actual = walls(clock, 9, after)

    assert expected == actual


def test_a_large_count_of_seconds_is_not_walked_through() -> None:
    clock = rrule("FREQ=SECONDLY;COUNT=999999999", "2016-01-01 00:00")
    expected = ["2026-01-01 00:00:01-05:00"]

    actual = fires(clock, "2026-01-01 05:00", zone=NEW_YORK, count=1)

    assert expected == actual


def test_a_count_of_seconds_ends_at_its_last() -> None:
    clock = rrule("FREQ=SECONDLY;COUNT=864001", "2016-01-01 00:00")
    expected = ["2016-01-11 00:00:00-05:00"]

    actual = fires(clock, "2016-01-11 04:59:59", zone=NEW_YORK)

    assert expected == actual


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;BYSETPOS=2;BYHOUR=9",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
        "FREQ=SECONDLY;INTERVAL=86400;BYHOUR=5",
        "FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_that_matches_nothing_ends(rule: str) -> None:
    expected: list[str] = []

    actual = walls(rrule(rule, "2025-12-01 00:00"), 1)  # a Monday, two years from a leap year

    assert expected == actual


# ---- far from its start


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MINUTELY", "2026-11-21 07:01:00-05:00"),
        ("FREQ=MINUTELY;INTERVAL=7", "2026-11-21 07:02:00-05:00"),
        ("FREQ=SECONDLY;BYHOUR=23;BYMINUTE=59", "2026-11-21 23:59:00-05:00"),
        ("FREQ=HOURLY;INTERVAL=5", "2026-11-21 12:00:00-05:00"),
    ],
)
def test_a_rule_of_long_ago_answers_without_walking_there(rule: str, expected: str) -> None:
    actual = fires(rrule(rule, "2016-01-01 00:00"), "2026-11-21 12:00", zone=NEW_YORK, count=1)

    assert [expected] == actual


def test_the_calendar_ends_before_datetime_does() -> None:
    clock = rrule("FREQ=WEEKLY;BYDAY=SU", "2026-01-01 09:00")
    expected = ["9989-12-31 09:00:00+00:00"]

    actual = fires(clock, "9989-12-27")

    assert expected == actual


# ---- clock changes


def test_a_time_that_the_clock_change_skips_moves_forward() -> None:
    clock = rrule("FREQ=DAILY", "2026-03-01 02:30")
    expected = [
        "2026-03-07 02:30:00-05:00",
        "2026-03-08 03:00:00-04:00",
        "2026-03-09 02:30:00-04:00",
    ]

    actual = fires(clock, "2026-03-07", zone=NEW_YORK, count=3)

    assert expected == actual


def test_all_that_one_clock_change_skips_fires_once() -> None:
    clock = rrule("FREQ=MINUTELY;INTERVAL=30", "2026-03-08 00:00")
    expected = ["01:30:00-05:00", "03:00:00-04:00", "03:30:00-04:00"]

    actual = fires(clock, "2026-03-08 06:15", zone=NEW_YORK, count=3)

    assert expected == [text[11:] for text in actual]


def test_a_time_that_the_clock_shows_twice_is_the_first() -> None:
    clock = rrule("FREQ=HOURLY;BYMINUTE=0,30", "2026-11-01 00:00")
    expected = ["01:00:00-04:00", "01:30:00-04:00", "02:00:00-05:00"]

    actual = fires(clock, "2026-11-01 04:45", zone=NEW_YORK, count=3)

    assert expected == [text[11:] for text in actual]


def test_what_the_wall_showed_before_is_not_repeated_when_asked_in_between() -> None:
    clock = rrule("FREQ=HOURLY;BYMINUTE=0,30", "2026-11-01 00:00")
    expected = ["2026-11-01 02:00:00-05:00"]

    actual = fires(clock, "2026-11-01 06:15", zone=NEW_YORK, count=1)

    assert expected == actual


def test_an_end_in_utc_lies_in_one_of_the_two_hours_that_the_wall_shows() -> None:
    clock = rrule("FREQ=MINUTELY;INTERVAL=30;UNTIL=20261101T060500Z", "2026-11-01 00:30")
    expected = ["00:30:00-04:00", "01:00:00-04:00", "01:30:00-04:00"]

    actual = fires(clock, "2026-11-01", zone=NEW_YORK)

    assert expected == [text[11:] for text in actual]


def test_the_nominals_of_the_instant_after_a_gap_are_what_it_skipped() -> None:
    clock = rrule("FREQ=MINUTELY;INTERVAL=20;UNTIL=20260308T022000", "2026-03-08 00:00")
    expected = [wall("2026-03-08 02:00"), wall("2026-03-08 02:20")]

    actual = clock.nominals(utc("2026-03-08 07:00"), ZoneInfo(NEW_YORK))

    assert expected == actual


def test_the_nominal_of_any_other_instant_is_what_the_wall_shows() -> None:
    clock = rrule("FREQ=MINUTELY;INTERVAL=20", "2026-03-08 00:00")
    expected = [wall("2026-03-08 03:20")]

    actual = clock.nominals(utc("2026-03-08 07:20"), ZoneInfo(NEW_YORK))

    assert expected == actual


# ---- as a value


def test_a_clock_says_itself_in_a_line() -> None:
    clock = rrule("RRULE:FREQ=DAILY;COUNT=2", "20260130T090000")
    expected = "rrule RRULE:FREQ=DAILY;COUNT=2 from 2026-01-30 09:00"

    actual = str(clock)

    assert expected == actual


def test_a_clock_is_written_as_it_is_read() -> None:
    expected = {"rule": "freq=daily;byday=mo", "dtstart": "2026-01-30 09:00"}

    actual = values.written(rrule("freq=daily;byday=mo", "20260130T090000"))

    assert expected == actual


def test_a_pickled_clock_fires_as_before() -> None:
    clock = rrule("FREQ=MONTHLY;BYDAY=1MO,-1FR", "2026-01-01 09:00")
    expected = shown(islice(clock.after(utc("2026-01-01"), ZoneInfo(NEW_YORK)), 5), NEW_YORK)

    read = pickle.loads(pickle.dumps(clock))
    actual = shown(islice(read.after(utc("2026-01-01"), ZoneInfo(NEW_YORK)), 5), NEW_YORK)

    assert read == clock
    assert expected == actual
