"""Run every benchmark and rewrite the tables of README.md."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import fire_times, first_fires
from benchmarks.common import Goal, table

MEASURES: list[Callable[[], Goal]] = [fire_times.measure, first_fires.measure]
PEERS = ("schedkit", "cronsim", "croniter", "APScheduler")
PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"


def main() -> int:
    """Print the tables, and write them into the page."""
    load_before = os.getloadavg()[0]
    tables = table([measure() for measure in MEASURES])
    results = f"{_header(load_before)}\n\n{tables}\n"
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{results}\n{END}{after}", encoding="utf-8")
    print(results)
    return 0


def _header(load_before: float) -> str:
    """Return the machine, the date and the versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in PEERS)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores ({_processor()}), shared with other "
        f"work (load {load_before:.1f} before and {os.getloadavg()[0]:.1f} after). Compare "
        f"ratios only.\n{platform.system()} {platform.release().partition('-')[0]}, Python "
        f"{platform.python_version()}, {versions}."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
