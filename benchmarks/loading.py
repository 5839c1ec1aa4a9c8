"""Goal 4: load and validate a file of 10,000 jobs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from benchmarks.common import TIMES, Goal, Line, duration
from benchmarks.many_jobs import peers_text, text
from benchmarks.peers import program

SAID = (
    "load and validate 10,000 jobs in at most 1.5 times what PyYAML's C loader alone takes for the "
    "same text with the garbage collector off; at most 0.1 times cronstable, per job"
)
COUNT = 10_000
OF_CRONSTABLE, OF_YACRON = 1000, 300
ROUNDS = 5
MOST_OVER_YAML = 1.5
MOST_OVER_CRONSTABLE = 0.1
LIMIT = 300.0  # seconds a turn may take
YAML = "PyYAML, its C loader alone"

# What a process does before the clock is started, and what is timed. The first jobs that a process
# reads are ten others: what is imported and built then is the whole command's line.
_OURS = (
    "from pathlib import Path; from schedkit import loader; loader.load([Path('few.yaml')])",
    "loader.load([Path('many.yaml')])",
)
_YAML = (
    "import gc, yaml; text = open('many.yaml').read(); gc.disable()",
    "yaml.load(text, Loader=yaml.CSafeLoader)",
)
_CRONSTABLE = (
    "from cronstable.config import parse_config_with_sources as read; read('few.cronstable.yaml')",
    "read('many.cronstable.yaml')",
)
_YACRON = (
    "from yacron.config import parse_config as read; read('few.yacron.yaml')",
    "read('many.yacron.yaml')",
)
_TIMED = "{0}; import time; begin = time.process_time(); {1}; print(time.process_time() - begin)"

_HOW = (
    "A process of its own for each turn, in each round other jobs; the time is that of its "
    "processor. What it imports is in the time of the whole command alone."
)
_PEERS = (
    "A peer has the same jobs as far as it has words for them: a daily clock, say, as cron, and no "
    "filters. What it does is its own check of a file."
)
_ABSENT = "cronstable and yacron are not installed: left out."


class _Contestant(NamedTuple):
    """Who reads how many jobs, and how: its turn returns how long that took (s)."""

    jobs: int
    turn: Callable[[Path], float]


def measure() -> Goal:
    """Return what it takes."""
    contestants = _contestants()
    times: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(ROUNDS):
        with _files(number) as directory:
            first = number % len(names)
            for name in names[first:] + names[:first]:
                jobs, turn = contestants[name]
                times[name].append(turn(directory) * 1e6 / jobs)
    medians = {name: median(taken) for name, taken in times.items()}
    return Goal(4, SAID, _lines(medians), [_HOW, _PEERS if _peers_python() else _ABSENT])


def _contestants() -> dict[str, _Contestant]:
    found = {
        "schedkit": _Contestant(COUNT, lambda where: _timed(sys.executable, _OURS, where)),
        YAML: _Contestant(COUNT, lambda where: _timed(sys.executable, _YAML, where)),
        "sched validate": _Contestant(COUNT, _validate),
    }
    python = _peers_python()
    if python is not None:
        found["cronstable"] = _Contestant(
            OF_CRONSTABLE, lambda where: _timed(python, _CRONSTABLE, where)
        )
        found["yacron"] = _Contestant(OF_YACRON, lambda where: _timed(python, _YACRON, where))
    return found


def _lines(times: dict[str, float]) -> list[Line]:
    ours, yaml = times["schedkit"], times[YAML]
    lines = [
        Line(
            "load 10,000 jobs, each", "schedkit", duration(ours),
            f"{ours / yaml:.3g}{TIMES} {YAML}", f"≤ {MOST_OVER_YAML:g}{TIMES}",
            ours / yaml <= MOST_OVER_YAML,
        ),
        Line("", YAML, duration(yaml), f"{yaml / ours:.3g}{TIMES}"),
    ]  # fmt: skip
    if "cronstable" in times:
        theirs = times["cronstable"]
        lines += [
            Line("", "cronstable, of 1,000", duration(theirs), f"{theirs / ours:.3g}{TIMES}",
                 f"≥ {1 / MOST_OVER_CRONSTABLE:g}{TIMES}", ours / theirs <= MOST_OVER_CRONSTABLE),
            Line("", "yacron, of 300", duration(times["yacron"]),
                 f"{times['yacron'] / ours:.3g}{TIMES}"),
        ]  # fmt: skip
    whole = times["sched validate"]
    return [*lines, Line("the whole command", "sched validate", duration(whole))]


def _peers_python() -> str | None:
    found = program("cronstable")
    return None if found is None else str(Path(found).with_name("python"))


@contextmanager
def _files(seed: int) -> Iterator[Path]:
    """Make the files of a round."""
    with TemporaryDirectory(prefix="sched-benchmark-") as made:
        directory = Path(made)
        for name, ours, theirs in (("few", 10, 10), ("many", COUNT, OF_CRONSTABLE)):
            own_seed = f"{name} {seed}"
            for file, written in (
                (f"{name}.yaml", text(ours, own_seed)),
                (f"{name}.cronstable.yaml", peers_text(theirs, own_seed)),
                (f"{name}.yacron.yaml", peers_text(min(theirs, OF_YACRON), own_seed)),
            ):
                (directory / file).write_text(written, encoding="utf-8")
        yield directory


def _timed(python: str, programs: tuple[str, str], directory: Path) -> float:
    answer = subprocess.run(
        [python, "-c", _TIMED.format(*programs)], cwd=directory, stdout=subprocess.PIPE,
        check=True, timeout=LIMIT,
    )  # fmt: skip
    return float(answer.stdout.split()[-1])


def _validate(directory: Path) -> float:
    begin = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "schedkit", "validate", "many.yaml"],
        cwd=directory, stdout=subprocess.DEVNULL, check=True, timeout=LIMIT,
        env={**os.environ, "XDG_CACHE_HOME": str(directory)},
    )  # fmt: skip
    return perf_counter() - begin
