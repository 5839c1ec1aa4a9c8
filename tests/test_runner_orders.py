"""What people want of a runner that is up: run this, stop that."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import World
from schedkit.operations import Triggered
from schedkit.orders import Orders
from schedkit.run import Trigger

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HOURLY = "jobs: {a: {command: x, clock: every 1h}}"


def _trigger(job: str = "a", *, force: bool = False, **params: str) -> Callable[
    [Orders], Triggered
]:  # fmt: skip
    return lambda orders: orders.trigger(job, "ann", params, force=force)


def _cancel(target: str = "a", number: signal.Signals | None = None) -> Callable[
    [Orders], list[str]
]:  # fmt: skip
    return lambda orders: orders.cancel(target, "ann", number)


def _changes(world: World) -> list[tuple[str, str, str, str | None]]:
    return [(one.who, one.verb, one.target, one.detail) for one in world.store.changes()[::-1]]


# ---- run now


def test_a_job_that_is_triggered_runs_now_for_who_asked(world: World) -> None:
    world.write(HOURLY)
    world.ask(10 * SECOND, _trigger(size="3"))

    world.run(MINUTE)

    (run,) = world.runs()
    assert world.answers == [Triggered(run.id, "running")]
    assert (run.trigger, run.who, run.state, f"{run.fire_time:%T}") == (
        Trigger.MANUAL, "ann", "succeeded", "12:00:10"
    )  # fmt: skip
    (launch,) = world.executor.launches
    assert (launch.env["SCHED_TRIGGER"], launch.env["size"]) == ("manual", "3")
    assert _changes(world) == [("ann", "trigger", "a", None)]


def test_what_is_triggered_takes_no_fire_time_from_the_schedule(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m}}")
    world.ask(50 * SECOND, _trigger())

    world.run(1.5 * MINUTE)

    assert world.told() == ["a 12:00:50 succeeded", "a 12:01:00 succeeded"]


@pytest.mark.parametrize("later", [0, 1], ids=["the trigger first", "the fire time first"])
def test_at_the_very_instant_of_a_fire_time_both_run(world: World, later: int) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, overlap: allow}}")
    world.ask(MINUTE + later * timedelta.resolution, _trigger())

    world.run(1.5 * MINUTE)

    assert sorted(run.trigger for run in world.runs()) == ["manual", "schedule"]


def test_two_who_trigger_at_one_instant_both_get_a_run(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, overlap: allow}}")
    world.ask(SECOND, _trigger())
    world.ask(SECOND, _trigger())

    world.run(MINUTE)

    assert [run.state for run in world.runs()] == ["succeeded", "succeeded"]
    assert len({answer.run for answer in world.answers if isinstance(answer, Triggered)}) == 2


@pytest.mark.parametrize(
    ("overlap", "answer", "starts"),
    [
        ("skip", "skipped", ["13:00:00"]),
        ("queue_one", "queued", ["13:00:00", "13:00:30"]),
        ("queue_all", "queued", ["13:00:00", "13:00:30"]),
        ("replace", "queued", ["13:00:00", "13:00:10"]),
        ("allow", "running", ["13:00:00", "13:00:10"]),
    ],
)
def test_what_is_triggered_overlaps_as_its_job_says(
    world: World, overlap: str, answer: str, starts: list[str]
) -> None:
    world.write(f"jobs: {{a: {{command: x, clock: every 1h, overlap: {overlap}}}}}")
    world.executor.plans["a"] = [Plan(lasts=30), Plan()]
    world.ask(HOUR + 10 * SECOND, _trigger())

    world.run(61 * MINUTE)

    (told,) = world.answers
    assert isinstance(told, Triggered)
    assert told.state == answer
    assert [start.split()[1] for start in world.executor.starts] == starts
    assert told.run == world.runs()[1].id


def test_what_is_triggered_and_skipped_has_a_record_with_its_reason(world: World) -> None:
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(lasts=30)]
    world.ask(HOUR + 10 * SECOND, _trigger())

    world.run(61 * MINUTE)

    first, second = world.runs()
    why = f"overlap: {first.id} still running"
    assert world.answers == [Triggered(second.id, "skipped", why)]
    assert (second.trigger, second.who, second.reason) == (Trigger.MANUAL, "ann", why)


def test_what_is_triggered_waits_for_a_slot(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1d, pool: one}
""")
    world.executor.plans["a"] = [Plan(lasts=30)]
    world.ask(HOUR + 10 * SECOND, _trigger("b"))

    world.run(61 * MINUTE)

    assert [getattr(answer, "state", None) for answer in world.answers] == ["queued"]
    assert world.executor.starts == ["a 13:00:00", "b 13:00:30"]


def test_by_force_a_job_runs_beside_itself_and_beyond_its_slots(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs: {a: {command: x, clock: every 1h, pool: one}}
runner: {max_parallel: 1}
""")
    world.executor.plans["a"] = [Plan(lasts=30)]
    world.ask(HOUR + 10 * SECOND, _trigger(force=True))

    world.run(61 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "a 13:00:10"]
    assert _changes(world) == [("ann", "trigger", "a", "forced")]


def test_after_one_by_force_the_slots_are_as_they_were(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one}
  b: {command: x, clock: every 1h, pool: one}
""")
    world.executor.plans = {"a": [Plan(lasts=30), Plan(lasts=50)], "b": [Plan(lasts=5)]}
    world.ask(HOUR + 10 * SECOND, _trigger(force=True))

    world.run(122 * MINUTE)

    assert [start for start in world.executor.starts if start.startswith("b")] == [
        "b 13:01:00", "b 14:00:50"
    ]  # fmt: skip


def test_a_disabled_job_runs_by_force_alone(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, enabled: false}}")
    world.ask(SECOND, _trigger())
    world.ask(2 * SECOND, _trigger(force=True))

    world.run(MINUTE)

    assert world.answers[0] == (
        "NotNowError: a is disabled in its file (run it all the same: --force)"
    )
    assert world.executor.starts == ["a 12:00:02"]


def test_a_job_that_is_not_there_cannot_be_triggered(world: World) -> None:
    world.write("jobs: {backup: {command: x, clock: every 1h}}")
    world.ask(SECOND, _trigger("bakcup"))

    world.run(MINUTE)

    assert world.answers == ["UnknownJobError: no job is named 'bakcup' (did you mean 'backup'?)"]


def test_a_runner_that_stops_starts_nothing_for_anybody(world: World) -> None:
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(lasts=20)]
    world.send(HOUR + 5 * SECOND, signal.SIGTERM)
    world.ask(HOUR + 10 * SECOND, _trigger(force=True))

    world.run(2 * HOUR)

    assert world.answers == ["NotNowError: the runner is stopping: it starts nothing more"]
    assert world.executor.starts == ["a 13:00:00"]


def test_what_is_triggered_is_tried_again_with_what_it_was_given(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d, retry: {max_retries: 1, delay: 5s}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan()]
    world.ask(SECOND, _trigger(size="3"))
    world.run(3 * SECOND)

    world.run(MINUTE)

    again = world.executor.launches[1].env
    assert (again["SCHED_ATTEMPT"], again["SCHED_TRIGGER"], again["size"]) == ("2", "manual", "3")


@pytest.mark.parametrize("fails", ["claim", "note"])
def test_what_cannot_be_written_does_not_start_and_says_so(world: World, fails: str) -> None:
    world.write(HOURLY)
    world.store.fails[fails] = 1
    world.ask(SECOND, _trigger())

    world.run(MINUTE)

    assert (world.answers, world.executor.starts, world.told()) == (
        ["StoreError: the disk is full"], [], []
    )  # fmt: skip


# ---- stop


def test_what_runs_is_stopped_by_the_signal_of_its_job_or_by_another(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, stop_signal: INT}}")
    world.executor.plans["a"] = [Plan(lasts=50)]
    world.ask(70 * SECOND, _cancel())
    world.ask(130 * SECOND, _cancel("a", signal.SIGUSR1))

    world.run(2.5 * MINUTE)

    assert world.executor.told == ["a SIGINT 12:01:10", "a SIGUSR1 12:02:10"]
    assert [(run.state, run.reason) for run in world.runs()] == [
        ("cancelled", "cancelled by ann")
    ] * 2
    assert world.answers == [[run.id] for run in world.runs()]


def test_what_does_not_heed_is_killed_when_its_grace_is_over(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, kill_grace: 7s}}")
    world.executor.plans["a"] = [Plan(lasts=500, heeds=False)]
    world.ask(HOUR + 10 * SECOND, _cancel())

    world.run(61 * MINUTE)

    assert world.executor.told == ["a SIGTERM 13:00:10", "a kill 13:00:17"]


def test_one_run_is_stopped_by_its_id_and_the_others_go_on(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, overlap: allow}}")
    world.executor.plans["a"] = [Plan(lasts=100)]
    world.ask(130 * SECOND, lambda orders: orders.cancel(world.runs()[1].id, "ann", None))

    world.run(2.5 * MINUTE)

    assert world.told() == ["a 12:01:00 succeeded", "a 12:02:00 cancelled"]


def test_what_was_cancelled_is_not_tried_again(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: 3}}")
    world.executor.plans["a"] = [Plan(lasts=100)]
    world.ask(HOUR + 10 * SECOND, _cancel())

    world.run(65 * MINUTE)

    assert len(world.executor.starts) == 1


def test_what_is_cancelled_is_known_to_the_next_runner_before_it_has_ended(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: 3, kill_grace: 5m}}")
    world.executor.plans["a"] = [Plan(lasts=1000, heeds=False)]
    world.ask(HOUR + 10 * SECOND, _cancel())
    world.after(HOUR + 20 * SECOND, world.kill)

    world.run_or_be_killed(2 * HOUR)

    world.reopen()
    assert [one.cancelled_by for one in world.store.open_attempts()] == ["ann"]


def test_a_wish_that_cannot_be_recorded_stops_the_job_all_the_same(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h}}")
    world.executor.plans["a"] = [Plan(lasts=1000)]
    world.after(HOUR + 10 * SECOND, lambda: world.store.fails.update(ask_to_cancel=1, note=1))
    world.ask(HOUR + 10 * SECOND, _cancel())

    world.run(65 * MINUTE)

    assert world.told() == ["a 13:00:00 cancelled"]


def test_what_waits_to_be_retried_or_for_its_turn_never_starts(world: World) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 5m}}
  b: {command: x, clock: every 1m, overlap: queue_one, start: 2026-03-02 13:00}
runner: {drain_timeout: 10m}
""")
    world.executor.plans = {"a": [Plan(code=1)], "b": [Plan(lasts=100)]}
    world.ask(61 * MINUTE + 5 * SECOND, _cancel("a"))
    world.ask(61 * MINUTE + 6 * SECOND, lambda o: o.cancel(world.runs()[2].id, "ann", None))

    world.run(61.5 * MINUTE)

    assert world.reasons() == [
        "a 13:00:00 cancelled: cancelled by ann",
        "b 13:00:00 succeeded: None",
        "b 13:01:00 cancelled: cancelled by ann",
    ]
    assert world.executor.starts == ["a 13:00:00", "b 13:00:00"]


def test_all_of_a_job_is_stopped_what_runs_and_what_waits(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, overlap: queue_all}}")
    world.executor.plans["a"] = [Plan(lasts=500), Plan()]
    world.ask(190 * SECOND, _cancel())

    world.run(3.5 * MINUTE)

    assert [run.state for run in world.runs()] == ["cancelled"] * 3
    assert world.answers == [[run.id for run in world.runs()]]
    assert len(world.executor.starts) == 1


def test_what_is_cancelled_before_it_is_known_to_have_started_is_stopped(world: World) -> None:
    world.write(HOURLY)
    world.executor.plans["a"] = [Plan(lasts=500, answered=5)]
    world.ask(HOUR + SECOND, _cancel())

    world.run(61 * MINUTE)

    (run,) = world.runs()
    assert (run.state, world.executor.told[0]) == ("cancelled", "a SIGTERM 13:00:01")


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("a", "NotNowError: no run of a goes on or waits"),
        ("zzzzzz", "NoSuchRunError: there is no run and no job 'zzzzzz'"),
        ("../x", "NoSuchRunError: there is no run and no job '../x'"),
    ],
)
def test_what_is_not_there_cannot_be_stopped(world: World, target: str, answer: str) -> None:
    world.write(HOURLY)
    world.ask(SECOND, _cancel(target))

    world.run(MINUTE)

    assert (world.answers, _changes(world)) == ([answer], [])


def test_what_is_over_cannot_be_stopped(world: World) -> None:
    world.write(HOURLY)
    world.ask(HOUR + 10 * SECOND, lambda orders: orders.cancel(world.runs()[0].id, "ann", None))

    world.run(61 * MINUTE)

    assert world.answers == [f"NotNowError: run {world.runs()[0].id} is over: succeeded"]


def test_what_cannot_be_recorded_as_cancelled_never_starts_all_the_same(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 5m}}}")
    world.executor.plans["a"] = [Plan(code=1)]
    world.ask(62 * MINUTE, _cancel())
    world.after(62 * MINUTE, lambda: world.store.fails.update(record=5))

    world.run(70 * MINUTE)

    assert (len(world.executor.starts), world.told()) == (1, ["a 13:00:00 cancelled"])
