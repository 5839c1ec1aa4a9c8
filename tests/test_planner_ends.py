"""How attempts end, whether they are tried again, and what becomes of those left open."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import utc
from deciding import job
from schedkit import planner
from schedkit.executor import Found, NotStarted, Result, Spawned
from schedkit.job import Job
from schedkit.planner import Outcome, Verdict
from schedkit.retry import Retry
from schedkit.run import AttemptKey, OpenAttempt, State, Trigger

FAILED = Outcome(State.FAILED, exit_code=1)
LOST = Outcome(State.LOST)
ASKED, FIRST = AttemptKey(1, 0), AttemptKey(1, 1)
NOON = utc("2026-03-02 12:00")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
UNSEEN = "it ended unseen: its runner and its keeper were killed"


def _retried(retry: Retry | None, keys: str = "grace: 60s") -> Job:
    return replace(job(keys), retry=retry)


# ---- ends


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, Outcome(State.SUCCEEDED, exit_code=0)),
        (3 << 8, Outcome(State.FAILED, "said", exit_code=3)),
        (int(signal.SIGKILL), Outcome(State.FAILED, "killed by SIGKILL", signal="SIGKILL")),
        (int(signal.SIGSEGV) | 0x80, Outcome(State.FAILED, "killed by SIGSEGV", signal="SIGSEGV")),
        (40, Outcome(State.FAILED, "killed by signal 40", signal="signal 40")),
        (None, Outcome(State.LOST, UNSEEN)),
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


# ---- retries


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

    times = [
        planner.retry_at(one, AttemptKey(1, attempt), FAILED, NOON, NOON)
        for attempt in range(1, len(expected) + 1)
    ]

    assert expected == [None if time is None else (time - NOON) / SECOND for time in times]


@pytest.mark.parametrize("backoff", ["linear", "exponential"])
@pytest.mark.parametrize("attempt", [10**6, 10**9, 10**400], ids=["1e6", "1e9", "1e400"])
def test_a_delay_never_grows_beyond_its_most(
    backoff: Literal["linear", "exponential"], attempt: int
) -> None:
    retry = Retry(10**6, timedelta(seconds=1), backoff)

    assert retry.delay_after(attempt) == retry.max_delay


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.CANCELLED, State.LOST, State.MISSED])
def test_what_did_not_fail_is_not_retried(state: State) -> None:
    assert planner.retry_at(_retried(Retry(3)), FIRST, Outcome(state), NOON, NOON) is None


def test_a_timeout_is_retried() -> None:
    end = Outcome(State.TIMED_OUT)

    assert planner.retry_at(_retried(Retry(3)), FIRST, end, NOON, NOON) == NOON + 30 * SECOND


@given(
    run=st.integers(1, 2**40),
    number=st.integers(1, 5),
    jitter=st.timedeltas(timedelta(0), timedelta(hours=1)),
)
def test_a_jitter_adds_up_to_its_length_and_never_takes_away(
    run: int, number: int, jitter: timedelta
) -> None:
    one = _retried(Retry(5, MINUTE, jitter=jitter))

    due = planner.retry_at(one, AttemptKey(run, number), FAILED, NOON, NOON)

    assert due is not None
    assert MINUTE <= due - NOON <= MINUTE + jitter


def test_a_jitter_is_the_same_for_one_attempt_and_spreads_the_others() -> None:
    one = _retried(Retry(5, MINUTE, jitter=timedelta(hours=1)))
    keys = [AttemptKey(run, number) for run in range(1, 101) for number in (1, 2)]

    dues = [planner.retry_at(one, key, FAILED, NOON, NOON) for key in keys]

    again = [planner.retry_at(one, key, FAILED, NOON, NOON) for key in keys]
    assert dues == again
    times = sorted(due for due in dues if due is not None)
    assert len(set(times)) == len(keys)
    assert max(later - sooner for sooner, later in pairwise(times)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (Outcome(State.FAILED, exit_code=75), True),
        (Outcome(State.FAILED, exit_code=1), False),
        (Outcome(State.FAILED, "killed by SIGKILL", signal="SIGKILL"), False),
        (Outcome(State.FAILED, "no such program"), False),
        (Outcome(State.TIMED_OUT, exit_code=75), True),
        (Outcome(State.TIMED_OUT, signal="SIGTERM"), False),
        (Outcome(State.SUCCEEDED, exit_code=75), False),
    ],
    ids=["its code", "another", "a signal", "no start", "timeout with it", "timeout", "success"],
)
def test_with_exit_codes_only_an_attempt_that_ended_with_one_is_retried(
    end: Outcome, *, expected: bool
) -> None:
    one = _retried(Retry(3, on_exit_codes=(75, 76)))

    assert expected == (planner.retry_at(one, FIRST, end, NOON, NOON) is not None)


@pytest.mark.parametrize(
    ("ended", "expected"),
    [(MINUTE * 9, MINUTE * 10), (MINUTE * 9 + timedelta.resolution, None)],
    ids=["at its end", "after it"],
)
def test_no_attempt_starts_later_than_within_after_the_first_start(
    ended: timedelta, expected: timedelta | None
) -> None:
    one = _retried(Retry(100, MINUTE, within=MINUTE * 10))

    due = planner.retry_at(one, AttemptKey(1, 4), FAILED, NOON + ended, NOON)

    assert expected == (None if due is None else due - NOON)


def test_within_counts_the_jitter_in() -> None:
    one = _retried(Retry(100, MINUTE, jitter=timedelta(hours=5), within=MINUTE * 2))

    dues = [planner.retry_at(one, AttemptKey(n, 1), FAILED, NOON, NOON) for n in range(1, 200)]

    assert all(due is None or due - NOON <= MINUTE * 2 for due in dues)


@pytest.mark.parametrize(
    ("keys", "retry", "number", "expected"),
    [
        ("on_interrupted: fail", None, 1, None),
        ("on_interrupted: fail", Retry(3, MINUTE), 1, None),
        ("on_interrupted: rerun", None, 1, timedelta(0)),
        ("on_interrupted: rerun", None, 2, None),
        ("on_interrupted: rerun", Retry(3, MINUTE), 1, MINUTE),
        ("on_interrupted: rerun", Retry(3, MINUTE), 3, MINUTE),
        ("on_interrupted: rerun", Retry(3, MINUTE), 4, None),
        ("on_interrupted: rerun", Retry(0), 1, None),
        ("on_interrupted: rerun", Retry(3, MINUTE, on_exit_codes=(75,)), 1, MINUTE),
    ],
)
def test_what_is_lost_runs_again_only_where_it_shall_and_as_far_as_retry_allows(
    keys: str, retry: Retry | None, number: int, expected: timedelta | None
) -> None:
    one = _retried(retry, keys)

    due = planner.retry_at(one, AttemptKey(1, number), LOST, NOON, NOON)

    assert expected == (None if due is None else due - NOON)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("grace: 60s", 1),
        ("retry: 3", 4),
        ("on_interrupted: rerun", 2),
        ("{retry: 3, on_interrupted: rerun}", 4),
    ],
)
def test_the_most_attempts_are_those_that_retries_allow(keys: str, expected: int) -> None:
    one = job(keys.strip("{}"))
    number = 1
    while any(
        planner.retry_at(one, AttemptKey(1, number), end, NOON, NOON) for end in (FAILED, LOST)
    ):
        number += 1

    assert expected == number == planner.most_attempts(one)


# ---- what an earlier runner left

SPAWNED = Spawned(FIRST, 4711, 7)
ENDED = Result(FIRST, 0)
REFUSED = NotStarted(FIRST, "cannot be started: no such program")
REBOOTED = (Verdict.LOST, "the machine was restarted while it ran")
KILLED = (Verdict.LOST, UNSEEN)


def _left(pid: int | None = None, *, number: int = 1, cancelled_by: str | None = None,
          trigger: Trigger = Trigger.SCHEDULE) -> OpenAttempt:  # fmt: skip
    started = None if pid is None else NOON
    key = AttemptKey(1, number)
    return OpenAttempt(
        key, "a", NOON, trigger, NOON, started, pid, 7, "boot-1", started,
        cancelled_by=cancelled_by,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("attempt", "found", "boot", "expected"),
    [
        (_left(), Found(FIRST, SPAWNED, ended=ENDED), "boot-1", (Verdict.ENDED, None)),
        (_left(4711), Found(FIRST, ended=ENDED), "boot-1", (Verdict.ENDED, None)),
        (_left(4711), Found(FIRST, SPAWNED, ended=ENDED), "boot-2", (Verdict.ENDED, None)),
        (_left(), Found(FIRST, not_started=REFUSED), "boot-1",
         (Verdict.NOT_STARTED, REFUSED.reason)),
        (_left(), Found(FIRST, not_started=REFUSED), "boot-2",
         (Verdict.NOT_STARTED, REFUSED.reason)),
        (_left(4711), Found(FIRST, SPAWNED), "boot-2", REBOOTED),
        (_left(), Found(FIRST, SPAWNED), "boot-2", REBOOTED),
        (_left(), Found(FIRST), "boot-2", REBOOTED),
        (_left(4711), Found(FIRST, SPAWNED, alive=True), "boot-2", REBOOTED),
        (_left(4711), Found(FIRST, SPAWNED, alive=True), "boot-1", (Verdict.ADOPTED, None)),
        (_left(), Found(FIRST, SPAWNED, alive=True), "boot-1", (Verdict.ADOPTED, None)),
        (_left(4711), Found(FIRST, SPAWNED), "boot-1", KILLED),
        (_left(), Found(FIRST, SPAWNED, output=True), "boot-1", KILLED),
        (_left(4711), Found(FIRST), "boot-1", KILLED),
        (_left(), Found(FIRST), "boot-1", (Verdict.AGAIN, None)),
        (_left(), Found(FIRST, output=True, alive=True), "boot-1", (Verdict.ADOPTED, None)),
        (_left(), Found(FIRST, output=True), "boot-1",
         (Verdict.LOST, "its runner and its keeper were killed as it was started")),
    ],
    ids=[
        "ended", "ended, start recorded", "ended before a reboot", "never executed",
        "never executed before a reboot", "reboot, started", "reboot, start not recorded",
        "reboot, nothing", "reboot, another process of that pid", "alive",
        "alive, start not recorded", "gone", "gone, start not recorded", "gone, journal lost",
        "nothing", "output and a process with the mark", "output alone",
    ],
)  # fmt: skip
def test_an_attempt_that_was_left_open_is_judged_by_the_table(
    attempt: OpenAttempt, found: Found, boot: str, expected: tuple[Verdict, str | None]
) -> None:
    """The recovery table of the design, row by row."""
    assert expected == planner.verdict(attempt, found, job("grace: 60s"), boot, NOON + MINUTE)


@pytest.mark.parametrize(
    ("keys", "late", "expected"),
    [
        ("catchup_window: 1h", timedelta(hours=1), Verdict.AGAIN),
        ("catchup_window: 1h", timedelta(hours=1, microseconds=1), Verdict.MISSED),
        ("catchup_window: 1m, grace: 1h", timedelta(hours=1), Verdict.AGAIN),
        ("catchup_window: 1m, grace: 1h", timedelta(hours=1, microseconds=1), Verdict.MISSED),
        ("catchup: none", MINUTE, Verdict.AGAIN),
        ("catchup: none", MINUTE + timedelta.resolution, Verdict.MISSED),
    ],
)
def test_what_never_ran_is_started_within_its_window(
    keys: str, late: timedelta, expected: Verdict
) -> None:
    assert expected == planner.verdict(_left(), Found(FIRST), job(keys), "boot-1", NOON + late)[0]


def test_what_somebody_triggered_and_never_ran_is_started_whatever_the_window() -> None:
    attempt, late = _left(trigger=Trigger.MANUAL), NOON + timedelta(days=30)

    verdict = planner.verdict(attempt, Found(FIRST), job("catchup: none"), "boot-1", late)

    assert verdict == (Verdict.AGAIN, None)


def test_a_retry_that_never_ran_is_started_whatever_the_window() -> None:
    late = NOON + timedelta(days=30)

    verdict = planner.verdict(_left(number=2), Found(FIRST), job("grace: 60s"), "boot-1", late)

    assert verdict == (Verdict.AGAIN, None)


def test_what_never_ran_and_was_cancelled_is_cancelled() -> None:
    attempt = _left(cancelled_by="ann")

    verdict = planner.verdict(attempt, Found(FIRST), job("grace: 60s"), "boot-1", NOON)

    assert verdict == (Verdict.CANCELLED, "cancelled by ann")


def test_what_never_ran_of_a_job_that_is_gone_is_cancelled() -> None:
    verdict = planner.verdict(_left(), Found(FIRST), None, "boot-1", NOON)

    assert verdict == (Verdict.CANCELLED, "its job is gone from the file")


@given(
    pid=st.sampled_from([None, 4711]),
    spawned=st.sampled_from([None, SPAWNED]),
    alive=st.booleans(),
    output=st.booleans(),
    boot=st.sampled_from(["boot-1", "boot-2"]),
)
def test_nothing_that_may_have_run_is_started_again(
    pid: int | None, spawned: Spawned | None, boot: str, *, alive: bool, output: bool
) -> None:
    found = Found(FIRST, spawned, alive=alive, output=output)

    said, _ = planner.verdict(_left(pid), found, job("grace: 60s"), boot, NOON)

    never_ran = pid is None and spawned is None and not alive and not output and boot == "boot-1"
    assert never_ran == (said is Verdict.AGAIN)


@pytest.mark.parametrize(
    ("left", "found", "boot", "expected"),
    [
        (_left(4711, number=0), Found(ASKED, ended=Result(ASKED, 0)), "boot-2", Verdict.ENDED),
        (_left(4711, number=0), Found(ASKED, SPAWNED, alive=True), "boot-1", Verdict.ADOPTED),
        (_left(4711, number=0), Found(ASKED, SPAWNED, alive=True), "boot-2", Verdict.AGAIN),
        (_left(4711, number=0), Found(ASKED, SPAWNED, output=True), "boot-1", Verdict.AGAIN),
        (_left(number=0), Found(ASKED, output=True), "boot-1", Verdict.AGAIN),
        (_left(number=0), Found(ASKED), "boot-1", Verdict.AGAIN),
        (_left(4711, number=0, cancelled_by="ann"), Found(ASKED), "boot-2", Verdict.CANCELLED),
    ],
    ids=[
        "ended", "alive", "reboot", "gone", "output alone", "nothing", "reboot, cancelled",
    ],
)  # fmt: skip
def test_what_was_asked_before_a_run_is_asked_again_whatever_became_of_it(
    left: OpenAttempt, found: Found, boot: str, expected: Verdict
) -> None:
    assert expected == planner.verdict(left, found, job("grace: 60s"), boot, NOON)[0]


def test_what_was_asked_before_a_run_that_is_too_late_by_now_is_not_asked_again() -> None:
    late = NOON + timedelta(days=30)

    verdict = planner.verdict(
        _left(number=0), Found(ASKED), job("catchup_window: 1h"), "boot-1", late
    )

    assert verdict[0] is Verdict.MISSED


def test_what_was_asked_before_a_run_is_never_tried_again_as_a_failure() -> None:
    failed = Outcome(State.FAILED, exit_code=127)

    assert planner.retry_at(job("retry: 5"), ASKED, failed, NOON, None) is None
