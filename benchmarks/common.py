"""What every benchmark shares: rounds that take turns, medians, lines of a table."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import NamedTuple

ROUNDS = 7
TURN_US = 50_000.0  # what a turn takes at least: a shorter one is repeated, or noise decides
TIMES = "×"  # noqa: RUF001  # what a table writes after a ratio
Timed = Callable[[], object]
Prepare = Callable[[int], Timed]  # takes the number of the round; what it does is not timed


class Line(NamedTuple):
    """
    A line of the table: what was done, by whom, the median (µs) of one of it, and what is wanted.

    *ratio* is the median over that of schedkit, unless it says over what.
    """

    work: str
    who: str
    median_us: float
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None


class Goal(NamedTuple):
    """A goal of the design, what was done for it, and what that took."""

    number: int
    said: str
    lines: list[Line]
    notes: list[str]


def interleaved(
    contestants: Mapping[str, Prepare], count: int, rounds: int = ROUNDS
) -> dict[str, float]:
    """
    Return the median time (µs) of one of *count* by each contestant.

    In every round each has one turn, and in every round another is the first: what else the
    machine does falls upon all of them. A turn before the first round is not counted.
    """
    names = list(contestants)
    first_turn = {name: _turn(contestants[name](rounds), 1) for name in names}
    repeats = {name: 1 + int(TURN_US / taken) for name, taken in first_turn.items()}
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            taken = _turn(contestants[name](number), repeats[name])
            times[name].append(taken / count)
    return {name: median(taken) for name, taken in times.items()}


def _turn(timed: Timed, repeats: int) -> float:
    """Return how long (µs) *timed* takes, the mean of so many times."""
    gc.collect()
    begin = perf_counter()
    for _ in range(repeats):
        timed()
    return (perf_counter() - begin) * 1e6 / repeats


def faster(work: str, times: Mapping[str, float], wanted: Mapping[str, float]) -> list[Line]:
    """Return the lines of a contest in which peers are to take *wanted* times as long as we do."""
    ours = times["schedkit"]
    lines = [Line(work, "schedkit", ours)]
    for name, theirs in times.items():
        if name == "schedkit":
            continue
        least = wanted.get(name)
        ratio = theirs / ours
        met = None if least is None else ratio >= least
        goal = "" if least is None else f"≥ {least:g}{TIMES}"
        lines.append(Line("", name, theirs, f"{ratio:.3g}{TIMES}", goal, met))
    return lines


def table(goals: list[Goal]) -> str:
    """Return the goals as Markdown."""
    parts = []
    for goal in goals:
        rows = [
            f"**Goal {goal.number}**: {goal.said}\n",
            "| work | by | one takes | ratio | wanted | |",
            "| --- | --- | ---: | ---: | ---: | --- |",
        ]
        for line in goal.lines:
            verdict = {None: "", True: "met", False: "**missed**"}[line.met]
            cells = (line.work, line.who, _duration(line.median_us), line.ratio, line.wanted)
            rows.append(f"| {' | '.join((*cells, verdict))} |")
        notes = "\n".join(f"- {note}" for note in goal.notes)
        parts.append("\n".join(rows) + (f"\n\n{notes}" if notes else ""))
    return "\n\n".join(parts)


def _duration(us: float) -> str:
    return f"{us / 1000:.3g} ms" if us >= 1000 else f"{us:.3g} µs"
