"""`sched in`: one extra run of a job, after a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.later import run_later
from schedkit.cli.params import Params
from schedkit.cli.when import span
from schedkit.typed import Annotated


def in_(
    context: Context,
    length: Annotated[
        timedelta, Argument("How long from now: 90m, 2h30m, 1d.", "SPAN", convert=span)
    ],
    job: Annotated[str, Argument("The job to run.", "JOB")],
    param: Params = (),
    force: Annotated[bool, Option(("--force",), "Also when it is paused or disabled now.")] = False,
) -> int:
    """
    Run a job once more, after a while.

    Whatever happens until then; write the id of the run.
    """
    return run_later(context, job, datetime.now(UTC) + length, param, force=force)
