"""A history that breaks when it is told to, and a runner that is killed at any of its steps."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.events import Arrival, Emitted, Gone, Reaction
from schedkit.job import Job
from schedkit.run import (
    AttemptKey,
    Change,
    Decision,
    Fact,
    Pause,
    Waiting,
)
from schedkit.store.sqlite import SQLiteStore


class KilledError(BaseException):
    """What a kill -9 is in one process: nothing catches it, nothing is tidied up."""


class FlakyStore(SQLiteStore):
    """
    A store of which the next so many calls of a method fail, without any effect.

    *broken* are the numbers, from 1, of writes that fail; *step* is called before and after each.
    """

    def __init__(self, path: Path) -> None:
        self.fails: Counter[str] = Counter()
        self.broken: set[int] = set()
        self.writes = 0
        self.step: Callable[[], None] = lambda: None
        super().__init__(path)

    def _try(self, name: str) -> None:
        if self.fails[name]:
            self.fails[name] -= 1
            raise StoreError("the disk is full")

    @contextmanager
    def _transaction(self, *, fenced: bool = True) -> Iterator[sqlite3.Connection]:
        self.writes += 1
        self.step()
        if self.writes in self.broken:
            raise StoreError("the disk is full")
        with super()._transaction(fenced=fenced) as db:
            yield db
        self.step()

    def load(self, config: Config, who: str, now: datetime) -> list[str]:
        self._try("load")
        return super().load(config, who, now)

    def claim(
        self,
        decisions: Sequence[Decision],
        jobs: Mapping[str, Job],
        now: datetime,
        reaction: Reaction | None = None,
    ) -> list[tuple[AttemptKey | None, Decision]]:
        self._try("claim")
        return super().claim(decisions, jobs, now, reaction)

    def claim_attempts(self, waiting: Sequence[Waiting], now: datetime) -> list[Waiting]:
        self._try("claim_attempts")
        return super().claim_attempts(waiting, now)

    def record(self, facts: Iterable[Fact]) -> None:
        self._try("record")
        super().record(facts)

    def emit(self, events: Sequence[Emitted], now: datetime) -> list[tuple[int, bool]]:
        self._try("emit")
        return super().emit(events, now)

    def last_successes(self, jobs: Sequence[str]) -> dict[str, tuple[int, datetime]]:
        self._try("last_successes")
        return super().last_successes(jobs)

    def arrive(self, told: Sequence[Arrival | Gone], now: datetime) -> int:
        self._try("arrive")
        return super().arrive(told, now)

    def arrivals(self) -> list[tuple[str, str, str, int]]:
        self._try("arrivals")
        return super().arrivals()

    def counted(self, jobs: Sequence[str]) -> dict[str, int]:
        self._try("counted")
        return super().counted(jobs)

    def pause(self, pauses: Iterable[Pause]) -> None:
        self._try("pause")
        super().pause(pauses)

    def resume(self, jobs: Iterable[str]) -> None:
        self._try("resume")
        super().resume(jobs)

    def ask_to_cancel(self, run: int, who: str) -> None:
        self._try("ask_to_cancel")
        super().ask_to_cancel(run, who)

    def note(self, change: Change) -> None:
        self._try("note")
        super().note(change)

    def rewind(self, limit: datetime, now: datetime) -> list[str]:
        self._try("rewind")
        return super().rewind(limit, now)
