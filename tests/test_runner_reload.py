"""SIGHUP: the runner goes on with what the files say now, or with what they said before."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
EACH_MINUTE = "jobs: {a: {command: x, clock: every 1m}}"


def test_a_new_file_is_taken(world: World) -> None:
    world.write(EACH_MINUTE)
    world.reload_after(90 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")
    expected = ["a 12:01:00", "b 12:02:00", "b 12:03:00"]

    world.run(3.5 * MINUTE)

    assert expected == world.executor.starts


def test_a_broken_file_leaves_the_last_good_one(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "schedkit")
    world.write(EACH_MINUTE)
    world.reload_after(90 * SECOND, "jobs: {b: {command: x, clock: evry 1m}}")
    expected = ["a 12:01:00", "a 12:02:00", "a 12:03:00"]

    world.run(3.5 * MINUTE)

    assert expected == world.executor.starts
    assert [one.getMessage()[:13] for one in caplog.records] == ["reload failed"]


def test_a_job_that_stays_as_it_is_misses_nothing(world: World) -> None:
    """The file is read from 12:01:59 to 12:02:00, and the fire time of that instant stands."""
    world.write(EACH_MINUTE)
    world.reload_after(119 * SECOND, f"{EACH_MINUTE}\n# the same")
    expected = ["a 12:01:00 succeeded", "a 12:02:00 succeeded", "a 12:03:00 succeeded"]

    world.run(3.5 * MINUTE)

    assert expected == world.told()


def test_what_came_due_before_the_file_was_taken_has_a_record(world: World) -> None:
    """The machine slept while the file was read; that the job now fires anew changes no past."""
    world.write("jobs: {a: {command: x, clock: every 1m, catchup: none}}")
    world.reload_after(90 * SECOND, "jobs: {a: {command: x, clock: every 7m, catchup: none}}")
    world.after(91 * SECOND, lambda: world.watch.set_clock(5 * MINUTE))

    world.run(10 * MINUTE)

    recorded = sum(run.count for run in world.runs() if run.fire_time.minute <= 6)
    assert recorded == 6


def test_what_runs_goes_on_and_its_new_timeout_is_for_the_next_run(world: World) -> None:
    world.write(EACH_MINUTE)
    world.executor.plans["a"] = [Plan(lasts=50), Plan(lasts=50)]
    world.reload_after(70 * SECOND, "jobs: {a: {command: x, clock: every 1m, timeout: 30s}}")
    expected = ["a 12:01:00 succeeded", "a 12:02:00 timed_out"]

    world.run(2.8 * MINUTE)

    assert expected == world.told()


def test_what_runs_of_a_job_that_is_gone_is_not_retried(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 10s}}}")
    world.executor.plans["a"] = [Plan(lasts=30, code=1)]
    world.reload_after(60 * MINUTE + 10 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(63 * MINUTE)

    assert world.executor.starts[1:] == ["b 13:01:00", "b 13:02:00"]
    assert [run.state.terminal for run in world.runs()] == [True, True, True]


def test_a_pending_retry_of_a_job_that_is_gone_is_cancelled(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 1m}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.reload_after(60 * MINUTE + 10 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(60.5 * MINUTE)

    assert [(run.state, run.reason) for run in world.runs()] == [
        ("cancelled", "its job is gone from the file")
    ]


def test_a_retry_that_could_not_be_cancelled_does_not_stop_the_other_jobs(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 1m}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.store.fails["record"] = 1
    world.reload_after(60 * MINUTE + 10 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")

    world.run(62.5 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "b 13:01:00", "b 13:02:00"]


def test_a_second_reload_during_the_first_reads_the_files_once_more(world: World) -> None:
    world.write(EACH_MINUTE)
    world.reload_after(90 * SECOND, "jobs: {b: {command: x, clock: every 1m}}")
    world.reload_after(90.5 * SECOND, "jobs: {c: {command: x, clock: every 1m}}")

    world.run(2.5 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "c 12:02:00"]


def test_a_reload_keeps_to_the_named_jobs(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}, b: {command: x, clock: every 1m}}")
    text = "jobs: {a: {command: x, clock: every 1m}, c: {command: x, clock: every 1m}}"
    world.reload_after(90 * SECOND, text)

    world.run(2.5 * MINUTE, only=["a"])

    assert world.executor.starts == ["a 12:01:00", "a 12:02:00"]
