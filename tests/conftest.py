"""What many tests begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import FakeLoading, World


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run tests of real processes one after the other, beside all others (`--dist loadgroup`)."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            if item.get_closest_marker("system") is not None:
                item.add_marker(pytest.mark.xdist_group("system"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return a directory, a watch, an executor and a store, for a runner."""
    made = World(tmp_path)
    monkeypatch.setattr("schedkit.schedules.Loading", FakeLoading)
    monkeypatch.setattr(FakeLoading, "world", made, raising=False)
    yield made
    made.store.close()
