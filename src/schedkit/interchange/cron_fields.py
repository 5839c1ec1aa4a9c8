"""The fields of a cron expression, written from the values that they are to have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from schedkit.scalars import WEEKDAYS


class Fields(NamedTuple):
    """
    What each field admits, in order; None is everything.

    *weekdays* begin with Monday as 0. *from_end* are days of the month counted from its last,
    which is 1.
    """

    seconds: Sequence[int] | None = (0,)
    minutes: Sequence[int] | None = None
    hours: Sequence[int] | None = None
    days: Sequence[int] | None = None
    months: Sequence[int] | None = None
    weekdays: Sequence[int] | None = None
    from_end: Sequence[int] = ()


def expression(fields: Fields) -> str:
    """
    Return the expression, of six fields when it has seconds.

    >>> expression(Fields(minutes=(0, 15, 30, 45), weekdays=(0, 1, 2, 3, 4)))
    '*/15 * * * mon-fri'
    """
    last = ["L" if day == 1 else f"L-{day - 1}" for day in fields.from_end]
    days = ",".join(last) if last else field(fields.days, 1, 31)
    words = [
        field(fields.minutes, 0, 59),
        field(fields.hours, 0, 23),
        days,
        field(fields.months, 1, 12),
        weekday_field(fields.weekdays),
    ]
    if fields.seconds is None or tuple(fields.seconds) != (0,):
        words.insert(0, field(fields.seconds, 0, 59))
    return " ".join(words)


def field(values: Sequence[int] | None, low: int, high: int) -> str:
    """
    Return the field of *values*, which lie from *low* to *high*, in order.

    >>> field((0, 20, 40), 0, 59), field((1, 2, 3, 7), 1, 31), field((8, 10, 12), 0, 23)
    ('*/20', '1-3,7', '8-12/2')
    """
    if values is None or len(values) == high - low + 1:
        return "*"
    steps = {b - a for a, b in pairwise(values)}
    if len(values) > 2 and len(steps) == 1:
        step = steps.pop()
        if step == 1:
            return f"{values[0]}-{values[-1]}"
        if values[0] == low and values[-1] + step > high:
            return f"*/{step}"
        return f"{values[0]}-{values[-1]}/{step}"
    return ",".join(_runs(values))


def weekday_field(weekdays: Sequence[int] | None) -> str:
    """Return the field of days of the week, Monday being 0, by their names."""
    if weekdays is None or len(weekdays) == 7:
        return "*"
    runs = [run.split("-") for run in _runs(weekdays)]
    return ",".join("-".join(WEEKDAYS[int(day)] for day in run) for run in runs)


def _runs(values: Sequence[int]) -> list[str]:
    """Return values one by one, three or more that follow each other as a range."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return [
        text
        for run in runs
        for text in ([f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run))
    ]
