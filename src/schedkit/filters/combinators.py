"""The filters `any`, `all` and `not`, which are made of others."""

from __future__ import annotations

from datetime import datetime

from schedkit.filters import FILTERS
from schedkit.filters.filter import Filter
from schedkit.typed import Annotated, ClassVar
from schedkit.vocabulary import Many, One

Filters = Annotated[tuple[Filter, ...], Many(FILTERS, at_least=1)]


class Any(Filter):
    """What at least one of several filters admits."""

    EXAMPLE: ClassVar[str] = "any: [weekend, on_date 12-24]"

    filters: Filters
    """The filters of which one is enough."""

    def __str__(self) -> str:
        return f"any({', '.join(map(str, self.filters))})"

    def admits(self, wall: datetime) -> bool:
        """Return whether one of the filters admits *wall*."""
        return any(f.admits(wall) for f in self.filters)

    def until(self, wall: datetime) -> datetime:
        """Return when the last that admits may stop or, when none does, the first may begin."""
        admitting = [f.until(wall) for f in self.filters if f.admits(wall)]
        return max(admitting) if admitting else min(f.until(wall) for f in self.filters)


class All(Filter):
    """What every one of several filters admits."""

    EXAMPLE: ClassVar[str] = "all: [weekday, between_times 09:00-17:00]"

    filters: Filters
    """The filters that must all admit."""

    def __str__(self) -> str:
        return f"all({', '.join(map(str, self.filters))})"

    def admits(self, wall: datetime) -> bool:
        """Return whether every filter admits *wall*."""
        return all(f.admits(wall) for f in self.filters)

    def why_not(self, wall: datetime) -> str | None:
        """Return what the first filter that refuses has to say, and which it is."""
        refusing = next(f for f in self.filters if not f.admits(wall))
        said = refusing.why_not(wall)
        return f"{refusing}: {said}" if said else str(refusing)

    def until(self, wall: datetime) -> datetime:
        """Return when the last that refuses may stop or, when none does, the first may begin."""
        refusing = [f.until(wall) for f in self.filters if not f.admits(wall)]
        return max(refusing) if refusing else min(f.until(wall) for f in self.filters)


class Not(Filter):
    """What another filter does not admit."""

    EXAMPLE: ClassVar[str] = "not: {on_date: 12-25}"

    filter: Annotated[Filter, One(FILTERS)]
    """The filter to turn around."""

    def __str__(self) -> str:
        return f"not {self.filter}"

    def admits(self, wall: datetime) -> bool:
        """Return whether the filter refuses *wall*."""
        return not self.filter.admits(wall)

    def why_not(self, wall: datetime) -> str | None:
        """Return what the filter has to say of a day that it admits."""
        return self.filter.why(wall)

    def until(self, wall: datetime) -> datetime:
        """Return when the filter may change its answer."""
        return self.filter.until(wall)
