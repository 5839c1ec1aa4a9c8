"""Root does not run what others can write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from files import load, refused
from schedkit.loader.sources import writers_of

ONE = "jobs: {a: {command: x, clock: every 1h}}\n"


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loader take itself to be run by root."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.mark.parametrize(
    ("mode", "group", "expected"),
    [
        (0o644, 100, ""),
        (0o600, 0, ""),
        (0o664, 0, ""),
        (0o664, 100, "g"),
        (0o646, 0, "o"),
        (0o666, 0, "o"),
        (0o666, 100, "go"),
    ],
)
def test_others_write_by_the_mode_or_the_group(mode: int, group: int, expected: str) -> None:
    actual = (writers_of(stat.S_IFREG | mode, group), writers_of(stat.S_IFDIR | mode, group))

    assert (expected, expected) == actual


def test_a_pipe_is_of_whoever_opened_it() -> None:
    expected = ""

    actual = writers_of(stat.S_IFIFO | 0o666, 100)

    assert expected == actual


@pytest.mark.usefixtures("root")
def test_a_file_that_anybody_can_write_is_refused_to_root() -> None:
    expected = (
        "schedules.yaml: error: anybody can write it (mode 0646), and you are root\n"
        "  = help: chmod o-w schedules.yaml"
    )
    Path("schedules.yaml").touch()
    Path("schedules.yaml").chmod(0o646)

    actual = refused(ONE)

    assert expected == actual


@pytest.mark.usefixtures("root")
def test_what_others_can_write_is_refused_beside_what_else_is_wrong() -> None:
    expected = [
        "d: error: anybody can write it (mode 0707), and you are root",
        "d/a.yaml:1:1: error: unknown key 'jobz'",
        "d/b.yaml: error: anybody can write it (mode 0606), and you are root",
    ]
    Path("d").mkdir()
    Path("d").chmod(0o707)
    Path("d/b.yaml").touch()
    Path("d/b.yaml").chmod(0o606)

    found = refused({"d/a.yaml": "jobz: {}\n", "d/b.yaml": ONE}, "d")
    actual = [line for line in found.splitlines() if "error" in line]

    assert expected == actual


@pytest.mark.usefixtures("root")
def test_where_a_file_that_is_named_lies_is_no_matter(directory: Path) -> None:
    directory.chmod(0o777)
    expected = ["a"]

    actual = [job.name for job in load(ONE).jobs]

    assert expected == actual


def test_a_user_may_let_others_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    Path("schedules.yaml").touch()
    Path("schedules.yaml").chmod(0o666)
    expected = ["a"]

    actual = [job.name for job in load(ONE).jobs]

    assert expected == actual
