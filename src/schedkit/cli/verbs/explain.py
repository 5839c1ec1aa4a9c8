"""`sched explain`: why a job did or did not, will or will not run at a time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from schedkit.cli import explanation, fates, heard, origins, render, waiting
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.explanation import Asked, Explanation
from schedkit.cli.failure import UsageError
from schedkit.cli.fates import Told
from schedkit.cli.origins import Link
from schedkit.cli.pauses import pauses
from schedkit.cli.standing import nothing_after
from schedkit.cli.unrecorded import Known, why_no_record, why_refused
from schedkit.cli.when import day_or_time
from schedkit.config import Config, UnknownJobError
from schedkit.control.client import SilentError, connect
from schedkit.errors import CalendarEndsError, ConfigError, did_you_mean
from schedkit.job import Job
from schedkit.records import replace
from schedkit.run import Run, run_number
from schedkit.store import Query, SQLiteReader
from schedkit.texts import safe
from schedkit.traces import Trace
from schedkit.typed import Annotated


def explain(
    context: Context,
    target: Annotated[str, Argument("A job, or a run.", "JOB|RUN")],
    time: Annotated[
        str | None,
        Argument("A day or a time, of the job's zone; its next run unless it is given.", "WHEN"),
    ] = None,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Explain why a job did, or will, run at a time, or not.

    What else it waits for, and what it has heard of that. Or why a run ran, to its first cause.
    """
    config = context.load()
    store = context.history(config)
    try:
        _explain(context, config, store, target, time, json=json)
    except CalendarEndsError as error:
        if json:
            render.write_json([])
        sys.stderr.write(f"{safe(target)}: {error}\n")
    finally:
        if store is not None:
            store.close()
    return 0


def _explain(
    context: Context,
    config: Config,
    store: SQLiteReader | None,
    target: str,
    time: str | None,
    *,
    json: bool,
) -> None:
    now = datetime.now(UTC)
    asked = _asked(config, store, target, time, now)
    if isinstance(asked, Job):
        said = f"{safe(asked.name)} {_why_never(asked, now)}\n"
        (sys.stderr if json else sys.stdout).write(said)
        if json:
            render.write_json([])
        return
    found = _found(asked, store, context.state_directory(config), now)
    found = replace(found, origins=_origins(found.told, config, store))
    if time is None and asked.run is None and asked.job is not None:
        waits = list(waiting.waits([asked.job], config.by_name, now))
        found = replace(found, heard=heard.heard(waits, store, now))
    if json:
        render.write_json(explanation.as_json(found))
    else:
        explanation.write(context, found, _named(store, found.told))
    explanation.warn(context, found)


def _found(asked: Asked, store: SQLiteReader | None, state: Path, now: datetime) -> Explanation:
    """Return what is told of the time, or of the run, that is asked for."""
    traces = [] if asked.job is None else asked.job.schedule.explain(asked.begin, asked.end)
    runs = _records(store, asked, traces)
    told = fates.told(traces, runs, asked.begin, asked.end, lambda time: _fires_at(asked, time))
    if asked.run is not None:
        told = [one for one in told if one.run is not None and one.run.id == asked.run.id]
    if asked.job is None:
        return Explanation(asked, told, [None] * len(told), None, now)
    known = _known(asked, asked.job, store, state, now)
    return Explanation(asked, told, [_note(one, known, runs) for one in told], known, now)


# ---- what is asked, and what is known


def _asked(
    config: Config, store: SQLiteReader | None, name: str, time: str | None, now: datetime
) -> Asked | Job:
    """Return what is to be explained; the job alone when that is a next run which never comes."""
    jobs = config.by_name
    if name in jobs:
        job = jobs[name]
        if time is not None:
            return Asked(name, job, job.timezone, *_window(time, job.timezone))
        fire = next(job.schedule.after(now), None)
        if fire is None and job.listens and not job.starts_with_runner:
            fire = now  # of which nothing is told, but what it waits for
        return job if fire is None else Asked(name, job, job.timezone, fire, fire)
    number = run_number(name)
    run = None if store is None or number is None else store.run(number)
    if run is not None:
        if time is not None:
            raise UsageError(f"a run has its time: sched explain {run.id}")
        return Asked(
            run.job, jobs.get(run.job), ZoneInfo(run.timezone), run.fire_time, run.fire_time, run
        )
    last = {} if store is None else store.last_runs([name])
    if name not in last:
        known = jobs.keys() | (set() if store is None else store.jobs())
        raise UnknownJobError(name, did_you_mean(name, known))
    zone, fire = ZoneInfo(last[name].timezone), last[name].fire_time
    return Asked(name, None, zone, *((fire, fire) if time is None else _window(time, zone)))


def _window(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    try:
        begin, end = day_or_time(text, zone)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    return begin.astimezone(UTC), end.astimezone(UTC)


def _why_never(job: Job, now: datetime) -> str:
    if job.starts_with_runner:
        return "runs when the runner starts"
    if not job.enabled and job.causes:
        return f"is disabled; else it would run {' or '.join(map(str, job.causes))}"
    return f"never runs: {nothing_after(job, now)}"


def _fires_at(asked: Asked, instant: datetime) -> bool:
    """Return whether the schedule as it is now has a fire time at *instant*."""
    if asked.job is None:
        return False
    return next(asked.job.schedule.known_after(instant - datetime.resolution), None) == instant


def _records(store: SQLiteReader | None, asked: Asked, traces: Sequence[Trace]) -> list[Run]:
    """Return the records of the time asked for, and of where candidates of it were moved to."""
    if store is None:
        return []
    times = [asked.begin, asked.end, *(t.time for t in traces if t.time is not None)]
    query = Query(frozenset({asked.name}), since=min(times), until=max(times))
    return store.runs(query)[::-1]


def _known(asked: Asked, job: Job, store: SQLiteReader | None, state: Path, now: datetime) -> Known:
    """Return what is known of a job beside its schedule, and its records of the time asked for."""
    is_up = _is_up(state)
    if store is None:
        return Known(job, now, is_up)
    last = store.last_runs([job.name]).get(job.name)
    before = Query(frozenset({job.name}), until=asked.begin - datetime.resolution, limit=1)
    had = f"max_runs: it has had {job.max_runs}"  # as the runner says it of what it skips
    return Known(
        job, now, is_up,
        has_history=True,
        cursor=store.cursors([job.name]).get(job.name),
        pause=pauses(store, now).get(job.name),
        used_up=had if last is not None and last.reason == had else None,
        loads=_loads(store, job.name, asked.begin),
        earlier=bool(store.runs(before)),
    )  # fmt: skip


def _loads(store: SQLiteReader, name: str, since: datetime) -> list[tuple[datetime, str]]:
    """Return the loads of the files that changed something about a job, oldest first."""
    return [
        (load.time, change)
        for load in reversed(store.loads(since=since))
        for change in load.changes
        if change.startswith(f"{name} ")
    ]


def _is_up(state: Path) -> bool:
    """Return whether a runner is up, be it silent, or not ours to talk to."""
    try:
        connection = connect(state)
    except (SilentError, PermissionError):
        return True
    except NotADirectoryError:
        return False
    if connection is None:
        return False
    with connection:
        return True


def _origins(
    told: Sequence[Told], config: Config, store: SQLiteReader | None
) -> dict[str, Sequence[Link]]:
    """Return what has caused runs that are told, by their ids."""
    runs = [one.run for one in told if one.run is not None and one.run.cause is not None]
    if store is None:
        return {}
    return {run.id: origins.links(run, config.by_name, store) for run in runs}


def _note(one: Told, known: Known, runs: Sequence[Run]) -> str | None:
    """Return what is to be said of a fire time without a record, if anything."""
    fire = one.fire_time
    if one.run is not None or fire is None:
        return None
    if fire > known.now:
        return why_refused(known, fire) if known.job.enabled else None
    return why_no_record(known, fire, runs)


def _named(store: SQLiteReader | None, told: Sequence[Told]) -> dict[str, Run]:
    """Return the runs that are named where it is told why others were skipped."""
    numbers = {fates.other_run(one.run) for one in told if one.run is not None}
    found = [] if store is None else [store.run(number) for number in numbers if number is not None]
    return {run.id: run for run in found if run is not None}
