"""Which days a cron expression means: rules 8 and 9."""

from __future__ import annotations

import pytest

from asking import days, fires

# ---- days of a month


def test_the_last_day_is_that_of_each_month() -> None:
    expected = ["01-31", "02-28", "03-31"]

    actual = days("0 0 L * *", until="2026-04-01")

    assert expected == actual


def test_days_before_the_last_are_counted_back() -> None:
    expected = ["01-28", "02-25"]

    actual = days("0 0 L-3 * *")

    assert expected == actual


def test_the_last_weekday_of_the_month_is_no_weekend() -> None:
    """31 January and 28 February 2026 are Saturdays."""
    expected = ["01-30", "02-27"]

    actual = days("0 0 LW * *")

    assert expected == actual


def test_the_nearest_weekday_to_a_saturday_is_the_friday_before() -> None:
    expected = ["01-09", "02-10"]

    actual = days("0 0 10W * *")

    assert expected == actual


def test_the_nearest_weekday_to_a_sunday_is_the_monday_after() -> None:
    expected = ["01-12", "02-11"]

    actual = days("0 0 11W * *")

    assert expected == actual


def test_the_nearest_weekday_to_a_saturday_the_first_stays_in_the_month() -> None:
    expected = ["08-03"]

    actual = days("0 0 1W * *", "2026-07-02", "2026-08-31")

    assert expected == actual


def test_the_nearest_weekday_to_a_sunday_the_last_stays_in_the_month() -> None:
    expected = ["05-29"]

    actual = days("0 0 31W * *", "2026-05-01", "2026-06-30")

    assert expected == actual


def test_the_nearest_weekday_to_a_day_the_month_lacks_is_left_out() -> None:
    expected = ["01-30", "03-30"]

    actual = days("0 0 30W * *", until="2026-04-01")

    assert expected == actual


def test_the_third_friday_is_one_a_month() -> None:
    expected = ["01-16", "02-20"]

    actual = days("0 0 * * 5#3")

    assert expected == actual


def test_the_fifth_friday_is_left_out_of_most_months() -> None:
    expected = ["01-30", "05-29"]

    actual = days("0 0 * * fri#5", until="2026-06-30")

    assert expected == actual


@pytest.mark.parametrize("friday", ["5L", "friL", "FRIl"])
def test_the_last_friday_is_one_a_month(friday: str) -> None:
    expected = ["01-30", "02-27"]

    actual = days(f"0 0 * * {friday}")

    assert expected == actual


def test_the_last_sunday_may_be_written_as_seven() -> None:
    expected = ["01-25", "02-22"]

    actual = days("0 0 * * 7L")

    assert expected == actual


def test_special_days_stand_in_lists() -> None:
    expected = ["01-01", "01-15", "01-31", "02-01", "02-16", "02-28"]

    actual = days("0 0 1,15W,L * *", "2025-12-31", "2026-02-28 12:00")

    assert expected == actual


# ---- both day fields


def test_with_both_day_fields_restricted_either_may_match() -> None:
    expected = ["01-02", "01-09", "01-13", "01-16"]

    actual = days("0 0 13 * 5", until="2026-01-20")

    assert expected == actual


def test_a_step_in_the_day_of_month_makes_both_match() -> None:
    """The odd Mondays: the field begins with a star."""
    expected = ["01-05", "01-19"]

    actual = days("0 0 */2 * 1", until="2026-02-01")

    assert expected == actual


def test_a_step_in_the_weekday_makes_both_match() -> None:
    expected = ["01-13", "09-13"]

    actual = days("0 0 13 1,9 */2", until="2026-12-31")

    assert expected == actual


def test_a_list_that_begins_with_a_star_makes_both_match() -> None:
    expected = ["01-05", "01-12"]

    actual = days("0 0 *,3 * 1", until="2026-01-13")

    assert expected == actual


def test_a_question_mark_makes_both_match() -> None:
    expected = ["01-13", "02-13"]

    actual = days("0 0 13 * ?")

    assert expected == actual


def test_a_full_range_does_not_count_as_a_star() -> None:
    """1-31 is restricted, so either field may match: every day."""
    expected = ["01-02", "01-03", "01-04"]

    actual = days("0 0 1-31 * 1", until="2026-01-04")

    assert expected == actual


def test_day_or_false_makes_both_match() -> None:
    expected = ["2026-02-13 00:00:00+00:00", "2026-03-13 00:00:00+00:00"]

    actual = fires({"cron": "0 0 13 * 5", "day_or": False}, "2026-01-01", count=2)

    assert expected == actual
