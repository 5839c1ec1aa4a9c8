"""The adjustments that ask a calendar: onto business days and trading days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from schedkit.adjustments.adjustment import Adjustment, Reach
from schedkit.calendars import WEEKDAYS, Calendar, CalendarName, need_exchange
from schedkit.errors import ConfigError
from schedkit.regex import re
from schedkit.typed import Annotated, ClassVar
from schedkit.values import Written

_DAY = timedelta(days=1)
_ZERO = timedelta(0)


def _on(wall: datetime, day: date) -> datetime:
    return datetime.combine(day, wall.time())


def _rolled(calendar: Calendar, wall: datetime, step: int) -> datetime:
    return _on(wall, calendar.roll(wall.date(), step))


def _named(word: str, calendar: Calendar) -> str:
    return word if calendar is WEEKDAYS else f"{word} {calendar}"


class NextBusinessDay(Adjustment):
    """To the next business day; a business day stays."""

    EXAMPLE: ClassVar[str] = "next_business_day DE"

    calendar: CalendarName = WEEKDAYS
    """A name under calendars:, a country or an exchange; without one, Monday to Friday."""

    def __str__(self) -> str:
        return _named("next_business_day", self.calendar)

    @property
    def reach(self) -> Reach:
        """As far as a calendar is closed on end."""
        return Reach(_ZERO, self.calendar.longest * _DAY)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on the first business day that is not before it."""
        return _rolled(self.calendar, wall, 1)


class PreviousBusinessDay(Adjustment):
    """To the previous business day; a business day stays."""

    EXAMPLE: ClassVar[str] = "previous_business_day DE"

    calendar: CalendarName = WEEKDAYS
    """A name under calendars:, a country or an exchange; without one, Monday to Friday."""

    def __str__(self) -> str:
        return _named("previous_business_day", self.calendar)

    @property
    def reach(self) -> Reach:
        """As far as a calendar is closed on end."""
        return Reach(self.calendar.longest * _DAY, _ZERO)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on the last business day that is not after it."""
        return _rolled(self.calendar, wall, -1)


class NearestBusinessDay(Adjustment):
    """To the nearest business day, the later of two as near; a business day stays."""

    EXAMPLE: ClassVar[str] = "nearest_business_day DE"

    calendar: CalendarName = WEEKDAYS
    """A name under calendars:, a country or an exchange; without one, Monday to Friday."""

    def __str__(self) -> str:
        return _named("nearest_business_day", self.calendar)

    @property
    def reach(self) -> Reach:
        """As far as a calendar is closed on end."""
        longest = self.calendar.longest * _DAY
        return Reach(longest, longest)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on the business day with the fewest days between."""
        later, earlier = (_rolled(self.calendar, wall, step) for step in (1, -1))
        return later if later - wall <= wall - earlier else earlier


class ModifiedFollowing(Adjustment):
    """To the next business day unless that leaves the month, then to the previous one."""

    EXAMPLE: ClassVar[str] = "modified_following DE"

    calendar: CalendarName = WEEKDAYS
    """A name under calendars:, a country or an exchange; without one, Monday to Friday."""

    def __str__(self) -> str:
        return _named("modified_following", self.calendar)

    @property
    def reach(self) -> Reach:
        """As far as a calendar is closed on end."""
        longest = self.calendar.longest * _DAY
        return Reach(longest, longest)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on a business day of its own month."""
        later = _rolled(self.calendar, wall, 1)
        return later if later.month == wall.month else _rolled(self.calendar, wall, -1)


def _count(text: str) -> int:
    if not re.fullmatch(r"[-+]?\d{1,5}", text.strip(), re.ASCII):
        raise ConfigError.of(f"{text!r} is not a whole number")
    n = int(text)
    if not 1 <= abs(n) <= 1000:
        raise ConfigError.of(f"{n} is outside 1-1000 and -1000 to -1")
    return n


class AddBusinessDays(Adjustment):
    """So many business days later or, when it is negative, earlier; it always moves."""

    EXAMPLE: ClassVar[str] = "add_business_days 2"

    n: Annotated[int, Written(int, _count, str, r"^[-+]?\d{1,5}$", "2")]
    """How many."""
    calendar: CalendarName = WEEKDAYS
    """A name under calendars:, a country or an exchange; without one, Monday to Friday."""

    def __str__(self) -> str:
        return _named(f"add_business_days {self.n}", self.calendar)

    @property
    def reach(self) -> Reach:
        """At least as many days, at most as many times the longest that the calendar is closed."""
        least = abs(self.n) * _DAY
        most = least * (1 + self.calendar.longest)
        return Reach(-least, most) if self.n > 0 else Reach(most, -least)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* so many business days on."""
        step = 1 if self.n > 0 else -1
        day = wall.date()
        for _ in range(abs(self.n)):
            day = self.calendar.roll(day + step * _DAY, step)
        return _on(wall, day)


class NextTradingDay(Adjustment):
    """To the next trading day of an exchange; a trading day stays."""

    EXAMPLE: ClassVar[str] = "next_trading_day XNYS"

    calendar: CalendarName
    """An exchange such as XNYS, or a name under calendars: that stands for one."""

    def __post_init__(self) -> None:
        need_exchange(self.calendar)

    def __str__(self) -> str:
        return f"next_trading_day {self.calendar}"

    @property
    def reach(self) -> Reach:
        """As far as an exchange is closed on end."""
        return Reach(_ZERO, self.calendar.longest * _DAY)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on the first trading day that is not before it."""
        return _rolled(self.calendar, wall, 1)


class PreviousTradingDay(Adjustment):
    """To the previous trading day of an exchange; a trading day stays."""

    EXAMPLE: ClassVar[str] = "previous_trading_day XNYS"

    calendar: CalendarName
    """An exchange such as XNYS, or a name under calendars: that stands for one."""

    def __post_init__(self) -> None:
        need_exchange(self.calendar)

    def __str__(self) -> str:
        return f"previous_trading_day {self.calendar}"

    @property
    def reach(self) -> Reach:
        """As far as an exchange is closed on end."""
        return Reach(self.calendar.longest * _DAY, _ZERO)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on the last trading day that is not after it."""
        return _rolled(self.calendar, wall, -1)
