"""`sched validate`: everything that can be known before the first run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import INVALID_FILE

_FORMATS = ("full", "concise", "json", "github")


def validate(
    context: Context,
    files: Annotated[
        tuple[str, ...], Argument("Files and directories to check; else the usual ones.", "PATH")
    ] = (),
    strict: Annotated[bool, Option(("--strict",), "Take warnings for errors.")] = False,
    format: Annotated[  # noqa: A002  # the name of the option
        str, Option(("--format",), "How to say it.", "FORMAT", choices=_FORMATS)
    ] = "full",
) -> int:
    """Check files of schedules and say every problem at once; exit 78 when there is one."""
    from schedkit import loader, report
    from schedkit.loader import checks

    paths = tuple(map(Path, files)) or context.paths
    try:
        config = loader.load(paths)
        found = checks.check(config)
        jobs = len(config.jobs)
    except loader.InvalidFileError as error:
        found, jobs = error.diagnostics, None
    errors = [one for one in found if strict or one.severity == "error"]
    if format == "json":
        render.write_json(report.as_json(found))
    elif format == "full":
        sys.stdout.write("".join(f"{report.full(one)}\n\n" for one in found))
        sys.stdout.write(f"{_summary(paths, jobs, len(found))}\n")
    else:
        line = report.github if format == "github" else report.concise
        sys.stdout.write("".join(f"{line(one)}\n" for one in found))
    return INVALID_FILE if errors else 0


def _summary(paths: tuple[Path, ...], jobs: int | None, problems: int) -> str:
    what = ", ".join(map(str, paths))
    counted = "no problems" if not problems else _plural(problems, "problem")
    return f"{what}: {counted}" if jobs is None else f"{what}: {_plural(jobs, 'job')}, {counted}"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
