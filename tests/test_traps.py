"""
Traps that other schedulers fall into, one test each; its name or docstring says whose it is.

Found by asking them: croniter 7, cronsim, APScheduler 3, python-dateutil and Prefect 1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from schedkit import ConfigError, Schedule

NEW_YORK = "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(schedule: Schedule, after: str, number: int) -> list[str]:
    """Return the next fire times as the wall shows them."""
    found = islice(schedule.after(utc(after)), number)
    return [f"{fire.astimezone(schedule.timezone):%Y-%m-%d %H:%M:%S}" for fire in found]


def refused(clock: object, **parts: object) -> str:
    with pytest.raises(ConfigError) as caught:
        Schedule(clock, **parts)  # type: ignore[arg-type]  # what is refused may be anything
    return caught.value.problems[0].message


# ---- croniter


def test_croniter_takes_a_range_of_one_for_the_whole_cycle() -> None:
    """`0 20-20 * * *` fires hourly there."""
    expected = ["2026-01-01 20:00:00", "2026-01-02 20:00:00"]

    assert expected == fires(Schedule("cron 0 20-20 * * *"), "2026-01-01", 2)


def test_croniter_begins_a_stepped_range_anew_where_it_wraps() -> None:
    """`22-4/3` is 22 and 2 there."""
    expected = ["2026-01-01 01:00:00", "2026-01-01 04:00:00", "2026-01-01 22:00:00"]

    assert expected == fires(Schedule("cron 0 22-4/3 * * *"), "2026-01-01", 3)


def test_croniter_changed_what_a_start_with_a_step_means() -> None:
    """Before 7.0, `59/15` was every 15 minutes."""
    expected = ["2026-01-01 00:59:00", "2026-01-01 01:59:00"]

    assert expected == fires(Schedule("cron 59/15 * * * *"), "2026-01-01", 2)


def test_croniter_wants_the_last_friday_as_l5() -> None:
    expected = ["2026-01-30 00:00:00", "2026-02-27 00:00:00"]

    assert expected == fires(Schedule("cron 0 0 * * 5L"), "2026-01-01", 2)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 LW * *", "2026-01-30 00:00:00"),
        ("0 0 L-3 * *", "2026-01-28 00:00:00"),
        ("30 0 0 1 * *", "2026-01-01 00:00:30"),
    ],
)
def test_croniter_refuses_what_is_right(expression: str, expected: str) -> None:
    assert [expected] == fires(Schedule(f"cron {expression}"), "2026-01-01", 1)


def test_croniters_strict_mode_refuses_what_does_fire() -> None:
    """30 February never comes, but with both day fields restricted a Monday is enough."""
    assert ["2026-02-02 00:00:00"] == fires(Schedule("cron 0 0 30 2 mon"), "2026-01-01", 1)


def test_croniter_names_no_place() -> None:
    with pytest.raises(ConfigError) as caught:
        Schedule("cron 0 0 1 13 *")

    (problem,) = caught.value.problems
    assert ("month 13 is outside 1-12", (11, 13)) == (problem.message, problem.span)


def test_a_random_draw_would_fire_at_another_time_after_each_load() -> None:
    assert "'R' would fire at another time after each load" == refused("cron R 3 * * *")


# ---- clock changes


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("30 2 * * *", "2026-03-08T00:00", ["2026-03-08 03:00:00", "2026-03-09 02:30:00"]),
        ("30 1 * * *", "2026-11-01T00:00", ["2026-11-01 01:30:00", "2026-11-02 01:30:00"]),
    ],
)
def test_apscheduler_skips_and_doubles_a_fixed_time(
    expression: str, after: str, expected: list[str]
) -> None:
    schedule = Schedule(f"cron {expression}", timezone=NEW_YORK)

    assert expected == fires(schedule, after, 2)


def test_cronsim_and_croniter_go_wrong_where_half_an_hour_is_left_out() -> None:
    """Lord Howe sets its clocks on from 02:00 to 02:30."""
    schedule = Schedule("cron 15 2 * * *", timezone="Australia/Lord_Howe")
    expected = ["2026-10-04 02:30:00", "2026-10-05 02:15:00"]

    assert expected == fires(schedule, "2026-10-03T12:00", 2)


def test_a_day_that_never_was_is_made_up_for_by_nobody() -> None:
    """Apia went from 29 to 31 December 2011: a correction of the clock, not a clock change."""
    schedule = Schedule("cron 0 12 * * *", timezone="Pacific/Apia")
    expected = ["2011-12-29 12:00:00", "2011-12-31 12:00:00"]

    assert expected == fires(schedule, "2011-12-29T12:00", 2)


def test_comparing_two_times_of_a_zone_forgets_which_pass_they_are_of() -> None:
    """Half past one comes twice: asked about between the two, the second is still to come."""
    schedule = Schedule("cron */30 * * * *", timezone=NEW_YORK)
    between = utc("2026-11-01T05:45")  # 01:45, the first time

    found = [fire.isoformat() for fire in islice(schedule.after(between), 2)]

    assert ["2026-11-01T06:00:00+00:00", "2026-11-01T06:30:00+00:00"] == found


# ---- Prefect


def rolled() -> Schedule:
    return Schedule("daily at 09:00", adjustments=["next_weekday"])


def test_prefect_loses_the_monday_of_a_saturday_when_it_is_asked_on_sunday() -> None:
    schedule = Schedule("weekly sat at 09:00", adjustments=["next_weekday"])

    assert ["2026-01-05 09:00:00"] == fires(schedule, "2026-01-04T12:00", 1)


def test_prefect_fires_twice_on_monday() -> None:
    expected = ["2026-01-02 09:00:00", "2026-01-05 09:00:00", "2026-01-06 09:00:00"]

    assert expected == fires(rolled(), "2026-01-01T10:00", 3)


def test_prefect_may_answer_with_what_is_over() -> None:
    """The 15th, moved back, lies before the day asked about."""
    schedule = Schedule("monthly 15 at 09:00", adjustments=["previous_weekday"])

    assert ["2026-12-15 09:00:00"] == fires(schedule, "2026-11-14T00:00", 1)


# ---- dateutil


def test_dateutil_walks_from_2016_a_minute_at_a_time() -> None:
    """Half a minute there; here it starts where it is asked."""
    rule = {"rrule": "FREQ=MINUTELY;INTERVAL=7", "dtstart": "2016-01-01 00:00"}

    assert ["2026-01-01 00:05:00"] == fires(Schedule(rule), "2026-01-01", 1)


def test_dateutil_repeats_one_instant_for_ever_with_an_interval_of_zero() -> None:
    rule = {"rrule": "FREQ=DAILY;INTERVAL=0", "dtstart": "2026-01-01 00:00"}

    assert "INTERVAL" in refused(rule)


def test_dateutil_takes_a_month_day_of_zero_for_every_day() -> None:
    rule = {"rrule": "FREQ=MONTHLY;BYMONTHDAY=0", "dtstart": "2026-01-01 00:00"}

    assert "BYMONTHDAY" in refused(rule)


def test_dateutil_forgets_the_zone_that_it_does_not_know() -> None:
    rule = {"rrule": "FREQ=DAILY", "dtstart": "2026-01-01 00:00"}

    assert "unknown zone 'America/New_Yrok'" == refused(rule, timezone="America/New_Yrok")


def test_dateutil_looks_for_30_february_until_the_year_9999() -> None:
    rule = {"rrule": "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "dtstart": "2026-01-01 00:00"}

    assert [] == fires(Schedule(rule, timezone=NEW_YORK), "2026-01-01", 1)


def test_dateutil_answers_with_a_time_that_is_not_there() -> None:
    rule = {"rrule": "FREQ=DAILY", "dtstart": "2026-03-07 02:30"}

    found = next(Schedule(rule, timezone=NEW_YORK).after(utc("2026-03-08T00:00")))

    assert "2026-03-08 03:00" == f"{found.astimezone(ZoneInfo(NEW_YORK)):%Y-%m-%d %H:%M}"


# ---- walking


@pytest.mark.parametrize(
    ("clock", "filters", "expected"),
    [
        ("every 1m", ["on_date 02-29"], "2028-02-29 00:00:00"),
        ("cron * * * * * *", ["months dec", "days_of_month 31"], "2026-12-31 00:00:00"),
        ("every 1m", ["weekday", "at_time 02:30"], "2026-01-01 02:30:00"),
        ("cron 0 0 29 2 *", ["days mon"], "2044-02-29 00:00:00"),
    ],
)
def test_a_sparse_filter_on_a_dense_clock_is_not_walked_to(
    clock: str, filters: list[str], expected: str
) -> None:
    """Who asks each minute whether it is now needs a second a year."""
    assert [expected] == fires(Schedule(clock, filters), "2026-01-01", 1)
