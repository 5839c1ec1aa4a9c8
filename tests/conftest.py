"""What many tests begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a directory, a watch, an executor and a store, for a runner."""
    made = World(tmp_path)
    yield made
    made.store.close()
