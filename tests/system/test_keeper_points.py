"""
kill -9 of the keeper at each of its steps.

It reads an order, starts a process, writes that, and tells it; it sees an end, writes that, reaps,
and tells it.
"""

from __future__ import annotations

import os
import signal

import pytest

from breaking import broken_promises, deadly_to, keeper, load, settle
from running import Running, Sched, gone

pytestmark = pytest.mark.system

_CLONE = "clone,clone3,vfork"  # whichever it is that starts a process
_CALLS = {"read": (1,), _CLONE: (1, 4), "write": (1, 4, 9, 12), "waitid": (2, 5), "wait4": (1, 2)}
_JOB = """
jobs:
  a:
    command: echo x >> marks; echo $$ > words; read go < go; exit 3
    clock: yearly 01-01 at 00:00
"""


def _with_keeper(sched: Sched) -> tuple[Running, int]:
    """Start a runner that has a keeper: after a first run of its job."""
    sched.write(_JOB)
    runner = sched.run()
    _trigger(sched)
    sched.word()
    sched.go()
    runner.until("run failed", exit=3)
    return runner, keeper(sched, runner)


def _trigger(sched: Sched) -> None:
    answer = sched("trigger", "a")
    assert not answer.returncode, answer.stderr


def _ends(sched: Sched) -> list[tuple[str, int | None, int]]:
    return [(run["state"], run["exit_code"], run["attempts"]) for run in sched.history()]


@pytest.mark.parametrize(("call", "number"), [("read", 1), (_CLONE, 1), ("write", 1), ("write", 2)])
def test_a_run_whose_keeper_is_killed_as_it_starts_it_runs_once_and_keeps_its_exit_status(
    sched: Sched, call: str, number: int
) -> None:
    runner, kept = _with_keeper(sched)

    with deadly_to(kept, call, number):
        _trigger(sched)
    sched.word()
    sched.go()
    runner.until("run failed", exit=3)
    runner.stop()

    assert ([("failed", 3, 1)] * 2, ["x"] * 2) == (_ends(sched), sched.marks())


@pytest.mark.parametrize(
    ("call", "number"), [("waitid", 1), ("write", 1), ("wait4", 1), ("write", 2), ("write", 3)]
)
def test_a_run_whose_keeper_is_killed_as_it_sees_its_end_keeps_its_exit_status(
    sched: Sched, call: str, number: int
) -> None:
    runner, kept = _with_keeper(sched)
    _trigger(sched)
    sched.word()

    with deadly_to(kept, call, number):
        sched.go()
    runner.until("run failed", exit=3)
    runner.stop()

    assert ([("failed", 3, 1)] * 2, ["x"] * 2) == (_ends(sched), sched.marks())


def test_keepers_killed_at_any_call_under_load_break_no_promise(sched: Sched) -> None:
    sched.write(load())
    runner = sched.run()

    for call, numbers in _CALLS.items():
        for number in numbers:
            runner.until("run succeeded")
            with deadly_to(keeper(sched, runner), call, number):
                pass
    settle(sched, runner)

    assert [] == broken_promises(sched)


@pytest.mark.parametrize("ends", [False, True])
def test_a_run_of_which_both_are_killed_as_it_starts_is_never_started_again(
    sched: Sched, *, ends: bool
) -> None:
    """Nothing was written of it but its output file, which it has made itself."""
    runner, kept = _with_keeper(sched)
    os.kill(kept, signal.SIGSTOP)
    _trigger(sched)
    runner.send(signal.SIGSTOP)
    with deadly_to(kept, "write", 1):
        os.kill(kept, signal.SIGCONT)
    runner.kill()
    pid = int(sched.word())
    if ends:
        sched.go()
        assert gone(pid)

    second = sched.run()
    if not ends:
        second.until("run adopted")
        sched.go()
    second.until("run lost")
    second.stop()

    assert [("failed", 3, 1), ("lost", None, 1)] == _ends(sched)
    assert ["x"] * 2 == sched.marks()
