"""`sched trigger`: runs a job now."""

from __future__ import annotations

import json
import os
import pwd
from contextlib import closing

import pytest

from files import Answer, Sched
from schedkit.lock import RunnerLock
from schedkit.store import SQLiteReader
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name
JOBS = """
jobs:
  a: {command: x, clock: every 1h}
  b: {command: x, clock: every 1h, enabled: false}
"""


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(JOBS)


def newest(sched: Sched) -> str:
    """Return the id of the newest run."""
    run: str = json.loads(sched("history", "--json", "-n", "1").stdout)[0]["id"]
    return run


# ---- a runner is up


def test_the_run_is_on_stdout_and_what_next_beside_it(sched: Sched, runner: Answering) -> None:
    expected = Answer(0, "7k3m2q\n", "a runs; see what it writes: sched logs 7k3m2q -f\n")

    actual = sched("trigger", "a")

    assert expected == actual
    assert [("trigger", "a", ME, {}, False)] == runner.operations.asked


def test_the_runner_is_told_what_the_command_line_says(sched: Sched, runner: Answering) -> None:
    sched("trigger", "b", "--param", "K=v", "--param=X=y=z", "--param", "E=", "--force")

    expected = [("trigger", "b", ME, {"K": "v", "X": "y=z", "E": ""}, True)]
    assert expected == runner.operations.asked


@pytest.mark.parametrize(
    "line", ["trigger a", "at 2099-01-01T00:00Z a", "in 1h a"], ids=lambda line: line.split()[0]
)
def test_what_only_a_runner_tells_a_job_is_no_parameter(
    sched: Sched, runner: Answering, line: str
) -> None:
    expected = (
        "Invalid value for '--param': 'SCHED_X' is no name of yours (choose another one: what"
        " begins with SCHED_ tells a job of its run)"
    )

    answer = sched(*line.split(), "--param", "SCHED_X=1")

    assert (2, "", expected) == (answer.code, answer.stdout, answer.complaint)
    assert [] == runner.operations.asked


def test_what_is_to_be_typed_next_is_for_the_same_files(sched: Sched, runner: Answering) -> None:
    sched.write(JOBS, "my jobs.yaml")
    expected = "a runs; see what it writes: sched -c 'my jobs.yaml' --state .sched logs 7k3m2q -f\n"

    actual = sched("-c", "my jobs.yaml", "--state", ".sched", "trigger", "a").stderr

    assert expected == actual
    assert 1 == len(runner.operations.asked)


def test_an_unknown_job_is_named_with_the_nearest(sched: Sched, runner: Answering) -> None:
    expected = Answer(4, "", "error: no job is named 'aa'\n  = help: did you mean 'a'?\n")

    actual = sched("trigger", "aa")

    assert expected == actual
    assert 1 == len(runner.operations.asked)


def test_what_may_not_run_now_says_why(sched: Sched, runner: Answering) -> None:
    expected = Answer(1, "", "error: b is paused by root\n")

    actual = sched("trigger", "b")

    assert expected == actual
    assert 1 == len(runner.operations.asked)


def test_what_the_runner_quotes_cannot_move_the_cursor(sched: Sched, runner: Answering) -> None:
    expected = Answer(4, "", "error: no job is named '\\x1b[2J'\n  = help: did you mean 'a'?\n")

    actual = sched("trigger", "\x1b[2J")

    assert expected == actual
    assert 1 == len(runner.operations.asked)


def test_what_would_overlap_is_skipped_and_fails(sched: Sched, runner: Answering) -> None:
    runner.operations.skips = "overlap: 7k3m2p still running"
    expected = Answer(
        1,
        "7k3m2q\n",
        "error: a was skipped: overlap: 7k3m2p still running\n"
        "  = help: run it all the same with: sched trigger a --force\n",
    )

    actual = sched("trigger", "a")

    assert expected == actual


def test_a_broken_file_does_not_keep_the_runner_from_being_asked(
    sched: Sched, runner: Answering
) -> None:
    (sched.directory / ".sched/history.db").touch()
    sched.write("jobs: [")
    expected = Answer(0, "7k3m2q\n", "a runs; see what it writes: sched logs 7k3m2q -f\n")

    actual = sched("trigger", "a")

    assert expected == actual
    assert 1 == len(runner.operations.asked)


# ---- none is up


def test_without_a_runner_it_waits_for_one(sched: Sched) -> None:
    answer = sched("trigger", "a")

    said = "no runner is up: a runs when one is: sched run\n"
    assert Answer(0, f"{newest(sched)}\n", said) == answer


def test_without_a_runner_it_is_queued_by_who_asked(sched: Sched) -> None:
    sched("trigger", "a", "--param", "K=v")

    with closing(SQLiteReader.open(sched.directory / ".sched/history.db")) as store:
        (waiting,) = store.waiting()
        run = store.run(waiting.key.run)
    assert run is not None
    assert ("a", (("K", "v"),), ME, "manual", "queued") == (
        waiting.job, waiting.params, run.who, run.trigger, run.state,
    )  # fmt: skip


@pytest.mark.parametrize("option", ["--wait", "--follow"])
def test_without_a_runner_nobody_can_be_waited_for(sched: Sched, option: str) -> None:
    expected = Answer(
        3,
        "",
        "error: no runner is up that would run it\n"
        "  = help: let it wait for one with: sched trigger a\n",
    )

    actual = sched("trigger", "a", option)

    assert expected == actual
    assert "[]\n" == sched("history", "--json").stdout


@pytest.mark.parametrize(
    ("job", "code", "stderr"),
    [
        ("aa", 4, "error: no job is named 'aa'\n  = help: did you mean 'a'?\n"),
        ("b", 1, "error: b is disabled in its file (run it all the same: --force)\n"),
    ],
)
def test_without_a_runner_the_same_is_refused(
    sched: Sched, job: str, code: int, stderr: str
) -> None:
    expected = Answer(code, "", stderr)

    actual = sched("trigger", job)

    assert expected == actual


def test_with_a_broken_file_and_no_runner_nothing_is_triggered(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: every 1h}}\n")
    expected = (78, "")

    answer = sched("trigger", "a")

    assert expected == (answer.code, answer.stdout)


def test_a_runner_that_holds_the_lock_and_does_not_listen_is_said(sched: Sched) -> None:
    state = sched.directory / ".sched"
    state.mkdir()
    lock = RunnerLock(state)
    expected = Answer(
        75,
        "",
        f"error: {state} is held by another runner, pid {os.getpid()}, and it does not listen\n",
    )

    actual = sched("trigger", "a")

    lock.release()
    assert expected == actual


def test_two_verbs_wait_for_each_other(sched: Sched) -> None:
    """Each holds the lock for a moment, which the other one takes for a runner that starts."""
    sched("list")
    running = [sched.start("trigger", "a") for _ in range(4)]

    codes = [process.wait(30) for process in running]

    runs = json.loads(sched("history", "--json").stdout)
    assert ([0] * 4, ["queued"] * 4) == (codes, [run["state"] for run in runs])
