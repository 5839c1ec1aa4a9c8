"""What every adjustment is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import NamedTuple


class Reach(NamedTuple):
    """How far an adjustment can move a wall time, neither of them negative."""

    back: timedelta
    forward: timedelta


class Adjustment(ABC):
    """
    Where an admitted candidate is moved to, on the wall clock.

    An adjustment is a frozen dataclass; `str` gives the text that it is written with.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def reach(self) -> Reach:
        """How far `apply` can move a wall time; it never moves one farther."""

    @abstractmethod
    def apply(self, wall: datetime) -> datetime:
        """Return where *wall* is moved to; *wall* itself when it stays."""
