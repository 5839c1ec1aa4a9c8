"""What every adjustment is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from schedkit.typed import NamedTuple
from schedkit.values import Entry


class Reach(NamedTuple):
    """
    How far an adjustment can move a wall time: to between *back* before it and *forward* after.

    *back* is negative for one that always moves it forward, and the other way round.
    """

    back: timedelta
    forward: timedelta


class Adjustment(Entry, ABC):
    """
    Where an admitted candidate is moved to, on the wall clock.

    `str` says it in a line, in the words of a file.
    """

    @property
    @abstractmethod
    def reach(self) -> Reach:
        """How far `apply` can move a wall time; it never moves one farther."""

    @abstractmethod
    def apply(self, wall: datetime) -> datetime:
        """Return where *wall* is moved to; *wall* itself when it stays."""
