"""What the fields of a cron expression mean: rules 8 and 12."""

from __future__ import annotations

from itertools import pairwise

import pytest

from asking import at, days, fires, utc
from schedkit import Schedule

# ---- values, ranges, steps, lists


def test_every_minute_is_all_sixty() -> None:
    expected = [f"00:{minute:02}:00" for minute in range(1, 60)]

    actual = at("* * * * *", 59)

    assert expected == actual


def test_every_second_is_all_sixty() -> None:
    expected = [f"00:00:{second:02}" for second in range(1, 60)]

    actual = at("* * * * * *", 59)

    assert expected == actual


def test_every_hour_is_all_twenty_four() -> None:
    expected = [f"{hour:02}:00:00" for hour in range(1, 24)]

    actual = at("0 * * * *", 23)

    assert expected == actual


def test_six_fields_begin_with_the_second() -> None:
    expected = ["02:03:01", "02:03:01"]

    actual = at("1 3 2 * * *", 2)

    assert expected == actual


def test_a_range_of_one_value_is_that_value() -> None:
    expected = ["20:00:00", "20:00:00"]

    actual = at("0 20-20 * * *", 2)

    assert expected == actual


def test_a_range_of_one_value_with_a_step_is_that_value() -> None:
    expected = ["20:00:00", "20:00:00"]

    actual = at("0 20-20/2 * * *", 2)

    assert expected == actual


def test_a_start_with_a_step_goes_up_to_the_last_value() -> None:
    expected = ["00:05:00", "00:25:00", "00:45:00", "01:05:00"]

    actual = at("5/20 * * * *", 4)

    assert expected == actual


def test_a_start_near_the_end_with_a_step_is_one_value() -> None:
    expected = ["00:59:00", "01:59:00"]

    actual = at("59/15 * * * *", 2)

    assert expected == actual


def test_a_step_in_a_range_begins_with_its_first_value() -> None:
    expected = ["09:00:00", "12:00:00", "15:00:00", "09:00:00"]

    actual = at("0 9-17/3 * * *", 4)

    assert expected == actual


def test_a_star_within_a_list_is_every_value() -> None:
    expected = ["01:05:00", "02:05:00", "03:05:00"]

    actual = at("5 7,* * * *", 3, "2026-01-01 00:30")

    assert expected == actual


def test_hours_wrap_midnight() -> None:
    expected = ["00:00:00", "01:00:00", "22:00:00", "23:00:00"]

    actual = at("0 22-1 * * *", 4, "2025-12-31 23:59")

    assert expected == actual


def test_a_step_goes_on_over_a_wrap_of_hours() -> None:
    expected = ["22:00:00", "01:00:00", "04:00:00", "22:00:00"]

    actual = at("0 22-4/3 * * *", 4, "2026-01-01 12:00")

    assert expected == actual


def test_a_step_goes_on_over_a_wrap_of_minutes() -> None:
    expected = ["12:50:00", "12:57:00", "13:04:00", "13:50:00"]

    actual = at("50-10/7 * * * *", 4, "2026-01-01 12:30")

    assert expected == actual


def test_a_step_goes_on_over_a_wrap_of_months() -> None:
    expected = ["02-01", "12-01"]

    actual = days("0 0 1 12-2/2 *", until="2026-12-31")

    assert expected == actual


def test_a_step_goes_on_over_a_wrap_of_weekdays() -> None:
    """Saturday, not Sunday, Monday."""
    expected = ["01-03", "01-05", "01-10", "01-12"]

    actual = days("0 0 * * 6-1/2", until="2026-01-13")

    assert expected == actual


def test_months_wrap_the_year() -> None:
    expected = ["02-01", "11-01", "12-01"]

    actual = days("0 0 1 nov-feb *", until="2026-12-31")

    assert expected == actual


def test_weekdays_wrap_the_week() -> None:
    expected = ["01-02", "01-03", "01-04", "01-05", "01-09"]

    actual = days("0 0 * * fri-mon", until="2026-01-09")

    assert expected == actual


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN", "Sun", "0-0", "7-7", "0,7"])
def test_each_spelling_of_sunday_is_sunday(sunday: str) -> None:
    expected = ["01-04", "01-11"]

    actual = days(f"0 0 * * {sunday}", until="2026-01-12")

    assert expected == actual


def test_a_range_up_to_seven_ends_with_sunday() -> None:
    expected = ["01-02", "01-03", "01-04", "01-09"]

    actual = days("0 0 * * 5-7", until="2026-01-09")

    assert expected == actual


def test_names_are_read_in_any_case() -> None:
    expected = ["02-02", "02-09", "02-16", "02-23"]

    actual = days("0 0 * FEB mOn")

    assert expected == actual


@pytest.mark.parametrize(
    ("alias", "fields"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@Daily", "0 0 * * *"),
    ],
)
def test_an_alias_means_its_fields(alias: str, fields: str) -> None:
    expected = fires(f"cron {fields}", "2026-01-01", count=5)

    actual = fires(f"cron {alias}", "2026-01-01", count=5)

    assert expected == actual


# ---- what is drawn from a hash


def test_h_stays_the_same_for_one_seed() -> None:
    expected = fires("cron H H * * *", "2026-01-01", seed="backup")

    actual = fires("cron H H * * *", "2026-01-01", seed="backup")

    assert expected == actual


def test_h_spreads_jobs_over_the_hour() -> None:
    minutes = {
        fires("cron H * * * *", "2026-01-01", count=1, seed=f"job-{n}")[0] for n in range(200)
    }

    assert len(minutes) > 40


def test_h_stays_within_its_bounds() -> None:
    drawn = {
        at.minute
        for n in range(100)
        for at in [next(Schedule("cron H(10-14) * * * *", seed=str(n)).after(utc("2026-01-01")))]
    }

    assert drawn == {10, 11, 12, 13, 14}


def test_h_with_a_step_keeps_its_distance() -> None:
    fired = fires("cron H/15 * * * *", "2026-01-01", count=8, seed="backup")

    minutes = [int(text[14:16]) for text in fired]

    assert {(later - earlier) % 60 for earlier, later in pairwise(minutes)} == {15}


@pytest.mark.parametrize("expression", ["0 0 H * *", "0 0 * H *", "0 0 * * H", "H H * * * *"])
def test_h_may_stand_in_every_field(expression: str) -> None:
    fired = [fires(f"cron {expression}", "2026-01-01", count=1, seed=str(n)) for n in range(50)]

    assert all(len(fires) == 1 for fires in fired)


def test_a_seed_of_its_own_wins_over_the_job() -> None:
    clock = {"cron": "H H * * *", "seed": "shared"}
    expected = fires(clock, "2026-01-01", seed="one")

    actual = fires(clock, "2026-01-01", seed="other")

    assert expected == actual
