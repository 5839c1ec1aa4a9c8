"""The command line in a directory that was deleted, as by a deployment."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from files import NAME, Answer, Sched
from past import FIRED
from records import Record, write_records
from schedkit.run import State

_NOWHERE = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of a job that does not fire any more, and its history."""
    sched.write("jobs: {a: {command: echo, clock: {dates: 2020-01-01 00:00}}}")
    fires = [FIRED + number * timedelta(minutes=1) for number in range(3)]
    write_records(sched, [Record("a", fire, State.SUCCEEDED) for fire in fires])
    return sched


def nowhere(sched: Sched, *arguments: str) -> Answer:
    """Return what a verb answers in a directory that is there no more."""
    done = subprocess.run(
        ["sh", "-c", _NOWHERE, "sh", sys.executable, "-P", "-m", "schedkit", *arguments],
        cwd=sched.directory,
        env=sched.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "verb",
    ["list", "list --json", "show a", "next", "history", "explain a", "plan", "validate", "schema"],
)
def test_a_file_that_is_named_in_full_is_enough(filled: Sched, verb: str) -> None:
    path = str(filled.directory / NAME)
    shown = filled("-c", path, *verb.split())
    expected = shown._replace(stdout=shown.stdout.replace(path, NAME))

    actual = nowhere(filled, "-c", path, *verb.split())

    assert expected == actual._replace(stdout=actual.stdout.replace(path, NAME))


@pytest.mark.parametrize("words", ["-c a.yaml list", "-c a.yaml run", "plan a.yaml"])
def test_a_file_that_is_not_is_refused_in_words(filled: Sched, words: str) -> None:
    said = "error: the current directory was deleted\n  = help: go to another one: cd\n"
    expected = Answer(78, "", said)

    actual = nowhere(filled, *words.split())

    assert expected == actual


def test_a_state_directory_that_is_not_is_refused_in_words(filled: Sched) -> None:
    said = "error: the current directory was deleted\n  = help: go to another one: cd\n"
    expected = Answer(78, "", said)

    actual = nowhere(filled, "-c", str(filled.directory / NAME), "--state", "s", "history")

    assert expected == actual
