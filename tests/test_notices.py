"""Whom an event is told to, and how often."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import load
from schedkit.events import Delivery, Event
from schedkit.job import Job
from schedkit.notices import Streak, told
from schedkit.run import Run, State, Trigger, run_id

START = datetime(2026, 11, 23, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@cache
def job(keys: str, above: str = "") -> Job:
    with TemporaryDirectory() as directory:
        text = f"{above}\njobs: {{payroll: {{command: x, clock: daily at 14:00, {keys}}}}}"
        return load(Path(directory), text).jobs[0]


def run(state: str, number: int = 1, **known: Any) -> Run:
    usual: dict[str, Any] = dict.fromkeys(Run._fields)
    given = {
        "id": run_id(number), "job": "payroll", "fire_time": START, "timezone": "UTC",
        "trigger": Trigger.SCHEDULE, "state": State(state), "attempts": 1, "most_attempts": 1,
        "due": START, "started": START, "ended": START + MINUTE, "duration": MINUTE,
        "count": 1, "who": "runner",
    }  # fmt: skip
    return Run(**{**usual, **given, **known})


def event(state: str, number: int = 1, payload: dict[str, object] | None = None) -> Event:
    """Return the event of a state of a run, or of a promise that is broken."""
    name = state if "." in state else f"run.{state}"
    about = None if "." in state else number
    return Event(number, START, name, None, "payroll", about, "runner", payload or {})


def deliveries(
    one: Job, states: Sequence[str], streak: Streak | None = None, apart: timedelta = MINUTE
) -> list[list[Delivery]]:
    """Return what is sent for one state after the other, a time apart."""
    streak = streak or Streak()
    found = []
    for number, state in enumerate(states):
        about = None if "." in state else run(state, number + 1)
        answer = told(one, event(state, number + 1), about, streak, START + number * apart)
        streak = Streak.parse(*answer.streak.dump())
        assert streak == answer.streak
        found.append(list(answer.deliveries))
    return found


def reasons(one: Job, *states: str, apart: timedelta = MINUTE) -> list[str]:
    """Return why the one receiver of a job is told of each state, `-` when it is not."""
    return [
        "+".join(delivery.reason for delivery in some) or "-"
        for some in deliveries(one, states, apart=apart)
    ]


def told_of(when: str, *states: str) -> list[str]:
    return reasons(job(f"notify: {{command: page, when: [{when}]}}"), *states)


# ---- of what


@pytest.mark.parametrize(
    ("when", "states", "expected"),
    [
        ("failure", "failed timed_out lost succeeded failed",
         "failure failure failure - failure"),
        ("final_failure", "failed", "failure"),
        ("first_failure", "failed failed succeeded timed_out lost succeeded lost",
         "first_failure - - first_failure - - first_failure"),
        ("recovery", "succeeded failed succeeded succeeded failed failed succeeded",
         "- - recovery - - - recovery"),
        ("success", "succeeded failed succeeded", "success - success"),
        ("success, recovery", "succeeded failed succeeded", "success - recovery"),
        ("missed, skipped, cancelled", "missed skipped cancelled failed",
         "missed skipped cancelled -"),
        ("lost, failure", "lost failed", "lost failure"),
        ("lost, first_failure", "failed lost", "first_failure lost"),
        ("every 2nd failure", "failed failed failed failed succeeded failed failed",
         "- every_2nd_failure - every_2nd_failure - - every_2nd_failure"),
        ("first_failure, every 3rd failure", "failed failed failed",
         "first_failure - every_3rd_failure"),
        ("failure", "failed skipped missed cancelled failed", "failure - - - failure"),
        ("first_failure", "failed skipped missed cancelled failed", "first_failure - - - -"),
        ("late, overdue, too_long",
         "sla.late_after sla.max_runtime sla.succeeded_within sla.other failed",
         "late too_long overdue - -"),
        ("success", "running succeeded", "- success"),
    ],
)  # fmt: skip
def test_a_receiver_is_told_of_what_it_asks_for(when: str, states: str, expected: str) -> None:
    actual = told_of(when, *states.split())

    assert [one.replace("_", " ") for one in expected.split()] == [
        one.replace("_", " ") for one in actual
    ]


@pytest.mark.parametrize(
    ("when", "states", "expected"),
    [
        ("recovery, every 3rd failure", "failed failed succeeded", "-"),
        ("recovery, every 3rd failure", "failed failed failed succeeded", "recovery"),
        ("recovery, lost", "failed succeeded", "-"),
        ("recovery, lost", "lost failed succeeded", "recovery"),
        ("recovery, lost", "lost succeeded failed succeeded", "-"),
        ("recovery, lost, failure", "failed succeeded", "recovery"),
        ("recovery, missed", "failed succeeded", "recovery"),
    ],
)
def test_a_recovery_is_told_to_whoever_was_told_of_a_failure(
    when: str, states: str, expected: str
) -> None:
    assert expected == told_of(when, *states.split())[-1]


def test_each_of_several_receivers_is_told_once() -> None:
    one = job("notify: [{command: a, when: [lost, failure, first_failure]}, {email: b}]")

    (actual,) = deliveries(one, ["lost"])

    assert [(d.kind, d.reason) for d in actual] == [("command", "lost"), ("email", "lost")]


def test_nobody_is_told_of_a_job_that_names_nobody() -> None:
    assert [[], []] == deliveries(job(""), ["failed", "succeeded"])


STATES = st.sampled_from(
    ("succeeded", "failed", "timed_out", "lost", "missed", "skipped", "cancelled", "running")
)


@given(st.lists(STATES))
def test_first_failures_and_recoveries_alternate(states: list[str]) -> None:
    found = [one for one in told_of("first_failure, recovery", *states) if one != "-"]

    expected = ["first_failure", "recovery"] * len(found)
    assert expected[: len(found)] == found


@given(st.lists(STATES), st.integers(0, 90))
def test_who_knows_of_a_failure_is_told_that_it_is_over(states: list[str], minutes: int) -> None:
    """Whatever the cooldown leaves out."""
    one = job("notify: {command: page, when: [failure, recovery], cooldown: 1h}")
    knows = False

    for state, reason in zip(
        states, reasons(one, *states, apart=timedelta(minutes=minutes)), strict=True
    ):
        if state == "succeeded":
            assert not knows or reason == "recovery"
            knows = False
        knows = knows or reason == "failure"


@given(st.lists(STATES), st.integers(0, 90))
def test_the_same_reason_is_told_once_in_a_cooldown(states: list[str], minutes: int) -> None:
    one = job("notify: {command: page, when: [failure, missed, success], cooldown: 1h}")
    apart = timedelta(minutes=minutes)
    last: dict[str, datetime] = {}

    for number, reason in enumerate(reasons(one, *states, apart=apart)):
        if reason != "-":
            now = START + number * apart
            assert now - last.get(reason, now - timedelta(hours=1)) >= timedelta(hours=1)
            last[reason] = now


# ---- not too often


def test_what_a_cooldown_leaves_out_is_counted_and_told_the_next_time() -> None:
    one = job("notify: {command: page, when: [failure, recovery], cooldown: 1h}")

    found = deliveries(one, ["failed"] * 4 + ["succeeded"], apart=timedelta(minutes=10))

    texts = [json.loads(d.message)["text"] for some in found for d in some]
    assert [False, True] == ["not told" in text for text in texts]
    assert "not told: 3 messages since the last one (cooldown 1h)" in texts[1].split("\n")


def test_a_recovery_from_a_failure_that_was_left_out_cools_down_as_well() -> None:
    one = job("notify: {command: page, when: [failure, recovery], cooldown: 1h}")

    actual = reasons(one, "failed", "succeeded", "failed", "succeeded")

    assert actual == ["failure", "recovery", "-", "-"]


def test_a_cooldown_is_of_one_receiver_and_one_reason() -> None:
    one = job(
        "notify: [{command: a, when: [failure, missed], cooldown: 1h}, {command: b, when: failure}]"
    )

    actual = reasons(one, "failed", "failed", "missed")

    assert actual == ["failure+failure", "failure", "missed"]


def test_a_clock_that_was_set_back_ends_a_cooldown() -> None:
    one = job("notify: {command: page, when: failure, cooldown: 1h}")

    actual = reasons(one, "failed", "failed", apart=timedelta(days=-1))

    assert actual == ["failure", "failure"]


def test_of_a_receiver_that_is_gone_nothing_is_kept() -> None:
    before = told(
        job("notify: {command: page, when: failure, cooldown: 1h}"),
        event("failed"), run("failed"), Streak(), START,
    ).streak  # fmt: skip

    after = told(job("notify: {command: other}"), event("failed"), None, before, START).streak

    assert (1, 2) == (before.failures, after.failures)
    assert (1, 0) == (len(before.kept), len(after.kept))


# ---- the check


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("ping: https://x", "start success start fail start fail fail log - -"),
        ("ping: {url: https://x, start: false}", "- success - fail - fail fail log - -"),
    ],
)
def test_a_check_is_told_of_starts_and_ends(keys: str, expected: str) -> None:
    states = "running succeeded running failed running timed_out lost cancelled skipped missed"

    assert expected.split() == reasons(job(keys), *states.split())


def test_a_check_is_told_of_the_start_of_a_run_and_not_of_its_retries() -> None:
    again = run("running", attempts=2)

    actual = told(job("ping: https://x"), event("running"), again, Streak(), START)

    assert actual.deliveries == ()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("", False), ("ping: https://x", True), ("ping: {url: https://x, start: false}", False)],
)
def test_starts_are_of_interest_to_a_check_alone(keys: str, expected: bool) -> None:
    assert expected is job(keys).tells_begin


def test_what_a_check_is_sent_says_how_it_ended() -> None:
    failed = run("failed", exit_code=3, reason="no \x1b[1mspace", output="/out/1")

    (actual,) = told(
        job("ping: {url: {from_env: URL}}"), event("failed"), failed, Streak(), START
    ).deliveries

    assert json.loads(actual.message) == {
        "signal": "fail", "job": "payroll", "run": "1", "reason": r"no \x1b[1mspace",
        "exit_code": 3, "output": "/out/1",
    }  # fmt: skip
    assert json.loads(actual.receiver)["to"] == {"url": {"from_env": "URL"}}


# ---- as it is sent


def test_what_goes_to_one_receiver_goes_through_one_lane_whatever_it_is_about() -> None:
    hook = "{webhook: https://x/y, when: failure, cooldown: 1h}"
    first = deliveries(job(f"notify: [{hook}]"), ["failed"])[0]
    second = deliveries(job("notify: [{webhook: https://x/y}, {email: a}]"), ["missed"])[0]

    assert first[0].lane == second[0].lane
    assert second[1].lane != second[0].lane


def test_a_secret_is_sent_as_where_it_is_kept() -> None:
    one = job("notify: {email: {to: a, password: {from_file: pw}}}")

    ((actual,),) = deliveries(one, ["failed"])

    assert json.loads(actual.receiver)["to"]["password"] == {"from_file": "pw"}
    assert json.loads(actual.receiver)["directory"] == one.directory


def test_a_delivery_says_what_it_is_about() -> None:
    ((actual,),) = deliveries(job("notify: {command: page}"), ["failed"])

    assert (actual.event, actual.job, actual.run) == (1, "payroll", 1)
    assert (actual.kind, actual.reason) == ("command", "first_failure")


def test_a_streak_that_is_none_is_nothing() -> None:
    assert (0, None) == Streak().dump()
    assert Streak() == Streak.parse(0, None)
