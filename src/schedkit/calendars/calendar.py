"""What a calendar is: plain data that says which days are business days."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise

from schedkit.errors import CalendarEndsError, ConfigError
from schedkit.records import Record, field, replace
from schedkit.typed import Any

_DAY = timedelta(days=1)
_WEEKEND = frozenset((5, 6))


class Session(Record):
    """A trading day of an exchange: when it opens and closes (UTC)."""

    opens: datetime
    closes: datetime


class Calendar(Record):
    """
    Which days are business days, and why others are not.

    *written* is what it was read from and says it again. *closed* holds the days that are no
    business days although no weekend, with their names; *open* those that are in spite of all.
    *sessions* holds, for an exchange, its trading days, which are its business days. It knows
    the days from *first* to *last*, where it has an end. *longest* is the most days on end that
    are no business days.
    """

    written: Any
    name: str
    weekend: frozenset[int] = _WEEKEND
    closed: Mapping[date, str] = field(default_factory=dict)
    open: frozenset[date] = frozenset()
    sessions: Mapping[date, Session] | None = None
    first: date | None = None
    last: date | None = None
    longest: int = 2

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Calendar({self.written!r}, {self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.written == other.written

    def __hash__(self) -> int:
        return hash(repr(self.written))

    def is_business_day(self, day: date) -> bool:
        """
        Return whether *day* is one: no weekend, no holiday; for an exchange, a trading day.

        Raises: CalendarEndsError.
        """
        self.check(day)
        if day in self.open:
            return True
        if day in self.closed:
            return False
        return day in self.sessions if self.sessions is not None else not self.is_weekend(day)

    def is_weekend(self, day: date) -> bool:
        """Return whether *day* is of the calendar's weekend."""
        return day.weekday() in self.weekend

    def holiday(self, day: date) -> str | None:
        """
        Return the name of the holiday on *day*, None when there is none.

        Raises: CalendarEndsError.
        """
        self.check(day)
        if day in self.open:
            return None
        name = self.closed.get(day)
        if name is None and self.sessions is not None and day not in self.sessions:
            return None if self.is_weekend(day) else f"{self.name} is closed"
        return name

    def why_closed(self, day: date) -> str | None:
        """Return why *day* is no business day, None when it is one."""
        if self.is_business_day(day):
            return None
        return self.holiday(day) or ("weekend" if self.is_weekend(day) else "closed")

    def check(self, day: date) -> None:
        """
        Do nothing when the calendar knows *day*.

        Raises: CalendarEndsError.
        """
        if self.last is not None and day > self.last:
            raise CalendarEndsError(self.name, self.last)
        if self.first is not None and day < self.first:
            raise CalendarEndsError(self.name, self.first, begins=True)

    def measured(self) -> Calendar:
        """Return the same calendar with its *longest* counted."""
        if self.sessions is not None:
            days = [day for day in self.sessions if day not in self.closed]
            most = max((later - day).days - 1 for day, later in pairwise(days))
        else:
            week = [date(2001, 1, 1) + n * _DAY for n in range(14)]
            most = max(_run(week, self.weekend.__contains__))
            most = max([most, *(self._around(day) for day in self.closed)])
        return replace(self, longest=most)

    def _around(self, day: date) -> int:
        """Return for how many days on end, with *day* among them, there is no business day."""
        length = 0
        for step in (-_DAY, _DAY):
            other = day if step < timedelta(0) else day + step
            while self._is_closed(other):
                length += 1
                other += step
        return length

    def _is_closed(self, day: date) -> bool:
        return day not in self.open and (day in self.closed or self.is_weekend(day))

    def trading(self) -> Iterator[Session]:
        """Yield the sessions of the exchange, but those on days that are closed all the same."""
        for day, session in (self.sessions or {}).items():
            if day not in self.closed:
                yield session

    def roll(self, day: date, step: int) -> date:
        """
        Return the nearest business day from *day* on, or for a *step* of -1 back.

        Raises: CalendarEndsError.
        """
        while not self.is_business_day(day):
            day += step * _DAY
        return day


WEEKDAYS = Calendar(None, "Monday to Friday")  # what is meant where no calendar is named


def _run(days: list[date], closed: Callable[[int], bool]) -> Iterator[int]:
    """Yield how many days on end are closed, up to each of *days*."""
    length = 0
    for day in days:
        length = length + 1 if closed(day.weekday()) else 0
        yield length


def need_exchange(calendar: Calendar) -> None:
    """
    Do nothing when *calendar* is one of an exchange.

    Raises: ConfigError.
    """
    if calendar.sessions is None:
        hint = "name one such as XNYS, or write under calendars: {exchange: XNYS}"
        raise ConfigError.of(f"calendar {calendar} is of no exchange", hint).within("calendar")
