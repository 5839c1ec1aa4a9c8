"""A runner that is killed at any of its steps, and a store that fails at any write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_executor import Plan
from fakes import START, World
from schedkit import loader
from schedkit.job import Job
from schedkit.operations import Backfill, Filled, Triggered
from schedkit.run import State, Trigger

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
DOWN = 5 * MINUTE  # before the runner of the scenario comes
UP = 5.5 * MINUTE

# One of each: overlap, retries, a pool, catch-up, at the start, a limit.
SCENARIO = """
pools: {one: 1}
jobs:
  skips: {command: x, clock: every 1m}
  waits: {command: x, clock: every 1m, overlap: queue_one}
  waits-all: {command: x, clock: every 2m, overlap: queue_all}
  replaces: {command: x, clock: every 2m, overlap: replace}
  beside: {command: x, clock: every 1m, overlap: allow}
  retried: {command: x, clock: every 3m, retry: {max_retries: 2, delay: 20s}}
  pooled-1: {command: x, clock: every 2m, pool: one}
  pooled-2: {command: x, clock: every 2m, pool: one, priority: 5}
  made-up-for: {command: x, clock: every 1m, catchup: all, catchup_limit: 3}
  missed: {command: x, clock: every 1m, catchup: none}
  twice: {command: x, clock: every 1m, max_runs: 2}
  paused: {command: x, clock: every 1m}
  first: {command: x, clock: startup boot}
  later: {command: x, clock: every 30d, retry: {max_retries: 1, delay: 5s}}
  filled-in: {command: x, clock: every 30d, retry: {max_retries: 1, delay: 5s}}
runner: {drain_timeout: 10m}
"""
PLANS = {
    "skips": [Plan(lasts=70)],
    "waits": [Plan(lasts=90)],
    "waits-all": [Plan(lasts=150), Plan(lasts=10)],
    "replaces": [Plan(lasts=130), Plan(lasts=10)],
    "beside": [Plan(lasts=70)],
    "retried": [Plan(code=1), Plan(code=1), Plan()],
    "pooled-1": [Plan(lasts=10)],
    "pooled-2": [Plan(lasts=10)],
    "later": [Plan(code=1), Plan()],
    "filled-in": [Plan(lasts=9), Plan(lasts=20), Plan(code=1), Plan(lasts=15)],
}
FILLED_IN = 7  # fire times, two at a time
ONE_AT_A_TIME = (
    "skips", "waits", "waits-all", "replaces", "retried", "pooled-1", "pooled-2", "made-up-for",
    "missed", "twice", "paused",
)  # fmt: skip


def _prepared(directory: Path) -> World:
    """Return a world in which a runner was up a while ago, and people will ask for something."""
    world = World(directory)
    world.write(SCENARIO.replace("startup boot", "daily at 00:00"))
    world.run(SECOND, boot="boot-0")
    world.write(SCENARIO)
    world.watch.sleep(DOWN)
    world.executor.plans = {name: list(plans) for name, plans in PLANS.items()}
    world.ask(50 * SECOND, lambda o: o.pause(["paused"], "ann", None, "a reason"))
    world.ask(100 * SECOND, lambda o: o.trigger("missed", "ann", {"k": "v"}, force=False))
    world.ask(150 * SECOND, lambda o: o.resume(["paused"], "ann"))
    world.ask(170 * SECOND, lambda o: o.cancel("waits-all", "ann", None))
    later, first = START + DOWN + 3.4 * MINUTE, START - FILLED_IN * 30 * DAY
    world.ask(60 * SECOND, lambda o: o.at("later", "ann", later, {}, force=False))
    digest = _job(world, "filled-in").schedule_digest
    filling = Backfill("filled-in", first, START, digest, 2)
    world.ask(80 * SECOND, lambda o: o.backfill(filling, "ann"))
    world.steps = world.store.writes = 0
    world.store._db.execute("PRAGMA synchronous = OFF")  # a kill is no power cut
    return world


def _job(world: World, name: str) -> Job:
    (found,) = [job for job in loader.load([world.path]).jobs if job.name == name]
    return found


def _wrong(world: World) -> list[str]:
    """Return what must never be, whatever happened; "first" is not known to any calendar."""
    wrong = []
    end = world.watch.now()
    for job in loader.load([world.path]).jobs:
        records = [run for run in world.runs() if run.job == job.name]
        scheduled = [run for run in records if run.trigger.by_schedule]
        covered = Counter[datetime]()
        for run in scheduled:
            last = run.last_fire_time or run.fire_time
            one_before = run.fire_time - datetime.resolution
            fires = list(takewhile(lambda f, last=last: f <= last,  # type: ignore[misc]
                                   job.schedule.after(one_before)))  # fmt: skip
            covered.update(fires or [run.fire_time])
            if fires and len(fires) != run.count:
                wrong.append(f"{job.name} {run.fire_time:%T}: counts {run.count}")
        came = set(takewhile(lambda f: f <= end, job.schedule.after(START)))
        # What comes after its last turn is for the next runner.
        late = {fire for fire in came - covered.keys() if fire <= START + DOWN + UP}
        wrong += [f"{job.name} {fire:%T}: no record" for fire in sorted(late)]
        wrong += [f"{job.name} {fire:%T}: {n} records" for fire, n in covered.items() if n > 1]
        limit = job.max_runs
        if limit and sum(run.attempts > 0 for run in scheduled) > limit:
            wrong.append(f"{job.name}: more than {limit} runs")
    wrong += [f"{run.job} {run.fire_time:%T}: {run.state}" for run in world.runs()
              if run.state in (State.LOST, State.RUNNING)]  # fmt: skip
    wrong += [f"{name}: beside itself" for name in ONE_AT_A_TIME
              if world.executor.most_at_once(name) > 1]  # fmt: skip
    if [run.attempts for run in world.runs() if run.job == "first"] != [1]:
        wrong.append("first: not once")
    if world.executor.most_at_once("filled-in") > 2:
        wrong.append("filled-in: more than two at a time")
    backfills = [run for run in world.runs() if run.trigger is Trigger.BACKFILL]
    if len({run.fire_time for run in backfills}) != len(backfills):
        wrong.append("filled-in: a fire time twice")
    if len(backfills) not in (0, FILLED_IN):
        wrong.append("filled-in: a part of it")
    wanted = [run for run in world.runs() if run.trigger in (Trigger.AT, Trigger.BACKFILL)]
    wrong += [f"{run.job} {run.fire_time}: {run.state}" for run in wanted
              if run.state is not State.SUCCEEDED]  # fmt: skip
    return wrong + _unlike_the_processes(world) + _unlike_the_answers(world)


def _unlike_the_processes(world: World) -> list[str]:
    """Return where the history says something else than what the processes did."""
    recorded = sum(run.attempts for run in world.runs())
    wrong = [] if recorded == len(world.executor.processes) else ["attempts that never were"]
    states = {run.id: run.state for run in world.runs()}
    for process in world.executor.processes.values():
        run = str(process.key).partition(".")[0]
        if process.result is None:
            wrong.append(f"{process.name} {process.key}: still runs")
        elif process.result.status == 0 and states[run] is not State.SUCCEEDED:
            wrong.append(f"{process.name} {process.key}: succeeded, is {states[run]}")
    return wrong


def _unlike_the_answers(world: World) -> list[str]:
    """Return where the history says something else than what people were told."""
    states = {run.id: run.state for run in world.runs()}
    triggered = [answer for answer in world.answers if isinstance(answer, Triggered)]
    wrong = [f"triggered {answer}: no record" for answer in triggered if answer.run not in states]
    filled = [answer for answer in world.answers if isinstance(answer, Filled)]
    runs = [run for answer in filled for run, _ in answer.runs]
    wrong += [f"filled in {run}: no record" for run in runs if run not in states]
    # Of the lists that answer, those of jobs that were paused have no ids.
    lists = [answer for answer in world.answers if isinstance(answer, list)]
    over = State.CANCELLED, State.SUCCEEDED
    wrong += [f"cancelled {run}: {states[run]}" for answer in lists for run in answer
              if states.get(run, State.CANCELLED) not in over]  # fmt: skip
    return wrong


@dataclass(frozen=True)
class Outcome:
    """What was wrong at the end, and how many steps and writes it took to get there."""

    wrong: list[str]
    steps: int
    writes: int
    states: set[State]


def _after(prepare: Callable[[World], None]) -> Outcome:
    with TemporaryDirectory() as directory:
        world = _prepared(Path(directory))
        prepare(world)
        while world.run_or_be_killed(START + DOWN + UP - world.watch.now()):
            world.reopen()
            world.watch.sleep(SECOND)
        with closing(world.store):
            states = {run.state for run in world.runs()}
            return Outcome(_wrong(world), world.steps, world.store.writes, states)


def test_if_nothing_happens_nothing_is_wrong() -> None:
    found = _after(lambda _: None)

    assert found.wrong == []
    assert found.steps > 200, "the tests below kill at a step up to that"
    assert found.writes > 80, "likewise"
    assert found.states >= {
        State.SUCCEEDED, State.SKIPPED, State.MISSED, State.CANCELLED
    }  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(steps=st.frozensets(st.integers(1, 200), min_size=1, max_size=3))
def test_whenever_a_runner_is_killed_the_next_one_goes_on_as_if_nothing_had_been(
    steps: frozenset[int],
) -> None:
    def prepare(world: World) -> None:
        world.killed_at = steps

    assert _after(prepare).wrong == []


@settings(max_examples=30, deadline=None)
@given(first=st.integers(4, 80), count=st.integers(1, 5))
def test_whichever_writes_fail_nothing_is_lost_and_nothing_starts_twice(
    first: int, count: int
) -> None:
    """The first three take over the history: a runner that cannot do that ends at once."""

    def prepare(world: World) -> None:
        world.store.broken.update(range(first, first + count))

    assert _after(prepare).wrong == []
