"""Since when each of those has heard nothing who wait for silence, and when that has lasted."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime, timedelta

from schedkit.typed import NamedTuple

Part = tuple[str, str]  # a job and one of its triggers


class Silence(NamedTuple):
    """A silence that goes on *since* a time, and has lasted long enough when it is *due*."""

    due: datetime
    part: Part
    since: datetime


class Silences:
    """The silences that are awaited, each until it has lasted or is broken."""

    def __init__(self) -> None:
        self._lasts: Mapping[Part, timedelta] = {}
        self._since: dict[Part, datetime] = {}
        self._due: list[Silence] = []

    def settle(self, lasts: Mapping[Part, timedelta], since: Mapping[Part, datetime]) -> None:
        """Await anew how long each *lasts*, *since* the times at which they began."""
        self._lasts, self._since, self._due = lasts, {}, []
        for part, time in since.items():
            self.begin(part, time)

    def begin(self, part: Part, time: datetime) -> None:
        """Let a silence begin, with the end of the one before it; never earlier than that did."""
        if time >= self._since.get(part, time):
            self._since[part] = time
            heapq.heappush(self._due, Silence(time + self._lasts[part], part, time))

    def since(self, part: Part) -> datetime | None:
        """Return since when a silence goes on that has not lasted yet."""
        return self._since.get(part)

    def first(self) -> Silence | None:
        """Return the one that has lasted first."""
        while self._due:
            found = self._due[0]
            if self._since.get(found.part) == found.since:
                return found
            heapq.heappop(self._due)  # it was broken
        return None

    def over(self, part: Part) -> None:
        """Await no more of a silence that has lasted, until the next one begins."""
        self._since.pop(part, None)
