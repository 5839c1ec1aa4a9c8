"""`sched list`: one line a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from schedkit.cli import render
from schedkit.cli.colours import COLOURS
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.expected import going_on
from schedkit.cli.pauses import pause_as_json, pauses
from schedkit.cli.sparkline import sparkline
from schedkit.cli.standing import Standing, running_as_json, standing
from schedkit.config import UnknownJobError
from schedkit.errors import did_you_mean
from schedkit.job import Job
from schedkit.run import OpenAttempt, Pause, run_id
from schedkit.store import Outcome, Reader
from schedkit.typed import Annotated, Any, NamedTuple

_RUNS = 10  # of each job
_COLUMNS = (
    "JOB", "SCHEDULE", "ZONE", "STATE", "LAST", "WHEN", "RUNS", "NEXT", "IN", "DESCRIPTION",
)  # fmt: skip
# What a job is called, how it went and when it comes is what is left where there is little room.
_GIVING_WAY = (
    ("DESCRIPTION", 20), ("SCHEDULE", 24), ("DESCRIPTION", 0), ("STATE", 24), ("JOB", 32),
    ("ZONE", 0), ("SCHEDULE", 14), ("STATE", 12), ("NEXT", 0), ("STATE", 9), ("JOB", 16),
    ("RUNS", 5), ("SCHEDULE", 10), ("JOB", 12), ("SCHEDULE", 0), ("WHEN", 0), ("RUNS", 0),
    ("IN", 8), ("STATE", 7), ("JOB", 8),
)  # fmt: skip


class _Known(NamedTuple):
    """What the history knows, by the names of the jobs."""

    latest: Mapping[str, Sequence[Outcome]]
    pauses: Mapping[str, Pause]
    running: Mapping[str, Sequence[OpenAttempt]]


def list_(
    context: Context,
    patterns: Annotated[
        tuple[str, ...], Argument("Only jobs of these names; * stands for anything.", "PATTERN")
    ] = (),
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    List the jobs, one line each.

    When each runs, how its last runs went, when the next one comes.
    """
    config = context.load()
    jobs = [config.by_name[name] for name in _named(patterns, list(config.by_name))]
    now = datetime.now(UTC)
    store = context.history(config)
    known = _Known({}, {}, {})
    if store is not None:
        with closing(store):
            known = _known(store, jobs, now)
    entries = [
        (
            standing(job, known.pauses.get(job.name), known.running.get(job.name, ()), now),
            known.latest.get(job.name, ()),
        )
        for job in jobs
    ]
    if json:
        render.write_json([_as_json(*entry) for entry in entries])
        return 0
    colour = context.colour()
    rows = [_row(*entry, now, colour=colour) for entry in entries]
    render.write_table(_COLUMNS, rows, colour=colour, giving_way=_GIVING_WAY)
    return 0


def _named(patterns: Sequence[str], names: Sequence[str]) -> Sequence[str]:
    """Return the names that a pattern matches, all for none, in their order."""
    if not patterns:
        return names
    from fnmatch import fnmatchcase

    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UnknownJobError(pattern, did_you_mean(pattern, names))
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _known(store: Reader, jobs: Sequence[Job], now: datetime) -> _Known:
    latest = store.outcomes([job.name for job in jobs], _RUNS)
    running: dict[str, list[OpenAttempt]] = {}
    for attempt in going_on(store):
        running.setdefault(attempt.job, []).append(attempt)
    return _Known(latest, pauses(store, now), running)


def schedule_text(job: Job) -> str:
    """Return what runs a job, as it is written: clocks and other causes, filters, adjustments."""
    parts = [" or ".join(map(str, (*job.clock, *job.causes)))]
    if job.filters:
        parts.append(f"if {' and '.join(map(str, job.filters))}")
    if job.adjustments:
        parts.append(f"then {', '.join(map(str, job.adjustments))}")
    return " ".join(parts)


def _row(
    stands: Standing, latest: Sequence[Outcome], now: datetime, *, colour: bool
) -> list[render.Cell | render.Parts | str]:
    job, last = stands.job, latest[0] if latest else None
    past: list[render.Cell | str] = ["-", "-"]
    if last is not None:
        ago = render.countdown(now - last.fire_time)
        time = last.fire_time.astimezone(job.timezone).isoformat()
        past = [
            render.Cell(last.state, colour=COLOURS[last.state]),
            render.Cell(time, ago if ago == "-" else f"{ago} ago"),
        ]
    return [
        render.Cell(job.name, colour="bold"),
        schedule_text(job),
        str(job.timezone),
        stands.cell(now),
        *past,
        sparkline(latest, colour=colour),
        *_coming(stands, now),
        job.description,
    ]


def _coming(stands: Standing, now: datetime) -> list[render.Cell | str]:
    if stands.fire is None:
        waits = stands.why_none == "-" or stands.job.listens
        colour = None if waits else "yellow"
        return ["-", render.Cell(stands.why_none, colour=colour)]
    local = stands.fire.astimezone(stands.job.timezone)
    return [
        render.Cell(local.isoformat(), _soon(local, now)),
        render.Cell(render.countdown(stands.fire - now), colour="cyan"),
    ]


def _soon(time: datetime, now: datetime) -> str:
    """Return a zoned time to come: `today 14:30 CET`, `Sat 09:00 CET`, `2026-12-15 09:00 CET`."""
    days = (time.date() - now.astimezone(time.tzinfo).date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{time:%a}" if days < 7 else f"{time:%Y-%m-%d}")
    seconds = f":{time:%S}" if time.second else ""
    return f"{day} {time:%H:%M}{seconds} {time.tzname()}"


def _as_json(stands: Standing, latest: Sequence[Outcome]) -> dict[str, Any]:
    from schedkit.report import shown

    job, last = stands.job, latest[0] if latest else None

    def iso(time: datetime | None) -> str | None:
        return None if time is None else time.astimezone(job.timezone).isoformat()

    return {
        "job": job.name,
        "description": job.description,
        "enabled": job.enabled,
        "state": stands.state,
        "paused": None if stands.pause is None else pause_as_json(stands.pause),
        "running": list(running_as_json(job, stands.running)),
        "schedule": schedule_text(job),
        "timezone": str(job.timezone),
        "file": shown(job.file),
        "line": job.line,
        "last_run": None if last is None else run_id(last.run),
        "last_state": None if last is None else last.state,
        "last_fire_time": None if last is None else iso(last.fire_time),
        "next_fire_time": iso(stands.fire),
        "note": stands.note,
        "runs": [
            {
                "id": run_id(one.run),
                "state": one.state,
                "fire_time": iso(one.fire_time),
                "duration": _seconds(one.duration),
            }
            for one in latest
        ],
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
