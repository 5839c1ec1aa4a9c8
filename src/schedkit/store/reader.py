"""The history in a local SQLite file, to be read: with a runner at work or without one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schedkit.errors import StoreError
from schedkit.run import Run, State, Trigger, run_id
from schedkit.store.store import Query

VERSION = 1  # of the schema: `PRAGMA user_version`
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_RUN = """
SELECT r.id, r.job, r.fire_time, r.timezone, r.trigger, r.state, r.reason,
       r.most_attempts, r.due, r.last_fire_time, r.count,
       (SELECT count(*) FROM attempts WHERE run = r.id),
       (SELECT started FROM attempts WHERE run = r.id AND number = 1),
       a.started, a.ended, a.duration, a.exit_code, a.signal, a.output, a.result, a.pid
FROM runs r
LEFT JOIN attempts a
       ON a.run = r.id AND a.number = (SELECT max(number) FROM attempts WHERE run = r.id)
"""
_LAST_RUN = f"{_RUN} WHERE r.id = (SELECT max(id) FROM runs WHERE job = ?)"


def to_micros(time: datetime) -> int:
    """Return an instant as the file has it."""
    return (time - _EPOCH) // _MICROSECOND


def instant(number: int) -> datetime:
    """Return an instant (UTC) from what the file has."""
    return _EPOCH + timedelta(microseconds=number)


def micros(length: timedelta | None) -> int | None:
    """Return a length of time as the file has it."""
    return None if length is None else length // _MICROSECOND


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

        Raises: StoreError when there is none, it is damaged, or of a newer version.
        """
        if not path.exists():
            raise StoreError(f"{path} is not there: nothing has run yet")
        # Without a log beside it nobody writes; in a directory that we may not write to, SQLite
        # could not make the index that it wants even for reading.
        quiet = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
        try:
            uri = f"{path.absolute().as_uri()}?mode=ro{quiet}"
            connection = sqlite3.connect(uri, uri=True, timeout=1.0, isolation_level=None)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error
        if version > VERSION or version == 0:
            connection.close()
            by = "is not a history of sched" if version == 0 else "was written by a newer sched"
            raise StoreError(f"{path} {by}")
        return cls(connection, path)

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

    def last_runs(self, jobs: Sequence[str]) -> dict[str, Run]:
        """Return the newest record of each of *jobs* that has one."""
        newest: dict[str, Run] = {}
        with self._reading() as db:
            for job in jobs:
                row = db.execute(_LAST_RUN, (job,)).fetchone()
                if row is not None:
                    newest[job] = _run(row)
        return newest

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

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._db
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from error


def _run(row: Sequence[Any]) -> Run:
    (
        number, job, fire, zone, trigger, state, reason, most, due, last, count, attempts,
        first_start, started, ended, duration, code, signal, output, result, pid,
    ) = row  # fmt: skip
    lateness = None if first_start is None else timedelta(microseconds=first_start - due)
    over = State(state).terminal
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
        started=None if first_start is None else instant(first_start),
        ended=instant(ended) if ended is not None and over else None,
        duration=None if duration is None else timedelta(microseconds=duration),
        lateness=lateness,
        output=output,
        result=result,
        pid=pid if started is not None and ended is None else None,
        last_fire_time=None if last is None else instant(last),
        count=count,
    )
