"""From files of YAML to jobs: every problem of every file at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schedkit import values
from schedkit.calendars import WEEKDAYS, Calendar, known, read_calendar
from schedkit.config import Config, Stamp
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.job import Job, Keys, Lines, conflicts, name_problem
from schedkit.jobs import Jobs
from schedkit.loader import document, sources
from schedkit.loader.defaults import KEY_NAMES, MAPPINGS, merged_keys, reaches, spelled_out
from schedkit.loader.document import REFUSED, Document
from schedkit.loader.jobs import made
from schedkit.loader.lints import never_fires
from schedkit.loader.zone import machine_zone
from schedkit.report import Diagnostic, InvalidFileError
from schedkit.settings import RunnerSettings

_TOP = ("timezone", "defaults", "calendars", "pools", "runner", "state", "jobs")
_SLOTS = values.Whole(1)
_HOW = ("command", "python", "shell", "interpreter")


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


@dataclass(frozen=True)
class _Entry:
    """A value of one document and the path to it."""

    document: Document
    path: tuple[str | int, ...]
    value: Any

    def add(self, problem: Problem) -> None:
        """Add a problem whose path leads from this value."""
        path = self.path + problem.path
        self.document.add(
            Problem(problem.message, problem.hint, path, problem.span, problem.on_key)
        )


class _Reading:
    """The documents of one load, read as one namespace."""

    def __init__(self, documents: list[Document]) -> None:
        self._top: dict[str, _Entry] = {}
        self._jobs: dict[str, _Entry] = {}
        self._defaults: dict[str, Any] = {}
        self._pools: dict[str, int] = {}
        self._of_defaults: set[Problem] = set()  # or of the zone of the file: said once
        self._shared: dict[object, object] = {}  # equal parts of jobs are one object
        for read in documents:
            self._take(read)

    def config(self, stamps: tuple[Stamp, ...], digest: str) -> Config:
        """Return what the documents say; what is wrong with them they have been told."""
        self._pools = self._read_pools()
        self._read_defaults()
        runner = RunnerSettings()
        if "runner" in self._top:
            runner = self._read(RunnerSettings, self._top["runner"]) or runner
        state = self._state()
        with known(self._calendars()):
            jobs = [self._job(name, entry) for name, entry in self._jobs.items()]
        found = (job for job in jobs if job)
        return Config(Jobs(found), runner, state, stamps, digest, self._pools)

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
            entry = _Entry(read, (key,), value)
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

    def _take_jobs(self, entry: _Entry) -> None:
        if not isinstance(entry.value, dict):
            if entry.value is not None and entry.value is not REFUSED:
                kind = values.shape(entry.value)
                hint = "write the name of each job as a key"
                entry.add(Problem(f"{kind} stands where the jobs belong", hint))
            return
        for name, value in entry.value.items():
            job = _Entry(entry.document, ("jobs", name), value)
            if (problem := name_problem(name)) is not None:
                job.add(problem)
            if name in self._jobs:
                first = self._jobs[name]
                line = f"{first.document.path}:{first.document.line('jobs', name)}"
                job.add(Problem(f"the job {name!r} is already at {line}", on_key=True))
            else:
                self._jobs[name] = job

    def _read_defaults(self) -> None:
        """Read the defaults alone: what is wrong with them is said once, whoever has them."""
        entry = self._top.get("defaults")
        if entry is not None and entry.value is not None:
            if not isinstance(entry.value, dict):
                kind = values.shape(entry.value)
                entry.add(Problem(f"{kind} stands where keys of jobs belong"))
            else:
                self._defaults = spelled_out(_keys(entry))
        zone = {"timezone": self._top["timezone"].value} if "timezone" in self._top else {}
        filled = {"command": "true", "clock": "daily at 00:00", **zone, **self._defaults}
        if isinstance(filled.get("retry"), dict):
            filled["retry"] = {"max_retries": 0, **filled["retry"]}
        if "catchup_limit" in filled:
            filled = {"catchup": "all", **filled}
        if filled.get("timezone") == "local":
            filled["timezone"] = "UTC"  # the machine's zone is looked up for the jobs that use it
        found = self._unknown_pools(filled.get("pool"))
        try:
            values.read(Keys, filled)
        except ConfigError as error:
            found += error.problems
        for problem in found:
            key = str(problem.path[0]) if problem.path else ""
            place = "defaults" if key in self._defaults else key
            if key not in _HOW and place in self._top:  # how something is run each job says
                self._of_defaults.add(problem)
                self._add_of_defaults(place, problem)

    def _add_of_defaults(self, place: str, problem: Problem) -> None:
        above = self._top[place]
        if _at(self._defaults, problem.path) is REFUSED:
            return
        if problem.message.startswith("unknown key") and len(problem.path) == 1:
            above.add(_unknown(str(problem.path[0]), "in 'defaults'"))
        else:
            path = problem.path if place == "defaults" else problem.path[1:]
            above.add(replace(problem, path=path))

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

    def _read_pools(self) -> dict[str, int]:
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

    def _named(self, key: str) -> Iterator[tuple[_Entry, str, Any]]:
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

    def _job(self, name: str, entry: _Entry) -> Job | None:
        if entry.value is REFUSED:
            return None
        if not isinstance(entry.value, dict):
            kind = values.shape(entry.value)
            entry.add(Problem(f"{kind} stands where the keys of the job {name!r} belong"))
            return None
        own = _keys(entry)
        merged = merged_keys(self._defaults, own)
        if "timezone" not in merged and "timezone" in self._top:
            merged["timezone"] = self._top["timezone"].value
        found = self._unknown_pools(merged.get("pool"))
        try:
            if merged.get("timezone") == "local":
                merged["timezone"] = machine_zone()
            keys = values.read(Keys, merged)
        except ConfigError as error:
            found += error.problems
            found += [p for p in self._conflicts(merged, found) if p not in found]
        for problem in found:
            self._add(name, entry, own, problem)
        if found or _refused(merged):
            return None
        file = Path(entry.document.path).absolute()
        line = entry.document.line(*entry.path)
        job = made(name, keys, file, line, lines=self._lines(entry, keys), shared=self._shared)
        if job.filters:
            self._refuse_contradictions(entry, job, own)
        return job

    def _conflicts(self, merged: Mapping[str, Any], found: list[Problem]) -> list[Problem]:
        """Return what is wrong with the keys as such, unless a typo or a refusal explains it."""
        explained = any(p.on_key and p.hint and ("command" in p.hint or "python" in p.hint)
                        for p in found) or REFUSED in merged.values()  # fmt: skip
        return [p for p in conflicts(merged) if p.path or not explained]

    def _refuse_contradictions(self, entry: _Entry, job: Job, own: Mapping[str, Any]) -> None:
        for path, problem, severity in never_fires(job, datetime.now(UTC)):
            if severity == "error":
                self._add(job.name, entry, own, replace(problem, path=path))

    def _lines(self, entry: _Entry, keys: Keys) -> Lines:
        return Lines(
            *(
                tuple(self._line(entry, key, place) for place in range(_count(getattr(keys, key))))
                for key in Lines._fields
            )
        )

    def _line(self, entry: _Entry, key: str, position: int) -> int:
        """Return the line of what says when a job fires; 0 when it is of another file."""
        if key in entry.value:
            return entry.document.line(*entry.path, key, position)
        defaults = self._top["defaults"]
        if defaults.document is not entry.document:
            return 0
        return defaults.document.line("defaults", key, position)

    def _add(self, name: str, entry: _Entry, own: Mapping[str, Any], problem: Problem) -> None:
        """Add a problem of a job, unless it was said already where its cause stands."""
        if not problem.path:
            if REFUSED not in own.values():
                entry.add(replace(problem, message=f"job {name!r}: {problem.message}", on_key=True))
            return
        key = str(problem.path[0])
        if _at(own, problem.path) is REFUSED:
            return
        if reaches(own, problem.path, 2 if key in MAPPINGS else 1):
            unknown = problem.message.startswith("unknown key") and len(problem.path) == 1
            entry.add(_unknown(key, f"in job {name!r}") if unknown else problem)
        elif problem in self._of_defaults or _at(self._defaults, problem.path) is REFUSED:
            pass  # said where they stand
        elif key == "timezone" and problem.message.startswith("the zone of this machine"):
            self._add_of_machine(problem)
        elif key not in self._defaults and key not in self._top:
            entry.add(problem)
        else:
            message = problem.message
            if not message.startswith(f"{name!r} never fires"):
                where = "" if key in message else f"{key}: "
                message = f"job {name!r}, with the defaults: {where}{message}"
            entry.add(replace(problem, message=message, path=(), on_key=True))

    def _add_of_machine(self, problem: Problem) -> None:
        """Add a problem of the zone of this machine, once, where the zone is asked for."""
        above = self._top["defaults" if "timezone" in self._defaults else "timezone"]
        if problem not in self._of_defaults:
            self._of_defaults.add(problem)
            path = problem.path[1:] if above.path == ("timezone",) else problem.path
            above.add(replace(problem, path=path))

    def _unknown_pools(self, pool: object) -> list[Problem]:
        """Return what is wrong with the name of a pool, if it is a text."""
        top = self._top.get("pools")
        misread = top is not None and not isinstance(top.value, (dict, type(None)))
        if not isinstance(pool, str) or pool in self._pools or misread:
            return []
        hint = did_you_mean(pool, self._pools) or f"name it at the top: pools: {{{pool}: 1}}"
        return [Problem(f"unknown pool {pool!r}", hint, ("pool",))]

    def _read(self, kind: type[Any], entry: _Entry) -> Any:
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


def _unknown(key: str, where: str) -> Problem:
    return Problem(
        f"unknown key {key!r} {where}", did_you_mean(key, KEY_NAMES), (key,), on_key=True
    )


def _count(value: object) -> int:
    """Return how many lines there are to tell of what a key says: a list, one value or none."""
    return len(value) if isinstance(value, tuple) else int(value is not None)


def _with_days_of_file(raw: Any, entry: _Entry) -> Any:
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


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    """Return what stands at *path*, or as far as it leads."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
    return value


def _refused(value: Any) -> bool:
    """Return whether anything within *value* has been refused already."""
    if isinstance(value, dict):
        return any(map(_refused, value.values()))
    return any(map(_refused, value)) if isinstance(value, list) else value is REFUSED


def _keys(entry: _Entry) -> dict[str, Any]:
    """Return the keys of a job; its params alone are typed by YAML."""
    keys: dict[str, Any] = dict(entry.value)
    if keys.get("params") is not None and keys["params"] is not REFUSED:
        keys["params"] = entry.document.typed(*entry.path, "params")
    return keys
