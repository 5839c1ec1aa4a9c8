"""The filters that ask a calendar: `business_day`, `holiday`, `trading_day`, `nth_business_day`."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from schedkit.calendars import WEEKDAYS, CalendarName, need_exchange
from schedkit.errors import ConfigError
from schedkit.filters.filter import Filter
from schedkit.regex import re
from schedkit.typed import Annotated, ClassVar
from schedkit.values import Written

_DAY = timedelta(days=1)


class BusinessDay(Filter):
    """Days that are no weekend and no holiday; without a calendar, Monday to Friday."""

    EXAMPLE: ClassVar[str] = "business_day DE"

    calendar: CalendarName = WEEKDAYS
    """A name under calendars:, a country such as DE or DE-BY, or an exchange such as XNYS."""

    def __str__(self) -> str:
        return "business_day" if self.calendar is WEEKDAYS else f"business_day {self.calendar}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a business day."""
        return self.calendar.is_business_day(wall.date())

    def why_not(self, wall: datetime) -> str | None:
        """Return what makes the day of *wall* no business day."""
        return self.calendar.why_closed(wall.date())


class Holiday(Filter):
    """Public holidays; weekends are none."""

    EXAMPLE: ClassVar[str] = "holiday DE"

    calendar: CalendarName
    """A name under calendars:, a country such as DE or DE-BY, or an exchange such as XNYS."""

    def __str__(self) -> str:
        return f"holiday {self.calendar}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a holiday."""
        return self.calendar.holiday(wall.date()) is not None

    def why(self, wall: datetime) -> str | None:
        """Return which holiday it is."""
        return self.calendar.holiday(wall.date())


class TradingDay(Filter):
    """Days on which an exchange is open, if only for a part of the day."""

    EXAMPLE: ClassVar[str] = "trading_day XNYS"

    calendar: CalendarName
    """An exchange such as XNYS, or a name under calendars: that stands for one."""

    def __post_init__(self) -> None:
        need_exchange(self.calendar)

    def __str__(self) -> str:
        return f"trading_day {self.calendar}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a trading day."""
        return self.calendar.is_business_day(wall.date())

    def why_not(self, wall: datetime) -> str | None:
        """Return what makes the day of *wall* no trading day."""
        return self.calendar.why_closed(wall.date())


def _n(text: str) -> int:
    if not re.fullmatch(r"[-+]?\d{1,4}", text.strip(), re.ASCII):
        raise ConfigError.of(f"{text!r} is not a whole number")
    n = int(text)
    if not 1 <= abs(n) <= 31:
        raise ConfigError.of(f"{n} is outside 1-31 and -31 to -1", "-1 is the last of a month")
    return n


class NthBusinessDay(Filter):
    """The n-th business day of the month, from its end when n is negative."""

    EXAMPLE: ClassVar[str] = "nth_business_day -1"

    n: Annotated[int, Written(int, _n, str, r"^[-+]?\d{1,4}$", "-1")]
    """Which one: 1 is the first, -1 the last."""
    calendar: CalendarName = WEEKDAYS
    """A name under calendars:, a country or an exchange; without one, Monday to Friday."""

    def __str__(self) -> str:
        of = "" if self.calendar is WEEKDAYS else f" {self.calendar}"
        return f"nth_business_day {self.n}{of}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on that day."""
        day = wall.date()
        if not self.calendar.is_business_day(day):
            return False
        step = -_DAY if self.n > 0 else _DAY
        left = abs(self.n) - 1
        other = day + step
        while other.month == day.month and left >= 0:
            if self.calendar.is_business_day(other):
                left -= 1
            other += step
        return left == 0


def month_length(day: date) -> int:
    """Return how many days the month of *day* has."""
    following = day.replace(day=28) + timedelta(days=4)
    return (following - timedelta(days=following.day)).day
