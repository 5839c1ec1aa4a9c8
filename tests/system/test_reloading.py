"""SIGHUP: the file is read again while everything goes on."""

from __future__ import annotations

import signal

import pytest

from running import Sched

pytestmark = pytest.mark.system


def test_a_broken_file_is_reported_and_the_last_good_one_goes_on(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")

    runner = sched.run()
    runner.until("run succeeded", job="a")
    sched.write("jobs: {a: {command: 'true', clock: evry 1s}}")
    runner.send(signal.SIGHUP)
    runner.until("reload failed")
    runner.until("run started", job="a")
    code, _ = runner.stop()

    assert code == 0


def test_a_good_file_is_taken(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")

    runner = sched.run()
    runner.until("run succeeded", job="a")
    sched.write("jobs: {b: {command: 'true', clock: every 1s}}")
    runner.send(signal.SIGHUP)
    runner.until("schedule loaded", why="reload")
    runner.until("run succeeded", job="b")
    said = len(runner.said)
    runner.until("run succeeded", job="b")
    code, _ = runner.stop()

    assert (0, []) == (code, [line for line in runner.said[said:] if line.get("job") == "a"])


def test_a_file_that_is_written_while_another_is_read_is_taken_as_well(sched: Sched) -> None:
    """The second SIGHUP comes while the first is at work; what it is about must not be lost."""
    sched.write("jobs: {a: {command: 'true', clock: daily at 00:00}}")

    runner = sched.run()
    runner.send(signal.SIGHUP)
    for number in range(8):  # one of them falls after the file was read and before it was taken
        sched.write(f"jobs: {{b{number}: {{command: 'true', clock: every 1s}}}}")
        runner.send(signal.SIGHUP)
    runner.until("run started", job="b7")
    code, _ = runner.stop()

    assert code == 0


def test_a_job_that_is_gone_from_the_file_and_then_fails_leaves_the_runner_alone(
    sched: Sched,
) -> None:
    sched.write("""
jobs:
  a:
    command: echo $$ > words; read go < go; exit 1
    clock: startup
    retry: {max_retries: 1, delay: 0s}
""")

    runner = sched.run()
    sched.word()
    sched.write("jobs: {b: {command: 'true', clock: every 1s}}")
    runner.send(signal.SIGHUP)
    runner.until("schedule loaded", why="reload")
    sched.go()
    runner.until("run started", job="b")
    runner.until("run started", job="b")
    code, _ = runner.stop()

    actual = [(run["state"], run["attempts"]) for run in sched.history("a")]
    assert (0, [("failed", 1)]) == (code, actual)
