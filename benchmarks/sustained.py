"""Goal 9: how many runs of `true` a second, when there is always one more to start."""

from __future__ import annotations

from statistics import median

from benchmarks.bursts import burst, limit
from benchmarks.common import TIMES, Goal, Line

COUNT = 5000
ROUNDS = 3
SAID = (
    "sustained runs of `true`, output and history kept, synchronous=FULL: at least half as many a"
    " second as a loop of posix_spawn through sh in C, which records nothing"
)
NOTES = """\
So many jobs are due at one instant; counted is until the last of them has ended. They are \
started as any are: by make's rule without sh where it is not needed, and with it where it is.
Each that has to wait for a slot is claimed when it gets one, after the end before it is recorded.
None is lost and none runs twice, or there is no figure.
"""
_LEAST = 0.5  # times as many
_SLOTS = 16
_TRUE = "`true`"
_KINDS = {
    _TRUE: ("'true'", ""),
    "`true; true`, for a shell": ("'true; true'", ""),
    f"`true`, at most {_SLOTS} at a time": ("'true'", f"runner: {{max_parallel: {_SLOTS}}}"),
}


def measure() -> Goal:
    """Return how many there are."""
    rates: dict[str, list[float]] = {name: [] for name in ("C", *_KINDS)}
    with limit() as loop:
        for _ in range(ROUNDS):
            rates["C"].append(COUNT / loop.through_sh("true", COUNT).all)
            for name, (command, top) in _KINDS.items():
                rates[name].append(COUNT / burst(command, COUNT, top=top).all)
    a_second = {name: median(found) * 1000 for name, found in rates.items()}
    most = a_second.pop("C")
    lines = [_line(name, rate, rate / most) for name, rate in a_second.items()]
    lines.append(Line("`true`", "a loop in C, through sh", f"{most:,.0f}/s"))
    return Goal(9, SAID, lines, NOTES.splitlines())


def _line(work: str, rate: float, ratio: float) -> Line:
    said = f"{ratio:.3g}{TIMES} the loop"
    if work != _TRUE:
        return Line(work, "schedkit", f"{rate:,.0f}/s", said)
    return Line(work, "schedkit", f"{rate:,.0f}/s", said, f"≥ {_LEAST:g}{TIMES}", ratio >= _LEAST)
