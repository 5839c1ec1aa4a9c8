"""What a run is: one execution of a job for one fire time, of one attempt or more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from schedkit.records import Record
from schedkit.typed import Any, NamedTuple

# Names and values that were given to one run; those that begin with SCHED_ are variables of it
# that tell what caused it, whatever it runs.
Params = tuple[tuple[str, Any], ...]

# Run ids count seconds from here, so that they are short and in order of time.
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing looks like another


class State(StrEnum):
    """Where a run is; the last seven are terminal and never change."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"
    SKIPPED = "skipped"
    MISSED = "missed"

    @property
    def terminal(self) -> bool:
        """Whether the run is over."""
        return self not in (State.QUEUED, State.RUNNING, State.RETRYING)


class Trigger(StrEnum):
    """
    What made a run.

    The first two are fire times, the next three wishes of somebody, beside the schedule, and the
    last three what happened: the end of another run, an event or its absence, a file that arrived.
    """

    SCHEDULE = "schedule"
    CATCHUP = "catchup"
    MANUAL = "manual"
    AT = "at"
    BACKFILL = "backfill"
    AFTER = "after"
    EVENT = "event"
    FILE = "file"

    @property
    def by_schedule(self) -> bool:
        """Whether it is a fire time's own run: such move on what is decided."""
        return self in (Trigger.SCHEDULE, Trigger.CATCHUP)

    @property
    def by_file(self) -> bool:
        """Whether the files say that it runs, and not a person: such are counted."""
        return self not in (Trigger.MANUAL, Trigger.AT, Trigger.BACKFILL)


class Decision(Record):
    """
    What becomes of a fire time: QUEUED, SKIPPED or MISSED, and why.

    A missed one may stand for *count* fire times from *fire_time* to *last_fire_time*. One that
    is QUEUED starts *at_once*, or waits: for *due*, its fire time unless it is set, and for a
    slot; one that *asks* waits, too, and its condition is asked at once. *replaces* the earlier
    runs of its job: they are to be stopped. *params* were given by
    *who* asked for it. One of a backfill may run while fewer than *parallel* of its job do, and
    *repeats* a fire time that has succeeded. What has a *cause* is decided once for it, whatever
    its fire time is.
    """

    job: str
    fire_time: datetime
    state: State
    trigger: Trigger = Trigger.SCHEDULE
    reason: str | None = None
    last_fire_time: datetime | None = None
    count: int = 1
    due: datetime | None = None
    at_once: bool = True
    asks: bool = False
    replaces: bool = False
    who: str = "runner"
    params: Params = ()
    parallel: int = 1
    repeats: bool = False
    cause: str | None = None


class AttemptKey(NamedTuple):
    """
    An attempt: the number of its run and, from 1, its own.

    What is asked before a run starts is as its attempt 0: claimed, started and watched as any, but
    of the job itself nothing has begun, and the run is queued until that has an answer.
    """

    run: int
    number: int

    def __str__(self) -> str:
        return f"{run_id(self.run)}.{self.number}"


class Started(Record):
    """An attempt's process was started; *process_start* tells its pid from a reused one."""

    key: AttemptKey
    time: datetime
    pid: int
    process_start: int
    command: str
    output: str


class Ended(Record):
    """
    An attempt ended in *state*.

    *duration* is by the monotonic clock, None when it is not known, as are memory and CPU time.
    *retry_at* is when the next attempt is due, None when this was the last. When a condition is
    met attempt 0 has SUCCEEDED, and its run waits for the first one.
    """

    key: AttemptKey
    time: datetime
    state: State
    reason: str | None = None
    exit_code: int | None = None
    signal: str | None = None
    duration: timedelta | None = None
    peak_memory_kb: int | None = None
    cpu_time: timedelta | None = None
    output_bytes: int | None = None
    dropped_bytes: int | None = None
    result: str | None = None
    retry_at: datetime | None = None

    @property
    def meets(self) -> bool:
        """Whether it was a condition that is met."""
        return not self.key.number and self.state is State.SUCCEEDED

    @property
    def is_last(self) -> bool:
        """Whether the run is over with it."""
        return self.retry_at is None and not self.meets


class OpenAttempt(Record):
    """
    An attempt without an end; *pid* is None when its start was not recorded.

    *first_start* is when the first attempt of its run started, *due* when that was to.
    *cancelled_by* asked, while no runner was up, for it to be stopped.
    """

    key: AttemptKey
    job: str
    fire_time: datetime
    trigger: Trigger
    claimed: datetime
    started: datetime | None
    pid: int | None
    process_start: int | None
    boot: str
    first_start: datetime | None = None
    params: Params = ()
    cancelled_by: str | None = None
    parallel: int = 1
    due: datetime | None = None


class Waiting(Record):
    """
    A run that waits for its attempt *key*, which may start from *due* on.

    *first_start* is when the first attempt of the run started, None when this is the first.
    *parallel* is how many runs of backfills of its job there may be with it, if it is one. *met* is
    whether its condition is; *reason* says what it waits for, where that is told.
    """

    key: AttemptKey
    job: str
    fire_time: datetime
    trigger: Trigger
    due: datetime
    first_start: datetime | None = None
    params: Params = ()
    parallel: int = 1
    met: bool = False
    reason: str | None = None

    @property
    def begun(self) -> bool:
        """Whether it has its place among the runs of its job, and keeps it until it is over."""
        return self.met or self.key.number > 1


class Unstarted(Record):
    """A run that waited ends without another attempt, as CANCELLED or MISSED."""

    run: int
    time: datetime
    state: State
    reason: str


class Unclaimed(Record):
    """
    An attempt that was claimed and never began waits again, a retry from *time* on.

    So does what is asked before the first one, begun or not.
    """

    key: AttemptKey
    time: datetime


Fact = Started | Ended | Unstarted | Unclaimed  # what a runner records as it happens


class Pause(Record):
    """A job starts nothing, from *since* on, until *until* or until it is resumed."""

    job: str
    who: str
    since: datetime
    until: datetime | None = None
    reason: str | None = None


class Change(Record):
    """Something that *who* did to *target*, a job or a run, other than by editing the files."""

    time: datetime
    who: str
    verb: str
    target: str
    detail: str | None = None


class Load(Record):
    """
    A load of the files by the runner *pid* of a *version* of sched, and what *changes* it brought.

    It took them as it started, or *again*.
    """

    time: datetime
    pid: int
    version: str
    changes: tuple[str, ...]
    again: bool


class Run(NamedTuple):
    """
    A record of the history.

    *attempts* is how many there were, *most_attempts* how many there may be. *lateness* is how
    long after *due* the first attempt started; *due* is the fire time unless it was queued.
    Exit code, signal, output and times are those of the last attempt, but *started*, which is
    the first one's. *reason* says why it is in this state, where that is not plain; *cause* what
    has caused it, where that is no time and no person.
    """

    id: str
    job: str
    fire_time: datetime
    timezone: str
    trigger: Trigger
    state: State
    reason: str | None
    attempts: int
    most_attempts: int
    exit_code: int | None
    signal: str | None
    due: datetime
    started: datetime | None
    ended: datetime | None
    duration: timedelta | None
    lateness: timedelta | None
    output: str | None
    result: str | None
    pid: int | None
    last_fire_time: datetime | None
    count: int  # type: ignore[assignment]  # which a tuple has as a method: of no use here
    who: str
    output_bytes: int | None
    dropped_bytes: int | None
    peak_memory_kb: int | None
    cpu_time: timedelta | None
    cause: str | None


def first_number(instant: datetime) -> int:
    """Return the least number of a run that is decided at *instant*."""
    return (instant - _FIRST) // timedelta(seconds=1)


def run_number(text: str) -> int | None:
    """Return the number of the run that people see as *text*, None when none can be."""
    number = 0
    for digit in text.lower():
        value = _DIGITS.find(digit)
        if value < 0 or number >> 62:
            return None
        number = number * 32 + value
    return number or None


def run_id(number: int) -> str:
    """Return the id of a run, as people see it: six characters until the year 2054."""
    digits = _DIGITS[number & 31]
    while number := number >> 5:
        digits = _DIGITS[number & 31] + digits
    return digits
