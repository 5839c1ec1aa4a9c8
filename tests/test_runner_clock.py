"""Clocks that are set, machines that sleep: nothing fires twice, and what is late says why."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_executor import Plan
from fakes import START, World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EACH_MINUTE = "jobs: {a: {command: x, clock: every 1m}}"
SLEPT = "the runner did not run: the machine was suspended, or the process stopped"
SET = "the clock was set forward"


def _set_clock(world: World, after: timedelta, by: timedelta) -> None:
    world.after(after, lambda: world.watch.set_clock(by))


# ---- forward, and asleep


def test_a_machine_that_slept_catches_up_once(world: World) -> None:
    world.write(EACH_MINUTE)
    world.after(90 * SECOND, lambda: world.watch.sleep(10 * MINUTE + 20 * SECOND))

    world.run_for(2.5 * MINUTE)

    assert world.reasons() == [
        "a 12:01:00 succeeded: None",
        f"a 12:02:00 missed: {SLEPT}; a later one runs",
        "a 12:11:00 succeeded: None",
        "a 12:12:00 succeeded: None",
    ]
    missed = world.runs()[1]
    assert missed.last_fire_time is not None
    assert (f"{missed.last_fire_time:%T}", missed.count) == ("12:10:00", 9)


def test_a_clock_that_is_set_forward_is_downtime_and_says_so(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, catchup: none, grace: 10s}}")
    _set_clock(world, 90 * SECOND, 10 * MINUTE)

    world.run_for(2.5 * MINUTE)

    assert world.reasons() == [
        "a 12:01:00 succeeded: None",
        f"a 12:02:00 missed: {SET}",
        "a 12:12:00 succeeded: None",
    ]


def test_a_clock_that_is_kept_right_is_none_that_was_set(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "schedkit")
    world.write(EACH_MINUTE)
    for seconds in range(10, 100, 10):
        _set_clock(world, seconds * SECOND, 0.9 * SECOND * (-1) ** seconds)

    world.run_for(1.9 * MINUTE)

    assert [record.getMessage() for record in caplog.records] == []


def test_that_the_clock_was_set_is_said(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "schedkit.runner")
    world.write(EACH_MINUTE)
    _set_clock(world, 30 * SECOND, -2 * SECOND)

    world.run_for(MINUTE)

    (record,) = caplog.records
    assert record.getMessage() == "the clock was set"
    assert record.__dict__["fields"] == {"by": "-2s"}


def test_a_machine_that_slept_does_not_say_that_the_clock_was_set(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "schedkit")
    world.write(EACH_MINUTE)
    world.after(30 * SECOND, lambda: world.watch.sleep(HOUR))

    world.run_for(2 * MINUTE)

    assert [record.getMessage() for record in caplog.records] == ["run missed"]


def test_the_time_that_a_machine_sleeps_is_not_the_time_of_a_job(world: World) -> None:
    """A process that is frozen cannot do what it has its time for."""
    world.write("jobs: {a: {command: x, clock: every 1h, timeout: 1m}}")
    world.executor.plans["a"] = [Plan(lasts=50)]
    world.after(HOUR + 10 * SECOND, lambda: world.watch.sleep(30 * MINUTE))

    world.run_for(65 * MINUTE)

    assert [(run.state, run.duration) for run in world.runs()] == [("succeeded", 50 * SECOND)]


def test_a_retry_that_came_due_while_the_machine_slept_starts_at_once(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d, retry: {max_retries: 1, delay: 10m}}}")
    world.watch.set_clock(11 * HOUR)
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.after(61 * MINUTE, lambda: world.watch.sleep(HOUR))

    world.run_for(62.5 * MINUTE)

    assert world.executor.starts == ["a 00:00:00", "a 01:01:00"]


# ---- back


def test_a_clock_set_back_never_fires_a_time_twice(world: World) -> None:
    world.write(EACH_MINUTE)
    _set_clock(world, 150 * SECOND, -2 * MINUTE)

    world.run_for(5.5 * MINUTE)

    assert world.executor.starts == ["a 12:01:00", "a 12:02:00", "a 12:03:00"]


def test_a_clock_set_back_while_no_runner_was_up_never_fires_a_time_twice(world: World) -> None:
    world.write(EACH_MINUTE)
    world.run_for(2.5 * MINUTE)
    world.watch.set_clock(-2 * MINUTE)

    world.run_for(3 * MINUTE)

    assert world.told() == [
        "a 12:01:00 succeeded",
        "a 12:02:00 succeeded",
        "a 12:03:00 succeeded",
    ]


def test_a_clock_set_back_does_not_lengthen_a_timeout(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, timeout: 1m}}")
    world.executor.plans["a"] = [Plan(lasts=10_000)]
    _set_clock(world, HOUR + 30 * SECOND, -20 * MINUTE)

    world.run_for(70 * MINUTE)

    assert [run.duration for run in world.runs()] == [MINUTE]


def test_an_edit_after_a_clock_was_set_back_never_fires_a_time_twice(world: World) -> None:
    text = "jobs: {a: {command: x, clock: every 1m, history: {keep_runs: 1}}}"
    world.write(text)
    _set_clock(world, 200 * SECOND, -3 * MINUTE)
    world.reload_after(201 * SECOND, text.replace("every 1m", "cron * * * * *"))

    world.run_for(7.5 * MINUTE)

    assert world.executor.starts == [f"a 12:0{n}:00" for n in range(1, 5)]


def test_what_waits_is_not_lost_by_a_clock_that_is_set_back(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 5m}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    _set_clock(world, 62 * MINUTE, -20 * MINUTE)

    world.run_for(90 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:05:01"]


# ---- a clock that was far ahead


def test_jobs_fire_again_after_a_clock_that_was_hours_ahead_is_put_right(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 30m}}")
    _set_clock(world, 10 * MINUTE, 5 * HOUR)
    _set_clock(world, 40 * MINUTE, -5 * HOUR)

    world.run_for(130 * MINUTE)

    assert world.reasons() == [
        f"a 12:30:00 missed: {SET}; a later one runs",
        "a 17:00:00 succeeded: None",
        "a 17:30:00 succeeded: None",
        "a 13:00:00 succeeded: None",
        "a 13:30:00 succeeded: None",
        "a 14:00:00 succeeded: None",
    ]


def test_what_ran_while_the_clock_was_ahead_never_runs_again(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 30m, catchup: none}}")
    _set_clock(world, 10 * MINUTE, 4 * HOUR)
    _set_clock(world, 25 * MINUTE, -4 * HOUR)

    world.run_for(5 * HOUR)

    runs = [run.fire_time for run in world.runs() if run.attempts]
    assert len(runs) == len(set(runs))
    assert "a 16:30:00 succeeded" in world.told()
    assert [start for start in world.executor.starts if "16:30" in start] == ["a 16:30:00"]


def test_a_clock_that_was_years_ahead_when_a_runner_came_stops_nothing(world: World) -> None:
    """A machine without a battery, until it has asked for the time."""
    world.write("jobs: {a: {command: x, clock: every 1h, catchup: none}}")
    world.run_for(SECOND)
    world.watch.set_clock(4000 * DAY)
    world.run_for(2.5 * HOUR)
    world.watch.set_clock(-4000 * DAY)

    world.run_for(2 * HOUR)

    assert world.executor.starts[-2:] == ["a 15:00:00", "a 16:00:00"]
    assert [run.fire_time.year for run in world.runs()] == [2026, *[2037] * 3, 2026, 2026]


def test_a_clock_that_was_ahead_and_cannot_be_put_right_in_the_store_is_at_the_next_start(
    world: World,
) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, catchup: none}}")
    _set_clock(world, 10 * MINUTE, 10 * DAY)
    _set_clock(world, 100 * MINUTE, -10 * DAY)
    world.after(100 * MINUTE, lambda: world.store.fails.update(rewind=1))
    world.run_for(3.1 * HOUR)
    before = list(world.executor.starts)

    world.run_for(HOUR)

    assert world.executor.starts[len(before) :] == ["a 16:00:00"]


def test_after_a_clock_was_ahead_max_runs_counts_what_really_ran(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, max_runs: 4, catchup: none}}")
    _set_clock(world, 10 * MINUTE, 4 * HOUR)
    _set_clock(world, 130 * MINUTE, -4 * HOUR)
    world.run_for(5 * HOUR)
    world.run_for(5 * HOUR)

    assert len(world.executor.starts) == 4
    assert sum(run.attempts for run in world.runs()) == 4


# ---- whatever the clock does


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(1, 600),
            st.sampled_from(["set", "sleep"]),
            st.integers(-9000, 9000),
        ),
        max_size=5,
        unique_by=lambda step: step[0],
    ),
    overlap=st.sampled_from(["skip", "queue_one", "allow"]),
    catchup=st.sampled_from(["none", "latest", "all"]),
)
def test_whatever_the_clock_does_no_fire_time_runs_twice_or_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, str, int]],
    overlap: str,
    catchup: str,
) -> None:
    """Within three hours: what is set back by more is taken for a correction."""
    world = World(tmp_path_factory.mktemp("world"))
    world.store._db.execute("PRAGMA synchronous = OFF")
    world.write(
        f"jobs: {{a: {{command: x, clock: every 1m, overlap: {overlap}, catchup: {catchup}}}}}"
    )
    for after, how, by in steps:
        if how == "set":
            _set_clock(world, after * SECOND, by * SECOND)
        else:
            world.after(after * SECOND, partial(world.watch.sleep, abs(by) * SECOND))
    latest = [START]
    for after in range(600):
        world.after(after * SECOND, lambda: latest.append(world.watch.now()))

    world.run_for(601 * SECOND)

    covered = [run.fire_time + n * MINUTE for run in world.runs() for n in range(run.count)]
    assert len(covered) == len(set(covered))
    assert len(covered) >= (max(latest) - START) // MINUTE
    world.store.close()
