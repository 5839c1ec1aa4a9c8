"""What a runner tells of promises that are broken: when they are, once, whatever else goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import START, World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def told(world: World) -> list[str]:
    """Return the promises that were broken, oldest first: when, of which job, which."""
    events = world.store.events(["sla.*"])[::-1]
    return [f"{e.time:%T} {e.job} {e.name.removeprefix('sla.')}" for e in events]


def test_a_run_is_late_while_it_waits_for_a_slot(world: World) -> None:
    world.executor.plans = {"a": [Plan(lasts=1800)]}
    world.write("""
    pools: {one: 1}
    jobs:
      a: {command: x, clock: hourly at 1, pool: one}
      b: {command: x, clock: hourly at 2, pool: one, sla: {late_after: 5m}}
    """)

    world.run_for(40 * MINUTE)

    assert told(world) == ["12:07:00 b late_after"]
    (event,) = world.store.events(["sla.*"])
    (late,) = [run for run in world.runs() if run.job == "b"]
    due = "2026-03-02T12:02:00+00:00"
    assert event.key == late.id
    assert event.payload == {
        "job": "b", "run": late.id, "fire_time": due, "due": due, "limit_s": 300.0,
    }  # fmt: skip


def test_a_run_that_is_caught_up_is_late_as_it_starts(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: hourly at 30, sla: {late_after: 5m}}}")
    world.run_for(MINUTE)
    world.watch.sleep(HOUR)

    world.run_for(MINUTE)

    assert told(world) == ["13:01:00 a late_after"]


def test_a_silence_is_told_of_when_it_has_lasted_and_once(world: World) -> None:
    world.executor.plans = {"a": [Plan(), Plan(code=1)]}
    world.write("jobs: {a: {command: x, clock: every 10m, sla: {succeeded_within: 15m}}}")

    world.run_for(60 * MINUTE)

    assert told(world) == ["12:25:01 a succeeded_within"]


def test_a_silence_that_lasted_while_no_runner_was_up_is_told_of_at_its_start(
    world: World,
) -> None:
    world.write("jobs: {a: {command: x, clock: hourly at 5, sla: {succeeded_within: 2h}}}")
    world.run_for(10 * MINUTE)
    world.watch.sleep(5 * HOUR)

    world.run_for(MINUTE)
    world.run_for(MINUTE)

    assert told(world) == [f"{START + 5 * HOUR + 10 * MINUTE:%T} a succeeded_within"]


def test_a_paused_job_promises_what_it_did(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 10m, sla: {succeeded_within: 15m}}}")
    world.ask(MINUTE, lambda orders: orders.pause(["a"], "ann", None, None))

    world.run_for(20 * MINUTE)

    assert told(world) == ["12:15:00 a succeeded_within"]


def test_what_is_loaded_later_is_expected_from_then_on(world: World) -> None:
    text = "jobs: {a: {command: x, clock: hourly at 30}}"
    world.write(text)
    world.reload_after(MINUTE, text.replace("30", "30, sla: {succeeded_within: 15m}"))

    world.run_for(20 * MINUTE)

    assert told(world) == ["12:15:00 a succeeded_within"]


@pytest.mark.parametrize("method", ["emit", "last_successes"])
def test_what_cannot_be_written_or_read_is_told_when_it_can(world: World, method: str) -> None:
    world.executor.plans = {"a": [Plan(lasts=600)]}
    world.write("""
    jobs:
      a: {command: x, clock: hourly at 1, sla: {max_runtime: 2m, succeeded_within: 5m}}
    """)
    world.store.fails[method] = 1

    world.run_for(8 * MINUTE)

    assert [line.partition(" ")[2] for line in told(world)] == [
        "a max_runtime", "a succeeded_within",
    ]  # fmt: skip


def test_a_promise_that_is_broken_while_nothing_can_be_written_is_told_afterwards(
    world: World,
) -> None:
    world.executor.plans = {"a": [Plan(lasts=600)]}
    world.write("""
    jobs:
      a: {command: x, clock: hourly at 1, sla: {max_runtime: 2m2s}}
      b: {command: x, clock: hourly at 3, sla: {late_after: 3s}}
    """)
    world.after(2 * MINUTE, lambda: world.store.fails.update(claim=1))

    world.run_for(5 * MINUTE)

    assert told(world) == ["12:03:05 a max_runtime", "12:03:05 b late_after"]


def test_for_promises_that_are_kept_a_runner_never_wakes_up(world: World) -> None:
    promises = ", sla: {late_after: 5m, max_runtime: 30m, succeeded_within: 2h}"
    waits = []
    for sla in ("", "", promises):  # the first hour has no fire time before it
        world.write(f"jobs: {{a: {{command: x, clock: every 10m{sla}}}}}")
        before = world.watch.waits
        world.run_for(HOUR)
        waits.append(world.watch.waits - before)

    assert waits[1] == waits[2]
    assert told(world) == []
