"""Goal 5: the memory of a runner and of the processes below it, with few jobs and with many."""

from __future__ import annotations

from statistics import median

from benchmarks.common import TIMES, Goal, Line
from benchmarks.processes import memory_mb
from benchmarks.schedulers import Kind, Scheduler, far_off, kinds, pause

SAID = (
    "memory of the runner, its keeper included: at most 18 MB with 10 jobs, 24 MB with 10,000; "
    "with these, at most 0.3 times cronstable's and 0.35 times supercronic's"
)
MOST_MB = {10: 18.0, 1_000: None, 10_000: 24.0}
MOST_OF = {"cronstable": 0.3}  # with the most jobs
TOO_MANY = {"yacron": 10_000}  # it would read them for minutes
SAMPLES = 5

NOTES = """\
Proportional set size: of a page that several processes share, each counts its part. Each is \
measured alone; the benchmark itself is one more Python that shares its pages.
All jobs but one are far off. That one has run once, so that a keeper is there.
yacron has not been given 10,000 jobs: it reads 1,000 in seconds, 10,000 in minutes.
Debian's cron, in C, keeps neither history nor output.
supercronic could not be had for this run.
"""


def measure() -> Goal:
    """Return how much memory they have."""
    lines: list[Line] = []
    for count, most in MOST_MB.items():
        used = {
            name: _used(kind, count)
            for name, kind in kinds().items()
            if count < TOO_MANY.get(name, count + 1)
        }
        wanted = MOST_OF if count == max(MOST_MB) else {}
        lines += _lines(count, used, most, wanted)
    return Goal(5, SAID, lines, NOTES.splitlines())


def _used(kind: Kind, count: int) -> float:
    """Return how much memory (MB) a scheduler with so many jobs has."""
    with Scheduler(kind, far_off(count)) as scheduler:
        scheduler.settle()
        samples = []
        for _ in range(SAMPLES):
            samples.append(memory_mb(scheduler.processes()))
            pause(0.3)
    return median(samples)


def _lines(
    count: int, used: dict[str, float], most: float | None, wanted: dict[str, float]
) -> list[Line]:
    ours = used["schedkit"]
    limit, met = ("", None) if most is None else (f"≤ {most:g} MB", ours <= most)
    lines = [Line(f"{count:,} jobs", "schedkit", f"{ours:.3g} MB", wanted=limit, met=met)]
    for name, theirs in used.items():
        if name == "schedkit":
            continue
        share = wanted.get(name)
        least = "" if share is None else f"≥ {1 / share:.3g}{TIMES}"
        enough = None if share is None else ours <= share * theirs
        ratio = f"{theirs / ours:.3g}{TIMES}"
        lines.append(Line("", name, f"{theirs:.3g} MB", ratio, least, enough))
    return lines
