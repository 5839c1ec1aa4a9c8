"""A history that cannot be written for a while: nothing starts unrecorded, nothing is lost."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import START, World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EACH_MINUTE = "jobs: {a: {command: x, clock: every 1m}}"
UNWRITABLE = "the history could not be written"


def test_what_cannot_be_claimed_is_not_started_and_tried_again(world: World) -> None:
    world.write(EACH_MINUTE)
    world.store.fails["claim"] = 2
    expected = ["a 12:01:10", "a 12:02:00"]

    world.run(2.5 * MINUTE)

    assert expected == world.executor.starts


def test_what_could_not_be_claimed_keeps_its_fire_time(world: World) -> None:
    world.write(EACH_MINUTE)
    world.store.fails["claim"] = 2

    world.run(1.5 * MINUTE)

    assert [(run.fire_time - START, run.lateness) for run in world.runs()] == [
        (MINUTE, 10 * SECOND)
    ]


def test_what_could_not_be_claimed_in_time_does_not_blame_a_sleep(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, grace: 1s, catchup: none}}")
    world.store.fails["claim"] = 1

    world.run(1.5 * MINUTE)

    (run,) = world.runs()
    assert run.state == "missed"
    assert "asleep" not in str(run.reason)


def test_what_cannot_be_recorded_is_kept_in_order(world: World) -> None:
    world.write(EACH_MINUTE)
    world.store.fails["record"] = 3

    world.run(1.8 * MINUTE)

    (run,) = world.runs()
    assert (run.state, run.started, run.ended) == (
        "succeeded",
        START + MINUTE,
        START + 61 * SECOND,
    )


def test_a_clock_set_back_does_not_put_off_what_could_not_be_recorded(world: World) -> None:
    world.write(EACH_MINUTE)
    world.store.fails["record"] = 1
    told: list[str] = []
    world.after(62 * SECOND, lambda: world.watch.set_clock(-30 * MINUTE))
    world.after(70 * SECOND, lambda: told.extend(world.told()))

    world.run(1.5 * MINUTE)

    assert told == ["a 12:01:00 succeeded"]


def test_a_drain_after_a_failed_claim_waits_without_spinning(world: World) -> None:
    world.write("""
jobs: {a: {command: x, clock: every 1h}, b: {command: x, clock: 'daily at 13:01'}}
runner: {drain_timeout: 10m}
""")
    world.executor.plans["a"] = [Plan(lasts=300)]
    world.after(60.5 * MINUTE, lambda: world.store.fails.update(claim=1))

    world.run(61 * MINUTE + SECOND)

    assert world.told() == ["a 13:00:00 succeeded"]


# ---- claims


@pytest.mark.parametrize("fails", [1, 13])
def test_what_came_meanwhile_is_late_for_that_reason(world: World, fails: int) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, grace: 1s}}")
    world.store.fails["claim"] = fails

    world.run(2.5 * MINUTE)

    if fails == 1:
        assert [(run.trigger, run.state) for run in world.runs()] == [
            ("catchup", "succeeded"), ("schedule", "succeeded")
        ]  # fmt: skip
    else:
        assert world.reasons() == [
            f"a 12:01:00 missed: {UNWRITABLE}; a later one runs",
            "a 12:02:00 succeeded: None",
        ]


def test_while_nothing_can_be_claimed_the_runner_says_so_and_sleeps(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "schedkit")
    world.write(EACH_MINUTE)
    world.store.fails["claim"] = 6

    world.run(95 * SECOND)

    said = {record.getMessage() for record in caplog.records}
    assert said == {"the history cannot be written, nothing is started"}
    assert len(caplog.records) == 6
    assert world.watch.waits < 20


def test_what_runs_is_watched_while_nothing_can_be_written(world: World) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1h, timeout: 90s}
  b: {command: x, clock: 'daily at 13:01'}
""")
    world.executor.plans["a"] = [Plan(lasts=500)]
    world.after(HOUR + 30 * SECOND, lambda: world.store.fails.update(claim=20, record=20))

    world.run(64 * MINUTE)

    assert world.executor.told == ["a SIGTERM 13:01:30"]
    assert world.told() == ["a 13:00:00 timed_out", "b 13:01:00 succeeded"]


def test_slots_of_what_could_not_be_claimed_are_free_again(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one}
""")
    world.store.fails["claim"] = 3

    world.run(61 * MINUTE)

    assert world.executor.starts == ["a 13:00:15", "b 13:00:16"]


def test_what_waited_and_cannot_be_claimed_starts_when_it_can(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one}
  c: {command: x, clock: every 1h, pool: one}
""")
    world.store.fails["claim_attempts"] = 2

    world.run(61 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "b 13:00:11", "c 13:00:12"]
    assert [run.state for run in world.runs()] == ["succeeded"] * 3


def test_a_disabled_job_and_one_without_a_fire_time_are_not_woken_for(world: World) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1m, enabled: false}
  b: {command: x, clock: {dates: 2020-01-01 12:00}}
""")

    world.run(HOUR)

    assert (world.told(), world.watch.waits) == ([], 1)


# ---- ends


def test_an_end_that_cannot_be_recorded_blocks_its_own_job_alone(world: World) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1h}
  b: {command: x, clock: every 1m, start: 2026-03-02 13:01}
""")
    world.after(HOUR + SECOND / 2, lambda: world.store.fails.update(record=25))

    world.run(62.5 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "b 13:01:00"]
    assert world.reasons() == [
        "a 13:00:00 succeeded: None",
        "b 13:01:00 succeeded: None",
        "b 13:02:00 skipped: overlap: the end of an earlier run is not recorded yet",
    ]


@pytest.mark.parametrize(
    ("overlap", "starts"),
    [
        ("skip", ["12:01:00", "12:03:00"]),
        ("queue_one", ["12:01:00", "12:02:21", "12:03:00"]),
        ("replace", ["12:01:00", "12:02:21", "12:03:00"]),
        ("allow", ["12:01:00", "12:02:00", "12:03:00"]),
    ],
)
def test_until_an_end_is_recorded_its_run_goes_on_for_all_that_overlap_is_about(
    world: World, overlap: str, starts: list[str]
) -> None:
    world.write(f"jobs: {{a: {{command: x, clock: every 1m, overlap: {overlap}}}}}")
    world.after(MINUTE + SECOND / 2, lambda: world.store.fails.update(record=16))

    world.run(3.5 * MINUTE)

    assert [start.split()[1] for start in world.executor.starts] == starts


def test_a_retry_comes_after_the_end_before_it_is_recorded(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 5s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.after(HOUR + SECOND / 2, lambda: world.store.fails.update(record=4))

    world.run(61 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:00:21"]


def test_what_ended_waits_to_be_recorded_without_spinning(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: 1}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.after(HOUR + SECOND / 2, lambda: world.store.fails.update(record=10))
    world.after(HOUR + 50 * SECOND, world.kill)

    world.run_or_be_killed(2 * HOUR)

    assert world.watch.waits < 30


def test_a_runner_that_is_killed_meanwhile_loses_no_end(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 1m}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.after(HOUR + SECOND / 2, lambda: world.store.fails.update(record=9))
    world.after(HOUR + 30 * SECOND, world.kill)
    world.run_or_be_killed(2 * HOUR)

    world.run(2 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:01:01"]
    assert [(run.state, run.attempts) for run in world.runs()] == [("succeeded", 2)]


def test_a_runner_that_another_one_has_taken_over_from_starts_nothing_more(world: World) -> None:
    world.write(EACH_MINUTE)
    other = world.other_store()
    world.after(90 * SECOND, lambda: other.begin(world.holder(), START))
    world.after(200 * SECOND, world.kill)

    world.run_or_be_killed(HOUR)

    other.close()
    assert (world.executor.starts, world.told()) == (["a 12:01:00"], ["a 12:01:00 succeeded"])
