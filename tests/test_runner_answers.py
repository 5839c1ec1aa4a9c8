"""What people want to know of a runner that is up: how it is, and when a run is over."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

from fake_executor import Plan
from fakes import World
from schedkit.orders import Orders

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HOURLY = "jobs: {a: {command: x, clock: every 1h}}"


# ---- when it is over


def _when_over(world: World, which: int = 0) -> Callable[[Orders], None]:
    return lambda orders: orders.when_over(world.runs()[which].id, world.answers.append)


def test_who_waits_for_a_run_is_told_once_when_it_is_over(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 5s}}}")
    world.executor.plans["a"] = [Plan(code=3, says="no"), Plan(code=4, says="never")]
    world.ask(HOUR + SECOND / 2, _when_over(world))

    world.run(61 * MINUTE)

    run = world.runs()[0].id
    assert world.answers[1:] == [
        {"run": run, "state": "failed", "reason": "never", "exit_code": 4, "signal": None}
    ]


def test_who_asks_after_the_end_is_told_at_once(world: World) -> None:
    world.write(HOURLY)
    world.ask(HOUR + 30 * SECOND, _when_over(world))

    world.run(61 * MINUTE)

    assert [answer["state"] for answer in world.answers if isinstance(answer, dict)] == [
        "succeeded"
    ]


def test_all_who_wait_for_a_run_are_told(world: World) -> None:
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(lasts=30)]
    for seconds in (5, 10):
        world.ask(HOUR + seconds * SECOND, _when_over(world))

    world.run(61 * MINUTE)

    assert len([answer for answer in world.answers if isinstance(answer, dict)]) == 2


def test_who_waits_for_a_run_that_never_starts_is_told(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one, start_deadline: 20s}
""")
    world.executor.plans["a"] = [Plan(lasts=50)]
    world.ask(HOUR + 5 * SECOND, _when_over(world, 1))

    world.run(61 * MINUTE)

    assert world.answers[1:] == [
        {
            "run": world.runs()[1].id,
            "state": "missed",
            "reason": "start_deadline: it waited 20s for pool 'one'",
            "exit_code": None,
            "signal": None,
        }
    ]


def test_nobody_is_told_before_it_is_on_disk(world: World) -> None:
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(lasts=10)]
    world.ask(HOUR + 5 * SECOND, _when_over(world))
    world.after(HOUR + 9 * SECOND, lambda: world.store.fails.update(record=2))
    told: list[int] = []
    world.after(HOUR + 19 * SECOND, lambda: told.append(len(world.answers)))
    world.after(HOUR + 21 * SECOND, lambda: told.append(len(world.answers)))

    world.run(61 * MINUTE)

    assert told == [1, 2]


def test_for_a_run_that_is_not_there_nobody_waits(world: World) -> None:
    world.write(HOURLY)
    world.ask(SECOND, lambda orders: orders.when_over("zzzzzz", world.answers.append))

    world.run(MINUTE)

    assert world.answers == ["NoSuchRunError: there is no run 'zzzzzz'"]


# ---- how it is


def test_a_runner_says_how_it_is(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, timezone: Europe/Berlin, pool: one}
  b: {command: x, clock: every 1h, pool: one}
  c: {command: x, clock: every 1d}
""")
    world.executor.plans["a"] = [Plan(lasts=30)]
    world.ask(HOUR + SECOND, lambda orders: orders.pause(["c"], "ann", None, None))
    world.ask(HOUR + 5 * SECOND, lambda orders: orders.status())

    world.run(61 * MINUTE)

    said = world.answers[1]
    assert isinstance(said, dict)
    del said["started"]  # in the zone of the machine
    assert said == {
        "pid": 1,
        "version": "0",
        "jobs": 3,
        "running": [{"run": world.runs()[0].id, "job": "a", "since": "2026-03-02T14:00:00+01:00"}],
        "waiting": 1,
        "degraded": None,
        "draining": False,
        "paused": ["c"],
        "store_error": None,
        "next": {"job": "a", "fire_time": "2026-03-02T15:00:00+01:00"},
    }


def test_a_runner_says_what_is_wrong_with_it(world: World) -> None:
    world.write(HOURLY)
    world.after(HOUR, lambda: world.store.fails.update(claim=1))
    world.ask(HOUR + SECOND, lambda orders: orders.status())
    world.reload_after(HOUR + 10 * SECOND, "jobs: {a: {command: x, clock: evry 1h}}")
    world.ask(HOUR + 15 * SECOND, lambda orders: orders.status())
    world.executor.plans["a"] = [Plan(lasts=60)]
    world.send(HOUR + 20 * SECOND, signal.SIGTERM)
    world.ask(HOUR + 25 * SECOND, lambda orders: orders.status())

    world.run(2 * HOUR)

    first, second, third = (answer for answer in world.answers if isinstance(answer, dict))
    assert first["store_error"] == "the disk is full"
    assert (second["store_error"], third["draining"]) == (None, True)
    assert "evry" in second["degraded"]


def test_a_reload_is_answered_with_what_changed(world: World) -> None:
    world.write(HOURLY)
    world.after(5 * SECOND, lambda: world.write(HOURLY.replace("1h", "2h")))
    world.ask(5 * SECOND, lambda orders: orders.reload("ann", world.answers.append))
    world.after(10 * SECOND, lambda: world.write("jobs: {a: {command: x, clock: evry 1h}}"))
    world.ask(10 * SECOND, lambda orders: orders.reload("bob", world.answers.append))

    world.run(MINUTE)

    _, good, _, bad = world.answers
    assert good == {"changes": ["a fires anew"]}
    assert isinstance(bad, dict)
    assert list(bad) == ["error"]
    assert [change.who for change in world.store.changes()[::-1]] == ["ann", "bob"]
