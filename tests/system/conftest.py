"""What every test of the real command is given."""

from __future__ import annotations

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
