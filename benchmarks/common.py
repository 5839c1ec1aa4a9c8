"""What every benchmark shares: rounds that take turns, medians, lines of a table."""

from __future__ import annotations

import compileall
import gc
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import schedkit

ROUNDS = 7
TURN_US = 50_000.0  # what a turn takes at least: a shorter one is repeated, or noise decides
TIMES = "×"  # noqa: RUF001  # what a table writes after a ratio
Timed = Callable[[], object]
Prepare = Callable[[int], Timed]  # takes the number of the round; what it does is not timed


class Line(NamedTuple):
    """
    A line of the table: what was done, by whom, the median figure with its unit, what is wanted.

    *ratio* is the median over that of schedkit, unless it says over what.
    """

    work: str
    who: str
    figure: str
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None


class Goal(NamedTuple):
    """A goal by its number, or what is none by its name; what it says, and what doing that took."""

    number: int | str
    said: str
    lines: list[Line]
    notes: list[str]


def as_installed() -> None:
    """
    Have schedkit compiled, as pip leaves what it installs, the peers too.

    Uncompiled each process would compile it anew, and keep the memory that this took.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(schedkit.__file__).parent, quiet=2)


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
    lines = [Line(work, "schedkit", duration(ours))]
    for name, theirs in times.items():
        if name == "schedkit":
            continue
        least = wanted.get(name)
        ratio = theirs / ours
        met = None if least is None else ratio >= least
        goal = "" if least is None else f"≥ {least:g}{TIMES}"
        lines.append(Line("", name, duration(theirs), f"{ratio:.3g}{TIMES}", goal, met))
    return lines


def duration(us: float) -> str:
    """Return so many microseconds in the unit that suits them."""
    if us >= 1e6:
        return f"{us / 1e6:.3g} s"
    return f"{us / 1000:.3g} ms" if us >= 1000 else f"{us:.3g} µs"
