"""What a runner tells of promises that are broken, and what it has follow from that."""

from __future__ import annotations

from datetime import timedelta

from fake_executor import Plan
from fakes import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def _events(world: World) -> list[str]:
    return [f"{one.job} {one.name} {one.time:%T}" for one in world.store.events(["sla.*"])[::-1]]


def test_a_run_that_waits_for_too_long_is_late(world: World) -> None:
    world.write("""
        pools: {one: 1}
        jobs:
          long: {command: x, clock: every 1h, pool: one, priority: 1}
          late: {command: x, clock: every 1h, pool: one, sla: {late_after: 5m}}
          page: {command: y, on: {event: sla.late_after, params: {who: payload.job}}}
        """)
    world.executor.plans["long"] = [Plan(lasts=600)]

    world.run_for(75 * MINUTE)

    assert _events(world) == ["late sla.late_after 13:05:00"]
    (page,) = [one for one in world.executor.launches if one.env["SCHED_JOB"] == "page"]
    assert page.env["who"] == "late"


def test_a_run_that_goes_on_for_too_long_is_told_and_goes_on(world: World) -> None:
    world.write("""
        jobs:
          long: {command: x, clock: every 1h, sla: {max_runtime: 5m}}
        """)
    world.executor.plans["long"] = [Plan(lasts=600)]

    world.run_for(75 * MINUTE)

    assert _events(world) == ["long sla.max_runtime 13:05:00"]
    assert world.told() == ["long 13:00:00 succeeded"]


def test_a_run_that_goes_on_for_too_long_is_told_also_while_the_runner_waits_for_it(
    world: World,
) -> None:
    world.write("""
        runner: {drain_timeout: 20m}
        jobs:
          long: {command: x, clock: every 1h, sla: {max_runtime: 5m}}
        """)
    world.executor.plans["long"] = [Plan(lasts=600)]

    world.run_for(62 * MINUTE)

    assert _events(world) == ["long sla.max_runtime 13:05:00"]
    assert world.told() == ["long 13:00:00 succeeded"]


def test_a_job_that_does_not_succeed_for_too_long_is_told_once(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, clock: every 1h, sla: {succeeded_within: 90m}}
        """)
    world.executor.plans["a"] = [Plan(), Plan(code=1), Plan(code=1), Plan(code=1), Plan()]

    world.run_for(timedelta(hours=6))

    assert _events(world) == ["a sla.succeeded_within 14:30:01"]


def test_a_promise_is_broken_once_whoever_sees_it(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, clock: every 10h, sla: {succeeded_within: 30m}}
        """)
    world.run_for(10 * MINUTE)
    for _ in range(3):
        world.reopen()
        world.watch.sleep(30 * MINUTE)
        world.run_for(MINUTE)

    assert _events(world) == ["a sla.succeeded_within 12:40:00"]
