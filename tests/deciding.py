"""Asking for decisions in words that a test can be read by."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from asking import utc
from fakes import load
from schedkit import planner
from schedkit.job import Job
from schedkit.planner import Standing
from schedkit.run import Decision

DOWN = "no runner was up"


@cache
def job(keys: str, clock: str = "every 10m") -> Job:
    """Return a job with these keys."""
    with TemporaryDirectory() as directory:
        pools = "pools: {one: 1, two: 2, ten: 10}"
        text = f"{pools}\njobs: {{a: {{command: x, clock: {clock}, {keys}}}}}"
        return load(Path(directory), text).jobs[0]


def decided(keys: str, cursor: str, now: str, standing: Standing | None = None) -> list[str]:
    """Return what becomes of the fire times of a job between two times of one day."""
    one = job(keys)
    fires = planner.come(one, utc(f"2026-03-02 {cursor}"), utc(f"2026-03-02 {now}"))
    return [shown(d) for d in planner.on_due(one, fires, DOWN, standing)]


def shown(decision: Decision) -> str:
    """Return a decision in short."""
    last = f"-{decision.last_fire_time:%H:%M}" if decision.count > 1 else ""
    how = f" {decision.trigger}" if decision.trigger != "schedule" else ""
    how += "" if decision.at_once else " later"
    how += " instead" if decision.replaces else ""
    why = f": {decision.reason}" if decision.reason else ""
    return f"{decision.fire_time:%H:%M}{last} x{decision.count} {decision.state}{how}{why}"
