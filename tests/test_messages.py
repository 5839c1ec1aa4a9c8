"""What people are told of a run, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from files import text as block
from schedkit import messages
from schedkit.message_parts import PARTS
from schedkit.messages import Subject, message, title, trial
from schedkit.run import Trigger
from test_notices import MINUTE, START, event, job, run

_PAYROLL = job("description: Pay everybody, notify: {command: page}", "timezone: Europe/Berlin")


def about(state: str, why: str = "failure", failures: int = 1, **known: Any) -> Subject:
    found = None if "." in state else run(state, **known)
    payload: dict[str, object] = {"limit_s": 5400.0} if "." in state else {}
    return Subject(_PAYROLL, event(state, payload=payload), found, why, failures, "db1")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (about("failed", exit_code=1, reason="no luck"), "payroll failed: exit code 1"),
        (about("failed", reason="killed by SIGSEGV"), "payroll failed: killed by SIGSEGV"),
        (about("failed"), "payroll failed"),
        (about("failed", failures=10, exit_code=1),
         "payroll failed for the 10th time in a row: exit code 1"),
        (about("timed_out", exit_code=143, reason="after 1h"), "payroll timed out: after 1h"),
        (about("lost", reason="the machine went down"),
         "payroll was lost: the machine went down"),
        (about("succeeded", "recovery", 3),
         "payroll has recovered: it succeeded after 3 failures"),
        (about("succeeded", "recovery"), "payroll has recovered: it succeeded after a failure"),
        (about("succeeded", "success"), "payroll succeeded"),
        (about("missed"), "payroll missed its fire time 2026-11-23 15:00:00 CET"),
        (about("missed", count=12, last_fire_time=START + 11 * MINUTE),
         "payroll missed 12 fire times from 2026-11-23 15:00:00 CET to 2026-11-23 15:11:00 CET"),
        (about("missed", reason="wait_for: path p was not there"),
         "payroll missed its fire time 2026-11-23 15:00:00 CET: wait_for: path p was not there"),
        (about("skipped", reason="overlap"), "payroll was skipped: overlap"),
        (about("cancelled", reason="by ann"), "payroll was cancelled: by ann"),
        (about("sla.late_after"),
         "payroll is late: it has not started 1h30m after it was due"),
        (about("sla.max_runtime"), "payroll takes too long: it has been running for 1h30m"),
        (about("sla.succeeded_within"), "payroll is overdue: it has not succeeded for 1h30m"),
        (about("failed", reason="a\x1b[2J\nb"), r"payroll failed: a\x1b[2J\nb"),
    ],
)  # fmt: skip
def test_a_title_says_it_in_a_line(subject: Subject, expected: str) -> None:
    assert expected == title(subject)


def test_a_reason_without_an_end_is_cut() -> None:
    actual = title(about("failed", reason="x" * 10_000))

    assert len(actual) < 400
    assert actual.endswith("x…")


def test_a_title_of_a_run_that_is_not_known_any_more_says_its_state() -> None:
    subject = Subject(_PAYROLL, event("missed"), None, "missed")

    assert title(subject) == "payroll missed a fire time"


def test_a_text_says_what_is_known() -> None:
    subject = about(
        "failed", exit_code=1, reason="pg_dump: no\nroute", attempts=4, most_attempts=4,
        lateness=timedelta(seconds=90), duration=timedelta(minutes=12, seconds=4),
        output="/o/1", trigger=Trigger.MANUAL, who="ann",
    )  # fmt: skip

    actual = messages.text(subject, "2 messages since the last one (cooldown 1h)")

    assert actual.replace(_PAYROLL.file, "FILE") == block(r"""
        job: payroll: Pay everybody
        run: 1
        state: failed
        fire time: 2026-11-23 15:00:00 CET
        started: 2026-11-23 15:00:00 CET
        late: 1m30s
        ended: 2026-11-23 15:01:00 CET
        took: 12m04s
        attempts: 4 of 4
        exit code: 1
        reason: pg_dump: no\nroute
        by: ann
        host: db1
        file: FILE:2
        not told: 2 messages since the last one (cooldown 1h)
        output: sched logs 1
        history: sched history payroll
    """)


def test_a_text_about_what_was_missed_says_from_when_to_when() -> None:
    missed = about(
        "missed", count=3, last_fire_time=START + 2 * MINUTE, reason="no runner was up",
        started=None, duration=None,
    )  # fmt: skip

    actual = messages.text(missed).split("\n")

    assert actual[2:7] == [
        "state: missed",
        "fire time: 2026-11-23 15:00:00 CET",
        "last fire time: 2026-11-23 15:02:00 CET",
        "fire times: 3",
        "reason: no runner was up",
    ]


def test_a_text_about_a_promise_says_what_it_counts_from() -> None:
    payload: dict[str, object] = {
        "run": "7k3m2q",
        "fire_time": START.isoformat(),
        "limit_s": 300.0,
        "due": None,
    }
    subject = Subject(_PAYROLL, event("sla.late_after", payload=payload), None, "late", host="db1")

    actual = messages.text(subject).split("\n")

    assert actual[:4] == [
        "job: payroll: Pay everybody",
        "run: 7k3m2q",
        "fire time: 2026-11-23 15:00:00 CET",
        "host: db1",
    ]


def test_a_message_says_the_same_as_plain_data() -> None:
    subject = about("failed", exit_code=1, reason="no luck", output="/o/1")

    actual = message(subject)

    assert {key: value for key, value in actual.items() if key not in ("title", "text")} == {
        "when": "failure", "job": "payroll", "state": "failed", "run": "1", "reason": "no luck",
        "fire_time": "2026-11-23T15:00:00+01:00", "attempt": 1, "exit_code": 1,
        "duration_s": 60.0, "host": "db1", "output": "/o/1",
    }  # fmt: skip


def test_a_body_can_take_over_each_part_of_a_message() -> None:
    subject = about("failed", exit_code=1, signal="SIGKILL", reason="no luck", output="/o/1")

    actual = {*message(subject), "output_tail"}  # which is added by who sends it

    assert set(PARTS) == actual


def test_a_message_for_a_trial_says_that_nothing_has_happened() -> None:
    actual = trial(_PAYROLL, "first_failure", "db1")

    assert actual == {
        "when": "first_failure",
        "title": "a test of the notifications of the job payroll",
        "text": "nothing has happened: somebody wants to know whether this arrives\n"
        "host: db1\nsent by: sched notify-test",
        "job": "payroll", "state": "succeeded", "host": "db1",
    }  # fmt: skip
