"""What was measured last of each goal: kept in results.json, shown as tables in README.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.common import Goal, Line

KEPT = Path(__file__).with_name("results.json")
PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"
_PYTHON = ("schedkit", "cronsim", "croniter", "APScheduler", "cronstable", "yacron", "typer")
_VERDICTS = {None: "", True: "met", False: "**missed**"}


def keep(goal: Goal, load_before: float) -> None:
    """Put what was measured of a goal in place of what was measured of it before."""
    known = _known()
    known[str(goal.number)] = {
        **goal._asdict(),
        "lines": [line._asdict() for line in goal.lines],
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "load": f"{load_before:.1f} to {os.getloadavg()[0]:.1f}",
        "machine": _machine(),
    }
    ordered = dict(sorted(known.items(), key=lambda item: _order(item[0])))
    KEPT.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_page() -> None:
    """Write what is known of all goals into the page."""
    goals = list(_known().values())
    parts = [_summary(goals), *map(_section, goals)]
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n\n".join(parts)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n\n{END}{after}", encoding="utf-8")


def section(goal: Goal) -> str:
    """Return the table of a goal that was measured, in Markdown."""
    return _table(goal.number, goal.said, goal.lines, goal.notes)


def _order(number: str) -> tuple[bool, int, str]:
    """Return what puts goals in the order of their numbers, and what has a name behind them."""
    is_name = not number.isdigit()
    return is_name, 0 if is_name else int(number), number


def _known() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return known


def _summary(goals: Iterable[dict[str, Any]]) -> str:
    rows = ["| goal | work | ratio or figure | wanted | |", "| --- | --- | ---: | ---: | --- |"]
    for goal in goals:
        work = ""
        for line in map(_line, goal["lines"]):
            work = line.work or work
            if line.met is not None:
                whose = "" if line.who == "schedkit" else f", beside {line.who}"
                cells = (f"{work}{whose}", line.ratio or line.figure, line.wanted)
                rows.append(f"| {goal['number']} | {' | '.join(cells)} | {_VERDICTS[line.met]} |")
    return "\n".join(rows)


def _section(kept: dict[str, Any]) -> str:
    lines = [_line(one) for one in kept["lines"]]
    measured = f"{kept['when']}, load {kept['load']}. {kept['machine']}."
    return f"{_table(kept['number'], kept['said'], lines, kept['notes'])}\n\n{measured}"


def _line(kept: dict[str, Any]) -> Line:
    return Line(**kept)


def _table(number: int | str, said: str, lines: Iterable[Line], notes: Iterable[str]) -> str:
    rows = [
        f"**{f'Goal {number}' if isinstance(number, int) else number}**: {said}\n",
        "| work | by | figure | ratio | wanted | |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for line in lines:
        cells = (line.work, line.who, line.figure, line.ratio, line.wanted, _VERDICTS[line.met])
        rows.append(f"| {' | '.join(cells)} |")
    below = "\n".join(f"- {note}" for note in notes)
    return "\n".join(rows) + (f"\n\n{below}" if below else "")


def _machine() -> str:
    """Return the machine and the versions."""
    versions = ", ".join(f"{name} {found}" for name in _PYTHON if (found := _version(name)))
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()} "
        f"{platform.release().partition('-')[0]}, Python {platform.python_version()}, {versions}"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
