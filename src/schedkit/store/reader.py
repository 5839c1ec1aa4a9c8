"""The history in a local SQLite file, to be read: with a runner at work or without one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

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
from schedkit.store import questions
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
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedkit.events import Event, Hearing
    from schedkit.store.deliveries import Undelivered

# To look these up takes a tenth of what it takes to call the class.
_STATES = {str(state): state for state in State}
_TRIGGERS = {str(trigger): trigger for trigger in Trigger}


class SQLiteReader:
    """
    The history, to be read.

    Raises: StoreError from every method, when the file cannot be read.
    """

    def __init__(self, connection: sqlite3.Connection, path: str | os.PathLike[str]) -> None:
        self._db = connection
        self._path = path

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> SQLiteReader:
        """
        Open the file read-only.

        Raises: StoreError when there is none, it is damaged, or of another version.
        """
        return cls(open_to_read(path), path)

    @classmethod
    def open_in(cls, state: str | os.PathLike[str]) -> SQLiteReader | None:
        """
        Open the history of a state directory read-only; None when nothing has run yet.

        Raises: StoreError as `open` does, PermissionError.
        """
        path = os.path.join(state, "history.db")
        try:
            os.stat(path)
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
        with self._snapshot() as db:
            found = [row for ask in questions.numbers(query) for row in db.execute(*ask)]
            if query.since is not None:
                found += _ranges(db, query)
            found.sort(reverse=True)
            chosen = (number for _, number in found[: query.limit])
            return _runs(db, sorted(chosen, reverse=True))

    def run(self, number: int) -> Run | None:
        """Return the record of this number."""
        with self._reading() as db:
            return next(iter(_runs(db, [number])), None)

    def last_runs(self, jobs: Sequence[str]) -> dict[str, Run]:
        """Return the newest record of each of *jobs* that has one."""
        with self._snapshot() as db:
            numbers = db.execute(questions.LAST_RUNS, (_json(jobs),)).fetchall()
            found = _runs(db, [number for (number,) in numbers if number is not None])
            return {run.job: run for run in found}

    def last_successes(self, jobs: Sequence[str]) -> dict[str, tuple[int, datetime]]:
        """Return, for each of *jobs* that had one, the number and the end of its last success."""
        with self._reading() as db:
            rows = db.execute(questions.LAST_SUCCESSES, (_json(jobs),))
            return {job: (number, instant(ended)) for job, number, ended in rows}

    def outcomes(self, jobs: Sequence[str], number: int) -> dict[str, list[Outcome]]:
        """Return, for each of *jobs* that had one, what became of its latest fire times."""
        with self._snapshot() as db:
            found = {
                job: [
                    Outcome(run, _STATES[state], instant(fire), length_or_none(duration))
                    for run, state, fire, duration in db.execute(questions.OUTCOMES, (job, number))
                ]
                for job in jobs
            }
            return {job: outcomes for job, outcomes in found.items() if outcomes}

    def cursors(self, jobs: Sequence[str] | None = None) -> dict[str, tuple[str, datetime]]:
        """
        Return up to when fire times are decided, with the digest of the schedule that said so.

        Of each of *jobs*, or of all, that a runner has loaded.
        """
        wanted = "" if jobs is None else "WHERE job IN (SELECT value FROM json_each(?))"
        with self._reading() as db:
            rows = db.execute(
                f"SELECT job, schedule_digest, decided_until FROM cursors {wanted}",
                () if jobs is None else (_json(jobs),),
            )
            return {job: (digest, instant(until)) for job, digest, until in rows}

    def hearing(self, jobs: Sequence[str]) -> dict[str, Hearing]:
        """Return since when each of *jobs* hears of events, and its progress."""
        from schedkit.events import Hearing  # few jobs hear of any

        asked = (
            "SELECT job, hears_since, progress FROM cursors"
            " WHERE job IN (SELECT value FROM json_each(?))"
        )
        with self._reading() as db:
            rows = db.execute(asked, (_json(jobs),))
            return {job: Hearing(instant(since), progress) for job, since, progress in rows}

    def jobs(self) -> set[str]:
        """Return the names of the jobs that have a record."""
        with self._reading() as db:
            return {job for (job,) in db.execute(questions.JOBS)}

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
            rows = db.execute(questions.STATES, (job, first, last))
            return {number: State(state) for number, state in rows}

    def beyond(self, job: str, keep: int | None, before: datetime | None) -> Pruned:
        """Return how much of a job's past `prune` would drop, and the files with its output."""
        with self._snapshot() as db:
            numbers = list(beyond(db, job, keep, micros_or_none(before)))
            return Pruned(len(numbers), outputs(db, numbers))

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

    def events(
        self,
        names: Sequence[str] = (),
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        without: Sequence[str] = (),
    ) -> list[Event]:
        """Return events, newest first."""
        from schedkit.store import happenings  # few ask for them

        with self._reading() as db:
            return [
                happenings.event(row)
                for row in happenings.listed(
                    db, names, limit,
                    questions.FIRST if since is None else to_micros(since),
                    questions.LAST if until is None else to_micros(until),
                    without=without,
                )
            ]  # fmt: skip

    def caused(self, causes: Sequence[str]) -> dict[str, list[Run]]:
        """Return the runs that have these causes, by their causes."""
        with self._snapshot() as db:
            numbers = [number for (number,) in db.execute(questions.CAUSED, (_json(causes),))]
            found: dict[str, list[Run]] = {}
            for run in _runs(db, numbers):
                found.setdefault(str(run.cause), []).append(run)
            return found

    def followed(self, runs: Sequence[int]) -> dict[int, list[Run]]:
        """Return the runs that followed when the last of those they waited for was one of these."""
        asked = {run_id(number): number for number in runs}
        with self._snapshot() as db:
            rows = db.execute(questions.FOLLOWED, (min(runs, default=0), _json(list(asked))))
            found: dict[int, list[Run]] = {}
            for run in _runs(db, [number for (number,) in rows]):
                found.setdefault(asked[str(run.cause).rpartition(" ")[2]], []).append(run)
            return found

    def undelivered(self, now: datetime) -> list[Undelivered]:
        """Return what people were not told, though they should have been, by receiver."""
        from schedkit.store import deliveries  # few ask for them

        with self._reading() as db:
            return deliveries.undelivered(db, now)

    def open_attempts(self) -> list[OpenAttempt]:
        """Return the attempts without an end, oldest first."""
        with self._reading() as db:
            return [_open_attempt(row) for row in db.execute(questions.OPEN)]

    def waiting(self) -> list[Waiting]:
        """Return the runs that wait for an attempt, soonest first."""
        with self._reading() as db:
            return [
                Waiting(
                    AttemptKey(run, number), job, instant(fire), Trigger(trigger), instant(due),
                    instant_or_none(first), _params(params), most, bool(met),
                )
                for run, number, job, fire, trigger, due, params, first, most, met in db.execute(
                    questions.WAITING
                )
            ]  # fmt: skip

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """Read within as of one moment, in however many statements."""
        with self._reading() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Read within, what is made of the rows included: a damaged file may hold anything."""
        with as_store_error(self._path):
            try:
                yield self._db
            except (LookupError, OverflowError, TypeError, ValueError) as error:
                reason = f"a record is damaged: {error}"
                raise StoreError(f"{self._path}: {reason}; {RESTORE}") from error


def _ranges(db: sqlite3.Connection, query: Query) -> Iterator[tuple[int, int]]:
    """Yield the ranges that began before a query and last into it: fire time and number."""
    for fire, number, job, state in db.execute(questions.RANGES, questions.bounds(query)):
        if (not query.jobs or job in query.jobs) and (not query.states or state in query.states):
            yield fire, number


def beyond(db: sqlite3.Connection, job: str, keep: int | None, before: int | None) -> Iterator[int]:
    """
    Yield the numbers of a job's runs that are beyond what is kept of it, the oldest first.

    Never that of the newest run of all: from it the next ones get theirs.
    """
    (newest,) = db.execute(questions.NEWEST).fetchone() or (0,)
    first = None if keep is None else db.execute(questions.FIRST_BEYOND, (job, keep)).fetchone()
    too_many = 0 if first is None else first[0]
    (now,) = db.execute(questions.DECIDED_LAST, (job,)).fetchone() or (0,)
    before = questions.FIRST if before is None else before
    for number, state, over, decided in db.execute(questions.OF_JOB, (job,)):
        # None that follows is old enough; but what was decided later than the last was decided
        # while the clock was ahead, which says nothing of the others.
        if number > too_many and before <= decided <= now:
            return
        if (number <= too_many or over < before) and number < newest and State(state).terminal:
            yield number


def outputs(db: sqlite3.Connection, numbers: Sequence[int]) -> list[str]:
    """Return the files that the attempts of these runs have written."""
    return [output for (output,) in db.execute(questions.OUTPUTS, (_json(numbers),))]


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
    if text is None:
        return ()
    import json  # few runs are given any

    return tuple(json.loads(text).items())


def _json(values: Sequence[str] | Sequence[int]) -> str:
    """Return a list as SQLite takes it; of numbers, without the import that texts need."""
    if all(isinstance(value, int) for value in values):
        return f"[{', '.join(map(str, values))}]"
    import json

    return json.dumps(list(values))


def _open_attempt(row: Sequence[Any]) -> OpenAttempt:
    (
        run, number, job, fire, trigger, claimed, started, pid, process_start, boot, params,
        cancelled_by, first_start, parallel, due,
    ) = row  # fmt: skip
    return OpenAttempt(
        AttemptKey(run, number), job, instant(fire), Trigger(trigger), instant(claimed),
        instant_or_none(started), pid, process_start, boot, instant_or_none(first_start),
        _params(params), cancelled_by, parallel, instant(due),
    )  # fmt: skip


def _runs(db: sqlite3.Connection, numbers: Sequence[int]) -> list[Run]:
    """Return the records of these numbers, those that there are, in this order."""
    return [_run(row) for row in db.execute(questions.RUNS, (_json(numbers),))]


def _run(row: Sequence[Any]) -> Run:
    (
        number, job, fire, zone, trigger, state, reason, most, due, last, count, who, over,
        attempts, first_start, started, ended, duration, code, signal, output, result, pid,
        output_bytes, dropped_bytes, peak_memory_kb, cpu_time, cause,
    ) = row  # fmt: skip
    return Run(
        run_id(number), job, instant(fire), zone, _TRIGGERS[trigger], _STATES[state], reason,
        attempts, most, code, signal, instant(due), instant_or_none(first_start),
        instant_or_none(over), length_or_none(duration),
        length_or_none(None if first_start is None else first_start - due),
        output, result, pid if started is not None and ended is None else None,
        instant_or_none(last), count, who, output_bytes, dropped_bytes, peak_memory_kb,
        length_or_none(cpu_time), cause,
    )  # fmt: skip
