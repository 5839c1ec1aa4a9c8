"""Days of an iCalendar file, for a calendar of our own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from schedkit.errors import ConfigError

_LAST = date(2099, 12, 31)  # up to where repeated events are spelled out, as holidays are
_DAY = timedelta(days=1)


def days(path: Path) -> list[date]:
    """
    Return the days that the events of a file cover, each once and in order.

    An event of several days covers all of them, one that repeats every repetition until 2099.

    Raises: ConfigError.
    """
    try:
        import icalendar
    except ImportError:
        hint = "pip install 'schedkit[calendars]'"
        raise ConfigError.of("reading iCalendar files takes a package", hint) from None
    try:
        events = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError.of(f"{path} cannot be read: {reason}") from error
    except ValueError as error:
        raise ConfigError.of(f"{path} is no iCalendar file: {error}") from error
    return sorted({day for event in events for day in _covered(event)})


def _covered(event: Any) -> set[date]:
    if "DTSTART" not in event:
        return set()
    begin = _date(event.decoded("DTSTART"))
    end = _date(event.decoded("DTEND")) if "DTEND" in event else begin + _DAY
    length = max((end - begin).days, 1)
    begins = [begin]
    if "RRULE" in event:
        from dateutil.rrule import rrulestr

        rule = rrulestr(
            event["RRULE"].to_ical().decode(), dtstart=datetime.combine(begin, datetime.min.time()),
            ignoretz=True,
        )  # fmt: skip
        last = datetime.combine(_LAST, datetime.min.time())
        begins = [repeated.date() for repeated in rule.between(rule[0], last, inc=True)]
    return {first + n * _DAY for first in begins for n in range(length)}


def _date(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
