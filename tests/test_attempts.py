"""Attempts: ended in time, and tried again."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import START, World
from schedkit.run import Trigger

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HOURLY = "jobs: {a: {command: x, clock: every 1h}}"
RETRIED = "jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 2, delay: 1m}}}"


# ---- ends


def test_the_last_line_of_a_failure_is_its_reason(world: World) -> None:
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(code=3, says="out of luck")]

    world.run(61 * MINUTE)

    assert [(run.state, run.exit_code, run.reason) for run in world.runs()] == [
        ("failed", 3, "out of luck")
    ]


def test_a_program_that_cannot_be_started_is_a_failure_with_a_reason(world: World) -> None:
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(starts=False)]

    world.run(61 * MINUTE)

    assert [(run.state, run.started, run.reason) for run in world.runs()] == [
        ("failed", None, "cannot be started: no such program")
    ]


@pytest.mark.parametrize(
    "key",
    [
        "working_dir: ~no-such-user/x",
        "env_file: ~no-such-user/x",
        'env_file: "a\\0b"',
        "params: {when: 2026-11-21, not: .nan}",
    ],
)
def test_a_job_that_cannot_be_started_never_ends_the_runner(world: World, key: str) -> None:
    world.write(f"""
jobs:
  a:
    command: x
    clock: every 1h
    {key}
  b: {{command: x, clock: every 1h}}
""")

    world.run(61 * MINUTE)

    assert "b 13:00:00 succeeded" in world.told()


def test_a_timeout_asks_first_and_kills_when_the_grace_is_over(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, timeout: 1m, kill_grace: 5s}}")
    world.executor.plans["a"] = [Plan(lasts=1000, heeds=False)]
    expected = ["a SIGTERM 13:01:00", "a kill 13:01:05"]

    world.run(65 * MINUTE)

    assert expected == world.executor.told


def test_a_job_that_heeds_the_signal_is_not_killed(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, timeout: 1m, stop_signal: INT}}")
    world.executor.plans["a"] = [Plan(lasts=1000)]

    world.run(65 * MINUTE)

    assert world.executor.told == ["a SIGINT 13:01:00"]


def test_a_job_that_was_stopped_for_its_timeout_timed_out(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, timeout: 1m}}")
    world.executor.plans["a"] = [Plan(lasts=1000)]

    world.run(65 * MINUTE)

    assert [(run.state, run.signal, run.reason) for run in world.runs()] == [
        ("timed_out", "SIGTERM", "timeout: it ran for 1m")
    ]


def test_a_job_that_ends_before_its_timeout_is_left_alone(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, timeout: 1m}}")
    world.executor.plans["a"] = [Plan(lasts=59)]

    world.run(65 * MINUTE)

    assert (world.told(), world.executor.told) == (["a 13:00:00 succeeded"], [])


# ---- retries


def test_a_retry_comes_after_its_delay(world: World) -> None:
    world.write(RETRIED)
    world.executor.plans["a"] = [Plan(lasts=10, code=1), Plan()]
    expected = ["a 13:00:00", "a 13:01:10"]

    world.run(65 * MINUTE)

    assert expected == world.executor.starts


def test_a_run_that_succeeds_at_last_has_succeeded(world: World) -> None:
    world.write(RETRIED)
    world.executor.plans["a"] = [Plan(code=1), Plan(code=1), Plan()]

    world.run(65 * MINUTE)

    assert [(run.state, run.attempts, run.exit_code) for run in world.runs()] == [
        ("succeeded", 3, 0)
    ]


def test_after_the_last_retry_a_run_has_failed(world: World) -> None:
    world.write(RETRIED)
    world.executor.plans["a"] = [Plan(code=1)]

    world.run(65 * MINUTE)

    assert [(run.state, run.attempts) for run in world.runs()] == [("failed", 3)]


def test_between_attempts_a_run_is_retrying(world: World) -> None:
    world.write(RETRIED)
    world.executor.plans["a"] = [Plan(code=1)]

    runner = world.run(60.5 * MINUTE)

    assert (world.told(), runner.waiting) == (["a 13:00:00 retrying"], 1)


def test_while_a_run_waits_to_be_retried_the_next_fire_time_is_skipped(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, retry: {max_retries: 1, delay: 90s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]

    world.run(2.5 * MINUTE)

    first, second = world.runs()
    assert (second.state, second.reason) == (
        "skipped",
        f"overlap: {first.id} waits to be retried",
    )


def test_two_retries_due_at_one_instant_both_start(world: World) -> None:
    retry = "retry: {max_retries: 1, delay: 1m}"
    world.write(f"""
jobs:
  a: {{command: x, clock: every 1h, {retry}}}
  b: {{command: x, clock: every 1h, {retry}}}
""")
    world.executor.plans = {"a": [Plan(code=1), Plan()], "b": [Plan(code=1), Plan()]}

    world.run(65 * MINUTE)

    assert sorted(world.executor.starts[2:]) == ["a 13:01:01", "b 13:01:01"]


def test_a_retry_that_cannot_be_claimed_is_tried_again(world: World) -> None:
    world.write(RETRIED)
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.store.fails["claim_attempts"] = 1
    expected = ["a 13:00:00", "a 13:01:06"]

    world.run(65 * MINUTE)

    assert expected == world.executor.starts


def test_a_retry_of_what_was_caught_up_says_so(world: World) -> None:
    world.write(RETRIED)
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.run(MINUTE)
    world.watch.set_clock(80 * MINUTE)

    world.run(5 * MINUTE)

    actual = [launch.env["SCHED_TRIGGER"] for launch in world.executor.launches]
    assert actual == [Trigger.CATCHUP, Trigger.CATCHUP]


def test_a_pending_retry_is_kept_by_the_next_runner(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10m}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.run(61 * MINUTE)

    world.run(15 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:10:01"]


def test_an_overdue_retry_starts_at_once(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d, retry: {max_retries: 1, delay: 10m}}}")
    world.watch.set_clock(11 * 60 * MINUTE)
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.run(61 * MINUTE)
    world.watch.set_clock(60 * MINUTE)

    world.run(15 * MINUTE)

    assert world.executor.starts == ["a 00:00:00", "a 01:01:00"]


def test_a_pending_retry_of_a_job_gone_from_the_file_is_cancelled(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10m}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.run(61 * MINUTE)
    world.write("jobs: {b: {command: x, clock: every 1d}}")

    world.run(15 * MINUTE)

    assert [(run.state, run.reason) for run in world.runs()] == [
        ("cancelled", "its job is gone from the file")
    ]


def test_a_pending_retry_of_a_job_that_is_left_out_waits_for_another_runner(world: World) -> None:
    job = "{command: x, clock: every 1h, retry: {max_retries: 1, delay: 10m}}"
    world.write(f"jobs: {{a: {job}, b: {{command: x, clock: every 1d}}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.run(61 * MINUTE)

    world.run(15 * MINUTE, only=["b"])

    assert world.told() == ["a 13:00:00 retrying"]


# ---- starts


def test_a_start_that_is_not_answered_is_said_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "schedkit")
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(lasts=30, answered=25)]

    world.run(61 * MINUTE)

    assert [record.getMessage() for record in caplog.records] == ["start not answered"]
    assert [(run.state, run.lateness, run.duration) for run in world.runs()] == [
        ("succeeded", timedelta(0), 30 * SECOND)
    ]


def test_a_timeout_counts_from_the_start_not_from_its_answer(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, timeout: 20s}}")
    world.executor.plans["a"] = [Plan(lasts=100, answered=5)]

    world.run(61 * MINUTE)

    assert world.executor.told == ["a SIGTERM 13:00:20"]


def test_when_nobody_can_be_asked_to_start_it_a_run_has_failed_and_is_tried_again(
    world: World,
) -> None:
    world.write(RETRIED)
    world.executor.refuses = 1

    world.run(62 * MINUTE)

    assert world.executor.starts == ["a 13:01:00"]
    assert [(run.state, run.attempts) for run in world.runs()] == [("succeeded", 2)]


def test_each_attempt_has_its_whole_timeout(world: World) -> None:
    world.write("""
jobs: {a: {command: x, clock: every 1h, timeout: 1m, retry: {max_retries: 1, delay: 10s}}}
""")
    world.executor.plans["a"] = [Plan(lasts=100), Plan(lasts=55)]

    world.run(65 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:10"]
    assert [(run.state, run.attempts) for run in world.runs()] == [("succeeded", 2)]


# ---- how long a run is tried again


@pytest.mark.parametrize("restart", [False, True])
def test_within_counts_from_the_first_start_whichever_runner_saw_it(
    world: World, *, restart: bool
) -> None:
    retry = "retry: {max_retries: 50, delay: 1m, within: 4m}"
    world.write(f"jobs: {{a: {{command: x, clock: every 1h, {retry}}}}}")
    world.executor.plans["a"] = [Plan(lasts=10, code=1)]
    if restart:
        world.run(61 * MINUTE + 30 * SECOND)
        world.run(10 * MINUTE)
    else:
        world.run(75 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:10", "a 13:02:20", "a 13:03:30"]
    assert [(run.state, run.attempts) for run in world.runs()] == [("failed", 4)]


def test_a_jitter_is_the_same_after_a_restart(world: World) -> None:
    retry = "retry: {max_retries: 1, delay: 1m, jitter: 10m}"
    world.write(f"jobs: {{a: {{command: x, clock: every 1h, {retry}}}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.run(HOUR + 5 * SECOND)
    (before,) = world.store.waiting()

    world.run(15 * MINUTE)

    assert MINUTE <= before.due - START - HOUR - SECOND <= 11 * MINUTE
    assert world.executor.starts[1] == f"a {before.due:%T}"


def test_an_exit_code_that_is_not_to_be_tried_again_ends_the_run(world: World) -> None:
    retry = "retry: {max_retries: 5, delay: 1s, on_exit_codes: [75]}"
    world.write(f"jobs: {{a: {{command: x, clock: every 1h, {retry}}}}}")
    world.executor.plans["a"] = [Plan(code=75), Plan(code=1, says="no use")]

    world.run(61 * MINUTE)

    assert [(run.state, run.attempts, run.reason) for run in world.runs()] == [
        ("failed", 2, "no use")
    ]
