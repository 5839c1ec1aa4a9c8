"""When a schedule begins and ends, and how it is written: the rules 6 and 7, by examples."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest

from asking import fires, problems, shown, utc
from schedkit import Schedule
from schedkit.errors import Problem

NEW_YORK = "America/New_York"

# ---- rule 6: the instant asked about


def test_the_instant_asked_about_is_past() -> None:
    expected = ["2026-01-02 09:00:00+00:00"]

    actual = fires("daily at 09:00", "2026-01-01 09:00", count=1)

    assert expected == actual


def test_a_microsecond_earlier_it_is_not() -> None:
    expected = ["2026-01-01 09:00:00+00:00"]

    actual = fires("daily at 09:00", "2026-01-01 08:59:59.999999", count=1)

    assert expected == actual


def test_the_instant_asked_about_may_be_of_any_zone() -> None:
    schedule = Schedule("daily at 09:00", timezone=NEW_YORK)
    instant = datetime(2026, 7, 1, 18, tzinfo=timezone(timedelta(hours=5)))
    expected = utc("2026-07-01 13:00")

    actual = next(schedule.after(instant - timedelta(minutes=1)))

    assert expected == actual


def test_fire_times_are_in_utc() -> None:
    schedule = Schedule("daily at 09:00", timezone=NEW_YORK)

    actual = next(schedule.after(utc("2026-07-01"))).tzinfo

    assert UTC is actual


def test_a_zone_may_be_given_as_an_object() -> None:
    expected = ["2026-07-01 09:00:00-04:00"]
    schedule = Schedule("daily at 09:00", timezone=ZoneInfo(NEW_YORK))

    actual = shown(islice(schedule.after(utc("2026-07-01")), 1), NEW_YORK)

    assert expected == actual


# ---- rule 7: the end, and what is sparse


@pytest.mark.parametrize("clock", ["cron * * * * *", "cron * * * * * *", "every 1s", "every 1m"])
def test_a_frequent_clock_filtered_to_leap_days_answers(clock: str) -> None:
    expected = ["2028-02-29 00:00:00-05:00"]

    actual = fires(clock, "2026-01-01", zone=NEW_YORK, count=1, filters="on_date 02-29")

    assert expected == actual


def test_a_frequent_clock_filtered_to_one_second_of_leap_days_answers() -> None:
    expected = [f"{year}-02-29 03:00:01+00:00" for year in (2028, 2032, 2036)]

    actual = fires(
        "every 1s",
        "2026-01-01",
        count=3,
        filters=["on_date 02-29", "between_times 03:00:01-03:00:01"],
    )

    assert expected == actual


def test_a_span_that_begins_on_a_leap_day_is_not_jumped_over_in_other_years() -> None:
    expected = ["2027-03-01 12:00:00+00:00", "2028-02-29 12:00:00+00:00"]

    actual = fires("daily at 12:00", "2026-06-01", count=2, filters="between_dates 02-29..03-01")

    assert expected == actual


@pytest.mark.parametrize(
    ("clock", "filters"),
    [
        ("cron * * * * *", ["weekday", "weekend"]),
        ("every 1s", ["on_date 02-29", "on_date 03-01"]),
        ("every 1m", ["between_times 09:00-10:00", "between_times 11:00-12:00"]),
        ("daily at 02:30", ["between_times 09:00-10:00"]),
        ("every 1m", ["on_date 2020-01-01"]),
        ("cron 0 0 29 2 *", ["on_date 03-01"]),
    ],
)
def test_filters_that_contradict_end_the_search(clock: str, filters: list[str]) -> None:
    expected: list[str] = []

    actual = fires(clock, "2026-01-01", zone=NEW_YORK, filters=filters)

    assert expected == actual


def test_dates_that_are_past_end() -> None:
    expected: list[str] = []

    actual = fires("dates 2020-01-01 00:00", "2026-01-01")

    assert expected == actual


def test_a_schedule_ends_a_hundred_years_on() -> None:
    last = list(Schedule("cron 0 0 1 1 *").after(utc("2026-06-01")))[-1]

    assert utc("2126-01-01") == last


def test_a_schedule_ends_before_the_last_year_there_is() -> None:
    found = list(Schedule("cron 0 0 1 1 *").after(utc("9985-06-01")))

    assert found[-1] < utc("9991-01-01")


def test_an_instant_near_the_end_of_time_is_no_error() -> None:
    expected: list[datetime] = []

    actual = list(Schedule("daily at 09:00", adjustments="add 1d").after(utc("9998-01-01")))

    assert expected == actual


# ---- writing and sending


def test_equal_schedules_are_equal_however_they_were_written() -> None:
    expected = Schedule({"daily": ["02:30"]}, [{"weekday": None}], {"add": "5d"})

    actual = Schedule("daily at 02:30", "weekday", ["add 5d"])

    assert expected == actual


def test_a_schedule_that_was_sent_is_the_same() -> None:
    expected = Schedule("cron H 9 * * mon", ["weekday"], ["add 5d"], NEW_YORK, seed="job")

    actual = pickle.loads(pickle.dumps(expected))

    assert expected == actual


def test_every_problem_is_named_at_once() -> None:
    expected = [
        Problem("unknown clock 'evry'", "did you mean 'every'?", ("clock", 1), (0, 4)),
        Problem("hour 25 is outside 0-23", None, ("clock", 2), (14, 19)),
        Problem("unknown filter 'weekdy'", "did you mean 'weekday'?", ("filters",), (0, 6)),
        Problem("unknown adjustment 'ad'", "did you mean 'add'?", ("adjustments", 0), (0, 2)),
        Problem("unknown zone 'Europe/Berln'", "did you mean 'Europe/Berlin'?", ("timezone",)),
    ]

    actual = problems(
        ["daily at 02:30", "evry 5m", "weekly mon at 25:00"],
        filters="weekdy",
        adjustments=["ad 5d"],
        timezone="Europe/Berln",
    )

    assert expected == actual


def test_a_schedule_needs_a_clock() -> None:
    expected = [Problem("a clock is missing: the list is empty", path=("clock",))]

    actual = problems([])

    assert expected == actual


def test_asking_does_not_change_what_is_answered_next() -> None:
    schedule = Schedule(["every 7h", "daily at 02:30"], timezone=NEW_YORK)
    expected = list(islice(schedule.after(utc("2026-03-08")), 20))

    list(takewhile(lambda fire: fire < utc("2027-01-01"), schedule.after(utc("2026-01-01"))))

    assert expected == list(islice(schedule.after(utc("2026-03-08")), 20))
