"""
What a schedule must answer, found by walking time minute by minute.

Nothing here comes from schedkit: it is the rules 8 to 11 of the design, written down a second
time with plain sets and loops, slow and obviously right. An instant is an aware datetime in UTC, a
wall time a naive one.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
SMALL = 3 * HOUR  # a larger jump is a correction of the clock

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]  # as cron counts them

# Zones whose clocks change in a way of their own.
ZONES = (
    "UTC",
    "America/New_York",
    "Australia/Lord_Howe",  # by 30 minutes
    "America/Santiago",  # at midnight
    "Africa/Casablanca",  # back in spring, for Ramadan
)


class Around(NamedTuple):
    """A clock change to look at, and how far about it."""

    zone: str
    instant: datetime
    hours: int = 30


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CHANGES = (
    Around("America/New_York", _utc("2026-03-08 07:00")),
    Around("America/New_York", _utc("2026-11-01 06:00")),
    Around("Europe/London", _utc("2026-03-29 01:00")),
    Around("Europe/London", _utc("2026-10-25 01:00")),
    Around("Australia/Lord_Howe", _utc("2026-04-04 15:00")),
    Around("Australia/Lord_Howe", _utc("2026-10-03 15:30")),
    Around("America/Santiago", _utc("2026-04-05 03:00")),
    Around("America/Santiago", _utc("2026-09-06 04:00")),
    Around("Africa/Casablanca", _utc("2026-02-15 02:00")),
    Around("Africa/Casablanca", _utc("2026-03-22 02:00")),
    Around("Pacific/Apia", _utc("2011-09-24 14:00")),
    Around("Pacific/Apia", _utc("2011-12-30 10:00"), 54),  # a whole day is left out
    Around("Pacific/Apia", _utc("2012-03-31 14:00")),
    Around("Antarctica/Troll", _utc("2026-03-29 01:00")),  # by two hours
    Around("Antarctica/Casey", _utc("2009-10-17 18:00")),  # by three: still no correction
    Around("Antarctica/Casey", _utc("2010-03-04 15:00")),
    Around("UTC", _utc("2028-02-29 00:00")),  # no clock change at all, but a leap day
)


# ---- the wall of a zone, minute by minute


class Moment(NamedTuple):
    """A minute of a zone: when it begins, what the wall shows, what the wall left out before."""

    instant: datetime
    wall: datetime
    repeated: bool
    skipped: tuple[datetime, ...]


@cache
def walked(around: Around) -> tuple[Moment, ...]:
    """Return every minute about a clock change, in order."""
    zone = ZoneInfo(around.zone)
    instant = around.instant - around.hours * HOUR
    end = around.instant + around.hours * HOUR
    before = (instant - MINUTE).astimezone(zone).replace(tzinfo=None)
    shown = before  # up to here, included, the wall has shown every minute already
    moments = []
    while instant <= end:
        wall = instant.astimezone(zone).replace(tzinfo=None)
        jump = wall - before - MINUTE
        skipped = tuple(before + MINUTE * n for n in range(1, jump // MINUTE + 1))
        if jump < -SMALL:
            shown = before = wall - MINUTE
        small = jump <= SMALL
        moments.append(Moment(instant, wall, wall <= shown, skipped if small else ()))
        before, shown = wall, max(wall, shown)
        instant += MINUTE
    return tuple(moments)


def resolved(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant that shows *wall*, or the first after the gap that skipped it."""
    instant = wall.replace(minute=0, second=0, microsecond=0, tzinfo=UTC) - 27 * HOUR
    # Quarters of an hour: every change of our time lies on one, and so does every offset.
    while instant.astimezone(zone).replace(tzinfo=None) + QUARTER <= wall:
        instant += QUARTER
    shown = instant.astimezone(zone).replace(tzinfo=None)
    return instant + max(wall - shown, timedelta(0))


# ---- the fields of an expression


def _number(text: str, names: list[str], low: int) -> int:
    return names.index(text) + low if text in names else int(text)


def _values(item: str, low: int, high: int, names: list[str]) -> set[int]:
    """Return the values of one entry that is no special day: `*`, `5`, `5/10`, `22-4/2`."""
    base, slash, step_text = item.partition("/")
    step = int(step_text) if slash else 1
    if base in ("*", "?"):
        return set(range(low, high + 1, step))
    first_text, dash, last_text = base.partition("-")
    first = _number(first_text, names, low)
    last = _number(last_text, names, low) if dash else high if slash else first
    if first <= last:
        return set(range(first, last + 1, step))
    cycle = high - low + 1
    return {(value - low) % cycle + low for value in range(first, last + cycle + 1, step)}


def _field(text: str, low: int, high: int, names: list[str]) -> set[int]:
    return set().union(*(_values(item, low, high, names) for item in text.split(",")))


def _day_entry(item: str, day: date, length: int) -> bool:
    """Return whether an entry of the day-of-month field names *day*."""
    if item == "l":
        return day.day == length
    if item == "lw":
        return day == max(_working_days(day, length))
    if item.startswith("l-"):
        return day.day == length - int(item[2:])
    if item.endswith("w"):
        wanted = int(item[:-1])
        if wanted > length:
            return False
        target = day.replace(day=wanted)
        return day == min(_working_days(day, length), key=lambda d: (abs(d - target), d))
    return day.day in _values(item, 1, 31, [])


def _working_days(day: date, length: int) -> list[date]:
    days = [day.replace(day=n) for n in range(1, length + 1)]
    return [d for d in days if d.isoweekday() <= 5]


def _weekday_entry(item: str, day: date, length: int) -> bool:
    """Return whether an entry of the weekday field names *day*."""
    alike = [n for n in range(1, length + 1) if (n - day.day) % 7 == 0]
    name, sharp, nth = item.partition("#")
    if sharp:
        right_day = _number(name, WEEKDAYS, 0) % 7 == day.isoweekday() % 7
        return right_day and len(alike) >= int(nth) and alike[int(nth) - 1] == day.day
    if item.endswith("l"):
        right_day = _number(item[:-1], WEEKDAYS, 0) % 7 == day.isoweekday() % 7
        return right_day and alike[-1] == day.day
    values = _weekday_values(item)
    return day.isoweekday() % 7 in values


def _weekday_values(item: str) -> set[int]:
    base, slash, step = item.partition("/")
    first, dash, last = base.partition("-")
    if dash and (begin := _number(first, WEEKDAYS, 0)) > (end := _number(last, WEEKDAYS, 0)):
        return {day % 7 for day in range(begin % 7, end + 8, int(step or 1)) if day <= end + 7}
    return {value % 7 for value in _values(item, 0, 7 if dash or not slash else 6, WEEKDAYS)}


@dataclass
class Crontab:
    """A cron expression, taken apart."""

    expression: str
    day_or: bool = True
    _days: dict[date, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        texts = self.expression.lower().split()
        if len(texts) == 5:
            texts.insert(0, "0")
        second, minute, hour, self.day, self.month, self.weekday = texts
        self.seconds = sorted(_field(second, 0, 59, []))
        self.minutes = _field(minute, 0, 59, [])
        self.hours = _field(hour, 0, 23, [])
        self.months = _field(self.month, 1, 12, MONTHS)
        self.wild = minute.startswith("*") or hour.startswith("*")

    def on_day(self, day: date) -> bool:
        """Return whether the day fields and the month name *day*."""
        if day not in self._days:
            self._days[day] = day.month in self.months and self._day_fields(day)
        return self._days[day]

    def _day_fields(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        by_number = any(_day_entry(item, day, length) for item in self.day.split(","))
        by_weekday = any(_weekday_entry(item, day, length) for item in self.weekday.split(","))
        starred = any(text.startswith(("*", "?")) for text in (self.day, self.weekday))
        if starred or not self.day_or:
            return by_number and by_weekday
        return by_number or by_weekday

    def in_minute(self, wall: datetime) -> bool:
        """Return whether some second of a minute of the wall matches."""
        return wall.minute in self.minutes and wall.hour in self.hours and self.on_day(wall.date())

    @property
    def fires_at_all(self) -> bool:
        """Return whether any day of 28 years matches: in these, every month there is occurs."""
        first = date(2000, 1, 1)
        return any(self.on_day(first + DAY * n) for n in range(28 * 366))

    def fires(self, moments: Iterable[Moment]) -> Iterator[datetime]:
        """Yield the instants at which rule 10 fires the expression, in order."""
        for instant, wall, repeated, skipped in moments:
            if self.wild:
                made_up, runs = False, True
            else:
                made_up, runs = any(map(self.in_minute, skipped)), not repeated
            fires = {instant} if made_up else set()
            if runs and self.in_minute(wall):
                fires |= {instant + timedelta(seconds=second) for second in self.seconds}
            yield from sorted(fires)
