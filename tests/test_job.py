"""What a job is: its keys, and which of them go together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from files import job
from schedkit import ConfigError, values
from schedkit.errors import Problem
from schedkit.job import Keys, Success, name_problem
from schedkit.limits import History, Limits, Output


def keys(**written: object) -> Keys:
    """Return keys, with what must be there."""
    return values.read(Keys, {"command": "x", "clock": "every 1h"} | written)


def refused(**written: object) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        keys(**written)
    return list(caught.value.problems)


# ---- single keys


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"overlap": "queue_all"}, "queue_all"),
        ({"catchup": "all"}, "all"),
        ({"on_interrupted": "rerun"}, "rerun"),
        ({"pool": "database"}, "database"),
        ({"priority": "-5"}, -5),
        ({"priority": 1000}, 1000),
        ({"max_runs": "1"}, 1),
        ({"start": "2026-12-24 18:00"}, datetime(2026, 12, 24, 18)),
        ({"end": "2026-12-24T18:00:30"}, datetime(2026, 12, 24, 18, 0, 30)),
        ({"start_deadline": "1h"}, timedelta(hours=1)),
        ({"user": "backup"}, "backup"),
        ({"group": "1000"}, "1000"),
        ({"umask": "027"}, 0o27),
        ({"nice": "-20"}, -20),
        (
            {"limits": {"memory": "512MiB", "cpu_time": "1m", "open_files": "64", "processes": 9}},
            Limits(2**29, timedelta(minutes=1), 64, 9),
        ),
        ({"output": {"max_size": "1 MB"}}, Output(1_000_000)),
        ({"history": {"keep_runs": "5", "keep_days": "30"}}, History(5, 30)),
    ],
)
def test_a_key_is_read(written: dict[str, object], expected: object) -> None:
    (name,) = written

    actual = getattr(keys(**written), name)

    assert expected == actual


def test_keys_that_are_written_read_back_as_the_same() -> None:
    expected = keys(
        start="2026-12-01 00:00",
        umask="027",
        nice=5,
        limits={"memory": "512MiB", "cpu_time": "90s"},
        retry={"max_retries": 3, "jitter": "5s", "on_exit_codes": 75, "within": "1h"},
        output={"max_size": "1G"},
        history={"keep_days": 30},
        priority=-5,
    )

    written = values.written(expected)
    actual = values.read(Keys, written)

    assert expected == actual


@pytest.mark.parametrize("code", ["none", "latest"])
def test_a_limit_of_what_is_caught_up_needs_all_to_be(code: str) -> None:
    message = f"catchup_limit has no effect with catchup {code}"
    expected = [Problem(message, "write catchup: all", ("catchup_limit",))]

    actual = refused(catchup=code, catchup_limit=5)

    assert expected == actual


def test_a_limit_of_all_that_is_caught_up_is_read() -> None:
    expected = 5

    actual = keys(catchup="all", catchup_limit=5).catchup_limit

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ({"priority": "1001"}, ("priority",)),
        ({"priority": "1.5"}, ("priority",)),
        ({"max_runs": "0"}, ("max_runs",)),
        ({"nice": "20"}, ("nice",)),
        ({"umask": "99"}, ("umask",)),
        ({"start": "2026-12-24"}, ("start",)),
        ({"end": "2026-12-24 18:00+01:00"}, ("end",)),
        ({"user": ""}, ("user",)),
        ({"group": "a\0"}, ("group",)),
        ({"pool": ["a"]}, ("pool",)),
        ({"limits": {"memory": "512"}}, ("limits", "memory")),
        ({"limits": {"cpu_time": "500ms"}}, ("limits", "cpu_time")),
        ({"limits": {"open_files": "0"}}, ("limits", "open_files")),
        ({"limits": {"files": "5"}}, ("limits", "files")),
        ({"output": {"max_size": "0 B"}}, ("output", "max_size")),
        ({"history": {"keep_runs": "0"}}, ("history", "keep_runs")),
        ({"history": {"keep_days": "99999"}}, ("history", "keep_days")),
        ({"on_interrupted": "retry"}, ("on_interrupted",)),
        ({"start_deadline": "0s"}, ("start_deadline",)),
        ({"start": "2026-12-25 00:00", "end": "2026-12-24 23:59"}, ("end",)),
    ],
)
def test_a_key_that_cannot_be_meant_is_refused_with_its_place(
    written: dict[str, object], path: tuple[str, ...]
) -> None:
    actual = [problem.path for problem in refused(**written)]

    assert [path] == actual


def test_a_job_may_fire_at_one_moment_alone() -> None:
    moment = "2026-12-24 18:00"

    found = keys(start=moment, end=moment)

    assert found.start == found.end


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
    expected = (
        True, "/bin/sh", ".", None, Success((0,)), None, "skip", "latest", 100, "fail", 0, None,
        Limits(), Output(10_000_000), History(10_000, None),
    )  # fmt: skip

    found = keys()
    actual = (
        found.enabled, found.shell, found.working_dir, found.timeout, found.success, found.retry,
        found.overlap, found.catchup, found.catchup_limit, found.on_interrupted, found.priority,
        found.umask, found.limits, found.output, found.history,
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
