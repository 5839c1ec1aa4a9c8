"""The queue of what people are to be told, as it is kept: what waits, and what became of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from schedkit.store.file import instant, micros_or_none, to_micros
from schedkit.typed import NamedTuple

_KEPT = timedelta(days=30)  # what is over, for whoever wants to know
_DROPPED = 50  # of the oldest at a time: nobody is to wait for it
_TOLD = timedelta(days=7)  # for so long a failure is shown, when nothing is sent after it
_LONG = timedelta(minutes=5)  # of waiting, which then is shown

# Whoever is first in a lane: a few looks at the index for each, however many wait in it.
_FIRSTS = """
WITH RECURSIVE lanes (lane) AS (
    SELECT min(lane) FROM {waiting}
    UNION ALL
    SELECT (SELECT min(lane) FROM {waiting} AND lane > lanes.lane)
    FROM lanes WHERE lane IS NOT NULL
)
SELECT
    id, job, run, reason, kind, lanes.lane, created, due, tries,
    (SELECT max(id) FROM {waiting} AND lane = lanes.lane) > id
FROM lanes JOIN deliveries ON id = (SELECT min(id) FROM {waiting} AND lane = lanes.lane)
ORDER BY id
""".format(waiting="deliveries INDEXED BY deliveries_waiting WHERE state = 'waiting'")
_CONTENTS = "SELECT id, receiver, message FROM deliveries WHERE id IN ({marks})"
_SETTLE = (
    "UPDATE deliveries SET state = ?, tries = ?, due = coalesce(?, due), ended = ?, error = ?"
    " WHERE id = ? AND state = 'waiting'"
)
_DROP = (
    "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries"
    " WHERE created < ? AND state <> 'waiting' ORDER BY created LIMIT ?)"
)
# Of what waits, the first of a lane is what was tried; of what has failed, the last.
_UNDELIVERED = """
SELECT job, kind, reason, number, jobs, since, state, error FROM (
    SELECT count(*) AS number, count(DISTINCT job) AS jobs, min(created) AS since, min(id) AS told
    FROM deliveries WHERE state = 'waiting' GROUP BY lane HAVING min(created) < ?1
    UNION ALL
    SELECT count(*), count(DISTINCT job), min(created), max(id)
    FROM deliveries AS failed WHERE state = 'failed' AND created > ?2 AND NOT EXISTS (
        SELECT 1 FROM deliveries AS later
        WHERE later.lane = failed.lane AND later.id > failed.id AND later.state = 'sent'
    ) GROUP BY lane
) JOIN deliveries ON id = told ORDER BY id
"""
_STREAKS = "SELECT job, failures, detail FROM streaks WHERE job IN (SELECT value FROM json_each(?))"


class First(NamedTuple):
    """
    A delivery that is the first of its lane, and may be sent from *due* on.

    *tries* is how often that has failed, *superseded* whether others wait behind it.
    """

    id: int
    job: str
    run: int | None
    reason: str
    kind: str
    lane: str
    created: datetime
    due: datetime
    tries: int
    superseded: bool


class Tried(NamedTuple):
    """
    What became of a delivery: it is `sent`, has `failed` for good, was `dropped`, or is `waiting`.

    One that waits is *due* again then.
    """

    id: int
    state: str
    tries: int
    error: str | None = None
    due: datetime | None = None


class Undelivered(NamedTuple):
    """
    What was not sent to one receiver: *count* messages about *jobs* of them from *since* on.

    They have *failed* for good, or wait for long. Job, reason and error are those of one of them.
    """

    job: str
    kind: str
    reason: str
    count: int  # type: ignore[assignment]  # which a tuple has as a method: of no use here
    jobs: int
    since: datetime
    failed: bool
    error: str | None


def firsts(db: sqlite3.Connection) -> list[First]:
    """Return the first delivery that waits of each lane, in their order."""
    return [
        First(
            id_, job, run, reason, kind, lane, instant(created), instant(due), tries, bool(behind)
        )
        for id_, job, run, reason, kind, lane, created, due, tries, behind in db.execute(_FIRSTS)
    ]


def contents(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return receiver and message of each of these deliveries, both as JSON."""
    rows = db.execute(_CONTENTS.format(marks=", ".join("?" * len(ids))), ids)
    return {id_: (receiver, message) for id_, receiver, message in rows}


def settle(db: sqlite3.Connection, tried: Iterable[Tried], now: datetime) -> None:
    """Record what became of deliveries, and drop some that have been over for long."""
    db.executemany(
        _SETTLE,
        [
            (
                one.state, one.tries, micros_or_none(one.due),
                None if one.state == "waiting" else to_micros(now), one.error, one.id,
            )
            for one in tried
        ],
    )  # fmt: skip
    db.execute(_DROP, (to_micros(now - _KEPT), _DROPPED))


def undelivered(db: sqlite3.Connection, now: datetime) -> list[Undelivered]:
    """Return what has failed of late, or waits for long, by receiver."""
    rows = db.execute(_UNDELIVERED, (to_micros(now - _LONG), to_micros(now - _TOLD)))
    return [
        Undelivered(job, kind, reason, count, jobs, instant(since), state == "failed", error)
        for job, kind, reason, count, jobs, since, state, error in rows
    ]


def streaks(db: sqlite3.Connection, jobs: Sequence[str]) -> dict[str, tuple[int, str | None]]:
    """Return how often in a row each of *jobs* has failed, with its detail as JSON."""
    rows = db.execute(_STREAKS, (json.dumps(list(jobs)),))
    return {job: (failures, detail) for job, failures, detail in rows}
