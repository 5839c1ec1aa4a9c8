"""A runner that begins: what starts with it, what came before it, what it must write down first."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from fake_executor import Plan
from fakes import START, World
from schedkit.errors import StoreError

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


# ---- what starts with it


def test_a_job_starts_with_each_runner_or_with_the_first_after_a_boot(world: World) -> None:
    world.write("""
jobs:
  each: {command: x, clock: startup}
  boot: {command: x, clock: startup boot}
""")
    for boot in ("boot-1", "boot-1", "boot-2"):
        world.run(MINUTE, boot=boot)

    assert world.told() == [
        "each 12:00:00 succeeded",
        "boot 12:00:00 succeeded",
        "each 12:01:00 succeeded",
        "each 12:02:00 succeeded",
        "boot 12:02:00 succeeded",
    ]


def test_a_boot_of_which_a_verb_wrote_something_has_had_no_runner(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: startup boot}}")
    world.store.begin(world.holder(runs=False), START)

    world.run(MINUTE)

    assert world.executor.starts == ["a 12:00:00"]


def test_a_start_with_the_runner_overlaps_as_any_other(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: [startup, every 1m]}}")
    world.executor.plans["a"] = [Plan(lasts=70)]

    world.run(1.5 * MINUTE)

    assert world.told() == ["a 12:00:00 succeeded", "a 12:01:00 skipped"]


def test_what_is_due_at_the_start_and_starts_with_it_starts_once(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: [startup, every 1m], overlap: allow}}")
    world.run(SECOND)
    world.watch.set_clock(59 * SECOND)

    world.run(SECOND)

    assert world.executor.starts == ["a 12:00:00", "a 12:01:00"]


def test_a_start_with_the_runner_follows_what_is_late_at_its_start(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: [startup, every 1m], overlap: queue_all}}")
    world.run(SECOND)
    world.watch.set_clock(64 * SECOND)

    world.run(10 * SECOND)

    assert world.executor.starts == ["a 12:00:00", "a 12:01:05", "a 12:01:06"]


def test_a_paused_job_does_not_start_with_the_runner(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: startup}}")
    world.ask(SECOND, lambda orders: orders.pause(["a"], "ann", None, None))
    world.run(2 * SECOND)

    world.run(2 * SECOND)

    assert world.reasons()[1:] == ["a 12:00:02 skipped: paused by ann"]


def test_a_start_with_the_runner_that_cannot_be_claimed_comes_when_it_can(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: startup}}")
    world.store.fails["claim"] = 2

    world.run(MINUTE)

    assert world.executor.starts == ["a 12:00:10"]


@pytest.mark.parametrize("fails", [1, 2])
def test_what_came_before_is_not_lost_when_the_first_claim_fails(world: World, fails: int) -> None:
    world.write("""
jobs:
  a: {command: x, clock: [startup, every 1h]}
  b: {command: x, clock: every 1h, catchup: none}
""")
    world.run(SECOND)
    world.watch.set_clock(2.5 * HOUR)
    world.store.fails["claim"] = fails

    world.run(MINUTE)

    assert world.reasons()[1:] == [
        "a 13:00:00 missed: no runner was up; a later one runs",
        "a 14:00:00 succeeded: None",
        f"a 14:30:{5 * fails + 1:02} succeeded: None",
        "b 13:00:00 missed: no runner was up",
    ]


def test_a_runner_that_cannot_write_down_that_it_is_there_starts_nothing(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: startup}}")
    world.store.broken = {1}

    with pytest.raises(StoreError):
        world.run(MINUTE)

    assert world.executor.starts == []


# ---- what came before


def test_what_came_up_to_grace_ago_still_starts_and_says_how_late(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.run(59 * MINUTE)
    world.watch.set_clock(90 * SECOND)

    world.run(MINUTE)

    assert [(run.state, run.trigger, run.lateness) for run in world.runs()] == [
        ("succeeded", "schedule", 30 * SECOND)
    ]


def test_what_was_missed_is_caught_up_once_and_the_rest_is_told(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.run(MINUTE)
    world.watch.set_clock(3.5 * HOUR)
    expected = [("missed", "schedule", 2), ("succeeded", "catchup", 1)]

    world.run(MINUTE)

    assert expected == [(run.state, run.trigger, run.count) for run in world.runs()]


def test_all_that_was_missed_runs_one_after_the_other_up_to_its_limit(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, catchup: all, catchup_limit: 3}}")
    world.run(MINUTE)
    world.watch.set_clock(5.5 * HOUR)

    world.run(MINUTE)

    assert world.reasons() == [
        "a 13:00:00 missed: no runner was up; the latest 3 run",
        "a 15:00:00 succeeded: None",
        "a 16:00:00 succeeded: None",
        "a 17:00:00 succeeded: None",
    ]
    assert world.executor.most_at_once() == 1


def test_what_is_caught_up_does_not_start_all_at_once(world: World) -> None:
    jobs = "".join(f"  j{n:02}: {{command: x, clock: every 1h}}\n" for n in range(50))
    world.write(f"jobs:\n{jobs}")
    world.run(MINUTE)
    world.watch.set_clock(HOUR + 10 * MINUTE)

    world.run(MINUTE)

    starts = sorted(run.started for run in world.runs() if run.started is not None)
    gaps = {later - sooner for sooner, later in pairwise(starts)}
    assert (len(starts), gaps) == (50, {SECOND / 10})


def test_what_is_caught_up_stays_behind_what_is_on_time(world: World) -> None:
    jobs = "".join(f"  j{n}: {{command: x, clock: every 1h, pool: one}}\n" for n in range(5))
    world.write(f"""
pools: {{one: 1}}
jobs:
{jobs}
  now: {{command: x, clock: 'cron 11,12 14 * * *', pool: one, catchup: none}}
""")
    world.executor.plans = {f"j{n}": [Plan(lasts=20)] for n in range(5)}
    world.run(MINUTE)
    world.watch.set_clock(2 * HOUR + 9 * MINUTE + 30 * SECOND)

    world.run(3 * MINUTE)

    assert world.executor.starts == [
        "j0 14:10:30",
        "j1 14:10:50",
        "now 14:11:10",
        "j2 14:11:11",
        "j3 14:11:31",
        "j4 14:11:51",
        "now 14:12:11",
    ]


def test_a_job_that_is_new_never_fires_the_past(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    world.run(MINUTE / 2)
    world.watch.set_clock(5 * HOUR)
    world.write("jobs: {b: {command: x, clock: every 1m}}")

    world.run(MINUTE / 2)

    assert world.told() == []


@pytest.mark.parametrize(
    "changed",
    [
        "clock: every 7m",
        "clock: every 1m, filters: weekday",
        "clock: every 1m, timezone: CET",
    ],
)
def test_a_job_that_fires_otherwise_than_before_never_fires_the_past(
    world: World, changed: str
) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    world.run(MINUTE / 2)
    world.watch.set_clock(5 * HOUR)
    world.write(f"jobs: {{a: {{command: x, {changed}}}}}")

    world.run(MINUTE / 2)

    assert world.told() == []


def test_a_job_that_was_disabled_for_a_while_never_fires_the_past(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.run(MINUTE)
    world.write("jobs: {a: {command: x, clock: every 1h, enabled: false}}")
    world.run(3 * HOUR)
    world.write("jobs: {a: {command: x, clock: every 1h}}")

    world.run(MINUTE)

    assert world.told() == []


def test_a_job_of_which_only_its_command_changed_catches_up(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.run(MINUTE)
    world.write("jobs: {a: {command: y, clock: every 1h, retry: 3}}")
    world.watch.set_clock(HOUR)

    world.run(MINUTE)

    assert world.told() == ["a 13:00:00 succeeded"]


def test_a_job_that_was_left_out_for_a_while_says_what_it_missed(world: World) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1h, catchup: none}
  b: {command: x, clock: every 1d}
""")
    world.run(MINUTE)
    world.run(150 * MINUTE, only=["b"])

    world.run(MINUTE)

    assert [(run.state, run.count) for run in world.runs()] == [("missed", 2)]
