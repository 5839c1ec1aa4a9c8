"""`sched next`: the fire times to come, from the file alone."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Annotated, Any, NamedTuple

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.when import when
from schedkit.config import positive
from schedkit.job import Job
from schedkit.schedule import HORIZON, Fire
from schedkit.timeline import local

_ROWS = 10


class Coming(NamedTuple):
    """A fire time of a job; ordered by time."""

    time: datetime
    place: int
    job: Job
    fire: Fire


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
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """Show the fire times to come, from the file alone: no runner is needed."""
    config = context.load()
    chosen = [job for job in config.named(jobs) if job.enabled]
    now = datetime.now(UTC)
    start = since or now
    fires: Iterator[Coming] = coming(chosen, start)
    if until is not None:
        fires = takewhile(lambda fire: fire.time <= until, fires)
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
    _say_what_is_not_there(config.named(jobs), {fire.job.name for fire in found}, start)
    return 0


def coming(jobs: Iterable[Job], start: datetime) -> Iterator[Coming]:
    """Yield the fire times of all *jobs* later than *start*, in order of time, then of the file."""
    sources = [_of(place, job, start) for place, job in enumerate(jobs)]
    return heapq.merge(*sources, key=lambda fire: fire[:2])


def _of(place: int, job: Job, start: datetime) -> Iterator[Coming]:
    return (Coming(fire.time, place, job, fire) for fire in job.schedule.fires(start))


def _row(coming: Coming, now: datetime) -> list[render.Cell | str]:
    job, fire = coming.job, coming.fire
    why = [str(fire.clock)]
    if (moved := _moved_from(coming)) is not None:
        why.append(f"moved from {moved:%a %Y-%m-%d %H:%M}")
    if (note := _note(coming)) is not None:
        why.append(note)
    return [
        render.moment(fire.time.astimezone(job.timezone)),
        render.Cell(render.countdown(fire.time - now), colour="cyan"),
        render.Cell(job.name, colour="bold"),
        ", ".join(why),
    ]


def _moved_from(coming: Coming) -> datetime | None:
    fire = coming.fire
    return fire.candidate.astimezone(coming.job.timezone) if fire.candidate != fire.time else None


def _note(coming: Coming) -> str | None:
    """Return what a clock change did to the fire time, if it did anything."""
    fire, zone = coming.fire, coming.job.timezone
    wall = local(fire.candidate, zone)
    skipped = [n for n in fire.clock.nominals(fire.candidate, zone) if n != wall]
    if not skipped:
        return None
    times = " and ".join(f"{nominal:%H:%M}" for nominal in skipped)
    return f"a clock change skips {times}"


def _as_json(coming: Coming) -> dict[str, Any]:
    job, moved = coming.job, _moved_from(coming)
    return {
        "job": job.name,
        "fire_time": coming.time.astimezone(job.timezone).isoformat(),
        "timezone": str(job.timezone),
        "clock": str(coming.fire.clock),
        "moved_from": None if moved is None else moved.isoformat(),
        "note": _note(coming),
    }


def _say_what_is_not_there(jobs: Iterable[Job], shown: set[str], start: datetime) -> None:
    """Say on stderr why a job that was asked for is not in the answer, if it never will be."""
    for job in jobs:
        if job.name in shown:
            continue
        if not job.enabled:
            sys.stderr.write(f"{job.name}: disabled\n")
        elif job.next_fire(start) is None:
            sys.stderr.write(f"{job.name}: no fire before {(start + HORIZON).year}\n")
