"""The filters `weekday`, `weekend` and `days`: days of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from schedkit.filters.filter import Filter
from schedkit.scalars import Weekdays, weekdays_text
from schedkit.values import STRICT_FIELDS


@dataclass(frozen=True, slots=True)
class Weekday(Filter):
    """Monday to Friday."""

    __pydantic_config__: ClassVar[Any] = STRICT_FIELDS

    def __str__(self) -> str:
        return "weekday"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a day from Monday to Friday."""
        return wall.weekday() < 5


@dataclass(frozen=True, slots=True)
class Weekend(Filter):
    """Saturday and Sunday."""

    __pydantic_config__: ClassVar[Any] = STRICT_FIELDS

    def __str__(self) -> str:
        return "weekend"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a Saturday or Sunday."""
        return wall.weekday() >= 5


@dataclass(frozen=True, slots=True)
class Days(Filter):
    """The days of the week that are listed."""

    __pydantic_config__: ClassVar[Any] = STRICT_FIELDS
    EXAMPLE: ClassVar[str] = "days mon-fri"

    weekdays: Weekdays
    """Days of the week: mon-fri, [sat, sun]."""

    def __str__(self) -> str:
        return f"days {weekdays_text(self.weekdays)}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on one of the days."""
        return wall.weekday() in self.weekdays
