"""How the fire times of two jobs differ."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from schedkit.errors import CalendarEndsError
from schedkit.job import Job
from schedkit.records import Record


class FireDifference(Record):
    """
    The fire times (UTC) that are *dropped* and *added* up to *until*, included; *kept* stay.

    *first_before* and *first_after* are the next ones, however far they are. *until* is earlier
    than what was asked for where there are too many. *ends* says of calendars that they end.
    """

    first_before: datetime | None
    first_after: datetime | None
    dropped: tuple[datetime, ...]
    added: tuple[datetime, ...]
    kept: int
    until: datetime
    ends: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        same_next = self.first_before == self.first_after
        return same_next and not self.dropped and not self.added

    @property
    def shift(self) -> timedelta | None:
        """By how much all fire times are later, None when it is not one and the same length."""
        lengths = {b - a for a, b in zip(self.dropped, self.added, strict=False)}
        all_of_them = not self.kept and len(self.dropped) == len(self.added)
        return lengths.pop() if all_of_them and len(lengths) == 1 else None


def fire_difference(
    before: Job | None, after: Job | None, now: datetime, end: datetime, most: int
) -> FireDifference:
    """
    Compare the fire times later than *now* up to *end*, at most *most* of them.

    None stands for a job that never fires.
    """
    ends: list[str] = []
    left, right = _after(before, now, ends), _after(after, now, ends)
    one, other = first_before, first_after = next(left, None), next(right, None)
    dropped: list[datetime] = []
    added: list[datetime] = []
    kept = 0
    until = now
    for _ in range(most):
        coming = min((time for time in (one, other) if time is not None), default=None)
        if coming is None or coming > end:
            until = end
            break
        until = coming
        is_left, is_right = one == coming, other == coming
        if is_left and is_right:
            kept += 1
        else:
            (dropped if is_left else added).append(coming)
        one = next(left, None) if is_left else one
        other = next(right, None) if is_right else other
    return FireDifference(
        first_before, first_after, tuple(dropped), tuple(added), kept, until, tuple(ends)
    )


def _after(job: Job | None, now: datetime, ends: list[str]) -> Iterator[datetime]:
    """Yield the fire times of a job; where its calendar ends it fires no more, and *ends* says."""
    if job is None or not job.enabled:
        return
    try:
        yield from job.schedule.after(now)
    except CalendarEndsError as error:
        if str(error) not in ends:
            ends.append(str(error))
