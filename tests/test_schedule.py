"""When a schedule fires: the rules 1 to 5, by examples."""

from __future__ import annotations

import pytest

from asking import fires, utc
from schedkit import Fire, Schedule

NEW_YORK = "America/New_York"

# ---- rule 1: the union of the clocks


def test_clocks_are_united_in_order() -> None:
    expected = ["2026-01-02 09:00:00+00:00", "2026-01-02 10:00:00+00:00"]

    actual = fires(["daily at 10:00", "weekly fri at 09:00"], "2026-01-02", count=2)

    assert expected == actual


def test_a_time_that_two_clocks_name_fires_once() -> None:
    expected = ["2026-01-02 09:00:00+00:00", "2026-01-03 09:00:00+00:00"]

    actual = fires(
        ["daily at 09:00", "cron 0 9 * * *", "weekly fri at 09:00"], "2026-01-02", count=2
    )

    assert expected == actual


# ---- rule 2: filters are asked about the candidate, before adjustment


def test_a_filter_is_asked_before_the_adjustment() -> None:
    """The 15th is a Sunday and admitted as one; it then moves to Monday the 16th."""
    expected = ["2026-02-16 09:00:00+00:00", "2026-03-16 09:00:00+00:00"]

    actual = fires(
        "monthly 15 at 09:00", "2026-01-20", count=2, filters="weekend", adjustments="next_weekday"
    )

    assert expected == actual


def test_a_filter_is_asked_in_the_zone_of_the_job() -> None:
    """In New York it is still Friday when Saturday has begun in UTC."""
    expected = ["2026-01-02 22:00:00-05:00"]

    actual = fires("daily at 22:00", "2026-01-02 12:00", zone=NEW_YORK, count=1, filters="days fri")

    assert expected == actual


def test_every_filter_must_admit() -> None:
    expected = ["2026-01-09 09:00:00+00:00"]

    actual = fires(
        "daily at 09:00", "2026-01-01", count=1, filters=["days fri", "between_dates 01-05..01-31"]
    )

    assert expected == actual


# ---- rule 3: adjustments move the nominal wall time


def test_adjustments_run_in_order() -> None:
    """Month end, five days on, then off the weekend: 31 January is a Saturday."""
    expected = ["2026-02-05 08:00:00+00:00", "2026-03-05 08:00:00+00:00"]

    actual = fires(
        "monthly last at 08:00", "2026-02-01", count=2, adjustments=["add 5d", "next_weekday"]
    )

    assert expected == actual


def test_the_other_order_gives_another_day() -> None:
    expected = ["2026-02-07 08:00:00+00:00"]

    actual = fires(
        "monthly last at 08:00", "2026-02-01", count=1, adjustments=["next_weekday", "add 5d"]
    )

    assert expected == actual


def test_a_skipped_time_that_moves_keeps_its_nominal_time() -> None:
    """02:30 on Sunday is made up for at 03:00, but on Monday there is a 02:30."""
    expected = ["2026-03-09 02:30:00-04:00", "2026-03-10 02:30:00-04:00"]

    actual = fires(
        "daily at 02:30", "2026-03-07 12:00", zone=NEW_YORK, count=2, adjustments="next_weekday"
    )

    assert expected == actual


def test_a_skipped_time_and_one_at_the_end_of_the_gap_both_move() -> None:
    expected = ["2026-03-09 02:30:00-04:00", "2026-03-09 03:00:00-04:00"]

    actual = fires(
        "daily at 02:30,03:00",
        "2026-03-08 00:00",
        zone=NEW_YORK,
        count=2,
        adjustments="next_weekday",
    )

    assert expected == actual


@pytest.mark.parametrize(
    "clocks", [["daily at 02:30", "daily at 03:00"], ["daily at 03:00", "daily at 02:30"]]
)
def test_of_two_clocks_that_meet_at_the_end_of_a_gap_both_move(clocks: list[str]) -> None:
    expected = ["2026-03-09 02:30:00-04:00", "2026-03-09 03:00:00-04:00"]

    actual = fires(clocks, "2026-03-08 00:00", zone=NEW_YORK, count=2, adjustments="next_weekday")

    assert expected == actual


def test_a_skipped_time_that_stays_fires_at_the_end_of_the_gap() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2026-03-09 02:30:00-04:00"]

    actual = fires(
        "daily at 02:30",
        "2026-03-08 00:00",
        zone=NEW_YORK,
        count=2,
        adjustments=["add 1d", "add -1d"],
    )

    assert expected == actual


def test_both_passes_of_a_repeated_hour_stay_where_no_adjustment_moves() -> None:
    """In London the clock goes back on a Sunday too, so the adjustment is one that never moves."""
    expected = [
        "2026-11-01 01:00:00-04:00",
        "2026-11-01 01:30:00-04:00",
        "2026-11-01 01:00:00-05:00",
        "2026-11-01 01:30:00-05:00",
    ]

    actual = fires(
        "cron */30 1 * * *", "2026-11-01 00:00", zone=NEW_YORK, count=4, adjustments="add 0s"
    )

    assert expected == actual


def test_both_passes_of_a_repeated_hour_that_move_fire_once() -> None:
    expected = ["2026-11-02 01:00:00-05:00", "2026-11-02 01:30:00-05:00"]

    actual = fires(
        "cron */30 1 * * sun", "2026-11-01 00:00", zone=NEW_YORK, count=2, adjustments="add 1d"
    )

    assert expected == actual


# ---- rule 4: sorted, unique and compared after adjusting


def test_a_saturday_asked_about_on_sunday_still_fires_on_monday() -> None:
    expected = ["2026-08-17 09:00:00+00:00"]

    actual = fires("monthly 15 at 09:00", "2026-08-16 12:00", count=1, adjustments="next_weekday")

    assert expected == actual


def test_two_days_moved_onto_one_monday_fire_once() -> None:
    expected = [
        "2026-01-02 09:00:00+00:00",
        "2026-01-05 09:00:00+00:00",
        "2026-01-06 09:00:00+00:00",
    ]

    actual = fires("daily at 09:00", "2026-01-02", count=3, adjustments="next_weekday")

    assert expected == actual


def test_what_is_moved_back_before_the_instant_asked_about_does_not_fire() -> None:
    expected = ["2026-01-05 09:00:00+00:00"]

    actual = fires("daily at 09:00", "2026-01-02 12:00", count=1, adjustments="previous_weekday")

    assert expected == actual


def test_what_is_moved_back_comes_in_order() -> None:
    """Saturday's noon moves to Friday and lands between Friday's own times."""
    expected = [
        "2026-01-02 09:00:00+00:00",
        "2026-01-02 12:00:00+00:00",
        "2026-01-02 18:00:00+00:00",
    ]

    actual = fires(
        ["weekly fri at 09:00,18:00", "weekly sat at 12:00"],
        "2026-01-02",
        count=3,
        adjustments="previous_weekday",
    )

    assert expected == actual


def test_a_fire_tells_its_clock_and_the_candidate_it_was_moved_from() -> None:
    schedule = Schedule("monthly 15 at 09:00", adjustments="next_weekday")
    expected = Fire(utc("2026-08-17 09:00"), schedule.clocks[0], utc("2026-08-15 09:00"))

    actual = next(schedule.fires(utc("2026-08-16")))

    assert expected == actual


# ---- rule 5: far moves


def test_a_move_of_months_is_found_from_far_back() -> None:
    expected = ["2026-03-31 09:00:00+00:00", "2026-05-31 09:00:00+00:00"]

    actual = fires("monthly 31 at 09:00", "2026-03-02", count=2, adjustments=["add 2mo"])

    assert expected == actual


def test_moves_that_cancel_out_leave_everything_where_it_is() -> None:
    expected = fires("daily at 09:00", "2026-01-01", count=40)

    actual = fires("daily at 09:00", "2026-01-01", count=40, adjustments=["add 52w", "add -364d"])

    assert expected == actual
