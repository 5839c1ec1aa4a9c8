"""`sched validate`: everything that can be known before the first run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import INVALID_FILE
from schedkit.typed import TYPE_CHECKING, Annotated, NamedTuple

if TYPE_CHECKING:
    from schedkit.report import Diagnostic

_FORMATS = ("full", "concise", "json", "github")


class _Checked(NamedTuple):
    """What was found in files that belong together; how many jobs is known of valid ones alone."""

    names: Sequence[str]
    jobs: int | None
    found: list[Diagnostic]


def validate(
    context: Context,
    files: Annotated[
        tuple[str, ...],
        Argument("Files and directories, - for stdin; else the usual ones.", "PATH"),
    ] = (),
    strict: Annotated[bool, Option(("--strict",), "Take warnings for errors.")] = False,
    format: Annotated[  # noqa: A002  # the name of the option
        str, Option(("--format",), "How to say it.", "FORMAT", choices=_FORMATS)
    ] = "full",
    each: Annotated[
        bool, Option(("--each",), "Check each PATH by itself: they do not belong together.")
    ] = False,
) -> int:
    """
    Check files of schedules, and say every problem at once.

    Exit 78 when there is an error.
    """
    from schedkit import report

    names = files or tuple(map(str, context.paths))
    checked = [_check(one) for one in ([(name,) for name in names] if each else [names])]
    found = [diagnostic for one in checked for diagnostic in one.found]
    if format == "json":
        render.write_json(report.as_json(found))
    elif format == "full":
        _write(checked, colour=context.colour())
    else:
        github = partial(report.github, workspace=os.environ.get("GITHUB_WORKSPACE"))
        line = github if format == "github" else report.concise
        render.write_text("".join(f"{line(one)}\n" for one in found))
    return INVALID_FILE if any(strict or one.severity == "error" for one in found) else 0


def _check(names: Sequence[str]) -> _Checked:
    """Check files that are one namespace."""
    from schedkit import loader
    from schedkit.loader import checks

    try:
        given = loader.piped(names)
        config = loader.load([Path(name) for name in names], given)
        return _Checked(names, len(config.by_name), checks.check(config, given))
    except loader.InvalidFileError as error:
        return _Checked(names, None, error.diagnostics)


def _write(checked: Sequence[_Checked], *, colour: bool) -> None:
    from schedkit import report

    paint = partial(render.painted, wanted=colour)
    parts = []
    for one in checked:
        parts += [f"{report.full(diagnostic, paint)}\n\n" for diagnostic in one.found]
        parts.append(f"{_summary(one)}\n")
    render.write_text("".join(parts))


def _summary(one: _Checked) -> str:
    from schedkit.texts import safe

    harmless = all(problem.severity == "warning" for problem in one.found)
    noun = "warning" if harmless else "problem"
    counted = _plural(len(one.found), noun) if one.found else "no problems"
    jobs = "" if one.jobs is None else f"{_plural(one.jobs, 'job')}, "
    return safe(f"{', '.join(one.names)}: {jobs}{counted}")


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
