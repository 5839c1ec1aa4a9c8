"""`sched list`: one line a job."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Annotated, Any

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.health import pause_as_json, pause_text, pauses
from schedkit.cli.verbs.history import COLOURS
from schedkit.config import UnknownJobError
from schedkit.errors import did_you_mean
from schedkit.job import Job
from schedkit.report import shown
from schedkit.run import Pause, Run

_COLUMNS = ("JOB", "SCHEDULE", "ZONE", "LAST", "NEXT", "IN", "DESCRIPTION")


def list_(
    context: Context,
    patterns: Annotated[
        tuple[str, ...], Argument("Only jobs of these names; * stands for anything.", "PATTERN")
    ] = (),
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """List the jobs: when each fires, how its last run went, when the next one comes."""
    config = context.load()
    names = [job.name for job in config.jobs]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UnknownJobError(pattern, did_you_mean(pattern, names))
    jobs = [
        job
        for job in config.jobs
        if not patterns or any(fnmatchcase(job.name, pattern) for pattern in patterns)
    ]
    store = context.history(config)
    now = datetime.now(UTC)
    last: dict[str, Run] = {}
    paused: dict[str, Pause] = {}
    if store is not None:
        last = store.last_runs([job.name for job in jobs])
        paused = pauses(store, now)
        store.close()
    entries = [
        (job, last.get(job.name), paused.get(job.name), _next_known(job, now)) for job in jobs
    ]
    if json:
        render.write_json([_as_json(*entry) for entry in entries])
        return 0
    rows = [_row(*entry, now) for entry in entries]
    render.write_table(_COLUMNS, rows, colour=context.colour())
    return 0


def _next_known(job: Job, now: datetime) -> datetime | None:
    return next(job.schedule.known_after(now), None) if job.enabled else None


def schedule_text(job: Job) -> str:
    """Return when a job fires, as it is written: clocks, filters, adjustments."""
    parts = [" or ".join(map(str, job.clock))]
    if job.filters:
        parts.append(f"if {' and '.join(map(str, job.filters))}")
    if job.adjustments:
        parts.append(f"then {', '.join(map(str, job.adjustments))}")
    return " ".join(parts)


def _row(
    job: Job, last: Run | None, pause: Pause | None, fire: datetime | None, now: datetime
) -> list[render.Cell | str]:
    if not job.enabled:
        coming: list[render.Cell | str] = [render.Cell("disabled", colour="yellow"), "-"]
    elif pause is not None:
        coming = [pause_text(pause), "-"]
    elif fire is None and job.starts_with_runner:
        coming = ["at startup", "-"]
    elif fire is None:
        coming = [render.Cell("never", colour="yellow"), "-"]
    else:
        local = fire.astimezone(job.timezone)  # the zone has a column of its own
        coming = [render.Cell(local.isoformat(), f"{local:%a %Y-%m-%d %H:%M}")]
        coming.append(render.countdown(fire - now))
    state = "-" if last is None else render.Cell(last.state, colour=COLOURS[last.state])
    return [
        render.Cell(job.name, colour="bold"),
        schedule_text(job),
        str(job.timezone),
        state,
        *coming,
        job.description,
    ]


def _as_json(
    job: Job, last: Run | None, pause: Pause | None, fire: datetime | None
) -> dict[str, Any]:
    return {
        "job": job.name,
        "description": job.description,
        "enabled": job.enabled,
        "paused": None if pause is None else pause_as_json(pause),
        "schedule": schedule_text(job),
        "timezone": str(job.timezone),
        "file": shown(job.file),
        "line": job.line,
        "last_run": None if last is None else last.id,
        "last_state": None if last is None else last.state,
        "last_fire_time": None
        if last is None
        else last.fire_time.astimezone(job.timezone).isoformat(),
        "next_fire_time": None if fire is None else fire.astimezone(job.timezone).isoformat(),
    }
