"""A job that runs for fire times of the past, behind all else and beside itself as is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from fake_executor import Plan
from fakes import START, World
from schedkit import loader
from schedkit.operations import Backfill, Filled
from schedkit.orders import Orders
from schedkit.run import Trigger

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = START  # 12:00


def _changes(world: World) -> list[tuple[str, str, str, str | None]]:
    return [(one.who, one.verb, one.target, one.detail) for one in world.store.changes()[::-1]]


def _filling(world: World, first: datetime, last: datetime, parallel: int = 1) -> Backfill:
    (job, *_) = loader.load([world.path]).jobs
    return Backfill(job.name, first, last, job.schedule_digest, parallel)


def _backfill(world: World, wish: Backfill | None = None, **more: object) -> Callable[
    [Orders], Filled
]:  # fmt: skip
    """Ask for the ten minutes before the runner began, unless for something else."""
    asked = wish or _filling(world, NOON - 10 * MINUTE, NOON - MINUTE)
    return lambda orders: orders.backfill(replace(asked, **more), "ann")  # type: ignore[arg-type]  # as they are named


def test_a_job_runs_for_each_of_its_past_fire_times_in_order_one_at_a_time(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 5m, start: 2026-03-02 11:00}}")
    wish = _filling(world, NOON - 20 * MINUTE, NOON - 10 * MINUTE)
    world.ask(SECOND, _backfill(world, wish))

    world.run(MINUTE)

    assert [launch.env["SCHED_FIRE_TIME"] for launch in world.executor.launches] == [
        f"2026-03-02T11:{minute}:00+00:00" for minute in (40, 45, 50)
    ]
    assert {launch.env["SCHED_TRIGGER"] for launch in world.executor.launches} == {"backfill"}
    assert world.executor.starts == ["a 12:00:01", "a 12:00:02", "a 12:00:03"]
    runs = [(run.id, run.fire_time) for run in world.runs()]
    assert world.answers == [Filled(runs, 0)]
    assert [(run.who, run.lateness, run.state) for run in world.runs()] == [
        ("ann", n * SECOND, "succeeded") for n in range(3)
    ]
    assert _changes(world) == [
        (
            "ann",
            "backfill",
            "a",
            "3 fire times from 2026-03-02T11:40:00+00:00 to 2026-03-02T11:50:00+00:00",
        )
    ]


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace", "allow"])
@pytest.mark.parametrize("parallel", [1, 3, 20])
def test_so_many_run_at_a_time_as_are_wanted_whatever_the_overlap(
    world: World, overlap: str, parallel: int
) -> None:
    world.write(f"jobs: {{a: {{command: x, clock: every 1m, overlap: {overlap}}}}}")
    world.executor.plans["a"] = [Plan(lasts=lasts) for lasts in (1, 2, 1, 3, 1, 1, 1, 1, 2, 1)]
    world.ask(SECOND, _backfill(world, parallel=parallel))

    world.run(50 * SECOND)

    assert world.executor.most_at_once() == min(parallel, 10)
    assert [run.state for run in world.runs()] == ["succeeded"] * 10


def test_pools_hold_for_a_backfill_too(world: World) -> None:
    world.write("""
pools: {two: 2}
jobs: {a: {command: x, clock: every 1m, pool: two}}
""")
    world.ask(SECOND, _backfill(world, parallel=5))

    world.run(50 * SECOND)

    assert (world.executor.most_at_once(), len(world.executor.starts)) == (2, 10)


def test_a_fire_time_that_comes_meanwhile_is_on_time_where_none_overlaps(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, overlap: allow}}")
    world.executor.plans["a"] = [Plan(lasts=9)]
    world.ask(SECOND, _backfill(world, parallel=2))

    world.run(61 * SECOND)

    (run,) = [run for run in world.runs() if run.trigger is Trigger.SCHEDULE]
    assert (run.state, run.lateness) == ("succeeded", timedelta(0))


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("skip", ["skipped", None]),
        ("queue_one", ["succeeded", 5 * SECOND]),
        ("queue_all", ["succeeded", 5 * SECOND]),
        ("replace", ["succeeded", timedelta(0)]),
    ],
)
def test_a_fire_time_that_comes_meanwhile_overlaps_as_its_job_says(
    world: World, overlap: str, expected: list[object]
) -> None:
    """With what runs of the backfill, never with what waits of it."""
    world.write(f"jobs: {{a: {{command: x, clock: every 1m, overlap: {overlap}}}}}")
    world.executor.plans["a"] = [Plan(lasts=64), Plan()]
    world.ask(SECOND, _backfill(world))

    world.run(2 * MINUTE - SECOND)

    (run,) = [run for run in world.runs() if run.trigger is Trigger.SCHEDULE]
    assert [run.state, run.lateness] == expected
    states = [one.state for one in world.runs() if one.trigger is Trigger.BACKFILL]
    first = "cancelled" if overlap == "replace" else "succeeded"
    assert states == [first, *["succeeded"] * 9]


def test_while_a_pause_lasts_nothing_of_a_backfill_overlaps_and_then_it_goes_on(
    world: World,
) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    world.ask(SECOND, lambda orders: orders.pause(["a"], "bob", None, None))
    world.ask(2 * SECOND, _backfill(world))
    world.ask(70 * SECOND, lambda orders: orders.resume(["a"], "bob"))

    world.run(90 * SECOND)

    assert world.executor.starts[0] == "a 12:01:10"
    assert len(world.executor.starts) == 10


def test_fire_times_that_have_a_run_are_left_out(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, catchup: none}}")
    world.executor.plans["a"] = [Plan(), Plan(code=1), Plan(), Plan(lasts=50), Plan()]
    wish = _filling(world, NOON, NOON + 4 * MINUTE)
    world.ask(4 * MINUTE + SECOND, _backfill(world, wish))
    world.ask(4 * MINUTE + 2 * SECOND, _backfill(world, wish))

    world.run(5 * MINUTE - SECOND)

    first, again = world.answers
    assert isinstance(first, Filled)
    assert isinstance(again, Filled)
    assert ([time for _, time in first.runs], first.left_out) == (
        [NOON, NOON + 2 * MINUTE], 3
    )  # fmt: skip
    assert (list(again.runs), again.left_out) == ([], 5)
    assert world.told() == [
        "a 12:01:00 succeeded",
        "a 12:02:00 failed",
        "a 12:03:00 succeeded",
        "a 12:04:00 succeeded",
        "a 12:00:00 succeeded",
        "a 12:02:00 succeeded",
    ]


def test_what_succeeded_runs_again_by_force(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, enabled: false}}")
    world.ask(SECOND, _backfill(world))
    world.ask(2 * SECOND, _backfill(world, force=True))
    world.ask(20 * SECOND, _backfill(world, force=True))

    world.run(50 * SECOND)

    assert world.answers[0] == (
        "NotNowError: a is disabled in its file (run it all the same: --force)"
    )
    assert len(world.executor.starts) == 20
    assert _changes(world)[0][3] == (
        "10 fire times from 2026-03-02T11:50:00+00:00 to 2026-03-02T11:59:00+00:00, forced"
    )


def test_fire_times_to_come_belong_to_the_schedule(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    wish = _filling(world, NOON - MINUTE, NOON + HOUR)
    world.ask(SECOND, _backfill(world, wish))

    world.run(30 * SECOND)

    assert world.told() == ["a 11:59:00 succeeded", "a 12:00:00 succeeded"]


def test_what_is_due_as_somebody_asks_belongs_to_the_schedule(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    wish = _filling(world, NOON, NOON + HOUR)
    world.ask(MINUTE, _backfill(world, wish))

    world.run(MINUTE + 30 * SECOND)

    assert [(run.trigger, run.fire_time) for run in world.runs()] == [
        (Trigger.SCHEDULE, NOON + MINUTE),
        (Trigger.BACKFILL, NOON),
    ]


def test_a_backfill_is_not_counted_and_nothing_of_it_is_too_late(world: World) -> None:
    world.write(
        "jobs: {a: {command: x, clock: every 1h, max_runs: 1, start_deadline: 1s, grace: 1s}}"
    )
    world.executor.plans["a"] = [Plan(lasts=60)]
    world.ask(SECOND, _backfill(world, _filling(world, NOON - 4 * HOUR, NOON)))

    world.run(HOUR + 2 * MINUTE)

    assert [run.state for run in world.runs()] == ["succeeded"] * 6


def test_a_backfill_that_is_killed_goes_on_as_many_at_a_time_as_before(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d}}")
    wish = _filling(world, NOON - 10 * DAY, NOON, 2)
    world.executor.plans["a"] = [Plan(lasts=10)]
    world.ask(SECOND, _backfill(world, wish))
    world.after(15 * SECOND, world.kill)
    assert world.run_or_be_killed(HOUR)
    world.reopen()

    world.run(2 * MINUTE)

    assert (world.executor.most_at_once(), len(world.executor.starts)) == (2, 10)
    assert {run.state for run in world.runs()} == {"succeeded"}


def test_one_that_fails_is_retried_as_any_and_keeps_its_place(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, retry: {max_retries: 1, delay: 7s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.ask(SECOND, _backfill(world))

    world.run(50 * SECOND)

    starts = [launch.key for launch in world.executor.launches]
    assert [key.number for key in starts] == [1, 2, *[1] * 9]
    assert all(a.run < b.run for a, b in pairwise(starts[1:]))


def test_a_job_that_fires_otherwise_by_now_is_not_filled_in(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    world.ask(SECOND, _backfill(world, digest="other"))

    world.run(30 * SECOND)

    why = "the runner has another schedule of a loaded"
    hint = "let it take the file as it is: sched reload"
    assert (world.answers, world.runs()) == ([f"NotNowError: {why} ({hint})"], [])


def test_many_fire_times_are_filled_in_by_parts(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, enabled: false}}")
    wish = replace(_filling(world, NOON - 1500 * MINUTE, NOON), force=True)
    world.ask(SECOND, lambda orders: orders.pause(["a"], "ann", None, None))
    world.ask(2 * SECOND, _backfill(world, wish))
    second = replace(wish, first=NOON - 501 * MINUTE + timedelta.resolution)
    world.ask(3 * SECOND, _backfill(world, second))

    world.run(4 * SECOND)

    _, first, last = world.answers
    assert isinstance(first, Filled)
    assert isinstance(last, Filled)
    assert (len(first.runs), first.until, len(last.runs), last.until) == (
        1000, NOON - 501 * MINUTE, 501, None
    )  # fmt: skip


@pytest.mark.parametrize("fails", ["claim", "note"])
def test_of_what_cannot_be_written_nothing_starts(world: World, fails: str) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.ask(SECOND, _backfill(world, _filling(world, NOON - HOUR, NOON)))
    world.after(0.5 * SECOND, lambda: world.store.fails.update({fails: 1}))

    world.run(MINUTE)

    if fails == "claim":
        assert (world.answers, world.told()) == (["StoreError: the disk is full"], [])
    else:  # who asked would ask again, and find that it waits
        assert (len(world.answers), len(world.told())) == (1, 2)


def test_a_runner_that_stops_fills_nothing_in(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.executor.plans["a"] = [Plan(lasts=20)]
    world.ask(HOUR + 10 * SECOND, _backfill(world, _filling(world, NOON - HOUR, NOON)))

    world.run(HOUR + 5 * SECOND)

    assert world.answers == ["NotNowError: the runner is stopping: it starts nothing more"]
