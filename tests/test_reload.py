"""Loading files in a child, as a runner does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes import load as loaded
from schedkit.errors import ConfigError
from schedkit.reload import Loading, load

pytestmark = pytest.mark.system

GOOD = "jobs: {a: {command: x, clock: every 1m}}"
BAD = "jobs:\n  a: {command: x, clock: evry 1m}\n  b: {}\n"


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_child_loads_what_we_would(tmp_path: Path) -> None:
    expected = loaded(tmp_path, GOOD)

    assert expected == load([tmp_path / "schedules.yaml"])


def test_every_problem_of_the_files_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text(BAD, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load([path])

    text = str(caught.value)
    assert (f"{path}:2:26: " in text, f"{path}:3:" in text) == (True, True)
    assert "Traceback" not in text


def test_a_child_that_dies_is_an_error(tmp_path: Path) -> None:
    loaded(tmp_path, GOOD)
    loading = Loading([tmp_path / "schedules.yaml"])
    _, status = os.waitpid(loading.pid, 0)

    with pytest.raises(ConfigError, match="the files could not be loaded"):
        loading.result(status | 9)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load([tmp_path / "none.yaml"])

    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("name", ["json", "yaml", "calendar", "pickle", "typing", "schedkit"])
def test_a_module_in_the_current_directory_is_not_taken_for_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Users keep the modules of their Python jobs beside the schedules, and start there."""
    expected = loaded(tmp_path, GOOD)
    (tmp_path / f"{name}.py").write_text("raise SystemExit('taken')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert expected == load([tmp_path / "schedules.yaml"])


def test_a_load_leaves_no_descriptor(tmp_path: Path) -> None:
    loaded(tmp_path, GOOD)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # their number alone

    load([tmp_path / "schedules.yaml"])

    assert before == len(os.listdir("/proc/self/fd"))  # noqa: PTH208
