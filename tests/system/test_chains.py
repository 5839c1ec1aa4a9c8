"""A chain of jobs under kill -9: every link runs once for each run before it, whatever happens."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from breaking import survives
from running import Sched

pytestmark = pytest.mark.system

_KILLS = 50
_SOONEST, _LATEST = 0.1, 0.6  # seconds after its start
_LINK = "printf '%s %s %s\\n' $SCHED_JOB ${SCHED_RUN_ID%-*} ${SCHED_CAUSE_RUN_ID:-none} >> marks"
CHAIN = f"""
jobs:
  build:
    command: "{_LINK}"
    clock: every 1s
    overlap: allow
  test:
    command: "{_LINK}"
    after: build
    overlap: allow
  ship:
    command: "{_LINK}"
    after: test
    overlap: allow
"""


@pytest.mark.timeout(300)  # seconds: half a second for each kill, on a machine that may be slow
def test_fifty_kills_at_random_moments_leave_each_link_one_run(sched: Sched, seed: int) -> None:
    moments = random.Random(seed)
    sched.write(CHAIN)

    for _ in range(_KILLS):
        runner = sched.run(start=False)
        assert survives(runner, moments.uniform(_SOONEST, _LATEST)), runner.said
        runner.close()
    sched.write(CHAIN.replace("clock: every 1s", "clock: every 1000d"))
    last = sched.run()
    sched.until_over()
    last.stop()

    ran = [mark.split() for mark in sched.marks()]
    runs = {job: {run for name, run, _ in ran if name == job} for job in ("build", "test", "ship")}
    causes = {job: Counter(cause for name, _, cause in ran if name == job) for job in runs}
    assert Counter(run for _, run, _ in ran).most_common(1)[0][1] == 1  # none ran twice
    assert len(runs["build"]) > 10  # else they hit nothing
    assert causes["test"] == Counter(runs["build"])
    assert causes["ship"] == Counter(runs["test"])
    states = Counter((run["job"], run["state"]) for run in sched.history())
    assert {state for job, state in states if job != "build"} == {"succeeded"}


def test_a_link_starts_within_a_second_of_its_cause(sched: Sched) -> None:
    sched.write(CHAIN.replace("every 1s", "startup"))
    runner = sched.run()
    runner.until("run succeeded", job="ship")
    runner.stop()

    build, test, ship = sched.history()
    for cause, link in ((build, test), (test, ship)):
        assert cause["ended"] == link["fire_time"]
        assert 0 <= link["lateness"] < 1
