"""The adjustment `add`: a length of time later, or earlier."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedkit.adjustments.adjustment import Adjustment, Reach
from schedkit.scalars import Length
from schedkit.typed import ClassVar

_ZERO = timedelta(0)
_MONTH = timedelta(days=146097) / 4800  # the mean of the calendar's 400 years
_UNEVEN = timedelta(days=6)  # no number of months is farther from as many means


class Add(Adjustment):
    """Later by a length of time or, when it is negative, earlier; on the wall clock."""

    EXAMPLE: ClassVar[str] = "add 5d"

    length: Length
    """How far: 5d, -2d, 2w, 1mo, 90m. A month later the 31st becomes the last day there is."""

    def __str__(self) -> str:
        return f"add {self.length}"

    @property
    def reach(self) -> Reach:
        """Exactly the length, but for months, which differ."""
        months = _MONTH * self.length.months
        moved = months + timedelta(days=self.length.days) + self.length.elapsed
        slack = _UNEVEN if self.length.months else _ZERO
        return Reach(slack - moved, moved + slack)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall* moved by the length."""
        return self.length.added_to(wall)
