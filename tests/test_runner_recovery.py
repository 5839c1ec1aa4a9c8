"""What a runner takes over from an earlier one: attempts that go on, ended or never began."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest

from fake_executor import Plan
from fakes import HOLDER, START, World
from schedkit import loader
from schedkit.executor import Found, NotStarted, Result, Spawned
from schedkit.run import AttemptKey, Decision, Ended, Pause, Started, State

UNSEEN = "it ended unseen: its runner and its keeper were killed"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
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


def test_what_ended_meanwhile_ends_as_its_keeper_says_and_when(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, success: {exit_codes: [0, 3]}}}")
    world.executor.plans["a"] = [Plan(lasts=50, code=3)]
    world.after(HOUR + 10 * SECOND, world.kill)
    world.run_or_be_killed(2 * HOUR)
    world.watch.sleep(5 * MINUTE)
    world.after(30 * SECOND, lambda: None)

    world.run(MINUTE)

    (run,) = world.runs()
    assert (run.state, run.exit_code, run.duration) == ("succeeded", 3, 50 * SECOND)


def test_what_failed_meanwhile_is_tried_again(world: World) -> None:
    key = _left(world, RETRIED)
    ended = Result(key, 1 << 8, ago=20 * SECOND)
    world.executor.found[key] = Found(key, Spawned(key, 4711, 7, 30 * SECOND), ended=ended)

    world.run(2 * MINUTE)

    assert world.executor.starts == ["a 13:01:10"]
    assert [(run.state, run.attempts) for run in world.runs()] == [("succeeded", 2)]


def test_a_start_that_was_not_recorded_is_recorded_by_the_next_runner(world: World) -> None:
    key = _left(world, HOURLY, pid=None)
    spawned = Spawned(key, 4712, 9, 25 * SECOND)
    world.executor.found[key] = Found(key, spawned, ended=Result(key, 0, ago=5 * SECOND))

    world.run(MINUTE)

    (run,) = world.runs()
    assert (run.state, run.lateness, run.duration) == ("succeeded", 5 * SECOND, 20 * SECOND)


def test_what_could_not_be_started_has_failed_and_is_tried_again(world: World) -> None:
    key = _left(world, RETRIED, pid=None)
    refused = NotStarted(key, "cannot be started: no such program")
    world.executor.found[key] = Found(key, not_started=refused, output=True)

    world.run(SECOND)

    (run,) = world.runs()
    assert (run.state, run.reason) == ("retrying", "cannot be started: no such program")


def test_what_never_ran_is_missed_when_it_is_too_late(world: World) -> None:
    _left(world, "jobs: {a: {command: x, clock: every 1h, catchup_window: 10m}}", pid=None)
    world.watch.sleep(11 * MINUTE)

    world.run(MINUTE)

    assert world.reasons() == [
        "a 13:00:00 missed: its runner was killed before it started it; too late to start it"
    ]


def test_what_never_ran_is_not_started_late_where_nothing_is_caught_up(world: World) -> None:
    _left(world, "jobs: {a: {command: x, clock: every 1h, catchup: none}}", pid=None)
    world.watch.sleep(MINUTE)

    world.run(MINUTE)

    assert (world.told(), world.executor.starts) == (["a 13:00:00 missed"], [])


def test_what_never_ran_before_a_reboot_is_lost(world: World) -> None:
    """A line that is missing proves nothing: power may have failed before it was on disk."""
    _left(world, HOURLY, pid=None)

    world.run(MINUTE, boot="boot-2")

    assert (world.told(), world.executor.starts) == (["a 13:00:00 lost"], [])


@pytest.mark.parametrize("boot", ["boot-1", "boot-2"])
def test_what_was_lost_runs_again_where_it_shall(world: World, boot: str) -> None:
    _left(world, "jobs: {a: {command: x, clock: every 1h, on_interrupted: rerun}}")

    world.run(MINUTE, boot=boot)

    assert world.executor.starts == ["a 13:00:30"]
    assert [(run.state, run.attempts) for run in world.runs()] == [("succeeded", 2)]


def test_what_was_lost_is_always_an_error_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    _left(world, "jobs: {a: {command: x, clock: every 1h, on_interrupted: rerun}}")
    caplog.set_level(logging.WARNING, "schedkit")

    world.run(MINUTE)

    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("ERROR", "attempt lost")]


# ---- cancelled while no runner was up


def _wish_to_cancel(world: World, key: AttemptKey) -> None:
    world.store.begin(world.holder(runs=False), world.watch.now())
    world.store.ask_to_cancel(key.run, "ann")


def test_what_still_runs_is_stopped_for_who_asked_meanwhile(world: World) -> None:
    key = _left(world, RETRIED)
    _wish_to_cancel(world, key)
    world.executor.alive.add(4711)

    world.run(2 * MINUTE)

    assert world.executor.told == ["a SIGTERM 13:00:30"]
    assert world.reasons() == ["a 13:00:00 cancelled: cancelled by ann"]


def test_what_never_ran_is_not_started_for_who_asked_meanwhile(world: World) -> None:
    key = _left(world, HOURLY, pid=None)
    _wish_to_cancel(world, key)

    world.run(2 * MINUTE)

    assert world.reasons() == ["a 13:00:00 cancelled: cancelled by ann"]
    assert world.executor.starts == []


def _pause(world: World, until: datetime | None = None) -> None:
    world.store.begin(world.holder(runs=False), world.watch.now())
    world.store.pause([Pause("a", "ann", world.watch.now(), until)])


def test_what_never_ran_of_a_job_that_is_paused_by_now_waits_until_it_is_resumed(
    world: World,
) -> None:
    _left(world, HOURLY, pid=None)
    _pause(world)
    world.ask(10 * MINUTE, lambda orders: orders.resume(["a"], "ann"))

    world.run(20 * MINUTE)

    assert (world.executor.starts, world.told()) == (["a 13:10:30"], ["a 13:00:00 succeeded"])
    assert [run.attempts for run in world.runs()] == [1]


def test_what_never_ran_of_a_paused_job_waits_for_the_next_runner_too(world: World) -> None:
    _left(world, HOURLY, pid=None)
    _pause(world, world.watch.now() + 10 * MINUTE)
    world.run(5 * MINUTE)
    before = world.told()

    world.run(20 * MINUTE)

    assert (before, world.executor.starts) == (["a 13:00:00 queued"], ["a 13:10:30"])


def test_a_pause_that_was_over_before_holds_up_nothing_that_never_ran(world: World) -> None:
    _left(world, HOURLY, pid=None)
    _pause(world, world.watch.now())

    world.run(MINUTE)

    assert world.executor.starts == ["a 13:00:30"]


def test_what_succeeded_before_anybody_could_stop_it_has_succeeded(world: World) -> None:
    key = _left(world, HOURLY)
    _wish_to_cancel(world, key)
    world.executor.found[key] = Found(key, ended=Result(key, 0))

    world.run(2 * MINUTE)

    assert world.told() == ["a 13:00:00 succeeded"]


@pytest.mark.parametrize("status", [1 << 8, 15, None])
def test_what_was_to_be_stopped_is_never_tried_again(world: World, status: int | None) -> None:
    key = _left(world, RETRIED.replace("retry:", "on_interrupted: rerun, retry:"))
    _wish_to_cancel(world, key)
    ended = None if status is None else Result(key, status)
    world.executor.found[key] = Found(key, Spawned(key, 4711, 7, 30 * SECOND), ended=ended)

    world.run(5 * MINUTE)

    expected = "lost" if status is None else "cancelled"
    assert (world.told(), world.executor.starts) == ([f"a 13:00:00 {expected}"], [])


# ---- jobs that changed or are left out


def test_what_still_runs_of_a_job_that_is_left_out_has_its_timeout_all_the_same(
    world: World,
) -> None:
    text = "jobs: {a: {command: x, clock: every 1h, timeout: 1m}, b: {command: x, clock: every 1d}}"
    _left(world, text)
    world.executor.alive.add(4711)

    world.run(2 * MINUTE, only=["b"])

    assert world.executor.told == ["a SIGTERM 13:01:00"]


def test_what_failed_of_a_job_that_is_left_out_is_tried_again_by_a_later_runner(
    world: World,
) -> None:
    key = _left(world, RETRIED.replace("}}}", "}}, b: {command: x, clock: every 1d}}"))
    world.executor.found[key] = Found(key, Spawned(key, 4711, 7), ended=Result(key, 1 << 8))
    runner = world.run(2 * MINUTE, only=["b"])
    meanwhile = world.told(), runner.waiting

    world.run(MINUTE)

    assert meanwhile == (["a 13:00:00 retrying"], 0)
    assert world.executor.starts == ["a 13:02:30"]


def test_what_waits_of_a_job_that_is_left_out_waits_for_another_runner(world: World) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1h, overlap: queue_all}
  b: {command: x, clock: every 1d}
""")
    world.executor.plans["a"] = [Plan(lasts=3630), Plan()]
    world.run(2 * HOUR + 10 * SECOND)

    world.run(MINUTE, only=["b"])
    meanwhile = world.told()
    world.run(MINUTE)

    assert meanwhile == ["a 13:00:00 succeeded", "a 14:00:00 queued"]
    assert world.told() == ["a 13:00:00 succeeded", "a 14:00:00 succeeded"]


def test_what_waits_of_a_job_that_is_gone_is_cancelled(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, overlap: queue_all}}")
    world.executor.plans["a"] = [Plan(lasts=3630)]
    world.run(2 * HOUR + 10 * SECOND)
    world.write("jobs: {b: {command: x, clock: every 1d}}")

    world.run(MINUTE)

    assert world.reasons()[1:] == ["a 14:00:00 cancelled: its job is gone from the file"]


# ---- a history that cannot be written


def test_what_ended_meanwhile_and_cannot_be_recorded_is_tried_again_all_the_same(
    world: World,
) -> None:
    key = _left(world, RETRIED)
    world.executor.found[key] = Found(key, Spawned(key, 4711, 7), ended=Result(key, 1 << 8))
    world.store.fails["record"] = 2

    world.run(2 * MINUTE)

    assert world.executor.starts == ["a 13:01:30"]


def test_what_a_keeper_knows_is_kept_until_the_end_is_on_disk(world: World) -> None:
    key = _left(world, HOURLY)
    world.executor.found[key] = Found(key, Spawned(key, 4711, 7), ended=Result(key, 0))
    world.store.fails["record"] = 1
    seen: list[int] = []
    world.after(SECOND, lambda: seen.append(world.executor.forgot))

    world.run(MINUTE)

    assert (seen, world.executor.forgot) == ([0], 1)


def test_after_a_power_cut_each_attempt_that_went_on_is_lost_and_nothing_runs_twice(
    world: World,
) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1m, overlap: allow}
  b: {command: x, clock: every 1m, overlap: queue_all}
runner: {drain_timeout: 10m}
""")
    world.executor.plans = {"a": [Plan(lasts=100)], "b": [Plan(lasts=100)]}
    world.after(200 * SECOND, world.kill)
    world.run_or_be_killed(HOUR)
    world.executor.power_off()
    world.watch.sleep(20 * SECOND)

    world.run(0.5 * MINUTE, boot="boot-2")

    assert world.told() == [
        "a 12:01:00 succeeded",
        "b 12:01:00 succeeded",
        "a 12:02:00 lost",
        "b 12:02:00 lost",
        "a 12:03:00 lost",
        "b 12:03:00 succeeded",
        "a 12:04:00 succeeded",
        "b 12:04:00 queued",
    ]
