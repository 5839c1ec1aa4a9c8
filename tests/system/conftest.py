"""What every test of the real command is given."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import Sched


@pytest.fixture
def sched(tmp_path: Path) -> Iterator[Sched]:
    """A directory for a file of schedules; whatever was started there is ended."""
    made = Sched(tmp_path)
    yield made
    made.close()


@pytest.fixture
def seed() -> int:
    """A seed for what happens at random; shown when the test fails, set by SCHED_SEED."""
    found = int(os.environ.get("SCHED_SEED", time.time_ns() % 10**9))
    sys.stdout.write(f"SCHED_SEED={found}\n")
    return found
