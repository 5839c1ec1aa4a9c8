"""The command line, as a user has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from files import Sched
from talking import Answering


@pytest.fixture
def sched(tmp_path: Path) -> Sched:
    """Return the command, in an empty directory."""
    return Sched(tmp_path)


@pytest.fixture
def runner(sched: Sched) -> Iterator[Answering]:
    """A runner that is up in the directory of `sched`, and does nothing but answer."""
    made = Answering(sched.directory / ".sched")
    yield made
    made.close()
