"""What every filter is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, time, timedelta

from schedkit.values import Entry

_DAY = timedelta(days=1)


class Filter(Entry, ABC):
    """
    Which wall times a schedule admits; asked before adjustments, in the zone of the job.

    `str` says it in a line, in the words of a file.
    """

    @abstractmethod
    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* may stay."""

    def why(self, wall: datetime) -> str | None:  # noqa: ARG002  # most have no more to say
        """Return why *wall*, which is admitted, is: the name of a holiday; None for no more."""
        return None

    def why_not(self, wall: datetime) -> str | None:  # noqa: ARG002  # most have no more to say
        """Return why *wall*, which is refused, is: the name of a holiday; None for no more."""
        return None

    def until(self, wall: datetime) -> datetime:
        """
        Return a wall time later than *wall* up to which the answer is the one for *wall*.

        Not included itself; datetime.max when the answer never changes. The schedule jumps there
        instead of asking again and again, so the later, the faster. Unless a filter knows better
        its answer is one for each day.
        """
        return next_day(wall)


def next_day(wall: datetime) -> datetime:
    """Return the midnight after *wall*, or datetime.max on the last day there is."""
    if wall.date() == datetime.max.date():
        return datetime.max
    return datetime.combine(wall.date() + _DAY, time())
