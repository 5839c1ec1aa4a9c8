"""`sched resume`: jobs that were paused go on."""

from __future__ import annotations

import sys

from schedkit.cli.asking import asking
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.verbs.pause import check_named
from schedkit.control.protocol import Resume
from schedkit.typed import Annotated


def resume(
    context: Context,
    jobs: Annotated[tuple[str, ...], Argument("The jobs that are to go on.", "JOB")] = (),
    every: Annotated[bool, Option(("--all",), "Resume all jobs.")] = False,
) -> int:
    """
    Let paused jobs start again.

    When they are due next; what was skipped stays so.
    """
    check_named("resume", jobs, every=every)
    with asking(context) as one:
        resumed = one.ask(Resume(list(jobs)))["jobs"]
    sys.stdout.write("".join(f"{job}\n" for job in resumed))
    for job in jobs:
        if job not in resumed:
            sys.stderr.write(f"{job} was not paused\n")
    if every and not resumed:
        sys.stderr.write("no job was paused\n")
    return 0
