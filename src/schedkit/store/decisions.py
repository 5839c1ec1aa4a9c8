"""How the record of a decision is written: once for a fire time, and not again for who asks."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from schedkit.planner import most_attempts
from schedkit.run import Decision, State, Trigger
from schedkit.store.file import micros_or_none, to_micros
from schedkit.timeline import local

if TYPE_CHECKING:  # it is at hand where something is decided
    from schedkit.job import Job

_DECIDED = "SELECT 1 FROM cursors WHERE job = ? AND decided_until >= ?"
_ANY = "SELECT 1 FROM runs WHERE job = ? AND fire_time = ?"
_OPEN = f"{_ANY} AND state IN ('queued', 'running', 'retrying')"
_OPEN_OR_WELL = f"{_ANY} AND state IN ('queued', 'running', 'retrying', 'succeeded')"
_FILLED_IN = f"{_OPEN_OR_WELL} AND trigger = 'backfill'"


def insert(
    db: sqlite3.Connection, number: int, decision: Decision, job: Job, now: datetime, *, epoch: int
) -> bool:
    """
    Write the record of a decision as the run of this *number*, unless it is refused.

    It is when the fire time is decided already, or has a run that stands in its way: for what is
    to run by schedule a backfill that has come before it, for a backfill a run that goes on, waits
    or has succeeded, for any other wish each one.
    """
    if _is_refused(db, decision):
        return False
    wall = local(decision.fire_time, job.timezone)
    state = decision.state
    if state is State.QUEUED and decision.at_once:
        state = State.RUNNING
    cursor = db.execute(
        "INSERT OR IGNORE INTO runs (id, job, fire_time, fire_local, timezone, trigger, who,"
        " state, reason, last_fire_time, count, due, decided, epoch, digest, most_attempts,"
        " params, parallel) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number, decision.job, to_micros(decision.fire_time), wall.isoformat(" "),
            str(job.timezone), decision.trigger, decision.who, state, decision.reason,
            micros_or_none(decision.last_fire_time), decision.count,
            to_micros(decision.due or decision.fire_time), to_micros(now), epoch,
            job.digest, most_attempts(job),
            json.dumps(dict(decision.params)) if decision.params else None, decision.parallel,
        ),
    )  # fmt: skip
    if cursor.rowcount != 1 and decision.count > 1:
        # The first of a range has a record, from before the clock was corrected: not the rest.
        later, fewer = decision.fire_time + datetime.resolution, decision.count - 1
        rest = replace(decision, fire_time=later, count=fewer)
        return insert(db, number, rest, job, now, epoch=epoch)
    return cursor.rowcount == 1


def _is_refused(db: sqlite3.Connection, decision: Decision) -> bool:
    place = (decision.job, to_micros(decision.fire_time))
    if decision.trigger is Trigger.BACKFILL:
        questions = [_OPEN if decision.repeats else _OPEN_OR_WELL]
    elif not decision.trigger.by_schedule:
        questions = [_ANY]
    elif decision.state is State.QUEUED:
        questions = [_DECIDED, _FILLED_IN]
    else:
        questions = [_DECIDED]
    return any(db.execute(question, place).fetchone() for question in questions)
