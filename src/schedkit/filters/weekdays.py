"""The filters `weekday`, `weekend` and `days`: days of the week."""

from __future__ import annotations

from datetime import datetime

from schedkit.filters.filter import Filter, next_day
from schedkit.scalars import Weekdays, weekdays_text
from schedkit.typed import ClassVar


class Weekday(Filter):
    """Monday to Friday."""

    def __str__(self) -> str:
        return "weekday"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a day from Monday to Friday."""
        return wall.weekday() < 5

    def until(self, wall: datetime) -> datetime:
        """Return the midnight at which the weekend begins, or the one at which it ends."""
        return other_answer(self, wall)


class Weekend(Filter):
    """Saturday and Sunday."""

    def __str__(self) -> str:
        return "weekend"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a Saturday or Sunday."""
        return wall.weekday() >= 5

    def until(self, wall: datetime) -> datetime:
        """Return the midnight at which the weekend begins, or the one at which it ends."""
        return other_answer(self, wall)


class Days(Filter):
    """The days of the week that are listed."""

    EXAMPLE: ClassVar[str] = "days mon-fri"

    weekdays: Weekdays
    """Days of the week: mon-fri, [sat, sun]."""

    def __str__(self) -> str:
        return f"days {weekdays_text(self.weekdays)}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on one of the days."""
        return wall.weekday() in self.weekdays

    def until(self, wall: datetime) -> datetime:
        """Return the midnight at which a day begins that has another answer."""
        return other_answer(self, wall)


def other_answer(one: Filter, wall: datetime) -> datetime:
    """Return the next midnight at which *one*, which asks for the day of the week, changes."""
    answer = one.admits(wall)
    day = next_day(wall)
    for _ in range(7):
        if day == datetime.max or one.admits(day) != answer:
            return day
        day = next_day(day)
    return datetime.max
