"""What a job is: its keys, and which of them go together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from files import job
from schedkit import ConfigError, values
from schedkit.errors import Problem
from schedkit.job import Keys, Retry, Success, name_problem


def keys(**written: object) -> Keys:
    """Return keys, with what must be there."""
    return values.read(Keys, {"command": "x", "clock": "every 1h"} | written)


def refused(**written: object) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        keys(**written)
    return list(caught.value.problems)


# ---- retries


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (3, Retry(3)),
        ("3", Retry(3)),
        ({"max_retries": 3}, Retry(3, timedelta(seconds=30), "fixed", 2.0, timedelta(days=1))),
        ({"max_retries": "3", "delay": "5m"}, Retry(3, timedelta(minutes=5))),
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


# ---- what goes together


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            {"python": "m:f"},
            Problem("'command' and 'python' are both there", "keep one", ("python",), on_key=True),
        ),
        (
            {"command": None},
            Problem(
                "neither 'command' nor 'python' is there",
                "write what is to run, such as: command: ./backup.sh",
            ),
        ),
        (
            {"interpreter": "python3"},
            Problem("'interpreter' is for 'python' jobs", path=("interpreter",), on_key=True),
        ),
        (
            {"command": ["ls"], "shell": "/bin/bash"},
            Problem(
                "'shell' is for a command that is a text", "write the command as a text",
                ("shell",), on_key=True,
            ),
        ),
        ({"timeout": "0s"}, Problem("timeout is zero", path=("timeout",))),
        ({"catchup_window": "0s"}, Problem("catchup_window is zero", path=("catchup_window",))),
        (
            {"env": {"A=B": "x"}},
            Problem("'A=B' is no name of a variable", path=("env", "A=B"), on_key=True),
        ),
        ({"env": {"": "x"}}, Problem("'' is no name of a variable", path=("env", ""), on_key=True)),
        (
            {"params": {"A\0": "x"}},
            Problem("'A\\x00' is no name of a variable", path=("params", "A\0"), on_key=True),
        ),
        ({"clock": None}, Problem("a clock is missing", path=("clock",))),
        (
            {"overlap": "wait"},
            Problem(
                "'wait' is not known here", "one of: skip, queue_one, queue_all, replace, allow",
                ("overlap",),
            ),
        ),
        ({"enabled": "maybe"}, Problem("'maybe' is neither true nor false", path=("enabled",))),
        (
            {"description": ["x"]},
            Problem("a list stands where a text belongs", path=("description",)),
        ),
        (
            {"descripton": "x"},
            Problem(
                "unknown key 'descripton'", "did you mean 'description'?",
                ("descripton",), on_key=True,
            ),
        ),
        (
            {"success": {"exit_code": 0}},
            Problem(
                "unknown key 'exit_code'", "did you mean 'exit_codes'?",
                ("success", "exit_code"), on_key=True,
            ),
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(
    written: dict[str, object], expected: Problem
) -> None:
    actual = refused(**written)

    assert [expected] == actual


@pytest.mark.parametrize("name", ["a b", "1", "NÄME", "a-b", "."])
def test_any_name_that_the_system_takes_is_one_of_a_variable(name: str) -> None:
    expected = {name: "x"}

    actual = keys(env={name: "x"}).env

    assert expected == actual


def test_a_param_of_a_function_may_have_any_name() -> None:
    expected = {"A=B": 1}

    actual = keys(command=None, python="m:f", params={"A=B": 1}).params

    assert expected == actual


def test_what_is_not_written_has_its_usual_value() -> None:
    expected = (True, "/bin/sh", ".", None, Success((0,)), None, "skip", "latest")

    found = keys()
    actual = (
        found.enabled, found.shell, found.working_dir, found.timeout, found.success, found.retry,
        found.overlap, found.catchup,
    )  # fmt: skip

    assert expected == actual


# ---- the next fire time

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("clock: daily at 12:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("clock: daily at 12:00\ntimezone: Asia/Tokyo", datetime(2026, 11, 22, 3, tzinfo=UTC)),
        ("clock: [daily at 12:00, daily at 13:00]", datetime(2026, 11, 21, 13, tzinfo=UTC)),
        ("clock: daily at 13:00\nfilters: weekday", datetime(2026, 11, 23, 13, tzinfo=UTC)),
        ("clock: daily at 13:00\nadjustments: add 1d", datetime(2026, 11, 21, 13, tzinfo=UTC)),
        ("clock: daily at 13:00\nenabled: false", None),
        ("clock: {dates: 2020-01-01 00:00}", None),
    ],
)
def test_the_next_fire_time_is_later_than_now(
    written: str, expected: datetime | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    actual = job(written).next_fire(NOON)

    assert expected == actual


# ---- names


@pytest.mark.parametrize("name", ["a", "../../x", "a b", "é", "x" * 200, "😀", "-"])
def test_a_name_that_a_terminal_shows_is_one(name: str) -> None:
    expected = None

    actual = name_problem(name)

    assert expected == actual


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", Problem("the name of the job is empty", on_key=True)),
        (" \t", Problem("the name of the job is empty", on_key=True)),
        (
            "x" * 201,
            Problem(
                "the name of the job has 201 characters", "200 characters at most", on_key=True
            ),
        ),
        ("a\nb", Problem("the name 'a\\nb' has characters that no terminal shows", on_key=True)),
        ("\x1b", Problem("the name '\\x1b' has characters that no terminal shows", on_key=True)),
        (
            "\u200b",
            Problem("the name '\\u200b' has characters that no terminal shows", on_key=True),
        ),
    ],
)
def test_a_name_that_no_terminal_shows_is_none(name: str, expected: Problem) -> None:
    actual = name_problem(name)

    assert expected == actual
