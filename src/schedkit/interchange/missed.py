"""How late the latest of the missed fire times of a job can be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from schedkit import durations
from schedkit.clocks import Clock
from schedkit.schedule import Schedule

_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
_SAMPLE = 5000  # fire times among which the longest time between two is looked for
USUAL = timedelta(days=1)
_WINDOWS = [USUAL, *(timedelta(days=days) for days in (2, 7, 14, 35, 371, 3339))]


def window(clocks: Sequence[Clock]) -> str | None:
    """
    Return a `catchup_window` that the latest missed time of *clocks* lies in, however long ago.

    None when the usual one does; for schedulers that know no such limit.
    """
    # In UTC: a day of 25 hours is no reason for a wider window.
    fires = islice(Schedule(list(clocks)).after(_BEGIN), _SAMPLE)
    apart = max((b - a for a, b in pairwise(fires)), default=_WINDOWS[-1])
    fitting = (one for one in _WINDOWS if apart <= one)
    found = next(fitting, _WINDOWS[-1])
    return None if found == USUAL else durations.text(found)
