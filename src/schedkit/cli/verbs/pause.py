"""`sched pause`: jobs that start nothing for a while."""

from __future__ import annotations

import sys
from datetime import datetime

from schedkit.cli.asking import asking
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import UsageError
from schedkit.cli.when import when
from schedkit.control.protocol import Pause
from schedkit.typed import Annotated


def pause(
    context: Context,
    jobs: Annotated[tuple[str, ...], Argument("The jobs to pause.", "JOB")] = (),
    every: Annotated[bool, Option(("--all",), "Pause all jobs.")] = False,
    until: Annotated[
        datetime | None,
        Option(("--until",), "Until then; else until it is resumed.", "WHEN", convert=when),
    ] = None,
    reason: Annotated[
        str | None, Option(("--reason",), "Why, for all who look at the job.", "TEXT")
    ] = None,
) -> int:
    """
    Let jobs start nothing for a while.

    Whatever their clocks say: what comes due is skipped, and told.
    """
    check_named("pause", jobs, every=every)
    if until is not None and until <= datetime.now(until.tzinfo):
        raise UsageError(f"--until {until:%Y-%m-%d %H:%M:%S} is over already")
    with asking(context) as one:
        paused = one.ask(Pause(list(jobs), until, reason))["jobs"]
    sys.stdout.write("".join(f"{job}\n" for job in paused))
    if until is not None:
        sys.stderr.write(f"paused until {until.astimezone():%a %Y-%m-%d %H:%M:%S %Z}\n")
    else:
        words = ["--all"] if every else list(jobs)
        sys.stderr.write(f"paused until resumed: {context.command('resume', *words)}\n")
    return 0


def check_named(verb: str, jobs: tuple[str, ...], *, every: bool) -> None:
    """
    See to it that either jobs are named or all are meant.

    Raises: UsageError.
    """
    if every == bool(jobs):
        wrong = "takes no JOB beside --all" if every else "takes a JOB, or --all"
        raise UsageError(f"{verb} {wrong}")
