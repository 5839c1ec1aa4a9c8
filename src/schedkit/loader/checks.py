"""What can be known of jobs before the first run, beyond what their keys say."""

from __future__ import annotations

import grp
import importlib.util
import os
import pwd
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from schedkit.commands import FromFile
from schedkit.conditions import WaitForCommand
from schedkit.config import Config
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.job import Job
from schedkit.loader import caused, collector, document
from schedkit.loader.document import Document
from schedkit.loader.lints import Finding, broken_promises, lints, overlaps
from schedkit.receivers import files
from schedkit.report import Diagnostic, shown
from schedkit.telling import Notifier


@collector.kept_out()
def check(config: Config, given: Mapping[Path, bytes] | None = None) -> list[Diagnostic]:
    """
    Return what is suspicious or wrong about the jobs, with its places.

    *given* are the contents of what can be read only once.
    """
    known = {str(path.absolute()): data for path, data in (given or {}).items()}
    documents = {
        file: document.parse(shown(file), known[file])
        if file in known
        else document.read(Path(shown(file)))
        for file in dict.fromkeys(job.file for job in config.jobs)
    }
    now = datetime.now(UTC)
    said: set[tuple[object, ...]] = set()
    for job in config.jobs:
        found = [*lints(job, now), *broken_promises(job, now)]
        found += [Finding(path, problem) for path, problem in _of(job)]
        read = documents[job.file]
        found += caused.lints(job, config.by_name, read)
        if read.has("jobs", job.name, "timeout") and (problem := overlaps(job, now)) is not None:
            found.append(Finding(("timeout",), problem))
        for path, problem, severity in found:
            where, place = _place(job, path, documents)
            if (id(where), place, problem) not in said:
                said.add((id(where), place, problem))
                where.add(replace(problem, path=place), severity)
    diagnostics = [one for read in documents.values() for one in read.diagnostics]
    return sorted(diagnostics, key=lambda one: (one.file, one.line, one.column))


def _place(
    job: Job, path: tuple[str | int, ...], documents: Mapping[str, Document]
) -> tuple[Document, tuple[str | int, ...]]:
    """Return where a key of *job* stands: in the job, among the defaults, at the top."""
    own, key = documents[job.file], str(path[0])
    places: list[tuple[Document, tuple[str, ...]]] = [(own, ("jobs", job.name))]
    places += [(read, above) for above in (("defaults",), ()) for read in documents.values()]
    for read, above in places:
        if not read.has(*above, key):
            continue
        beyond = _beyond(path, read.typed(*above, key)) if key == "notify" else None
        if beyond is None:
            return read, _within(above, path, read)
        path = beyond
    return own, _within(("jobs", job.name), path, own)


def _beyond(path: tuple[str | int, ...], said: object) -> tuple[str | int, ...] | None:
    """Return the path to a receiver in what stands above, when it is none of those *said* here."""
    _, place, *steps = path
    count = len(said) if isinstance(said, list) else 1
    return (path[0], place - count, *steps) if isinstance(place, int) and place >= count else None


def _within(
    above: tuple[str, ...], path: tuple[str | int, ...], read: Document
) -> tuple[str | int, ...]:
    """Return a path from the top of a file; what stands alone there is in no list."""
    if len(path) > 2 and isinstance(path[1], int) and read.has(*above, path[0], path[2]):
        path = (path[0], *path[2:])
    return *above, *path


def _of(job: Job) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    yield from _accounts(job)
    try:
        directory = job.path(job.working_dir)
        if not directory.is_dir():
            yield ("working_dir",), Problem(f"{directory} is not a directory")
    except (ConfigError, ValueError) as error:
        yield ("working_dir",), Problem(str(error))
        return
    needed: list[tuple[tuple[str | int, ...], str]] = []
    needed += [(("env_file", n), name) for n, name in enumerate(job.env_file)]
    needed += [
        (("env", name, "from_file"), value.path)
        for name, value in job.env.items()
        if isinstance(value, FromFile)
    ]
    for path, name in needed:
        if not _is_file(job, name):
            yield path, Problem(f"{name!r} is not a file")
    if isinstance(job.command, tuple):
        yield from _program(("command", 0), job.command[0], directory)
    elif job.command is not None:
        yield from _program(("shell",), job.shell, directory)
    elif job.interpreter is not None:
        yield from _program(("interpreter",), job.interpreter, directory)
    else:
        yield from _function(job, directory)
    yield from _asked(job, directory)
    yield from _told(job)


def _told(job: Job) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Look for what receivers need; nothing is sent to them."""
    found = [(("notify", place, one.kind), one) for place, one in enumerate(job.notify)]
    for path, one in [*found, *([(("ping",), job.ping)] if job.ping else ())]:
        for (first, *steps), name in files(one.to()):
            # The services of Apprise are the value itself, and no key of it.
            whole = (*path, *steps) if first == "urls" else (*path, first, *steps)
            if not _is_file(job, name):
                yield whole, Problem(f"{name!r}, of a receiver, is not a file")
        if isinstance(one, Notifier) and isinstance(one.command, tuple):
            yield from _program((*path, 0), one.command[0], Path(job.directory))


def _asked(job: Job, directory: Path) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Look for the programs of what is asked before it starts."""
    if isinstance(job.only_if, tuple):
        yield from _program(("only_if", 0), job.only_if[0], directory)
    for place, one in enumerate(job.wait_for):
        if isinstance(one, WaitForCommand) and isinstance(one.command, tuple):
            path = ("wait_for", place, "command", 0)
            yield from _program(path, one.command[0], directory)


def _accounts(job: Job) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Look for the user and the group of a job; what is given as a number need not be there."""
    for key, name, find in (("user", job.user, pwd.getpwnam), ("group", job.group, grp.getgrnam)):
        if name is None or name.isdecimal():
            continue
        try:
            find(name)
        except KeyError:
            names = [entry[0] for entry in (pwd.getpwall() if key == "user" else grp.getgrall())]
            hint = did_you_mean(name, names)
            yield (key,), Problem(f"there is no {key} {name!r} on this machine", hint)


def _is_file(job: Job, name: str) -> bool:
    try:
        return job.path(name).is_file()
    except (ConfigError, ValueError):
        return False


def _program(
    path: tuple[str | int, ...], program: str, directory: Path
) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Look for a program as it will be when it is started: PATH, or from the working directory."""
    found = shutil.which(os.path.join(directory, program) if "/" in program else program)  # noqa: PTH118
    if found is None:
        yield path, Problem(f"the program {program!r} is not found")


def _function(job: Job, directory: Path) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Look for the top module of a Python function; none of its code is run."""
    module = str(job.python).partition(":")[0].partition(".")[0]
    beside = (directory / module, directory / f"{module}.py")
    if not any(path.exists() for path in beside) and importlib.util.find_spec(module) is None:
        yield ("python",), Problem(f"no module named {module!r} is found", "is it installed?")
