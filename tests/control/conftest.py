"""What every test of the socket is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from talking import Talk


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A server and its clients."""
    made = Talk(tmp_path / "control")
    yield made
    made.close()
