"""What tests of the process begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from arriving import Watching


@pytest.fixture
def start() -> Iterator[Callable[..., Watching]]:
    """Return what starts a process, by way of the programs that are given."""
    with ExitStack() as stack:

        def started(*prefix: str) -> Watching:
            made = Watching(prefix)
            stack.callback(made.close)
            return made

        yield started


@pytest.fixture
def watching(start: Callable[..., Watching]) -> Watching:
    return start()
