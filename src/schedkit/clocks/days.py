"""The clocks `daily`, `weekly` and `monthly`: days at fixed times of day."""

from __future__ import annotations

from datetime import time
from functools import lru_cache

from schedkit.clocks.monthdays import EVERY_DAY, MON_TO_FRI, DayRule, Days
from schedkit.clocks.recurrence import Recurrence, WallClock, single_times
from schedkit.errors import ConfigError, did_you_mean
from schedkit.regex import re
from schedkit.scalars import WEEKDAYS, WallTimes, Weekdays, wall_time_text, weekday, weekdays_text
from schedkit.typed import Annotated, ClassVar
from schedkit.values import Listed, Written, sorted_once

_ALL_MONTHS = (1 << 13) - 2
_EVERY_DAY = DayRule(_ALL_MONTHS, (Days(weekdays=EVERY_DAY),))
_MIDNIGHT = (time(0),)


class Daily(WallClock):
    """Every day, at one time or more."""

    EXAMPLE: ClassVar[str] = "daily at 02:30"

    at: WallTimes
    """Times of day."""

    def __post_init__(self) -> None:
        _settle(self, _EVERY_DAY, self.at)

    def __str__(self) -> str:
        return f"daily{_at(self.at)}"


class Weekly(WallClock):
    """On days of the week."""

    EXAMPLE: ClassVar[str] = "weekly mon,thu at 09:00"

    days: Weekdays
    """Days of the week: mon, mon-fri, [sat, sun]."""
    at: WallTimes = _MIDNIGHT
    """Times of day; midnight unless it is set."""

    def __post_init__(self) -> None:
        _settle(self, _weekly(self.days), self.at)

    def __str__(self) -> str:
        return f"weekly {weekdays_text(self.days)}{_at(self.at)}"


# ---- days of a month: (weekdays, n); no weekdays: the n-th day, from the end when negative

_ORDINALS = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "last": -1}
_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


def _month_position(text: str) -> tuple[int, int]:
    words = text.strip().lower().split()
    if len(words) == 1 and re.fullmatch(r"\d{1,4}", words[0], re.ASCII):
        if not 1 <= int(words[0]) <= 31:
            raise ConfigError.of(f"day {words[0]} is outside 1-31", "the last day is: last")
        return 0, int(words[0])
    if words == ["last"]:
        return 0, -1
    n = (_ORDINALS | _WORDS).get(words[0]) if words else None
    if n is None or len(words) > 2:
        known = [*_ORDINALS, *_WORDS]
        hint = did_you_mean(words[0], known) if words else None
        raise ConfigError.of(
            f"{text.strip()!r} is no day of a month",
            hint or "write one such as 15, last, last fri, 2nd tue, first weekday",
        )
    if len(words) == 1:
        raise ConfigError.of(f"{text.strip()!r} of what?", f"write {words[0]} mon or a number")
    if words[1] == "weekday":
        return MON_TO_FRI, n
    return 1 << weekday(words[1]), n


def _month_position_text(position: tuple[int, int]) -> str:
    weekdays, n = position
    if not weekdays:
        return "last" if n < 0 else str(n)
    ordinal = next(word for word, number in _ORDINALS.items() if number == n)
    name = "weekday" if weekdays == MON_TO_FRI else WEEKDAYS[weekdays.bit_length() - 1]
    return f"{ordinal} {name}"


_POSITION = Written(
    tuple,
    _month_position,
    _month_position_text,
    r"^\s*(\d{1,2}|[A-Za-z]+|\w+\s+[A-Za-z]+)\s*$",
    "last fri",
)
MonthPositions = Annotated[tuple[tuple[int, int], ...], Listed(_POSITION, sorted_once)]


class Monthly(WallClock):
    """On days of every month; a month that lacks such a day is left out."""

    EXAMPLE: ClassVar[str] = "monthly 15 at 09:00"

    days: MonthPositions
    """Days of the month: 15, last, last fri, 2nd tue, first weekday."""
    at: WallTimes = _MIDNIGHT
    """Times of day; midnight unless it is set."""

    def __post_init__(self) -> None:
        _settle(self, _monthly(self.days), self.at)

    def __str__(self) -> str:
        return f"monthly {','.join(map(_month_position_text, self.days))}{_at(self.at)}"


@lru_cache  # many clocks name the same days, each its own times
def _weekly(days: tuple[int, ...]) -> DayRule:
    return DayRule(_ALL_MONTHS, (Days(weekdays=sum(1 << day for day in days)),))


@lru_cache
def _monthly(positions: tuple[tuple[int, int], ...]) -> DayRule:
    days = Days()
    for weekdays, n in positions:
        if weekdays:
            days |= Days(nth=((weekdays, n),))
        else:
            days |= Days(numbers=1 << n) if n > 0 else Days(before_last=1)
    return DayRule(_ALL_MONTHS, (days,))


def _settle(clock: WallClock, days: DayRule, at: tuple[time, ...]) -> None:
    meaning = Recurrence(days, single_times(at))
    object.__setattr__(clock, "recurrence", meaning)


def _at(at: tuple[time, ...]) -> str:
    return f" at {','.join(map(wall_time_text, at))}"
