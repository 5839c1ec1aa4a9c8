"""
A calendar event, written as systemd reads it.

Source: systemd.time(7), "Calendar Events".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from schedkit.interchange.calendar_event import SECOND, CalendarEvent
from schedkit.scalars import WEEKDAYS

_SHORTHANDS = {
    "*-*-* 00:00:00": "daily",
    "*-*-* *:00:00": "hourly",
    "Mon *-*-* 00:00:00": "weekly",
    "*-*-01 00:00:00": "monthly",
    "*-01-01 00:00:00": "yearly",
}


def texts(event: CalendarEvent, zone: str) -> Iterator[str]:
    """
    Yield the expressions of an event, of *zone* unless it names one itself.

    More than one for days counted from the end of a month which do not follow each other: lists
    of such days are read wrongly by systemd up to 252 at least.
    """
    if not event.from_end or event.days is None:
        yield _text(event, zone)
        return
    for _, run in groupby(enumerate(event.days), lambda pair: pair[1] - pair[0]):
        yield _text(replace(event, days=tuple(day for _, day in run)), zone)


def _text(event: CalendarEvent, zone: str) -> str:
    seconds = event.microseconds and [moment // SECOND for moment in event.microseconds]
    parts = [event.hours, event.minutes, seconds]
    time = ":".join(_values(part, 0, last) for part, last in zip(parts, (23, 59, 59), strict=True))
    date = f"{_values(event.years)}-{_values(event.months, 1, 12)}{_day(event)}"
    weekdays = "" if event.weekdays is None else f"{_weekdays(event.weekdays)} "
    text = f"{weekdays}{date} {time}"
    return f"{_SHORTHANDS.get(text, text)} {event.zone or zone}"


def _day(event: CalendarEvent) -> str:
    if not event.from_end or event.days is None:
        return f"-{_values(event.days, 1, 31)}"
    first, last = event.days[0], event.days[-1]
    return f"~{first:02}" if first == last else f"~{first:02}..{last:02}"


def _weekdays(weekdays: Sequence[int]) -> str:
    names = [WEEKDAYS[day].capitalize() for day in weekdays]
    if len(names) > 2 and weekdays[-1] - weekdays[0] == len(names) - 1:
        return f"{names[0]}..{names[-1]}"
    return ",".join(names)


def _values(values: Sequence[int] | None, low: int = 0, high: int = -1) -> str:
    """Return values of a part, which lie from *low* to *high*."""
    if values is None:
        return "*"
    steps = {b - a for a, b in pairwise(values)}
    if len(values) > 2 and len(steps) == 1:
        step = steps.pop()
        if step == 1:
            return f"{values[0]:02}..{values[-1]:02}"
        end = "" if low <= high < values[-1] + step else f"..{values[-1]:02}"
        return f"{values[0]:02}{end}/{step}"
    return ",".join(f"{value:02}" for value in values)
