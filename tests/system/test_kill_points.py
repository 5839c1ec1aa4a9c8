"""
kill -9 of the runner at each step that leaves a trace.

Before and after each write to the history, before each message to the keeper, and so before and
after each claim, start and record; also while it recovers and while it reloads.
"""

from __future__ import annotations

from itertools import count

import pytest

from breaking import RELOADS, broken_promises, deadly, keeper, killed, load, settle, strace
from running import Running, Sched, gone

pytestmark = pytest.mark.system

_START = 1.5  # seconds in which one has taken over what the one before it left
_LONG = 4.0  # seconds in which a runner makes every call that it makes at all


@pytest.mark.parametrize(
    ("call", "step", "most"),
    [("fdatasync", 1, 15), ("pwrite64", 17, 150), ("sendto", 1, 7), ("write", 6, 40)],
)
def test_a_runner_that_is_killed_at_any_call_breaks_no_promise(
    sched: Sched, call: str, step: int, most: int
) -> None:
    """Each of them takes over what the one before it left: it is killed in recovery as well."""
    sched.write(load(RELOADS))

    for number in range(1, most, step):
        assert killed(_run_deadly(sched, call, number), _LONG), f"there is no call {number}"
    settle(sched, more=RELOADS)

    assert [] == broken_promises(sched)


@pytest.mark.parametrize(("call", "step"), [("fdatasync", 1), ("pwrite64", 5), ("unlink", 1)])
def test_a_recovery_that_is_killed_at_any_call_loses_no_exit_status(
    sched: Sched, call: str, step: int
) -> None:
    sched.write("""
jobs:
  a:
    command: echo x >> marks; echo x > words; read go < go; exit 3
    clock: {startup: boot}
""")
    runner = sched.run()
    sched.word()
    kept = keeper(sched, runner)
    runner.kill()
    sched.go()
    assert gone(kept)

    numbers = count(1, step)
    while killed(_run_deadly(sched, call, next(numbers)), _START):
        pass

    actual = [(run["state"], run["exit_code"], run["attempts"]) for run in sched.history()]
    assert ([("failed", 3, 1)], ["x"]) == (actual, sched.marks())


def _run_deadly(sched: Sched, call: str, number: int) -> Running:
    under = (strace(), "-D", "-o", str(sched.directory / "strace"), *deadly(call, number))
    return sched.run(start=False, under=under)


@pytest.mark.parametrize("call", ["fdatasync", "sendto"])
def test_what_starts_with_the_machine_starts_once_whenever_its_runner_is_killed(
    sched: Sched, call: str
) -> None:
    sched.write("jobs: {a: {command: echo x >> marks, clock: {startup: boot}}}")

    numbers = count(1)
    while killed(_run_deadly(sched, call, next(numbers)), _START):
        pass

    assert (["succeeded"], ["x"]) == ([run["state"] for run in sched.history()], sched.marks())
