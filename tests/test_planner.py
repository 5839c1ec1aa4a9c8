"""Every decision, as tables."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import utc
from fakes import load
from schedkit import planner
from schedkit.job import Job, Retry
from schedkit.planner import Outcome
from schedkit.run import AttemptKey, Decision, OpenAttempt, State, Trigger

DOWN = "no runner was up"
LATER = f"{DOWN}; a later one runs"


@cache
def job(keys: str, clock: str = "every 10m") -> Job:
    """Return a job with these keys."""
    with TemporaryDirectory() as directory:
        text = f"jobs: {{a: {{command: x, clock: {clock}, {keys}}}}}"
        return load(Path(directory), text).jobs[0]


def decided(keys: str, cursor: str, now: str, active: str | None = None) -> list[str]:
    """Return what becomes of the fire times of a job between two times of one day."""
    one = job(keys)
    moment = utc(f"2026-03-02 {now}")
    fires = planner.come(one, utc(f"2026-03-02 {cursor}"), moment)
    return [shown(d) for d in planner.on_due(one, fires, moment, DOWN, active)]


def shown(decision: Decision) -> str:
    """Return a decision in short."""
    last = f"-{decision.last_fire_time:%H:%M}" if decision.count > 1 else ""
    how = f" {decision.trigger}" if decision.trigger != "schedule" else ""
    why = f": {decision.reason}" if decision.reason else ""
    return f"{decision.fire_time:%H:%M}{last} x{decision.count} {decision.state}{how}{why}"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("12:09:59", []),
        ("12:10", ["12:10 x1 queued"]),
        ("12:11", ["12:10 x1 queued"]),
        ("12:11:00.000001", ["12:10 x1 queued catchup"]),
    ],
    ids=["before", "at its time", "at the end of the grace", "after the grace"],
)
def test_a_fire_time_is_on_time_until_its_grace_is_over(now: str, expected: list[str]) -> None:
    assert expected == decided("grace: 60s", "12:00", now)


def test_a_fire_time_at_the_cursor_has_been_decided() -> None:
    assert decided("grace: 60s", "12:10", "12:15") == []


def test_of_those_missed_the_latest_is_caught_up() -> None:
    expected = [f"12:10-12:20 x2 missed: {LATER}", "12:30 x1 queued catchup"]

    assert expected == decided("catchup: latest", "12:00", "12:35")


def test_nothing_is_caught_up_where_nothing_shall_be() -> None:
    assert decided("catchup: none", "12:00", "12:35") == [f"12:10-12:30 x3 missed: {DOWN}"]


def test_nothing_is_caught_up_where_one_is_on_time() -> None:
    expected = [f"12:10-12:20 x2 missed: {LATER}", "12:30 x1 queued"]

    assert expected == decided("catchup: latest", "12:00", "12:30")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("12:15", ["12:10 x1 queued catchup"]),
        ("12:15:01", [f"12:10 x1 missed: {DOWN}; too late to catch up"]),
    ],
    ids=["at its end", "after it"],
)
def test_what_is_older_than_the_catch_up_window_is_missed(now: str, expected: list[str]) -> None:
    assert expected == decided("catchup_window: 5m", "12:00", now)


def test_one_that_was_missed_is_no_range() -> None:
    assert decided("catchup: none", "12:00", "12:15") == [f"12:10 x1 missed: {DOWN}"]


def test_of_several_on_time_the_first_starts_and_the_others_are_skipped() -> None:
    expected = [
        "12:10 x1 queued",
        "12:20 x1 skipped: overlap: an earlier fire time starts now",
    ]

    assert expected == decided("grace: 1h", "12:00", "12:25")


def test_of_several_on_time_all_start_where_overlap_is_allowed() -> None:
    expected = ["12:10 x1 queued", "12:20 x1 queued"]

    assert expected == decided("grace: 1h, overlap: allow", "12:00", "12:25")


def test_while_an_earlier_run_goes_on_a_fire_time_is_skipped() -> None:
    expected = ["12:10 x1 skipped: overlap: abc still running"]

    assert expected == decided("grace: 60s", "12:00", "12:10", "abc still running")


def test_while_an_earlier_run_goes_on_a_fire_time_starts_where_overlap_is_allowed() -> None:
    assert decided("overlap: allow", "12:00", "12:10", "abc still running") == ["12:10 x1 queued"]


def test_while_an_earlier_run_goes_on_nothing_is_caught_up() -> None:
    expected = ["12:10 x1 skipped catchup: overlap: abc still running"]

    assert expected == decided("grace: 60s", "12:00", "12:15", "abc still running")


@given(
    start=st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 3)),
    length=st.timedeltas(timedelta(0), timedelta(hours=5)),
    keys=st.builds(
        "grace: {}, catchup: {}, catchup_window: {}, overlap: {}".format,
        st.sampled_from(["0s", "60s", "25m", "3h"]),
        st.sampled_from(["none", "latest"]),
        st.sampled_from(["1m", "15m", "1d"]),
        st.sampled_from(["skip", "allow"]),
    ),
    clock=st.sampled_from(["every 10m", "cron 7 * * * *", "[every 25m, daily at 10:05]"]),
    active=st.sampled_from([None, "abc still running"]),
)
def test_every_fire_time_that_came_is_in_exactly_one_decision(
    start: datetime, length: timedelta, keys: str, clock: str, active: str | None
) -> None:
    one = job(keys, clock)
    cursor = utc(start.isoformat())
    now = cursor + length
    expected = list(takewhile(lambda fire: fire <= now, one.schedule.after(cursor)))

    decisions = list(planner.on_due(one, planner.come(one, cursor, now), now, DOWN, active))

    covered = [
        [fire for fire in expected if d.fire_time <= fire <= (d.last_fire_time or d.fire_time)]
        for d in decisions
    ]
    assert sorted(fire for fires in covered for fire in fires) == expected
    assert [len(fires) for fires in covered] == [d.count for d in decisions]


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        (Retry(4, timedelta(seconds=30)), [30, 30, 30, 30, None]),
        (Retry(4, timedelta(seconds=30), "linear"), [30, 60, 90, 120, None]),
        (Retry(4, timedelta(seconds=30), "exponential"), [30, 60, 120, 240, None]),
        (Retry(4, timedelta(seconds=30), "exponential", 3.0), [30, 90, 270, 810, None]),
        (
            Retry(4, timedelta(seconds=30), "exponential", 2.0, timedelta(seconds=100)),
            [30, 60, 100, 100, None],
        ),
        (
            Retry(4, timedelta(seconds=30), "linear", 2.0, timedelta(seconds=70)),
            [30, 60, 70, 70, None],
        ),
        (Retry(0), [None]),
    ],
    ids=["fixed", "linear", "exponential", "factor", "most, exponential", "most, linear", "none"],
)
def test_a_retry_is_due_its_delay_after_the_end(retry: Retry, expected: list[int | None]) -> None:
    one = _retried(retry)
    ended = utc("2026-03-02 12:00")

    times = [
        planner.retry_at(one, attempt, State.FAILED, ended)
        for attempt in range(1, len(expected) + 1)
    ]

    actual = [None if time is None else (time - ended) / timedelta(seconds=1) for time in times]
    assert expected == actual


@pytest.mark.parametrize("backoff", ["linear", "exponential"])
@pytest.mark.parametrize("attempt", [10**6, 10**9, 10**400], ids=["1e6", "1e9", "1e400"])
def test_a_delay_never_grows_beyond_its_most(
    backoff: Literal["linear", "exponential"], attempt: int
) -> None:
    retry = Retry(10**6, timedelta(seconds=1), backoff)

    assert retry.delay_after(attempt) == retry.max_delay


def _retried(retry: Retry) -> Job:
    return replace(job("grace: 60s"), retry=retry)


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.CANCELLED, State.LOST])
def test_what_did_not_fail_is_not_retried(state: State) -> None:
    assert planner.retry_at(_retried(Retry(3)), 1, state, utc("2026-03-02")) is None


def test_a_timeout_is_retried() -> None:
    at = planner.retry_at(_retried(Retry(3)), 1, State.TIMED_OUT, utc("2026-03-02"))

    assert at == utc("2026-03-02 00:00:30")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, Outcome(State.SUCCEEDED, exit_code=0)),
        (3 << 8, Outcome(State.FAILED, "said", exit_code=3)),
        (int(signal.SIGKILL), Outcome(State.FAILED, "killed by SIGKILL", signal="SIGKILL")),
        (int(signal.SIGSEGV) | 0x80, Outcome(State.FAILED, "killed by SIGSEGV", signal="SIGSEGV")),
        (40, Outcome(State.FAILED, "killed by signal 40", signal="signal 40")),
        (None, Outcome(State.LOST, "it ended unseen, after its runner was killed")),
    ],
    ids=["success", "failure", "signal", "core dumped", "real-time signal", "unknown"],
)
def test_an_outcome_is_that_of_the_process(status: int | None, expected: Outcome) -> None:
    assert expected == planner.outcome(job("grace: 60s"), status, "said")


def test_other_exit_codes_may_mean_success() -> None:
    one = job("success: {exit_codes: [0, 3]}")

    states = [planner.outcome(one, code << 8, None).state for code in (0, 1, 3)]

    assert states == ["succeeded", "failed", "succeeded"]


def test_without_its_job_zero_alone_is_success() -> None:
    states = [planner.outcome(None, code << 8, None).state for code in (0, 1)]

    assert states == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("boot", "pid", "alive", "expected"),
    [
        ("b", 1, True, None),
        (
            "b",
            1,
            False,
            "the runner was killed while it ran, and it ended before the next one came",
        ),
        ("b", None, False, "the runner was killed as it started it"),
        ("other", 1, True, "the machine was restarted while it ran"),
    ],
    ids=["alive", "gone", "never recorded", "another boot"],
)
def test_an_attempt_that_was_left_open_is_lost_unless_it_runs(
    boot: str, pid: int | None, *, alive: bool, expected: str | None
) -> None:
    time = utc("2026-03-02")
    attempt = OpenAttempt(AttemptKey(1, 1), "a", time, Trigger.SCHEDULE, time, time, pid, 7, boot)

    assert expected == planner.why_lost(attempt, "b", alive=alive)
