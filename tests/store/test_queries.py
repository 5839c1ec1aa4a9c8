"""Whatever is asked of a history is what a look at every one of its records would find."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from itertools import product

import pytest

from histories import at, claim, due, ended, missed, queued, skipped
from schedkit.config import Config
from schedkit.run import Decision, Run, State, Trigger
from schedkit.store import Query, Store

JOBS = (frozenset[str](), frozenset({"a"}), frozenset({"a", "b"}), frozenset({"c"}))
STATES = (
    frozenset[State](),
    frozenset({State.FAILED}),
    frozenset({State.SUCCEEDED}),
    frozenset({State.MISSED, State.SUCCEEDED, State.QUEUED}),
)
BOUNDS = (None, at(10), at(20), at(33))
LIMITS = (None, 0, 1, 4, 1000)


def decisions(draw: random.Random) -> Iterator[Decision]:
    """Yield what became of fire times: in time, late, beside the schedule, ranges of them."""
    for minute in range(1, 40, 2):
        job = draw.choice("ab")
        yield draw.choice([due, skipped, queued])(job, minute)
        if draw.random() < 0.2:
            wish = due(draw.choice("ab"), draw.randrange(50))
            who, trigger = "ann", draw.choice([Trigger.MANUAL, Trigger.AT, Trigger.BACKFILL])
            yield Decision(wish.job, wish.fire_time, State.QUEUED, trigger, who=who)
    yield missed("a", 40, 60, 21)
    yield missed("b", 4, 24, 11)  # before which it had none


@pytest.fixture(params=range(3))
def runs(request: pytest.FixtureRequest, store: Store, config: Config) -> list[Run]:
    """Return all records of a history of which the times are not in order, newest first."""
    draw = random.Random(request.param)
    wanted = sorted(decisions(draw), key=lambda _: draw.random() < 0.3)
    for decision in wanted:
        for key in claim(store, config, decision):
            state = draw.choice([State.SUCCEEDED, State.FAILED, State.RUNNING])
            if key is not None and decision.at_once and state is not State.RUNNING:
                store.record([ended(key, state)])
    return store.runs(Query())


def looked_at(runs: list[Run], query: Query) -> list[Run]:
    """Return those of all records that a query asks for, by a look at each."""
    first, last = query.since or datetime.min.replace(tzinfo=at(0).tzinfo), query.until or at(9999)
    found = [
        run
        for run in runs
        if (not query.jobs or run.job in query.jobs)
        and (not query.states or run.state in query.states)
        and (run.last_fire_time or run.fire_time) >= first
        and run.fire_time <= last
    ]
    if query.since is not None or query.until is not None:
        latest = sorted(found, key=lambda run: (run.fire_time, run.id), reverse=True)
        kept = {run.id for run in latest[: query.limit]}
        return [run for run in found if run.id in kept]
    return found[: query.limit]


@pytest.mark.parametrize("jobs", JOBS, ids=lambda jobs: ",".join(sorted(jobs)) or "all")
@pytest.mark.parametrize("states", STATES, ids=lambda states: ",".join(sorted(states)) or "any")
def test_a_query_finds_what_a_look_at_each_record_finds(
    store: Store, runs: list[Run], jobs: frozenset[str], states: frozenset[State]
) -> None:
    for since, until, limit in product(BOUNDS, BOUNDS, LIMITS):
        query = Query(jobs, states, since, until, limit)

        assert looked_at(runs, query) == store.runs(query)


def test_the_last_run_of_a_job_is_its_newest_record(store: Store, runs: list[Run]) -> None:
    expected = {job: next(run for run in runs if run.job == job) for job in ("a", "b")}

    assert expected == store.last_runs(["a", "b", "c"])
