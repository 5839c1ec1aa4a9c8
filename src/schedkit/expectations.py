"""
What is expected of runs, and where it is not so: which promises of a job are broken, or when.

Nothing here reads a clock. A runner asks when it has to look again, whoever asks for the status
what is broken now: both are answered alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from schedkit import timeline
from schedkit.events import SLA, Emitted
from schedkit.job import Job
from schedkit.records import Record
from schedkit.run import AttemptKey, OpenAttempt, Trigger, Waiting, run_id
from schedkit.sla import Sla
from schedkit.typed import Literal, NamedTuple

Word = Literal["late_after", "max_runtime", "succeeded_within"]


class Promise(NamedTuple):
    """
    What a job promises: its successes no earlier than from *begin* on and up to *end* (UTC).

    Either is None where it has none.
    """

    job: str
    sla: Sla
    begin: datetime | None = None
    end: datetime | None = None


class Going(Record):
    """
    A run that is not over, waiting for the attempt *key* or in it.

    *due* is when it was to start, None where nobody minds. *ran* is how long the attempt has gone
    on, None while it has not started; *first_start* is that of the first one.
    """

    key: AttemptKey
    fire_time: datetime
    due: datetime | None
    first_start: datetime | None = None
    ran: timedelta | None = None


class Success(NamedTuple):
    """When a job has last succeeded; without a *run*, since when it could have."""

    run: int | None
    time: datetime


class Breach(Record):
    """
    A promise that is broken, or will be, when nothing comes between.

    *since* is what its length, the *limit*, counts from: when the run was due, when the attempt
    started, the end of the last success. *started* is when a late run did start. *attempt* is None
    where no run is too late or too long, *success* where there was none.
    """

    word: Word
    job: str
    limit: timedelta
    since: datetime
    fire_time: datetime | None = None
    started: datetime | None = None
    attempt: AttemptKey | None = None
    success: int | None = None

    @property
    def key(self) -> str:
        """What tells it from every other one of its word: told of twice, it is one event."""
        if self.word == "succeeded_within":
            last = run_id(self.success) if self.success else f"none since {self.since.isoformat()}"
            return f"{self.job} {last}"
        assert self.attempt is not None
        return str(self.attempt) if self.word == "max_runtime" else run_id(self.attempt.run)

    def event(self, now: datetime) -> Emitted:
        """Return the event that it is."""
        import json  # who asks for the status has no need of it

        said: dict[str, object] = {"job": self.job}
        if self.attempt is not None:
            said["run"] = run_id(self.attempt.run)
        match self.word:
            case "late_after":
                assert self.fire_time is not None
                said |= {"fire_time": self.fire_time.isoformat(), "due": self.since.isoformat()}
            case "max_runtime":
                assert self.attempt is not None
                said |= {"attempt": self.attempt.number, "started": self.since.isoformat()}
            case _:
                success = None if self.success is None else run_id(self.success)
                said |= {"last_success": success, "since": self.since.isoformat()}
        said["limit_s"] = self.limit.total_seconds()
        return Emitted(f"{SLA}{self.word}", json.dumps(said), self.key, self.job, now)


# ---- what is promised, and how things are


def promise(job: Job) -> Promise | None:
    """Return what a job promises; None where that is nothing."""
    if not job.expects or job.sla is None:
        return None
    return Promise(job.name, job.sla, *job.schedule.bounds)


def promised_start(trigger: Trigger, fire_time: datetime, due: datetime | None) -> datetime | None:
    """Return when a run was to start: what is caught up, at its fire time all the same."""
    if trigger is Trigger.BACKFILL:
        return None  # the past is filled in as there is room for it
    return fire_time if trigger.by_schedule or due is None else due


def waits(one: Waiting) -> Going:
    """Return how a run is that waits."""
    due = promised_start(one.trigger, one.fire_time, one.due)
    return Going(one.key, one.fire_time, due, one.first_start)


def goes_on(one: OpenAttempt, now: datetime) -> Going:
    """Return how a run is of which an attempt has no end."""
    due = promised_start(one.trigger, one.fire_time, None)
    started = one.started if one.key.number else None  # what only asks has started nothing
    ran = None if started is None else now - started
    return Going(one.key, one.fire_time, due, one.first_start or started, ran)


# ---- what is broken


def breaches(
    said: Promise, runs: Iterable[Going], last: Success | None, now: datetime
) -> list[Breach]:
    """Return the promises of a job that are broken now."""
    zero = timeline.ZERO
    return [breach for breach, left in prospects(said, runs, last, now) if left <= zero]


def prospects(
    said: Promise, runs: Iterable[Going], last: Success | None, now: datetime
) -> Iterator[tuple[Breach, timedelta]]:
    """
    Yield each promise that is broken, or will be when nothing happens, and how long until then.

    Nothing or less is left of one that is broken. *last* is None where nobody knows of a success.
    """
    for one in runs:
        yield from _late(said, one, now)
        yield from _long(said, one, now)
    if last is not None:
        yield from _silent(said, last, now)


def _late(said: Promise, one: Going, now: datetime) -> Iterator[tuple[Breach, timedelta]]:
    limit = said.sla.late_after
    # What is tried again has been started, also when its start failed.
    if limit is None or one.due is None or (one.key.number > 1 and one.first_start is None):
        return
    breach = Breach("late_after", said.job, limit, one.due, one.fire_time, one.first_start, one.key)
    if one.first_start is None:
        yield breach, limit - (now - one.due)
    elif one.first_start - one.due >= limit:
        yield breach, timeline.ZERO


def _long(said: Promise, one: Going, now: datetime) -> Iterator[tuple[Breach, timedelta]]:
    limit = said.sla.max_runtime
    if limit is not None and one.ran is not None:
        breach = Breach("max_runtime", said.job, limit, now - one.ran, attempt=one.key)
        yield breach, limit - one.ran


def _silent(said: Promise, last: Success, now: datetime) -> Iterator[tuple[Breach, timedelta]]:
    limit = said.sla.succeeded_within
    if limit is None:
        return
    since = last.time if said.begin is None else max(last.time, said.begin)
    if said.end is None or limit <= said.end - since:
        yield (
            Breach("succeeded_within", said.job, limit, since, success=last.run),
            limit - (now - since),
        )
