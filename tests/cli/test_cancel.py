"""`sched cancel`: stops what runs, and what waits to run."""

from __future__ import annotations

import os
import pwd
import signal

import pytest

from files import Answer, Sched
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write("jobs: {backup: {command: x, clock: every 1h}}\n")


@pytest.mark.parametrize(("option", "number"), [((), None), (("--signal", "int"), signal.SIGINT)])
def test_the_runs_that_are_stopped_are_told(
    sched: Sched, runner: Answering, option: tuple[str, ...], number: signal.Signals | None
) -> None:
    expected = Answer(0, "7k3m2q\n", "how it ends: sched history -n 1\n")

    actual = sched("cancel", "backup", *option)

    assert expected == actual
    assert [("cancel", "backup", ME, number)] == runner.operations.asked


def test_without_a_runner_what_waits_is_over(sched: Sched) -> None:
    run = sched("trigger", "backup").stdout
    expected = Answer(
        0, run, "no runner is up: what waited is over, what runs the next one stops\n"
    )

    actual = sched("cancel", run.strip())

    assert expected == actual
    assert ["cancelled", f"cancelled by {ME}; triggered by {ME}"] == [
        sched("history").stdout.splitlines()[1].split("\t")[column] for column in (2, -1)
    ]


@pytest.mark.parametrize(
    ("target", "code", "stderr"),
    [
        ("backup", 1, "error: no run of backup goes on or waits\n"),
        (
            "bakup",
            4,
            "error: there is no run and no job 'bakup'\n  = help: did you mean 'backup'?\n",
        ),
        ("7k3m2q", 4, "error: there is no run and no job '7k3m2q'\n"),
    ],
)
def test_where_nothing_is_to_be_stopped_it_says_so(
    sched: Sched, target: str, code: int, stderr: str
) -> None:
    expected = Answer(code, "", stderr)

    actual = sched("cancel", target)

    assert expected == actual


def test_an_unknown_signal_is_a_wrong_use(sched: Sched) -> None:
    answer = sched("cancel", "backup", "--signal", "trem")

    said = "Invalid value for '--signal': unknown signal 'trem' (did you mean 'SIGTERM'?)"
    assert (2, "", said) == (answer.code, answer.stdout, answer.complaint)
