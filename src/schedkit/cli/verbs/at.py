"""`sched at`: one extra run of a job, at a time."""

from __future__ import annotations

from datetime import datetime

from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.later import run_later
from schedkit.cli.params import Params
from schedkit.cli.when import when
from schedkit.typed import Annotated


def at(
    context: Context,
    time: Annotated[datetime, Argument("When to run it: 14:30, tomorrow.", "WHEN", convert=when)],
    job: Annotated[str, Argument("The job to run.", "JOB")],
    param: Params = (),
    force: Annotated[bool, Option(("--force",), "Also when it is paused or disabled now.")] = False,
) -> int:
    """
    Run a job once more, at a time.

    Whatever happens until then; write the id of the run.
    """
    return run_later(context, job, time, param, force=force)
