"""The adjustments `next_weekday` and `previous_weekday`: onto Monday to Friday."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedkit.adjustments.adjustment import Adjustment, Reach

_ZERO = timedelta(0)
_FRIDAY = 4


class NextWeekday(Adjustment):
    """From a Saturday or Sunday to the Monday after; any other day stays."""

    def __str__(self) -> str:
        return "next_weekday"

    @property
    def reach(self) -> Reach:
        """Two days on."""
        return Reach(_ZERO, timedelta(days=2))

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on the first day from Monday to Friday that is not before it."""
        beyond = max(0, wall.weekday() - _FRIDAY)
        return wall + timedelta(days=3 - beyond if beyond else 0)


class PreviousWeekday(Adjustment):
    """From a Saturday or Sunday to the Friday before; any other day stays."""

    def __str__(self) -> str:
        return "previous_weekday"

    @property
    def reach(self) -> Reach:
        """Two days back."""
        return Reach(timedelta(days=2), _ZERO)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* on the last day from Monday to Friday that is not after it."""
        return wall - timedelta(days=max(0, wall.weekday() - _FRIDAY))
