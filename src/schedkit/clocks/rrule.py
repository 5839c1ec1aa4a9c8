"""
The clock `rrule`: a recurrence rule as calendars exchange it.

A rule is expanded here, not by dateutil, which its tests compare it with: dateutil begins at
dtstart however far back that is, looks on to the year 9999 when nothing matches, takes
`BYDAY=1MO,TU` for days that are both, and cuts the first week short before BYSETPOS chooses.

Source: RFC 5545, section 3.3.10, "Recurrence Rule"; sections below are of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import groupby, product

from schedkit import scalars, timeline
from schedkit.clocks.clock import Clock
from schedkit.clocks.monthdays import DayRule, Days
from schedkit.errors import ConfigError
from schedkit.records import Record, derived
from schedkit.regex import re
from schedkit.typed import TYPE_CHECKING, Annotated, ClassVar, NamedTuple
from schedkit.values import Written

if TYPE_CHECKING:
    from schedkit.clocks.recurrence_rule import Parts

_HORIZON = timedelta(days=36525)  # a hundred years: what has not fired by then never will
_DAY = 86400  # seconds: a wall's day has that many, whatever its zone does
_UNITS = {"DAILY": _DAY, "HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}  # seconds
_ALL_MONTHS = (1 << 13) - 2


# ---- which days


class _YearDays(Record):
    """
    Days by their place in the year: what is given of the three must all hold.

    *weekdays* are pairs (weekday, n): the n-th of the year, from its end when n is negative,
    every one when it is 0. Week 1 is the first with four days of the year in it.
    """

    numbers: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    week_start: int = 0

    def __contains__(self, day: date) -> bool:
        first, after = date(day.year, 1, 1).toordinal(), date(day.year + 1, 1, 1).toordinal()
        passed, left = day.toordinal() - first, after - day.toordinal() - 1
        if self.numbers and passed + 1 not in self.numbers and -left - 1 not in self.numbers:
            return False
        if self.weekdays:
            names = {0, passed // 7 + 1, -(left // 7) - 1}
            if not any(w == day.weekday() and n in names for w, n in self.weekdays):
                return False
        return not self.weeks or any(n in self.weeks for n in self._week(day))

    def _week(self, day: date) -> tuple[int, int]:
        """Return the number of the day's week, from the year's begin and from its end."""
        begins = [_first_week(day.year + shift, self.week_start) for shift in (-1, 0, 1, 2)]
        at = sum(begin <= day.toordinal() for begin in begins)
        begin, end = begins[at - 1], begins[at]
        number = (day.toordinal() - begin) // 7
        return number + 1, number - (end - begin) // 7


@lru_cache(maxsize=1024)
def _first_week(year: int, week_start: int) -> int:
    """Return the ordinal of the day on which week 1 of *year* begins."""
    fourth = date(max(year, 1), 1, 4).toordinal()
    return fourth - (fourth - 1 - week_start) % 7


# ---- which of these days, and when on them


class _Chunk(NamedTuple):
    """Times of a day: each of *offsets* (seconds), in each of *units* of so many *seconds*."""

    midnight: datetime
    units: Sequence[int]
    offsets: tuple[int, ...]
    seconds: int = _DAY

    @property
    def size(self) -> int:
        """How many times it has."""
        return len(self.units) * len(self.offsets)

    def walls(self, earliest: datetime) -> Iterator[datetime]:
        """Yield the times that are not before *earliest*."""
        into = (earliest - self.midnight) // timedelta(seconds=1)
        for unit in self.units[bisect_left(self.units, into // self.seconds) :]:
            for offset in self.offsets:
                wall = self.midnight + timedelta(seconds=unit * self.seconds + offset)
                if wall >= earliest:
                    yield wall


class Expansion(Record):
    """
    The wall times of a rule that begins at *start*.

    Days are those of *days* and *year_days*. A rule that is DAILY or finer takes every
    *interval*-th *unit* (seconds) since *start* that lies in *hours*, *minutes* and *seconds*
    (empty: any), at *offsets* (seconds) into the unit. A coarser one, with no *unit*, takes the
    days in every *interval*-th of its periods, and of all their times those at *positions*.
    """

    start: datetime
    interval: int
    count: int | None
    days: DayRule
    year_days: _YearDays | None
    offsets: tuple[int, ...]
    frequency: str
    week_start: int
    unit: int = 0
    positions: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()

    def walls(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """Yield the wall times from *begin* to *end*, both included, in order and each once."""
        left = self.count
        earliest = max(begin, self.start) if left is None else self.start
        chunks = self._fine if self.unit else self._coarse
        for chunk in chunks(earliest.date(), end):
            if left is not None and self.start <= chunk.midnight < begin - timedelta(days=1):
                left -= chunk.size  # all of it is past: counted, not made
                if left <= 0:
                    return
                continue
            for wall in chunk.walls(earliest):
                if wall > end:
                    return
                if wall >= begin:
                    yield wall
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    def _dates(self, begin: date, end: date) -> Iterator[date]:
        dates = self.days.dates(begin, end)
        within = self.year_days
        return dates if within is None else (day for day in dates if day in within)

    # ---- DAILY and finer: units counted from the start

    def _fine(self, earliest: date, end: datetime) -> Iterator[_Chunk]:
        known: dict[int, Sequence[int]] = {}  # by residue: a day's units depend on nothing else
        unit = timedelta(seconds=self.unit)
        midnight = datetime.combine(self.start, datetime.min.time())
        origin = midnight + (self.start - midnight) // unit * unit
        for day in self._dates(earliest, end.date()):
            midnight = datetime(day.year, day.month, day.day)
            residue = (origin - midnight) // unit % self.interval
            if residue * self.unit >= _DAY:
                continue
            if residue not in known:
                known[residue] = self._units(residue)
            if known[residue]:
                yield _Chunk(midnight, known[residue], self.offsets, self.unit)

    def _units(self, residue: int) -> Sequence[int]:
        """Return those units of a day that are *residue* beyond a multiple of the interval."""
        every = range(residue, _DAY // self.unit, self.interval)
        if not (self.hours or self.minutes or self.seconds):
            return every
        found: list[int] = []
        per_hour, per_minute = 3600 // self.unit, max(60 // self.unit, 1)
        for hour in self.hours or range(24):
            begin = hour * per_hour
            in_hour = range((residue - begin) % self.interval, per_hour, self.interval)
            for unit in in_hour:
                minute, second = divmod(unit, per_minute)
                if self.minutes and minute not in self.minutes:
                    continue
                if self.seconds and second not in self.seconds:
                    continue
                found.append(begin + unit)
        return tuple(found)

    # ---- WEEKLY, MONTHLY and YEARLY: days of periods

    def _coarse(self, earliest: date, end: datetime) -> Iterator[_Chunk]:
        period, begin_of = self._periods()
        origin = period(self.start.date())
        # The period that *end* lies in is expanded in full: BYSETPOS may count from its end.
        dates = self._dates(begin_of(earliest), date(end.year + 1, 12, 31))
        for number, days in groupby(dates, period):
            if (number - origin) % self.interval:
                continue
            if self.positions:
                yield from self._chosen(list(days))
            else:
                yield from map(self._whole, days)

    def _whole(self, day: date) -> _Chunk:
        return _Chunk(datetime(day.year, day.month, day.day), (0,), self.offsets)

    def _chosen(self, days: list[date]) -> Iterator[_Chunk]:
        for at in _chosen(self.positions, len(days) * len(self.offsets)):
            day, time = divmod(at, len(self.offsets))
            yield self._whole(days[day])._replace(offsets=(self.offsets[time],))

    def _periods(self) -> tuple[Callable[[date], int], Callable[[date], date]]:
        """Return what numbers the period that a day lies in, and what gives its first day."""
        if self.frequency == "YEARLY":
            return (lambda day: day.year), (lambda day: day.replace(month=1, day=1))
        if self.frequency == "MONTHLY":
            return (lambda day: day.year * 12 + day.month), (lambda day: day.replace(day=1))
        shift = 1 + self.week_start  # the first of all days is a Monday, its ordinal is 1

        def week(day: date) -> int:
            return (day.toordinal() - shift) // 7

        return week, lambda day: date.fromordinal(max(week(day) * 7 + shift, 1))


def _chosen(positions: tuple[int, ...], length: int) -> list[int]:
    """Return the indices that *positions*, from 1 or from the end, are of, in order, each once."""
    indices = {at - 1 if at > 0 else length + at for at in positions}
    return sorted(index for index in indices if 0 <= index < length)


def expansion(parts: Parts, start: datetime) -> Expansion:
    """
    Return what the parts of a rule mean when it begins at *start*.

    Source: RFC 5545: "Information, not contained in the rule, necessary to determine the various
    recurrence instance start time and dates are derived from the Start Time (DTSTART)".
    """
    unit = _UNITS.get(parts.frequency, 0)
    hours = parts.hours or (start.hour,)
    minutes = parts.minutes or (start.minute,)
    seconds = parts.seconds or (start.second,)
    # What is finer than the unit expands it, what is not limits it.
    within = [hours if unit in (0, _DAY) else (0,)]
    within += [minutes if unit not in (60, 1) else (0,), seconds if unit != 1 else (0,)]
    offsets = tuple(h * 3600 + m * 60 + s for h, m, s in product(*within))
    if unit and parts.positions:
        offsets = tuple(offsets[at] for at in _chosen(parts.positions, len(offsets)))
    days, year_days = _days(parts, start)
    return Expansion(
        start,
        parts.interval,
        parts.count,
        days,
        year_days,
        offsets,
        parts.frequency,
        parts.week_start,
        unit,
        () if unit else parts.positions,
        parts.hours if unit in (3600, 60, 1) else (),
        parts.minutes if unit in (60, 1) else (),
        parts.seconds if unit == 1 else (),
    )


def _days(parts: Parts, start: datetime) -> tuple[DayRule, _YearDays | None]:
    months, month_days, weekdays = parts.months, parts.month_days, parts.weekdays
    if not (parts.year_days or month_days or weekdays):
        if parts.frequency == "WEEKLY" or parts.weeks:
            weekdays = ((start.weekday(), 0),)
        elif parts.frequency in ("YEARLY", "MONTHLY"):
            month_days = (start.day,)
            if parts.frequency == "YEARLY":
                months = months or (start.month,)
    sets = []
    if month_days:
        numbers = sum(1 << day for day in month_days if day > 0)
        sets.append(Days(numbers, sum(1 << -day - 1 for day in month_days if day < 0)))
    of_year = parts.frequency == "YEARLY" and not months and any(n for _, n in weekdays)
    if weekdays and not of_year:
        plain = sum(1 << weekday for weekday, n in weekdays if not n)
        sets.append(Days(weekdays=plain, nth=tuple((1 << w, n) for w, n in weekdays if n)))
    every = Days(numbers=(1 << 32) - 2)
    rule = DayRule(sum(1 << month for month in months) or _ALL_MONTHS, tuple(sets) or (every,))
    if not (parts.year_days or parts.weeks or of_year):
        return rule, None
    ordinals = weekdays if of_year else ()
    return rule, _YearDays(parts.year_days, parts.weeks, ordinals, parts.week_start)


# ---- the clock

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(.*)", re.ASCII)


def _start(text: str) -> datetime:
    match = _COMPACT.fullmatch(text.strip())
    return scalars.moment("{}-{}-{} {}:{}:{}{}".format(*match.groups()) if match else text)


class _Start(Written[datetime]):
    """A wall time, also as RFC 5545 writes it: `20260130T090000`."""

    def value(self, raw: object) -> datetime:
        """Return the wall time that *raw* says."""
        return super().value(raw.isoformat(" ") if isinstance(raw, datetime) else raw)


_START = _Start(
    datetime,
    _start,
    scalars.moment_text,
    r"^(\d{4}-\d{1,2}-\d{1,2}[T ]+\d{1,2}:\d{2}(:\d{2})?|\d{8}T\d{6})$",
    "2026-12-24 18:00",
)


def _checked(text: str) -> str:
    from schedkit.clocks import recurrence_rule  # a clock that was read before needs no grammar

    recurrence_rule.parts(text)
    return text


_RULE = Written(str, _checked, str, r"^\s*[A-Za-z]+[:=]\S+\s*$", "FREQ=MONTHLY;BYMONTHDAY=-1")


class Rrule(Clock):
    """
    A recurrence rule of RFC 5545, from a moment on, on the wall clock of the job's timezone.

    A time that a clock change skips comes at the change, one that is shown twice comes the first
    time. A start that does not match the rule is not one of its times.
    """

    EXAMPLE: ClassVar[str] = "{rrule: FREQ=MONTHLY;BYMONTHDAY=-1, dtstart: 2026-01-30 09:00}"

    rule: Annotated[str, _RULE]
    """The parts of the rule: FREQ=WEEKLY;BYDAY=MO,FR;INTERVAL=2."""
    dtstart: Annotated[datetime, _START]
    """When the rule begins, in the job's timezone; what the rule leaves open is taken from it."""
    expansion: Expansion = derived()
    until: datetime | None = derived()

    def __post_init__(self) -> None:
        from schedkit.clocks import recurrence_rule  # a clock that was read before needs no grammar

        try:
            parts = recurrence_rule.parts(self.rule)
        except ConfigError as error:
            raise error.within("rule") from None
        object.__setattr__(self, "expansion", expansion(parts, self.dtstart))
        object.__setattr__(self, "until", parts.until)

    def __str__(self) -> str:
        return f"rrule {self.rule.strip()} from {scalars.moment_text(self.dtstart)}"

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """
        Yield every instant (UTC) later than *instant*, ascending and each once.

        Ends a hundred years after *instant*: a rule may match nothing.
        """
        begin = timeline.local(instant, zone)
        end = begin + min(_HORIZON, timeline.LAST.replace(tzinfo=None) - begin)
        last = instant
        for wall in self.expansion.walls(begin, end):
            fire = timeline.resolved(wall, zone)
            if self._is_over(wall, fire):
                return
            if fire > last:
                yield fire
                last = fire

    def nominals(self, instant: datetime, zone: tzinfo) -> list[datetime]:
        """Return the wall times meant by *instant*: those that a clock change skipped as well."""
        gap = timeline.skipped_before(instant, zone)
        if gap is None:
            return [timeline.local(instant, zone)]
        return [w for w in self.expansion.walls(*gap) if not self._is_over(w, instant)]

    def _is_over(self, wall: datetime, fire: datetime) -> bool:
        if self.until is None:
            return False
        return self.until < (wall if self.until.tzinfo is None else fire)
