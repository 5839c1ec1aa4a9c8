"""`sched reload`: the runner takes the files as they are now."""

from __future__ import annotations

import pytest

from files import Answer, Sched
from talking import Answering


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"changes": ["a fires anew", "b is new"]}, Answer(0, "a fires anew\nb is new\n", "")),
        ({"changes": []}, Answer(0, "", "no job fires otherwise than before\n")),
        (
            {"error": "schedules.yaml:1:1: bad"},
            Answer(78, "", "error: schedules.yaml:1:1: bad\n"),
        ),
    ],
)
def test_what_came_of_it_is_told(
    sched: Sched, runner: Answering, result: dict[str, object], expected: Answer
) -> None:
    runner.operations.reloaded = result

    actual = sched("reload")

    assert expected == actual


def test_without_a_runner_there_is_nobody_to_do_it(sched: Sched) -> None:
    expected = Answer(
        3,
        "",
        "error: no runner is up: the next one takes the files as they are then\n"
        "  = help: see what changes with: sched plan\n",
    )

    actual = sched("reload")

    assert expected == actual
    assert not (sched.directory / ".sched").exists()
