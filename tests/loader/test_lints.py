"""What is likely not meant: each warning with its place, each contradiction as an error."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from asking import utc
from files import diagnostics, job, load
from schedkit.loader import Diagnostic, document
from schedkit.loader.checks import check
from schedkit.loader.lints import Finding, lints, overlaps

NOW = utc("2026-01-01")
SHORT_MONTHS = "not every month has a day {}: it is left out there"


class Said(NamedTuple):
    """What is said of a file, and where."""

    severity: str
    message: str
    hint: str | None
    line: int
    column: int


def said(one: Diagnostic) -> Said:
    """Return a diagnostic; the year up to which a schedule is looked through is not of the file."""
    message = re.sub(r"before \d{4}", "before YEAR", one.message)
    return Said(one.severity, message, one.hint, one.line, one.column)


def linted(written: str, now: datetime = NOW) -> list[Said]:
    """Return what is said of the times of the jobs of a file that is looked at *now*."""
    found = []
    for one in load(written).jobs:
        read = document.read(Path(one.file))
        for path, problem, severity in lints(one, now):
            placed = Finding(("jobs", one.name, *path), problem, severity)
            read.add(type(problem)(problem.message, problem.hint, placed.path), severity)
        found += read.diagnostics
    return list(map(said, found))


def warned(keys: str, now: datetime = NOW) -> list[Said]:
    """Return what is said of a job with these keys, in the third line."""
    return linted(f"jobs:\n  a:\n    {keys}\n    command: x\n", now)


@pytest.mark.parametrize(
    ("clock", "message", "hint"),
    [
        (
            "cron 0 8 1-7 * 1", "fires on day 1-7 of the month and on every mon",
            "for both: {cron: 0 8 1-7 * 1, day_or: false}",
        ),
        (
            "cron 0 8 1 * 1-5,7", "fires on day 1 of the month and on every mon-fri,sun",
            "for both: {cron: 0 8 1 * 1-5,7, day_or: false}",
        ),
        (
            "cron 0 8 1 * mon#1", "fires on day 1 of the month and on every mon#1",
            "for both: {cron: 0 8 1 * mon#1, day_or: false}",
        ),
        (
            "cron 0 8 */3 * *",
            "the day */3 begins anew each month: 31 and 1 may follow each other",
            "for every so many days: every 3d",
        ),
        ("cron 0 8 31 * *", SHORT_MONTHS.format("31"), "the last day is: last"),
        ("monthly 15,30,31 at 08:00", SHORT_MONTHS.format("30, 31"), "the last day is: last"),
    ],
)  # fmt: skip
def test_a_clock_that_means_something_else_is_warned_of(
    clock: str, message: str, hint: str
) -> None:
    expected = [Said("warning", message, hint, 3, 12)]

    actual = warned(f"clock: {clock}")

    assert expected == actual


@pytest.mark.parametrize(
    "keys",
    [
        "clock: {cron: 0 8 1-7 * 1, day_or: false}",
        "clock: cron 0 8 * * mon-fri",
        "clock: cron 0 8 L * *",
        "clock: cron @daily",
        "clock: monthly last at 08:00",
        "clock: monthly 28 at 08:00",
        "clock: startup",
        "clock: hourly\n    timezone: America/New_York",
        "clock: daily at 04:00\n    timezone: America/New_York",
        "clock: daily at 02:30\n    timezone: America/New_York\n    dst: {gap: run, fold: first}",
        "clock: daily at 09:00\n    adjustments: next_weekday",
        "clock: daily at 09:00\n    filters: not on_date 12-25\n    adjustments: next_weekday",
        "clock: daily at 09:00\n    filters: weekday\n    adjustments: [add 1d, next_weekday]",
    ],
)
def test_a_schedule_that_means_what_it_says_is_not_warned_of(keys: str) -> None:
    expected: list[Said] = []

    actual = warned(keys)

    assert expected == actual


def test_a_time_that_a_clock_change_skips_this_year_is_warned_of() -> None:
    message = "2026-03-08 02:30 is skipped by a clock change: fires at 03:00"
    hint = "another time, or say it is meant: dst: {gap: run}"
    expected = [Said("warning", message, hint, 3, 12)]

    actual = warned("clock: daily at 02:30\n    timezone: America/New_York")

    assert expected == actual


def test_a_time_that_a_clock_change_repeats_this_year_is_warned_of() -> None:
    message = "2026-11-01 01:30 comes twice by a clock change: fires the first time"
    hint = "another time, or say it is meant: dst: {fold: first}"
    expected = [Said("warning", message, hint, 3, 12)]

    actual = warned("clock: daily at 01:30\n    timezone: America/New_York")

    assert expected == actual


def test_an_adjustment_that_can_never_act_is_warned_of() -> None:
    message = "next_weekday never acts: weekday drops what it would move"
    expected = [Said("warning", message, "leave out one of the two", 5, 18)]

    actual = warned("clock: daily at 09:00\n    filters: weekday\n    adjustments: next_weekday")

    assert expected == actual


@pytest.mark.parametrize(
    ("now", "verb"), [("2049-05-01", "ends"), ("2050-05-01", "ended"), ("2048-05-01", None)]
)
def test_a_calendar_that_ends_within_a_year_is_warned_of(now: str, verb: str | None) -> None:
    pytest.importorskip("exchange_calendars")
    message = f"calendar XNYS {verb} on 2049-12-31: nothing fires after it"
    hint = "update the package that it comes from"
    expected = [Said("warning", message, hint, 3, 12)] if verb else []

    actual = warned("clock: market_open XNYS", utc(now))

    assert expected == actual


def test_a_calendar_within_a_combinator_is_looked_at_too() -> None:
    pytest.importorskip("exchange_calendars")
    expected = ["calendar XNYS ends on 2049-12-31: nothing fires after it"]

    found = warned("clock: daily at 09:00\n    filters: not trading_day XNYS", utc("2049-05-01"))
    actual = [one.message for one in found]

    assert expected == actual


def test_a_clock_that_names_no_time_to_come_is_warned_of() -> None:
    message = "'a' never fires: no clock names a time before YEAR"
    expected = [Said("warning", message, None, 3, 12)]

    actual = warned("clock: dates 2020-01-01 00:00")

    assert expected == actual


def test_a_job_that_runs_longer_than_it_waits_is_warned_of() -> None:
    expected = "it may run for longer than 5m, after which the next is due and skipped"

    problem = overlaps(job("clock: every 5m\ntimeout: 10m"), NOW)

    assert problem is not None
    assert expected == problem.message


def test_the_timeout_that_is_too_long_is_the_place() -> None:
    message = "it may run for longer than 5m, after which the next is due and skipped"
    expected = [Said("warning", message, None, 4, 14)]

    found = check(load("jobs:\n  a:\n    command: x\n    timeout: 10m\n    clock: every 5m\n"))
    actual = list(map(said, found))

    assert expected == actual


# ---- contradictions: errors, as soon as a file is loaded


def contradiction(clock: str, filters: str) -> list[Said]:
    """Return what a file is refused for; the filters begin in line 4, column 15."""
    written = f"jobs:\n  a:\n    clock: {clock}\n    filters: [{filters}]\n    command: x\n"
    return list(map(said, diagnostics(written)))


@pytest.mark.parametrize(
    ("clock", "first", "second"),
    [
        ("daily at 09:00", "weekday", "weekend"),
        ("every 1m", "months feb", "days_of_month 30"),
        ("every 1h", "between_times 10:00-10:30", "between_times 11:00-12:00"),
        ("daily at 09:00", "nth_weekday 5 mon", "days_of_month 1-7"),
        ("daily at 09:00", "on_date 2040-01-02", "weekend"),
    ],
)
def test_two_filters_that_contradict_each_other_are_both_named(
    clock: str, first: str, second: str
) -> None:
    message = f"'a' never fires: {first} and {second} contradict each other"
    column = 15 + len(f"{first}, ")
    expected = [Said("error", message, None, 4, column)]

    actual = contradiction(clock, f"{first}, {second}")

    assert expected == actual


def test_a_filter_that_contradicts_the_clock_is_named() -> None:
    message = "'a' never fires: at_time 10:00 admits no time of its clock before YEAR"
    expected = [Said("error", message, None, 4, 24)]

    actual = contradiction("daily at 09:00", "weekday, at_time 10:00")

    assert expected == actual


def test_a_filter_that_drops_the_one_time_of_a_clock_far_ahead_is_an_error_and_named() -> None:
    """2040-01-01 is a Sunday: it is the filter that stands in the way, not the clock."""
    message = "'a' never fires: weekday admits no time of its clock before YEAR"
    expected = [Said("error", message, None, 4, 15)]

    actual = contradiction("dates 2040-01-01 00:00", "weekday")

    assert expected == actual


def test_filters_that_contradict_each_other_by_three_are_one_problem() -> None:
    message = "'a' never fires: its filters together admit no time before YEAR"
    expected = [Said("error", message, None, 4, 14)]
    pairs = "{any: [months jan, days_of_month 1]}, {not: months jan}, {not: days_of_month 1}"

    actual = contradiction("daily at 09:00", pairs)

    assert expected == actual


def test_business_days_and_holidays_of_a_country_contradict_each_other() -> None:
    """That the calendar ends in 2099 is no reason to believe that they meet after it."""
    pytest.importorskip("holidays")
    message = "'a' never fires: business_day US and holiday US contradict each other"
    expected = [Said("error", message, None, 4, 32)]

    actual = contradiction("daily at 09:00", "business_day US, holiday US")

    assert expected == actual


# ---- start and end


@pytest.mark.parametrize(
    ("bounds", "message", "hint", "column"),
    [
        (
            "end: 2025-12-31 23:59",
            "'a' never fires again: its end is past",
            "take it out, or keep it with enabled: false",
            10,
        ),
        ("end: 2026-01-01 08:59", "'a' never fires: no time comes up to its end", None, 10),
        (
            "start: 2200-01-01 00:00",
            "'a' never fires: no time before YEAR comes after its start",
            None,
            12,
        ),
    ],
)
def test_a_start_or_an_end_that_leaves_nothing_is_named(
    bounds: str, message: str, hint: str | None, column: int
) -> None:
    expected = [Said("warning", message, hint, 3, column)]

    actual = warned(f"{bounds}\n    clock: daily at 09:00\n    filters: [days mon-sun]")

    assert expected == actual


def test_a_start_and_an_end_that_leave_nothing_between_them_are_named() -> None:
    message = "'a' never fires: no time comes from its start to its end"
    expected = [Said("warning", message, None, 4, 10)]

    bounds = "start: 2026-02-01 10:00\n    end: 2026-02-02 08:00"
    actual = warned(f"{bounds}\n    clock: daily at 09:00")

    assert expected == actual


def test_a_startup_job_whose_end_is_past_is_named() -> None:
    expected = ["'a' never fires again: its end is past"]

    actual = [one.message for one in warned("clock: startup\n    end: 2025-12-31 23:59")]

    assert expected == actual


@pytest.mark.parametrize(
    "keys",
    [
        "start: 2026-06-01 00:00\n    clock: daily at 09:00",
        "end: 2026-01-01 09:00\n    clock: daily at 09:00",
        "end: 2025-12-31 23:59\n    clock: daily at 09:00\n    enabled: false",
    ],
)
def test_nothing_is_said_of_a_start_and_an_end_that_leave_something(keys: str) -> None:
    expected: list[Said] = []

    actual = warned(keys)

    assert expected == actual


def test_a_clock_change_after_the_end_is_no_matter() -> None:
    expected: list[Said] = []

    actual = warned("clock: daily at 02:30\n    timezone: Europe/Berlin\n    end: 2026-03-01 00:00")

    assert expected == actual


def test_filters_that_contradict_are_an_error_whatever_the_start_is() -> None:
    message = "'a' never fires: weekday and weekend contradict each other"
    expected = [("error", message)]

    filters = "weekday, weekend]\n    start: 2200-01-01 00:00\n    env_file: [x"
    actual = [(one.severity, one.message) for one in contradiction("daily at 09:00", filters)]

    assert expected == actual
