"""Loading files in a child, as a runner does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes import load as loaded
from schedkit.errors import ConfigError
from schedkit.reload import Loading, load
from schedkit.report import InvalidFileError

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


def test_of_thousands_of_problems_the_first_are_told_and_how_many_more_there_are(
    tmp_path: Path,
) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text("jobs:\n" + "  a: {command: x, clock: every 1m}\n" * 5001, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load([path])

    told = [problem.message for problem in caught.value.problems]
    assert told[0] == f"{path}: 4980 more problems: see sched validate"
    assert len(told) == 21


def test_a_line_that_is_very_long_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text(f"jobs: {{a: {{clock: every 1m, command: '{'x' * 100_000}", encoding="utf-8")

    with pytest.raises(InvalidFileError) as caught:
        load([path])

    assert [""] == [one.text for one in caught.value.diagnostics]


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


def test_a_pipe_to_which_nobody_writes_does_not_hang_the_load(tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"
    os.mkfifo(path)
    loading = Loading([path], longest=1)

    _, status = os.waitpid(loading.pid, 0)

    with pytest.raises(ConfigError, match="the files could not be read within 1 seconds"):
        loading.result(status)
