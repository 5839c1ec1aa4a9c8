"""Many jobs due at one instant: how long until they have ended, and the limit in C."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.common import TIMES, Line, duration
from benchmarks.running import Runner, share

PART = 0.99  # of the jobs, when they have ended
_SOURCE = Path(__file__).with_name("limit.c")
_STARTING = timedelta(seconds=4)  # of a runner
_READING = timedelta(milliseconds=1)  # of a job


class Ended(NamedTuple):
    """When 99 of 100 had ended and when all had, in milliseconds after they were due."""

    most: float
    all: float


class Limit:
    """A loop in C that starts a command so many times, and records nothing."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def through_sh(self, command: str, count: int) -> Ended:
        """Start a command through sh."""
        return self._run(str(count), command)

    def alone(self, program: str, count: int) -> Ended:
        """Start a program without one."""
        return self._run(str(count), "-", program)

    def _run(self, *arguments: str) -> Ended:
        said = subprocess.check_output([self._program, *arguments], text=True)
        return Ended(*map(float, said.split()))


@contextmanager
def limit() -> Iterator[Limit]:
    """Compile the loop in C."""
    with TemporaryDirectory() as directory:
        program = Path(directory, "limit")
        subprocess.run(["cc", "-O2", "-o", program, _SOURCE], check=True)
        yield Limit(program)


def burst(command: str, count: int, *, top: str = "", keys: str = "") -> Ended:
    """
    Run so many jobs of a command that are due at one instant.

    *top* is what the file says beside the jobs, *keys* what each job says beside its command.
    Raises: RuntimeError when one was lost, ran twice or failed.
    """
    fire = (datetime.now(UTC) + _STARTING + count * _READING).replace(microsecond=0)
    clock = f"clock: {{dates: ['{fire:%F %T}']}}"
    jobs = "".join(f"  j{n}: {{command: {command}, {clock}{keys}}}\n" for n in range(count))
    with Runner(f"{top}\njobs:\n{jobs}") as runner:
        runner.until_recorded(count)
        runner.check(count)
        ends = runner.times().ends
    return Ended(share(ends, PART), ends[-1])


def compared(work: str, ms: float, other: float, most: float, whose: str = "") -> Line:
    """Return the line that says how many times as long as something else it took."""
    ratio = ms / other
    said = f"{ratio:.3g}{TIMES} {whose}".strip()
    return Line(work, "schedkit", duration(ms * 1000), said, f"≤ {most:g}{TIMES}", ratio <= most)
