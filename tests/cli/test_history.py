"""`sched history`: what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from files import Answer, Sched, text
from schedkit import loader
from schedkit.run import Decision, Ended, Started, State
from schedkit.store import Holder
from schedkit.store.sqlite import SQLiteStore

JOBS = """
jobs:
  backup: {command: x, clock: daily at 02:30, timezone: Europe/Berlin}
  other: {command: x, clock: every 1h}
"""
HEADER = "RUN\tJOB\tSTATE\tFIRE TIME\tLATE\tTOOK\tTRY\tEXIT\tNOTE\n"
NOTHING = "nothing has run yet: sched run\n"
FIRED = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)


@pytest.fixture
def fresh(sched: Sched) -> Sched:
    """Return the command beside a file of two jobs that never ran."""
    sched.write(JOBS)
    return sched


@pytest.fixture
def filled(fresh: Sched) -> Sched:
    """Return the command beside a file of two jobs and what happened to them."""
    config = loader.load([fresh.directory / "schedules.yaml"])
    jobs = {job.name: job for job in config.jobs}
    state = fresh.directory / ".sched"
    state.mkdir()
    store = SQLiteStore(state / "history.db")
    store.begin(Holder(1, "host", "boot", "0"), FIRED)
    store.load(config, "test", FIRED - timedelta(days=1))
    decisions = [
        Decision("backup", FIRED, State.QUEUED),
        Decision("other", FIRED + timedelta(minutes=30), State.SKIPPED, reason="overlap: \x1b[31m"),
    ]
    (key, _), _ = store.claim(decisions, jobs, FIRED)
    assert key is not None
    store.record(
        [
            Started(key, FIRED + timedelta(milliseconds=2), 1, 1, "x", "output/1"),
            Ended(
                key, FIRED + timedelta(seconds=3), State.FAILED, "exit code 3",
                exit_code=3, duration=timedelta(seconds=3),
            ),
        ]
    )  # fmt: skip
    store.finish(FIRED)
    store.close()
    return fresh


BACKUP = "6f7gcr\tbackup\tfailed\t2026-11-20T02:30:00+01:00\t+2ms\t3.0s\t1\t3\texit code 3\n"
OTHER = "6f7gcs\tother\tskipped\t2026-11-20T02:00:00+00:00\t-\t-\t-\t-\toverlap: \\x1b[31m\n"


def test_a_history_without_runs_is_a_header(fresh: Sched) -> None:
    expected = Answer(0, HEADER, NOTHING)

    actual = fresh("history")

    assert expected == actual


def test_a_history_without_runs_is_an_empty_array(fresh: Sched) -> None:
    expected = Answer(0, "[]\n", "")

    actual = fresh("history", "--json")

    assert expected == actual


def test_a_job_that_never_ran_has_an_empty_history(fresh: Sched) -> None:
    expected = Answer(0, HEADER, NOTHING)

    actual = fresh("history", "backup")

    assert expected == actual


def test_an_unknown_job_is_named_with_the_nearest(fresh: Sched) -> None:
    expected = Answer(4, "", "error: no job is named 'bakup'\n  = help: did you mean 'backup'?\n")

    actual = fresh("history", "bakup")

    assert expected == actual


def test_an_unknown_job_beside_a_known_one_is_named_too(filled: Sched) -> None:
    expected = Answer(4, "", "error: no job is named 'othr'\n  = help: did you mean 'other'?\n")

    actual = filled("history", "backup", "othr")

    assert expected == actual


def test_asking_for_a_history_leaves_no_directory_behind(fresh: Sched) -> None:
    expected = False

    fresh("history")
    actual = (fresh.directory / ".sched").exists()

    assert expected == actual


def test_the_newest_run_is_the_first(filled: Sched) -> None:
    expected = Answer(0, HEADER + OTHER + BACKUP, "")

    actual = filled("history")

    assert expected == actual


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (("-n", "1"), OTHER),
        (("backup",), BACKUP),
        (("backup", "other"), OTHER + BACKUP),
        (("--state", "failed"), BACKUP),
        (("--state", "failed,skipped"), OTHER + BACKUP),
        (("--state", "failed, succeeded"), BACKUP),
        (("--since", "2026-11-20 01:45"), OTHER),
        (("--until", "2026-11-20 01:30"), BACKUP),
        (("--until", "2026-11-20T02:29:59+01:00"), ""),
    ],
)
def test_only_what_is_asked_for_is_shown(
    filled: Sched, arguments: tuple[str, ...], rows: str
) -> None:
    expected = Answer(0, HEADER + rows, "")

    actual = filled("history", *arguments)

    assert expected == actual


def test_json_has_every_part_by_name(filled: Sched) -> None:
    expected = Answer(
        0,
        text("""
            [
              {
                "id": "6f7gcr",
                "job": "backup",
                "fire_time": "2026-11-20T02:30:00+01:00",
                "trigger": "schedule",
                "who": "runner",
                "state": "failed",
                "reason": "exit code 3",
                "attempts": 1,
                "exit_code": 3,
                "signal": null,
                "due": "2026-11-20T02:30:00+01:00",
                "started": "2026-11-20T02:30:00.002000+01:00",
                "ended": "2026-11-20T02:30:03+01:00",
                "duration": 3.0,
                "lateness": 0.002,
                "output": "output/1",
                "output_bytes": null,
                "dropped_bytes": null,
                "peak_memory_kb": null,
                "cpu_time": null,
                "result": null,
                "last_fire_time": null,
                "count": 1
              }
            ]
        """)
        + "\n",
        "",
    )

    actual = filled("history", "backup", "--json")

    assert expected == actual


def test_the_history_of_a_job_that_is_gone_from_the_file_stays(filled: Sched) -> None:
    filled.write("jobs: {other: {command: x, clock: every 1h}}\n")
    expected = Answer(0, HEADER + BACKUP, "")

    actual = filled("history", "backup")

    assert expected == actual


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        (
            "bad",
            (
                "unknown state 'bad' (known are: queued, running, retrying, succeeded, failed,"
                " timed_out, cancelled, lost, skipped, missed)"
            ),
        ),
        ("faild", "unknown state 'faild' (did you mean 'failed'?)"),
        ("failed,mised", "unknown state 'mised' (did you mean 'missed'?)"),
    ],
)
def test_an_unknown_state_is_a_wrong_use(fresh: Sched, state: str, complaint: str) -> None:
    expected = (2, "", f"Invalid value for '--state': {complaint}")

    answer = fresh("history", "--state", state)
    actual = (answer.code, answer.stdout, answer.complaint)

    assert expected == actual


def test_a_history_that_is_none_is_not_reachable(fresh: Sched) -> None:
    (fresh.directory / ".sched").mkdir()
    (fresh.directory / ".sched/history.db").write_text("this is no database at all, really")
    path = fresh.directory / ".sched/history.db"
    expected = Answer(69, "", f"error: {path}: file is not a database\n")

    actual = fresh("history")

    assert expected == actual


def test_a_state_directory_named_before_the_verb_is_the_one(filled: Sched) -> None:
    (filled.directory / ".sched").rename(filled.directory / "elsewhere")
    found = Answer(0, HEADER + BACKUP, "")
    expected = [Answer(0, HEADER, NOTHING), found, found]

    actual = [
        filled("history", "backup"),
        filled("--state", "elsewhere", "history", "backup"),
        filled("history", "backup", SCHED_STATE="elsewhere"),
    ]

    assert expected == actual
