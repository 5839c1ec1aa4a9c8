"""
The history in a local SQLite file.

One process writes, with one connection, in WAL mode and synchronous=FULL: a commit is on disk
when it returns. Readers open the file read-only.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.job import Job
from schedkit.planner import most_attempts
from schedkit.run import (
    AttemptKey,
    Decision,
    Ended,
    OpenAttempt,
    PendingRetry,
    Started,
    State,
    Trigger,
    first_number,
)
from schedkit.store.reader import VERSION, SQLiteReader, instant, micros, to_micros
from schedkit.store.store import Holder
from schedkit.timeline import local

_BUSY = 5.0  # seconds; only a person's sqlite3 shell can hold the lock against us


class SQLiteStore(SQLiteReader):
    """
    The history, to be written.

    Raises: StoreError from every method, when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        with _as_store_error(path):
            connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
            try:
                _prepare(connection, path)
            except BaseException:
                connection.close()
                raise
        super().__init__(connection, path)
        self._epoch = 0
        self._holder: Holder | None = None
        (self._uuid,) = connection.execute("SELECT uuid FROM store").fetchone()

    @property
    def uuid(self) -> str:
        """What tells this store from every other."""
        found: str = self._uuid
        return found

    def begin(self, holder: Holder, now: datetime) -> bool:
        """Take over; return whether this is the first runner since the machine was started."""
        with self._transaction(fenced=False) as db:
            earlier = db.execute("SELECT 1 FROM runners WHERE boot = ?", (holder.boot,)).fetchone()
            cursor = db.execute(
                "INSERT INTO runners (pid, host, boot, version, started) VALUES (?, ?, ?, ?, ?)",
                (holder.pid, holder.host, holder.boot, holder.version, to_micros(now)),
            )
            self._epoch = cursor.lastrowid or 0
        self._holder = holder
        return earlier is None

    def finish(self, now: datetime) -> None:
        """Note that the runner stopped by itself."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runners SET stopped = ? WHERE epoch = ?", (to_micros(now), self._epoch)
            )

    def load(self, config: Config, who: str, now: datetime) -> list[str]:
        """Record a load of the files; return what changed, in words."""
        known = self.cursors()
        changes: list[str] = []
        rows: list[tuple[str, str, int]] = []
        for job in config.jobs:
            digest, _ = known.pop(job.name, (None, None))
            if digest == job.schedule_digest:
                continue
            rows.append((job.name, job.schedule_digest, to_micros(now)))
            changes.append(f"{job.name} is new" if digest is None else f"{job.name} fires anew")
        changes += [f"{name} is gone" for name in known]
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", rows)
            db.executemany("DELETE FROM cursors WHERE job = ?", [(name,) for name in known])
            db.execute(
                "INSERT INTO loads (epoch, time, digest, who, changes) VALUES (?, ?, ?, ?, ?)",
                (self._epoch, to_micros(now), config.digest, who, "\n".join(changes)),
            )
        return changes

    def claim(
        self, decisions: Sequence[Decision], jobs: Mapping[str, Job], now: datetime
    ) -> list[tuple[AttemptKey | None, Decision]]:
        """Record decisions, each for a fire time that has none yet; return those that stand."""
        standing: list[tuple[AttemptKey | None, Decision]] = []
        with self._transaction() as db:
            (last,) = db.execute("SELECT max(id) FROM runs").fetchone()
            number = max((last or 0) + 1, first_number(now))
            for decision in decisions:
                job = jobs[decision.job]
                if self._insert(db, number, decision, job, now):
                    starts = decision.state is State.QUEUED
                    key = AttemptKey(number, 1) if starts else None
                    if key is not None:
                        self._insert_attempt(db, key, now)
                    standing.append((key, decision))
                    number += 1
            db.executemany(
                "UPDATE cursors SET decided_until = max(decided_until, ?) WHERE job = ?",
                [(to_micros(d.last_fire_time or d.fire_time), d.job) for d in decisions],
            )
        return standing

    def claim_retries(self, retries: Sequence[PendingRetry], now: datetime) -> list[PendingRetry]:
        """Claim the next attempts of runs, and return those that had not been claimed."""
        with self._transaction() as db:
            return [retry for retry in retries if self._claim_retry(db, retry, now)]

    def abandon(self, retries: Sequence[PendingRetry], reason: str) -> None:
        """End runs that wait for an attempt which will never come, as cancelled."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE runs SET state = 'cancelled', reason = ?, retry_at = NULL"
                " WHERE id = ? AND state = 'retrying'",
                [(reason, retry.key.run) for retry in retries],
            )

    def record(self, facts: Iterable[Started | Ended]) -> None:
        """Record starts and ends, all in one transaction; what is recorded already stays."""
        with self._transaction() as db:
            for fact in facts:
                if isinstance(fact, Started):
                    _record_start(db, fact)
                else:
                    _record_end(db, fact)

    def open_attempts(self) -> list[OpenAttempt]:
        """Return the attempts without an end, oldest first."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT a.run, a.number, r.job, r.fire_time, r.trigger, a.claimed, a.started,"
                " a.pid, a.process_start, a.boot"
                " FROM attempts a JOIN runs r ON r.id = a.run WHERE a.ended IS NULL ORDER BY a.run"
            ).fetchall()
        return [
            OpenAttempt(
                AttemptKey(run, number), job, instant(fire), Trigger(trigger), instant(claimed),
                None if started is None else instant(started), pid, process_start, boot,
            )
            for run, number, job, fire, trigger, claimed, started, pid, process_start, boot in rows
        ]  # fmt: skip

    def pending_retries(self) -> list[PendingRetry]:
        """Return the runs that wait for their next attempt, soonest first."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT r.id, (SELECT max(number) FROM attempts WHERE run = r.id) + 1, r.job,"
                " r.fire_time, r.trigger, r.retry_at"
                " FROM runs r WHERE r.state = 'retrying' ORDER BY 6"
            ).fetchall()
        return [
            PendingRetry(
                AttemptKey(run, number), job, instant(fire), Trigger(trigger), instant(due)
            )
            for run, number, job, fire, trigger, due in rows
        ]

    def _insert(
        self, db: sqlite3.Connection, number: int, decision: Decision, job: Job, now: datetime
    ) -> bool:
        """Write the record of a fire time, unless it or a range of missed ones has one."""
        covered = db.execute(
            "SELECT 1 FROM cursors WHERE job = ? AND decided_until >= ?",
            (decision.job, to_micros(decision.fire_time)),
        ).fetchone()
        if covered:
            return False
        wall = local(decision.fire_time, job.timezone)
        state = State.RUNNING if decision.state is State.QUEUED else decision.state
        last = decision.last_fire_time
        cursor = db.execute(
            "INSERT OR IGNORE INTO runs (id, job, fire_time, fire_local, timezone, trigger, who,"
            " state, reason, last_fire_time, count, due, decided, epoch, digest, most_attempts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number, decision.job, to_micros(decision.fire_time), wall.isoformat(" "),
                str(job.timezone), decision.trigger, "runner", state, decision.reason,
                None if last is None else to_micros(last), decision.count,
                to_micros(decision.fire_time), to_micros(now), self._epoch, job.digest,
                most_attempts(job),
            ),
        )  # fmt: skip
        return cursor.rowcount == 1

    def _claim_retry(self, db: sqlite3.Connection, retry: PendingRetry, now: datetime) -> bool:
        cursor = db.execute(
            "UPDATE runs SET state = 'running', retry_at = NULL"
            " WHERE id = ? AND state = 'retrying'",
            (retry.key.run,),
        )
        return cursor.rowcount == 1 and self._insert_attempt(db, retry.key, now)

    def _insert_attempt(self, db: sqlite3.Connection, key: AttemptKey, now: datetime) -> bool:
        assert self._holder is not None, "a claim before begin"
        cursor = db.execute(
            "INSERT OR IGNORE INTO attempts (run, number, epoch, claimed, boot, host)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*key, self._epoch, to_micros(now), self._holder.boot, self._holder.host),
        )
        return cursor.rowcount == 1

    @contextmanager
    def _transaction(self, *, fenced: bool = True) -> Iterator[sqlite3.Connection]:
        """Commit what is done within, durably, or nothing of it."""
        with _as_store_error(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if fenced:
                    self._check_epoch()
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _check_epoch(self) -> None:
        (newest,) = self._db.execute("SELECT max(epoch) FROM runners").fetchone()
        if newest != self._epoch:
            raise StoreError(f"{self._path}: another runner has taken over")


def _record_start(db: sqlite3.Connection, fact: Started) -> None:
    db.execute(
        "UPDATE attempts SET started = ?, pid = ?, process_start = ?, command = ?, output = ?"
        " WHERE run = ? AND number = ? AND started IS NULL AND ended IS NULL",
        (
            to_micros(fact.time), fact.pid, fact.process_start, fact.command, fact.output,
            *fact.key,
        ),
    )  # fmt: skip


def _record_end(db: sqlite3.Connection, fact: Ended) -> None:
    cursor = db.execute(
        "UPDATE attempts SET ended = ?, state = ?, reason = ?, exit_code = ?, signal = ?,"
        " duration = ?, peak_memory_kb = ?, cpu_time = ?, output_bytes = ?, result = ?"
        " WHERE run = ? AND number = ? AND ended IS NULL",
        (
            to_micros(fact.time), fact.state, fact.reason, fact.exit_code, fact.signal,
            micros(fact.duration), fact.peak_memory_kb, micros(fact.cpu_time), fact.output_bytes,
            fact.result, *fact.key,
        ),
    )  # fmt: skip
    if cursor.rowcount != 1:
        return  # it has an end, and the first one stands
    retrying = fact.retry_at is not None
    db.execute(
        "UPDATE runs SET state = ?, reason = ?, retry_at = ? WHERE id = ?",
        (
            State.RETRYING if retrying else fact.state,
            fact.reason,
            to_micros(fact.retry_at) if fact.retry_at is not None else None,
            fact.key.run,
        ),
    )


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Check the file, or make it what it has to be."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer sched (schema {version}, this one knows {VERSION}):"
            " install that version again, or move the file away"
        )
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StoreError(f"{path} is not a history of sched, but of another program")
    if version == VERSION:
        (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(f"{path} is damaged: {verdict}; move it away, or restore a copy")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    if version == 0:
        schema = files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
        first_row = f"INSERT INTO store VALUES ('{uuid.uuid4().hex}')"  # our own
        version_now = f"PRAGMA user_version = {VERSION}"
        db.executescript(f"BEGIN IMMEDIATE; {schema} {first_row}; {version_now}; COMMIT;")


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
