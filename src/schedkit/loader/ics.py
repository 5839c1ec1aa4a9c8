"""Days of an iCalendar file, for a calendar of our own."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from schedkit.errors import ConfigError

_YEARS = (date(1970, 1, 1), date(2100, 1, 1))  # what repeats is spelled out for, as holidays are
_DAY = timedelta(days=1)
_TOO_OFTEN = re.compile(rb"FREQ=(SECONDLY|MINUTELY|HOURLY)")  # no event of days: it would not end


def days(path: Path) -> list[date]:
    """
    Return the days that the events of a file cover, each once and in order.

    An event of several days covers all of them, one that repeats each repetition until 2099.

    Raises: ConfigError.
    """
    try:
        import icalendar
        import recurring_ical_events
    except ImportError:
        hint = "pip install 'schedkit[calendars]'"
        raise ConfigError.of("reading iCalendar files takes a package", hint) from None
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError.of(f"{path} cannot be read: {reason}") from error
    if found := _TOO_OFTEN.search(data):
        message = f"{path} is no iCalendar file of days: {found[0].decode()}"
        raise ConfigError.of(message)
    try:
        calendar = icalendar.Calendar.from_ical(data)
        calendar.subcomponents = [one for one in calendar.subcomponents if "DTSTART" in one]
        events = recurring_ical_events.of(calendar).between(*_YEARS)
        return sorted({day for event in events for day in _covered(event)})
    except Exception as error:
        # The two packages raise whatever comes of what they are given.
        raise ConfigError.of(f"{path} is no iCalendar file: {error}") from error


def _covered(event: Any) -> list[date]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return []
    begin, end = (event.decoded(name) for name in ("DTSTART", "DTEND"))
    first = begin.date() if isinstance(begin, datetime) else begin
    if isinstance(end, datetime):
        # The end is not included: one at midnight does not touch the day that begins then.
        last = (end - timedelta(microseconds=1)).date() if end > begin else end.date()
    else:
        last = end - _DAY
    if (last - first).days > 366:
        raise ValueError(f"an event of {(last - first).days} days")
    return [first + n * _DAY for n in range(max((last - first).days, 0) + 1)]
