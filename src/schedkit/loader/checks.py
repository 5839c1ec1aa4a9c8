"""What can be known of jobs before the first run, beyond what their keys say."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from schedkit.commands import FromFile
from schedkit.config import Config
from schedkit.errors import Problem
from schedkit.job import Job
from schedkit.loader import document
from schedkit.loader.lints import Finding, broken_promises, lints, overlaps
from schedkit.loader.report import Diagnostic


def check(config: Config) -> list[Diagnostic]:
    """Return what is suspicious or wrong about the jobs, with its places."""
    documents = {job.file: document.read(Path(job.file)) for job in config.jobs}
    now = datetime.now(UTC)
    for job in config.jobs:
        found = [*lints(job, now), *broken_promises(job, now)]
        found += [Finding((key,), problem) for key, problem in _of(job)]
        read = documents[job.file]
        if read.has("jobs", job.name, "timeout") and (problem := overlaps(job, now)) is not None:
            found.append(Finding(("timeout",), problem))
        for path, problem, severity in found:
            place = ("jobs", job.name, *path)
            read.add(Problem(problem.message, problem.hint, place), severity)
    diagnostics = [one for read in documents.values() for one in read.diagnostics]
    return sorted(diagnostics, key=lambda one: (one.file, one.line, one.column))


def _of(job: Job) -> Iterator[tuple[str, Problem]]:
    directory = Path(job.directory) / Path(job.working_dir).expanduser()
    if not directory.is_dir():
        yield "working_dir", Problem(f"{directory} is not a directory")
    files = [("env_file", name) for name in job.env_file]
    files += [("env", value.path) for value in job.env.values() if isinstance(value, FromFile)]
    for key, name in files:
        if not (Path(job.directory) / Path(name).expanduser()).is_file():
            yield key, Problem(f"{name!r} is not a file")
    if isinstance(job.command, tuple):
        yield from _program("command", job.command[0], directory)
    elif job.command is not None:
        yield from _program("shell", job.shell, directory)
    elif job.interpreter is not None:
        yield from _program("interpreter", job.interpreter, directory)
    else:
        yield from _function(job, directory)


def _program(key: str, program: str, directory: Path) -> Iterator[tuple[str, Problem]]:
    """Look for a program as it will be when it is started: PATH, or from the working directory."""
    found = shutil.which(os.path.join(directory, program) if "/" in program else program)  # noqa: PTH118
    if found is None:
        yield key, Problem(f"the program {program!r} is not found")


def _function(job: Job, directory: Path) -> Iterator[tuple[str, Problem]]:
    """Look for the top module of a Python function; none of its code is run."""
    module = str(job.python).partition(":")[0].partition(".")[0]
    beside = (directory / module, directory / f"{module}.py")
    if not any(path.exists() for path in beside) and importlib.util.find_spec(module) is None:
        yield "python", Problem(f"no module named {module!r} is found", "is it installed?")
