"""`sched at` and `sched in`: one extra run of a job, later."""

from __future__ import annotations

import json
import os
import pwd
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched
from schedkit.cli import render
from schedkit.store import SQLiteReader
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name
JOBS = """
jobs:
  a: {command: x, clock: every 1h}
  b: {command: x, clock: every 1h, enabled: false}
"""


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(JOBS)


def fire_time(sched: Sched) -> datetime:
    """Return the fire time of the only run."""
    (run,) = json.loads(sched("history", "--json").stdout)
    return datetime.fromisoformat(run["fire_time"])


# ---- a runner is up


def test_what_runs_later_is_told_with_its_time_and_how_to_cancel_it(
    sched: Sched, runner: Answering
) -> None:
    answer = sched("in", "1h30m", "a")

    ((verb, job, who, time, params, force),) = runner.operations.asked
    said = f"a runs on {time:%a %Y-%m-%d %H:%M:%S} UTC, in 1h 30min; cancel it with: sched cancel"
    assert Answer(0, "7k3m2q\n", f"{said} 7k3m2q\n") == answer
    assert ("at", "a", ME, {}, False) == (verb, job, who, params, force)


def test_the_runner_is_told_what_the_command_line_says(sched: Sched, runner: Answering) -> None:
    time = datetime.now(UTC).replace(microsecond=250_000) + timedelta(days=30)

    sched("at", time.isoformat(), "b", "--param", "K=v", "--param=X=y=z", "--force")

    expected = [("at", "b", ME, time, {"K": "v", "X": "y=z"}, True)]
    assert expected == runner.operations.asked


def test_a_time_is_told_in_the_zone_of_this_machine(sched: Sched, runner: Answering) -> None:
    time = (datetime.now(UTC) + timedelta(days=30)).replace(
        month=7, day=1, hour=12, minute=0, second=0, microsecond=0
    ) + timedelta(days=365)
    before = render.countdown(time - datetime.now(UTC))

    answer = sched("at", time.isoformat(), "a", TZ="Europe/Berlin")

    after = render.countdown(time - datetime.now(UTC))
    assert 1 == len(runner.operations.asked)
    assert answer in [
        Answer(
            0,
            "7k3m2q\n",
            f"a runs on {time:%a %Y-07-01} 14:00:00 CEST, in {left};"
            " cancel it with: sched cancel 7k3m2q\n",
        )
        for left in (before, after)
    ]


def test_an_unknown_job_is_named_with_the_nearest(sched: Sched, runner: Answering) -> None:
    expected = Answer(4, "", "error: no job is named 'aa'\n  = help: did you mean 'a'?\n")

    actual = sched("in", "1h", "aa")

    assert expected == actual
    assert 1 == len(runner.operations.asked)


# ---- none is up


def test_without_a_runner_it_is_said_that_one_has_to_be_up_by_then(sched: Sched) -> None:
    answer = sched("in", "2d", "a", "--param", "K=v")

    with closing(SQLiteReader.open(sched.directory / ".sched/history.db")) as store:
        (waiting,) = store.waiting()
        run = store.run(waiting.key.run)
    assert run is not None
    said = (
        f"a runs on {run.due:%a %Y-%m-%d %H:%M:%S} UTC, in 2d, if a runner is up by then:"
        f" sched run; cancel it with: sched cancel {run.id}\n"
    )
    assert Answer(0, f"{run.id}\n", said) == answer
    assert ("at", "queued", ME, run.fire_time, (("K", "v"),)) == (
        run.trigger, run.state, run.who, run.due, waiting.params,
    )  # fmt: skip


def test_it_is_cancelled_as_any_run_that_waits(sched: Sched) -> None:
    run = sched("in", "1h", "a").stdout

    answer = sched("cancel", run.strip())

    assert (0, run) == (answer.code, answer.stdout)
    assert "cancelled" == json.loads(sched("history", "--json").stdout)[0]["state"]


def test_what_comes_next_shows_it(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: {dates: 2000-01-01 00:00}}}\n")
    sched("in", "1h", "a")

    rows = json.loads(sched("next", "--json").stdout)

    assert [("a", fire_time(sched))] == [
        (row["job"], datetime.fromisoformat(row["fire_time"])) for row in rows
    ]


def test_what_is_wanted_at_a_fire_time_has_a_fire_time_of_its_own(sched: Sched) -> None:
    """Of two runs of one fire time, the schedule's would be refused."""
    time = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)

    first, second = (sched("at", time.isoformat(), "a").code for _ in range(2))

    runs = json.loads(sched("history", "--json").stdout)
    expected = [time + n * timedelta.resolution for n in (2, 1)]
    assert (0, 0, expected) == (
        first, second, [datetime.fromisoformat(run["fire_time"]) for run in runs],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("job", "code", "stderr"),
    [
        ("aa", 4, "error: no job is named 'aa'\n  = help: did you mean 'a'?\n"),
        ("b", 1, "error: b is disabled in its file (run it all the same: --force)\n"),
    ],
)
def test_what_may_not_run_is_not_wanted_either(
    sched: Sched, job: str, code: int, stderr: str
) -> None:
    expected = Answer(code, "", stderr)

    actual = sched("in", "1h", job)

    assert expected == actual
    assert "[]\n" == sched("history", "--json").stdout


def test_a_paused_job_is_refused_unless_it_is_forced(sched: Sched) -> None:
    sched("pause", "a", "--reason", "no disk")
    said = f"error: a is paused by {ME}: no disk (run it all the same: --force)\n"

    actual = sched("in", "1h", "a"), sched("in", "1h", "a", "--force").code

    assert (Answer(1, "", said), 0) == actual


# ---- times that cannot be meant


NOW = "\n  = help: run it now with: sched trigger a"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("at", "2020-01-01T00:00Z"), f"Wed 2020-01-01 00:00:00 UTC is over{NOW}"),
        (("at", "0001-01-01T00:00-01:00"), f"Mon 1-01-01 00:00:00 UTC-01:00 is over{NOW}"),
        (("at", "9999-12-31T23:59Z"), "Fri 9999-12-31 23:59:00 UTC is more than 100 years ahead"),
    ],
)
def test_a_time_that_is_over_or_never_comes_is_refused(
    sched: Sched, words: tuple[str, str], said: str
) -> None:
    expected = Answer(2, "", f"error: {said}\n")

    actual = sched(*words, "a")

    assert expected == actual
    assert not (sched.directory / ".sched").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("at", "soon", "a"), "Invalid value for 'WHEN': 'soon' is not a time"),
        (("in", "90", "a"), "Invalid value for 'SPAN': a duration needs a unit: '90' has none"),
        (("in", "1mo", "a"), "Invalid value for 'SPAN': a month has no fixed length"),
        (("in", "1h"), "Missing argument 'JOB'."),
        (("in", "1h", "a", "--param", "x"), "Invalid value for '--param': 'x' is no NAME=VALUE"),
    ],
)
def test_what_is_no_time_or_no_command_is_a_wrong_use(
    sched: Sched, words: tuple[str, ...], said: str
) -> None:
    answer = sched(*words)

    assert 2 == answer.code
    assert answer.complaint.startswith(said)


def test_with_a_broken_file_and_no_runner_nothing_is_wanted(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: every 1h}}\n")

    answer = sched("in", "1h", "a")

    assert (78, "") == (answer.code, answer.stdout)


def test_on_a_terminal_it_says_the_same(sched: Sched) -> None:
    shown = on_terminal(sched, "in", "1h", "a")

    (run,) = json.loads(sched("history", "--json").stdout)
    assert f"{run['id']}\n" == shown
