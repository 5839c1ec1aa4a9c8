"""What processes take: memory, wake-ups, time on the processor; as the kernel counts it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def family(pid: int) -> list[int]:
    """Return the pids of a process and of all below it."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            children = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii")
            found += map(int, children.split())
    return found


def memory_mb(pids: Iterable[int]) -> float:
    """Return how much memory (10**6 bytes) processes have, of shared pages their share."""
    return sum(_field(Path(f"/proc/{pid}/smaps_rollup"), "Pss") for pid in pids) * 1024 / 1e6


def wakeups(pids: Iterable[int]) -> int:
    """Return how often the threads of processes have gone to sleep so far."""
    return sum(
        _field(thread / "status", "voluntary_ctxt_switches")
        for pid in pids
        for thread in Path(f"/proc/{pid}/task").iterdir()
    )


def cpu_ms(pids: Iterable[int]) -> float:
    """Return how long the threads of processes have been on a processor so far."""
    times = (
        (thread / "schedstat").read_text(encoding="ascii").split()[0]
        for pid in pids
        for thread in Path(f"/proc/{pid}/task").iterdir()
    )
    return sum(map(int, times)) / 1e6


def _field(path: Path, name: str) -> int:
    for line in path.read_text(encoding="ascii").splitlines():
        found, _, value = line.partition(":")
        if found == name:
            return int(value.split()[0])
    raise RuntimeError(f"{path} has no {name}")
