"""`sched logs`: what a run wrote."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import pytest

from files import Answer, Sched
from past import Past, write_past
from schedkit.cli.verbs.logs import _newest
from schedkit.run import State
from schedkit.store import SQLiteReader

JOBS = """
jobs:
  backup: {command: x, clock: daily at 02:30, retry: 2}
  report: {command: x, clock: every 1h}
  quiet: {command: x, clock: every 1h}
"""


@pytest.fixture
def runs(sched: Sched) -> dict[str, str]:
    """Return the ids of runs by what is special about them."""
    sched.write(JOBS)
    names = ("retried", "last", "missed", "quiet", "waits")
    ids = write_past(
        sched,
        [
            Past("backup", State.FAILED, (b"one\n", b"two\n")),
            Past("backup", State.SUCCEEDED, (b"three\n\tfour\nfive\n",)),
            Past("backup", State.MISSED),
            Past("quiet", State.SUCCEEDED),
            Past("report", State.QUEUED),
        ],
    )
    return dict(zip(names, ids, strict=True))


def test_what_the_last_run_of_a_job_wrote_is_shown(sched: Sched, runs: dict[str, str]) -> None:
    """A fire time that was missed later wrote nothing: that is not what is asked for."""
    expected = Answer(0, "three\n\tfour\nfive\n", "")

    assert runs
    assert [expected] * 2 == [sched("logs", "backup"), sched("logs", runs["last"])]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "two\n"),
        (("--attempt", "1"), "one\n"),
        (("--attempt", "2"), "two\n"),
        (("-f",), "two\n"),
        (("-f", "--attempt", "1"), "one\n"),
    ],
)
def test_of_a_run_that_was_tried_again_the_last_attempt_is_shown_or_the_one_named(
    sched: Sched, runs: dict[str, str], arguments: tuple[str, ...], expected: str
) -> None:
    actual = sched("logs", runs["retried"], *arguments)

    assert Answer(0, expected, "") == actual


def test_an_attempt_that_there_was_not_is_an_error(sched: Sched, runs: dict[str, str]) -> None:
    run = runs["retried"]

    actual = sched("logs", run, "--attempt", "3")

    assert Answer(4, "", f"error: run {run} has no attempt 3, but 2\n") == actual


@pytest.mark.parametrize(
    ("lines", "expected"),
    [("1", "five\n"), ("2", "\tfour\nfive\n"), ("9", "three\n\tfour\nfive\n")],
)
def test_the_last_lines_alone_are_shown(
    sched: Sched, runs: dict[str, str], lines: str, expected: str
) -> None:
    assert runs

    actual = sched("logs", "backup", "-n", lines)

    assert Answer(0, expected, "") == actual


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quiet", "wrote nothing"),
        ("missed", "has not run: missed: for a reason"),
        ("waits", "has not run: queued"),
    ],
)
def test_where_there_is_nothing_to_show_it_says_why(
    sched: Sched, runs: dict[str, str], name: str, said: str
) -> None:
    actual = sched("logs", runs[name])

    assert Answer(0, "", f"{runs[name]} {said}\n") == actual


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("bakup", "there is no run and no job 'bakup'\n  = help: did you mean 'backup'?"),
        ("7k3m2q", "there is no run and no job '7k3m2q'"),
        ("new", "new has no run"),
    ],
)
def test_what_is_neither_a_run_nor_a_job_is_an_error(
    sched: Sched, runs: dict[str, str], target: str, said: str
) -> None:
    sched.write(JOBS + "  new: {command: x, clock: every 1h}\n")
    assert runs

    actual = sched("logs", target)

    assert Answer(4, "", f"error: {said}\n") == actual


def test_before_anything_has_run_it_says_so(sched: Sched) -> None:
    sched.write(JOBS)
    expected = [
        Answer(4, "", "error: nothing has run yet: backup has no run\n"),
        Answer(4, "", "error: no job is named 'bakup'\n  = help: did you mean 'backup'?\n"),
    ]

    assert expected == [sched("logs", "backup"), sched("logs", "bakup")]


def test_what_is_no_text_arrives_in_a_pipe_as_it_is(sched: Sched) -> None:
    data = bytes(range(256)) * 700
    sched.write(JOBS)
    write_past(sched, [Past("backup", State.SUCCEEDED, (data,))])

    done = subprocess.run(
        [sys.executable, "-m", "schedkit", "logs", "backup"],
        cwd=sched.directory,
        env=sched.environment,
        stdout=subprocess.PIPE,
        timeout=30,
        check=True,
    )

    assert data == done.stdout


def test_a_pipe_that_is_closed_is_no_error(sched: Sched) -> None:
    sched.write(JOBS)
    write_past(sched, [Past("backup", State.SUCCEEDED, (b"line\n" * 200_000,))])
    line = "$SCHED logs backup | head -1; exit ${PIPESTATUS[0]}"

    done = subprocess.run(
        ["bash", "-c", line],
        cwd=sched.directory,
        env=sched.environment | {"SCHED": f"{sys.executable} -m schedkit"},
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert (0, b"line\n", b"") == (done.returncode, done.stdout, done.stderr)


# ---- which run is meant


def test_without_a_name_it_is_the_last_run_that_was_started(
    sched: Sched, runs: dict[str, str]
) -> None:
    """Of all jobs; that it is not the one that somebody thinks of is seen at once."""
    said = f"{runs['quiet']}: quiet, 2026-03-02T02:33:00+00:00, succeeded\n"
    expected = Answer(0, "", f"{said}{runs['quiet']} wrote nothing\n")

    assert expected == sched("logs")


def test_without_a_name_what_it_wrote_alone_is_the_answer(sched: Sched) -> None:
    sched.write(JOBS)
    (run,) = write_past(sched, [Past("report", State.FAILED, (b"one\ntwo\n",))])
    expected = Answer(0, "two\n", f"{run}: report, 2026-03-02T02:30:00+00:00, failed\n")

    assert expected == sched("logs", "-n", "1")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.SUCCEEDED, State.RUNNING, State.QUEUED], 1),
        ([State.SUCCEEDED, State.QUEUED, State.SKIPPED], 0),
        ([State.MISSED, State.SKIPPED], 1),
        ([State.SUCCEEDED, *[State.SKIPPED] * 60], 0),
        ([State.SUCCEEDED, State.FAILED, *[State.MISSED] * 60], 1),
        ([State.MISSED] * 60, 59),
    ],
)
def test_of_a_job_the_last_run_that_was_started_is_shown_else_the_last(
    sched: Sched, states: list[State], expected: int
) -> None:
    sched.write(JOBS)
    ids = write_past(sched, [Past("report", state) for state in states])

    actual = sched("logs", "report").stderr.partition(" ")[0]

    assert ids[expected] == actual


def test_followed_is_the_run_at_work_though_another_has_ended_since(sched: Sched) -> None:
    sched.write(JOBS)
    states = [State.RUNNING, State.SUCCEEDED, State.QUEUED]
    ids = write_past(sched, [Past("report", state) for state in states])

    with closing(SQLiteReader.open(sched.directory / ".sched/history.db")) as store:
        found = [_newest(store, job, live=True) for job in ("report", None)]

    assert [ids[0]] * 2 == [run.id for run in found if run is not None]


@pytest.mark.parametrize("target", [(), ("backup",)])
def test_where_nothing_has_run_there_is_nothing_to_show(
    sched: Sched, target: tuple[str, ...]
) -> None:
    sched.write(JOBS)
    write_past(sched, [])
    said = "backup has no run" if target else "nothing has run yet"

    assert Answer(4, "", f"error: {said}\n") == sched("logs", *target)


def test_before_there_is_a_history_nothing_has_run(sched: Sched) -> None:
    sched.write(JOBS)

    assert Answer(4, "", "error: nothing has run yet\n") == sched("logs")
