"""Which job fires next, and up to where each one's fire times are decided."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from schedkit.calendars import CalendarEndsError
from schedkit.job import Job
from schedkit.log import fields
from schedkit.run import Decision

log = logging.getLogger(__name__)


class Agenda:
    """The next fire time of each job, in order; nothing is looked at before it is due."""

    def __init__(self) -> None:
        self._jobs: Mapping[str, Job] = {}
        self._cursors: dict[str, datetime] = {}
        self._due: list[tuple[datetime, str]] = []

    def settle(self, jobs: Mapping[str, Job], cursors: Mapping[str, datetime]) -> None:
        """Go by these jobs from now on; none of them is awaited yet."""
        self._jobs = jobs
        self._cursors = {name: cursors[name] for name in jobs}
        self._due = []

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

    def await_fires(self, jobs: Iterable[str]) -> None:
        """Await the next fire time of each of these jobs."""
        for name in jobs:
            try:
                fire = self._jobs[name].next_fire(self._cursors[name])
            except CalendarEndsError as error:
                log.warning("job fires no more", extra=fields(job=name, reason=error))
                continue
            if fire is not None:
                heapq.heappush(self._due, (fire, name))
