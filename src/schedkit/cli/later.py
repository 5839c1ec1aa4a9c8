"""One extra run of a job, at a time to come: what `at` and `in` are about."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from schedkit.cli import render
from schedkit.cli.asking import asking
from schedkit.cli.context import Context
from schedkit.cli.failure import UsageError
from schedkit.cli.params import pairs
from schedkit.control.protocol import At

_FURTHEST = 100  # years: as far ahead as fire times are looked for


def run_later(
    context: Context, job: str, time: datetime, params: Iterable[str], *, force: bool
) -> int:
    """
    Have a job run at *time*, which is aware; write the id of the run.

    Raises: UsageError when that is over, or further ahead than anybody can mean.
    """
    now = datetime.now(UTC)
    if time <= now:
        hint = f"run it now with: {context.command('trigger', job)}"
        raise UsageError(f"{render.moment(time).shown} is over\n  = help: {hint}")
    if time.year > now.year + _FURTHEST:
        raise UsageError(f"{render.moment(time).shown} is more than {_FURTHEST} years ahead")
    with asking(context) as one:
        run = one.ask(At(job, time, pairs(params), force))["run"]
        offline = one.runner is None
    sys.stdout.write(f"{run}\n")
    shown = render.moment(time.astimezone()).shown
    start = f", if a runner is up by then: {context.command('run')}" if offline else ""
    stop = context.command("cancel", run)
    said = f"{job} runs on {shown}, in {render.countdown(time - now)}{start}"
    sys.stderr.write(f"{said}; cancel it with: {stop}\n")
    return 0
