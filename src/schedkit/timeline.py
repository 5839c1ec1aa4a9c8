"""
Wall time and instants: the only place that knows how clocks change.

An *instant* is an aware datetime in UTC. A *wall* time is a naive datetime: what a clock on the
wall of a zone shows. Adding to a wall time or comparing two zoned datetimes goes wrong around a
clock change, so both are converted here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from schedkit.errors import ConfigError, did_you_mean
from schedkit.typed import NamedTuple

ZERO = timedelta(0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(11, 1, 1, tzinfo=UTC)  # likewise, to subtract from
LAST = datetime(9990, 1, 1, tzinfo=UTC)  # some room to add to it before datetime's own end

# A larger jump is a correction of the clock (Apia lost 2011-12-30): nothing is made up for it.
# Source: cron(8) of Debian cron 3.0pl1, "Notes": "local time changes of less than three hours".
CORRECTION = timedelta(hours=3)

# The closest two changes of any zone of the tz database are four days apart (Freetown, 1939).
_PROBE = timedelta(days=3)
_BLOCK = _PROBE * 122  # about a year: what is looked through, and kept, at a time


class Stretch(NamedTuple):
    """
    Time without a clock change, from *begin* up to, not including, *end* (UTC).

    *offset* is what the wall shows beyond UTC. *skipped* is how much wall time was left out just
    before *begin*, zero unless the stretch begins with such a change. Before *repeats_until* the
    wall shows times that it has shown already; from *repeated_from* on, times that it will show
    again. A jump above CORRECTION neither skips nor repeats.
    """

    begin: datetime
    end: datetime
    offset: timedelta
    skipped: timedelta
    repeats_until: datetime
    repeated_from: datetime


class _Change(NamedTuple):
    instant: datetime
    before: timedelta
    after: timedelta


def zone(name: str) -> ZoneInfo:
    """
    Return the zone of this name in the tz database.

    Raises: ConfigError when there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    names = available_timezones()
    if not names:
        hint: str | None = "this machine has no time zone database: pip install tzdata"
    else:
        hint = did_you_mean(name, names)
    raise ConfigError.of(f"unknown zone {name!r}", hint)


def local(instant: datetime, zone: tzinfo) -> datetime:
    """Return the wall time that *zone* shows at *instant*."""
    return instant.astimezone(zone).replace(tzinfo=None)


def resolved(wall: datetime, zone: tzinfo) -> datetime:
    """
    Return the instant (UTC) at which *zone* shows *wall*.

    The first of two when the clock shows it twice; when a clock change skips it, the instant of
    the change.
    """
    before, after = zone.utcoffset(wall), zone.utcoffset(wall.replace(fold=1))
    assert before is not None
    assert after is not None
    utc = wall.replace(tzinfo=UTC)
    if before >= after:
        return utc - before
    return _change(utc - after, utc - before, zone).instant


def skipped_before(instant: datetime, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """Return the wall times, begin and end, left out by a clock change at *instant*, if any."""
    jump = _jumps(zone, _block(instant)).get(instant, ZERO)
    if jump <= ZERO:
        return None
    wall = local(instant, zone)
    return wall - jump, wall


def changes(begin: datetime, end: datetime, zone: tzinfo) -> list[tuple[datetime, timedelta]]:
    """Return the clock changes from *begin* up to *end*: when, and how far the wall is set on."""
    return [
        (change.instant, change.after - change.before)
        for index in range(_block(begin), _block(end) + 1)
        for change in _changes(zone, index)
        if begin <= change.instant < end
    ]


def forward_until(instant: datetime, zone: tzinfo) -> datetime:
    """
    Return an instant until which, from *instant* on, the wall time is never set back.

    The next change that sets it back or, when none is near, about a year on.
    """
    index = _block(instant)
    for change in _changes(zone, index) + _changes(zone, index + 1):
        if change.instant > instant and change.after < change.before:
            return change.instant
    return EPOCH + _BLOCK * (index + 2)


def stretches(instant: datetime, zone: tzinfo) -> Iterator[Stretch]:
    """
    Yield the stretches of *zone* in order, from the one that *instant* lies in up to LAST.

    Two stretches need not differ in offset: none is much longer than a year.
    """
    begin = instant - 2 * CORRECTION  # early enough to see what an earlier change repeats
    offset = _offset(begin.astimezone(zone))
    skipped, repeats_until = ZERO, begin
    for index in range(_block(begin), _block(LAST)):
        for change in (*_changes(zone, index), None):
            if change is not None and change.instant <= begin:
                continue
            following = change or next(iter(_changes(zone, index + 1)), None)
            end = EPOCH + _BLOCK * (index + 1) if change is None else change.instant
            if end > instant:
                repeated_from = _repeated_from(following, end)
                yield Stretch(begin, end, offset, skipped, repeats_until, repeated_from)
                begin, skipped = end, ZERO
            if change is not None:
                begin, offset = change.instant, change.after
                jump = _small_jump(change)
                skipped = max(jump, ZERO)
                repeats_until = begin - min(jump, ZERO)


def _small_jump(change: _Change) -> timedelta:
    """Return by how much the wall is set forward, zero for a correction of the clock."""
    jump = change.after - change.before
    return jump if abs(jump) <= CORRECTION else ZERO


def _repeated_from(change: _Change | None, end: datetime) -> datetime:
    """Return from when a stretch up to *end* shows what it shows again after *change*."""
    if change is None:
        return end
    return min(change.instant + min(_small_jump(change), ZERO), end)


def _offset(zoned: datetime) -> timedelta:
    offset = zoned.utcoffset()
    assert offset is not None
    return offset


def _block(instant: datetime) -> int:
    return (instant - EPOCH) // _BLOCK


@lru_cache(maxsize=4096)
def _changes(zone: tzinfo, index: int) -> tuple[_Change, ...]:
    begin = EPOCH + _BLOCK * index
    probes = [begin + _PROBE * step for step in range(_BLOCK // _PROBE + 1)]
    offsets = [_offset(probe.astimezone(zone)) for probe in probes]
    return tuple(
        _change(probes[step], probes[step + 1], zone)
        for step in range(len(probes) - 1)
        if offsets[step] != offsets[step + 1]
    )


@lru_cache(maxsize=4096)
def _jumps(zone: tzinfo, index: int) -> dict[datetime, timedelta]:
    """Return how far the wall is set on, by the instant at which it is."""
    # The change at the very end of a block is found with that block, and belongs to the next.
    changes = _changes(zone, index - 1) + _changes(zone, index)
    return {change.instant: change.after - change.before for change in changes}


def _change(low: datetime, high: datetime, zone: tzinfo) -> _Change:
    before, after = (_offset(instant.astimezone(zone)) for instant in (low, high))
    while high - low > datetime.resolution:
        middle = low + (high - low) / 2
        if _offset(middle.astimezone(zone)) == before:
            low = middle
        else:
            high = middle
    return _Change(high, before, after)
