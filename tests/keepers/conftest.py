"""Where jobs are started through keepers."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from launching import Place
from schedkit import processes


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with closing(Place(tmp_path)) as made:
        yield made
    ctypes.CDLL(None).prctl(processes._PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
