"""The runner's loop: what it starts, when, and what it does when something ends it."""

from __future__ import annotations

import signal
from datetime import timedelta

from fake_executor import Plan
from fakes import World
from schedkit.run import run_id

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
EACH_MINUTE = "jobs: {a: {command: x, clock: every 1m}}"


# ---- on time


def test_each_fire_time_starts_at_its_time(world: World) -> None:
    world.write(EACH_MINUTE)
    expected = ["a 12:01:00", "a 12:02:00", "a 12:03:00"]

    world.run(3.5 * MINUTE)

    assert expected == world.executor.starts


def test_each_fire_time_is_recorded_once(world: World) -> None:
    world.write(EACH_MINUTE)
    expected = ["a 12:01:00 succeeded", "a 12:02:00 succeeded"]

    world.run(2.5 * MINUTE)

    assert expected == world.told()


def test_a_start_on_time_has_no_lateness(world: World) -> None:
    world.write(EACH_MINUTE)

    world.run(1.5 * MINUTE)

    assert [run.lateness for run in world.runs()] == [timedelta(0)]


def test_jobs_due_at_one_instant_all_start(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}, b: {command: x, clock: every 1m}}")
    expected = ["a 12:01:00", "b 12:01:00"]

    world.run(1.5 * MINUTE)

    assert expected == world.executor.starts


def test_a_job_that_is_not_enabled_never_starts(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, enabled: false}}")

    world.run(3 * MINUTE)

    assert world.told() == []


def test_only_the_named_jobs_start(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}, b: {command: x, clock: every 1m}}")

    world.run(1.5 * MINUTE, only=["b"])

    assert world.executor.starts == ["b 12:01:00"]


# ---- an end


def test_a_drained_runner_starts_nothing_more(world: World) -> None:
    world.write(EACH_MINUTE)
    world.executor.plans["a"] = [Plan(lasts=100)]
    world.write("jobs: {a: {command: x, clock: every 1m}}\nrunner: {drain_timeout: 5m}")

    world.run(1.5 * MINUTE)

    assert world.told() == ["a 12:01:00 succeeded"]


def test_what_still_runs_when_the_drain_time_is_over_is_asked_and_then_killed(
    world: World,
) -> None:
    world.write("""
jobs: {a: {command: x, clock: every 1m, kill_grace: 10s}}
runner: {drain_timeout: 20s}
""")
    world.executor.plans["a"] = [Plan(lasts=1000, heeds=False)]

    world.run(1.5 * MINUTE)

    assert world.executor.told == ["a SIGTERM 12:01:50", "a kill 12:02:00"]
    assert [(run.state, run.reason) for run in world.runs()] == [
        ("cancelled", "the runner was stopped")
    ]


def test_an_interrupt_drains_and_is_remembered(world: World) -> None:
    world.write(EACH_MINUTE)
    world.send(59 * SECOND, signal.SIGINT)

    runner = world.run(60 * MINUTE)

    assert (world.told(), runner.interrupted) == ([], True)


def test_a_second_interrupt_leaves_what_runs_to_the_next_runner(world: World) -> None:
    world.write(EACH_MINUTE)
    world.executor.plans["a"] = [Plan(lasts=1000)]
    world.send(61 * SECOND, signal.SIGINT)
    world.send(62 * SECOND, signal.SIGINT)

    world.run(60 * MINUTE)

    assert (world.watch.elapsed(), world.told()) == (62 * SECOND, ["a 12:01:00 running"])


def test_a_job_that_ends_as_the_runner_leaves_does_not_break_it(world: World) -> None:
    world.write(EACH_MINUTE)
    world.executor.plans["a"] = [Plan(lasts=2)]
    world.send(62 * SECOND, signal.SIGQUIT)

    world.run(60 * MINUTE)

    assert world.watch.elapsed() == 62 * SECOND


def test_a_runner_that_leaves_does_not_wait_for_a_store_that_cannot_be_written(
    world: World,
) -> None:
    world.write(EACH_MINUTE)
    world.store.fails["record"] = 20
    world.send(70 * SECOND, signal.SIGINT)
    world.send(71 * SECOND, signal.SIGINT)

    world.run(60 * MINUTE)

    assert world.watch.elapsed() == 71 * SECOND


def test_a_runner_counts_what_came_of_its_runs(world: World) -> None:
    world.write(EACH_MINUTE)
    world.executor.plans["a"] = [Plan(), Plan(code=1), Plan(lasts=100)]

    runner = world.run(4.8 * MINUTE)

    assert dict(runner.counts) == {"succeeded": 2, "failed": 1, "skipped": 1}


def test_ids_are_those_of_the_runs(world: World) -> None:
    world.write(EACH_MINUTE)

    world.run(1.5 * MINUTE)

    (launch,) = world.executor.launches
    assert run_id(launch.key.run) == world.runs()[0].id
