"""The clocks `hourly` and `yearly`: minutes of every hour, days of every year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

from schedkit.clocks.monthdays import EVERY_DAY, DayRule, Days
from schedkit.clocks.recurrence import WILD, Recurrence, WallClock, single_times
from schedkit.errors import ConfigError
from schedkit.records import Record
from schedkit.regex import re
from schedkit.scalars import MonthDay, WallTimes, month_day, month_day_text, wall_time_text
from schedkit.typed import Annotated, ClassVar
from schedkit.values import Listed, Written, sorted_once

_ALL_MONTHS = (1 << 13) - 2


def _minute(text: str) -> int:
    stripped = text.strip().removeprefix(":")
    if not re.fullmatch(r"\d{1,4}", stripped, re.ASCII):
        raise ConfigError.of(f"{text.strip()!r} is no minute", "write a number from 0 to 59")
    if int(stripped) > 59:
        raise ConfigError.of(f"minute {int(stripped)} is outside 0-59")
    return int(stripped)


Minutes = Annotated[
    tuple[int, ...], Listed(Written(int, _minute, str, r"^:?[0-5]?\d$", "15"), sorted_once)
]


class Hourly(WallClock):
    """Every hour, at one minute or more; it follows the clock on the wall."""

    EXAMPLE: ClassVar[str] = "hourly at 15"

    at: Minutes = (0,)
    """Minutes of the hour; the full hour unless it is set."""

    def __post_init__(self) -> None:
        days = DayRule(_ALL_MONTHS, (Days(weekdays=EVERY_DAY),))
        times = tuple((hour, self.at, (0,)) for hour in range(24))
        object.__setattr__(self, "recurrence", Recurrence(days, times, WILD))

    def __str__(self) -> str:
        return "hourly" if self.at == (0,) else f"hourly at {','.join(map(str, self.at))}"


class YearDays(Record):
    """Days of every year; a 29 February is in leap years only."""

    days: tuple[MonthDay, ...]

    def first(self, begin: date) -> date | None:
        """Return the first day not before *begin*; leap days are eight years apart at most."""
        end = date(min(begin.year + 9, date.max.year), 12, 31)
        return next(self.dates(begin, end), None)

    def dates(self, begin: date, end: date) -> Iterator[date]:
        """Yield the days from *begin* to *end*, both included, in order."""
        for year in range(begin.year, end.year + 1):
            for day in self.days:
                try:
                    found = date(year, day.month, day.day)
                except ValueError:
                    continue
                if begin <= found <= end:
                    yield found


def _day_of_year(text: str) -> MonthDay:
    day = month_day(text)
    if day.year is not None:
        hint = "write 12-24, or the clock: dates 2026-12-24 18:00"
        raise ConfigError.of(f"{text.strip()!r} has a year", hint)
    return day


DaysOfYear = Annotated[
    tuple[MonthDay, ...],
    Listed(
        Written(MonthDay, _day_of_year, month_day_text, r"^\d{1,2}-\d{1,2}$", "12-24"),
        lambda days: tuple(sorted(set(days), key=lambda day: day[:2])),
    ),
]


class Yearly(WallClock):
    """On days of every year."""

    EXAMPLE: ClassVar[str] = "yearly 12-24 at 18:00"

    days: DaysOfYear
    """Days of the year: 12-24, [03-31, 09-30]."""
    at: WallTimes = (time(0),)
    """Times of day; midnight unless it is set."""

    def __post_init__(self) -> None:
        meaning = Recurrence(YearDays(self.days), single_times(self.at))
        object.__setattr__(self, "recurrence", meaning)

    def __str__(self) -> str:
        days = ",".join(map(month_day_text, self.days))
        return f"yearly {days} at {','.join(map(wall_time_text, self.at))}"
