"""What a fire time does while an earlier run of its job goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def _each_minute(overlap: str, keys: str = "") -> str:
    return f"""
jobs: {{a: {{command: x, clock: every 1m, overlap: {overlap}, {keys}}}}}
runner: {{drain_timeout: 10m}}
"""


# ---- skip


def test_an_overlapping_fire_time_is_skipped_and_says_why(world: World) -> None:
    world.write(_each_minute("skip"))
    world.executor.plans["a"] = [Plan(lasts=90)]

    world.run(2.8 * MINUTE)

    first, second = world.runs()
    assert (second.state, second.reason) == ("skipped", f"overlap: {first.id} still running")


def test_a_fire_time_at_the_very_end_of_the_run_before_does_not_overlap(world: World) -> None:
    world.write(_each_minute("skip"))
    world.executor.plans["a"] = [Plan(lasts=60)]

    world.run(2.8 * MINUTE)

    assert world.told() == ["a 12:01:00 succeeded", "a 12:02:00 succeeded"]


# ---- allow


def test_where_overlap_is_allowed_both_run(world: World) -> None:
    world.write(_each_minute("allow"))
    world.executor.plans["a"] = [Plan(lasts=70)]

    world.run(2.8 * MINUTE)

    assert world.told() == ["a 12:01:00 succeeded", "a 12:02:00 succeeded"]
    assert world.executor.most_at_once() == 2


# ---- queue


def test_one_waits_and_starts_when_the_one_before_is_over(world: World) -> None:
    world.write(_each_minute("queue_one"))
    world.executor.plans["a"] = [Plan(lasts=90), Plan(lasts=5)]

    world.run(2.8 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:02:30"]
    assert [(run.state, run.lateness) for run in world.runs()] == [
        ("succeeded", timedelta(0)),
        ("succeeded", 30 * SECOND),
    ]


def test_of_those_that_would_wait_one_does_and_the_others_are_skipped(world: World) -> None:
    world.write(_each_minute("queue_one"))
    world.executor.plans["a"] = [Plan(lasts=200), Plan(lasts=5)]

    world.run(4.5 * MINUTE)

    _, waited, *_ = world.runs()
    assert world.reasons() == [
        "a 12:01:00 succeeded: None",
        "a 12:02:00 succeeded: None",
        f"a 12:03:00 skipped: overlap: {waited.id} still waits",
        f"a 12:04:00 skipped: overlap: {waited.id} still waits",
    ]


def test_all_wait_and_start_one_after_the_other_in_order(world: World) -> None:
    world.write(_each_minute("queue_all"))
    world.executor.plans["a"] = [Plan(lasts=200), Plan(lasts=5)]

    world.run(4.7 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:04:20", "a 12:04:25", "a 12:04:30"]
    assert [run.state for run in world.runs()] == ["succeeded"] * 4


@pytest.mark.parametrize("overlap", ["queue_one", "queue_all"])
def test_what_waits_does_so_until_the_last_retry_before_it_is_over(
    world: World, overlap: str
) -> None:
    world.write(_each_minute(overlap, "retry: {max_retries: 1, delay: 30s}"))
    world.executor.plans["a"] = [Plan(lasts=50, code=1), Plan(lasts=10), Plan()]

    world.run(2.9 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:02:20", "a 12:02:30"]
    assert [launch.key.number for launch in world.executor.launches] == [1, 2, 1]


def test_what_waits_survives_the_runner(world: World) -> None:
    world.write(_each_minute("queue_all"))
    world.executor.plans["a"] = [Plan(lasts=1000), Plan(lasts=5)]
    world.after(150 * SECOND, world.kill)
    world.run_or_be_killed(10 * MINUTE)
    (going_on,) = world.executor.processes
    world.after(10 * SECOND, lambda: world.executor.end(going_on, 0))

    world.run(0.4 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:02:40"]
    assert world.told() == ["a 12:01:00 succeeded", "a 12:02:00 succeeded"]


# ---- replace


def test_the_run_before_is_stopped_and_the_new_one_starts_when_it_is_gone(world: World) -> None:
    world.write(_each_minute("replace", "kill_grace: 20s"))
    world.executor.plans["a"] = [Plan(lasts=1000, heeds=False), Plan(lasts=5)]

    world.run(2.5 * MINUTE)

    old, new = world.runs()
    assert world.executor.told == ["a SIGTERM 12:02:00", "a kill 12:02:20"]
    assert world.executor.starts == ["a 12:01:00", "a 12:02:20"]
    assert (old.state, old.reason, old.signal) == (
        "cancelled", f"replaced by {new.id}", "SIGKILL"
    )  # fmt: skip
    assert (new.state, new.lateness) == ("succeeded", 20 * SECOND)


def test_a_run_that_was_replaced_is_not_tried_again(world: World) -> None:
    world.write(_each_minute("replace", "retry: 3"))
    world.executor.plans["a"] = [Plan(lasts=1000), Plan(lasts=5)]

    world.run(2.9 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:02:00"]


def test_a_run_that_waits_to_be_retried_is_replaced(world: World) -> None:
    world.write(_each_minute("replace", "retry: {max_retries: 1, delay: 5m}"))
    world.executor.plans["a"] = [Plan(code=1), Plan()]

    world.run(2.5 * MINUTE)

    first, second = world.runs()
    assert (first.state, first.reason, first.attempts) == (
        "cancelled", f"replaced by {second.id}", 1
    )  # fmt: skip
    assert world.executor.starts == ["a 12:01:00", "a 12:02:00"]


def test_a_run_that_waits_for_the_end_of_another_is_replaced_too(world: World) -> None:
    world.write(_each_minute("replace", "kill_grace: 90s"))
    world.executor.plans["a"] = [Plan(lasts=1000, heeds=False), Plan(lasts=5)]

    world.run(3.9 * MINUTE)

    first, second, third = world.runs()
    assert world.reasons() == [
        f"a 12:01:00 cancelled: replaced by {second.id}",
        f"a 12:02:00 cancelled: replaced by {third.id}",
        "a 12:03:00 succeeded: None",
    ]
    assert world.executor.starts == ["a 12:01:00", "a 12:03:30"]
    assert first.attempts == 1


def test_a_run_that_was_replaced_before_it_was_known_to_have_started_is_stopped(
    world: World,
) -> None:
    world.write(_each_minute("replace"))
    world.executor.plans["a"] = [Plan(lasts=1000, answered=65, heeds=False), Plan(lasts=5)]

    world.run(2.5 * MINUTE)

    assert world.executor.told == [
        "a SIGTERM 12:02:00",
        "a SIGTERM 12:02:05",  # it may not have been there the first time
        "a kill 12:02:15",
    ]
    assert [run.state for run in world.runs()] == ["cancelled", "succeeded"]


def test_what_is_replaced_while_the_store_cannot_be_written_goes_on(world: World) -> None:
    world.write(_each_minute("replace"))
    world.executor.plans["a"] = [Plan(lasts=1000), Plan(lasts=5)]
    world.after(110 * SECOND, lambda: world.store.fails.update(claim=1))

    world.run(2.5 * MINUTE)

    assert world.executor.told == ["a SIGTERM 12:02:05"]
    assert world.executor.starts == ["a 12:01:00", "a 12:02:05"]


# ---- all of them


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace"])
def test_a_job_that_may_not_overlap_never_runs_beside_itself(world: World, overlap: str) -> None:
    world.write(_each_minute(overlap, "retry: {max_retries: 2, delay: 20s}, catchup: all"))
    lasts = [70, 10, 130, 50, 200, 5, 61]
    world.executor.plans["a"] = [Plan(lasts=n, code=n % 2) for n in lasts]
    world.run(SECOND)
    world.watch.set_clock(5.2 * MINUTE)

    world.run(12 * MINUTE)

    assert world.executor.most_at_once() == 1
    assert sum(run.count for run in world.runs()) == 17


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace", "allow"])
def test_after_the_last_of_them_nothing_waits_in_vain(world: World, overlap: str) -> None:
    world.write(_each_minute(overlap, "retry: {max_retries: 1, delay: 10s}, end: 2026-03-02 12:05"))
    world.executor.plans["a"] = [Plan(lasts=100, code=1), Plan(lasts=100)]

    runner = world.run(30 * MINUTE)

    assert runner.waiting == 0
    assert all(run.state.terminal for run in world.runs())
    assert len(world.runs()) == 5
