"""Which job fires next, and up to where each one's fire times are decided."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Container, Iterable, Mapping
from datetime import datetime

from schedkit.errors import CalendarEndsError
from schedkit.jobs import Jobs
from schedkit.log import fields
from schedkit.run import Decision

log = logging.getLogger(__name__)


class Agenda:
    """The next fire time of each job, in order; nothing is looked at before it is due."""

    def __init__(self) -> None:
        self._jobs = Jobs()
        self._cursors: dict[str, datetime] = {}
        self._due: list[tuple[datetime, str]] = []
        self._unawaited: list[str] = []

    def settle(self, jobs: Jobs, *, anew: bool = False) -> list[str]:
        """
        Go by these jobs from now on; return those whose cursors are wanted before `await_new`.

        Those that fire as before are awaited as before, unless all are to be awaited *anew*.
        """
        now, before = dict(jobs.digests()), {} if anew else dict(self._jobs.digests())
        same = now.items() & before.items()  # as sets: a reload of thousands must not take long
        gone = self._cursors.keys() - {name for name, _ in same}
        if gone:
            self.drop(gone)
            for name in gone:
                del self._cursors[name]
        self._jobs = jobs
        self._unawaited = list(now) if not same else [n for n in now if n not in self._cursors]
        return self._unawaited

    def move(self, cursors: Mapping[str, tuple[str, datetime]]) -> None:
        """Take note up to where the store has fire times decided."""
        self._cursors |= {name: cursors[name][1] for name in self._unawaited}

    def cursor(self, job: str) -> datetime:
        """Return up to where the fire times of a job are decided."""
        return self._cursors[job]

    def next_time(self) -> datetime | None:
        """Return the first fire time that is awaited."""
        return self._due[0][0] if self._due else None

    def next_fire(self) -> tuple[datetime, str] | None:
        """Return the first fire time that is awaited, and its job."""
        return self._due[0] if self._due else None

    def come(self, now: datetime) -> list[str]:
        """Take the jobs that are due; each has to be awaited again, or put back."""
        names = []
        while self._due and self._due[0][0] <= now:
            names.append(heapq.heappop(self._due)[1])
        return names

    def drop(self, jobs: Container[str]) -> None:
        """Await none of these jobs any more."""
        self._due = [one for one in self._due if one[1] not in jobs]
        heapq.heapify(self._due)

    def put_back(self, jobs: Iterable[str], now: datetime) -> None:
        """Let jobs be due still: nothing could be decided."""
        for name in jobs:
            heapq.heappush(self._due, (now, name))

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Move the cursors to what has been decided."""
        for decision in decisions:
            if decision.trigger.by_schedule:
                until = decision.last_fire_time or decision.fire_time
                self._cursors[decision.job] = max(self._cursors[decision.job], until)

    def await_new(self) -> None:
        """Await the next fire time of each job that is not awaited yet."""
        names, self._unawaited = self._unawaited, []
        self.await_fires(names)

    def await_fires(self, jobs: Iterable[str]) -> None:
        """Await the next fire time of each of these jobs."""
        for name in jobs:
            try:
                fire = self._jobs.next_fire(name, self._cursors[name])
            except CalendarEndsError as error:
                log.warning("job fires no more", extra=fields(job=name, reason=error))
                continue
            if fire is not None:
                heapq.heappush(self._due, (fire, name))
