"""When a clock of ours fires, as fields of a crontab that mean the same to cron."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from schedkit import timeline
from schedkit.clocks import Clock
from schedkit.clocks.every import Every
from schedkit.clocks.hours_years import YearDays
from schedkit.clocks.monthdays import DayRule, Days
from schedkit.clocks.recurrence import FIXED, WILD, Recurrence, WallClock
from schedkit.clocks.startup import Startup
from schedkit.errors import ConfigError
from schedkit.interchange.cron_fields import field

REBOOT = "@reboot"
_MINUTE = timedelta(minutes=1)
_AHEAD = timedelta(days=3660)  # in which the clocks of a zone change, if they still do
_MINUTES, _HOURS, _DAYS, _MONTHS, _WEEKDAYS = (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)


def times(clock: Clock, zone: tzinfo, now: datetime) -> list[str]:
    """
    Return the times of lines that together fire when *clock* does from *now* on.

    Raises: ConfigError when there are none.
    """
    if isinstance(clock, Startup):
        return [REBOOT]
    if isinstance(clock, Every):
        return [_every(clock, zone, now)]
    if isinstance(clock, WallClock):
        return list(_recurring(clock.recurrence))
    raise ConfigError.of(f"a crontab has nothing like {str(clock)!r}")


def _recurring(meaning: Recurrence) -> Iterator[str]:
    if any(seconds != (0,) for _, _, seconds in meaning.times):
        raise ConfigError.of("it fires within a minute, and cron looks once a minute")
    for minutes, hours in _products(meaning):
        at = _at(minutes, hours, meaning)
        for days in _days(meaning.days):
            yield f"{at} {days}"


def _products(meaning: Recurrence) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """Yield minutes, and the hours that have these."""
    hours: dict[tuple[int, ...], list[int]] = {}
    together: dict[int, set[int]] = {}
    for hour, minutes, _ in meaning.times:
        together.setdefault(hour, set()).update(minutes)
    for hour, found in sorted(together.items()):
        hours.setdefault(tuple(sorted(found)), []).append(hour)
    yield from hours.items()


def _at(minutes: Sequence[int], hours: Sequence[int], meaning: Recurrence) -> str:
    """
    Return the fields of minute and hour.

    A star at the beginning of either tells cron to follow the clock on the wall when it changes,
    none to make up for what that skips, once.
    """
    if meaning.dst == FIXED:
        return f"{_unstarred(minutes, *_MINUTES)} {_unstarred(hours, *_HOURS)}"
    if meaning.dst != WILD:
        raise ConfigError.of("what it does when the clocks change cron does for no job")
    fields = [field(minutes, *_MINUTES), field(hours, *_HOURS)]
    if not any(text.startswith("*") for text in fields):
        starred = _starred(minutes, *_MINUTES)
        if starred is not None:
            fields[0] = starred
        elif (starred := _starred(hours, *_HOURS)) is not None:
            fields[1] = starred
        else:
            raise ConfigError.of("cron makes up for fixed times that a clock change skips")
    return " ".join(fields)


def _unstarred(values: Sequence[int], low: int, high: int) -> str:
    text = field(values, low, high)
    return f"{low}-{high}{text[1:]}" if text.startswith("*") else text


def _starred(values: Sequence[int], low: int, high: int) -> str | None:
    """Return a field of these values that begins with a star, None when no star is among them."""
    text = field(values, low, high)
    if text.startswith("*"):
        return text
    for step in range(2, high - low + 2):
        star = set(range(low, high + 1, step))
        if star <= set(values):
            rest = [value for value in values if value not in star]
            return f"*/{step},{field(rest, low, high)}" if rest else f"*/{step}"
    return None


# ---- days


def _days(days: object) -> Iterator[str]:
    """Yield the fields of day, month and weekday."""
    if isinstance(days, YearDays):
        yield from _of_year(days)
        return
    assert isinstance(days, DayRule)
    if any(one.before_last or one.nearest or one.nth for one in days.all_of):
        raise ConfigError.of("a crontab counts days from the first of a month, and no weeks")
    months = field(_bits(days.months, _MONTHS), *_MONTHS)
    if len(days.all_of) == 1:
        number, weekday = _either(days.all_of[0])
    else:
        number, weekday = _both(*days.all_of)
    yield f"{number} {months} {weekday}"


def _either(days: Days) -> tuple[str, str]:
    """Return the fields of day and weekday of which either is enough."""
    numbers, weekdays = _bits(days.numbers, _DAYS), _weekdays(days)
    if len(numbers) == 31 or len(weekdays) == 7:
        return "*", "*"
    number = _unstarred(numbers, *_DAYS) if numbers else "*"
    return number, _unstarred(weekdays, *_WEEKDAYS) if weekdays else "*"


def _both(first: Days, second: Days) -> tuple[str, str]:
    """Return the fields of day and weekday that have to match both."""
    numbers, weekdays = _bits(first.numbers, _DAYS), _weekdays(second)
    number, weekday = field(numbers, *_DAYS), field(weekdays, *_WEEKDAYS)
    if "*" in (number, weekday):
        return number, weekday
    if (starred := _starred(numbers, *_DAYS)) is not None:
        return starred, weekday
    if (starred := _starred(weekdays, *_WEEKDAYS)) is not None:
        return number, starred
    raise ConfigError.of("with a day of the month and a weekday, either is enough for cron")


def _of_year(days: YearDays) -> Iterator[str]:
    numbers: dict[int, list[int]] = {}
    for day in days.days:
        numbers.setdefault(day.month, []).append(day.day)
    months: dict[tuple[int, ...], list[int]] = {}
    for month, found in sorted(numbers.items()):
        months.setdefault(tuple(sorted(found)), []).append(month)
    for same, alike in months.items():
        yield f"{_unstarred(same, *_DAYS)} {field(alike, *_MONTHS)} *"


def _bits(mask: int, bounds: tuple[int, int]) -> list[int]:
    return [value for value in range(bounds[0], bounds[1] + 1) if mask >> value & 1]


def _weekdays(days: Days) -> list[int]:
    """Return the weekdays as cron counts them, from Sunday."""
    return sorted((bit + 1) % 7 for bit in range(7) if days.weekdays >> bit & 1)


# ---- intervals


def _every(clock: Every, zone: tzinfo, now: datetime) -> str:
    interval, anchor = clock.interval, clock.anchor
    if interval.days in (1, 7) and not anchor.second and not anchor.microsecond:
        weekday = anchor.isoweekday() % 7 if interval.days == 7 else "*"
        return f"{anchor.minute} {anchor.hour} * * {weekday}"
    count, rest = divmod(interval.elapsed, _MINUTE)
    if interval.days or rest or (60 % count if count < 60 else count % 60 or 1440 % count):
        raise ConfigError.of(f"a crontab counts anew each hour and each day: no {str(clock)!r}")
    begin = timeline.resolved(anchor, zone) - timeline.EPOCH
    phases = {divmod(begin + offset, _MINUTE) for offset in _offsets(zone, now)}
    phases = {(minutes % count, rest) for minutes, rest in phases}
    if len(phases) > 1:
        raise ConfigError.of("it counts elapsed time, cron the hours on the wall, which change")
    ((first, seconds),) = phases
    if seconds:
        raise ConfigError.of("it fires within a minute, and cron looks once a minute")
    if count <= 60:
        return f"{field(range(first, 60, count), *_MINUTES)} * * * *"
    hours = range(first // 60, 24, count // 60)
    return f"{first % 60} {field(hours, *_HOURS)} * * *"


def _offsets(zone: tzinfo, now: datetime) -> Iterator[timedelta]:
    """Yield what the wall shows beyond UTC, now and later."""
    offset = now.astimezone(zone).utcoffset()
    assert offset is not None
    yield offset
    for _, jump in timeline.changes(now, now + _AHEAD, zone):
        offset += jump
        yield offset
