"""`sched pause` and `sched resume`: jobs that start nothing for a while."""

from __future__ import annotations

import json
import os
import pwd
from datetime import UTC, datetime

import pytest

from files import Answer, Sched
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name
JOBS = """
jobs:
  a: {command: x, clock: every 1h}
  b: {command: x, clock: every 1h}
"""


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(JOBS)


def test_the_runner_is_asked_to_pause(sched: Sched, runner: Answering) -> None:
    until = datetime(2099, 1, 1, 12, 0, tzinfo=UTC)
    expected = Answer(0, "a\nb\n", "paused until Thu 2099-01-01 12:00:00 UTC\n")

    actual = sched("pause", "a", "b", "--until", "2099-01-01 12:00", "--reason", "no disk")

    assert expected == actual
    assert [("pause", ["a", "b"], ME, until, "no disk")] == runner.operations.asked


def test_the_runner_is_asked_to_resume(sched: Sched, runner: Answering) -> None:
    expected = Answer(0, "a\nb\n", "")

    actual = sched("resume", "--all")

    assert expected == actual
    assert [("resume", [], ME)] == runner.operations.asked


def test_without_a_runner_the_history_keeps_it(sched: Sched) -> None:
    expected = [
        Answer(0, "a\n", "paused until resumed: sched resume a\n"),
        Answer(0, "a\nb\n", "paused until resumed: sched resume --all\n"),
        Answer(0, "b\n", ""),
        Answer(0, "a\n", "b was not paused\n"),
        Answer(0, "", "no job was paused\n"),
    ]

    actual = [
        sched("pause", "a"),
        sched("pause", "--all"),
        sched("resume", "b"),
        sched("resume", "a", "b"),
        sched("resume", "--all"),
    ]

    assert expected == actual


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_of_several_jobs_one_unknown_is_named(sched: Sched, verb: str) -> None:
    expected = Answer(4, "", "error: no job is named 'c'\n  = help: see them: sched list\n")

    actual = sched(verb, "a", "c")

    assert expected == actual


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pause",), "pause takes a JOB, or --all"),
        (("resume",), "resume takes a JOB, or --all"),
        (("pause", "--all", "a"), "pause takes no JOB beside --all"),
        (
            ("pause", "a", "--until", "2020-01-01"),
            "--until 2020-01-01 00:00:00 is over already",
        ),
    ],
)
def test_what_cannot_be_meant_is_a_wrong_use(
    sched: Sched, arguments: tuple[str, ...], said: str
) -> None:
    expected = Answer(2, "", f"error: {said}\n")

    actual = sched(*arguments)

    assert expected == actual


def test_a_reason_that_is_too_long_is_refused_with_a_runner_and_without(sched: Sched) -> None:
    said = "has 501 characters, 500 at most"
    expected = Answer(1, "", f"error: 'reason' of pause {said}\n")

    without = sched("pause", "a", "--reason", "x" * 501)
    runner = Answering(sched.directory / ".sched")
    beside = sched("pause", "a", "--reason", "x" * 501)

    runner.close()
    assert [expected] * 2 == [without, beside]
    assert [] == runner.operations.asked


def test_a_paused_job_is_listed_as_paused_by_whom_and_why(sched: Sched) -> None:
    sched("pause", "a", "--until", "2099-01-01 12:00", "--reason", "no\tdisk")
    sched("pause", "b")
    expected = [
        f"paused by {ME}: no\\tdisk (until 2099-01-01T12:00:00+00:00)",
        f"paused by {ME}",
    ]

    lines = sched("list").stdout.splitlines()[1:]
    actual = [line.split("\t")[3] for line in lines]

    assert expected == actual


def test_json_says_who_paused_a_job_until_when_and_why(sched: Sched) -> None:
    sched("pause", "a", "--until", "2099-01-01 12:00", "--reason", "no disk")

    first, second = (job["paused"] for job in json.loads(sched("list", "--json").stdout))

    del first["since"]
    assert {"who": ME, "until": "2099-01-01T12:00:00+00:00", "reason": "no disk"} == first
    assert second is None
