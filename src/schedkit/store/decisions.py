"""How the records of decisions are written: once for a fire time, and not again for who asks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from schedkit.planner import most_attempts
from schedkit.records import replace
from schedkit.run import Decision, State, Trigger
from schedkit.store.file import micros_or_none, to_micros
from schedkit.timeline import local
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it is at hand where something is decided
    from schedkit.job import Job

_COLUMNS = (
    "id, job, fire_time, fire_local, timezone, trigger, who, state, reason, last_fire_time, count,"
    " due, decided, epoch, digest, most_attempts, params, parallel, cause"
)
_INSERT = (
    f"INSERT OR IGNORE INTO runs ({_COLUMNS})"
    f" SELECT {', '.join(f'?{number}' for number in range(1, _COLUMNS.count(',') + 2))}"
    " WHERE NOT EXISTS"
)
_DECIDED = "(SELECT 1 FROM cursors WHERE job = ?2 AND decided_until >= ?3)"
_ANY = "SELECT 1 FROM runs WHERE job = ?2 AND fire_time = ?3"
_OPEN = f"{_ANY} AND state IN ('queued', 'running', 'retrying')"
_OPEN_OR_WELL = f"{_ANY} AND state IN ('queued', 'running', 'retrying', 'succeeded')"

_NOT_TO_RUN = f"{_INSERT} {_DECIDED}"
_TO_RUN = f"{_NOT_TO_RUN} AND NOT EXISTS ({_OPEN_OR_WELL} AND trigger = 'backfill')"
_FILLED_IN = f"{_INSERT} ({_OPEN_OR_WELL})"
_REPEATED = f"{_INSERT} ({_OPEN})"
_WISHED = f"{_INSERT} ({_ANY})"
_CAUSED = f"{_INSERT} (SELECT 1 FROM runs WHERE job = ?2 AND cause = ?19)"

_Row = tuple[Any, ...]


def insert(
    db: sqlite3.Connection,
    first: int,
    decisions: Sequence[Decision],
    jobs: Mapping[str, Job],
    now: datetime,
    *,
    epoch: int,
) -> list[tuple[int, Decision]]:
    """
    Write the records of decisions as runs of the numbers from *first* on; return what was written.

    One is refused when its fire time is decided already, or has a run that stands in its way: for
    what is to run by schedule a backfill that has come before it, for a backfill a run that goes
    on, waits or has succeeded, for any other wish each one; for what has a cause one of the same.
    """
    numbered = list(enumerate(decisions, first))
    # One statement for many rows: to ask about each before it is written costs half as much again.
    for statement, those in groupby(numbered, lambda one: _statement(one[1])):
        if statement is None:
            for number, decision in those:
                _insert_range(db, number, decision, jobs[decision.job], now, epoch=epoch)
            continue
        rows = (_row(number, one, jobs[one.job], now, epoch) for number, one in those)
        db.executemany(statement, rows)
    written = {number for (number,) in db.execute("SELECT id FROM runs WHERE id >= ?", (first,))}
    return [one for one in numbered if one[0] in written]


def _statement(decision: Decision) -> str | None:
    """Return how a decision is written, None for one that stands for many fire times."""
    if decision.count > 1:
        return None
    if decision.trigger is Trigger.BACKFILL:
        return _REPEATED if decision.repeats else _FILLED_IN
    if decision.cause is not None:
        return _CAUSED
    if not decision.trigger.by_schedule:
        return _WISHED
    return _TO_RUN if decision.state is State.QUEUED else _NOT_TO_RUN


def _insert_range(
    db: sqlite3.Connection, number: int, decision: Decision, job: Job, now: datetime, *, epoch: int
) -> None:
    while True:
        row = _row(number, decision, job, now, epoch)
        if db.execute(_NOT_TO_RUN, row).rowcount == 1 or decision.count == 1:
            return
        if db.execute(f"SELECT {_DECIDED}", row[:3]).fetchone() != (None,):
            return
        # The first of a range has a record, from before the clock was corrected: not the rest.
        later, fewer = decision.fire_time + datetime.resolution, decision.count - 1
        decision = replace(decision, fire_time=later, count=fewer)


def _row(number: int, decision: Decision, job: Job, now: datetime, epoch: int) -> _Row:
    state = decision.state
    if state is State.QUEUED and decision.at_once:
        state = State.RUNNING
    fire_time = to_micros(decision.fire_time)
    return (
        number, decision.job, fire_time, local(decision.fire_time, job.timezone).isoformat(" "),
        str(job.timezone), decision.trigger, decision.who, state, decision.reason,
        micros_or_none(decision.last_fire_time), decision.count,
        fire_time if decision.due is None else to_micros(decision.due), to_micros(now), epoch,
        job.digest, most_attempts(job),
        json.dumps(dict(decision.params)) if decision.params else None, decision.parallel,
        decision.cause,
    )  # fmt: skip
