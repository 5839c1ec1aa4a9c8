"""What is told of runs that wait for their condition, and of those that it kept from starting."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from files import NAME, Answer, Sched
from schedkit import loader
from schedkit.launch import output_file
from schedkit.run import AttemptKey, Decision, Ended, Started, State, run_id
from schedkit.store import Holder
from schedkit.store.sqlite import SQLiteStore

FIRED = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
YAML = """
jobs:
  a: {command: "true", clock: yearly 01-01 at 00:00, wait_for: {host: "db:5432"}}
"""


def asked(sched: Sched, end: Ended | None = None, wrote: str | None = None) -> str:
    """Write a history with a run of which the condition is asked, and which ends so."""
    sched.write(YAML)
    jobs = {job.name: job for job in loader.load([sched.directory / NAME]).jobs}
    state = sched.directory / ".sched"
    state.mkdir()
    with closing(SQLiteStore(state / "history.db")) as store:
        store.begin(Holder(1, "host", "boot", "0"), FIRED)
        wish = Decision(
            "a", FIRED, State.QUEUED, at_once=False, asks=True, reason="waits for host db:5432"
        )
        ((key, _),) = store.claim([wish], jobs, FIRED)
        assert key is not None
        output = output_file(state / "output", key)
        store.record([Started(key, FIRED, 1, 1, "x", str(output))])
        if wrote is not None:
            output.parent.mkdir(parents=True)
            output.write_text(wrote, encoding="utf-8")
        if end is not None:
            store.record([Ended(key, end.time, end.state, end.reason, end.exit_code)])
        store.finish(FIRED)
    return run_id(key.run)


NOT = Ended(AttemptKey(1, 0), FIRED, State.SKIPPED, "only_if: x: exit code 1", 1)


def _json(sched: Sched, *arguments: str) -> Any:
    return json.loads(sched(*arguments, "--json").stdout)


def test_while_it_waits_a_job_does_not_run(sched: Sched) -> None:
    run = asked(sched)

    listed, shown = _json(sched, "list")[0], _json(sched, "show", "a")

    assert (listed["state"], listed["running"]) == ("enabled", [])
    assert (shown["state"], shown["running"]) == ("enabled", [])
    assert [one["id"] for one in shown["waiting"]] == [run]


def test_show_says_what_it_waits_for(sched: Sched) -> None:
    run = asked(sched)

    (row,) = [line for line in sched("show", "a").stdout.splitlines() if line[:7] == "waiting"]

    assert row.split("\t")[1] == f"{run}, waits for host db:5432, for {FIRED.isoformat()}"


def test_status_counts_it_among_those_that_wait(sched: Sched) -> None:
    run = asked(sched)

    rows = sched("status").stdout.splitlines()

    since = FIRED.astimezone().isoformat()
    assert [row for row in rows if row.startswith(("running", "waiting"))] == [
        f"waiting\t1 for a runner, first a {run} since {since}"
    ]


@pytest.mark.parametrize(
    ("end", "state", "reason"),
    [(None, "queued", "waits for host db:5432"), (NOT, "skipped", NOT.reason)],
)
def test_history_says_why(sched: Sched, end: Ended | None, state: str, reason: str) -> None:
    asked(sched, end)

    (run,) = _json(sched, "history")

    assert (run["state"], run["reason"]) == (state, reason)
    assert (run["attempts"], run["exit_code"], run["started"]) == (0, None, None)


def test_explain_says_what_it_waits_for(sched: Sched) -> None:
    run = asked(sched)

    answer = sched("explain", "a", FIRED.isoformat()).stdout

    (line,) = [line for line in answer.splitlines() if f"{run}: " in line]
    assert line.endswith(f"{run}: waits for host db:5432")


@pytest.mark.parametrize("arguments", [(), ("--attempt", "0")])
def test_logs_shows_what_was_asked_before_a_run_that_never_started(
    sched: Sched, arguments: tuple[str, ...]
) -> None:
    run = asked(sched, NOT, "no\n")

    assert Answer(0, "no\n", "") == sched("logs", run, *arguments)


def test_logs_says_so_when_that_said_nothing(sched: Sched) -> None:
    run = asked(sched, NOT)

    assert Answer(0, "", f"{run} has not run: skipped: {NOT.reason}\n") == sched("logs", run)


def test_logs_has_no_attempt_below_0(sched: Sched) -> None:
    run = asked(sched, NOT)

    assert 2 == sched("logs", run, "--attempt", "-1").code


def test_a_run_that_waits_can_be_cancelled_while_no_runner_is_up(sched: Sched) -> None:
    run = asked(sched)

    said = "no runner is up: what waited is over, what runs the next one stops\n"
    assert Answer(0, f"{run}\n", said) == sched("cancel", "a")
