"""Which promises of jobs are broken now, as `sched status` tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from schedkit import durations
from schedkit.cli import render
from schedkit.cli.render import Cell
from schedkit.expectations import (
    Breach,
    Going,
    Success,
    breaches,
    goes_on,
    promise,
    promised_start,
    waits,
)
from schedkit.job import Job
from schedkit.run import AttemptKey, OpenAttempt, Run, Waiting, run_id, run_number
from schedkit.store import Reader
from schedkit.typed import Any, NamedTuple

_NAMED = 5  # promises that a sentence names


class Broken(NamedTuple):
    """A promise of a job that is broken."""

    job: Job
    breach: Breach


def broken(
    store: Reader,
    jobs: Sequence[Job],
    going_on: Sequence[OpenAttempt],
    waiting: Sequence[Waiting],
    now: datetime,
) -> list[Broken]:
    """Return the promises of *jobs* that are broken; all that goes on and waits is given."""
    names = [job.name for job in jobs]
    runs: defaultdict[str, list[Going]] = defaultdict(list)
    for one in going_on:
        runs[one.job].append(goes_on(one, now))
    for other in waiting:
        runs[other.job].append(waits(other))
    for name, run in store.last_runs(names).items():
        if run.state.terminal and run.started is not None:
            runs[name].append(_over(run))
    successes = _successes(store, jobs)
    said = [(job, promise(job)) for job in jobs]
    return [
        Broken(job, breach)
        for job, promised in said
        if promised is not None
        for breach in breaches(promised, runs[job.name], successes.get(job.name), now)
    ]


def _over(run: Run) -> Going:
    """Return a run that is over: it may have started late."""
    due = promised_start(run.trigger, run.fire_time, run.due)
    key = AttemptKey(run_number(run.id) or 0, run.attempts)
    return Going(key, run.fire_time, due, run.started)


def _successes(store: Reader, jobs: Sequence[Job]) -> dict[str, Success]:
    """Return when jobs of which it matters have last succeeded, or since when they could have."""
    wanted = [j.name for j in jobs if j.sla is not None and j.sla.succeeded_within is not None]
    if not wanted:
        return {}
    found = {name: Success(*last) for name, last in store.last_successes(wanted).items()}
    loaded = store.hearing([name for name in wanted if name not in found])
    return found | {name: Success(None, one.since) for name, one in loaded.items()}


# ---- in words


def problems(found: Sequence[Broken], now: datetime) -> list[str]:
    """Return what is wrong in a sentence without an end, if anything is."""
    if not found:
        return []
    if len(found) == 1:
        ((job, breach),) = found
        said = _said(breach, job, now)
        return [f"{job.name} {said.shown}"]
    names = [f"{job.name} ({breach.word})" for job, breach in found[:_NAMED]]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return [f"{len(found)} promises are broken: {', '.join(names)}{more}"]


def cells(found: Sequence[Broken], now: datetime) -> Iterator[Cell]:
    """Yield a line for each of them."""
    for job, breach in found:
        run = "" if breach.attempt is None else f" {run_id(breach.attempt.run)}"
        plain, shown, _ = _said(breach, job, now)
        yield Cell(f"{job.name}{run} {plain}", f"{job.name}{run} {shown}", "red")


def _said(breach: Breach, job: Job, now: datetime) -> Cell:
    since = render.past(breach.since.astimezone(job.timezone), now)
    match breach.word:
        case "late_after" if breach.started is not None:
            late = durations.brief(breach.started - breach.since)
            words = f"started {late} late, due {{}}"
        case "late_after":
            words = "has not started, due {}"
        case "max_runtime":
            words = "goes on since {}"
        case "succeeded_within" if breach.success is None:
            words = "has never succeeded, counted from {}"
        case _:
            words = "has not succeeded since {}"
    words = f"{words} ({breach.word} {durations.text(breach.limit)})"
    return Cell(words.format(since.plain), words.format(since.shown))


def as_json(one: Broken) -> dict[str, Any]:
    """Return a promise that is broken as plain data with stable names."""
    job, breach = one
    return {
        "job": job.name,
        "promise": breach.word,
        "limit": breach.limit.total_seconds(),
        "since": breach.since.astimezone(job.timezone).isoformat(),
        "run": None if breach.attempt is None else run_id(breach.attempt.run),
        "last_success": None if breach.success is None else run_id(breach.success),
    }
