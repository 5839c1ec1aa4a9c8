"""
kill -9 of the runner at each step that leaves a trace.

Before and after each write to the history, before each message to the keeper, and so before and
after each claim, start and record; also while it recovers and while it reloads.
"""

from __future__ import annotations

import pytest

from breaking import RELOADS, broken_promises, deadly, killed, load, settle, strace
from running import Sched

pytestmark = pytest.mark.system

_LONG = 4.0  # seconds in which a runner makes every call that it makes at all


@pytest.mark.parametrize(
    ("call", "step", "most"),
    [("fdatasync", 1, 18), ("pwrite64", 11, 150), ("sendto", 1, 8), ("write", 4, 40)],
)
def test_a_runner_that_is_killed_at_any_call_breaks_no_promise(
    sched: Sched, call: str, step: int, most: int
) -> None:
    """Each of them takes over what the one before it left: it is killed in recovery as well."""
    sched.write(load(RELOADS))

    for number in range(1, most, step):
        under = (strace(), "-D", "-o", str(sched.directory / "strace"), *deadly(call, number))
        runner = sched.run(start=False, under=under)
        assert killed(runner, _LONG), f"there is no call {number}"
        runner.close()
    settle(sched, more=RELOADS)

    assert [] == broken_promises(sched)
