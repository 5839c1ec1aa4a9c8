"""kill -9 of the keeper, and of runner and keeper both, whatever they are at."""

from __future__ import annotations

import os
import random
import signal

import pytest

from breaking import (
    broken_promises,
    keeper,
    load,
    power_off,
    settle,
    survives,
    with_pid,
)
from running import Running, Sched, alive, gone

pytestmark = pytest.mark.system

_KILLS = 20
_WAITS = "echo $SCHED_ATTEMPT >> marks; echo $$ > words; read go < go; exit 3"


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)


def _write(sched: Sched, more: str = "", command: str = _WAITS) -> None:
    sched.write(f"""
jobs:
  a:
    command: {command}
    clock: {{startup: boot}}
    {more}
""")


def _ends(sched: Sched) -> list[tuple[str, str | None, int | None, int]]:
    keys = ("state", "reason", "exit_code", "attempts")
    return [tuple(run[key] for key in keys) for run in sched.history()]


def test_the_exit_status_of_a_job_whose_keeper_was_killed_is_read_all_the_same(
    sched: Sched,
) -> None:
    _write(sched)
    runner = sched.run()
    sched.word()
    _kill(keeper(sched, runner))

    sched.go()
    runner.until("run failed", job="a", exit=3)
    runner.stop()

    assert ([("failed", None, 3, 1)], ["1"]) == (_ends(sched), sched.marks())


def test_a_job_that_kills_its_keeper_has_one_start_and_its_exit_status(sched: Sched) -> None:
    _write(sched, command="echo x >> marks; kill -9 $PPID; exit 3")

    runner = sched.run()
    runner.until("run failed", job="a", exit=3)
    runner.stop()

    assert ([("failed", None, 3, 1)], ["x"]) == (_ends(sched), sched.marks())


def test_a_keeper_that_was_killed_with_nothing_to_do_has_a_successor(sched: Sched) -> None:
    sched.write(load())
    runner = sched.run()
    runner.until("run succeeded")

    for _ in range(2):
        _kill(keeper(sched, runner))
        runner.until("run succeeded")
    settle(sched, runner)

    assert [] == broken_promises(sched)


def test_a_timeout_ends_all_that_a_job_started_without_its_keeper_too(sched: Sched) -> None:
    _write(
        sched,
        "timeout: 2s\n    kill_grace: 200ms",
        "(setsid sh -c 'trap \"\" TERM; echo $$ > words; while :; do sleep 1000; done' &);"
        " echo $$ > words; sleep 1000",
    )
    runner = sched.run()
    pids = [int(sched.word()), int(sched.word())]
    _kill(keeper(sched, runner))

    runner.until("run timed out", job="a")
    left = [pid for pid in pids if alive(pid)]
    runner.stop()

    assert ([], "timed_out") == (left, sched.history()[0]["state"])


def test_overlap_sees_a_job_whose_keeper_was_killed(sched: Sched) -> None:
    sched.write(f"jobs: {{a: {{command: '{_WAITS}', clock: every 1s}}}}")
    runner = sched.run()
    sched.word()
    _kill(keeper(sched, runner))
    runner.until("run skipped", job="a")
    skipped = runner.until("run skipped", job="a")["reason"]
    runner.send(signal.SIGQUIT)

    assert (["1"], "still running") == (sched.marks(), skipped[-13:])


def test_keepers_killed_at_random_moments_break_no_promise(sched: Sched, seed: int) -> None:
    """Never twice within one start: that is given up, and recorded as a failure."""
    moments = random.Random(seed)
    sched.write(load())
    runner = sched.run()
    runner.until("run started")

    for _ in range(_KILLS):
        assert survives(runner, moments.uniform(0.2, 0.6)), runner.said
        _kill(keeper(sched, runner))
    settle(sched, runner)

    assert [] == broken_promises(sched)


# ---- both


def _kill_both(sched: Sched, runner: Running, *, keeper_first: bool) -> None:
    kept = keeper(sched, runner)
    if keeper_first:
        _kill(kept)
    runner.kill()
    if not keeper_first:
        _kill(kept)


@pytest.mark.parametrize("keeper_first", [True, False])
def test_a_job_that_outlives_both_is_watched_and_then_lost(
    sched: Sched, *, keeper_first: bool
) -> None:
    _write(sched)
    runner = sched.run()
    sched.word()
    _kill_both(sched, runner, keeper_first=keeper_first)

    second = sched.run()
    second.until("run adopted", job="a")
    sched.go()
    second.until("run lost", job="a")
    second.stop()

    reason = "it ended unseen: its runner and its keeper were killed"
    assert ([("lost", reason, None, 1)], ["1"]) == (_ends(sched), sched.marks())


@pytest.mark.parametrize("keeper_first", [True, False])
def test_a_job_that_ended_after_both_were_killed_is_lost(
    sched: Sched, *, keeper_first: bool
) -> None:
    _write(sched)
    runner = sched.run()
    runner.until("run started", job="a")  # so the keeper has written that down
    pid = int(sched.word())
    _kill_both(sched, runner, keeper_first=keeper_first)
    sched.go()
    assert gone(pid)

    second = sched.run()
    second.until("run lost", job="a")
    second.stop()

    reason = "it ended unseen: its runner and its keeper were killed"
    assert ([("lost", reason, None, 1)], ["1"]) == (_ends(sched), sched.marks())


def test_a_timeout_of_a_job_that_outlived_both_counts_from_its_real_start(sched: Sched) -> None:
    _write(sched, "timeout: 2s\n    kill_grace: 200ms", "echo $$ > words; sleep 1000; true")
    runner = sched.run()
    pid = int(sched.word())
    _kill_both(sched, runner, keeper_first=False)

    second = sched.run()
    second.until("run timed out", job="a")
    second.stop()

    (run,) = sched.history()
    assert (False, "timed_out") == (alive(pid), run["state"])
    assert 1.9 <= run["duration"] < 4


def test_a_process_that_has_the_pid_of_a_job_by_now_is_left_alone(sched: Sched) -> None:
    _write(sched, "timeout: 1s\n    kill_grace: 100ms", "echo $$ > words; sleep 1000; true")
    runner = sched.run()
    pid = int(sched.word())
    sched.until_started("a")
    power_off(sched, runner)
    stranger = with_pid(pid)

    second = sched.run()
    second.until("run lost", job="a")
    second.stop()
    actual = stranger.poll()
    stranger.kill()
    stranger.wait()

    assert (None, ["lost"]) == (actual, [run["state"] for run in sched.history()])


@pytest.mark.parametrize("goes_on", [True, False])
def test_what_a_keeper_was_told_before_its_runner_died_is_started_once(
    sched: Sched, *, goes_on: bool
) -> None:
    """It was stopped before it could do it. The next runner waits for it, but not for ever."""
    sched.write("jobs: {a: {command: echo x >> marks, clock: yearly 01-01 at 00:00}}")
    runner = sched.run()
    assert not sched("trigger", "a", "--wait").returncode
    kept = keeper(sched, runner)
    os.kill(kept, signal.SIGSTOP)
    assert not sched("trigger", "a").returncode
    runner.kill()

    second = sched.run(start=False)
    assert survives(second, 0.5), second.said
    if goes_on:
        os.kill(kept, signal.SIGCONT)
    second.until("schedule loaded")
    sched.until_over()
    second.stop()

    states = [run["state"] for run in sched.history()]
    assert (["x", "x"], ["succeeded"] * 2) == (sched.marks(), states)


def test_a_lost_run_is_run_again_where_its_job_says_so(sched: Sched) -> None:
    _write(sched, "on_interrupted: rerun")
    runner = sched.run()
    sched.word()
    power_off(sched, runner)

    second = sched.run()
    second.until("attempt lost", job="a")
    sched.word()
    sched.go()
    second.until("run failed", job="a", exit=3)
    second.stop()

    assert ([("failed", None, 3, 2)], ["1", "2"]) == (_ends(sched), sched.marks())


def test_runner_and_keeper_killed_in_turn_lose_no_exit_status(sched: Sched, seed: int) -> None:
    """They are never both gone while a job of theirs runs: each time the other one knows."""
    moments = random.Random(seed)
    sched.write(load())

    for _ in range(2):
        runner = sched.run()
        runner.until("run succeeded")
        runner.until("run succeeded")
        assert survives(runner, moments.uniform(0, 1))
        _kill(keeper(sched, runner))
        sched.until_over({run["id"] for run in sched.history("--state", "running")})
        runner.kill()
    settle(sched)

    assert [] == broken_promises(sched)


def test_both_killed_at_random_moments_start_nothing_twice(sched: Sched, seed: int) -> None:
    moments = random.Random(seed)
    sched.write(load())

    for _ in range(8):
        runner = sched.run()
        assert survives(runner, moments.uniform(0, 1)), runner.said
        kept = keeper(sched, runner)
        for pid in moments.sample([kept, runner.process.pid], 2):
            os.kill(pid, signal.SIGKILL)
        runner.close()
    settle(sched)

    assert [] == broken_promises(sched, may_be_lost=True)
