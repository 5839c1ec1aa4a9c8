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
        before = dict(self._jobs.digests())
        # One by one: to make sets of ten thousand takes longer than to compare them.
        other = [name for name, one in jobs.digests() if before.pop(name, None) != one or anew]
        if forgotten := {*other, *before}:
            self.drop(forgotten)
            for name in forgotten:
                self._cursors.pop(name, None)
        self._jobs, self._unawaited = jobs, other
        return other

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

    def await_fires(
        self, jobs: Iterable[str], known: Mapping[str, datetime | None] | None = None
    ) -> None:
        """Await the next fire time of each of these jobs, that which is *known* if it is."""
        for name in jobs:
            cursor = self._cursors[name]
            fire = None if known is None else known.get(name)
            try:
                if fire is None or fire <= cursor:
                    fire = self._jobs.next_fire(name, cursor)
            except CalendarEndsError as error:
                log.warning("job fires no more", extra=fields(job=name, reason=error))
                continue
            if fire is not None:
                heapq.heappush(self._due, (fire, name))
