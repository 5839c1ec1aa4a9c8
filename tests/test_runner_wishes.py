"""What people want of a runner beside the schedules: a run later, less of the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from fake_executor import Plan
from fakes import START, World
from schedkit.operations import Freed, Prune, Triggered
from schedkit.orders import Orders
from schedkit.run import Trigger

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = START  # 12:00


def _at(time: datetime, job: str = "a", *, force: bool = False, **params: str) -> Callable[
    [Orders], Triggered
]:  # fmt: skip
    return lambda orders: orders.at(job, "ann", time, params, force=force)


def _changes(world: World) -> list[tuple[str, str, str, str | None]]:
    return [(one.who, one.verb, one.target, one.detail) for one in world.store.changes()[::-1]]


# ---- later


def test_a_job_runs_once_more_at_the_time_that_is_wanted(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d}}")
    world.ask(SECOND, _at(NOON + 10 * MINUTE, size="3"))

    world.run(HOUR)

    (run,) = world.runs()
    assert world.answers == [Triggered(run.id, "queued")]
    assert (run.trigger, run.who, run.state, run.due, run.fire_time, run.lateness) == (
        Trigger.AT, "ann", "succeeded", NOON + 10 * MINUTE, run.due, timedelta(0)
    )  # fmt: skip
    (launch,) = world.executor.launches
    assert (launch.env["SCHED_TRIGGER"], launch.env["size"], world.executor.starts) == (
        "at", "3", ["a 12:10:00"]
    )  # fmt: skip
    assert _changes(world) == [("ann", "at", "a", "2026-03-02T12:10:00+00:00")]


def test_at_a_fire_time_both_run_each_with_its_own(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, overlap: allow}}")
    world.ask(SECOND, _at(NOON + HOUR))
    world.ask(2 * SECOND, _at(NOON + HOUR))

    world.run(61 * MINUTE)

    assert [(run.trigger, run.fire_time - NOON - HOUR) for run in world.runs()] == [
        (Trigger.AT, timedelta.resolution),
        (Trigger.AT, 2 * timedelta.resolution),
        (Trigger.SCHEDULE, timedelta(0)),
    ]


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace"])
def test_when_its_time_comes_it_waits_for_a_run_that_goes_on(world: World, overlap: str) -> None:
    world.write(f"jobs: {{a: {{command: x, clock: every 1h, overlap: {overlap}}}}}")
    world.executor.plans["a"] = [Plan(lasts=300), Plan()]
    world.ask(SECOND, _at(NOON + HOUR + MINUTE))

    world.run(70 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:05:00"]
    assert [run.state for run in world.runs()] == ["succeeded", "succeeded"]


def test_where_runs_may_overlap_it_starts_beside_the_one_that_goes_on(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, overlap: allow}}")
    world.executor.plans["a"] = [Plan(lasts=300), Plan()]
    world.ask(SECOND, _at(NOON + HOUR + MINUTE))

    world.run(70 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:00"]


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace"])
def test_until_its_time_comes_nothing_overlaps_with_it(world: World, overlap: str) -> None:
    world.write(f"jobs: {{a: {{command: x, clock: every 10m, overlap: {overlap}}}}}")
    world.ask(SECOND, _at(NOON + 35 * MINUTE))

    world.run(36 * MINUTE)

    assert world.executor.starts == ["a 12:10:00", "a 12:20:00", "a 12:30:00", "a 12:35:00"]
    assert {run.state for run in world.runs()} == {"succeeded"}


def test_a_fire_time_overlaps_with_one_whose_time_has_come_and_that_waits(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: {dates: 2026-03-02 12:50}, pool: one}
""")
    world.executor.plans["b"] = [Plan(lasts=1200)]
    world.ask(SECOND, _at(NOON + 55 * MINUTE))

    world.run(75 * MINUTE)

    wanted, _, skipped = world.runs()
    assert (wanted.trigger, wanted.state, skipped.reason) == (
        Trigger.AT, "succeeded", f"overlap: {wanted.id} still waits for pool 'one'"
    )  # fmt: skip


def test_a_paused_job_lets_it_wait_until_it_is_resumed(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d}}")
    world.ask(SECOND, _at(NOON + 10 * MINUTE))
    world.ask(2 * SECOND, lambda orders: orders.pause(["a"], "bob", None, None))
    world.ask(20 * MINUTE, lambda orders: orders.resume(["a"], "bob"))

    world.run(HOUR)

    assert world.executor.starts == ["a 12:20:00"]
    assert world.runs()[0].lateness == 10 * MINUTE


def test_a_job_that_may_not_run_now_is_wanted_later_by_force_alone(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, enabled: false}}")
    world.ask(SECOND, _at(NOON + MINUTE))
    world.ask(2 * SECOND, _at(NOON + MINUTE, force=True))

    world.run(HOUR)

    assert world.answers[0] == (
        "NotNowError: a is disabled in its file (run it all the same: --force)"
    )
    assert world.executor.starts == ["a 12:01:00"]
    assert _changes(world) == [("ann", "at", "a", "2026-03-02T12:01:00+00:00, forced")]


def test_it_is_never_too_late_with_no_runner_up_at_its_time(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 30d, catchup: none, start_deadline: 1m}}")
    world.ask(SECOND, _at(NOON + HOUR))
    world.run(MINUTE)
    world.watch.sleep(3 * DAY)

    world.run(MINUTE)

    (run,) = world.runs()
    assert (run.state, run.lateness) == ("succeeded", 3 * DAY - 59 * MINUTE)


def test_it_does_not_count_for_max_runs_and_moves_no_cursor(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, max_runs: 1}}")
    world.ask(SECOND, _at(NOON + 90 * MINUTE))
    world.ask(2 * SECOND, _at(NOON + 30 * MINUTE))

    world.run(2 * HOUR + MINUTE)

    assert world.executor.starts == ["a 12:30:00", "a 13:00:00", "a 13:30:00"]


def test_one_that_is_cancelled_before_its_time_never_starts(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d}}")
    world.ask(SECOND, _at(NOON + 10 * MINUTE))
    world.ask(2 * SECOND, lambda orders: orders.cancel(world.runs()[0].id, "ann", None))

    world.run(HOUR)

    assert (world.executor.starts, world.reasons()) == (
        [], ["a 12:10:00 cancelled: cancelled by ann"]
    )  # fmt: skip


def test_a_runner_that_stops_keeps_it_for_the_next(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.executor.plans["a"] = [Plan(lasts=20), Plan()]
    world.ask(HOUR + 10 * SECOND, _at(NOON + 2 * HOUR - MINUTE))
    world.run(HOUR + 5 * SECOND)

    world.run(HOUR - 30 * SECOND)

    assert world.executor.starts == ["a 13:00:00", "a 13:59:00"]


# ---- the past


def _prune(**wish: object) -> Callable[[Orders], Freed]:
    return lambda orders: orders.prune(Prune(**wish), "ann")  # type: ignore[arg-type]  # as they are named


def test_records_and_what_their_runs_wrote_are_dropped_while_runs_go_on(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}, b: {command: x, clock: every 1m}}")
    world.executor.plans["b"] = [Plan(lasts=1000)]
    written = world.directory / "output"

    def write() -> None:
        for launch in world.executor.launches:
            launch.output.parent.mkdir(parents=True, exist_ok=True)
            launch.output.write_bytes(b"12345")

    world.after(3 * MINUTE + 30 * SECOND, write)
    world.ask(3 * MINUTE + 40 * SECOND, _prune(keep=1))

    world.run(3 * MINUTE + 50 * SECOND)

    # Of b two were skipped: one is the newest record of all.
    assert world.answers == [Freed(3, 10)]
    assert world.told() == ["b 12:01:00 cancelled", "a 12:03:00 succeeded", "b 12:03:00 skipped"]
    assert len(list(written.rglob("*.log"))) == 2
    assert _changes(world) == [("ann", "prune", "all jobs", "all but the newest 1")]


def test_what_ended_before_is_dropped_of_the_jobs_that_are_named(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}, b: {command: x, clock: every 1m}}")
    world.ask(3.5 * MINUTE, _prune(jobs=["a"], before=NOON + 2.5 * MINUTE))

    world.run(3.5 * MINUTE + SECOND)

    assert world.told() == [
        "b 12:01:00 succeeded",
        "b 12:02:00 succeeded",
        "a 12:03:00 succeeded",
        "b 12:03:00 succeeded",
    ]
    assert _changes(world) == [("ann", "prune", "a", "ended before 2026-03-02T12:02:30+00:00")]


def test_many_jobs_are_pruned_by_parts(world: World) -> None:
    names = [f"j{n:02}" for n in range(20)]
    jobs = ", ".join(f"{name}: {{command: x, clock: every 1m}}" for name in names)
    world.write(f"jobs: {{{jobs}}}")

    def prune(orders: Orders) -> list[Freed]:
        parts = [orders.prune(Prune(keep=0), "ann")]
        while parts[-1].after is not None:
            parts.append(orders.prune(Prune(keep=0, after=parts[-1].after), "ann"))
        return parts

    world.ask(90 * SECOND, prune)

    world.run(100 * SECOND)

    assert world.answers == [[Freed(8, 0, "j07"), Freed(8, 0, "j15"), Freed(3, 0)]]
    assert (world.told(), len(_changes(world))) == (["j19 12:01:00 succeeded"], 1)
