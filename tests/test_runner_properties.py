"""Whatever jobs there are and whatever people ask: nobody waits in vain, and every bound holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_executor import Plan
from fakes import START, World
from schedkit import loader
from schedkit.config import Config
from schedkit.operations import Backfill
from schedkit.orders import Orders
from schedkit.run import State, Trigger, run_id

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
END = START + 8 * MINUTE + SECOND / 2
REST = 60 * MINUTE  # nothing fires any more: what waits has all the time it wants

PARALLEL = 2  # runs of a backfill at a time
_OVERLAPS = ("skip", "queue_one", "queue_all", "replace", "allow")


@dataclass(frozen=True)
class Work:
    """A job, and what its attempts do in turn."""

    keys: str
    plans: tuple[Plan, ...]


_WITHIN = "retry: {max_retries: 1, delay: 1m, within: 90s}"
_PLANS = st.builds(
    Plan,
    lasts=st.sampled_from([0.5, 1, 20, 59, 60, 61, 130]),
    code=st.sampled_from([0, 0, 1]),
    heeds=st.booleans(),
    starts=st.sampled_from([True, True, True, False]),
)
_WORK = st.builds(
    lambda clock, overlap, pool, priority, retry, rest, plans: Work(
        f"clock: {clock}, overlap: {overlap}, priority: {priority}{pool}{retry}{rest}",
        tuple(plans),
    ),
    st.sampled_from(["every 1m", "every 2m", "[startup, every 3m]", "cron 30 */2 12 * * *"]),
    st.sampled_from(_OVERLAPS),
    st.sampled_from(["", ", pool: one", ", pool: two"]),
    st.integers(-1, 1),
    st.sampled_from(["", ", retry: {max_retries: 2, delay: 15s}", f", {_WITHIN}"]),
    st.sampled_from(["", ", start_deadline: 70s", ", timeout: 30s", ", max_runs: 3",
                     ", catchup: all", ", catchup: none"]),
    st.lists(_PLANS, min_size=1, max_size=4),
)  # fmt: skip
_ORDERS = st.lists(
    st.tuples(
        st.integers(0, 450),
        st.sampled_from(
            ["trigger", "at", "backfill", "cancel", "pause", "resume", "pause for a minute"]
        ),
        st.integers(0, 3),
    ),
    max_size=6,
)


def _text(works: list[Work], most: int | None) -> str:
    bound = "" if most is None else f", max_parallel: {most}"
    jobs = "".join(
        f"  j{n}: {{command: x, end: '{END:%Y-%m-%d %H:%M}', {work.keys}}}\n"
        for n, work in enumerate(works)
    )
    return f"pools: {{one: 1, two: 2}}\nrunner: {{drain_timeout: 1h{bound}}}\njobs:\n{jobs}"


def _ask(world: World, order: str, job: str) -> None:
    def wish(orders: Orders) -> object:
        match order:
            case "trigger":
                return orders.trigger(job, "ann", {}, force=False)
            case "at":
                return orders.at(job, "ann", world.watch.now() + 90 * SECOND, {}, force=False)
            case "backfill":
                return orders.backfill(_filling(world, job), "ann")
            case "cancel":
                return orders.cancel(job, "ann", None)
            case "resume":
                return orders.resume([job], "ann")
            case _:
                until = None if order == "pause" else world.watch.now() + MINUTE
                return orders.pause([job], "ann", until, None)

    world.ask(timedelta(0), wish)


def _filling(world: World, job: str) -> Backfill:
    """Return the wish to run a job for the five minutes that were before, two at a time."""
    digests = {one.name: one.schedule_digest for one in loader.load([world.path]).jobs}
    now = world.watch.now()
    return Backfill(job, now - 5 * MINUTE, now, digests.get(job, ""), PARALLEL)


def _company(world: World, job: str, backfills: set[str]) -> Iterator[tuple[int, int]]:
    """Yield how many runs of a job go on as each of them starts, of backfills and others."""
    mine = [one for one in world.executor.processes.values() if one.name == job]
    for one in mine:
        going_on = [q for q in mine if q.began <= one.began < (q.ended or timedelta.max)]
        filled_in = sum(run_id(q.key.run) in backfills for q in going_on)
        yield filled_in, len(going_on) - filled_in


def _wrong(world: World, config: Config, most: int | None) -> list[str]:
    wrong = [f"{run.job} {run.fire_time:%T} is {run.state}" for run in world.runs()
             if not run.state.terminal or run.state is State.LOST]  # fmt: skip
    pools: dict[str | None, list[str]] = {"one": [], "two": []}
    for job in config.jobs:
        runs = [run for run in world.runs() if run.job == job.name]
        backfills = {run.id for run in runs if run.trigger is Trigger.BACKFILL}
        for filled_in, others in _company(world, job.name, backfills):
            beside = job.overlap != "allow" and (others > 1 or (others and filled_in))
            if beside or filled_in > PARALLEL:
                wrong.append(f"{job.name} runs beside itself")
        if job.pool is not None:
            pools[job.pool].append(job.name)
        if any(run.attempts > run.most_attempts for run in runs):
            wrong.append(f"{job.name} has more attempts than it may")
        scheduled = [run for run in runs if run.trigger.by_schedule]
        came = Counter(takewhile(lambda fire: fire <= END, job.schedule.after(START)))
        covered = Counter(run.fire_time for run in scheduled if run.count == 1)
        covered.update(
            fire for run in scheduled if run.count > 1 and run.last_fire_time is not None
            for fire in came if run.fire_time <= fire <= run.last_fire_time
        )  # fmt: skip
        if any(covered[fire] != 1 for fire in came):
            wrong.append(f"{job.name}: not one record for each fire time")
    slots = {"one": 1, "two": 2}
    wrong += [f"too many in {pool}" for pool, names in pools.items() if pool is not None
              and names and world.executor.most_at_once(*names) > slots[pool]]  # fmt: skip
    if most is not None and world.executor.most_at_once() > most:
        wrong.append("too many in all")
    return wrong


@settings(max_examples=40, deadline=None)
@given(
    works=st.lists(_WORK, min_size=1, max_size=4),
    most=st.sampled_from([None, 1, 2]),
    orders=_ORDERS,
    kills=st.lists(st.integers(1, 470), max_size=2),
)
def test_whatever_there_is_to_do_all_of_it_ends_within_its_bounds(
    works: list[Work], most: int | None, orders: list[tuple[int, str, int]], kills: list[int]
) -> None:
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        world.store._db.execute("PRAGMA synchronous = OFF")
        world.write(_text(works, most))
        for number, work in enumerate(works):
            world.executor.plans[f"j{number}"] = list(work.plans)
        for after, order, number in orders:
            world.after(after * SECOND, partial(_ask, world, order, f"j{number}"))
        for after in kills:
            world.after(after * SECOND, world.kill)
        world.ask(END - START + MINUTE, lambda orders: orders.resume([], "ann"))

        while world.run_or_be_killed(END + REST - world.watch.now()):
            world.watch.sleep(SECOND)

        with closing(world.store):
            assert _wrong(world, loader.load([world.path]), most) == []
