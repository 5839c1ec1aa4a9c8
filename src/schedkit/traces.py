"""What a schedule answers: fire times, and what became of every candidate."""

from __future__ import annotations

from schedkit.scalars import moment_text
from schedkit.typed import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from schedkit.adjustments import Adjustment
    from schedkit.clocks import Clock
    from schedkit.filters import Filter


class Fire(NamedTuple):
    """One fire time (UTC), the clock that made it and the candidate (UTC) it was moved from."""

    time: datetime
    clock: Clock
    candidate: datetime


class Move(NamedTuple):
    """An adjustment and the wall time to which it moved what came to it."""

    adjustment: Adjustment
    wall: datetime


class Bound(NamedTuple):
    """The start or the end of a schedule, a wall time of its zone: it drops what lies beyond."""

    key: Literal["start", "end"]
    wall: datetime

    def __str__(self) -> str:
        return f"{self.key} {moment_text(self.wall)}"

    @property
    def why(self) -> str:
        """What it drops is `before start` or `after end`."""
        return f"{'before' if self.key == 'start' else 'after'} {self.key}"


class Trace(NamedTuple):
    """
    What became of one candidate (UTC) of a clock.

    *nominal* is the wall time that the clock means: another than the wall shows where a clock
    change skips it. *dropped_by* is the first filter that refused it, else the start or end beyond
    which it comes to lie; *why* says more where it can. *moves* are the adjustments that moved it;
    *time* is when it fires (UTC), None when it was dropped.
    """

    candidate: datetime
    clock: Clock
    nominal: datetime
    dropped_by: Filter | Bound | None
    why: str | None
    moves: tuple[Move, ...]
    time: datetime | None
