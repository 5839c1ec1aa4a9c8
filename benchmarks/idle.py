"""Goal 6: how often a runner wakes up, and what it computes, in a minute with nothing due."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import NamedTuple

from benchmarks.common import Goal, Line, duration
from benchmarks.processes import cpu_ms, wakeups
from benchmarks.schedulers import Scheduler, far_off, kinds, pause

SAID = "no wake-up in a minute with nothing due, at 10,000 jobs"
COUNT = 10_000
FEWER = {"yacron": 1_000}  # it would read more for minutes
MINUTE = 60.0

NOTES = """\
Wake-ups are the voluntary context switches of all threads of a scheduler and of the processes \
below it, as the kernel counts them. All are measured in the same minute.
One job has run when they started, so that a keeper is there; the others are far off.
yacron has 1,000 jobs: it reads 10,000 for minutes.
"""


class _Taken(NamedTuple):
    wakeups: int
    cpu_ms: float


def measure() -> Goal:
    """Return what they take."""
    with ExitStack() as running:
        schedulers = {
            name: running.enter_context(Scheduler(kind, far_off(FEWER.get(name, COUNT))))
            for name, kind in kinds().items()
        }
        for scheduler in schedulers.values():
            scheduler.settle()
        before = {name: _taken(one.processes()) for name, one in schedulers.items()}
        pause(MINUTE)
        after = {name: _taken(one.processes()) for name, one in schedulers.items()}
    lines = [_line(name, before[name], after[name]) for name in schedulers]
    return Goal(6, SAID, lines, NOTES.splitlines())


def _taken(pids: Iterable[int]) -> _Taken:
    known = list(pids)
    return _Taken(wakeups(known), cpu_ms(known))


def _line(name: str, before: _Taken, after: _Taken) -> Line:
    woken, ran = after.wakeups - before.wakeups, after.cpu_ms - before.cpu_ms
    times = "wake-up" if woken == 1 else "wake-ups"
    figure = f"{woken} {times}, {duration(ran * 1000)} of a processor"
    if name == "schedkit":
        return Line("a minute with nothing due", name, figure, wanted="0 wake-ups", met=woken == 0)
    return Line("", name, figure)
