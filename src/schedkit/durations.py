"""Durations as people write them: `30s`, `1h30m`, `2w`, `1mo`."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedkit.errors import ConfigError
from schedkit.records import Record
from schedkit.regex import re

_UNITS = {  # in the order in which a duration is written; the first three are calendar time
    "mo": None,
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PART = re.compile(r"(\d+)\s*(mo|ms|[wdhms])", re.ASCII)
PATTERN = r"^\s*(\d+\s*(w|d|h|ms|m|s)\s*)+$"
PERIOD_PATTERN = r"^\s*[-+]?(\d+\s*(mo|w|d|h|ms|m|s)\s*)+$"
ZERO = timedelta(0)
_LONGEST_DAYS = 12 * 31 * 1000  # a calendar has an end, and so has what is added to its days


class Period(Record):
    """
    A length of time that keeps apart what a calendar counts and what a stopwatch does.

    `1d` ends at the same wall time on the next day; `24h` is 24 hours later, whatever the clocks
    do in between. All three parts have one sign.
    """

    months: int = 0
    days: int = 0
    elapsed: timedelta = ZERO

    def added_to(self, wall: datetime) -> datetime:
        """
        Return the wall time this much later; a day that a month lacks becomes its last.

        Raises: OverflowError beyond the years that datetime knows.
        """
        if self.months:
            from dateutil.relativedelta import relativedelta  # rarely used, slow to import

            try:
                wall = wall + relativedelta(months=self.months)
            except ValueError as error:  # what datetime itself calls an overflow
                raise OverflowError(str(error)) from error
        return wall + timedelta(days=self.days) + self.elapsed

    def __str__(self) -> str:
        negative = self.months < 0 or self.days < 0 or self.elapsed < ZERO
        months = f"{abs(self.months)}mo" if self.months else ""
        weeks, days = divmod(abs(self.days), 7)
        calendar = f"{weeks}w" if weeks and not days else f"{abs(self.days)}d" if self.days else ""
        elapsed = _clock_text(abs(self.elapsed)) if self.elapsed else ""
        return ("-" if negative else "") + (months + calendar + elapsed or "0s")


def period(text: str) -> Period:
    """
    Read a length of time, with a sign or without: `5d`, `-2w`, `1mo`, `90m`.

    Raises: ConfigError.
    """
    stripped = text.strip()
    sign = -1 if stripped.startswith("-") else 1
    months, days, elapsed = 0, 0, ZERO
    try:
        for number, unit in _parts(stripped[1:] if stripped[:1] in ("+", "-") else stripped):
            length = _UNITS[unit]
            if length is None:
                months += sign * number
            elif unit in ("w", "d"):
                days += sign * number * length.days
            else:
                elapsed += sign * number * length
        too_long = abs(months) * 31 + abs(timedelta(days=days) + elapsed).days > _LONGEST_DAYS
    except OverflowError:
        too_long = True
    if too_long:
        raise ConfigError.of(f"{text!r} is longer than a thousand years")
    return Period(months, days, elapsed)


def duration(text: str) -> timedelta:
    """
    Read a duration without a sign: `30s`, `1h30m`, `2d`. A day is 24 hours.

    Raises: ConfigError.
    """
    if text.strip().startswith("-"):
        raise ConfigError.of(f"{text.strip()!r} is negative", "a duration is not")
    read = period(text)
    if read.months:
        raise ConfigError.of("a month has no fixed length", "write days, such as 30d")
    return timedelta(days=read.days) + read.elapsed


def text(length: timedelta) -> str:
    """Return *length* as it would be written: `1h30m`, `2d`, `500ms`; what is smaller is lost."""
    sign = "-" if length < ZERO else ""
    length = abs(length)
    weeks, rest = divmod(length, timedelta(weeks=1))
    if weeks and not rest:
        return f"{sign}{weeks}w"
    days = f"{length.days}d" if length.days else ""
    clock = _clock_text(length - timedelta(days=length.days))
    return sign + (days + clock or "0s")


def brief(length: timedelta) -> str:
    """Return about how long, as a person wants to know it: `2ms`, `3.1s`, `12m04s`, `2d 1h`."""
    seconds = length.total_seconds()
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds < 0.9995:
        return f"{sign}{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{sign}{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{sign}{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{sign}{minutes}m{rest:02}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{sign}{hours}h{minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{sign}{days}d {hours}h"


def _clock_text(length: timedelta) -> str:
    parts = []
    for unit in ("h", "m", "s", "ms"):
        number, length = divmod(length, _UNITS[unit] or ZERO)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts)


def _parts(text: str) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        parts.append((int(match[1]), match[2]))
        position = match.end()
        while text[position : position + 1] == " ":
            position += 1
    if not parts:
        raise ConfigError.of("a duration is missing", "write one such as 30s, 1h30m or 2d")
    units = [unit for _, unit in parts]
    if sorted(set(units), key=list(_UNITS).index) != units:
        raise ConfigError.of(f"{text!r} names its units out of order", "write w d h m s, once each")
    return parts


def _unreadable(text: str, position: int) -> ConfigError:
    rest = text[position:]
    number = re.match(r"\d+", rest, re.ASCII)
    if number is not None and number.end() == len(rest):
        hint = f"did you mean {text}s or {text}m?"
        return ConfigError.of(f"a duration needs a unit: {text!r} has none", hint)
    return ConfigError.of(
        f"{text!r} is not a duration", "write numbers with units: 30s, 1h30m, 2d, 1w"
    )
