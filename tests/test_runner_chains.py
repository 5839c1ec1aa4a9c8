"""What a runner starts when other runs have ended."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from fake_executor import Plan
from fakes import START, World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CHAIN = """
    jobs:
      build: {command: x, clock: every 1h}
      test: {command: y, after: build}
      ship: {command: z, after: test}
    """


def _cause(world: World, job: str) -> list[str | None]:
    return [run.cause for run in world.runs() if run.job == job]


def _ids(world: World, job: str) -> list[str]:
    return [run.id for run in world.runs() if run.job == job]


def test_each_link_starts_as_soon_as_the_one_before_it_has_succeeded(world: World) -> None:
    world.write(CHAIN)

    world.run_for(61 * MINUTE)

    assert world.told() == [
        "build 13:00:00 succeeded", "test 13:00:01 succeeded", "ship 13:00:02 succeeded",
    ]  # fmt: skip


def test_a_link_knows_what_caused_it(world: World) -> None:
    world.write(CHAIN)

    world.run_for(61 * MINUTE)

    (build,) = [run for run in world.runs() if run.job == "build"]
    (launch,) = [one for one in world.executor.launches if one.env["SCHED_JOB"] == "test"]
    assert _cause(world, "test") == [f"after build {build.id}"]
    assert {name: launch.env[name] for name in launch.env if "CAUSE" in name} == {
        "SCHED_CAUSE_RUN_ID": build.id,
        "SCHED_CAUSE_RUN_IDS": build.id,
        "SCHED_CAUSE_JOB": "build",
        "SCHED_CAUSE_STATE": "succeeded",
        "SCHED_CAUSE_FIRE_TIME": "2026-03-02T13:00:00+00:00",
        "SCHED_CAUSE_OUTPUT": str(build.output),
    }
    assert launch.env["SCHED_TRIGGER"] == "after"


def test_times_that_a_link_is_told_are_in_its_own_zone(world: World) -> None:
    world.write("""
        jobs:
          build: {command: x, clock: every 1h}
          test: {command: x, after: build, timezone: Europe/Berlin}
        """)

    world.run_for(61 * MINUTE)

    (launch,) = [one for one in world.executor.launches if one.env["SCHED_JOB"] == "test"]
    assert launch.env["SCHED_CAUSE_FIRE_TIME"] == "2026-03-02T14:00:00+01:00"


def test_nothing_follows_a_run_that_fails(world: World) -> None:
    world.write(CHAIN)
    world.executor.plans["test"] = [Plan(code=1)]

    world.run_for(61 * MINUTE)

    assert world.told() == ["build 13:00:00 succeeded", "test 13:00:01 failed"]


def test_nothing_follows_an_attempt_that_is_tried_again_until_the_last_one(world: World) -> None:
    world.write("""
        jobs:
          build: {command: x, clock: every 1h, retry: {max_retries: 1, delay: 1m}}
          mourn: {command: y, after: {job: build, state: failed}}
          test: {command: z, after: build}
        """)
    world.executor.plans["build"] = [Plan(code=1), Plan()]

    world.run_for(65 * MINUTE)

    assert world.told() == ["build 13:00:00 succeeded", "test 13:01:02 succeeded"]


@pytest.mark.parametrize(
    ("state", "plan"),
    [("failed", Plan(code=1)), ("timed_out", Plan(lasts=100)), ("finished", Plan(code=1)),
     ("finished", Plan())],
)  # fmt: skip
def test_what_follows_an_end_of_its_kind(world: World, state: str, plan: Plan) -> None:
    world.write(f"""
        jobs:
          build: {{command: x, clock: every 1h, timeout: 1m}}
          then: {{command: y, after: {{job: build, state: {state}}}}}
        """)
    world.executor.plans["build"] = [plan]

    world.run_for(65 * MINUTE)

    assert [run.state for run in world.runs() if run.job == "then"] == ["succeeded"]


def test_a_run_that_was_skipped_can_be_followed_too(world: World) -> None:
    world.write("""
        jobs:
          build: {command: x, clock: every 1h}
          then: {command: y, after: {job: build, state: skipped}}
        """)
    world.executor.plans["build"] = [Plan(lasts=5000)]

    world.run_for(121 * MINUTE)

    assert [told for told in world.told() if told.startswith("then")] == ["then 14:00:00 succeeded"]


def test_any_is_one_run_for_each(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, clock: every 1h}
          b: {command: x, clock: cron 30 * * * *}
          c: {command: y, after: {any: [a, b]}}
        """)

    world.run_for(61 * MINUTE)

    assert [told for told in world.told() if told.startswith("c")] == [
        "c 12:30:01 succeeded", "c 13:00:01 succeeded",
    ]  # fmt: skip


def test_all_waits_for_every_one_since_the_last_time(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, clock: every 30m}
          b: {command: x, clock: every 1h}
          c: {command: y, after: {all: [a, b]}}
        """)
    world.executor.plans["b"] = [Plan(lasts=60)]

    world.run_for(125 * MINUTE)

    assert [told for told in world.told() if told.startswith("c")] == [
        "c 13:01:00 succeeded", "c 14:01:00 succeeded",
    ]  # fmt: skip
    a, b = _ids(world, "a"), _ids(world, "b")
    assert _cause(world, "c") == [f"after {a[1]} {b[0]}", f"after {a[3]} {b[1]}"]


def test_what_all_has_heard_survives_the_runner(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, clock: every 1h}
          b: {command: x, clock: cron 30 * * * *}
          c: {command: y, after: {all: [a, b]}}
        """)
    world.run_for(40 * MINUTE)
    world.reopen()

    world.run_for(30 * MINUTE)

    assert [told for told in world.told() if told.startswith("c")] == ["c 13:00:01 succeeded"]


def test_ends_that_lie_too_far_apart_are_not_all(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, clock: cron 0 * * * *}
          b: {command: x, clock: cron 30 14 * * *}
          c: {command: y, after: {all: [a, b], within: 10m}}
        """)

    world.run_for(4 * HOUR)

    assert [told for told in world.told() if told.startswith("c")] == []


def test_a_run_that_somebody_triggers_is_followed_as_any(world: World) -> None:
    world.write(CHAIN)
    world.ask(MINUTE, lambda orders: orders.trigger("build", "ann", {}, force=False))

    world.run_for(2 * MINUTE)

    assert [told.split()[0] for told in world.told()] == ["build", "test", "ship"]


def test_a_cause_is_recorded_when_nothing_runs_for_it(world: World) -> None:
    world.write("""
        jobs:
          build: {command: x, clock: every 20m}
          paused: {command: y, after: build}
          overlaps: {command: y, after: build}
          twice: {command: y, after: build, max_runs: 2}
          weekend: {command: y, after: build, filters: [weekend]}
          over: {command: y, after: build, end: 2026-03-02 12:00}
          disabled: {command: y, after: build, enabled: false}
        """)
    world.executor.plans["overlaps"] = [Plan(lasts=1500)]
    world.ask(SECOND, lambda orders: orders.pause(["paused"], "ann", None, "no disk"))

    world.run_for(61 * MINUTE)

    found = {(run.job, run.state, run.reason) for run in world.runs() if run.state == "skipped"}
    first = _ids(world, "overlaps")[0]
    assert found == {
        ("paused", "skipped", "paused by ann: no disk"),
        ("overlaps", "skipped", f"overlap: {first} still running"),
        ("twice", "skipped", "max_runs: it has had 2"),
        ("weekend", "skipped", "filter: weekend does not admit it"),
        ("over", "skipped", "it is outside of start and end"),
    }
    assert _ids(world, "disabled") == []


def test_what_ended_unseen_is_followed_when_a_runner_is_back(world: World) -> None:
    world.write(CHAIN)
    world.executor.plans["build"] = [Plan(lasts=600)]
    world.after(61 * MINUTE, world.kill)
    assert world.run_or_be_killed(2 * HOUR)
    world.reopen()
    world.watch.wait(None, world.watch.elapsed() + 20 * MINUTE, ())
    world.watch.wait(None, world.watch.elapsed() + 11 * MINUTE, ())

    world.run_for(5 * MINUTE)

    assert [told.split()[0] for told in world.told()] == ["build", "test", "ship"]


def test_a_cause_of_too_long_ago_is_missed_and_says_so(world: World) -> None:
    world.write(CHAIN.replace("after: build", "after: {job: build, within: 5m}"))
    world.executor.plans["build"] = [Plan(lasts=600)]
    world.after(61 * MINUTE, world.kill)
    assert world.run_or_be_killed(2 * HOUR)
    world.reopen()
    world.watch.wait(None, world.watch.elapsed() + 20 * MINUTE, ())
    world.watch.wait(None, world.watch.elapsed() + 11 * MINUTE, ())

    world.run_for(5 * MINUTE)

    assert [run.reason for run in world.runs() if run.job == "test"] == [
        "within: what causes it was 11m ago, more than 5m"
    ]


def test_an_edit_never_makes_the_past_a_cause(world: World) -> None:
    world.write("jobs: {build: {command: x, clock: every 1h}}")
    world.run_for(61 * MINUTE)
    world.reopen()
    world.write(CHAIN)

    world.run_for(MINUTE)

    assert world.told() == ["build 13:00:00 succeeded"]


def test_a_chain_that_comes_by_a_reload_holds_for_what_runs(world: World) -> None:
    world.write("jobs: {build: {command: x, clock: every 1h}}")
    world.executor.plans["build"] = [Plan(lasts=60)]
    world.reload_after(60 * MINUTE + 30 * SECOND, CHAIN)

    world.run_for(65 * MINUTE)

    assert [told.split()[0] for told in world.told()] == ["build", "test", "ship"]


def test_a_job_that_is_left_to_another_runner_waits_for_it(world: World) -> None:
    world.write(CHAIN)
    world.run(61 * MINUTE, only=["build"])
    before = world.told()
    world.reopen()

    world.run_for(MINUTE)

    assert before == ["build 13:00:00 succeeded", "test 13:00:01 queued"]
    assert [told.split()[2] for told in world.told()] == ["succeeded"] * 3


def test_a_history_that_cannot_be_written_delays_a_link_and_loses_none(world: World) -> None:
    world.write(CHAIN)
    world.after(60 * MINUTE + SECOND / 2, lambda: world.store.fails.update(claim=3))

    world.run_for(65 * MINUTE)

    assert [told.split()[0] for told in world.told()] == ["build", "test", "ship"]


def test_killed_at_any_step_each_link_runs_exactly_once(tmp_path: Path) -> None:
    """Before and after each write, and before and after each start, of the whole chain."""
    steps = _run(tmp_path / "whole", None).steps

    for step in range(1, steps + 1):
        world = _run(tmp_path / str(step), step)

        ran = Counter(told.split()[0] for told in world.told() if told.endswith("succeeded"))
        started = Counter(start.split()[0] for start in world.executor.starts)
        assert (step, ran, started) == (step, *[Counter(build=1, test=1, ship=1)] * 2)


def _run(directory: Path, step: int | None) -> World:
    """Run the chain once, by a runner that is killed at a step and one that comes after it."""
    directory.mkdir()
    world = World(directory)
    world.write(CHAIN)
    world.run(SECOND)
    world.steps = 0
    world.killed_at = frozenset() if step is None else frozenset({step})
    killed = world.run_or_be_killed(START + 62 * MINUTE - world.watch.now())
    world.killed_at = frozenset()
    assert killed == (step is not None)
    if killed:
        steps = world.steps
        world.reopen()
        world.run(START + 62 * MINUTE - world.watch.now())
        world.steps = steps
    return world
