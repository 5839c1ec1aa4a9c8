"""
Which days at which times of day, and what clock changes make of it.

The one rule that cron and the day clocks share. It is WILD when it follows the wall clock, as
`*/5 * * * *` does, otherwise FIXED: what a clock change skips is made up for once, at the first
instant after it, and what the clock shows twice counts the first time only. A job may say
otherwise for itself.
Source: cron(8) of Debian cron 3.0pl1, "Notes".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from schedkit import timeline
from schedkit.clocks.clock import Clock, ClockChanges
from schedkit.clocks.monthdays import DayRule
from schedkit.records import derived
from schedkit.typed import ClassVar, Literal, NamedTuple, Protocol, Self

_HOURS = [timedelta(hours=hour) for hour in range(25)]
_MINUTES = [timedelta(minutes=minute) for minute in range(61)]
_SECONDS = [timedelta(seconds=second) for second in range(60)]
_DAY = timedelta(days=1)
_MONTH = timedelta(days=31)
_FEW = 48  # times a day up to which a month is worked out at once
_MANY = 1440  # times a day up to which those of a day are kept: a cron with seconds has 86,400

# (hour, minutes of it, seconds of each of these), in order: a product or a list of single times
Times = tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]


def single_times(at: tuple[time, ...]) -> Times:
    """Return *at*, which is in order, as a recurrence takes it."""
    return tuple((t.hour, (t.minute,), (t.second,)) for t in at)


class Dst(NamedTuple):
    """What is done about a time that a clock change skips, and one that it repeats."""

    gap: Literal["run", "skip"]
    fold: Literal["first", "both", "second"]


FIXED = Dst("run", "first")
WILD = Dst("skip", "both")


class DaysOf(Protocol):
    """Which days."""

    def dates(self, begin: date, end: date) -> Iterator[date]:
        """Yield the days from *begin* to *end*, both included, in order."""

    def first(self, begin: date) -> date | None:
        """Return the first day not before *begin*, None when there is none in sight."""


class Recurrence(NamedTuple):
    """Every time of *times* on every day of *days*."""

    days: DaysOf
    times: Times
    dst: Dst = FIXED

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield the instants (UTC) later than *instant*, ascending and each once."""
        later = instant + datetime.resolution
        while (day := self.days.first((later - _DAY).date())) is not None:
            # Two days early: no zone is farther from UTC, and no change skips more.
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            for stretch in timeline.stretches(max(later, midnight - 2 * _DAY), zone):
                quiet = True
                for fire in self._in_stretch(stretch, later):
                    quiet = False
                    yield fire
                later = max(later, stretch.end)
                if quiet:
                    break  # to jump on to the next of its days
            else:
                return

    def _in_stretch(self, stretch: timeline.Stretch, later: datetime) -> Iterator[datetime]:
        """Yield the instants within *stretch* that are not before *later*."""
        begin, end = stretch.begin, stretch.end
        makes_up = self.dst.gap == "run" and stretch.skipped and begin >= later
        if makes_up and self._made_up(stretch):
            yield begin
            later = begin + datetime.resolution
        if self.dst.fold == "first":
            begin = max(begin, stretch.repeats_until)
        elif self.dst.fold == "second":
            end = stretch.repeated_from
        yield from self._within(max(begin, later), end, stretch.offset)

    def skipped(self, instant: datetime, zone: tzinfo) -> list[datetime]:
        """Return the wall times that a clock change at *instant* skipped and it makes up for."""
        gap = timeline.skipped_before(instant, zone) if self.dst.gap == "run" else None
        if gap is None:
            return []
        begin, end = (wall.replace(tzinfo=UTC) for wall in gap)
        return [fire.replace(tzinfo=None) for fire in self._within(begin, end, timeline.ZERO)]

    def repeated(self, instant: datetime, zone: tzinfo) -> list[datetime]:
        """Return its wall times that a clock change at *instant* makes the wall show again."""
        begin = timeline.local(instant, zone)
        earlier = timeline.local(instant - datetime.resolution, zone) + datetime.resolution
        bounds = (begin.replace(tzinfo=UTC), earlier.replace(tzinfo=UTC))
        return [fire.replace(tzinfo=None) for fire in self._within(*bounds, timeline.ZERO)]

    def matches(self, wall: datetime) -> bool:
        """Return whether *wall* is one of the times on one of the days."""
        begin = wall.replace(tzinfo=UTC)
        return any(self._within(begin, begin + datetime.resolution, timeline.ZERO))

    def _made_up(self, stretch: timeline.Stretch) -> bool:
        before = stretch.offset - stretch.skipped
        return any(self._within(stretch.begin, stretch.begin + stretch.skipped, before))

    def _within(self, begin: datetime, end: datetime, offset: timedelta) -> Iterator[datetime]:
        """Yield the instants from *begin* up to *end* while the wall shows *offset* beyond UTC."""
        if begin >= end:
            return
        for start, length, offsets in self._pieces(begin + offset, end + offset):
            piece = start - offset
            if begin <= piece and piece + length <= end:
                for after_start in offsets:
                    yield piece + after_start
                continue
            for after_start in offsets:
                fire = piece + after_start
                if fire >= end:
                    return
                if fire >= begin:
                    yield fire

    def _pieces(
        self, begin: datetime, end: datetime
    ) -> Iterator[tuple[datetime, timedelta, Iterable[timedelta]]]:
        """
        Yield where months or days begin, how long they are, and what is after that.

        A month at once where there are few times a day: it is worked out once for all months
        that are alike.
        """
        offsets = _offsets(self.times) if _number(self.times) <= _MANY else None
        if not isinstance(self.days, DayRule) or offsets is None or len(offsets) > _FEW:
            yield from self._days(begin, end, offsets)
            return
        # The first month a day at a time: whoever asks may want one time only.
        following = begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + _MONTH
        following = following.replace(day=1)
        yield from self._days(begin, min(end, following - datetime.resolution), offsets)
        year, month = following.year, following.month
        while (year, month) <= (end.year, end.month):
            days = self.days.month(year, month)
            if days:
                start = datetime(year, month, 1, tzinfo=UTC)
                yield start, _MONTH, _month_offsets(days, self.times)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)

    def _days(
        self, begin: datetime, end: datetime, offsets: tuple[timedelta, ...] | None
    ) -> Iterator[tuple[datetime, timedelta, Iterable[timedelta]]]:
        for day in self.days.dates(begin.date(), end.date()):
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            if offsets is not None:
                yield start, _DAY, offsets
            else:
                after = begin - start if begin > start else timeline.ZERO
                yield start, _DAY, _offsets_from(self.times, after)


def _number(times: Times) -> int:
    return sum(len(minutes) * len(seconds) for _, minutes, seconds in times)


@lru_cache(maxsize=1024)
def _offsets(times: Times) -> tuple[timedelta, ...]:
    """Return every time of a day, after midnight."""
    return tuple(_offsets_from(times, timeline.ZERO))


@lru_cache(maxsize=4096)
def _month_offsets(days: tuple[int, ...], times: Times) -> tuple[timedelta, ...]:
    """Return every time of the days of a month, after its begin."""
    return tuple((day - 1) * _DAY + offset for day in days for offset in _offsets(times))


def _offsets_from(times: Times, begin: timedelta) -> Iterator[timedelta]:
    """Yield the times of a day that are not before *begin*, hours and minutes jumped over."""
    for hour, minutes, seconds in times:
        at_hour = _HOURS[hour]
        if at_hour + _HOURS[1] <= begin:
            continue
        for minute in minutes:
            at_minute = at_hour + _MINUTES[minute]
            if at_minute + _MINUTES[1] <= begin:
                continue
            for second in seconds:
                yield at_minute + _SECONDS[second]


class WallClock(Clock):
    """A clock that is a recurrence."""

    NAMES_TIMES: ClassVar[bool] = True
    recurrence: Recurrence = derived()

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield every instant (UTC) later than *instant*, ascending and each once."""
        return self.recurrence.after(instant, zone)

    def with_dst(self, dst: ClockChanges) -> Self:
        """Return the same clock with another rule for clock changes."""
        own = self.recurrence.dst
        rule = Dst(dst.gap or own.gap, dst.fold or own.fold)
        if rule == own:
            return self
        changed = object.__new__(type(self))
        changed.__dict__.update(vars(self), recurrence=self.recurrence._replace(dst=rule))
        return changed

    def nominals(self, instant: datetime, zone: tzinfo) -> list[datetime]:
        """Return the wall times meant by *instant*: itself and what a clock change skipped."""
        skipped = self.recurrence.skipped(instant, zone)
        wall = timeline.local(instant, zone)
        return [*skipped, wall] if not skipped or self.recurrence.matches(wall) else skipped
