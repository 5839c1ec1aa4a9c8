"""One contract for every store: a new kind of store is a new parameter here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import load
from histories import JOBS, begin
from schedkit.config import Config
from schedkit.store import Store
from schedkit.store.sqlite import SQLiteStore

Opening = Callable[[], Store]


@pytest.fixture(params=["sqlite"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opening]:
    """Open the store of this test, once more each time it is called."""
    opened: list[Store] = []

    def open_store() -> Store:
        assert request.param == "sqlite"
        opened.append(SQLiteStore(tmp_path / "history.db"))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return what a file of jobs says."""
    return load(tmp_path, JOBS)


@pytest.fixture
def store(opening: Opening, config: Config) -> Store:
    """Return a store that a runner has begun with these jobs."""
    return begin(opening(), config)
