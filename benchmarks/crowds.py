"""A crowd of jobs that are due at one instant, under schedkit and its peers: who ran, and when."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.bursts import PART
from benchmarks.running import cores, share
from benchmarks.schedulers import AT_START, Entry, Kind, Scheduler, kinds, pause

_STORE = "cronstable with its store"
_STARTING = timedelta(seconds=12)  # of a scheduler, until it has read so many jobs
_QUIET = 15.0  # seconds in which none ends: the rest has been lost
_MINUTE = timedelta(minutes=1)
_ITEM = "\n      - {}".format
_BUSY = "while True: pass"
# What each job is. In C, since what Python or a shell takes would be most of it.
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
    int length = snprintf(line, sizeof line, "%lld %s\\n",
                          now.tv_sec * 1000000LL + now.tv_nsec / 1000, argv[argc - 1]);
    int file = open(argv[argc - 2], O_WRONLY | O_CREAT | O_APPEND, 0600);
    return write(file, line, length) != length;
}
"""
Write = Callable[[Path, Sequence[Entry], datetime], object]  # a file of jobs due at an instant


class _Contestant(NamedTuple):
    """A scheduler: how it is told of the instant, which may have to be a full minute."""

    argv: Sequence[str]
    write: Write
    step: timedelta = timedelta(seconds=1)


class Outcome(NamedTuple):
    """When 99 of 100 had ended, in ms after they were due; how many never ran, how many twice."""

    most: float
    lost: int
    twice: int

    @property
    def said(self) -> str:
        """What is to be said of the lost ones, if there are any."""
        return f", {self.lost} lost, {self.twice} twice" if self.lost or self.twice else ""


def outcomes(count: int, rounds: int, names: Collection[str] = ()) -> dict[str, Outcome]:
    """
    Return what becomes of so many jobs under each scheduler, or each of *names*: medians.

    Those that know no seconds have one round.
    """
    found: dict[str, list[Outcome]] = {}
    with TemporaryDirectory() as directory:
        job = _compiled(Path(directory))
        for turn in range(rounds):
            for name, contestant in _contestants().items():
                if (not names or name in names) and not (turn and contestant.step == _MINUTE):
                    found.setdefault(name, []).append(_turn(job, contestant, count))
    return {
        name: Outcome(
            median(one.most for one in each),
            sum(one.lost for one in each),
            sum(one.twice for one in each),
        )
        for name, each in found.items()
    }


@contextmanager
def busy() -> Iterator[None]:
    """Let processes compute, two for each core."""
    with ExitStack() as running:
        for _ in range(2 * cores()):
            process = subprocess.Popen([sys.executable, "-c", _BUSY])
            running.callback(process.wait)
            running.callback(process.kill)
        yield


def _contestants() -> dict[str, _Contestant]:
    there = kinds()
    found = {"schedkit": _Contestant(there["schedkit"].argv, _ours)}
    if "cronstable" in there:
        found[_STORE] = _Contestant(there["cronstable"].argv, _with_store)
    for name in ("APScheduler", "yacron", "Debian's cron"):
        if name in there:
            write = partial(_by_minute, there[name], local=name == "Debian's cron")
            found[name] = _Contestant(there[name].argv, write, _MINUTE)
    return found


def _turn(job: Path, contestant: _Contestant, count: int) -> Outcome:
    """Let a scheduler run so many jobs at one instant."""
    fire = _next(datetime.now(UTC) + _STARTING, contestant.step)
    with TemporaryDirectory() as directory:
        written = Path(directory, "ended")
        entries = [Entry("", f"{job} {written} {number}") for number in range(count)]

        def write(place: Path, all_entries: Sequence[Entry]) -> None:
            contestant.write(place, all_entries, fire)

        with Scheduler(Kind(write, contestant.argv), entries):
            lines = _until_over(written, count, fire)
    ends = sorted((int(us) / 1e3 - fire.timestamp() * 1e3) for us, _ in lines)
    runs = Counter(number for _, number in lines)
    twice = sum(number > 1 for number in runs.values())
    return Outcome(share(ends, PART) if ends else 0.0, count - len(runs), twice)


def _next(earliest: datetime, step: timedelta) -> datetime:
    """Return the first instant from *earliest* on that is a whole number of steps."""
    midnight = earliest.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - (midnight - earliest) // step * step


def _until_over(written: Path, count: int, fire: datetime) -> list[tuple[str, str]]:
    """Wait until so many jobs have ended, or no more seem to; return when which did."""
    pause((fire - datetime.now(UTC)).total_seconds())
    lines: list[tuple[str, str]] = []
    last = time.monotonic()
    while len(lines) < count and time.monotonic() - last < _QUIET:
        pause(0.5)
        before, lines = lines, _lines(written)
        if len(lines) > len(before):
            last = time.monotonic()
    pause(1)  # for one that would run twice
    return _lines(written)


def _lines(written: Path) -> list[tuple[str, str]]:
    if not written.exists():
        return []
    found = (line.split() for line in written.read_text("ascii").splitlines())
    return [(us, number) for us, number in found]


def _compiled(directory: Path) -> Path:
    program = directory / "job"
    command = ["cc", "-O2", "-x", "c", "-o", str(program), "-"]
    subprocess.run(command, input=_JOB, text=True, check=True)
    return program


def _ours(place: Path, entries: Sequence[Entry], fire: datetime) -> None:
    due = f"{{dates: ['{fire:%F %T}']}}"
    jobs = "".join(
        f"  job-{number}:\n    command: {one.command}\n"
        f"    clock: {'startup' if one.when == AT_START else due}\n"
        for number, one in enumerate(entries)
    )
    (place / "schedules.yaml").write_text(f"timezone: UTC\njobs:\n{jobs}", encoding="utf-8")


def _with_store(place: Path, entries: Sequence[Entry], fire: datetime) -> None:
    due = f"{fire.second} {fire.minute} {fire.hour} {fire.day} {fire.month} * *"
    jobs = "".join(
        f"  - name: job-{number}\n    schedule: '{one.when or due}'\n"
        f"    command:{''.join(map(_ITEM, one.command.split()))}\n"
        for number, one in enumerate(entries)
    )
    (place / "jobs.yaml").write_text(
        f"state:\n  path: {place / 'store'}\n"
        f"defaults:\n  captureStdout: true\n  archiveOutput: true\njobs:\n{jobs}",
        encoding="utf-8",
    )


def _by_minute(
    kind: Kind, place: Path, entries: Sequence[Entry], fire: datetime, *, local: bool
) -> None:
    """Write a file of a kind that knows no seconds; *local*: nor any zone but the machine's."""
    at = fire.astimezone() if local else fire
    due = f"{at.minute} {at.hour} {at.day} {at.month} *"
    kind.write(place, [Entry(one.when or due, one.command) for one in entries])
