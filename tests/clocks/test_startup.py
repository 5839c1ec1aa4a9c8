"""The clock `startup`: when a runner starts."""

from __future__ import annotations

import pytest

from asking import fires, problems
from schedkit import Schedule
from schedkit.errors import Problem


@pytest.mark.parametrize("clock", ["startup", "startup runner", "startup boot"])
def test_no_calendar_knows_when_a_runner_starts(clock: str) -> None:
    expected: list[str] = []

    actual = fires(clock, "2026-01-01")

    assert expected == actual


def test_beside_another_clock_it_changes_nothing_of_it() -> None:
    expected = ["2026-01-01 09:00:00+00:00"]

    actual = fires(["startup", "daily at 09:00"], "2026-01-01", count=1)

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "dumped", "text"),
    [
        ("startup", {"startup": None}, "startup"),
        ("startup runner", {"startup": None}, "startup"),
        ({"startup": "boot"}, {"startup": "boot"}, "startup boot"),
    ],
)
def test_it_is_each_start_unless_it_says_boot(written: object, dumped: object, text: str) -> None:
    schedule = Schedule(written)

    actual = (schedule.dump()["clock"], str(schedule.clocks[0]))

    assert ([dumped], text) == actual


def test_a_wrong_value_is_named_with_the_nearest() -> None:
    expected = [Problem("'boat' is not known here", "did you mean 'boot'?", ("clock",), (8, 12))]

    actual = problems("startup boat")

    assert expected == actual
