"""The filters about months: which of them, and which of their days."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedkit.errors import ConfigError
from schedkit.filters.calendar_days import month_length
from schedkit.filters.filter import Filter, next_day
from schedkit.regex import re
from schedkit.scalars import WEEKDAYS, MonthNumbers, month_numbers_text, weekday
from schedkit.typed import Annotated, ClassVar, NamedTuple
from schedkit.values import Listed, Written, sorted_once

_DAY = timedelta(days=1)


class Months(Filter):
    """The months that are listed."""

    EXAMPLE: ClassVar[str] = "months nov-feb"

    months: MonthNumbers
    """Months: nov-feb, [jan, jul]."""

    def __str__(self) -> str:
        return f"months {month_numbers_text(self.months)}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is in one of the months."""
        return wall.month in self.months

    def until(self, wall: datetime) -> datetime:
        """Return the midnight at which a month begins with another answer."""
        answer = self.admits(wall)
        first = wall.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        for _ in range(12):
            if (first.year, first.month) == (datetime.max.year, 12):
                return datetime.max
            first = (first + 31 * _DAY).replace(day=1)
            if self.admits(first) != answer:
                return first
        return datetime.max


def _days_of_month(text: str) -> tuple[int, ...]:
    first, dash, last = text.strip().partition("-")
    numbers = []
    for part in (first, last) if dash else (first,):
        if not re.fullmatch(r"\s*\d{1,2}\s*", part, re.ASCII) or not 1 <= int(part) <= 31:
            raise ConfigError.of(f"{part.strip()!r} is no day of a month", "a day is 1 to 31")
        numbers.append(int(part))
    if numbers[0] > numbers[-1]:
        hint = f"write {numbers[0]}-31,1-{numbers[-1]}"
        raise ConfigError.of(f"{text.strip()!r} runs backwards", hint)
    return tuple(range(numbers[0], numbers[-1] + 1))


class _DaysOfMonth(Listed[tuple[int, ...]]):
    def write(self, value: tuple[int, ...]) -> str:
        return ",".join(map(str, value))


DaysOfMonthValue = Annotated[
    tuple[int, ...],
    _DaysOfMonth(
        Written(tuple, _days_of_month, str, r"^\d{1,2}(\s*-\s*\d{1,2})?$", "1-7"),
        lambda spans: sorted_once(day for span in spans for day in span),
    ),
]


class DaysOfMonth(Filter):
    """The days of the month that are listed."""

    EXAMPLE: ClassVar[str] = "days_of_month 1-7"

    days: DaysOfMonthValue
    """Days: 15, 1-7, [1, 15]."""

    def __str__(self) -> str:
        days = self.days
        if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
            return f"days_of_month {days[0]}-{days[-1]}"
        return f"days_of_month {','.join(map(str, days))}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on one of the days."""
        return wall.day in self.days


class MonthStart(Filter):
    """The first day of every month."""

    def __str__(self) -> str:
        return "month_start"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on the first day of its month."""
        return wall.day == 1


class MonthEnd(Filter):
    """The last day of every month."""

    def __str__(self) -> str:
        return "month_end"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on the last day of its month."""
        return wall.day == month_length(wall.date())


class NthDay(NamedTuple):
    """The n-th such weekday of a month, from its end when *n* is negative; Monday is 0."""

    n: int
    weekday: int


def _nth_day(text: str) -> NthDay:
    words = text.split()
    if len(words) != 2:
        raise ConfigError.of(f"{text.strip()!r} names no weekday", "write it as 2 tue or -1 fri")
    if words[0].lower() != "last" and not re.fullmatch(r"[-+]?\d{1,3}", words[0], re.ASCII):
        hint = "write it as 2 tue or -1 fri"
        raise ConfigError.of(f"{words[0]!r} is not a whole number", hint)
    n = -1 if words[0].lower() == "last" else int(words[0])
    if not 1 <= abs(n) <= 5:
        raise ConfigError.of(f"{n} is outside 1-5: a month has at most five of a weekday")
    return NthDay(n, weekday(words[1]))


class NthWeekday(Filter):
    """The n-th such day of the week of every month, from its end when n is negative."""

    EXAMPLE: ClassVar[str] = "nth_weekday 2 tue"

    day: Annotated[
        NthDay,
        Written(
            NthDay,
            _nth_day,
            lambda day: f"{day.n} {WEEKDAYS[day.weekday]}",
            r"^([-+]?0*[1-5]|[Ll][Aa][Ss][Tt])\s+\w+$",
            "2 tue",
        ),
    ]
    """Which one: 2 tue, -1 fri."""

    def __str__(self) -> str:
        return f"nth_weekday {self.day.n} {WEEKDAYS[self.day.weekday]}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on that day."""
        if wall.weekday() != self.day.weekday:
            return False
        if self.day.n > 0:
            return (wall.day - 1) // 7 == self.day.n - 1
        return (month_length(wall.date()) - wall.day) // 7 == -self.day.n - 1

    def until(self, wall: datetime) -> datetime:
        """Return the midnight at which the next such day of the week begins, or this one ends."""
        if wall.weekday() == self.day.weekday:
            return next_day(wall)
        ahead = (self.day.weekday - wall.weekday()) % 7
        if wall.date() > datetime.max.date() - 7 * _DAY:
            return datetime.max
        return next_day(wall) + (ahead - 1) * _DAY
