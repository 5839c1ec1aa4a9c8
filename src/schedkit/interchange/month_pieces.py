"""
The days of a month in pieces, each of which is some weekdays on some numbers.

That is all that calendar events and other crons know; ours know more, such as the second Tuesday,
which is Tuesday on one of the days from 8 to 14.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

from schedkit.clocks.monthdays import EVERY_DAY, MON_TO_FRI, DayRule, Days
from schedkit.errors import ConfigError

_MON, _FRI = 1, 1 << 4
_ALL_NUMBERS = (1 << 32) - 2
_SHORTEST = 28  # days of a month


class Piece(NamedTuple):
    """
    The days that are one of *weekdays* (bit 0 for Monday) and one of *numbers* (bit d for day d).

    With *from_end* days count by it, 1 being the last of the month, and *numbers* is all.
    """

    weekdays: int = EVERY_DAY
    numbers: int = _ALL_NUMBERS
    from_end: int = 0

    def both(self, other: Piece) -> Piece:
        """
        Return the days of both.

        Raises: ConfigError when one counts from the begin of the month and the other from its end.
        """
        weekdays, numbers = self.weekdays & other.weekdays, self.numbers & other.numbers
        if self.from_end and other.from_end:
            from_end = self.from_end & other.from_end
            return Piece(weekdays if from_end else 0, numbers, from_end)
        from_end = self.from_end | other.from_end
        if from_end and numbers != _ALL_NUMBERS:
            raise ConfigError.of("it counts days from the begin of the month and from its end")
        return Piece(weekdays, numbers, from_end)

    @property
    def is_empty(self) -> bool:
        """Whether it has no days."""
        return not self.weekdays or not self.numbers


def pieces(rule: DayRule) -> list[Piece]:
    """
    Return the pieces of the days of a rule, whatever its months.

    Raises: ConfigError when they do not come in such pieces.
    """
    alternatives = [list(_alternatives(days)) for days in rule.all_of]
    found = reduce(
        lambda those, these: [one.both(other) for one in those for other in these], alternatives
    )
    return [piece for piece in dict.fromkeys(found) if not piece.is_empty]


def _alternatives(days: Days) -> Iterator[Piece]:
    if days.numbers:
        yield Piece(numbers=days.numbers & _ALL_NUMBERS)
    if days.weekdays:
        yield Piece(weekdays=days.weekdays)
    if days.before_last:
        yield Piece(from_end=_near_the_end(days.before_last << 1))
    for day in range(1, 32):
        if days.nearest >> day & 1:
            yield from _nearest(day)
    for weekdays, n in days.nth:
        yield from _nth(weekdays, n)


def _near_the_end(days: int) -> int:
    if days >> (_SHORTEST + 1):
        raise ConfigError.of(f"it counts more than {_SHORTEST} days from the end of the month")
    return days


def _nearest(day: int) -> Iterator[Piece]:
    """Yield the weekday nearest to *day*, which stays within the month."""
    if day >= _SHORTEST:
        raise ConfigError.of(f"the weekday nearest to day {day} depends on how long a month is")
    yield Piece(MON_TO_FRI, 1 << day)
    if day == 1:
        yield Piece(_MON, 0b1100)
    else:
        yield Piece(_FRI, 1 << (day - 1))
        yield Piece(_MON, 1 << (day + 1))


def _nth(weekdays: int, n: int) -> Iterator[Piece]:
    first = (abs(n) - 1) * 7 + 1
    week = 0b1111111 << first
    if weekdays.bit_count() == 1:
        if n > 0:
            yield Piece(weekdays, week & _ALL_NUMBERS)
        else:
            yield Piece(weekdays, from_end=_near_the_end(week))
    elif (weekdays, n) == (MON_TO_FRI, 1):
        yield Piece(MON_TO_FRI, 1 << 1)
        yield Piece(_MON, 0b1100)
    elif (weekdays, n) == (MON_TO_FRI, -1):
        yield Piece(MON_TO_FRI, from_end=1 << 1)
        yield Piece(_FRI, from_end=0b1100)
    else:
        raise ConfigError.of("it counts days that are one of several weekdays")
