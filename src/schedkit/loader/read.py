"""From files of YAML to jobs: every problem of every file at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from schedkit import values
from schedkit.calendars import WEEKDAYS, Calendar, known, read_calendar
from schedkit.config import Config, Stamp
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.job import name_problem
from schedkit.jobs import Jobs
from schedkit.loader import chains, collector, document, sources
from schedkit.loader.document import REFUSED, Document
from schedkit.loader.job_reader import JobReader
from schedkit.loader.placed import Placed
from schedkit.report import Diagnostic, InvalidFileError
from schedkit.settings import RunnerSettings

_TOP = ("timezone", "defaults", "calendars", "pools", "notify", "runner", "state", "jobs")
_SLOTS = values.Whole(1)


@collector.kept_out()
def load(paths: Sequence[Path], given: Mapping[Path, bytes] | None = None) -> Config:
    """
    Read files, and directories of `*.yaml` in name order, as one namespace.

    What is *given* of them is not read: pipes can be read only once.

    Raises: InvalidFileError, with every problem of all of them.
    """
    diagnostics: list[Diagnostic] = []
    documents: list[Document] = []
    files, stamps = sources.files(paths, diagnostics)
    digest = hashlib.sha256()
    for file in files:
        try:
            data = given[file] if given and file in given else sources.stamped(file, stamps)
            digest.update(data)
            documents.append(document.parse(str(file), data))
        except InvalidFileError as error:
            diagnostics += error.diagnostics
    try:
        config = _Reading(documents).config(tuple(stamps), digest.hexdigest()[:12])
    except InvalidFileError as error:  # a file of which nothing more can be told
        diagnostics += error.diagnostics
    for read in documents:
        diagnostics += read.diagnostics
    if diagnostics:
        raise InvalidFileError(diagnostics)
    return config


class _Reading:
    """The documents of one load, read as one namespace."""

    def __init__(self, documents: list[Document]) -> None:
        self._top: dict[str, Placed] = {}
        self._jobs: dict[str, Placed] = {}
        for read in documents:
            self._take(read)
        self._refused = any(read.diagnostics for read in documents)

    def config(self, stamps: tuple[Stamp, ...], digest: str) -> Config:
        """Return what the documents say; what is wrong with them they have been told."""
        pools = self._pools()
        runner = RunnerSettings()
        if "runner" in self._top:
            runner = self._read(RunnerSettings, self._top["runner"]) or runner
        state = self._state()
        with known(self._calendars()):
            reader = JobReader(self._top, pools, refused=self._refused)
            read = [reader.job(name, entry) for name, entry in self._jobs.items()]
        jobs = [job for job in read if job is not None]
        if any(job.after is not None for job in jobs):
            chains.check({job.name: job for job in jobs}, self._jobs)
        return Config(Jobs(jobs), runner, state, stamps, digest, pools)

    def _take(self, read: Document) -> None:
        plain = read.plain()
        if plain is REFUSED:
            return
        if plain is None and not read.diagnostics:
            read.add(Problem("the file is empty", "run 'sched init' for one to begin with"))
        if not isinstance(plain, dict):
            if plain is not None:
                kind = values.shape(plain)
                read.add(Problem(f"{kind} stands where the keys of a file belong", "write: jobs:"))
            return
        for key, value in plain.items():
            if key.startswith("x-"):
                continue
            entry = Placed(read, (key,), value)
            if key not in _TOP:
                hint = did_you_mean(key, _TOP) or f"known are: {', '.join(_TOP)}, x-..."
                entry.add(Problem(f"unknown key {key!r}", hint, on_key=True))
            elif key == "jobs":
                self._take_jobs(entry)
            elif key in self._top:
                first = self._top[key]
                line = f"{first.document.path}:{first.document.line(key)}"
                entry.add(Problem(f"{key!r} is already set at {line}", on_key=True))
            else:
                self._top[key] = entry

    def _take_jobs(self, entry: Placed) -> None:
        if not isinstance(entry.value, dict):
            if entry.value is not None and entry.value is not REFUSED:
                kind = values.shape(entry.value)
                hint = "write the name of each job as a key"
                entry.add(Problem(f"{kind} stands where the jobs belong", hint))
            return
        for name, value in entry.value.items():
            job = Placed(entry.document, ("jobs", name), value)
            if (problem := name_problem(name)) is not None:
                job.add(problem)
            if name in self._jobs:
                first = self._jobs[name]
                line = f"{first.document.path}:{first.document.line('jobs', name)}"
                job.add(Problem(f"the job {name!r} is already at {line}", on_key=True))
            else:
                self._jobs[name] = job

    def _calendars(self) -> dict[str, Calendar]:
        """Return the calendars of the files; one with a problem stands for Monday to Friday."""
        found: dict[str, Calendar] = {}
        for entry, name, raw in self._named("calendars"):
            try:
                found[name] = read_calendar(_with_days_of_file(raw, entry), name)
            except ConfigError as error:
                found[name] = WEEKDAYS
                for problem in error.within(name).problems:
                    entry.add(problem)
        return found

    def _pools(self) -> dict[str, int]:
        """Return the slots of the pools of the files; one with a problem has one."""
        found: dict[str, int] = {}
        for entry, name, raw in self._named("pools"):
            found[name] = 1
            try:
                found[name] = _SLOTS.value(raw)
            except ConfigError as error:
                if raw is not REFUSED:
                    entry.add(replace(error.problems[0], path=(name,)))
            if (problem := name_problem(name, "pool")) is not None:
                entry.add(replace(problem, path=(name,)))
        return found

    def _named(self, key: str) -> Iterator[tuple[Placed, str, Any]]:
        """Yield what the mapping at *key* has, each with its name and the mapping itself."""
        entry = self._top.get(key)
        if entry is None or entry.value is None or entry.value is REFUSED:
            return
        if not isinstance(entry.value, dict):
            kind = values.shape(entry.value)
            entry.add(Problem(f"{kind} stands where the {key} belong"))
            return
        for name, raw in entry.value.items():
            yield entry, name, raw

    def _state(self) -> str | None:
        entry = self._top.get("state")
        if entry is None:
            return None
        if not isinstance(entry.value, str) or not entry.value:
            entry.add(Problem("'state' is the path of a directory"))
            return None
        base = Path(entry.document.path).absolute().parent
        return os.path.normpath(base / Path(entry.value).expanduser())

    def _read(self, kind: type[Any], entry: Placed) -> Any:
        if not isinstance(entry.value, dict):
            shape = values.shape(entry.value)
            entry.add(Problem(f"{shape} stands where a mapping belongs"))
            return None
        try:
            return values.read(kind, entry.value)
        except ConfigError as error:
            for problem in error.problems:
                entry.add(problem)
            return None


def _with_days_of_file(raw: Any, entry: Placed) -> Any:
    """Return the mapping of a calendar with the days of its iCalendar file among the closed."""
    if not isinstance(raw, dict) or "file" not in raw:
        return raw
    from schedkit.loader import ics

    path = Path(entry.document.path).absolute().parent / Path(str(raw["file"])).expanduser()
    try:
        found = ics.days(path)
    except ConfigError as error:
        raise error.within("file") from None
    closed = raw.get("closed") or []
    listed = closed if isinstance(closed, list) else [closed]
    rest = {key: value for key, value in raw.items() if key not in ("file", "closed")}
    return {**rest, "closed": [*listed, *(day.isoformat() for day in found)]}
