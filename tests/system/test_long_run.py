"""Ten thousand runs: nothing is left of them but their records."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from breaking import keeper, without_record
from running import Sched, process_state

pytestmark = pytest.mark.system

_JOBS = 500
_FEW, _MANY = 2_000, 11_000  # runs; the second is beyond what one keeper starts
_MEMORY = 4000  # KB that a runner may take more after many runs than after a few
_JOURNALS = 1_500_000  # bytes: of the last keeper, and of one before it that is not gone yet


class _Held(NamedTuple):
    descriptors: int
    threads: int
    zombies: int
    watches: int


def _held(pid: int) -> _Held:
    """Return what a process holds of the kernel's."""
    place = Path(f"/proc/{pid}")
    children = (place / f"task/{pid}/children").read_text(encoding="ascii").split()
    watches = [
        line
        for path in (place / "fdinfo").iterdir()
        for line in path.read_text(encoding="ascii").splitlines()
        if line.startswith("inotify")
    ]
    return _Held(
        len(list((place / "fd").iterdir())),
        len(list((place / "task").iterdir())),
        [process_state(int(child)) for child in children].count("Z"),
        len(watches),
    )


def _memory(pid: int) -> int:
    """Return what a process has of memory for itself, in KB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    (line,) = [line for line in status if line.startswith("RssAnon:")]
    return int(line.split()[1])


def _write(sched: Sched, jobs: int, end: datetime | None = None) -> None:
    keys = "command: [/bin/true], clock: every 1s" + (f", end: '{end:%F %T}'" if end else "")
    fire = "".join(f"  j{number}: {{{keys}}}\n" for number in range(jobs))
    by_hand = "  by_hand: {command: [/bin/true], clock: yearly 01-01 at 00:00}\n"
    sched.write(f"runner: {{max_parallel: 16}}\njobs:\n{fire}{by_hand}")


@pytest.mark.timeout(300)  # seconds: a slow machine has many processes to start
def test_ten_thousand_runs_leave_nothing_but_their_records(sched: Sched) -> None:
    _write(sched, 0)
    runner = sched.run()
    assert not sched("trigger", "by_hand", "--wait").returncode
    before = _held(runner.process.pid), _held(keeper(sched, runner))

    _write(sched, _JOBS)
    for _ in range(_FEW):
        runner.until("run succeeded")
    memory = _memory(runner.process.pid)
    for _ in range(_MANY - _FEW):
        runner.until("run succeeded")
    grown = _memory(runner.process.pid) - memory
    _write(sched, _JOBS, datetime.now(UTC))
    runner.until("schedule loaded", why="reload")
    sched.until_over()
    assert not sched("trigger", "by_hand", "--wait").returncode
    after = _held(runner.process.pid), _held(keeper(sched, runner))
    code, _ = runner.stop()

    assert (0, before) == (code, after)
    assert grown < _MEMORY
    journals = [path.stat().st_size for path in (sched.state / "keepers").iterdir()]
    assert sum(journals) < _JOURNALS
    assert [] == [path for path in (sched.state / "output").rglob("*") if path.is_file()]
    runs = [run for run in sched.history() if run["job"] != "by_hand"]
    states = Counter(run["state"] for run in runs)
    assert states["succeeded"] >= _MANY
    assert set(states) <= {"succeeded", "skipped"}
    assert [] == list(without_record(runs))
