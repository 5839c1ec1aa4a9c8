"""Jobs that are paused: by whom, why, how long, and what becomes of what waits meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import START, World
from schedkit.orders import Orders
from schedkit.run import Pause, Trigger

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EACH_MINUTE = "jobs: {a: {command: x, clock: every 1m}}"


def _pause(*jobs: str, minutes: float | None = None, why: str | None = None) -> Callable[
    [Orders], list[str]
]:  # fmt: skip
    until = None if minutes is None else START + minutes * MINUTE
    return lambda orders: orders.pause(jobs, "ann", until, why)


def _resume(*jobs: str) -> Callable[[Orders], list[str]]:
    return lambda orders: orders.resume(jobs, "bob")


def test_while_a_job_is_paused_its_fire_times_are_skipped_with_who_and_why(world: World) -> None:
    world.write(EACH_MINUTE)
    world.ask(90 * SECOND, _pause("a", why="the disk is full"))
    world.ask(200 * SECOND, _resume("a"))

    world.run(4.5 * MINUTE)

    assert world.reasons() == [
        "a 12:01:00 succeeded: None",
        "a 12:02:00 skipped: paused by ann: the disk is full",
        "a 12:03:00 skipped: paused by ann: the disk is full",
        "a 12:04:00 succeeded: None",
    ]
    assert world.answers == [["a"], ["a"]]


def test_what_runs_when_its_job_is_paused_goes_on(world: World) -> None:
    world.write(EACH_MINUTE)
    world.executor.plans["a"] = [Plan(lasts=50)]
    world.ask(70 * SECOND, _pause("a"))

    world.run(1.5 * MINUTE)

    assert world.told() == ["a 12:01:00 succeeded"]


def test_all_jobs_are_paused_and_let_go_where_none_is_named(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}, b: {command: x, clock: every 1m}}")
    world.ask(30 * SECOND, _pause())
    world.ask(90 * SECOND, _resume())

    world.run(2.5 * MINUTE)

    assert world.told() == [
        "a 12:01:00 skipped", "b 12:01:00 skipped", "a 12:02:00 succeeded", "b 12:02:00 succeeded"
    ]  # fmt: skip
    assert world.answers == [["a", "b"], ["a", "b"]]


def test_a_job_that_is_not_paused_is_not_let_go(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}, b: {command: x, clock: every 1h}}")
    world.ask(SECOND, _pause("a"))
    world.ask(2 * SECOND, _resume("a", "b"))
    world.ask(3 * SECOND, _resume())

    world.run(MINUTE)

    assert world.answers == [["a"], ["a"], []]


@pytest.mark.parametrize("order", [_pause("a", "nobody"), _resume("nobody", "a")])
def test_a_job_that_is_not_there_cannot_be_paused_and_nothing_is(
    world: World, order: Callable[[Orders], list[str]]
) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.ask(SECOND, order)

    world.run(MINUTE)

    assert world.answers == ["UnknownJobError: no job is named 'nobody' (see them: sched list)"]
    assert world.store.pauses() == {}


# ---- what waits


def test_what_waits_when_its_job_is_paused_starts_when_that_is_over(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, overlap: queue_all}}")
    world.executor.plans["a"] = [Plan(lasts=90), Plan()]
    world.ask(130 * SECOND, _pause("a"))
    world.ask(215 * SECOND, _resume("a"))

    world.run(3.8 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:03:35"]
    assert world.told() == ["a 12:01:00 succeeded", "a 12:02:00 succeeded", "a 12:03:00 skipped"]


def test_a_retry_waits_for_the_end_of_the_pause(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.ask(HOUR + 5 * SECOND, _pause("a"))
    world.ask(HOUR + 60 * SECOND, _resume("a"))

    world.run(63 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:00"]


def test_what_is_paused_while_it_waits_for_a_slot_leaves_it_to_the_next(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one, priority: -1}
  c: {command: x, clock: every 1h, pool: one, priority: -2}
""")
    world.executor.plans["a"] = [Plan(lasts=10)]
    world.ask(HOUR + 5 * SECOND, _pause("b"))
    world.ask(HOUR + 20 * SECOND, _resume("b"))

    world.run(61 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "c 13:00:10", "b 13:00:20"]


def test_what_waits_for_the_end_of_a_pause_may_wait_for_too_long(world: World) -> None:
    keys = "overlap: queue_all, start_deadline: 2m"
    world.write(f"jobs: {{a: {{command: x, clock: every 1h, {keys}}}}}")
    world.executor.plans["a"] = [Plan(lasts=3630), Plan()]
    world.ask(2 * HOUR + 10 * SECOND, _pause("a"))

    world.run(123 * MINUTE)

    assert world.reasons()[1:] == ["a 14:00:00 missed: start_deadline: it waited 2m"]


def test_nothing_wakes_up_for_a_job_that_is_paused(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.ask(HOUR + 5 * SECOND, _pause("a"))
    turns: list[int] = []
    world.after(HOUR + 20 * SECOND, lambda: turns.append(world.watch.waits))
    world.after(HOUR + 50 * MINUTE, lambda: turns.append(world.watch.waits))

    world.run(115 * MINUTE)

    before, after = turns
    assert after - before == 1


# ---- a pause that ends by itself


def test_a_pause_ends_by_itself(world: World) -> None:
    world.write(EACH_MINUTE)
    world.ask(30 * SECOND, _pause("a", minutes=2))

    world.run(2.5 * MINUTE)

    assert world.told() == ["a 12:01:00 skipped", "a 12:02:00 succeeded"]
    assert world.store.pauses() == {}


def test_at_the_end_of_a_pause_what_waits_starts_without_being_asked(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.ask(HOUR + 5 * SECOND, _pause("a", minutes=61.5))

    world.run(63 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:30"]


def test_a_later_pause_takes_the_place_of_an_earlier_one(world: World) -> None:
    world.write(EACH_MINUTE)
    world.ask(30 * SECOND, _pause("a", minutes=1.5, why="first"))
    world.ask(40 * SECOND, _pause("a", minutes=2.5, why="second"))

    world.run(3.5 * MINUTE)

    assert world.reasons() == [
        "a 12:01:00 skipped: paused by ann: second",
        "a 12:02:00 skipped: paused by ann: second",
        "a 12:03:00 succeeded: None",
    ]


def test_a_pause_that_was_over_when_it_was_asked_for_is_none(world: World) -> None:
    world.write(EACH_MINUTE)
    world.ask(50 * SECOND, _pause("a", minutes=0.5))

    world.run(1.5 * MINUTE)

    assert world.told() == ["a 12:01:00 succeeded"]


def test_what_came_within_a_pause_is_skipped_also_when_the_machine_slept_through_its_end(
    world: World,
) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, grace: 10m, overlap: allow}}")
    world.ask(30 * SECOND, _pause("a", minutes=3.5))
    world.after(70 * SECOND, lambda: world.watch.sleep(4 * MINUTE))

    world.run(5.5 * MINUTE)

    assert world.told() == [
        "a 12:01:00 skipped",
        "a 12:02:00 skipped",
        "a 12:03:00 skipped",
        "a 12:04:00 succeeded",
        "a 12:05:00 succeeded",
    ]


# ---- restarts and reloads


def test_a_pause_survives_a_restart(world: World) -> None:
    world.write(EACH_MINUTE)
    world.ask(30 * SECOND, _pause("a", why="for now"))
    world.run(MINUTE / 2 + SECOND)

    world.run(MINUTE)

    assert world.reasons() == ["a 12:01:00 skipped: paused by ann: for now"]


def test_what_came_within_a_pause_while_no_runner_was_up_is_not_caught_up(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, catchup: all}}")
    world.ask(30 * SECOND, _pause("a", minutes=150))
    world.run(MINUTE)
    world.watch.sleep(3 * HOUR)

    world.run(MINUTE)

    assert world.reasons() == [
        "a 13:00:00 skipped: paused by ann",
        "a 14:00:00 skipped: paused by ann",
        "a 15:00:00 succeeded: None",
    ]


def test_what_came_before_a_pause_while_no_runner_was_up_waits_for_its_end(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, grace: 30m}}")
    world.run(MINUTE)
    world.watch.sleep(HOUR)
    world.store.begin(world.holder(runs=False), world.watch.now())
    world.store.pause([Pause("a", "ann", world.watch.now())])
    world.watch.sleep(MINUTE)
    world.ask(5 * MINUTE, _resume("a"))

    world.run(10 * MINUTE)

    assert world.executor.starts == ["a 13:07:00"]


def test_what_waits_is_held_by_the_next_runner_too(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.ask(HOUR + 5 * SECOND, _pause("a"))
    world.run(61 * MINUTE)
    world.ask(MINUTE, _resume("a"))

    world.run(2 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:02:00"]


def test_a_pause_survives_a_reload_that_takes_its_job_away_and_brings_it_back(
    world: World,
) -> None:
    world.write(EACH_MINUTE)
    world.ask(30 * SECOND, _pause("a"))
    world.reload_after(70 * SECOND, "jobs: {b: {command: x, clock: every 1h}}")
    world.reload_after(80 * SECOND, EACH_MINUTE)

    world.run(2.5 * MINUTE)

    assert world.reasons() == [
        "a 12:01:00 skipped: paused by ann", "a 12:02:00 skipped: paused by ann"
    ]  # fmt: skip


def test_what_is_triggered_by_force_runs_while_its_job_is_paused(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.ask(SECOND, _pause("a", why="no"))
    world.ask(2 * SECOND, lambda orders: orders.trigger("a", "ann", {}, force=False))
    world.ask(3 * SECOND, lambda orders: orders.trigger("a", "ann", {}, force=True))

    world.run(MINUTE)

    assert world.answers[1] == (
        "NotNowError: a is paused by ann: no (run it all the same: --force)"
    )
    assert [(run.trigger, run.state) for run in world.runs()] == [(Trigger.MANUAL, "succeeded")]


# ---- a store that cannot be written


def test_a_pause_that_cannot_be_written_is_none(world: World) -> None:
    world.write(EACH_MINUTE)
    world.store.fails["pause"] = 1
    world.ask(30 * SECOND, _pause("a"))

    world.run(1.5 * MINUTE)

    assert world.answers == ["StoreError: the disk is full"]
    assert world.told() == ["a 12:01:00 succeeded"]


def test_the_end_of_a_pause_that_cannot_be_written_comes_as_soon_as_it_can(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.store.fails["resume"] = 2
    world.ask(HOUR + 5 * SECOND, _pause("a", minutes=61.5))

    world.run(63 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:40"]


def test_a_job_that_could_not_be_let_go_stays_paused(world: World) -> None:
    world.write(EACH_MINUTE)
    world.store.fails["resume"] = 1
    world.ask(30 * SECOND, _pause("a"))
    world.ask(40 * SECOND, _resume("a"))

    world.run(1.5 * MINUTE)

    assert world.answers[1:] == ["StoreError: the disk is full"]
    assert world.told() == ["a 12:01:00 skipped"]
