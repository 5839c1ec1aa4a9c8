"""Attempts: ended in time, tried again, taken over from an earlier runner."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fake_executor import FakeExecutor, Plan
from fakes import HOLDER, START, World
from schedkit import loader
from schedkit.executor import Found
from schedkit.run import AttemptKey, Decision, Ended, Started, State, Trigger

UNSEEN = "it ended unseen: its runner and its keeper were killed"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOURLY = "jobs: {a: {command: x, clock: every 1h}}"
RETRIED = "jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 2, delay: 1m}}}"


def _left(world: World, text: str, *, pid: int | None = 4711) -> AttemptKey:
    """Write what a runner that was killed left: one attempt, started 30 s before it died."""
    world.write(text)
    config = loader.load([world.path])
    world.store.begin(HOLDER, START)
    world.store.load(config, "start", START)
    due = START + 60 * MINUTE
    jobs = {job.name: job for job in config.jobs}
    world.watch.set_clock(60 * MINUTE)
    ((key, _),) = world.store.claim([Decision("a", due, State.QUEUED)], jobs, due)
    assert key is not None
    if pid is not None:
        world.store.record([Started(key, due, pid, 7, "x", str(world.directory / "x.log"))])
    world.watch.set_clock(30 * SECOND)
    return key


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


# ---- taken over


def test_what_still_runs_is_watched_until_it_ends_and_then_lost(world: World) -> None:
    key = _left(world, HOURLY)
    world.executor.alive.add(4711)
    world.after(30 * SECOND, lambda: world.executor.end(key))

    world.run(2 * MINUTE)

    assert [(run.state, run.reason, run.duration) for run in world.runs()] == [
        ("lost", UNSEEN, MINUTE)
    ]


def test_what_still_runs_is_seen_by_overlap(world: World) -> None:
    _left(world, HOURLY)
    world.executor.alive.add(4711)

    world.run(60 * MINUTE)

    assert world.told() == ["a 13:00:00 cancelled", "a 14:00:00 skipped"]


def test_the_timeout_of_what_still_runs_counts_from_its_start(world: World) -> None:
    _left(world, "jobs: {a: {command: x, clock: every 1h, timeout: 1m}}")
    world.executor.alive.add(4711)

    world.run(2 * MINUTE)

    assert world.executor.told == ["a SIGTERM 13:01:00"]


def test_what_ended_unseen_is_lost(world: World) -> None:
    _left(world, HOURLY)

    world.run(MINUTE)

    assert [(run.state, run.reason) for run in world.runs()] == [("lost", UNSEEN)]


def test_what_ran_before_the_machine_was_restarted_is_lost(world: World) -> None:
    """A process of its pid and start time may well be there: it is another one."""
    _left(world, HOURLY)
    world.executor.alive.add(4711)

    world.run(MINUTE, boot="boot-2")

    assert [(run.state, run.reason) for run in world.runs()] == [
        ("lost", "the machine was restarted while it ran")
    ]


def test_what_may_have_been_started_is_lost_and_not_started_again(world: World) -> None:
    key = _left(world, HOURLY, pid=None)
    world.executor.found[key] = Found(key, output=True)

    world.run(MINUTE)

    assert (world.told(), world.executor.starts) == (["a 13:00:00 lost"], [])


def test_what_certainly_never_ran_is_started_after_all(world: World) -> None:
    """A process's output file is made before it: there is none."""
    _left(world, HOURLY, pid=None)

    world.run(MINUTE)

    assert (world.told(), len(world.executor.starts)) == (["a 13:00:00 succeeded"], 1)


def test_what_was_lost_is_not_retried(world: World) -> None:
    _left(world, RETRIED)

    world.run(5 * MINUTE)

    assert world.told() == ["a 13:00:00 lost"]


def test_what_still_runs_of_a_job_gone_from_the_file_is_watched(world: World) -> None:
    key = _left(world, HOURLY)
    world.executor.alive.add(4711)
    world.write("jobs: {b: {command: x, clock: every 1d}}")
    world.after(30 * SECOND, lambda: world.executor.end(key))

    world.run(2 * MINUTE)

    assert world.told() == ["a 13:00:00 lost"]


def test_an_end_that_was_recorded_first_stands(world: World) -> None:
    key = _left(world, HOURLY)
    world.store.record([Ended(key, START + 61 * MINUTE, State.SUCCEEDED, exit_code=0)])

    world.run(MINUTE)

    assert world.told() == ["a 13:00:00 succeeded"]


def test_the_fake_executor_is_an_executor(world: World) -> None:
    assert isinstance(world.executor, FakeExecutor)
