"""A schedule: clocks, filters and adjustments in a time zone; it answers when something fires."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile

from schedkit import timeline
from schedkit.errors import CalendarEndsError, ConfigError
from schedkit.records import Record
from schedkit.traces import Bound, Fire, Move, Trace
from schedkit.typed import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from schedkit.adjustments import Adjustment
    from schedkit.clocks import Clock
    from schedkit.clocks.clock import ClockChanges
    from schedkit.filters import Filter

HORIZON = timedelta(days=36525)  # a hundred years: beyond it, what has not fired never will

# A candidate's wall time and the instant it is resolved to differ from one another's distance by
# no more than two clock changes; the largest that a zone has made is a day.
_CLOCK_CHANGES = timedelta(days=2)
_WALKED = 8  # refused candidates walked over before a jump: a jump costs about as much


class Schedule(Record):
    """
    When something fires: the union of clocks, what filters admit of it, moved by adjustments.

    Every part is given as it would be written in YAML, as a text or as plain JSON data, or as the
    object itself. *dst* is what clock changes do, as the key of a job has it; *start* and *end* are
    wall times, it fires from the one to the other, both included; *calendars* are named as in a
    file; *seed* is what a cron expression's H is drawn from.

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
    dst: ClockChanges
    start: datetime | None
    end: datetime | None

    def __init__(
        self,
        clock: object,
        filters: object = (),
        adjustments: object = (),
        timezone: str | tzinfo = "UTC",
        *,
        dst: ClockChanges | Mapping[str, str] | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        calendars: Mapping[str, object] | None = None,
        seed: str = "",
    ) -> None:
        from schedkit import parts  # what has been read already is asked more often

        self.__dict__.update(
            parts.read(
                clock, filters, adjustments, timezone,
                dst=dst, start=start, end=end, calendars=calendars, seed=seed,
            )
        )  # fmt: skip

    @classmethod
    def of(
        cls,
        clocks: tuple[Clock, ...],
        filters: tuple[Filter, ...],
        adjustments: tuple[Adjustment, ...],
        timezone: tzinfo,
        dst: ClockChanges,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Self:
        """Return the schedule of parts that have been read already; nothing is checked."""
        made = object.__new__(cls)
        clocks = tuple(clock.with_dst(dst) for clock in clocks)
        given = (clocks, filters, adjustments, timezone, dst, start, end)
        made.__dict__.update(zip(cls._fields, given, strict=True))
        return made

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """
        Return the schedule that `dump` gave, as JSON text.

        Raises: ConfigError.
        """
        from schedkit import parts

        try:
            return cls(**parts.of_json(text))
        except RecursionError:
            raise ConfigError.of("this is nested too deep") from None

    def dump(self) -> dict[str, Any]:
        """Return the schedule as plain JSON data, which `parse` and the constructor take."""
        from schedkit import parts

        return parts.written(**vars(self))

    def after(self, instant: datetime, horizon: timedelta = HORIZON) -> Iterator[datetime]:
        """
        Yield every fire time (UTC) later than *instant*, ascending and each once.

        Ends *horizon* after *instant*: a schedule whose filters contradict its clocks never fires.
        Raises CalendarEndsError past what a calendar of the schedule knows.
        """
        if not self.filters and not self.adjustments and len(self.clocks) == 1:
            begin, last = self._span(instant, horizon)
            if begin < last:
                for fire in self.clocks[0].after(begin, self.timezone):
                    if fire > last:
                        return
                    yield fire
        else:
            yield from (fire.time for fire in self.fires(instant, horizon))

    def known_after(self, instant: datetime, horizon: timedelta = HORIZON) -> Iterator[datetime]:
        """Yield what `after` yields, as far as the calendars of the schedule know it."""
        with suppress(CalendarEndsError):
            yield from self.after(instant, horizon)

    def fires(self, instant: datetime, horizon: timedelta = HORIZON) -> Iterator[Fire]:
        """Yield what `after` yields, each with where it comes from."""
        begin, last = self._span(instant, horizon)
        if begin >= last:
            return
        if not self.adjustments:
            yield from self._admitted(begin, last)
            return
        back, forward = self._reach()
        held: list[tuple[datetime, int, Fire]] = []  # moved, not yet known to be next
        fired = begin
        earliest = begin - min(forward, begin - timeline.FIRST)
        latest = last + min(back, timeline.LAST - last)
        for number, candidate in enumerate(self._admitted(earliest, latest)):
            settled = candidate.time - back
            while held and held[0][0] < settled:
                fire = heapq.heappop(held)[2]
                if fire.time > fired:
                    fired = fire.time
                    yield fire
            for moved in self._moved(candidate):
                assert candidate.time - back <= moved.time <= candidate.time + forward, (
                    f"{self} moved {candidate.time} to {moved.time}, beyond its reach"
                )
                if moved.time > fired:
                    heapq.heappush(held, (moved.time, number, moved))
        while held:
            fire = heapq.heappop(held)[2]
            if fired < fire.time <= last:
                fired = fire.time
                yield fire

    @property
    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Its start and its end as instants (UTC), None where it has none."""
        start, end = (
            None if wall is None else _instant(wall, self.timezone)
            for wall in (self.start, self.end)
        )
        return start, end

    def covers(self, instant: datetime) -> bool:
        """Return whether *instant* is from the start of the schedule to its end, both included."""
        return self._beyond(_checked(instant)) is None

    def explain(self, begin: datetime, end: datetime | None = None) -> list[Trace]:
        """
        Return what became of every candidate that came, or would have fired, from *begin* to *end*.

        Both included; without an *end*, at *begin*. In order of the candidates.
        """
        start, stop = _checked(begin), _checked(end or begin)
        back, forward = self._reach() if self.adjustments else (timeline.ZERO, timeline.ZERO)
        earliest = start - max(forward, timeline.ZERO) - datetime.resolution
        found = []
        for candidate in self._candidates(earliest):
            if candidate.time > stop + max(back, timeline.ZERO):
                break
            for lands, trace in self._traced(candidate):
                if start <= lands <= stop or start <= trace.candidate <= stop:
                    found.append(trace)
        return found

    def traces(self, instant: datetime) -> Iterator[Trace]:
        """
        Yield what becomes of every candidate later than *instant*, the dropped ones too.

        Also of earlier ones that are moved to later than that.
        """
        start = _checked(instant)
        forward = self._reach()[1] if self.adjustments else timeline.ZERO
        earliest = start - min(max(forward, timeline.ZERO), start - timeline.FIRST)
        for candidate in self._candidates(earliest):
            if candidate.time > _end(start):
                return
            for lands, trace in self._traced(candidate):
                if max(trace.candidate, lands) > start:
                    yield trace

    def _traced(self, candidate: Fire) -> Iterator[tuple[datetime, Trace]]:
        """Yield what becomes of a candidate, after where (UTC) it comes to lie."""
        time, clock = candidate.time, candidate.clock
        wall = timeline.local(time, self.timezone)
        for nominal in clock.nominals(time, self.timezone):
            refusing = next((one for one in self.filters if not one.admits(wall)), None)
            if refusing is not None:
                yield time, Trace(time, clock, nominal, refusing, refusing.why_not(wall), (), None)
                continue
            moves: list[Move] = []
            moved = nominal
            for adjustment in self.adjustments:
                try:
                    after = adjustment.apply(moved)
                except OverflowError:  # beyond the last year that there is
                    return
                if after != moved:
                    moves.append(Move(adjustment, after))
                moved = after
            lands = time if moved == nominal else timeline.resolved(moved, self.timezone)
            bound = self._beyond(lands)
            why, fires = (bound.why, None) if bound is not None else (None, lands)
            yield lands, Trace(time, clock, nominal, bound, why, tuple(moves), fires)

    def _span(self, instant: datetime, horizon: timedelta) -> tuple[datetime, datetime]:
        """Return after when, and up to when, what fires later than *instant* can lie."""
        begin = _checked(instant)
        last = _end(begin, horizon)
        if self.start is not None:
            begin = max(begin, _instant(self.start, self.timezone) - datetime.resolution)
        if self.end is not None:
            last = min(last, _instant(self.end, self.timezone))
        return begin, last

    def _beyond(self, instant: datetime) -> Bound | None:
        """Return the start or end that *instant* lies beyond, if it does."""
        if self.start is not None and instant < _instant(self.start, self.timezone):
            return Bound("start", self.start)
        if self.end is not None and instant > _instant(self.end, self.timezone):
            return Bound("end", self.end)
        return None

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
                moved = timeline.resolved(wall, self.timezone)
                yield Fire(moved, candidate.clock, candidate.candidate)

    def _admitted(self, instant: datetime, end: datetime) -> Iterator[Fire]:
        """Yield the candidates up to *end* that every filter admits."""
        if not self.filters:
            yield from takewhile(lambda fire: fire.time <= end, self._candidates(instant))
            return
        while True:
            refused_until: datetime | None = None  # by the wall, as long as it runs forward
            forward_until = instant
            walked = 0
            for fire in self._candidates(instant):
                if fire.time > end:
                    return
                wall = timeline.local(fire.time, self.timezone)
                if refused_until and wall < refused_until and fire.time < forward_until:
                    walked += 1
                    if walked > _WALKED:
                        break
                    continue
                refused_until, walked = self._refused_until(wall), 0
                if refused_until is None:
                    yield fire
                    continue
                if fire.time >= forward_until:
                    forward_until = timeline.forward_until(fire.time, self.timezone)
            else:
                return
            last = min(end, forward_until)
            admitted = self._admitted_from(refused_until, timeline.local(last, self.timezone))
            instant = self._jump(fire.time, admitted, forward_until) - datetime.resolution

    def _admitted_from(self, wall: datetime, last: datetime) -> datetime:
        """Return the first wall time from *wall* on that no filter refuses, *last* if none is."""
        while wall <= last:
            try:
                until = self._refused_until(wall)
            except CalendarEndsError:  # for whoever gets there to find out
                return wall
            if until is None:
                return wall
            wall = until
        return wall

    def _refused_until(self, wall: datetime) -> datetime | None:
        """Return until when filters refuse what they refuse at *wall*, None when they do not."""
        until: datetime | None = None
        for one in self.filters:
            try:
                if not one.admits(wall):
                    until = max(one.until(wall), until or wall)
            except CalendarEndsError:
                if until is None:
                    raise
                break  # it is refused, whatever that calendar would say
        return until

    def _jump(self, instant: datetime, wall: datetime, forward_until: datetime) -> datetime:
        """Return the instant, after *instant*, before which the wall does not show *wall*."""
        if wall > timeline.local(forward_until, self.timezone):
            # Past a repeated hour, or a year on: what is refused there has to be asked again.
            return forward_until
        return max(min(timeline.resolved(wall, self.timezone), forward_until), instant)

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


def _checked(instant: datetime) -> datetime:
    """Return an instant in UTC, within the years that can be calculated with."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no zone: an instant is an aware datetime")
    if instant.replace(tzinfo=UTC) < timeline.FIRST:
        return timeline.FIRST
    if instant.replace(tzinfo=UTC) > timeline.LAST:
        return timeline.LAST
    return instant.astimezone(UTC)


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return when a start or end is, within the years that can be calculated with."""
    first, last = (bound.replace(tzinfo=None) for bound in (timeline.FIRST, timeline.LAST))
    return timeline.resolved(min(max(wall, first), last), zone)


def _end(instant: datetime, horizon: timedelta = HORIZON) -> datetime:
    return instant + min(horizon, timeline.LAST - instant)
