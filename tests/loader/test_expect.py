"""What a file says of its own fire times: `expect` and `never_on`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from asking import utc
from files import load
from schedkit.errors import Problem
from schedkit.loader import document
from schedkit.loader.checks import check
from schedkit.loader.lints import broken_promises

NOW = utc("2026-01-01")


class Broken(NamedTuple):
    """A promise that is not kept: what is said, and where."""

    message: str
    hint: str | None
    line: int
    column: int


def broken(keys: str) -> list[Broken]:
    """Return which promises of a job are broken; its keys begin in line 3, column 5."""
    (job,) = load(f"jobs:\n  a:\n    {keys}\n    command: x\n").jobs
    read = document.read(Path(job.file))
    for path, problem, severity in broken_promises(job, NOW):
        read.add(Problem(problem.message, problem.hint, ("jobs", "a", *path)), severity)
    return [Broken(one.message, one.hint, one.line, one.column) for one in read.diagnostics]


@pytest.mark.parametrize(
    "keys",
    [
        "clock: daily at 09:00\n    expect: [2026-01-05 09:00, 2026-01-06 09:00]",
        "clock: daily at 09:00\n    expect: 2026-01-05 09:00",
        "clock: monthly 15 at 09:00\n    expect: [2026-12-15 09:00, 2026-11-15 09:00]",
        "clock: daily at 02:30\n    timezone: America/New_York\n    expect: 2026-03-08 02:30",
        "clock: weekly sat\n    adjustments: next_weekday\n    expect: 2026-11-23 00:00",
        "clock: daily at 09:00\n    never_on: on_date 2025-12-25",
        "clock: daily at 09:00\n    filters: weekday\n    never_on: weekend",
    ],
)
def test_nothing_is_said_of_promises_that_are_kept(keys: str) -> None:
    expected: list[Broken] = []

    actual = broken(keys)

    assert expected == actual


def test_a_fire_time_that_does_not_come_names_the_nearest() -> None:
    message = "'a' does not fire on Tue 2026-01-06 08:00"
    more = "'a' fires in between, on Tue 2026-01-06 09:00"
    expected = [
        Broken(message, "the nearest is Tue 2026-01-06 09:00", 4, 13),
        Broken(more, None, 4, 13),
    ]

    times = "[2026-01-05 09:00, 2026-01-06 08:00, 2026-01-07 09:00]"
    actual = broken(f"clock: daily at 09:00\n    expect: {times}")

    assert expected == actual


def test_a_fire_time_that_was_not_expected_is_listed() -> None:
    days = "Tue 2026-01-06 09:00, Wed 2026-01-07 09:00, Thu 2026-01-08 09:00"
    expected = [Broken(f"'a' fires in between, on {days} and 1 more", None, 4, 13)]

    actual = broken("clock: daily at 09:00\n    expect: [2026-01-05 09:00, 2026-01-10 09:00]")

    assert expected == actual


def test_a_single_fire_time_that_does_not_come_has_nothing_near_it() -> None:
    expected = [Broken("'a' does not fire on Mon 2026-01-05 08:00", None, 4, 13)]

    actual = broken("clock: daily at 09:00\n    expect: 2026-01-05 08:00")

    assert expected == actual


def test_many_fire_times_between_two_are_all_looked_at() -> None:
    first = "Thu 2026-01-01 00:01, Thu 2026-01-01 00:02, Thu 2026-01-01 00:03"
    expected = [Broken(f"'a' fires in between, on {first} and 14396 more", None, 4, 13)]

    actual = broken("clock: every 1m\n    expect: [2026-01-01 00:00, 2026-01-11 00:00]")

    assert expected == actual[:1]


def test_a_fire_on_a_day_that_was_ruled_out_is_named() -> None:
    message = "'a' fires on Fri 2026-12-25 09:00: on_date 12-25"
    expected = [Broken(message, None, 4, 25)]

    actual = broken("clock: daily at 09:00\n    never_on: [weekend, 12-25]\n    filters: weekday")

    assert expected == actual


def test_a_holiday_that_was_ruled_out_is_named() -> None:
    pytest.importorskip("holidays")
    expected = [Broken("'a' fires on Thu 2026-01-01 09:00: holiday US", None, 4, 15)]

    actual = broken("clock: daily at 09:00\n    never_on: holiday US")

    assert expected == actual


@pytest.mark.parametrize("clock", ["every 5m", "every 1m"])
def test_a_frequent_clock_is_looked_at_up_to_the_day_that_was_ruled_out(clock: str) -> None:
    expected = [Broken("'a' fires on Fri 2026-12-25 00:00: on_date 12-25", None, 4, 15)]

    actual = broken(f"clock: {clock}\n    never_on: 12-25")

    assert expected == actual


def test_a_promise_is_asked_about_where_the_job_was_moved_to() -> None:
    expected = [Broken("'a' fires on Mon 2026-01-05 00:00: days mon", None, 5, 15)]

    clock = "clock: weekly sat\n    adjustments: next_weekday"
    actual = broken(f"{clock}\n    never_on: days mon")

    assert expected == actual


def test_validate_takes_a_broken_promise_for_an_error() -> None:
    expected = ["error"]

    written = "jobs: {a: {command: x, clock: daily at 09:00, expect: 2026-01-05 08:00}}"
    actual = [one.severity for one in check(load(written))]

    assert expected == actual
