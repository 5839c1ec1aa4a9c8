"""
What the runner asks of its history.

Every decision is one write that creates something: the first stands, a second is refused. A
store on many hosts can keep this promise with nothing but a create-once write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from schedkit.records import Record
from schedkit.run import (
    AttemptKey,
    Change,
    Decision,
    Fact,
    Load,
    OpenAttempt,
    Pause,
    Run,
    State,
    Waiting,
)
from schedkit.typed import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:  # a reader needs neither
    from schedkit.config import Config
    from schedkit.events import Arrival, Emitted, Event, Gone, Hearing, Reaction
    from schedkit.job import Job
    from schedkit.store.deliveries import First, Tried, Undelivered


class Holder(Record):
    """The process that holds a store; it *runs* jobs unless it is a verb that changes something."""

    pid: int
    host: str
    boot: str
    version: str
    runs: bool = True


class Query(Record):
    """
    Which records of the history, newest first.

    *since* and *until* bound the fire time, both included; of what is within, *limit* keeps the
    latest fire times, else the newest records. None or an empty set asks for all.
    """

    jobs: frozenset[str] = frozenset()
    states: frozenset[State] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None


class Pruned(NamedTuple):
    """How many records were dropped, and the files with their output."""

    records: int
    outputs: list[str]


class Outcome(NamedTuple):
    """What a list shows of a run: the number of its record, and the length of its last attempt."""

    run: int
    state: State
    fire_time: datetime
    duration: timedelta | None


class Reader(Protocol):
    """The history, to be read: never blocks a runner and needs none."""

    def runs(self, query: Query) -> list[Run]:
        """Return the records that *query* asks for, newest first."""

    def run(self, number: int) -> Run | None:
        """Return the record of this number."""

    def last_runs(self, jobs: Sequence[str]) -> dict[str, Run]:
        """Return the newest record of each of *jobs* that has one."""

    def last_successes(self, jobs: Sequence[str]) -> dict[str, tuple[int, datetime]]:
        """Return, for each of *jobs* that had one, the number and the end of its last success."""

    def outcomes(self, jobs: Sequence[str], number: int) -> dict[str, list[Outcome]]:
        """
        Return what became of the latest *number* fire times of each of *jobs* that had one.

        The latest first; runs that wait for their first attempt are not among them.
        """

    def jobs(self) -> set[str]:
        """Return the names of the jobs that have a record."""

    def cursors(self, jobs: Sequence[str] | None = None) -> dict[str, tuple[str, datetime]]:
        """Return, for each of *jobs* or all that were loaded, its digest, until when decided."""

    def hearing(self, jobs: Sequence[str]) -> dict[str, Hearing]:
        """Return since when each of *jobs* hears of events, and its progress."""

    def pauses(self) -> dict[str, Pause]:
        """Return the pauses by the names of their jobs; one may be over by now."""

    def open_attempts(self) -> list[OpenAttempt]:
        """Return the attempts without an end, oldest first."""

    def waiting(self) -> list[Waiting]:
        """Return the runs that wait for an attempt, soonest first."""

    def states(self, job: str, first: int, last: int) -> dict[int, State]:
        """Return the states of a job's runs that have numbers from *first* to *last*."""

    def beyond(self, job: str, keep: int | None, before: datetime | None) -> Pruned:
        """Return how much of a job's past `prune` would drop, and the files with its output."""

    def changes(
        self,
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Change]:
        """Return what people changed, newest first; *since* and *until* are both included."""

    def loads(
        self,
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Load]:
        """Return the loads of the files, newest first; *since* and *until* are both included."""

    def events(
        self,
        names: Sequence[str] = (),
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        without: Sequence[str] = (),
    ) -> list[Event]:
        """
        Return events, newest first; *since* and *until* are both included.

        Of these *names*, in which * and ? stand for any characters, or of all for none; but of none
        that *without* names so.
        """

    def caused(self, causes: Sequence[str]) -> dict[str, list[Run]]:
        """Return the runs that have these causes, by their causes."""

    def followed(self, runs: Sequence[int]) -> dict[int, list[Run]]:
        """Return the runs that followed when the last of those they waited for was one of these."""

    def undelivered(self, now: datetime) -> list[Undelivered]:
        """Return what people were not told, though they should have been, by receiver."""

    def close(self) -> None:
        """Let go of it; it cannot be read any more."""


class Store(Reader, Protocol):
    """The history, to be written by the one runner that holds the state directory."""

    @property
    def uuid(self) -> str:
        """What tells this store from every other."""

    def begin(self, holder: Holder, now: datetime) -> bool:
        """
        Take over: from here on what an earlier runner writes is refused.

        Returns whether no runner has claimed anything since the machine was started: one that was
        killed before that was none.
        """

    def load(self, config: Config, who: str, now: datetime) -> list[str]:
        """
        Record a load of the files; return what changed, in words.

        The cursor of a job that is new or fires otherwise than before begins at *now*.
        """

    def claim(
        self,
        decisions: Sequence[Decision],
        jobs: Mapping[str, Job],
        now: datetime,
        reaction: Reaction | None = None,
    ) -> list[tuple[AttemptKey | None, Decision]]:
        """
        Record decisions, all in one transaction, each for a fire time that has none yet.

        What follows from events beside them, the *reaction*, is written with them. Fire times up
        to the last one of each job count as decided from then on. Returns those that stand, with
        the first attempt of each run that is QUEUED: claimed when it is to start at once. Of one
        that asks it is attempt 0, claimed. Nothing may be started unless this has returned.
        """

    def claim_attempts(self, waiting: Sequence[Waiting], now: datetime) -> list[Waiting]:
        """
        Claim the attempts that runs wait for; return those that had not been claimed.

        Of a run of which attempt 0 is claimed the reason is kept that says what it waits for.
        """

    def record(self, facts: Iterable[Fact]) -> None:
        """Record starts and ends, all in one transaction; what is recorded already stays."""

    def counted(self, jobs: Sequence[str]) -> dict[str, int]:
        """Return how many runs each of *jobs* has had by its schedule since it was first."""

    def emit(self, events: Sequence[Emitted], now: datetime) -> list[tuple[int, bool]]:
        """
        Keep events, all in one transaction; return the number of each, and whether it is new.

        One that has the name and the key of another is not kept: the number is that of the other.
        """

    def forget_events(self, before: datetime, limit: int) -> int:
        """Drop old events of which all has followed, at most *limit*; return how many."""

    def arrive(self, told: Sequence[Arrival | Gone], now: datetime) -> int:
        """
        Keep files that came as events, once for what is in them; return how many are new.

        In their order: one that was gone meanwhile is new when it comes again.
        """

    def arrivals(self) -> list[tuple[str, str, str, int]]:
        """Return of each file that came: its job, path, content and mark."""

    def listen(self, jobs: Iterable[Job], now: datetime) -> None:
        """Let jobs that no runner has loaded yet hear of what happens from *now* on."""

    def hear(self, heard: Mapping[str, bool]) -> None:
        """
        Make events of the states in which runs of these jobs end, and of no others.

        '*' stands for all jobs. Where it is true an event is made when a run begins, too. They are
        made in the transaction that records the state.
        """

    def unreacted(self, limit: int) -> list[Event]:
        """Return the first events of which nothing has followed yet, in their order."""

    def reacted(self) -> int:
        """Return the number of the last event of which all has followed."""

    def last_event(
        self, names: Sequence[str], since: datetime, admits: Callable[[Event], bool]
    ) -> Event | None:
        """Return the newest event of these names that *admits*, from *since* on; None for none."""

    def streaks(self, jobs: Sequence[str]) -> dict[str, tuple[int, str | None]]:
        """Return how often in a row each of *jobs* has failed, with its detail as JSON."""

    def to_deliver(self) -> list[First]:
        """Return the first delivery that waits of each lane, in their order."""

    def contents(self, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return receiver and message of each of these deliveries, both as JSON."""

    def delivered(self, tried: Iterable[Tried], now: datetime) -> None:
        """
        Record what became of deliveries, all in one transaction.

        Some of those that have been over for long are dropped.
        """

    def pause(self, pauses: Iterable[Pause]) -> None:
        """Pause jobs, each anew if it is paused already."""

    def resume(self, jobs: Iterable[str]) -> None:
        """Let paused jobs go on."""

    def ask_to_cancel(self, run: int, who: str) -> None:
        """Keep for the next runner that the open attempt of a run is to be stopped."""

    def note(self, change: Change) -> None:
        """Record that somebody changed something."""

    def prune(self, job: str, keep: int | None, before: datetime | None, limit: int) -> Pruned:
        """
        Drop records of a job that are over: all but the newest *keep* of them, and those that
        ended before *before*; the oldest first, at most *limit*.

        Never the newest record of all: by its number the next ones get theirs.
        """

    def rewind(self, limit: datetime, now: datetime) -> list[str]:
        """
        Set the cursors that are later than *limit* to *now*; return their jobs.

        Runs that wait, and were decided or failed later than *limit*, wait as long from now on.
        Fire times that have a record keep it all the same, and never get a second one.
        """

    def finish(self, now: datetime) -> None:
        """Note that the runner stopped by itself."""
