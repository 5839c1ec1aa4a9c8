"""`sched status`: whether a runner is up, and all is well."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from files import Answer, Sched, text
from past import FIRED, Past, write_past
from schedkit.run import Pause, State
from talking import Answering

JOBS = """
jobs:
  backup: {command: x, clock: daily at 02:30}
  report: {command: x, clock: every 1h}
  old: {command: x, clock: every 1h, enabled: false}
"""
START = "start one with: sched run\n"
FAILED = "backup failed 2026-03-02 02:30:00: no luck"


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(JOBS)


def well(**more: Any) -> dict[str, Any]:
    """Return what a runner says of itself that is well, and as far as a test can tell forever."""
    return {
        "pid": 4711,
        "version": "0.1.0",
        "started": "2026-03-01T00:00:00+00:00",
        "jobs": 2,
        "running": [],
        "waiting": 0,
        "degraded": None,
        "draining": False,
        "paused": [],
        "store_error": None,
        "next": None,
    } | more


def soon(**length: int) -> str:
    """Return a fire time that is so far ahead, or behind."""
    return (datetime.now(UTC) + timedelta(seconds=30, **length)).isoformat()


# ---- a runner is up


def test_where_all_is_well_it_says_so(sched: Sched, runner: Answering) -> None:
    coming = {"job": "backup", "fire_time": soon(hours=5)}
    runner.operations.more = well(next=coming)
    expected = Answer(0, "all is well: 2 jobs, next backup in 5h\n", "")

    actual = sched("status", "--check")

    assert expected == actual


def test_everything_is_told_of_a_runner_at_work(sched: Sched, runner: Answering) -> None:
    since = "2026-03-02T02:30:00+00:00"
    runner.operations.more = well(
        running=[
            {"run": "7k3m2q", "job": "backup", "since": since},
            {"run": "7k3m2r", "job": "report", "since": None},
        ],
        waiting=3,
        next={"job": "report", "fire_time": "2099-03-02T02:30:00+00:00"},
    )
    _, *actual = sched("status").stdout.splitlines()

    assert [
        "runner\tpid 4711, sched 0.1.0, since 2026-03-01T00:00:00+00:00",
        "jobs\t2",
        f"running\tbackup 7k3m2q, since {since}",
        "running\treport 7k3m2r, about to start",
        "waiting\t3 for a retry, a slot or an earlier run",
        "next\treport 2099-03-02T02:30:00+00:00",
    ] == actual


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"degraded": "a.yaml:1:1: bad"},
         "the files are broken, the last good schedule goes on: a.yaml:1:1: bad"),
        ({"store_error": "disk full"},
         "nothing is started, the history cannot be written: disk full"),
        ({"draining": True}, "the runner is stopping: it starts nothing more"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_runner_is_one_sentence(
    sched: Sched, runner: Answering, more: dict[str, Any], said: str
) -> None:
    runner.operations.more = well(**more)
    expected = Answer(1, f"{said}\n", "")

    actual = sched("status", "--check")

    assert expected == actual


def test_a_runner_that_does_not_get_round_to_what_is_due_is_not_well(
    sched: Sched, runner: Answering
) -> None:
    runner.operations.more = well(next={"job": "backup", "fire_time": soon(hours=-2)})
    expected = Answer(1, "backup has been due for 1h59m\n", "")

    actual = sched("status", "--check")

    assert expected == actual


def test_everything_that_is_wrong_is_in_the_line(sched: Sched, runner: Answering) -> None:
    write_past(sched, [Past("backup", State.FAILED)])
    runner.operations.more = well(draining=True)
    expected = Answer(1, f"the runner is stopping: it starts nothing more; {FAILED}\n", "")

    actual = sched("status", "--check")

    assert expected == actual


def test_what_is_wrong_is_told_though_nobody_checks(sched: Sched, runner: Answering) -> None:
    runner.operations.more = well(draining=True)
    expected = (0, "the runner is stopping: it starts nothing more")

    answer = sched("status")

    assert expected == (answer.code, answer.stdout.splitlines()[0])


def test_json_has_what_the_runner_says(sched: Sched, runner: Answering) -> None:
    runner.operations.more = well()
    expected = {
        "healthy": True,
        "problems": [],
        "jobs": 2,
        "runner": well(),
        "failing": [],
        "paused": [],
    }

    answer = sched("status", "--json", "--check")

    assert (0, expected) == (answer.code, json.loads(answer.stdout))


# ---- none is up


def test_without_a_runner_it_says_what_it_knows(sched: Sched) -> None:
    pause = Pause("report", "bob", FIRED, reason="no disk")
    (run,) = write_past(sched, [Past("backup", State.FAILED)], [pause])
    expected = Answer(
        3,
        f"no runner is up; {FAILED}\n"
        "jobs\t2\n"
        f"failing\tbackup {run} failed 2026-03-02T02:30:00+00:00: no luck\n"
        "paused\treport paused by bob: no disk\n",
        START,
    )

    actual = sched("status")

    assert expected == actual


def test_json_has_what_is_known_without_a_runner(sched: Sched) -> None:
    pause = Pause("report", "bob", FIRED, FIRED + timedelta(days=36500), "no disk")
    (run,) = write_past(sched, [Past("backup", State.FAILED)], [pause])
    expected = Answer(
        3,
        text(f"""
            {{
              "healthy": false,
              "problems": [
                "no runner is up",
                "{FAILED}"
              ],
              "jobs": 2,
              "runner": null,
              "failing": [
                {{
                  "job": "backup",
                  "run": "{run}",
                  "state": "failed",
                  "reason": "no luck",
                  "fire_time": "2026-03-02T02:30:00+00:00"
                }}
              ],
              "paused": [
                {{
                  "job": "report",
                  "who": "bob",
                  "since": "2026-03-02T02:30:00+00:00",
                  "until": "2126-02-06T02:30:00+00:00",
                  "reason": "no disk"
                }}
              ]
            }}
        """)
        + "\n",
        "",
    )

    actual = sched("status", "--json")

    assert expected == actual


def test_asking_leaves_no_directory_behind(sched: Sched) -> None:
    expected = Answer(3, "no runner is up\n", START)

    actual = sched("status", "--check")

    assert expected == actual
    assert not (sched.directory / ".sched").exists()


# ---- which jobs are well


def failing(sched: Sched) -> list[str]:
    """Return the jobs that `status` says are failing."""
    return [one["job"] for one in json.loads(sched("status", "--json").stdout)["failing"]]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.SUCCEEDED], []),
        ([State.FAILED], ["backup"]),
        ([State.TIMED_OUT], ["backup"]),
        ([State.LOST], ["backup"]),
        ([State.MISSED], ["backup"]),
        ([State.SKIPPED], []),
        ([State.CANCELLED], []),
        ([State.RUNNING], []),
        ([State.FAILED, State.SUCCEEDED], []),
        ([State.MISSED, State.SUCCEEDED], []),
        ([State.SUCCEEDED, State.FAILED], ["backup"]),
        ([State.FAILED, State.RUNNING], ["backup"]),
        ([State.FAILED, State.QUEUED], ["backup"]),
        ([State.FAILED, State.SKIPPED], ["backup"]),
        ([State.FAILED, State.CANCELLED], ["backup"]),
        ([State.SUCCEEDED, State.SKIPPED, State.CANCELLED, State.RUNNING], []),
    ],
)
def test_a_job_is_failing_while_its_last_run_that_came_to_anything_did_not_succeed(
    sched: Sched, states: list[State], expected: list[str]
) -> None:
    write_past(sched, [Past("backup", state) for state in states])

    actual = failing(sched)

    assert expected == actual


def test_a_job_that_is_paused_is_not_failing_somebody_knows(sched: Sched) -> None:
    write_past(sched, [Past("backup", State.FAILED)], [Pause("backup", "bob", FIRED)])

    assert [] == failing(sched)


def test_a_job_that_is_disabled_or_gone_is_not_failing(sched: Sched) -> None:
    write_past(sched, [Past("backup", State.FAILED), Past("old", State.FAILED)])
    sched.write("jobs: {old: {command: x, clock: every 1h, enabled: false}}\n")

    assert [] == failing(sched)


def test_with_broken_files_the_jobs_that_have_run_count(sched: Sched) -> None:
    write_past(sched, [Past("backup", State.FAILED), Past("report", State.SUCCEEDED)])
    sched.write("jobs: [")

    assert ["backup"] == failing(sched)


def test_many_that_fail_are_one_sentence(sched: Sched) -> None:
    names = [f"j{number}" for number in range(7)]
    jobs = "".join(f"  {name}: {{command: x, clock: every 1h}}\n" for name in names)
    sched.write(f"jobs:\n{jobs}")
    write_past(sched, [Past(name, State.LOST) for name in names])
    expected = "no runner is up; 7 jobs did not succeed last: j0, j1, j2, j3, j4 and 2 more\n"

    actual = sched("status", "--check").stdout

    assert expected == actual
