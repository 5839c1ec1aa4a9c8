"""People are told what happens, by a real runner: each what they want to know, and nobody else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from breaking import power_off
from notifying import SECRET
from receivers import Mailbox, hangs, mail_server, receiving
from running import LIMIT, Sched, pass_time, soon
from telling import (
    BUSY,
    OK,
    SELDOM,
    WORK,
    backup,
    heard,
    queue,
    run_once,
    stop_until_due,
    until_told,
    webhook,
)

pytestmark = pytest.mark.system


def _processes(sched: Sched) -> Iterator[bytes]:
    """Yield arguments and environment of all processes that were started here."""
    mark = f"SCHED_TEST={sched.directory}".encode()
    for path in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            environment = (path / "environ").read_bytes() if path.name.isdigit() else b""
            if mark in environment.split(b"\0"):
                yield environment
                yield (path / "cmdline").read_bytes()


def _files(sched: Sched) -> Iterator[bytes]:
    """Yield what is in the files that were written here."""
    for directory in (sched.state, sched.directory / ".cache"):
        for path in directory.rglob("*"):
            if path.is_file():
                yield path.read_bytes()


def test_a_webhook_hears_of_changes_and_of_nothing_else(sched: Sched) -> None:
    with receiving(OK) as receiver:
        sched.write(backup(webhook(receiver)))
        runner = sched.run()
        for good in (True, False, False, True, True, False):
            run_once(sched, good=good)
        told = [heard(receiver) for _ in range(3)]
        runner.stop()

    runs = [run["id"] for run in sched.history()]
    assert [(one["when"], one["title"], one["run"]) for one in told] == [
        ("first_failure", "backup failed: exit code 3", runs[1]),
        ("recovery", "backup has recovered: it succeeded after 2 failures", runs[3]),
        ("first_failure", "backup failed: exit code 3", runs[5]),
    ]
    assert told[0]["output_tail"] == "reading\nno space left"
    assert receiver.requests.empty()
    assert {state for _, _, state, _ in queue(sched)} == {"sent"}


def test_a_mail_says_what_failed_and_what_the_job_wrote(sched: Sched) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as server:
        sched.write(backup(f"notify: {{email: {{to: ops@a.example, smtp: '{server}'}}}}"))
        runner = sched.run()
        run_once(sched)
        letter = mailbox.letters.get(timeout=LIMIT)
        runner.stop()

    mail = message_from_bytes(letter.content, policy=default)
    assert isinstance(mail, EmailMessage)
    text = mail.get_content().replace("\r\n", "\n")
    assert letter.receivers == ["ops@a.example"]
    assert mail["Subject"] == "[sched] backup failed: exit code 3"
    assert text.endswith("\noutput:\nreading\nno space left\n")
    assert f"output: sched logs {sched.history()[0]['id']}\n" in text


def test_a_command_gets_the_message_on_its_input(sched: Sched) -> None:
    tell = "cat > told; printf '%s %s\\n' $SCHED_NOTIFY_WHEN $SCHED_JOB > words"
    sched.write(backup(f"notify: {{command: {json.dumps(tell)}}}"))
    runner = sched.run()
    run_once(sched)

    assert sched.word() == "first_failure backup"

    until_told(sched, ("backup", "first_failure", "sent", 1))
    runner.stop()
    message = json.loads((sched.directory / "told").read_text())
    assert (message["state"], message["exit_code"]) == ("failed", 3)
    assert message["output_tail"] == "reading\nno space left"


def test_a_check_hears_of_each_start_and_of_its_end(sched: Sched) -> None:
    with receiving(OK) as receiver:
        sched.write(backup(f"ping: {receiver.url}/check"))
        runner = sched.run()
        run_once(sched, good=True)
        run_once(sched)
        pings = [receiver.asked() for _ in range(4)]
        runner.stop()

    targets = [ping.target.partition("?rid=") for ping in pings]
    rids = [rid for _, _, rid in targets]
    assert ["/check/start", "/check", "/check/start", "/check/fail"] == [t for t, _, _ in targets]
    assert (rids[0], rids[2]) == (rids[1], rids[3])
    assert rids[0] != rids[2]
    bodies = [ping.body.decode() for ping in pings]
    assert bodies == ["", "reading\n", "", "exit code 3\nreading\nno space left\n"]


def test_who_is_told_of_the_file_is_not_told_of_a_job_that_tells_nobody(sched: Sched) -> None:
    with receiving(OK) as receiver:
        sched.write(f"""
{webhook(receiver, "failure")}
jobs:
  quiet: {{{WORK}, {SELDOM}, notify: []}}
  backup: {{{WORK}, {SELDOM}}}
""")
        runner = sched.run()
        run_once(sched, "quiet")
        run_once(sched)
        told = heard(receiver)
        until_told(sched, ("backup", "failure", "sent", 1))
        runner.stop()

    assert told["job"] == "backup"


def test_after_a_downtime_people_are_told_of_all_that_it_did(sched: Sched) -> None:
    due = soon()
    at = f"clock: {{dates: ['{due:%F %T}']}}"
    with receiving(OK) as receiver:
        sched.write(f"""
timezone: UTC
{webhook(receiver)}
jobs:
  cut: {{command: echo on > words; read go < go, clock: {{startup: boot}}}}
  gone: {{command: ':', {at}, grace: 0s, catchup: none}}
  behind: {{command: ':', {at}, sla: {{late_after: 1s}}}}
""")
        first = sched.run()
        sched.word()
        sched.until_started("cut")
        power_off(sched, first)
        pass_time(due + timedelta(seconds=1.2) - datetime.now(UTC))
        second = sched.run()
        told = {one["when"]: one for one in (heard(receiver) for _ in range(3))}
        second.stop()

    assert {(when, one["job"]) for when, one in told.items()} == {
        ("lost", "cut"), ("missed", "gone"), ("late", "behind"),
    }  # fmt: skip
    assert told["missed"]["title"] == f"gone missed its fire time {due:%F %T} UTC: no runner was up"
    assert Counter(state for *_, state, _ in queue(sched)) == {"sent": 3}


# ---- what nobody is to see, and what holds


def test_no_secret_is_in_a_file_a_log_or_an_argument(sched: Sched) -> None:
    with receiving(hangs) as receiver:
        for name, text in {"hook": f"{receiver.url}/{SECRET}", "token": SECRET}.items():
            (sched.directory / name).write_text(text)
        sched.write(
            backup("""
  notify: {webhook: {url: {from_file: hook}, headers: {Authorization: {from_file: token}}}},
  ping: {url: {from_file: hook}}""")
        )
        runner = sched.run()
        run_once(sched)
        asked = [receiver.asked() for _ in range(2)]
        seen = [*_processes(sched), *_files(sched)]
    until_told(
        sched,
        ("backup", "start", "dropped", 1),
        ("backup", "first_failure", "waiting", 1),
        ("backup", "fail", "waiting", 1),
    )
    seen += [*_files(sched), sched("show", "--json", "backup").stdout.encode()]
    runner.stop()
    seen += [*_files(sched), json.dumps(runner.said).encode()]

    assert {f"/{SECRET}", f"/{SECRET}/start"} == {one.target.partition("?")[0] for one in asked}
    assert SECRET in {one.headers.get("authorization") for one in asked}
    assert [] == [one for one in seen if SECRET.encode() in one]


def test_what_waits_goes_to_whom_it_was_decided_for(sched: Sched) -> None:
    with receiving(BUSY, OK) as old, receiving(OK) as new:
        sched.write(backup(webhook(old)))
        first = sched.run()
        run_once(sched)
        waits = ("backup", "first_failure", "waiting", 1)
        until_told(sched, waits)
        sched.write(backup(webhook(new)))
        assert sched("reload").returncode == 0
        run_once(sched, good=True)
        until_told(sched, waits, ("backup", "recovery", "sent", 1))
        second = stop_until_due(sched, first)
        until_told(sched, ("backup", "first_failure", "sent", 2), ("backup", "recovery", "sent", 1))
        second.stop()

    told = [[heard(one)["when"] for _ in range(one.requests.qsize())] for one in (old, new)]
    assert told == [["first_failure", "first_failure"], ["recovery"]]
