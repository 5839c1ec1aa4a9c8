"""When an attempt that did not succeed is tried again, and which retries cannot be meant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schedkit import ConfigError, values
from schedkit.errors import Problem
from schedkit.job import Keys
from schedkit.retry import Retry


def keys(**written: object) -> Keys:
    """Return keys, with what must be there."""
    return values.read(Keys, {"command": "x", "clock": "every 1h"} | written)


def refused(**written: object) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        keys(**written)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (3, Retry(3)),
        ("3", Retry(3)),
        ({"max_retries": 3}, Retry(3, timedelta(seconds=30), "fixed", 2.0, timedelta(days=1))),
        ({"max_retries": "3", "delay": "5m"}, Retry(3, timedelta(minutes=5))),
        (
            {"max_retries": 3, "jitter": "10s", "on_exit_codes": [75, 1], "within": "1h"},
            Retry(
                3, jitter=timedelta(seconds=10), on_exit_codes=(75, 1), within=timedelta(hours=1)
            ),
        ),
        ({"max_retries": 3, "on_exit_codes": "75"}, Retry(3, on_exit_codes=(75,))),
        (
            {"max_retries": 0, "backoff": "exponential", "factor": "1.5", "max_delay": "1h"},
            Retry(0, timedelta(seconds=30), "exponential", 1.5, timedelta(hours=1)),
        ),
        (None, None),
    ],
)
def test_retries_are_read(written: object, expected: Retry | None) -> None:
    actual = keys(retry=written).retry

    assert expected == actual


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        (Retry(5, timedelta(seconds=10)), [10, 10, 10, 10]),
        (Retry(5, timedelta(seconds=10), "linear"), [10, 20, 30, 40]),
        (Retry(5, timedelta(seconds=10), "exponential"), [10, 20, 40, 80]),
        (Retry(5, timedelta(seconds=10), "exponential", 1.5), [10, 15, 22.5, 33.75]),
        (Retry(5, timedelta(seconds=10), "exponential", 1), [10, 10, 10, 10]),
        (
            Retry(5, timedelta(seconds=10), "exponential", max_delay=timedelta(seconds=25)),
            [10, 20, 25, 25],
        ),
        (
            Retry(5, timedelta(seconds=10), "linear", max_delay=timedelta(seconds=25)),
            [10, 20, 25, 25],
        ),
        (Retry(5, timedelta(0), "exponential"), [0, 0, 0, 0]),
        (Retry(5, timedelta(seconds=10), jitter=timedelta(minutes=1)), [10, 10, 10, 10]),
    ],
)
def test_the_delay_grows_as_the_backoff_says(retry: Retry, expected: list[float]) -> None:
    actual = [retry.delay_after(attempt).total_seconds() for attempt in (1, 2, 3, 4)]

    assert expected == actual


@pytest.mark.parametrize("backoff", ["linear", "exponential"])
@pytest.mark.parametrize("attempt", [10**4, 10**6, 10**9, 10**30])
def test_no_delay_is_longer_than_the_longest(backoff: Any, attempt: int) -> None:
    expected = timedelta(days=1)

    actual = Retry(1, timedelta(seconds=30), backoff).delay_after(attempt)

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"max_retries": -1}, [Problem("max_retries is negative", path=("retry", "max_retries"))]),
        ({}, [Problem("'max_retries' is missing", path=("retry",))]),
        (
            {"max_retries": "x"},
            [Problem("'x' is not a whole number", path=("retry", "max_retries"))],
        ),
        (
            {"max_retries": 1, "backoff": "exponential", "factor": "0.5"},
            [Problem("factor is outside 1-1000", path=("retry", "factor"))],
        ),
        (
            {"max_retries": 1, "backoff": "exponential", "factor": "nan"},
            [Problem("factor is outside 1-1000", path=("retry", "factor"))],
        ),
        (
            {"max_retries": 1, "factor": 3},
            [
                Problem(
                    "factor has no effect with backoff fixed",
                    "write backoff: exponential",
                    ("retry", "factor"),
                )
            ],
        ),
        (
            {"max_retries": 1, "delay": "2d"},
            [Problem("delay is longer than max_delay", path=("retry", "delay"))],
        ),
        (
            {"max_retries": 1, "backoff": "expnential"},
            [
                Problem(
                    "'expnential' is not known here", "did you mean 'exponential'?",
                    ("retry", "backoff"),
                )
            ],
        ),
        (
            {"max_retries": 1, "delay": "5m", "within": "5m"},
            [
                Problem(
                    "within is no longer than delay", "nothing would be tried again",
                    ("retry", "within"),
                )
            ],
        ),
        (
            {"max_retries": 1, "on_exit_codes": [1, 256]},
            [
                Problem(
                    "'256' is no exit code", "an exit code is a number from 0 to 255",
                    ("retry", "on_exit_codes", 1),
                )
            ],
        ),
        (
            {"max_retries": 1, "on_exit_codes": []},
            [
                Problem(
                    "the list is empty", "write at least one: 0", ("retry", "on_exit_codes")
                )
            ],
        ),
        (
            {"max_retries": -1, "delay": "2d"},
            [
                Problem("max_retries is negative", path=("retry", "max_retries")),
                Problem("delay is longer than max_delay", path=("retry", "delay")),
            ],
        ),
        ([], [Problem("a list stands where a mapping belongs", path=("retry",))]),
    ],
)  # fmt: skip
def test_retries_that_cannot_be_meant_are_refused(written: object, expected: list[Problem]) -> None:
    actual = refused(retry=written)

    assert expected == actual


def test_more_retries_than_the_history_can_count_are_refused() -> None:
    """SQLite counts to 2^63; a runner would end with an error at the first fire time."""
    with pytest.raises(ConfigError):
        keys(retry="99999999999999999999")
