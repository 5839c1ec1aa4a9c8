"""`sched status`: whether a runner is up, and all is well."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from files import Answer, Sched, text
from past import FIRED, Past, write_past
from records import Record, write_records
from schedkit.run import Pause, State, Trigger
from talking import Answering

JOBS = """
jobs:
  backup: {command: x, clock: daily at 02:30}
  report: {command: x, clock: every 1h}
  old: {command: x, clock: every 1h, enabled: false}
"""
START = "start one with: sched run\n"
DUE = "backup has been due since 2026-03-03 02:30:00"
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
        "waiting\t3 for a later time, a slot or an earlier run",
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
        "history_error": None,
        "files_error": None,
        "due": [],
        "failing": [],
        "sla": [],
        "unsent": [],
        "late": [],
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
        f"no runner is up; {DUE}; {FAILED}\n"
        "jobs\t2\n"
        "due\tbackup since 2026-03-03T02:30:00+00:00\n"
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
                "{DUE}",
                "{FAILED}"
              ],
              "jobs": 2,
              "runner": null,
              "history_error": null,
              "files_error": null,
              "due": [
                {{
                  "job": "backup",
                  "since": "2026-03-03T02:30:00+00:00"
                }}
              ],
              "failing": [
                {{
                  "job": "backup",
                  "run": "{run}",
                  "state": "failed",
                  "fire_time": "2026-03-02T02:30:00+00:00",
                  "reason": "no luck"
                }}
              ],
              "sla": [],
              "unsent": [],
              "late": [],
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


def test_without_a_runner_promises_are_broken_too(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 30d, sla: {late_after: 5m}}}\n")
    write_records(sched, [Record("a", FIRED, State.QUEUED)], loaded=FIRED - timedelta(days=1))
    late = "a has not started, due 2026-03-02 02:30:00 (late_after 5m)"

    answer = sched("status", "--check")

    assert (3, late) == (answer.code, answer.stdout.rstrip("\n").rpartition("; ")[2])


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


@pytest.mark.parametrize(
    ("asker", "expected"),
    [("backup", ["report"]), ("report", ["backup", "report"]), ("", ["backup", "report"])],
)
def test_a_job_that_asks_whether_all_is_well_does_not_count_itself(
    sched: Sched, asker: str, expected: list[str]
) -> None:
    """One that fails when something is wrong would be what is wrong for ever."""
    write_past(
        sched,
        [Past("backup", State.FAILED), Past("report", State.FAILED), Past("backup", State.RUNNING)],
    )

    answer = sched("status", "--json", SCHED_JOB=asker)

    assert expected == [one["job"] for one in json.loads(answer.stdout)["failing"]]


def test_a_job_that_is_disabled_or_gone_is_not_failing(sched: Sched) -> None:
    write_past(sched, [Past("backup", State.FAILED), Past("old", State.FAILED)])
    sched.write("jobs: {old: {command: x, clock: every 1h, enabled: false}}\n")

    assert [] == failing(sched)


def test_with_broken_files_the_jobs_that_have_run_count(sched: Sched) -> None:
    write_past(sched, [Past("backup", State.FAILED), Past("report", State.SUCCEEDED)])
    sched.write("jobs: [")

    assert ["backup"] == failing(sched)


def test_with_broken_files_the_jobs_are_those_that_the_runner_goes_on_with(
    sched: Sched, runner: Answering
) -> None:
    write_past(sched, [Past("backup", State.SUCCEEDED)])
    sched.write("jobs: [")
    runner.operations.more = well(jobs=5)

    assert 5 == json.loads(sched("status", "--json").stdout)["jobs"]


def test_many_that_fail_are_one_sentence(sched: Sched) -> None:
    names = [f"j{number}" for number in range(7)]
    jobs = "".join(f"  {name}: {{command: x, clock: every 1h}}\n" for name in names)
    sched.write(f"jobs:\n{jobs}")
    write_past(sched, [Past(name, State.LOST) for name in names])
    due = "7 jobs have been due, j0 since 2026-03-02 03:00:00"
    failed = "7 jobs did not succeed last: j0, j1, j2, j3, j4 and 2 more"
    expected = f"no runner is up; {due}; {failed}\n"

    actual = sched("status", "--check").stdout

    assert expected == actual


# ---- what is late


def test_a_run_that_started_late_is_told_of_and_nothing_is_wrong(
    sched: Sched, runner: Answering
) -> None:
    """But for one that made up for what was missed: that is over."""
    runner.operations.more = well()
    late = timedelta(minutes=5, seconds=12)
    ids = write_records(
        sched,
        [
            Record("backup", FIRED, State.SUCCEEDED, late=late),
            Record("report", FIRED, State.SUCCEEDED, late=late, trigger=Trigger.CATCHUP),
        ],
    )
    expected = [
        "all is well: 2 jobs, none of which is due ever again",
        f"late\tbackup {ids[0]} 2026-03-02T02:30:00+00:00 5m12s late",
    ]

    first, *_, last = sched("status").stdout.splitlines()
    (entry,) = json.loads(sched("status", "--json").stdout)["late"]

    assert expected == [first, last]
    assert {
        "job": "backup",
        "run": ids[0],
        "state": "succeeded",
        "fire_time": "2026-03-02T02:30:00+00:00",
        "lateness": 312.0,
    } == entry


def test_what_waits_is_told_with_the_first_that_does(sched: Sched, runner: Answering) -> None:
    runner.operations.more = well(waiting=2)
    ids = write_records(
        sched, [Record("backup", FIRED, State.QUEUED), Record("report", FIRED, State.QUEUED)]
    )
    since = "2026-03-02T02:30:00+00:00"
    waits = "2 for a later time, a slot or an earlier run"
    expected = f"waiting\t{waits}, first backup {ids[0]} since {since}"

    assert expected in sched("status").stdout.splitlines()


def test_what_runs_and_waits_without_a_runner_is_told(sched: Sched) -> None:
    begun = datetime.now(UTC).replace(microsecond=0)
    ids = write_records(
        sched, [Record("backup", begun, State.RUNNING), Record("report", begun, State.QUEUED)]
    )
    expected = text(f"""
        no runner is up
        jobs\t2
        running\tbackup {ids[0]}, since {begun.isoformat()}
        waiting\t1 for a runner, first report {ids[1]} since {begun.isoformat()}
    """)

    assert f"{expected}\n" == sched("status").stdout


ONCE = "jobs: {a: {command: x, clock: {dates: 2026-03-01 00:00}}}"
DAILY = "jobs: {a: {command: x, clock: daily at 02:30}}"


@pytest.mark.parametrize(
    ("loaded", "file", "expected"),
    [
        (DAILY, DAILY, ["a"]),
        (DAILY, "jobs: {a: {command: x, clock: daily at 02:30, enabled: false}}", []),
        (DAILY, "jobs: {a: {command: x, clock: daily at 02:30, grace: 5000d}}", []),
        (DAILY, "jobs: {a: {command: x, clock: daily at 02:31}}", []),  # no runner knows of it
        (DAILY, "jobs: {b: {command: x, clock: daily at 02:30}}", []),
        (ONCE, ONCE, []),
    ],
)
def test_a_job_is_due_when_a_fire_time_passed_that_nobody_decided(
    sched: Sched, loaded: str, file: str, expected: list[str]
) -> None:
    sched.write(loaded)
    write_records(sched, [], loaded=FIRED)
    sched.write(file)

    actual = [one["job"] for one in json.loads(sched("status", "--json").stdout)["due"]]

    assert expected == actual


def test_with_a_runner_that_answers_nothing_is_due_but_what_it_says(
    sched: Sched, runner: Answering
) -> None:
    runner.operations.more = well()
    write_records(sched, [], loaded=FIRED)

    assert [] == json.loads(sched("status", "--json").stdout)["due"]


# ---- for monitoring: one line, whatever is wrong


def test_files_that_are_broken_are_a_problem_beside_a_history(sched: Sched) -> None:
    write_records(sched, [Record("backup", FIRED, State.SUCCEEDED)])
    sched.write("jobs: {backup: {command: x, clock: evry 1h}, b: {clock: x}}")
    first = "schedules.yaml:1:36: unknown clock 'evry'"
    expected = f"no runner is up; the files are broken: {first} and 2 more problems\n"

    answer = sched("status", "--check")

    assert (3, expected) == (answer.code, answer.stdout)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("jobs: [", "the files are broken: schedules.yaml:"),
        (None, "no file of schedules: looked for schedules.yaml, "),
    ],
)
def test_where_the_files_cannot_say_where_the_history_is_one_line_says_so(
    sched: Sched, file: str | None, said: str
) -> None:
    if file is None:
        (sched.directory / "schedules.yaml").unlink()
    else:
        sched.write(file)

    answer = sched("status", "--check")

    assert (78, [True], "") == (
        answer.code,
        [line.startswith(said) for line in answer.stdout.splitlines()],
        answer.stderr,
    )


def test_a_state_directory_that_is_none_is_one_line(sched: Sched) -> None:
    state = sched.directory / ".sched"
    state.write_text("")
    expected = Answer(
        69, f"no runner is up; the history cannot be read: {state} is not a directory\n", ""
    )

    assert expected == sched("status", "--check")


def test_a_runner_that_does_not_answer_is_one_line(sched: Sched) -> None:
    """The kernel accepts for one that was stopped: it is up, and says nothing."""
    state = sched.directory / ".sched"
    state.mkdir()
    said = "the runner does not answer: it is stopped, or its machine is overloaded"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stopped:
        stopped.bind(str(state / "control"))
        stopped.listen(1)

        assert Answer(1, f"{said}\n", "") == sched("status", "--check")
