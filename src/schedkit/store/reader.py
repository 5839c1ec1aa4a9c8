"""The history in a local SQLite file, to be read: with a runner at work or without one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from schedkit.errors import StoreError
from schedkit.run import (
    AttemptKey,
    Change,
    Load,
    OpenAttempt,
    Params,
    Pause,
    Run,
    State,
    Trigger,
    Waiting,
    run_id,
)
from schedkit.store.file import (
    RESTORE,
    as_store_error,
    instant,
    instant_or_none,
    length_or_none,
    micros_or_none,
    open_to_read,
    to_micros,
)
from schedkit.store.store import Outcome, Pruned, Query

_RUN = """
SELECT r.id, r.job, r.fire_time, r.timezone, r.trigger, r.state, r.reason,
       r.most_attempts, r.due, r.last_fire_time, r.count, r.who, r.ended,
       (SELECT count(*) FROM attempts WHERE run = r.id),
       (SELECT started FROM attempts WHERE run = r.id AND number = 1),
       a.started, a.ended, a.duration, a.exit_code, a.signal, a.output, a.result, a.pid,
       a.output_bytes, a.dropped_bytes, a.peak_memory_kb, a.cpu_time
FROM runs r
LEFT JOIN attempts a
       ON a.run = r.id AND a.number = (SELECT max(number) FROM attempts WHERE run = r.id)
"""
_LAST_RUN = f"{_RUN} WHERE r.id = (SELECT max(id) FROM runs WHERE job = ?)"
# For each job a few steps in the index of fire times; to group by job would walk every record.
_OUTCOMES = """
SELECT r.job, r.id, r.state, r.fire_time,
       (SELECT duration FROM attempts WHERE run = r.id ORDER BY number DESC LIMIT 1)
FROM json_each(?) AS asked CROSS JOIN runs r
WHERE r.id IN (SELECT id FROM runs WHERE job = asked.value AND state <> 'queued'
               ORDER BY fire_time DESC LIMIT ?)
ORDER BY asked.key, r.fire_time DESC
"""
_OPEN = """
SELECT a.run, a.number, r.job, r.fire_time, r.trigger, a.claimed, a.started, a.pid,
       a.process_start, a.boot, r.params, r.cancelled_by,
       (SELECT started FROM attempts WHERE run = r.id AND number = 1), r.parallel
FROM attempts a JOIN runs r ON r.id = a.run WHERE a.ended IS NULL ORDER BY a.run
"""
_WAITING = """
SELECT r.id, coalesce((SELECT max(number) FROM attempts WHERE run = r.id), 0) + 1, r.job,
       r.fire_time, r.trigger, coalesce(r.retry_at, r.due), r.params,
       (SELECT started FROM attempts WHERE run = r.id AND number = 1), r.parallel
FROM runs r WHERE r.state IN ('queued', 'retrying') ORDER BY 6
"""
# Numbers go on from the newest of all: were that dropped, one would come again.
BEYOND = """
job = ?1 AND state NOT IN ('queued', 'running', 'retrying') AND id < (SELECT max(id) FROM runs)
AND (coalesce(ended, decided) < ?2
     OR (?3 IS NOT NULL AND id <= (
         SELECT id FROM runs WHERE job = ?1 AND state NOT IN ('queued', 'running', 'retrying')
         ORDER BY id DESC LIMIT 1 OFFSET coalesce(?3, 0))))
"""


class SQLiteReader:
    """
    The history, to be read.

    Raises: StoreError from every method, when the file cannot be read.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path

    @classmethod
    def open(cls, path: Path) -> SQLiteReader:
        """
        Open the file read-only.

        Raises: StoreError when there is none, it is damaged, or of another version.
        """
        return cls(open_to_read(path), path)

    @classmethod
    def open_in(cls, state: Path) -> SQLiteReader | None:
        """
        Open the history of a state directory read-only; None when nothing has run yet.

        Raises: StoreError as `open` does, PermissionError.
        """
        path = state / "history.db"
        try:
            path.stat()
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            raise StoreError(f"{state} is not a directory") from None
        return cls.open(path)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def runs(self, query: Query) -> list[Run]:
        """Return the records that *query* asks for, newest first."""
        conditions: list[str] = []
        values: list[Any] = []
        for column, wanted in (("job", query.jobs), ("state", query.states)):
            if wanted:
                conditions.append(f"r.{column} IN ({', '.join('?' * len(wanted))})")
                values += sorted(wanted)
        if query.since is not None:
            conditions.append("coalesce(r.last_fire_time, r.fire_time) >= ?")
            values.append(to_micros(query.since))
        if query.until is not None:
            conditions.append("r.fire_time <= ?")
            values.append(to_micros(query.until))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        limit = -1 if query.limit is None else query.limit
        with self._reading() as db:
            rows = db.execute(f"{_RUN} {where} ORDER BY r.id DESC LIMIT ?", [*values, limit])
            return [_run(row) for row in rows]

    def run(self, number: int) -> Run | None:
        """Return the record of this number."""
        with self._reading() as db:
            row = db.execute(f"{_RUN} WHERE r.id = ?", (number,)).fetchone()
            return None if row is None else _run(row)

    def last_runs(self, jobs: Sequence[str]) -> dict[str, Run]:
        """Return the newest record of each of *jobs* that has one."""
        newest: dict[str, Run] = {}
        with self._reading() as db:
            for job in jobs:
                row = db.execute(_LAST_RUN, (job,)).fetchone()
                if row is not None:
                    newest[job] = _run(row)
        return newest

    def outcomes(self, jobs: Sequence[str], number: int) -> dict[str, list[Outcome]]:
        """Return, for each of *jobs* that had one, what became of its latest fire times."""
        found: dict[str, list[Outcome]] = {}
        with self._reading() as db:
            rows = db.execute(_OUTCOMES, (json.dumps(list(jobs)), number))
            for job, run, state, fire, duration in rows:
                outcome = Outcome(run, State(state), instant(fire), length_or_none(duration))
                found.setdefault(job, []).append(outcome)
        return found

    def cursors(self) -> dict[str, tuple[str, datetime]]:
        """Return, for each job loaded, its schedule's digest and until when it is decided."""
        with self._reading() as db:
            rows = db.execute("SELECT job, schedule_digest, decided_until FROM cursors")
            return {job: (digest, instant(until)) for job, digest, until in rows}

    def jobs(self) -> set[str]:
        """Return the names of the jobs that have a record."""
        with self._reading() as db:
            # Skips from one name to the next in the index: a DISTINCT would walk every record.
            rows = db.execute(
                "WITH RECURSIVE names(job) AS (SELECT min(job) FROM runs UNION ALL"
                " SELECT (SELECT min(job) FROM runs WHERE job > names.job) FROM names"
                " WHERE names.job IS NOT NULL) SELECT job FROM names WHERE job IS NOT NULL"
            )
            return {job for (job,) in rows}

    def pauses(self) -> dict[str, Pause]:
        """Return the pauses by the names of their jobs; one may be over by now."""
        with self._reading() as db:
            rows = db.execute("SELECT job, who, since, until, reason FROM pauses")
            return {
                job: Pause(job, who, instant(since), instant_or_none(until), reason)
                for job, who, since, until, reason in rows
            }

    def states(self, job: str, first: int, last: int) -> dict[int, State]:
        """Return the states of a job's runs that have numbers from *first* to *last*."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT id, state FROM runs WHERE job = ? AND id BETWEEN ? AND ?",
                (job, first, last),
            )
            return {number: State(state) for number, state in rows}

    def beyond(self, job: str, keep: int | None, before: datetime | None) -> Pruned:
        """Return how much of a job's past `prune` would drop, and the files with its output."""
        numbers = f"SELECT id FROM runs WHERE {BEYOND}"
        values = (job, micros_or_none(before), keep)
        with self._reading() as db:
            (count,) = db.execute(f"SELECT count(*) FROM ({numbers})", values).fetchone()
            outputs = db.execute(
                f"SELECT output FROM attempts WHERE run IN ({numbers}) AND output IS NOT NULL",
                values,
            )
            return Pruned(count, [output for (output,) in outputs])

    def changes(
        self,
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Change]:
        """Return what people changed, newest first."""
        what = "time, who, verb, target, detail FROM changes"
        with self._reading() as db:
            rows = _newest(db, what, limit, since, until)
            return [Change(instant(time), *rest) for time, *rest in rows]

    def loads(
        self,
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Load]:
        """Return the loads of the files, newest first."""
        what = "time, pid, version, changes, who FROM loads JOIN runners USING (epoch)"
        with self._reading() as db:
            return [
                Load(
                    instant(time), pid, version,
                    tuple(changes.split("\n")) if changes else (), again=who != "start",
                )
                for time, pid, version, changes, who in _newest(db, what, limit, since, until)
            ]  # fmt: skip

    def open_attempts(self) -> list[OpenAttempt]:
        """Return the attempts without an end, oldest first."""
        with self._reading() as db:
            return [_open_attempt(row) for row in db.execute(_OPEN)]

    def waiting(self) -> list[Waiting]:
        """Return the runs that wait for an attempt, soonest first."""
        with self._reading() as db:
            return [
                Waiting(
                    AttemptKey(run, number), job, instant(fire), Trigger(trigger), instant(due),
                    instant_or_none(first), _params(params), parallel,
                )
                for run, number, job, fire, trigger, due, params, first, parallel in db.execute(
                    _WAITING
                )
            ]  # fmt: skip

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Read within, what is made of the rows included: a damaged file may hold anything."""
        with as_store_error(self._path):
            try:
                yield self._db
            except (LookupError, OverflowError, TypeError, ValueError) as error:
                reason = f"a record is damaged: {error}"
                raise StoreError(f"{self._path}: {reason}; {RESTORE}") from error


def _newest(
    db: sqlite3.Connection,
    what: str,
    limit: int | None,
    since: datetime | None,
    until: datetime | None,
) -> sqlite3.Cursor:
    first = to_micros(since) if since is not None else -(1 << 62)
    last = to_micros(until) if until is not None else 1 << 62
    return db.execute(
        f"SELECT {what} WHERE time BETWEEN ? AND ? ORDER BY id DESC LIMIT ?",
        (first, last, -1 if limit is None else limit),
    )


def _params(text: str | None) -> Params:
    return () if text is None else tuple(json.loads(text).items())


def _open_attempt(row: Sequence[Any]) -> OpenAttempt:
    (
        run, number, job, fire, trigger, claimed, started, pid, process_start, boot, params,
        cancelled_by, first_start, parallel,
    ) = row  # fmt: skip
    return OpenAttempt(
        AttemptKey(run, number), job, instant(fire), Trigger(trigger), instant(claimed),
        instant_or_none(started), pid, process_start, boot, instant_or_none(first_start),
        _params(params), cancelled_by, parallel,
    )  # fmt: skip


def _run(row: Sequence[Any]) -> Run:
    (
        number, job, fire, zone, trigger, state, reason, most, due, last, count, who, over,
        attempts, first_start, started, ended, duration, code, signal, output, result, pid,
        output_bytes, dropped_bytes, peak_memory_kb, cpu_time,
    ) = row  # fmt: skip
    lateness = None if first_start is None else first_start - due
    return Run(
        id=run_id(number),
        job=job,
        fire_time=instant(fire),
        timezone=zone,
        trigger=Trigger(trigger),
        state=State(state),
        reason=reason,
        attempts=attempts,
        most_attempts=most,
        exit_code=code,
        signal=signal,
        due=instant(due),
        started=instant_or_none(first_start),
        ended=instant_or_none(over),
        duration=length_or_none(duration),
        lateness=length_or_none(lateness),
        output=output,
        result=result,
        pid=pid if started is not None and ended is None else None,
        last_fire_time=instant_or_none(last),
        count=count,
        who=who,
        output_bytes=output_bytes,
        dropped_bytes=dropped_bytes,
        peak_memory_kb=peak_memory_kb,
        cpu_time=length_or_none(cpu_time),
    )
