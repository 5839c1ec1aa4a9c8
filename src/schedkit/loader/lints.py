"""What is likely not meant, although it can be: warnings, each with what it comes to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice, pairwise
from typing import NamedTuple

from schedkit import durations, timeline
from schedkit.adjustments import Adjustment
from schedkit.adjustments.add import Add
from schedkit.calendars import Calendar, CalendarEndsError
from schedkit.clocks import CLOCKS, Clock
from schedkit.clocks.cron import Cron
from schedkit.clocks.days import Monthly
from schedkit.clocks.recurrence import FIXED, WallClock
from schedkit.errors import Problem
from schedkit.filters import Filter
from schedkit.job import Job
from schedkit.records import replace
from schedkit.scalars import WEEKDAYS, moment_text
from schedkit.schedule import HORIZON, Schedule
from schedkit.traces import Trace

_AHEAD = timedelta(days=366)  # how far a schedule is looked through
_SOON = timedelta(days=3653)  # a calendar that ends sooner says nothing about never
_LOOKED_AT = 1000  # fire times, at most
_OF_PROMISES = 50  # fire times between which a success is promised


class Finding(NamedTuple):
    """A problem of a job at a path below its keys; an error when it can't be meant at all."""

    path: tuple[str | int, ...]
    problem: Problem
    severity: str = "warning"


def lints(job: Job, now: datetime) -> Iterator[Finding]:
    """Yield what is suspicious about when *job* fires, looking ahead from *now*."""
    for position, clock in enumerate(job.clock):
        path = ("clock", position)
        if isinstance(clock, Cron):
            yield from (Finding(path, problem) for problem in _cron(clock))
        if isinstance(clock, Monthly):
            rare = [n for weekdays, n in clock.days if not weekdays and n > 28]
            if rare:
                yield Finding(path, _short_months(", ".join(map(str, rare))))
    yield from never_fires(job, now)
    yield from _calendars(job, now)
    yield from _clock_changes(job, now)
    yield from _idle_adjustments(job, now)
    yield from _hasty_promises(job, now)


def _cron(clock: Cron) -> Iterator[Problem]:
    fields = clock.expression.split()[-5:]
    if len(fields) < 5:
        return
    day, weekday = fields[2], fields[4]
    if clock.day_or and not (day.startswith(("*", "?")) or weekday.startswith(("*", "?"))):
        hint = f"for both: {{cron: {clock.expression}, day_or: false}}"
        named = _named_weekdays(weekday)
        yield Problem(f"fires on day {day} of the month and on every {named}", hint)
    if re.search(r"(^|,)(\*|\d+-31|1)/\d+", day):
        hint = "for every so many days: every 3d"
        yield Problem(f"the day {day} begins anew each month: 31 and 1 may follow each other", hint)
    rare = re.findall(r"(?:^|,)(29|30|31)(?=,|$)", day)
    if rare and weekday.startswith(("*", "?")):
        yield _short_months(", ".join(rare))


def _named_weekdays(field: str) -> str:
    """Return a field of weekdays with names for its numbers: mon-fri for 1-5."""
    if not set(field) <= set("01234567,-"):
        return field
    return re.sub(r"\d", lambda number: WEEKDAYS[(int(number[0]) - 1) % 7], field)


def _short_months(days: str) -> Problem:
    return Problem(
        f"not every month has a day {days}: it is left out there", "the last day is: last"
    )


def never_fires(job: Job, now: datetime) -> Iterator[Finding]:
    """Yield why *job* never fires, if it does not: an error where filters see to it."""
    if not job.enabled or _surely_fires(job, now):
        return
    whose = " of its clock" if job.clock else ""
    if not job.clock:  # what causes it can happen at any time
        job = replace(job, clock=(CLOCKS.read("every 1s"),))
    if job.end is not None and job.end < timeline.local(now, job.timezone):
        hint = "take it out, or keep it with enabled: false"
        yield Finding(("end",), Problem(f"{job.name!r} never fires again: its end is past", hint))
        return
    if job.starts_with_runner or _fires(job.schedule, now):
        return
    year = (now + HORIZON).year
    if not _fires(_with(job, ()), now):
        message = f"{job.name!r} never fires: no clock names a time before {year}"
        yield Finding(("clock",), Problem(message))
    elif not _fires(_with(job, job.filters), now):
        yield _contradiction(job, now, year, whose)
    elif job.end is None:
        message = f"{job.name!r} never fires: no time before {year} comes after its start"
        yield Finding(("start",), Problem(message))
    else:
        since = "up to" if job.start is None else "from its start to"
        message = f"{job.name!r} never fires: no time comes {since} its end"
        yield Finding(("end",), Problem(message))


def _surely_fires(job: Job, now: datetime) -> bool:
    """Return whether a look at one of its times is enough to say that *job* fires."""
    if job.adjustments or job.start is not None or job.end is not None:
        return False
    if not job.clock:
        return not job.filters
    try:
        wall = _some_time(job.clock[0], now, job.timezone)
        return wall is not None and all(one.admits(wall) for one in job.filters)
    except CalendarEndsError:
        return False


def _some_time(clock: Clock, now: datetime, zone: tzinfo) -> datetime | None:
    """Return what the wall shows at some time of *clock* later than *now*, the cheapest to find."""
    if not isinstance(clock, WallClock):
        instant = next(clock.after(now, zone), None)
        if instant is None or instant - now > HORIZON:
            return None
        return timeline.local(instant, zone)
    # The day after tomorrow is to come in every zone.
    day = clock.recurrence.days.first(now.date() + timedelta(days=2))
    if day is None or day - now.date() > HORIZON:
        return None
    hour, minutes, seconds = clock.recurrence.times[0]
    wall = datetime(day.year, day.month, day.day, hour, minutes[0], seconds[0])
    skipped = timeline.local(timeline.resolved(wall, zone), zone) != wall
    return None if skipped else wall


def _contradiction(job: Job, now: datetime, year: int, whose: str) -> Finding:
    """Return which of its filters see to it that *job* never fires; *whose* times they ask."""
    for position, one in enumerate(job.filters):
        if not _fires(_with(job, (one,)), now):
            message = f"{job.name!r} never fires: {one} admits no time{whose} before {year}"
            return Finding(("filters", position), Problem(message), "error")
    for later, one in enumerate(job.filters):
        for other in job.filters[:later]:
            if not _fires(_with(job, (other, one)), now):
                message = f"{job.name!r} never fires: {other} and {one} contradict each other"
                return Finding(("filters", later), Problem(message), "error")
    message = f"{job.name!r} never fires: its filters together admit no time before {year}"
    return Finding(("filters",), Problem(message), "error")


def _with(job: Job, filters: tuple[Filter, ...]) -> Schedule:
    """Return when a job would fire with other filters, and without its start and end."""
    return Schedule.of(job.clock, filters, job.adjustments, job.timezone, job.dst)


def _fires(schedule: Schedule, now: datetime, horizon: timedelta = HORIZON) -> bool:
    """Return whether there is a fire time, as far as the calendars know."""
    try:
        return next(schedule.after(now, horizon), None) is not None
    except CalendarEndsError as error:
        # Nothing up to the end of the calendar: it tells only when that is far.
        return error.day < (now + _SOON).date()


def _calendars(job: Job, now: datetime) -> Iterator[Finding]:
    for key in ("clock", "filters", "adjustments"):
        for position, word in enumerate(getattr(job, key)):
            for calendar in _calendars_of(word):
                if calendar.last is not None and calendar.last < _looked_to(job, now):
                    verb = "ended" if calendar.last < now.date() else "ends"
                    hint = "update the package that it comes from"
                    end = f"calendar {calendar} {verb} on {calendar.last}"
                    yield Finding((key, position), Problem(f"{end}: nothing fires after it", hint))


def _looked_to(job: Job, now: datetime) -> date:
    """Return up to which day it matters whether the calendars of a job know it."""
    ahead = (now + _AHEAD).date()
    return ahead if job.end is None else min(ahead, job.end.date())


def _calendars_of(word: object) -> Iterator[Calendar]:
    """Yield the calendars of a word and of those that it is made of."""
    calendar = getattr(word, "calendar", None)
    if isinstance(calendar, Calendar):
        yield calendar
    for inner in (getattr(word, "filter", None), *getattr(word, "filters", ())):
        if inner is not None:
            yield from _calendars_of(inner)


def _clock_changes(job: Job, now: datetime) -> Iterator[Finding]:
    for position, clock in enumerate(job.clock):
        if not isinstance(clock, WallClock) or clock.recurrence.dst != FIXED:
            continue
        for instant, jump in timeline.changes(now, now + _AHEAD, job.timezone):
            if abs(jump) > timeline.CORRECTION or not job.schedule.covers(instant):
                continue
            said = _changed(clock, job, instant, jump)
            if said is not None:
                yield Finding(("clock", position), said)


def _changed(clock: WallClock, job: Job, instant: datetime, jump: timedelta) -> Problem | None:
    """Return what a clock change does to a clock, unless the job says what it is to do."""
    after = timeline.local(instant, job.timezone)
    if jump > timeline.ZERO and job.dst.gap is None:
        skipped = clock.recurrence.skipped(instant, job.timezone)
        if skipped:
            hint = "another time, or say it is meant: dst: {gap: run}"
            message = (
                f"{moment_text(skipped[0])} is skipped by a clock change: fires at {after:%H:%M}"
            )
            return Problem(message, hint)
    if jump < timeline.ZERO and job.dst.fold is None:
        repeated = clock.recurrence.repeated(instant, job.timezone)
        if repeated:
            hint = "another time, or say it is meant: dst: {fold: first}"
            message = (
                f"{moment_text(repeated[0])} comes twice by a clock change: fires the first time"
            )
            return Problem(message, hint)
    return None


def _idle_adjustments(job: Job, now: datetime) -> Iterator[Finding]:
    """Look for adjustments that never move anything because a filter drops what they would."""
    rolls = [(n, a) for n, a in enumerate(job.adjustments) if not isinstance(a, Add)]
    if not rolls or not job.filters:
        return
    traces = _coming(job, now)
    for position, adjustment in rolls:
        moved = any(move.adjustment is adjustment for trace in traces for move in trace.moves)
        dropped = next((t for t in traces if _would_move(adjustment, t)), None)
        if not moved and dropped is not None:
            message = f"{adjustment} never acts: {dropped.dropped_by} drops what it would move"
            yield Finding(("adjustments", position), Problem(message, "leave out one of the two"))


def _would_move(adjustment: Adjustment, trace: Trace) -> bool:
    try:
        dropped = isinstance(trace.dropped_by, Filter)
        return dropped and adjustment.apply(trace.nominal) != trace.nominal
    except CalendarEndsError:
        return False


def _coming(job: Job, now: datetime) -> list[Trace]:
    traces: list[Trace] = []
    try:
        for trace in islice(job.schedule.traces(now), _LOOKED_AT):
            if trace.candidate > now + _AHEAD:
                break
            traces.append(trace)
    except CalendarEndsError:
        pass
    return traces


def overlaps(job: Job, now: datetime) -> Problem | None:
    """Return a problem when *job* may run for longer than it is from one fire to the next."""
    if job.timeout is None or job.overlap != "skip":
        return None
    try:
        fires = list(islice(job.schedule.after(now), 20))
    except CalendarEndsError:
        return None
    nearest = min((later - fire for fire, later in pairwise(fires)), default=None)
    if nearest is None or nearest >= job.timeout:
        return None
    text = durations.text(nearest)
    return Problem(f"it may run for longer than {text}, after which the next is due and skipped")


def _hasty_promises(job: Job, now: datetime) -> Iterator[Finding]:
    """Look for a success that is promised sooner than the job fires."""
    promised = None if job.sla is None else job.sla.succeeded_within
    if promised is None or job.after is not None or job.on:
        return
    fires = [*islice(job.schedule.known_after(now), _OF_PROMISES)]
    longest = max((later - fire for fire, later in pairwise(fires)), default=timeline.ZERO)
    if promised < longest:
        length = durations.text(longest)
        message = f"succeeded_within is less than {length}, from one fire time to the next"
        hint = "write that much, and as long as a run takes"
        path = ("sla", "succeeded_within")
        yield Finding(path, Problem(f"{message}: it will be broken", hint))


# ---- what a file says of its own fire times


def broken_promises(job: Job, now: datetime) -> Iterator[Finding]:
    """Yield where the fire times of *job* are not what `expect` and `never_on` say."""
    if job.expect:
        yield from _unexpected(job)
    for position, never in enumerate(job.never_on):
        fire = _first_on(job, never, now)
        if fire is not None:
            message = f"{job.name!r} fires on {fire:%a} {moment_text(fire)}: {never}"
            yield Finding(("never_on", position), Problem(message), "error")


def _first_on(job: Job, never: Filter, now: datetime) -> datetime | None:
    """Return the first fire time (of the wall) that *never* admits, two years ahead at most."""
    if job.adjustments:
        fires = _walls(job, now, now + 2 * _AHEAD)
        return next((wall for wall in fires if never.admits(wall)), None)
    # What nothing moves can be asked for: the schedule jumps over all the other fire times.
    schedule = Schedule.of(
        job.clock, (*job.filters, never), (), job.timezone, job.dst, start=job.start, end=job.end
    )
    try:
        fire = next(schedule.after(now, 2 * _AHEAD), None)
    except CalendarEndsError:
        return None
    return None if fire is None else timeline.local(fire, job.timezone)


def _unexpected(job: Job) -> Iterator[Finding]:
    begin, end = (timeline.resolved(job.expect[n], job.timezone) for n in (0, -1))
    fires = _walls(job, begin - datetime.resolution, end)
    expected = [
        timeline.local(timeline.resolved(m, job.timezone), job.timezone) for m in job.expect
    ]
    for wall in [wall for wall in expected if wall not in fires]:
        near = min(fires, key=lambda fire: abs(fire - wall), default=None)
        hint = None if near is None else f"the nearest is {near:%a} {moment_text(near)}"
        message = f"{job.name!r} does not fire on {wall:%a} {moment_text(wall)}"
        yield Finding(("expect",), Problem(message, hint), "error")
    more = [wall for wall in fires if wall not in expected]
    if more:
        listed = ", ".join(f"{wall:%a} {moment_text(wall)}" for wall in more[:3])
        rest = f" and {len(more) - 3} more" if len(more) > 3 else ""
        message = f"{job.name!r} fires in between, on {listed}{rest}"
        yield Finding(("expect",), Problem(message), "error")


def _walls(job: Job, after: datetime, until: datetime) -> list[datetime]:
    fires = job.schedule.known_after(after, until - after)
    return [timeline.local(fire, job.timezone) for fire in fires]
