"""
The calendar events of systemd: what OnCalendar= says.

Source: systemd.time(7), "Calendar Events"; what it leaves open is as systemd-analyze(1) answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from schedkit.errors import ConfigError
from schedkit.scalars import WEEKDAYS
from schedkit.timeline import zone as known_zone

SECOND = 1_000_000  # what seconds are counted in: a calendar event has fractions of them
_MOST_VALUES = 10_000  # of a part; a microsecond as a step would be for millions
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_NAMES = {name: n for names in (WEEKDAYS, _LONG_DAYS) for n, name in enumerate(names)}
_SHORTHANDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "semi-annually": "*-01,07-01 00:00:00",
    "biannually": "*-01,07-01 00:00:00",
    "bi-annually": "*-01,07-01 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
    "anually": "*-01-01 00:00:00",  # systemd takes it, too
}


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """
    The times that an expression stands for: every combination of its parts.

    None is any value; of *microseconds* (of the minute) it is every full second. *weekdays* begin
    with Monday as 0. *from_end*: of *days*, 1 is the last of the month. *zone* is the one that the
    expression names.
    """

    weekdays: tuple[int, ...] | None = None
    years: tuple[int, ...] | None = None
    months: tuple[int, ...] | None = None
    days: tuple[int, ...] | None = None
    from_end: bool = False
    hours: tuple[int, ...] | None = (0,)
    minutes: tuple[int, ...] | None = (0,)
    microseconds: tuple[int, ...] | None = (0,)
    zone: str | None = None


class _Part(NamedTuple):
    name: str
    first: int
    last: int
    unit: int = 1


_YEAR = _Part("year", 1970, 2199)
_MONTH = _Part("month", 1, 12)
_DAY = _Part("day of month", 1, 31)
_DAY_FROM_END = _Part("day from the end of the month", 1, 28)
_HOUR = _Part("hour", 0, 23)
_MINUTE = _Part("minute", 0, 59)
_SECOND = _Part("second", 0, 60 * SECOND - 1, SECOND)

_VALUE = re.compile(
    r"(?P<first>\d{1,9}(?:\.\d+)?)(?:\.\.(?P<last>\d{1,9}(?:\.\d+)?))?"
    r"(?:/(?P<step>\d{1,9}(?:\.\d+)?))?",
    re.ASCII,
)
_DATE = re.compile(r"(?:(?P<year>[^-~]+)-)?(?P<month>[^-~]+)(?P<mark>[-~])(?P<day>[^-~]+)")
_EPOCH = re.compile(r"@(\d{1,12})", re.ASCII)
_DATE_AND_TIME = re.compile(r"(?<=\d)T(?=\d)", re.ASCII)


def calendar_event(text: str) -> CalendarEvent:
    """
    Read an expression.

    Raises: ConfigError.
    """
    words = text.split()
    zone = _zone(words)
    if len(words) == 1 and words[0].lower() in _SHORTHANDS:
        words = _SHORTHANDS[words[0].lower()].split()
    if len(words) == 1 and (epoch := _EPOCH.fullmatch(words[0])):
        return _at(datetime.fromtimestamp(int(epoch[1]), UTC))
    weekdays = _weekdays(words)
    if words:
        words[:1] = _DATE_AND_TIME.split(words[0])
    date = words.pop(0) if words and ":" not in words[0] else None
    time = words.pop(0) if words and ":" in words[0] else None
    if words or (date, time, weekdays) == (None, None, None):
        hint = "such as: Mon..Fri *-*-* 09:00:00"
        raise ConfigError.of(f"{text!r} is no calendar event of systemd", hint)
    years, months, days, from_end = _date(date)
    return CalendarEvent(weekdays, years, months, days, from_end, *_time(time), zone)


def _at(instant: datetime) -> CalendarEvent:
    date = ((instant.year,), (instant.month,), (instant.day,))
    time = ((instant.hour,), (instant.minute,), (instant.second * SECOND,))
    return CalendarEvent(None, *date, from_end=False, hours=time[0], minutes=time[1],
                         microseconds=time[2], zone="UTC")  # fmt: skip


def _zone(words: list[str]) -> str | None:
    """Take the zone, when the last of *words* is one, and return its name."""
    if len(words) < 2 or not words[-1][0].isalpha():
        return None
    name = words.pop()
    return "UTC" if name.lower() == "utc" else str(known_zone(name))


def _weekdays(words: list[str]) -> tuple[int, ...] | None:
    """Take the days of the week, when the first of *words* is a list of them, and return them."""
    if not words or not words[0][0].isalpha():
        return None
    found: set[int] = set()
    for item in words.pop(0).removesuffix(",").split(","):
        first, _, last = item.replace("..", "-").partition("-")
        begin, end = _weekday(first), _weekday(last or first)
        if begin > end:
            hint = f"write {first}..Sun,Mon..{last}"
            raise ConfigError.of(f"{item} runs backwards", hint)
        found.update(range(begin, end + 1))
    return tuple(sorted(found)) if len(found) < 7 else None


def _weekday(name: str) -> int:
    if name.lower() not in _DAY_NAMES:
        raise ConfigError.of(f"{name!r} is no day of the week")
    return _DAY_NAMES[name.lower()]


_Values = tuple[int, ...] | None


def _date(text: str | None) -> tuple[_Values, _Values, _Values, bool]:
    """Return years, months, days, and whether these count from the end of the month."""
    if text is None:
        return None, None, None, False
    match = _DATE.fullmatch(text)
    if match is None:
        raise ConfigError.of(f"{text!r} is no date of a calendar event", "such as: *-*-01")
    from_end = match["mark"] == "~"
    years = None if match["year"] is None else _values(match["year"], _YEAR)
    months = _values(match["month"], _MONTH)
    days = _values(match["day"], _DAY_FROM_END if from_end else _DAY)
    return years, months, days, from_end and days is not None


def _time(text: str | None) -> tuple[_Values, _Values, _Values]:
    if text is None:
        return (0,), (0,), (0,)
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise ConfigError.of(f"{text!r} is no time of a calendar event", "such as: 09:00:00")
    hours, minutes = _values(parts[0], _HOUR), _values(parts[1], _MINUTE)
    return hours, minutes, _values(parts[2], _SECOND) if len(parts) == 3 else (0,)


def _values(text: str, part: _Part) -> _Values:
    """Return the values of a part, in order; None when it may have any."""
    if text == "*":
        return None
    found: set[int] = set()
    for item in text.split(","):
        found.update(_item(item, part))
    return tuple(sorted(found))


def _item(item: str, part: _Part) -> Iterator[int]:
    match = _VALUE.fullmatch(item)
    if match is None or (part.unit == 1 and "." in item.replace("..", "")):
        raise ConfigError.of(f"{item!r} is no {part.name}", "write a number, a..b, or a/step")
    first, last = _number(match["first"], part), _number(match["last"], part)
    step = None if match["step"] is None else _scaled(match["step"], part)
    assert first is not None
    if step == 0:
        raise ConfigError.of(f"{item!r} repeats after nothing", "a step is 1 or more")
    if last is not None and last < first:
        raise ConfigError.of(f"{item} runs backwards")
    if part is _DAY_FROM_END:
        return _from_end(first, last, step)
    if step is None:
        step, last = part.unit, first if last is None else last
    elif last is None and first + step > part.last:
        raise ConfigError.of(f"{item!r} repeats never")
    found = range(first, (part.last if last is None else last) + 1, step)
    if len(found) > _MOST_VALUES:
        raise ConfigError.of(f"{item!r} stands for {len(found)} values")
    return iter(found)


def _from_end(first: int, last: int | None, step: int | None) -> Iterator[int]:
    """Yield days counted from the end of the month, which repetitions go towards: ~07/1."""
    if last is None:
        yield from (first,) if step is None else range(first, 0, -step)
    elif step is not None and first + step > last:
        yield first
    else:
        yield from range(last, first - 1, -(step or 1))


def _number(text: str | None, part: _Part) -> int | None:
    if text is None:
        return None
    number = _scaled(text, part)
    if part is _YEAR and number < 100:  # 12 is 2012, 89 is 1989
        number += 2000 if number < 70 else 1900
    if not part.first <= number <= part.last:
        last = part.last // part.unit
        raise ConfigError.of(f"{part.name} {text} is outside {part.first}-{last}")
    return number


def _scaled(text: str, part: _Part) -> int:
    return int((Decimal(text) * part.unit).to_integral_value(ROUND_HALF_UP))
