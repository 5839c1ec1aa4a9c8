"""
The times of a clock as calendar events, which other schedulers are written from.

What a clock says and filters leave of it becomes one event or more, each of which is every
combination of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from schedkit import timeline
from schedkit.clocks import Clock
from schedkit.clocks.clock import ClockChanges
from schedkit.clocks.dates import Dates
from schedkit.clocks.every import Every
from schedkit.clocks.hours_years import YearDays
from schedkit.clocks.monthdays import EVERY_DAY, DayRule, Days
from schedkit.clocks.recurrence import Times, WallClock
from schedkit.clocks.startup import Startup
from schedkit.errors import ConfigError
from schedkit.filters import Filter
from schedkit.filters.moments import AtTime
from schedkit.filters.months import DaysOfMonth, MonthEnd, Months, MonthStart, NthWeekday
from schedkit.filters.times import BetweenTimes
from schedkit.filters.weekdays import Days as OnDays
from schedkit.filters.weekdays import Weekday, Weekend
from schedkit.interchange import calendar_clocks, clock_changes, month_pieces
from schedkit.interchange.calendar_event import SECOND, CalendarEvent
from schedkit.job import Job
from schedkit.schedule import Schedule

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MOST = 50  # events of one clock: nobody reads more
_ALL_MONTHS = (1 << 13) - 2
_ANY_DAY = date(2025, 1, 1)  # for filters that look at the time alone
# As far as the clock changes of a zone are looked at: one round of the calendar.
_BEGIN, _END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2053, 1, 1, tzinfo=UTC)
_OF_TIMES = (AtTime, BetweenTimes)


def of(job: Job) -> list[CalendarEvent]:
    """
    Return the events at which a job fires, but when something starts.

    Raises: ConfigError when there are no such events.
    """
    clocks = (clock for clock in job.clock if not isinstance(clock, Startup))
    found = [event for clock in clocks for event in events(clock, job.filters, job.timezone)]
    return list(dict.fromkeys(found))


def changes_differ(job: Job, events: Sequence[CalendarEvent], theirs: ClockChanges) -> bool:
    """Return whether *events* fire at other times than *job* where clocks change by *theirs*."""
    by_zone: dict[str, list[Any]] = {}
    for event in events:
        clock = calendar_clocks.clock(event)
        clocks = clock if isinstance(clock, list) else [clock]
        by_zone.setdefault(event.zone or str(job.timezone), []).extend(clocks)
    made = [_schedule(clocks, zone, theirs) for zone, clocks in by_zone.items()]
    dates = [clock for schedule in made for clock in schedule.clocks]
    if clock_changes.made_up(dates, job.timezone) is not None:
        return True
    return clock_changes.differ(job.schedule, made, job.timezone)


def _schedule(clocks: list[Any], zone: str, theirs: ClockChanges) -> Schedule:
    schedule = Schedule(clocks, timezone=zone)
    if not any(isinstance(clock, WallClock) for clock in schedule.clocks):
        return schedule
    return Schedule(clocks, timezone=zone, dst=theirs)


def events(clock: Clock, filters: Sequence[Filter], zone: tzinfo) -> list[CalendarEvent]:
    """
    Return the events at which *clock* fires and *filters* admit it.

    They are of *zone* unless they name UTC, where an interval fires at the same times all year.

    Raises: ConfigError when there are no such events.
    """
    if isinstance(clock, Dates):
        admitted = [m for m in clock.moments if all(one.admits(m) for one in filters)]
        return [_at(moment) for moment in admitted]
    if isinstance(clock, Every):
        found = _every(clock, filters, zone)
    elif isinstance(clock, WallClock):
        found = list(_events(clock.recurrence.days, clock.recurrence.times, filters))
    else:
        raise ConfigError.of(f"nothing there fires as {str(clock)!r} does")
    if len(found) > _MOST:
        raise ConfigError.of(f"{str(clock)!r} takes more than {_MOST} entries there")
    return found


def _at(moment: datetime) -> CalendarEvent:
    return CalendarEvent(
        None, (moment.year,), (moment.month,), (moment.day,), hours=(moment.hour,),
        minutes=(moment.minute,), microseconds=(moment.second * SECOND,),
    )  # fmt: skip


# ---- intervals


def _every(clock: Every, filters: Sequence[Filter], zone: tzinfo) -> list[CalendarEvent]:
    anchor, interval = clock.anchor, clock.interval
    if interval.days in (1, 7):
        weekdays = 1 << anchor.weekday() if interval.days == 7 else EVERY_DAY
        rule = DayRule(_ALL_MONTHS, (Days(weekdays=weekdays),))
        at: Times = ((anchor.hour, (anchor.minute,), (anchor.second,)),)
        return list(_events(rule, at, filters))
    length = interval.elapsed
    if interval.days or length % _SECOND or _DAY % length:
        raise ConfigError.of(f"{str(clock)!r} is no part of a day, and counts anew nowhere")
    offsets = _offsets(zone)
    in_utc = len(offsets) > 1 and not filters
    # What the wall shows at each of its times is the same after every change of the clock.
    if not in_utc and len({offset % length for offset in offsets}) > 1:
        raise ConfigError.of(f"{str(clock)!r} is elapsed time, and its filters ask the wall clock")
    begin = timeline.resolved(anchor, zone) + (timeline.ZERO if in_utc else offsets[0])
    first = (begin - timeline.EPOCH) % length
    rule = DayRule(_ALL_MONTHS, (Days(weekdays=EVERY_DAY),))
    found = _events(rule, _each(first, length), filters)
    return [replace(event, zone="UTC") for event in found] if in_utc else list(found)


def _offsets(zone: tzinfo) -> list[timedelta]:
    """Return what the wall shows beyond UTC, now and after each change of the clock, once each."""
    offset = _BEGIN.astimezone(zone).utcoffset()
    assert offset is not None
    found = [offset]
    for _, jump in timeline.changes(_BEGIN, _END, zone):
        offset += jump
        found.append(offset)
    return list(dict.fromkeys(found))


def _each(first: timedelta, length: timedelta) -> Times:
    """Return the times of a day from *first* on at every *length*."""
    seconds: dict[tuple[int, int], list[int]] = {}
    for number in range((_DAY - first + length - _SECOND) // length):
        at = (first + number * length) // _SECOND
        seconds.setdefault((at // 3600, at // 60 % 60), []).append(at % 60)
    return tuple((hour, (minute,), tuple(found)) for (hour, minute), found in seconds.items())


# ---- times and days


def _events(days: object, times: Times, filters: Sequence[Filter]) -> Iterator[CalendarEvent]:
    clocked = [one for one in filters if isinstance(one, _OF_TIMES)]
    for hours, minutes, seconds in _products(_admitted(times, clocked)):
        for rule in _rules(days):
            for one in filters:
                if one not in clocked:
                    rule = _narrowed(rule, one)  # noqa: PLW2901  # by one filter after the other
            yield from _of_rule(rule, hours, minutes, seconds)


def _admitted(times: Times, filters: Sequence[Filter]) -> Times:
    """Return the times of day that filters admit which ask for nothing else."""
    if not filters:
        return times
    return tuple(
        (hour, (minute,), admitted)
        for hour, minutes, seconds in times
        for minute in minutes
        if (
            admitted := tuple(
                second
                for second in seconds
                if all(
                    one.admits(datetime.combine(_ANY_DAY, time(hour, minute, second)))
                    for one in filters
                )
            )
        )
    )


def _products(times: Times) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Yield hours, minutes and seconds every combination of which is one of *times*."""
    at: dict[int, dict[int, set[int]]] = {}
    for hour, minutes, seconds in times:
        for minute in minutes:
            at.setdefault(hour, {}).setdefault(minute, set()).update(seconds)
    hours: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for hour, by_minute in sorted(at.items()):
        by_seconds: dict[tuple[int, ...], list[int]] = {}
        for minute, found in sorted(by_minute.items()):
            by_seconds.setdefault(tuple(sorted(found)), []).append(minute)
        for same_seconds, of_minutes in by_seconds.items():
            hours.setdefault((tuple(of_minutes), same_seconds), []).append(hour)
    for (same_minutes, same_seconds), of_hours in hours.items():
        yield tuple(of_hours), same_minutes, same_seconds


def _rules(days: object) -> Iterator[DayRule]:
    if isinstance(days, DayRule):
        yield days
        return
    assert isinstance(days, YearDays)
    by_month: dict[int, int] = {}
    for day in days.days:
        by_month[day.month] = by_month.get(day.month, 0) | 1 << day.day
    months: dict[int, int] = {}
    for month, numbers in by_month.items():
        months[numbers] = months.get(numbers, 0) | 1 << month
    for numbers, mask in months.items():
        yield DayRule(mask, (Days(numbers=numbers),))


def _narrowed(rule: DayRule, one: Filter) -> DayRule:
    """
    Return the days of a rule that a filter admits.

    Raises: ConfigError when no rule says them.
    """
    days: Days
    match one:
        case Months():
            return rule._replace(months=rule.months & _mask(one.months))
        case Weekday():
            days = Days(weekdays=0b0011111)
        case Weekend():
            days = Days(weekdays=0b1100000)
        case OnDays():
            days = Days(weekdays=_mask(one.weekdays))
        case DaysOfMonth():
            days = Days(numbers=_mask(one.days))
        case MonthStart():
            days = Days(numbers=1 << 1)
        case MonthEnd():
            days = Days(before_last=1)
        case NthWeekday():
            days = Days(nth=((1 << one.day.weekday, one.day.n),))
        case _:
            raise ConfigError.of(f"nothing there filters as {str(one)!r} does")
    return rule._replace(all_of=(*rule.all_of, days))


def _of_rule(
    rule: DayRule, hours: tuple[int, ...], minutes: tuple[int, ...], seconds: tuple[int, ...]
) -> Iterator[CalendarEvent]:
    if not rule.months:
        return
    for piece in month_pieces.pieces(rule):
        days = piece.from_end or piece.numbers
        yield CalendarEvent(
            weekdays=_values(piece.weekdays, 0, 6),
            months=_values(rule.months, 1, 12),
            days=_values(days, 1, 31),
            from_end=bool(piece.from_end),
            hours=None if len(hours) == 24 else hours,
            minutes=None if len(minutes) == 60 else minutes,
            microseconds=(
                None if len(seconds) == 60 else tuple(second * SECOND for second in seconds)
            ),
        )


def _mask(values: Sequence[int]) -> int:
    return sum(1 << value for value in set(values))


def _values(mask: int, low: int, high: int) -> tuple[int, ...] | None:
    """Return the values of a mask, None when it has all of them."""
    found = tuple(value for value in range(low, high + 1) if mask >> value & 1)
    return None if len(found) == high - low + 1 else found
