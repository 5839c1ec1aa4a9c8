"""
The last runs of a job in a few characters, one a run.

A bar for a run that came to an end, as high as it took long beside the longest of them; a mark for
one that goes on, was skipped or was missed. Without colour also for one that did not succeed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import ceil

from schedkit.cli.colours import COLOURS
from schedkit.cli.layout import Part
from schedkit.cli.render import Parts
from schedkit.run import State
from schedkit.store import Outcome

_BARS = "▁▂▃▄▅▆▇█"
_MARKS = {
    State.QUEUED: "▸",
    State.RUNNING: "▸",
    State.RETRYING: "▸",
    State.SKIPPED: "·",
    State.MISSED: "○",
}


def sparkline(latest: Sequence[Outcome], *, colour: bool) -> Parts:
    """
    Return the runs of a job, given the latest first, with the oldest on the left.

    In a pipe they are their states, with commas; `-` for none.
    """
    oldest = latest[::-1]
    plain = ",".join(one.state for one in oldest)
    return Parts(plain or "-", tuple(_glyphs(oldest, colour=colour)) or (Part("-"),))


def _glyphs(oldest: Sequence[Outcome], *, colour: bool) -> Iterator[Part]:
    longest = max((one.duration or timedelta(0) for one in oldest), default=timedelta(0))
    for one in oldest:
        glyph = _MARKS.get(one.state)
        if glyph is None and one.state is not State.SUCCEEDED and not colour:
            glyph = "x"
        yield Part(glyph or _bar(one.duration, longest), COLOURS[one.state])


def _bar(length: timedelta | None, longest: timedelta) -> str:
    if not length or not longest:
        return _BARS[0]
    return _BARS[ceil(length / longest * len(_BARS)) - 1]
