"""Attempts: ended in time, and tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import World
from schedkit.run import Trigger

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
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
