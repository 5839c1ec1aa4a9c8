"""The filter `between_times`: a span of the day."""

from __future__ import annotations

from datetime import datetime

from schedkit.filters.filter import Filter, next_day
from schedkit.scalars import Times, time_range_text
from schedkit.typed import ClassVar


class BetweenTimes(Filter):
    """A span of the day, both ends included; it may wrap midnight."""

    EXAMPLE: ClassVar[str] = "between_times 09:30-16:00"

    span: Times
    """From one time of day to another: 09:30-16:00, 22:00-06:00."""

    def __str__(self) -> str:
        return f"between_times {time_range_text(self.span)}"

    def admits(self, wall: datetime) -> bool:
        """Return whether the time of day of *wall* lies in the span."""
        at, (begin, end) = wall.time(), self.span
        return begin <= at <= end if begin <= end else at >= begin or at <= end

    def until(self, wall: datetime) -> datetime:
        """Return the next begin, the moment past the next end, or midnight, what comes first."""
        begin = datetime.combine(wall.date(), self.span.begin)
        past = datetime.combine(wall.date(), self.span.end) + datetime.resolution
        return min(edge for edge in (begin, past, next_day(wall)) if edge > wall)
