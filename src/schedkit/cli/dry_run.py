"""What `sched run --dry-run` answers: what would be decided, and started, without doing it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from schedkit import planner
from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.verbs.next import coming
from schedkit.config import Config
from schedkit.job import Job
from schedkit.launch import arguments
from schedkit.run import Decision, State

_ROWS = 10


def show(context: Context, config: Config, only: Sequence[str], duration: timedelta | None) -> int:
    """Write a table of what a runner started now would do, first with what was missed."""
    now = datetime.now(UTC)
    jobs = [job for job in config.named(only) if job.enabled]
    rows = [_row(job, decision) for job, decision in _missed(context, config, jobs, now)]
    fires = coming(jobs, now)
    if duration is not None:
        end = now + duration
        fires = takewhile(lambda fire: fire.time <= end, fires)
    else:
        fires = islice(fires, _ROWS)
    rows += [_row(fire.job, Decision(fire.job.name, fire.time, State.QUEUED)) for fire in fires]
    waits = [job for job in jobs if job.listens]
    rows += [_row_of_cause(job) for job in waits[:_ROWS]]
    render.write_table(("FIRE TIME", "JOB", "WHAT", "COMMAND"), rows, colour=context.colour())
    if len(waits) > _ROWS:
        sys.stderr.write(f"{len(waits) - _ROWS} more run after others or on events\n")
    return 0


def _missed(
    context: Context, config: Config, jobs: Sequence[Job], now: datetime
) -> Iterator[tuple[Job, Decision]]:
    store = context.history(config)
    if store is None:
        return
    cursors = store.cursors()
    store.close()
    for job in jobs:
        digest, cursor = cursors.get(job.name, (None, now))
        if digest == job.schedule_digest:
            fires = planner.come(job, cursor, now)
            for decision in planner.on_due(job, fires, "no runner was up"):
                yield job, decision


def _row(job: Job, decision: Decision) -> list[render.Cell | str]:
    command = ""
    match decision.state:
        case State.QUEUED:
            what = ("catch up" if decision.trigger == "catchup" else "start") + _asked(job)
            command = arguments(job)
        case State.MISSED:
            what = f"missed {decision.count}: {decision.reason}"
        case _:
            what = f"{decision.state}: {decision.reason}"
    time = render.moment(decision.fire_time.astimezone(job.timezone))
    return [time, render.Cell(job.name, colour="bold"), what, command]


def _row_of_cause(job: Job) -> list[render.Cell | str]:
    """Return the row of a job that something can run beside time; nobody knows when."""
    what = f"start {' or '.join(map(str, job.causes))}{_asked(job)}"
    return ["-", render.Cell(job.name, colour="bold"), what, arguments(job)]


def _asked(job: Job) -> str:
    return "" if job.condition is None else f" if {job.condition.keys}"
