"""`sched logs`: what a run wrote, or writes."""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from schedkit.cli import render
from schedkit.cli.context import Context, NoFileError
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.following import Copying, attempt_is_over, until_over, why_nothing
from schedkit.config import not_negative, positive
from schedkit.errors import ConfigError
from schedkit.operations import NoSuchRunError
from schedkit.run import Run, State, run_number
from schedkit.store import Query, SQLiteReader
from schedkit.texts import safe
from schedkit.typed import Annotated

_UNSTARTED = frozenset({State.SKIPPED, State.MISSED, State.QUEUED})
# What -f shows of a job: a run at work, else the one that is to come.
_LIVE = (frozenset({State.RUNNING, State.RETRYING}), frozenset({State.QUEUED}))
_RECENT = 50  # records that are looked through one by one: cheaper than to ask for most states


def logs(
    context: Context,
    target: Annotated[
        str | None,
        Argument("A run, or a job: its last one; the last of all unless it is given.", "JOB|RUN"),
    ] = None,
    follow: Annotated[
        bool, Option(("-f", "--follow"), "Go on while the run does, over all its attempts.")
    ] = False,
    number: Annotated[
        int | None,
        Option(("-n", "--number"), "So many lines, the last ones.", "LINES", convert=positive),
    ] = None,
    attempt: Annotated[
        int | None,
        Option(
            ("--attempt",),
            "What this attempt wrote, not the last; 0: what was asked before.",
            "N",
            convert=not_negative,
        ),
    ] = None,
) -> int:
    """
    Show what a run wrote.

    On its standard output and error. In a pipe as it is, on a terminal made harmless.
    """
    state = context.state_in_use()
    run = (
        _newest_of_all(context, live=follow)
        if target is None
        else _found(context, target, live=follow)
    )
    if attempt is not None and attempt > run.attempts:
        raise NoSuchRunError(f"run {run.id} has no attempt {attempt}, but {run.attempts}")
    # Of a run that has not started there may be what its condition said.
    last = run.attempts or (1 if follow and not run.state.terminal else 0)
    with closing(Copying(state, run, last if attempt is None else attempt, number)) as copying:
        if not follow:
            copying.copy_attempt(run)
        elif attempt is None:
            run = until_over(state, run_number(run.id) or 0, copying.copy)
        else:
            is_over = partial(attempt_is_over, attempt)
            run = until_over(state, run_number(run.id) or 0, copying.copy_attempt, is_over)
    if not copying.found:
        sys.stderr.write(f"{run.id} {why_nothing(run, attempt)}\n")
    return 0


def _newest_of_all(context: Context, *, live: bool) -> Run:
    """Return the newest run of all jobs, and say on stderr which it is."""
    store = context.history()
    if store is None:
        raise NoSuchRunError("nothing has run yet")
    with closing(store):
        run = _newest(store, None, live=live)
    if run is None:
        raise NoSuchRunError("nothing has run yet")
    when = render.past(run.fire_time.astimezone(ZoneInfo(run.timezone)), datetime.now(UTC))
    said = when.shown if sys.stderr.isatty() else when.plain
    sys.stderr.write(f"{run.id}: {safe(run.job)}, {said}, {run.state.replace('_', ' ')}\n")
    return run


def _found(context: Context, target: str, *, live: bool) -> Run:
    """Return the run that is meant: the last one of a job, of which something could be seen."""
    store = context.history()
    if store is None:
        known = context.load().named([target])
        raise NoSuchRunError(f"nothing has run yet: {known[0].name} has no run")
    with closing(store):
        number = run_number(target)
        run = _newest(store, target, live=live) or (None if number is None else store.run(number))
        jobs = store.jobs()
    if run is not None:
        return run
    with suppress(ConfigError, NoFileError):
        jobs |= context.load().by_name.keys()
    if target in jobs:
        raise NoSuchRunError(f"{target} has no run")
    raise NoSuchRunError.of(target, jobs)


def _newest(store: SQLiteReader, job: str | None, *, live: bool) -> Run | None:
    """Return the newest run, of all jobs or of one, that was started, else the newest of all."""
    only = frozenset() if job is None else frozenset({job})
    if live:
        for states in _LIVE:
            if found := store.runs(Query(only, states, limit=1)):
                return found[0]
    recent = store.runs(Query(only, limit=_RECENT))
    started = next((run for run in recent if run.attempts), None)
    if started is None and len(recent) == _RECENT:
        earlier = store.runs(Query(only, frozenset(State) - _UNSTARTED, limit=1))
        started = next(iter(earlier), None)
    return started or next(iter(recent), None)
