"""What `sched status` tells of promises that are broken now."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from files import Answer, Sched, text
from past import FIRED
from records import Record, write_records
from schedkit.run import Pause, State, Trigger
from talking import Answering

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WELL = {
    "pid": 4711,
    "version": "0.1.0",
    "started": "2026-03-01T00:00:00+00:00",
    "jobs": 1,
    "running": [],
    "waiting": 0,
    "degraded": None,
    "draining": False,
    "paused": [],
    "store_error": None,
    "next": None,
}
SINCE = FIRED.isoformat()


@pytest.fixture(autouse=True)
def well(runner: Answering) -> None:
    """Let a runner be up with which all is well."""
    runner.operations.more = WELL


def write(sched: Sched, sla: str, more: str = "") -> None:
    """Write a file with a job that promises something."""
    sched.write(f"jobs: {{backup: {{command: x, clock: daily at 02:30, sla: {{{sla}}}{more}}}}}\n")


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def checked(sched: Sched) -> str:
    """Return what `--check` says, which is exit code 1 where a promise is broken."""
    answer = sched("status", "--check")
    assert answer.code == (0 if answer.stdout.startswith("all is well") else 1)
    return answer.stdout.rstrip("\n")


def promises(sched: Sched) -> list[str]:
    """Return the promises that are broken, by their words."""
    return [one["promise"] for one in json.loads(sched("status", "--json").stdout)["sla"]]


# ---- what is told


def test_a_silence_is_a_line_and_wrong(sched: Sched) -> None:
    write(sched, "succeeded_within: 26h")
    write_records(sched, [Record("backup", FIRED, State.SUCCEEDED, took=MINUTE)])
    said = "has not succeeded since {} (succeeded_within 1d2h)"

    answer = sched("status")

    expected = Answer(
        0,
        text(f"""
            backup {said.format("2026-03-02 02:31:00")}
            runner\tpid 4711, sched 0.1.0, since 2026-03-01T00:00:00+00:00
            jobs\t1
            sla\tbackup {said.format("2026-03-02T02:31:00+00:00")}
        """)
        + "\n",
        "",
    )
    assert expected == answer
    assert checked(sched) == f"backup {said.format('2026-03-02 02:31:00')}"


def test_one_that_has_lasted_since_the_job_was_loaded_is_told_as_that(sched: Sched) -> None:
    write(sched, "succeeded_within: 1d2h")
    write_records(sched, [Record("backup", FIRED, State.SKIPPED)], loaded=FIRED - DAY)

    assert checked(sched) == (
        "backup has never succeeded, counted from 2026-03-01 02:30:00 (succeeded_within 1d2h)"
    )


def test_a_run_that_waits_for_too_long_is_a_line_with_its_id(sched: Sched) -> None:
    write(sched, "late_after: 5m")
    (run,) = write_records(sched, [Record("backup", FIRED, State.QUEUED)])
    expected = f"sla\tbackup {run} has not started, due {SINCE} (late_after 5m)"

    assert expected in sched("status").stdout.splitlines()
    assert checked(sched) == "backup has not started, due 2026-03-02 02:30:00 (late_after 5m)"


def test_a_late_start_of_the_last_run_is_told_of_though_it_is_over(sched: Sched) -> None:
    write(sched, "late_after: 5m")
    late = Record("backup", FIRED, State.SUCCEEDED, late=12 * MINUTE, trigger=Trigger.CATCHUP)
    (run,) = write_records(sched, [late])
    expected = f"sla\tbackup {run} started 12m00s late, due {SINCE} (late_after 5m)"

    assert expected in sched("status").stdout.splitlines()


def test_an_attempt_that_takes_too_long_is_told_of(sched: Sched) -> None:
    write(sched, "max_runtime: 1h")
    (run,) = write_records(sched, [Record("backup", FIRED, State.RUNNING)])
    expected = f"sla\tbackup {run} goes on since {SINCE} (max_runtime 1h)"

    assert expected in sched("status").stdout.splitlines()


def test_json_has_each_of_them(sched: Sched) -> None:
    write(sched, "max_runtime: 1h, succeeded_within: 2h", ", timezone: Europe/Berlin")
    done, goes_on = write_records(
        sched,
        [
            Record("backup", FIRED, State.SUCCEEDED),
            Record("backup", FIRED + DAY, State.RUNNING),
        ],
    )
    expected = [
        {
            "job": "backup",
            "promise": "max_runtime",
            "limit": 3600.0,
            "since": "2026-03-03T03:30:00+01:00",
            "run": goes_on,
            "last_success": None,
        },
        {
            "job": "backup",
            "promise": "succeeded_within",
            "limit": 7200.0,
            "since": "2026-03-02T03:30:00+01:00",
            "run": None,
            "last_success": done,
        },
    ]

    answer = json.loads(sched("status", "--json").stdout)

    assert (False, expected) == (answer["healthy"], answer["sla"])


def test_many_are_one_sentence(sched: Sched) -> None:
    jobs = ", ".join(f"j{n}: {{command: x, clock: every 1h}}" for n in range(7))
    sched.write(f"defaults: {{sla: {{succeeded_within: 1h}}}}\njobs: {{{jobs}}}\n")
    write_records(sched, [], loaded=FIRED)
    names = ", ".join(f"j{n} (succeeded_within)" for n in range(5))

    assert checked(sched) == f"7 promises are broken: {names} and 2 more"


# ---- what is not


_BEGAN = now()  # the suite, which may take long


@pytest.mark.parametrize(
    ("sla", "record"),
    [
        ("succeeded_within: 30h", Record("backup", _BEGAN - 25 * HOUR, State.SUCCEEDED)),
        ("late_after: 9h", Record("backup", _BEGAN - 4 * HOUR, State.QUEUED)),
        ("late_after: 5m", Record("backup", FIRED, State.SUCCEEDED, late=4 * MINUTE)),
        ("late_after: 5m", Record("backup", FIRED, State.SKIPPED)),
        ("max_runtime: 9h", Record("backup", _BEGAN - 4 * HOUR, State.RUNNING)),
        ("max_runtime: 1h", Record("backup", FIRED, State.SUCCEEDED, took=2 * HOUR)),
    ],
)
def test_a_promise_that_is_kept_or_no_more_broken_is_not_told_of(
    sched: Sched, sla: str, record: Record
) -> None:
    write(sched, sla)
    write_records(sched, [record])

    assert promises(sched) == []


def test_a_late_start_is_forgotten_with_the_next_run(sched: Sched) -> None:
    write(sched, "late_after: 5m")
    write_records(
        sched,
        [
            Record("backup", FIRED, State.SUCCEEDED, late=HOUR),
            Record("backup", FIRED + DAY, State.SUCCEEDED),
        ],
    )

    assert promises(sched) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["succeeded_within"]),
        (", enabled: false", []),
        (", start: 2026-03-02 00:00", ["succeeded_within"]),
        (", end: 2026-03-02 12:00", []),  # it was over before
    ],
)
def test_a_job_that_is_disabled_or_over_promises_nothing(
    sched: Sched, more: str, expected: list[str]
) -> None:
    write(sched, "succeeded_within: 26h")
    write_records(sched, [Record("backup", FIRED, State.SUCCEEDED)])
    write(sched, "succeeded_within: 26h", more)

    assert expected == promises(sched)


def test_a_job_that_is_paused_keeps_its_promises_or_breaks_them(sched: Sched) -> None:
    write(sched, "succeeded_within: 26h")
    pause = Pause("backup", "bob", FIRED)
    write_records(sched, [Record("backup", FIRED, State.SUCCEEDED)], pauses=[pause])

    assert promises(sched) == ["succeeded_within"]


def test_of_a_job_that_no_runner_has_loaded_nothing_is_expected_yet(sched: Sched) -> None:
    sched.write("jobs: {other: {command: x, clock: daily at 02:30}}\n")
    write_records(sched, [], loaded=FIRED)
    write(sched, "succeeded_within: 26h")

    assert promises(sched) == []


def test_with_broken_files_nobody_knows_what_is_promised(sched: Sched) -> None:
    write(sched, "succeeded_within: 26h")
    write_records(sched, [Record("backup", FIRED, State.SUCCEEDED)])
    sched.write("jobs: [")

    assert promises(sched) == []
