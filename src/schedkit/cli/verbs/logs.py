"""`sched logs`: what a run wrote, or writes."""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from typing import Annotated

from schedkit.cli.context import Context, NoFileError
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.following import Copying, until_over, why_nothing
from schedkit.config import positive
from schedkit.errors import ConfigError, did_you_mean
from schedkit.operations import NoSuchRunError
from schedkit.run import Run, State, run_number
from schedkit.store import Query, SQLiteReader

_UNSTARTED = frozenset({State.SKIPPED, State.MISSED})


def logs(
    context: Context,
    target: Annotated[str, Argument("A run, or a job: its last one.", "JOB|RUN")],
    follow: Annotated[
        bool, Option(("-f", "--follow"), "Go on while the run does, over all its attempts.")
    ] = False,
    number: Annotated[
        int | None,
        Option(("-n", "--number"), "So many lines, the last ones.", "LINES", convert=positive),
    ] = None,
    attempt: Annotated[
        int | None,
        Option(("--attempt",), "What this attempt wrote, not the last.", "N", convert=positive),
    ] = None,
) -> int:
    """Show what a run wrote, on its standard output and error: as it is, in a pipe."""
    state = context.state_in_use()
    run = _found(context, target)
    if attempt is not None and attempt > run.attempts:
        raise NoSuchRunError(f"run {run.id} has no attempt {attempt}, but {run.attempts}")
    with closing(Copying(state, run, attempt or max(run.attempts, 1), number)) as copying:
        copy = copying.copy if attempt is None else copying.copy_attempt
        if follow:
            run = until_over(state, run_number(run.id) or 0, copy)
        else:
            copying.copy_attempt(run)
    if not copying.found:
        sys.stderr.write(f"{run.id} {why_nothing(run)}\n")
    return 0


def _found(context: Context, target: str) -> Run:
    """Return the run that is meant: the last one of a job, of which something could be seen."""
    store = context.history()
    if store is None:
        known = context.load().named([target])
        raise NoSuchRunError(f"nothing has run yet: {known[0].name} has no run")
    with closing(store):
        number = run_number(target)
        run = _last(store, target) or (None if number is None else store.run(number))
        jobs = store.jobs()
    if run is not None:
        return run
    with suppress(ConfigError, NoFileError):
        jobs |= {job.name for job in context.load().jobs}
    if target in jobs:
        raise NoSuchRunError(f"{target} has no run")
    hint = did_you_mean(target, jobs)
    raise NoSuchRunError(f"there is no run and no job {target!r}" + (f"; {hint}" if hint else ""))


def _last(store: SQLiteReader, job: str) -> Run | None:
    """Return the newest run of a job that was to start, else the newest of all."""
    only = frozenset({job})
    started = store.runs(Query(only, frozenset(State) - _UNSTARTED, limit=1))
    return next(iter(started or store.runs(Query(only, limit=1))), None)
