"""kill -9 of the runner again and again, whatever it is at."""

from __future__ import annotations

import random

import pytest

from breaking import broken_promises, load, settle, survives
from running import Sched

pytestmark = pytest.mark.system

_KILLS = 200
_SOONEST, _LATEST = 0.1, 0.6  # seconds after its start: from the middle of that to past a fire


@pytest.mark.timeout(400)  # seconds: half a second for each kill, on a machine that may be slow
def test_two_hundred_kills_at_random_moments_break_no_promise(sched: Sched, seed: int) -> None:
    moments = random.Random(seed)
    sched.write(load())

    for _ in range(_KILLS):
        runner = sched.run(start=False)
        assert survives(runner, moments.uniform(_SOONEST, _LATEST)), runner.said
        runner.close()
    settle(sched)

    assert [] == broken_promises(sched)
    assert len(sched.marks()) > _KILLS  # else they hit nothing
