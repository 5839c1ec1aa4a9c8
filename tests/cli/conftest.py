"""The command line, as a user has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from files import Sched


@pytest.fixture
def sched(tmp_path: Path) -> Sched:
    """Return the command, in an empty directory."""
    return Sched(tmp_path)
