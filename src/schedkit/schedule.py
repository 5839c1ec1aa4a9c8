"""A schedule: clocks, filters and adjustments in a time zone; it answers when something fires."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from schedkit import timeline
from schedkit.adjustments import ADJUSTMENTS, Adjustment
from schedkit.clocks import CLOCKS, Clock
from schedkit.errors import ConfigError, Problem
from schedkit.filters import FILTERS, Filter
from schedkit.vocabulary import Many

HORIZON = timedelta(days=36525)  # a hundred years: beyond it, what has not fired never will

# A candidate's wall time and the instant it is resolved to differ from one another's distance by
# no more than two clock changes; the largest that a zone has made is a day.
_CLOCK_CHANGES = timedelta(days=2)
_WALKED = 8  # refused candidates walked over before a jump: a jump costs about as much


class Fire(NamedTuple):
    """One fire time (UTC), the clock that made it and the candidate (UTC) it was moved from."""

    time: datetime
    clock: Clock
    candidate: datetime


@dataclass(frozen=True, slots=True, init=False)
class Schedule:
    """
    When something fires: the union of clocks, what filters admit of it, moved by adjustments.

    Every part is given as it would be written in YAML, as a text or as plain JSON data, or as the
    object itself. *seed* is what a cron expression's H is drawn from.

    >>> from datetime import UTC, datetime
    >>> schedule = Schedule("daily at 09:00", filters=["weekday"], timezone="Europe/Berlin")
    >>> next(schedule.after(datetime(2026, 7, 3, 12, tzinfo=UTC))).isoformat()
    '2026-07-06T07:00:00+00:00'

    Raises: ConfigError, with every problem.
    """

    clocks: tuple[Clock, ...]
    filters: tuple[Filter, ...]
    adjustments: tuple[Adjustment, ...]
    timezone: tzinfo

    def __init__(
        self,
        clock: object,
        filters: object = (),
        adjustments: object = (),
        timezone: str | tzinfo = "UTC",
        *,
        seed: str = "",
    ) -> None:
        problems: list[Problem] = []

        def read(name: str, vocabulary: Many[Any], raw: object) -> tuple[Any, ...]:
            try:
                return vocabulary.value(raw)
            except ConfigError as error:
                problems.extend(error.within(name).problems)
                return ()

        clocks = read("clock", Many(CLOCKS, at_least=1), clock)
        object.__setattr__(
            self, "clocks", clocks if not seed else tuple(c.seeded(seed) for c in clocks)
        )
        object.__setattr__(self, "filters", read("filters", Many(FILTERS), filters))
        object.__setattr__(self, "adjustments", read("adjustments", Many(ADJUSTMENTS), adjustments))
        try:
            object.__setattr__(self, "timezone", _zone(timezone))
        except ConfigError as error:
            problems += error.within("timezone").problems
        if problems:
            raise ConfigError(*problems)

    def after(self, instant: datetime) -> Iterator[datetime]:
        """
        Yield every fire time (UTC) later than *instant*, ascending and each once.

        Ends HORIZON after *instant*: a schedule whose filters contradict its clocks never fires.
        """
        start = _checked(instant)
        if not self.filters and not self.adjustments and len(self.clocks) == 1:
            end = _end(start)
            for fire in self.clocks[0].after(start, self.timezone):
                if fire > end:
                    return
                yield fire
        else:
            yield from (fire.time for fire in self.fires(start))

    def fires(self, instant: datetime) -> Iterator[Fire]:
        """Yield what `after` yields, each with where it comes from."""
        start = _checked(instant)
        if not self.adjustments:
            yield from self._admitted(start, _end(start))
            return
        back, forward = self._reach()
        held: list[tuple[datetime, int, Fire]] = []  # moved, not yet known to be next
        last = start
        earliest = start - min(forward, start - timeline.FIRST)
        latest = _end(start) + min(back, timeline.LAST - _end(start))
        for number, candidate in enumerate(self._admitted(earliest, latest)):
            settled = candidate.time - back
            while held and held[0][0] < settled:
                fire = heapq.heappop(held)[2]
                if fire.time > last:
                    last = fire.time
                    yield fire
            for moved in self._moved(candidate):
                assert candidate.time - back <= moved.time <= candidate.time + forward, (
                    f"{self} moved {candidate.time} to {moved.time}, beyond its reach"
                )
                if moved.time > last:
                    heapq.heappush(held, (moved.time, number, moved))
        while held:
            fire = heapq.heappop(held)[2]
            if last < fire.time <= _end(start):
                last = fire.time
                yield fire

    def _reach(self) -> tuple[timedelta, timedelta]:
        back = sum((a.reach.back for a in self.adjustments), _CLOCK_CHANGES)
        forward = sum((a.reach.forward for a in self.adjustments), _CLOCK_CHANGES)
        return back, forward

    def _moved(self, candidate: Fire) -> Iterator[Fire]:
        """Yield the candidate where the adjustments put it; more than one for a skipped time."""
        for nominal in candidate.clock.nominals(candidate.time, self.timezone):
            wall = nominal
            try:
                for adjustment in self.adjustments:
                    wall = adjustment.apply(wall)
            except OverflowError:  # beyond the last year that there is
                continue
            if wall == nominal:  # it stays, also in the second pass of a repeated hour
                yield candidate
            else:
                yield candidate._replace(time=timeline.resolved(wall, self.timezone))

    def _admitted(self, instant: datetime, end: datetime) -> Iterator[Fire]:
        """Yield the candidates up to *end* that every filter admits."""
        while True:
            jump: datetime | None = None
            walked = 0
            for fire in self._candidates(instant):
                if fire.time > end:
                    return
                if jump is not None and fire.time < jump:
                    walked += 1
                    if walked > _WALKED:
                        break
                    continue
                wall = timeline.local(fire.time, self.timezone)
                refusing = [f.until(wall) for f in self.filters if not f.admits(wall)]
                if not refusing:
                    yield fire
                else:
                    jump, walked = self._jump(fire.time, max(refusing)), 0
                    if jump > end:
                        return
            else:
                return
            instant = jump - datetime.resolution

    def _jump(self, instant: datetime, wall: datetime) -> datetime:
        """Return the instant, after *instant*, before which the wall does not show *wall*."""
        forward_until = timeline.forward_until(instant, self.timezone)
        if wall > timeline.local(forward_until, self.timezone):
            # Past a repeated hour, or a year on: what is refused there has to be asked again.
            return forward_until
        return min(timeline.resolved(wall, self.timezone), forward_until)

    def _candidates(self, instant: datetime) -> Iterator[Fire]:
        """Yield the union of the clocks' instants, ascending and each once."""
        sources = [self._of(clock, instant) for clock in self.clocks]
        if len(sources) == 1:
            yield from sources[0]
            return
        last = instant
        for fire in heapq.merge(*sources, key=lambda fire: fire.time):
            if fire.time > last:
                last = fire.time
                yield fire

    def _of(self, clock: Clock, instant: datetime) -> Iterator[Fire]:
        return (Fire(time, clock, time) for time in clock.after(instant, self.timezone))


def _zone(timezone: object) -> tzinfo:
    if isinstance(timezone, str):
        return timeline.zone(timezone)
    if isinstance(timezone, tzinfo):
        return timezone
    raise ConfigError.of(f"{timezone!r} is not a zone", "write its name, such as Europe/Berlin")


def _checked(instant: datetime) -> datetime:
    """Return an instant in UTC, within the years that can be calculated with."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no zone: an instant is an aware datetime")
    if instant.replace(tzinfo=UTC) < timeline.FIRST:
        return timeline.FIRST
    if instant.replace(tzinfo=UTC) > timeline.LAST:
        return timeline.LAST
    return instant.astimezone(UTC)


def _end(instant: datetime) -> datetime:
    return instant + min(HORIZON, timeline.LAST - instant)
