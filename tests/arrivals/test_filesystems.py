"""Which file systems tell what happens on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from schedkit.arrivals import filesystems


def test_a_local_one_tells(tmp_path: Path) -> None:
    assert filesystems.tells(str(tmp_path))


def test_one_that_others_write_to_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "_SILENT", {0x9FA0})  # that of /proc

    assert not filesystems.tells("/proc")
    assert filesystems.tells("/")


def test_of_what_is_not_there_nothing_is_feared(tmp_path: Path) -> None:
    assert filesystems.tells(str(tmp_path / "none"))
