"""Goal 12: many jobs due at one instant through a pool of few slots."""

from __future__ import annotations

from statistics import median

from benchmarks.bursts import burst, compared
from benchmarks.common import Goal, Line, duration

JOBS = 1000
SLOTS = 10
ROUNDS = 3
SAID = (
    f"{JOBS:,} jobs due at one instant through a pool of {SLOTS} slots in at most 1.2 times what"
    f" they take with max_parallel {SLOTS}; linear to {10 * JOBS:,}"
)
NOTES = """\
Until the last job has ended. All are recorded durably, their output is kept; none is lost and \
none runs twice, or there is no figure.
Ten times as many are measured once.
"""
_MOST = 1.2  # times as long
_TRUE = "[/bin/true]"


def measure() -> Goal:
    """Return how long it takes through a pool, and through as many slots without one."""
    top, keys, bound = f"pools: {{p: {SLOTS}}}", ", pool: p", f"runner: {{max_parallel: {SLOTS}}}"
    pool: list[float] = []
    bounded: list[float] = []
    for _ in range(ROUNDS):
        pool.append(burst(_TRUE, JOBS, top=top, keys=keys).all)
        bounded.append(burst(_TRUE, JOBS, top=bound).all)
    many = burst(_TRUE, 10 * JOBS, top=top, keys=keys).all
    through, without = median(pool), median(bounded)
    return Goal(
        12,
        SAID,
        [
            compared("through the pool", through, without, _MOST, "max_parallel"),
            Line("with max_parallel", "schedkit", duration(without * 1000)),
            compared("through it, ten times as many", many, through, 10 * _MOST, "the tenth"),
        ],
        NOTES.splitlines(),
    )
