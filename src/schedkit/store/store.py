"""
What the runner asks of its history.

Every decision is one write that creates something: the first stands, a second is refused. A
store on many hosts can keep this promise with nothing but a create-once write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schedkit.config import Config
from schedkit.job import Job
from schedkit.run import (
    AttemptKey,
    Decision,
    Ended,
    OpenAttempt,
    PendingRetry,
    Run,
    Started,
    State,
)


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a store: who a record is from."""

    pid: int
    host: str
    boot: str
    version: str


@dataclass(frozen=True, slots=True)
class Query:
    """
    Which records of the history, newest first.

    *since* and *until* bound the fire time, both included. None or an empty set asks for all.
    """

    jobs: frozenset[str] = frozenset()
    states: frozenset[State] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None


class Reader(Protocol):
    """The history, to be read: never blocks a runner and needs none."""

    def runs(self, query: Query) -> list[Run]:
        """Return the records that *query* asks for, newest first."""

    def last_runs(self, jobs: Sequence[str]) -> dict[str, Run]:
        """Return the newest record of each of *jobs* that has one."""

    def jobs(self) -> set[str]:
        """Return the names of the jobs that have a record."""

    def cursors(self) -> dict[str, tuple[str, datetime]]:
        """Return, for each job ever loaded, its schedule's digest and until when it is decided."""

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

        Returns whether this is the first runner since the machine was started.
        """

    def load(self, config: Config, who: str, now: datetime) -> list[str]:
        """
        Record a load of the files; return what changed, in words.

        The cursor of a job that is new or fires otherwise than before begins at *now*.
        """

    def claim(
        self, decisions: Sequence[Decision], jobs: Mapping[str, Job], now: datetime
    ) -> list[tuple[AttemptKey | None, Decision]]:
        """
        Record decisions, all in one transaction, each for a fire time that has none yet.

        Returns those that stand, with the first attempt of each run that is to start. Nothing
        may be started unless this has returned.
        """

    def claim_retries(self, retries: Sequence[PendingRetry], now: datetime) -> list[PendingRetry]:
        """Claim the next attempts of runs, and return those that had not been claimed."""

    def abandon(self, retries: Sequence[PendingRetry], reason: str) -> None:
        """End runs that wait for an attempt which will never come, as cancelled."""

    def record(self, facts: Iterable[Started | Ended]) -> None:
        """Record starts and ends, all in one transaction; what is recorded already stays."""

    def open_attempts(self) -> list[OpenAttempt]:
        """Return the attempts without an end, oldest first."""

    def pending_retries(self) -> list[PendingRetry]:
        """Return the runs that wait for their next attempt, soonest first."""

    def finish(self, now: datetime) -> None:
        """Note that the runner stopped by itself."""
