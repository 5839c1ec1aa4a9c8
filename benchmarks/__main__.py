"""Run all benchmarks, or those of the goals and names that are said, and rewrite their tables."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from benchmarks import results
from benchmarks.common import Goal, as_installed

MEASURES: dict[int | str, str] = {
    1: "fire_times.measure",
    2: "first_fires.measure",
    3: "commands.measure",
    4: "loading.measure",
    5: "memory.measure",
    6: "idle.measure",
    7: "lateness.measure",
    8: "burst.measure",
    9: "sustained.measure",
    10: "history.measure",
    11: "reloading.measure",
    12: "pool.measure",
    13: "day.measure",
    "telling": "telling.measure",
    "emitting": "emitting.measure",
}


def main() -> int:
    """Print the table of each goal as soon as it is there, and write it into the page."""
    as_installed()
    wanted = [int(word) if word.isdigit() else word for word in sys.argv[1:]] or list(MEASURES)
    for number in wanted:
        load_before = os.getloadavg()[0]
        module, function = MEASURES[number].split(".")
        goal: Goal = getattr(import_module(f"benchmarks.{module}"), function)()
        print(results.section(goal), flush=True)
        results.keep(goal, load_before)
        results.write_page()
    return 0


if __name__ == "__main__":
    sys.exit(main())
