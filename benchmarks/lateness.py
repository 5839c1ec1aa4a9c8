"""Goal 7: how late a job begins that is due each minute, on an idle machine."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.common import TIMES, Goal, Line, duration
from benchmarks.schedulers import EVERY_MINUTE, Entry, Scheduler, kinds, pause

SAID = (
    "one job a minute: median lateness at most 5 ms, the longest 20 ms; "
    "a tenth of cronstable's and supercronic's"
)
MINUTES = 6
MOST_US, MOST_EVER_US = 5_000.0, 20_000.0
LEAST = {"cronstable": 10.0}  # times ours
_STEP = 0.5  # seconds between two looks at what has been written
_MINUTE_US = 60_000_000

# The job. In C, since what a shell or Python takes to start would count as lateness.
_JOB = """\
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec now;
    char line[64];
    clock_gettime(CLOCK_REALTIME, &now);
    long long us = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
    int length = snprintf(line, sizeof line, "%lld\\n", us);
    int file = open(argv[argc - 1], O_WRONLY | O_CREAT | O_APPEND, 0600);
    return write(file, line, length) != length;
}
"""
NOTES = """\
The job is the same program for all: it reads the clock and writes down what it says. What starts \
it, a shell where there is one, counts as lateness.
All are measured in the same minutes, and wake up at the same moment. Nothing is subtracted.
schedkit and Debian's cron are alone in recording what they start: one on the disk, before that, \
the other in the log of the system.
supercronic could not be had for this run.
"""


def measure() -> Goal:
    """Return how late the job begins."""
    with TemporaryDirectory() as directory, ExitStack() as running:
        job = _job(Path(directory))
        schedulers: list[Scheduler] = []
        written: dict[str, Path] = {}
        for number, (name, kind) in enumerate(kinds().items()):
            written[name] = Path(directory, f"{number}")
            entry = Entry(EVERY_MINUTE, f"{job} {written[name]}")
            schedulers.append(running.enter_context(Scheduler(kind, [entry])))
        for scheduler in schedulers:
            scheduler.settle()
        late = _late(written)
    return Goal(7, SAID, _lines(late), NOTES.splitlines())


def _job(directory: Path) -> Path:
    program = directory / "job"
    command = ["cc", "-O2", "-x", "c", "-o", str(program), "-"]
    subprocess.run(command, input=_JOB, text=True, check=True)
    return program


def _late(written: dict[str, Path]) -> dict[str, list[float]]:
    """Wait for as many minutes; return how late (µs) each job of each scheduler began."""
    for path in written.values():
        path.unlink(missing_ok=True)
    deadline = time.monotonic() + (MINUTES + 1) * 60  # one may have been lost
    while any(len(_begins(path)) < MINUTES for path in written.values()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"not {MINUTES} jobs of each: {written}")
        pause(_STEP)
    return {
        name: [float(begin % _MINUTE_US) for begin in _begins(path)[:MINUTES]]
        for name, path in written.items()
    }


def _begins(path: Path) -> list[int]:
    return [*map(int, path.read_text("ascii").split())] if path.exists() else []


def _lines(late: dict[str, list[float]]) -> list[Line]:
    ours, longest = median(late["schedkit"]), max(late["schedkit"])
    lines = [
        Line("the median", "schedkit", duration(ours), wanted="≤ 5 ms", met=ours <= MOST_US),
        *_peers(late, ours, {name: median(times) for name, times in late.items()}, LEAST),
    ]
    wanted, met = "≤ 20 ms", longest <= MOST_EVER_US
    lines += [
        Line("the longest", "schedkit", duration(longest), wanted=wanted, met=met),
        *_peers(late, longest, {name: max(times) for name, times in late.items()}, {}),
    ]
    return lines


def _peers(
    late: dict[str, list[float]], ours: float, theirs: dict[str, float], least: dict[str, float]
) -> list[Line]:
    lines = []
    for name in late:
        if name == "schedkit":
            continue
        ratio, wanted = theirs[name] / ours, least.get(name)
        goal = "" if wanted is None else f"≥ {wanted:g}{TIMES}"
        met = None if wanted is None else ratio >= wanted
        lines.append(Line("", name, duration(theirs[name]), f"{ratio:.3g}{TIMES}", goal, met))
    return lines
