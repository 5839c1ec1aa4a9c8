"""One state directory, one runner: whoever comes second is told, and nobody is disturbed."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest

from breaking import broken_promises, load, settle
from running import Running, Sched, pass_time
from schedkit.lock import RunnerLock

pytestmark = pytest.mark.system


def test_second_runners_are_refused_and_change_nothing(sched: Sched) -> None:
    sched.write(load())
    runner = sched.run()
    expected = f"error: {sched.state} is held by another runner, pid {runner.process.pid}\n"

    for _ in range(3):
        second = sched("run")
        assert (75, "", expected) == (second.returncode, second.stdout, second.stderr)
    settle(sched, runner)

    assert [] == broken_promises(sched)


def test_of_runners_that_start_at_once_one_runs(sched: Sched) -> None:
    sched.write(load())
    runners = [sched.run(start=False) for _ in range(6)]

    (left,) = [runner for runner in runners if _runs(runner)]
    codes = [runner.end()[0] for runner in runners if runner is not left]
    left.until("run succeeded")
    settle(sched, left)

    assert ([75] * 5, []) == (codes, broken_promises(sched))


def test_a_verb_that_holds_the_state_for_a_moment_does_not_turn_a_runner_away(
    sched: Sched,
) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")
    sched.state.mkdir()
    verb = RunnerLock(sched.state)
    runner = sched.run(start=False)
    pass_time(timedelta(seconds=1))

    verb.release()

    runner.until("run succeeded", job="a")


def test_a_runner_does_not_wait_for_ever_for_what_is_none(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")
    sched.state.mkdir()
    verb = RunnerLock(sched.state)

    second = sched("run")

    verb.release()
    expected = f"error: {sched.state} is held by another runner, pid {os.getpid()}\n"
    assert (75, expected) == (second.returncode, second.stderr)


def _runs(runner: Running) -> bool:
    try:
        runner.until("schedule loaded")
    except AssertionError:
        return False
    return True


def test_a_job_and_its_keeper_do_not_hold_the_state_of_a_killed_runner(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    command: echo $$ > words; read go < go
    clock: {startup: boot}
""")
    first = sched.run()
    sched.word()
    first.kill()

    second = sched.run()
    second.until("run adopted", job="a")
    third = sched("run")
    second.send(signal.SIGQUIT)
    second.end()

    expected = f"error: {sched.state} is held by another runner, pid {second.process.pid}\n"
    assert (75, expected) == (third.returncode, third.stderr)


def test_what_a_killed_runner_leaves_lying_about_disturbs_nobody(sched: Sched) -> None:
    sched.write("jobs: {a: {command: echo x >> marks, clock: yearly 01-01 at 00:00}}")
    sched.run().kill()
    with_none = sched("status")

    runner = sched.run()
    with_one = sched("status")
    triggered = sched("trigger", "a", "--wait")
    runner.stop()

    assert (3, 0, 0) == (with_none.returncode, with_one.returncode, triggered.returncode)
    assert ["x"] == sched.marks()


def test_a_lock_file_with_the_pid_of_another_process_holds_nobody_up(sched: Sched) -> None:
    """Pids are reused: that of a killed runner may be anybody's by now."""
    sched.write("jobs: {a: {command: echo x >> marks, clock: every 1s}}")
    sched.run().kill()
    (sched.state / "lock").write_text(f"{os.getpid()}\n", encoding="ascii")

    runner = sched.run()
    runner.until("run succeeded", job="a")
    code, _ = runner.stop()

    assert code == 0
