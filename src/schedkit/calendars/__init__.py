"""
Calendars: business days, public holidays, sessions of an exchange.

A calendar is made once, when it is read, of what the packages `holidays` and
`exchange_calendars` know, and is plain data from then on: it can be sent and asked anywhere.
"""

from schedkit.calendars.calendar import (
    WEEKDAYS,
    Calendar,
    Session,
    need_exchange,
)
from schedkit.errors import CalendarEndsError
from schedkit.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from schedkit.calendars.reading import SCHEMA, CalendarName, known, read_calendar

__all__ = [
    "SCHEMA",
    "WEEKDAYS",
    "Calendar",
    "CalendarEndsError",
    "CalendarName",
    "Session",
    "known",
    "need_exchange",
    "read_calendar",
]


def __getattr__(name: str) -> object:
    # What it takes to read a calendar is imported when one is read: who only asks one is faster.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from schedkit.calendars import reading

    found: object = getattr(reading, name)
    return found
