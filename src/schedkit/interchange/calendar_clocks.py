"""From a calendar event of systemd to the clock of ours that fires at the same times."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import pairwise, product
from typing import Any

from schedkit.errors import ConfigError
from schedkit.interchange import cron_fields
from schedkit.interchange.calendar_event import SECOND, CalendarEvent
from schedkit.interchange.cron_fields import Fields
from schedkit.scalars import WEEKDAYS, moment_text, wall_time_text, weekdays_text

_FEW = 4  # times or dates that are told one by one
_FEW_DATES = 12
_MANY_DATES = 1000  # that are looked through for those on the right day of the week
_FOREVER = 2199  # the last year of systemd
_ORDINALS = {1: "1st", 8: "2nd", 15: "3rd", 22: "4th"}  # by the first day that may be it


def clock(event: CalendarEvent) -> Any:
    """
    Return the clock as it is written in a file.

    Raises: ConfigError when there is none.
    """
    seconds = _seconds(event)
    if event.years is not None:
        return _in_years(event, seconds)
    plain = _in_words(event) if seconds == (0,) else None
    return plain or _cron(event, seconds)


def _seconds(event: CalendarEvent) -> tuple[int, ...] | None:
    if event.microseconds is None:
        return None
    if any(moment % SECOND for moment in event.microseconds):
        raise ConfigError.of("it fires between two seconds, which no clock here does")
    return tuple(moment // SECOND for moment in event.microseconds)


def _cron(event: CalendarEvent, seconds: tuple[int, ...] | None) -> Any:
    fields = Fields(
        seconds, event.minutes, event.hours, None if event.from_end else event.days,
        event.months, event.weekdays, (event.days or ()) if event.from_end else (),
    )  # fmt: skip
    text = cron_fields.expression(fields)
    day, _, weekday = text.split()[-3:]
    if day[0] == "*" or weekday == "*":
        return f"cron {text}"
    return {"cron": text, "day_or": False}


# ---- in words


def _in_words(event: CalendarEvent) -> str | None:
    """Return the clock as a person would say it, None when cron says it better."""
    if event.hours is None:
        return _hourly(event)
    if event.minutes is None or len(event.hours) * len(event.minutes) > _FEW:
        return None
    days = _days(event)
    at = ", ".join(wall_time_text(moment) for moment in _times(event))
    return None if days is None else f"{days} at {at}"


def _days(event: CalendarEvent) -> str | None:
    match event.weekdays, event.months, event.days:
        case None, None, None:
            return "daily"
        case (*weekdays,), None, None:
            return f"weekly {weekdays_text(tuple(weekdays))}"
        case _, None, (*_,):
            days = _monthly(event)
            return None if days is None else f"monthly {days}"
        case None, (*_,), (*_,):
            days = _yearly(event)
            return None if days is None else f"yearly {days}"
    return None


def _hourly(event: CalendarEvent) -> str | None:
    every_day = (event.weekdays, event.months, event.days) == (None, None, None)
    if not every_day or event.minutes is None or len(event.minutes) > _FEW:
        return None
    return "hourly" if event.minutes == (0,) else f"hourly at {','.join(map(str, event.minutes))}"


def _times(event: CalendarEvent) -> Iterator[time]:
    for hour, minute in product(event.hours or (), event.minutes or ()):
        yield time(hour, minute)


def _monthly(event: CalendarEvent) -> str | None:
    assert event.days is not None
    week = event.days == tuple(range(event.days[0], event.days[0] + 7))
    if event.weekdays is not None:
        if not week or len(event.weekdays) != 1:
            return None
        if event.from_end:
            n = "last" if event.days[0] == 1 else None
        else:
            n = _ORDINALS.get(event.days[0])
        return None if n is None else f"{n} {WEEKDAYS[event.weekdays[0]]}"
    if event.from_end:
        return "last" if event.days == (1,) else None
    return ",".join(map(str, event.days)) if len(event.days) <= _FEW else None


def _yearly(event: CalendarEvent) -> str | None:
    assert event.months is not None
    assert event.days is not None
    if event.from_end or len(event.months) * len(event.days) > _FEW:
        return None
    days = list(product(event.months, event.days))
    if not all(_exists(2024, month, day) for month, day in days):
        return None
    return ",".join(f"{month:02}-{day:02}" for month, day in days)


# ---- in some years


def _in_years(event: CalendarEvent, seconds: tuple[int, ...] | None) -> Any:
    assert event.years is not None
    dates = _dates(event, seconds)
    if dates is not None:
        return {"dates": dates}
    rules = [_rule(event, seconds, years) for years in _progressions(event.years)]
    return rules[0] if len(rules) == 1 else rules


def _dates(event: CalendarEvent, seconds: tuple[int, ...] | None) -> list[str] | None:
    """Return the moments one by one when these are few, None when they are not."""
    if not (event.months and event.days and event.hours and event.minutes and seconds):
        return None
    assert event.years is not None
    parts = (event.years, event.months, event.days, event.hours, event.minutes, seconds)
    if event.from_end or math.prod(map(len, parts)) > _MANY_DATES:
        return None
    moments = [
        datetime(*part)
        for part in product(*parts)
        if _exists(*part[:3]) and _on(event.weekdays, date(*part[:3]))
    ]
    if not moments:
        raise ConfigError.of("it never fires: there are no such dates")
    return [moment_text(moment) for moment in moments] if len(moments) <= _FEW_DATES else None


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _on(weekdays: tuple[int, ...] | None, day: date) -> bool:
    return weekdays is None or day.weekday() in weekdays


def _progressions(years: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the years in as few pieces as have one step each, read from the first on."""
    pieces: list[list[int]] = []
    for year in years:
        last = pieces[-1] if pieces else []
        if last and (len(last) == 1 or year - last[-1] == last[1] - last[0]):
            last.append(year)
        else:
            pieces.append([year])
    return [tuple(piece) for piece in pieces]


def _rule(
    event: CalendarEvent, seconds: tuple[int, ...] | None, years: tuple[int, ...]
) -> dict[str, str]:
    step = next((b - a for a, b in pairwise(years)), 1)
    days = event.days or (() if event.weekdays else tuple(range(1, 32)))
    parts = {
        "INTERVAL": "" if step == 1 else str(step),
        "BYMONTH": _listed(event.months or range(1, 13)),
        "BYMONTHDAY": _listed(-day if event.from_end else day for day in days),
        "BYDAY": ",".join(WEEKDAYS[day][:2].upper() for day in event.weekdays or ()),
        "BYHOUR": _listed(range(24) if event.hours is None else event.hours),
        "BYMINUTE": _listed(range(60) if event.minutes is None else event.minutes),
        "BYSECOND": _listed(range(60) if seconds is None else seconds),
        "UNTIL": "" if years[-1] + step > _FOREVER else f"{years[-1]}1231T235959",
    }
    rule = ";".join(["FREQ=YEARLY", *(f"{key}={value}" for key, value in parts.items() if value)])
    return {"rrule": rule, "dtstart": f"{years[0]}-01-01 00:00"}


def _listed(numbers: Any) -> str:
    return ",".join(map(str, numbers))
