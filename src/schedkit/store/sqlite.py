"""
The history in a local SQLite file, to be written.

One process writes, with one connection, in WAL mode and synchronous=FULL: a commit is on disk
when it returns. Readers open the file read-only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.events import Arrival, Emitted, Event, Gone, Reaction
from schedkit.job import Job
from schedkit.jobs import Jobs
from schedkit.run import (
    AttemptKey,
    Change,
    Decision,
    Fact,
    Pause,
    State,
    Waiting,
    first_number,
)
from schedkit.store import deliveries, happenings
from schedkit.store.decisions import insert
from schedkit.store.deliveries import First, Tried
from schedkit.store.facts import write
from schedkit.store.file import as_store_error, micros_or_none, open_to_write, to_micros
from schedkit.store.questions import LAST
from schedkit.store.reader import SQLiteReader, beyond, outputs
from schedkit.store.store import Holder, Pruned

_FAILED = "(SELECT max(ended) FROM attempts WHERE run = id)"
# What was said while a run waited is no reason of what becomes of it.
_CLAIMED = (
    "UPDATE runs SET state = 'running', retry_at = NULL, reason = iif(state = 'queued', ?3, reason)"
    " WHERE id = ?1 AND state IN ('queued', 'retrying')"
    " AND ?2 > (SELECT coalesce(max(number), 0) FROM attempts WHERE run = ?1)"
)
_ASKED = (
    "UPDATE runs SET reason = ?3 WHERE id = ?1 AND state = 'queued'"
    " AND ?2 > (SELECT coalesce(max(number), -1) FROM attempts WHERE run = ?1)"
)
# What decides whether a row is set back is set back with it: not once more the next time.
_REWIND = (
    "UPDATE cursors SET decided_until = ?1 WHERE decided_until > ?2 RETURNING job",
    (
        "UPDATE runs SET due = ?1 + max(due - decided, 0), decided = ?1"
        " WHERE state = 'queued' AND decided > ?2 RETURNING job"
    ),
    (
        f"UPDATE runs SET retry_at = ?1 + retry_at - {_FAILED}"
        f" WHERE state = 'retrying' AND {_FAILED} > ?2 AND retry_at >= {_FAILED} RETURNING job"
    ),
)


class SQLiteStore(SQLiteReader):
    """
    The history, to be written.

    Raises: StoreError from every method, when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(open_to_write(path), path)
        self._epoch = 0
        self._holder: Holder | None = None
        self._loaded: Jobs | None = None
        (self._uuid,) = self._db.execute("SELECT uuid FROM store").fetchone()

    @property
    def uuid(self) -> str:
        """What tells this store from every other."""
        found: str = self._uuid
        return found

    def begin(self, holder: Holder, now: datetime) -> bool:
        """Take over; return whether this is the first runner since the machine was started."""
        with self._transaction(fenced=False) as db:
            earlier = db.execute(
                "SELECT 1 FROM runners WHERE boot = ? AND began", (holder.boot,)
            ).fetchone()
            cursor = db.execute(
                "INSERT INTO runners (pid, host, boot, version, runs, started)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    holder.pid, holder.host, holder.boot, holder.version, holder.runs,
                    to_micros(now),
                ),
            )  # fmt: skip
            self._epoch = cursor.lastrowid or 0
        self._holder, self._loaded = holder, None
        return earlier is None

    def finish(self, now: datetime) -> None:
        """Note that the runner stopped by itself."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runners SET stopped = ? WHERE epoch = ?", (to_micros(now), self._epoch)
            )

    def load(self, config: Config, who: str, now: datetime) -> list[str]:
        """Record a load of the files; return what changed, in words."""
        known, wanted = self._digests(), dict(config.by_name.digests())
        # Compared one by one: to make sets of ten thousand takes longer than all the rest.
        other = [(job, digest) for job, digest in wanted.items() if known.get(job) != digest]
        gone = sorted(known.keys() - wanted.keys())
        changes = [f"{job} fires anew" if job in known else f"{job} is new" for job, _ in other]
        changes += [f"{job} is gone" for job in gone]
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO cursors (job, schedule_digest, decided_until, hears_since)"
                " VALUES (?1, ?2, ?3, ?3)"
                " ON CONFLICT (job) DO UPDATE SET schedule_digest = excluded.schedule_digest,"
                " decided_until = max(decided_until, excluded.decided_until),"
                " hears_since = excluded.hears_since, progress = NULL",
                [(job, digest, to_micros(now)) for job, digest in other],
            )
            db.executemany("DELETE FROM cursors WHERE job = ?", [(job,) for job in gone])
            db.execute(
                "INSERT INTO loads (epoch, time, digest, who, changes) VALUES (?, ?, ?, ?, ?)",
                (self._epoch, to_micros(now), config.digest, who, "\n".join(changes)),
            )
        self._loaded = config.by_name
        with self._reading() as db:
            db.execute("PRAGMA shrink_memory")  # what a load of thousands went through
        return changes

    def _digests(self) -> dict[str, str]:
        """Return the digests of the schedules loaded last: those of the cursors."""
        if self._loaded is not None:
            return dict(self._loaded.digests())
        with self._reading() as db:
            return dict(db.execute("SELECT job, schedule_digest FROM cursors"))

    def claim(
        self,
        decisions: Sequence[Decision],
        jobs: Mapping[str, Job],
        now: datetime,
        reaction: Reaction | None = None,
    ) -> list[tuple[AttemptKey | None, Decision]]:
        """Record decisions, each for a fire time that has none yet; return those that stand."""
        with self._transaction() as db:
            (last,) = db.execute("SELECT max(id) FROM runs").fetchone()
            first = max((last or 0) + 1, first_number(now))
            written = insert(db, first, decisions, jobs, now, epoch=self._epoch)
            db.execute(
                "INSERT INTO attempts (run, number, epoch, claimed, boot, host)"
                " SELECT id, 1, epoch, decided, ?, ? FROM runs WHERE id >= ? AND state = 'running'",
                (*self._place(), first),
            )
            for number, decision in written:
                if decision.asks:
                    self._insert_attempt(db, AttemptKey(number, 0), now)
            stands = {id(decision) for _, decision in written}
            db.executemany(
                "UPDATE cursors SET decided_until = max(decided_until, ?), counted = counted + ?"
                " WHERE job = ?",
                [
                    (
                        to_micros(d.last_fire_time or d.fire_time),
                        id(d) in stands and d.state is State.QUEUED,
                        d.job,
                    )
                    for d in decisions
                    if d.trigger.by_schedule
                ],
            )
            db.executemany(
                "UPDATE cursors SET counted = counted + 1 WHERE job = ?",
                [(d.job,) for _, d in written if d.cause is not None and d.state is State.QUEUED],
            )
            if reaction is not None:
                happenings.react(db, reaction, now)
            db.execute(
                "UPDATE runners SET began = 1 WHERE epoch = ? AND runs AND NOT began",
                (self._epoch,),
            )
        return [
            (
                AttemptKey(number, 0 if decision.asks else 1)
                if decision.state is State.QUEUED
                else None,
                decision,
            )
            for number, decision in written
        ]

    def claim_attempts(self, waiting: Sequence[Waiting], now: datetime) -> list[Waiting]:
        """Claim the attempts that runs wait for; return those that had not been claimed."""
        with self._transaction() as db:
            return [one for one in waiting if self._claim_attempt(db, one, now)]

    def record(self, facts: Iterable[Fact]) -> None:
        """Record starts and ends, all in one transaction; what is recorded already stays."""
        with self._transaction() as db:
            write(db, facts)

    def counted(self, jobs: Sequence[str]) -> dict[str, int]:
        """Return how many runs each of *jobs* has had by its schedule since it was first."""
        if not jobs:
            return {}
        with self._reading() as db:
            asked = "SELECT job, counted FROM cursors WHERE job IN (SELECT value FROM json_each(?))"
            return dict(db.execute(asked, (json.dumps(jobs),)))

    def emit(self, events: Sequence[Emitted], now: datetime) -> list[tuple[int, bool]]:
        """Keep events, each once by its name and key; return their numbers, and what is new."""
        with self._transaction() as db:
            return happenings.emit(db, events, now)

    def forget_events(self, before: datetime, limit: int) -> int:
        """Drop events of before a time of which all has followed; return how many."""
        with self._reading() as db:
            if db.execute("SELECT 1 FROM events WHERE time < ?", (to_micros(before),)).fetchone():
                with self._transaction() as writing:
                    return happenings.forget(writing, before, limit)
        return 0

    def arrive(self, told: Sequence[Arrival | Gone], now: datetime) -> int:
        """Keep files that came as events, once for what is in them; forget those that are gone."""
        with self._transaction() as db:
            return happenings.arrive(db, told, now)

    def arrivals(self) -> list[tuple[str, str, str, int]]:
        """Return of each file that came: its job, path, content and mark."""
        with self._reading() as db:
            return happenings.arrivals(db)

    def listen(self, jobs: Iterable[Job], now: datetime) -> None:
        """Let jobs that no runner has loaded yet hear of what happens from *now* on."""
        rows = [(job.name, job.schedule_digest, to_micros(now)) for job in jobs]
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO cursors (job, schedule_digest, decided_until, hears_since)"
                " VALUES (?1, ?2, ?3, ?3)",
                rows,
            )

    def hear(self, heard: Mapping[str, bool]) -> None:
        """Make events of the states of runs of these jobs, and of no others."""
        with self._reading() as db:
            known = {job: bool(begins) for job, begins in db.execute("SELECT * FROM heard")}
        if known != heard:
            with self._transaction() as db:
                happenings.hear(db, heard)

    def unreacted(self, limit: int) -> list[Event]:
        """Return the first events of which nothing has followed yet, in their order."""
        with self._reading() as db:
            return [happenings.event(row) for row in db.execute(happenings.UNREACTED, (limit,))]

    def reacted(self) -> int:
        """Return the number of the last event of which all has followed."""
        with self._reading() as db:
            (until,) = db.execute("SELECT until FROM reacted").fetchone()
            return int(until)

    def last_event(
        self, names: Sequence[str], since: datetime, admits: Callable[[Event], bool]
    ) -> Event | None:
        """Return the newest event of these names that *admits*, from *since* on; None for none."""
        with self._reading() as db:
            rows = happenings.listed(db, names, None, to_micros(since), LAST)
            return next(filter(admits, map(happenings.event, rows)), None)

    def streaks(self, jobs: Sequence[str]) -> dict[str, tuple[int, str | None]]:
        """Return how often in a row each of *jobs* has failed, with its detail as JSON."""
        with self._reading() as db:
            return deliveries.streaks(db, jobs)

    def to_deliver(self) -> list[First]:
        """Return the first delivery that waits of each lane, in their order."""
        with self._reading() as db:
            return deliveries.firsts(db)

    def contents(self, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return receiver and message of each of these deliveries, both as JSON."""
        with self._reading() as db:
            return deliveries.contents(db, ids)

    def delivered(self, tried: Iterable[Tried], now: datetime) -> None:
        """Record what became of deliveries, all in one transaction."""
        with self._transaction() as db:
            deliveries.settle(db, tried, now)

    def pause(self, pauses: Iterable[Pause]) -> None:
        """Pause jobs, each anew if it is paused already."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO pauses (job, who, since, until, reason)"
                " VALUES (?, ?, ?, ?, ?)",
                [
                    (p.job, p.who, to_micros(p.since), micros_or_none(p.until), p.reason)
                    for p in pauses
                ],
            )

    def resume(self, jobs: Iterable[str]) -> None:
        """Let paused jobs go on."""
        with self._transaction() as db:
            db.executemany("DELETE FROM pauses WHERE job = ?", [(job,) for job in jobs])

    def ask_to_cancel(self, run: int, who: str) -> None:
        """Keep for the next runner that the open attempt of a run is to be stopped."""
        with self._transaction() as db:
            db.execute("UPDATE runs SET cancelled_by = ? WHERE id = ?", (who, run))

    def note(self, change: Change) -> None:
        """Record that somebody changed something."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO changes (time, who, verb, target, detail) VALUES (?, ?, ?, ?, ?)",
                (to_micros(change.time), change.who, change.verb, change.target, change.detail),
            )

    def prune(self, job: str, keep: int | None, before: datetime | None, limit: int) -> Pruned:
        """Drop records of a job that are over, the oldest first."""
        with self._reading() as db:
            found = list(islice(beyond(db, job, keep, micros_or_none(before)), limit))
            written = outputs(db, found)
        if found:
            numbers = [(number,) for number in found]
            with self._transaction() as db:
                db.executemany("DELETE FROM attempts WHERE run = ?", numbers)
                db.executemany("DELETE FROM runs WHERE id = ?", numbers)
        return Pruned(len(found), written)

    def rewind(self, limit: datetime, now: datetime) -> list[str]:
        """Set the cursors that are later than *limit* to *now*, and what waits; return the jobs."""
        with self._transaction() as db:
            rows = [
                row
                for statement in _REWIND
                for row in db.execute(statement, (to_micros(now), to_micros(limit))).fetchall()
            ]
        return sorted({job for (job,) in rows})

    def _claim_attempt(self, db: sqlite3.Connection, waiting: Waiting, now: datetime) -> bool:
        asked = not waiting.key.number
        cursor = db.execute(_ASKED if asked else _CLAIMED, (*waiting.key, waiting.reason))
        return cursor.rowcount == 1 and self._insert_attempt(db, waiting.key, now)

    def _insert_attempt(self, db: sqlite3.Connection, key: AttemptKey, now: datetime) -> bool:
        cursor = db.execute(
            "INSERT OR IGNORE INTO attempts (run, number, epoch, claimed, boot, host)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*key, self._epoch, to_micros(now), *self._place()),
        )
        return cursor.rowcount == 1

    def _place(self) -> tuple[str, str]:
        """Return where attempts are claimed: in which boot of which machine."""
        assert self._holder is not None, "a claim before begin"
        return self._holder.boot, self._holder.host

    @contextmanager
    def _transaction(self, *, fenced: bool = True) -> Iterator[sqlite3.Connection]:
        """Commit what is done within, durably, or nothing of it."""
        with as_store_error(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if fenced:
                    self._check_epoch()
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                    self._make_room()
                raise

    def _make_room(self) -> None:
        """Let the log begin anew, in the place that it has: SQLite does so after a commit alone."""
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint")

    def _check_epoch(self) -> None:
        (newest,) = self._db.execute("SELECT max(epoch) FROM runners").fetchone()
        if newest != self._epoch:
            raise StoreError(f"{self._path}: another runner has taken over")
