"""`sched next`: the fire times to come, from the file alone."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Annotated, Any, NamedTuple

from schedkit.calendars import CalendarEndsError
from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.when import when, year_of
from schedkit.config import positive
from schedkit.filters import Filter
from schedkit.job import Job
from schedkit.scalars import moment_text
from schedkit.schedule import HORIZON
from schedkit.timeline import local, resolved
from schedkit.traces import Bound, Trace

_ROWS = 10


class Coming(NamedTuple):
    """A fire time of a job, or a time that a filter drops; ordered by time, then of the file."""

    time: datetime
    place: int
    job: Job
    trace: Trace


def next_(
    context: Context,
    jobs: Annotated[tuple[str, ...], Argument("Only these jobs.", "JOB")] = (),
    number: Annotated[
        int | None,
        Option(("-n", "--number"), "How many; 10, or all up to --until.", "N", convert=positive),
    ] = None,
    since: Annotated[
        datetime | None,
        Option(("--from",), "Later than this; now unless it is given.", "WHEN", convert=when),
    ] = None,
    until: Annotated[
        datetime | None,
        Option(("--until",), "Up to this, included.", "WHEN", convert=when),
    ] = None,
    skipped: Annotated[
        bool, Option(("--skipped",), "Show as well what filters drop and adjustments move.")
    ] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """Show the fire times to come, from the file alone: no runner is needed."""
    config = context.load()
    chosen = [job for job in config.named(jobs) if job.enabled]
    now = datetime.now(UTC)
    start = since or now
    ended: dict[str, str] = {}
    fires = coming(chosen, start, ended, skipped=skipped)
    if until is not None:
        fires = takewhile(lambda one: one.time <= until, fires)
    limit = number if number is not None else None if until is not None else _ROWS
    found = list(islice(fires, limit))
    if json:
        render.write_json([_as_json(fire) for fire in found])
        return 0
    render.write_table(
        ("NEXT", "IN", "JOB", "WHY"),
        [_row(fire, now) for fire in found],
        colour=context.colour(),
    )
    shown = {one.job.name for one in found}
    for job in config.named(jobs):
        said = ended.get(job.name) or (None if job.name in shown else _why_not_there(job, start))
        if said is not None:
            sys.stderr.write(f"{job.name}: {said}\n")
    return 0


def coming(
    jobs: Iterable[Job],
    start: datetime,
    ended: dict[str, str] | None = None,
    *,
    skipped: bool = False,
) -> Iterator[Coming]:
    """
    Yield the fire times of all *jobs* later than *start*, in order of time, then of the file.

    With *skipped* also what filters drop, and what is moved at the time it is moved from. A job
    whose calendar ends is then in *ended*, with what is to be said of it.
    """
    said = {} if ended is None else ended
    sources = [_of(place, job, start, said, skipped=skipped) for place, job in enumerate(jobs)]
    return heapq.merge(*sources, key=lambda one: one[:2])


def _of(
    place: int, job: Job, start: datetime, ended: dict[str, str], *, skipped: bool
) -> Iterator[Coming]:
    try:
        if skipped:
            for trace in job.schedule.traces(start):
                time = trace.candidate if trace.candidate > start else _landed(trace, job)
                yield Coming(time, place, job, trace)
        else:
            for fire in job.schedule.fires(start):
                nominals = list(fire.clock.nominals(fire.candidate, job.timezone))
                trace = Trace(fire.candidate, fire.clock, nominals[0], None, None, (), fire.time)
                yield Coming(fire.time, place, job, trace)
    except CalendarEndsError as error:
        ended[job.name] = str(error)


def _landed(trace: Trace, job: Job) -> datetime:
    """Return when what was moved fires, or would have if the job did not start or end."""
    return trace.time or resolved(trace.moves[-1].wall, job.timezone)


def _row(coming: Coming, now: datetime) -> list[render.Cell | str]:
    job, trace = coming.job, coming.trace
    why = [str(trace.clock), *_became(coming)]
    if (note := _note(coming)) is not None:
        why.append(note)
    dropped = trace.dropped_by is not None
    return [
        render.moment(coming.time.astimezone(job.timezone)),
        render.Cell(render.countdown(coming.time - now), colour="dim" if dropped else "cyan"),
        render.Cell(job.name, colour="dim" if dropped else "bold"),
        render.Cell(", ".join(why), colour="dim" if dropped else None),
    ]


def _became(coming: Coming) -> Iterator[str]:
    """Yield what became of a candidate other than that it fires."""
    job, trace = coming.job, coming.trace
    if isinstance(trace.dropped_by, Filter):
        yield f"dropped by {trace.dropped_by}" + (f" ({trace.why})" if trace.why else "")
        return
    landed = _landed(trace, job) if trace.moves else trace.time
    if landed is not None and landed != coming.time:
        to = landed.astimezone(job.timezone)
        words = ", ".join(str(move.adjustment) for move in trace.moves)
        yield f"moved to {to:%a %Y-%m-%d %H:%M} by {words}"
    elif (moved := _moved_from(coming)) is not None:
        yield f"moved from {moved:%a %Y-%m-%d %H:%M}"
    if isinstance(trace.dropped_by, Bound):
        yield f"{trace.why} {moment_text(trace.dropped_by.wall)}"


def _moved_from(coming: Coming) -> datetime | None:
    fires = coming.trace.time or coming.time
    if coming.trace.candidate == fires:
        return None
    return coming.trace.candidate.astimezone(coming.job.timezone)


def _note(coming: Coming) -> str | None:
    """Return what a clock change did to the fire time, if it did anything."""
    trace, zone = coming.trace, coming.job.timezone
    if trace.nominal == local(trace.candidate, zone):
        return None
    return f"a clock change skips {trace.nominal:%H:%M}"


def _as_json(coming: Coming) -> dict[str, Any]:
    job, trace, moved = coming.job, coming.trace, _moved_from(coming)
    time = trace.time
    answer = {
        "job": job.name,
        "fire_time": None if time is None else time.astimezone(job.timezone).isoformat(),
        "timezone": str(job.timezone),
        "clock": str(trace.clock),
        "moved_from": None if moved is None else moved.isoformat(),
        "note": _note(coming),
    }
    if trace.dropped_by is not None:
        candidate = trace.candidate.astimezone(job.timezone).isoformat()
        answer |= {"skipped": candidate, "dropped_by": str(trace.dropped_by), "why": trace.why}
    return answer


def _why_not_there(job: Job, start: datetime) -> str | None:
    """Return why a job that was asked for is not in the answer, if it never will be."""
    if not job.enabled:
        return "disabled"
    if job.starts_with_runner:
        return "when the runner starts"
    if next(job.schedule.known_after(start), None) is None:
        return nothing_after(job, start)
    return None


def nothing_after(job: Job, instant: datetime) -> str:
    """Return up to when a job that does not fire after *instant* was asked about."""
    if job.end is not None:
        return f"no fire up to its end, {moment_text(job.end)}"
    return f"no fire before {year_of(instant, HORIZON)}"
