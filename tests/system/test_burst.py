"""Bursts of jobs under a real runner: what they take of it, and that they leave nothing behind."""

from __future__ import annotations

import struct
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from running import LIMIT, Running, Sched, soon

pytestmark = pytest.mark.system

_JOBS = 200
_BURSTS = 3
_APART = timedelta(seconds=4)


def _until_ended(sched: Sched, runs: int) -> None:
    deadline = time.monotonic() + _APART.total_seconds() * _BURSTS + LIMIT
    while len(sched.history("--state", "succeeded")) < runs:
        assert time.monotonic() < deadline, f"not {runs} runs have ended"


def _commits(sched: Sched) -> int:
    """Return how many transactions there were. Source: walformat.html, iChange of the index."""
    index = (sched.state / "history.db-shm").read_bytes()
    found: int = struct.unpack_from("=I", index, 8)[0]
    return found


def _held(runner: Running) -> list[tuple[int, int]]:
    """Return how many descriptors and threads there are, of the runner and of its keeper."""
    own = Path(f"/proc/{runner.process.pid}")
    children = (own / f"task/{runner.process.pid}/children").read_text(encoding="ascii").split()
    places = [own, *(Path("/proc") / child for child in children)]
    return [(_count(place / "fd"), _count(place / "task")) for place in places]


def _count(directory: Path) -> int:
    return sum(1 for _ in directory.iterdir())


def _clock(first: datetime) -> str:
    times = [f"'{first + number * _APART:%F %T}'" for number in range(_BURSTS)]
    return f"{{dates: [{', '.join(times)}]}}"


def test_bursts_take_few_commits_and_leave_no_descriptor_or_thread_behind(sched: Sched) -> None:
    first = soon()
    clock = _clock(first)
    jobs = "".join(f"  j{n}: {{command: [/bin/true], clock: {clock}}}\n" for n in range(_JOBS))
    sched.write(f"jobs:\n{jobs}")
    runner = sched.run(start=False)
    held, commits = [], []
    for burst in range(_BURSTS):
        _until_ended(sched, (burst + 1) * _JOBS)
        held.append(_held(runner))
        commits.append(_commits(sched))

    assert held == [held[0]] * _BURSTS
    assert [len(one) for one in held] == [2] * _BURSTS
    # One commit each would be hundreds; on a busy machine those that end last end one by one.
    assert commits[-1] - commits[0] < _JOBS * (_BURSTS - 1) / 2
