"""When the clock `cron` fires around a clock change: rule 10, by examples and by an oracle."""

from __future__ import annotations

from itertools import takewhile

import pytest

from asking import fires
from expressions import Writer
from oracle import CHANGES, Around, Crontab, walked
from schedkit import ConfigError, Schedule

NEW_YORK = "America/New_York"
CASES = 350  # at each clock change

# ---- what a clock change skips


def test_a_fixed_time_that_the_clock_change_skips_fires_at_the_first_instant_after_it() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2026-03-09 02:30:00-04:00"]

    actual = fires("cron 30 2 * * *", "2026-03-08 00:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_several_skipped_times_are_made_up_for_once() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2026-03-09 02:00:00-04:00"]

    actual = fires("cron 0,20,40 2 * * *", "2026-03-08 05:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_a_skipped_time_and_one_at_the_end_of_the_gap_fire_once() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2026-03-08 04:00:00-04:00"]

    actual = fires("cron 0 2-4 * * *", "2026-03-08 06:59", zone=NEW_YORK, count=2)

    assert expected == actual


def test_a_wild_minute_follows_the_wall_clock_over_the_gap() -> None:
    expected = ["2026-03-09 02:00:00-04:00"]

    actual = fires("cron */30 2 * * *", "2026-03-08 00:00", zone=NEW_YORK, count=1)

    assert expected == actual


def test_a_wild_hour_follows_the_wall_clock_over_the_gap() -> None:
    expected = ["2026-03-08 01:30:00-05:00", "2026-03-08 03:30:00-04:00"]

    actual = fires("cron 30 * * * *", "2026-03-08 06:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_an_hour_range_over_the_whole_day_is_fixed_and_so_made_up_for() -> None:
    expected = ["2026-03-08 01:30:00-05:00", "2026-03-08 03:00:00-04:00"]

    actual = fires("cron 30 0-23 * * *", "2026-03-08 06:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_a_star_in_the_second_alone_leaves_a_job_fixed() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2026-03-09 02:30:00-04:00"]

    actual = fires("cron */30 30 2 * * *", "2026-03-08 00:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_a_star_that_does_not_begin_the_field_leaves_a_job_fixed() -> None:
    expected = ["2026-03-08 03:00:00-04:00", "2026-03-09 02:30:00-04:00"]

    actual = fires("cron 30,*/90 2-2 * * *", "2026-03-08 05:30", zone=NEW_YORK, count=2)

    assert expected[0] == actual[0]


def test_what_was_made_up_is_not_repeated_when_asked_at_the_end_of_the_gap() -> None:
    expected = ["2026-03-09 02:30:00-04:00"]

    actual = fires("cron 30 2 * * *", "2026-03-08 07:00", zone=NEW_YORK, count=1)

    assert expected == actual


def test_a_day_skipped_at_midnight_is_made_up_for_at_one() -> None:
    expected = ["2026-09-06 01:00:00-03:00", "2026-09-07 00:00:00-03:00"]

    actual = fires("cron 0 0 * * *", "2026-09-05 12:00", zone="America/Santiago", count=2)

    assert expected == actual


def test_half_an_hour_skipped_is_made_up_for() -> None:
    expected = ["2026-10-04 02:30:00+11:00", "2026-10-05 02:15:00+11:00"]

    actual = fires("cron 15 2 * * *", "2026-10-03 12:00", zone="Australia/Lord_Howe", count=2)

    assert expected == actual


def test_nothing_is_made_up_for_a_day_that_the_calendar_lost() -> None:
    expected = ["2011-12-29 12:00:00-10:00", "2011-12-31 12:00:00+14:00"]

    actual = fires("cron 0 12 * * *", "2011-12-29 12:00", zone="Pacific/Apia", count=2)

    assert expected == actual


# ---- what a clock change repeats


def test_a_fixed_time_that_the_clock_shows_twice_fires_the_first_time() -> None:
    expected = ["2026-11-01 01:30:00-04:00", "2026-11-02 01:30:00-05:00"]

    actual = fires("cron 30 1 * * *", "2026-11-01 00:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_a_fixed_time_does_not_fire_when_asked_within_the_second_pass() -> None:
    expected = ["2026-11-02 01:30:00-05:00"]

    actual = fires("cron 30 1 * * *", "2026-11-01 06:10", zone=NEW_YORK, count=1)

    assert expected == actual


def test_a_wild_job_fires_in_both_passes() -> None:
    expected = [
        "2026-11-01 01:00:00-04:00",
        "2026-11-01 01:30:00-04:00",
        "2026-11-01 01:00:00-05:00",
        "2026-11-01 01:30:00-05:00",
        "2026-11-02 01:00:00-05:00",
    ]

    actual = fires("cron */30 1 * * *", "2026-11-01 00:00", zone=NEW_YORK, count=5)

    assert expected == actual


def test_an_hour_range_over_the_whole_day_runs_in_the_first_pass_only() -> None:
    expected = ["2026-11-01 01:30:00-04:00", "2026-11-01 02:30:00-05:00"]

    actual = fires("cron 30 0-23 * * *", "2026-11-01 05:00", zone=NEW_YORK, count=2)

    assert expected == actual


def test_a_midnight_that_comes_again_does_not_begin_the_day_before_twice() -> None:
    expected = ["2026-04-04 23:30:00-03:00", "2026-04-05 23:30:00-04:00"]

    actual = fires("cron 30 23 * * *", "2026-04-04 12:00", zone="America/Santiago", count=2)

    assert expected == actual


def test_a_clock_set_back_by_a_day_repeats_fixed_times() -> None:
    """Larger than three hours: a correction, so the wall clock is followed."""
    expected = ["1969-09-30 12:00:00+11:00", "1969-09-30 12:00:00-12:00"]

    actual = fires("cron 0 12 * * *", "1969-09-29 14:00", zone="Pacific/Kwajalein", count=2)

    assert expected == actual


# ---- everything at once


def disagreement(writer: Writer, around: Around) -> str | None:
    """Return what is wrong with a random expression, asked about at a random instant."""
    expression, day_or, start = writer.expression(), writer.draw.random() < 0.9, writer.start()
    crontab, moments = Crontab(expression, day_or), walked(around)
    end = moments[-1].instant
    clock = {"cron": expression, "day_or": day_or}
    try:
        schedule = Schedule(clock, timezone=around.zone)
    except ConfigError as error:
        return f"{expression}: {error}" if crontab.fires_at_all else None
    expected = [fire for fire in crontab.fires(moments) if start < fire < end]
    actual = list(takewhile(lambda fire: fire < end, schedule.after(start)))
    if expected == actual:
        return None
    missing = [str(fire) for fire in sorted(set(expected) - set(actual))]
    extra = [str(fire) for fire in sorted(set(actual) - set(expected))]
    return f"{clock} {around.zone} after {start}: missing {missing[:3]}, made up {extra[:3]}"


@pytest.mark.parametrize("around", CHANGES, ids=lambda a: f"{a.zone} {a.instant:%Y-%m-%d}")
def test_random_expressions_fire_as_a_walk_through_the_clock_change_says(around: Around) -> None:
    writer = Writer(around, str(around))
    expected: list[str] = []

    actual = [found for _ in range(CASES) if (found := disagreement(writer, around))]

    assert expected == actual
