"""Whether a clock of ours means something else around clock changes than another scheduler."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from schedkit import timeline
from schedkit.clocks import Clock
from schedkit.clocks.clock import ClockChanges
from schedkit.clocks.recurrence import WallClock
from schedkit.schedule import Schedule

# Looked at is one round of the calendar: a day of the week comes back on the same dates after 28
# years. It begins where it always did, so that an import says the same tomorrow.
_BEGIN, _END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2053, 1, 1, tzinfo=UTC)
_AROUND = timedelta(hours=4)  # no zone changes its clocks by more at once
_ENOUGH = 200  # fire times around a change: one that fires more often differs among these


def needed(clocks: Iterable[Clock], zone: ZoneInfo, theirs: ClockChanges) -> dict[str, str] | None:
    """
    Return what `dst` has to say for *clocks* to fire as *theirs* does; None when it need not.
    """
    for clock in clocks:
        other = clock.with_dst(theirs)
        if other is not clock and any(
            _near(clock, change, zone) != _near(other, change, zone) for change in _changes(zone)
        ):
            return {name: rule for name, rule in theirs._asdict().items() if rule is not None}
    return None


def made_up(clocks: Iterable[Clock], zone: ZoneInfo) -> datetime | None:
    """
    Return the first wall time that a clock change skips and a rule or date makes up for.

    These know no other way, and no setting tells them; None when there is none.
    """
    for clock in clocks:
        if isinstance(clock, WallClock):
            continue
        for change in _changes(zone):
            gap = timeline.skipped_before(change, zone)
            if gap is not None and change in _near(clock, change, zone):
                meant = [wall for wall in clock.nominals(change, zone) if gap[0] <= wall < gap[1]]
                if meant:
                    return meant[0]
    return None


def differ(ours: Schedule, theirs: Sequence[Schedule], zone: ZoneInfo) -> bool:
    """Return whether *theirs* together fire at other times than *ours* around a clock change."""
    for change in _changes(zone):
        found = {fire for one in theirs for fire in _near_schedule(one, change)}
        if _near_schedule(ours, change) != sorted(found)[:_ENOUGH]:
            return True
    return False


def _near_schedule(schedule: Schedule, change: datetime) -> list[datetime]:
    # As far as it is looked for: a schedule with filters may be far from its next time.
    fires = schedule.after(change - _AROUND, 2 * _AROUND)
    return list(islice(takewhile(lambda fire: fire < change + _AROUND, fires), _ENOUGH))


def _changes(zone: tzinfo) -> Iterator[datetime]:
    return (instant for instant, _ in timeline.changes(_BEGIN, _END, zone))


def _near(clock: Clock, change: datetime, zone: tzinfo) -> list[datetime]:
    fires = clock.after(change - _AROUND, zone)
    return list(islice(takewhile(lambda fire: fire < change + _AROUND, fires), _ENOUGH))
