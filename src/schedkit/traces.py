"""What a schedule answers: fire times, and what became of every candidate."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

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


class Trace(NamedTuple):
    """
    What became of one candidate (UTC) of a clock.

    *nominal* is the wall time that the clock means: another than the wall shows where a clock
    change skips it. *dropped_by* is the first filter that refused it, *why* says more where the
    filter can. *moves* are the adjustments that moved it; *time* is when it fires (UTC), None
    when it was dropped.
    """

    candidate: datetime
    clock: Clock
    nominal: datetime
    dropped_by: Filter | None
    why: str | None
    moves: tuple[Move, ...]
    time: datetime | None
