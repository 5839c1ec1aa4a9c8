"""Where the files and the state are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from schedkit.cli.context import Context, NoFileError
from schedkit.config import Config
from schedkit.jobs import Jobs
from schedkit.settings import RunnerSettings


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, which is empty, in an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in (
        "SCHED_CONFIG", "SCHED_STATE", "STATE_DIRECTORY", "XDG_CONFIG_HOME",
        "NO_COLOR", "FORCE_COLOR",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return tmp_path


def context(*config: str, state: str | None = None, color: str = "auto") -> Context:
    return Context(config, state, color, 0)


def config(state: str | None = None) -> Config:
    return Config(Jobs(), RunnerSettings(), state, (), "", {})


# ---- the state directory


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("schedules.yaml",), ".sched"),
        (("etc/schedules.yaml",), "etc/.sched"),
        (("d",), "d/.sched"),
        (("d", "schedules.yaml"), "d/.sched"),
        (("/srv/x/schedules.yaml",), "/srv/x/.sched"),
        (("/etc/sched/schedules.yaml",), "/var/lib/sched"),
        (("/etc/schedules.yaml",), "/var/lib/sched"),
        (("/etc",), "/var/lib/sched"),
        (("/etcetera/schedules.yaml",), "/etcetera/.sched"),
        (("/etc/../srv/schedules.yaml",), "/srv/.sched"),
        (("/srv/../etc/sched/schedules.yaml",), "/var/lib/sched"),
    ],
)
def test_the_state_follows_the_file(paths: tuple[str, ...], expected: str, directory: Path) -> None:
    (directory / "d").mkdir()

    actual = context(*paths).state_directory(config())

    assert directory / expected == actual


def test_what_is_nearer_to_the_command_line_goes_first(
    monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    expected = [
        directory / ".sched", Path("/var/given"), Path("/in/file"),
        directory / "environment", directory / "option",
    ]  # fmt: skip

    actual = [context("a.yaml").state_directory(config())]
    monkeypatch.setenv("STATE_DIRECTORY", "/var/given:/var/second")
    actual.append(context("a.yaml").state_directory(config()))
    actual.append(context("a.yaml").state_directory(config("/in/file")))
    monkeypatch.setenv("SCHED_STATE", "environment")
    actual.append(context("a.yaml").state_directory(config("/in/file")))
    actual.append(context("a.yaml", state="option").state_directory(config("/in/file")))

    assert expected == actual


def test_a_state_that_is_named_needs_no_file(directory: Path) -> None:
    expected = directory / "here"

    actual = context(state="here").state_directory()

    assert expected == actual


def test_a_state_that_is_not_named_needs_a_file() -> None:
    with pytest.raises(NoFileError):
        context().state_directory()


# ---- files


def test_the_paths_of_the_command_line_are_those_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHED_CONFIG", "environment.yaml")
    expected = [(Path("environment.yaml"),), (Path("a.yaml"), Path("d"))]

    actual = [context().paths, context("a.yaml", "d").paths]

    assert expected == actual


# ---- colour


@dataclass
class Stream:
    """Something to write to."""

    terminal: bool

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("color", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_for_terminals_unless_something_else_is_said(
    color: str,
    environment: dict[str, str],
    terminal: bool,  # a case
    expected: bool,  # a case
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    actual = context(color=color).colour(Stream(terminal))

    assert expected == actual
