"""Days of a month, as sets of bits: what cron's day fields and the monthly clock are made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from schedkit.typed import NamedTuple

MON_TO_FRI = 0b0011111
EVERY_DAY = 0b1111111
LAST_YEAR = 9990  # as in timeline: some room before datetime's own end
_FAR = 401  # years after which the calendar repeats, and one
_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Days(NamedTuple):
    """
    A set of days of any month, named in one or more of these ways.

    In *numbers* and *nearest* bit d stands for day d, in *before_last* bit n for the day n days
    before the last, in *weekdays* bit 0 for Monday. *nearest* is cron's `dW`: the day from Monday
    to Friday nearest to day d within the month, none where the month has no day d. *nth* holds
    pairs (weekdays, n): the n-th day of the month that is one of these, counted from the end
    when n is negative.
    """

    numbers: int = 0
    before_last: int = 0
    nearest: int = 0
    weekdays: int = 0
    nth: tuple[tuple[int, int], ...] = ()

    def __or__(self, other: Days) -> Days:
        return Days(
            self.numbers | other.numbers,
            self.before_last | other.before_last,
            self.nearest | other.nearest,
            self.weekdays | other.weekdays,
            self.nth + other.nth,
        )

    def in_month(self, length: int, first: int) -> int:
        """Return the days, bit d for day d, of a month of *length* days beginning on *first*."""
        found = self.numbers
        for before in range(length):
            found |= (self.before_last >> before & 1) << length - before
        for day in range(1, length + 1):
            weekday = (first + day - 1) % 7
            found |= (self.weekdays >> weekday & 1) << day
            if self.nearest >> day & 1:
                found |= 1 << _nearest_weekday(day, weekday, length)
        for weekdays, n in self.nth:
            days = [day for day in range(1, length + 1) if weekdays >> (first + day - 1) % 7 & 1]
            if len(days) >= abs(n):
                found |= 1 << days[n - 1 if n > 0 else n]
        return found & (2 << length) - 2


def _nearest_weekday(day: int, weekday: int, length: int) -> int:
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < length else day - 2
    return day


class DayRule(NamedTuple):
    """The days in *months* (bit m for month m) that every set of *all_of* holds."""

    months: int
    all_of: tuple[Days, ...]

    def dates(self, begin: date, end: date) -> Iterator[date]:
        """Yield the days from *begin* to *end*, both included, in order."""
        year, month, skip = begin.year, begin.month, begin.day
        while (year, month) <= (end.year, end.month):
            stop = end.day if (year, month) == (end.year, end.month) else 31
            for day in self.month(year, month):
                if skip <= day <= stop:
                    yield date(year, month, day)
            skip = 0
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)

    def first(self, begin: date) -> date | None:
        """Return the first day not before *begin*, without walking there; None when it is far."""
        month, skip = begin.month, begin.day
        for year in range(begin.year, min(begin.year + _FAR, LAST_YEAR)):
            while ahead := self.months >> month:
                jump = (ahead & -ahead).bit_length() - 1
                month, skip = month + jump, 0 if jump else skip
                first = date(year, month, 1).weekday()
                for day in _bits(_in_month(self.all_of, _length(year, month), first)):
                    if day >= skip:
                        return date(year, month, day)
                month, skip = month + 1, 0
            month, skip = 1, 0
        return None

    def month(self, year: int, month: int) -> tuple[int, ...]:
        """Return the days of a month, in order."""
        if not self.months >> month & 1:
            return ()
        first = date(year, month, 1).weekday()
        return _bits(_in_month(self.all_of, _length(year, month), first))

    @property
    def never(self) -> bool:
        """
        Whether no day of any year matches.

        A month begins on each weekday at some time in the 400 years after which the calendar
        repeats, a February of 29 days as well: to try them all is to try every year.
        """
        lengths = [(m, n) for m in range(1, 13) for n in ((28, 29) if m == 2 else (_LENGTHS[m],))]
        return not any(
            _in_month(self.all_of, length, first)
            for month, length in lengths
            if self.months >> month & 1
            for first in range(7)
        )


def _length(year: int, month: int) -> int:
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else _LENGTHS[month]


@lru_cache(maxsize=4096)
def _in_month(all_of: tuple[Days, ...], length: int, first: int) -> int:
    mask = -1
    for days in all_of:
        mask &= days.in_month(length, first)
    return mask


@lru_cache(maxsize=4096)
def _bits(mask: int) -> tuple[int, ...]:
    return tuple(day for day in range(1, 32) if mask >> day & 1)
