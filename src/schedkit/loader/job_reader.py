"""Reads the jobs of files, and says at once everything that is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from schedkit import values
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.job import Job, Keys, conflicts
from schedkit.loader.defaults import MAPPINGS, merged_keys, reaches, spelled_out
from schedkit.loader.document import REFUSED
from schedkit.loader.jobs import made
from schedkit.loader.keys import NAMES, KeyReader
from schedkit.loader.lints import never_fires
from schedkit.loader.notified import Told
from schedkit.loader.placed import Placed, at, refused
from schedkit.loader.zone import machine_zone

_HOW = ("command", "python", "shell", "interpreter")
_WHEN = ("clock", "after", "on")


class JobReader:
    """
    Reads jobs, and first what *top*, the files' own keys, has for them: defaults, a zone.

    *pools* are those of the files; *refused* is whether anything in them has been.
    """

    def __init__(
        self, top: Mapping[str, Placed], pools: Mapping[str, int], *, refused: bool
    ) -> None:
        self._top = top
        self._pools = pools
        self._refused = refused
        self._reader = KeyReader()
        self._now = datetime.now(UTC)
        self._defaults: dict[str, Any] = {}
        self._of_defaults: set[Problem] = set()  # or of the zone of the file: said once
        self._told = Told(top.get("notify"), self._reader)
        self._read_defaults()

    @cached_property
    def _machine_zone(self) -> str:
        return machine_zone()

    def _read_defaults(self) -> None:
        """Read the defaults alone: what is wrong with them is said once, whoever has them."""
        entry = self._top.get("defaults")
        if entry is not None and entry.value is not None:
            if not isinstance(entry.value, dict):
                kind = values.shape(entry.value)
                entry.add(Problem(f"{kind} stands where keys of jobs belong"))
            else:
                self._defaults = spelled_out(entry.keys())
        zone = {"timezone": self._top["timezone"].value} if "timezone" in self._top else {}
        filled = {"command": "true", "clock": "daily at 00:00", **zone, **self._defaults}
        if isinstance(filled.get("retry"), dict):
            filled["retry"] = {"max_retries": 0, **filled["retry"]}
        if "catchup_limit" in filled:
            filled = {"catchup": "all", **filled}
        if filled.get("timezone") == "local":
            filled["timezone"] = "UTC"  # the machine's zone is looked up for the jobs that use it
        found = [*self._unknown_pools(filled.get("pool")), *self._told.problems(filled)]
        try:
            Keys(**self._reader.read(filled).values)
        except (ConfigError, ValidationError):
            found += _problems(filled)
        for problem in found:
            key = str(problem.path[0]) if problem.path else ""
            place = "defaults" if key in self._defaults else key
            if key not in _HOW and place in self._top:  # how something is run each job says
                self._of_defaults.add(problem)
                self._add_of_defaults(place, problem)

    def _add_of_defaults(self, place: str, problem: Problem) -> None:
        above = self._top[place]
        if at(self._defaults, problem.path) is REFUSED:
            return
        if problem.message.startswith("unknown key") and len(problem.path) == 1:
            above.add(_unknown_key(str(problem.path[0]), "in 'defaults'"))
        else:
            path = problem.path if place == "defaults" else problem.path[1:]
            above.add(replace(problem, path=path))

    def job(self, name: str, entry: Placed) -> Job | None:
        """Return the job *name*; None when something is wrong with it, which its file is told."""
        if entry.value is REFUSED:
            return None
        if not isinstance(entry.value, dict):
            kind = values.shape(entry.value)
            entry.add(Problem(f"{kind} stands where the keys of the job {name!r} belong"))
            return None
        own = entry.keys()
        merged = merged_keys(self._defaults, own)
        if "timezone" not in merged and "timezone" in self._top:
            merged["timezone"] = self._top["timezone"].value
        try:
            job = self._made(name, entry, merged)
        except (ConfigError, ValidationError):
            problems = self._problems(merged)
            if not problems and not refused(merged):
                raise
            for problem in problems:
                self._add(name, entry, own, problem)
            return None
        if job.filters:
            self._refuse_contradictions(entry, job, own)
        return job

    def _made(self, name: str, entry: Placed, merged: dict[str, Any]) -> Job:
        """
        Return a job.

        Raises: ConfigError or ValidationError, with a problem: there may be more.
        """
        if merged.get("timezone") == "local":
            merged["timezone"] = self._machine_zone
        if self._refused and refused(merged):
            raise ConfigError
        if unknown := self._unknown_pools(merged.get("pool")):
            raise ConfigError(*unknown)
        if unheard := self._told.problems(merged):
            raise ConfigError(*unheard)
        said = self._told.within(self._reader.read(merged))
        return made(name, said, entry, self._top.get("defaults"))

    def _problems(self, merged: dict[str, Any]) -> list[Problem]:
        """Return everything that is wrong with the keys of a job."""
        found = [*self._unknown_pools(merged.get("pool")), *self._told.problems(merged)]
        try:
            if merged.get("timezone") == "local":
                merged["timezone"] = self._machine_zone
            values.read(Keys, merged)
        except ConfigError as error:
            found += error.problems
            found += [p for p in self._conflicts(merged, found) if p not in found]
        return found

    def _conflicts(self, merged: Mapping[str, Any], found: list[Problem]) -> list[Problem]:
        """Return what is wrong with the keys as such, unless a typo or a refusal explains it."""
        if REFUSED in merged.values():
            return [p for p in conflicts(merged) if p.path]
        meant = {p.hint for p in found if p.on_key}
        return [p for p in conflicts(merged) if p.path or meant.isdisjoint(_explained_by(p))]

    def _refuse_contradictions(self, entry: Placed, job: Job, own: Mapping[str, Any]) -> None:
        for path, problem, severity in never_fires(job, self._now):
            if severity == "error":
                self._add(job.name, entry, own, replace(problem, path=path))

    def _add(self, name: str, entry: Placed, own: Mapping[str, Any], problem: Problem) -> None:
        """Add a problem of a job, unless it was said already where its cause stands."""
        if not problem.path:
            if REFUSED not in own.values():
                entry.add(replace(problem, message=f"job {name!r}: {problem.message}", on_key=True))
            return
        key = str(problem.path[0])
        if at(own, problem.path) is REFUSED:
            return
        if reaches(own, problem.path, 2 if key in MAPPINGS else 1):
            unknown = problem.message.startswith("unknown key") and len(problem.path) == 1
            entry.add(_unknown_key(key, f"in job {name!r}") if unknown else problem)
        elif problem in self._of_defaults or at(self._defaults, problem.path) is REFUSED:
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
        if not isinstance(pool, str) or pool in self._pools:
            return []
        top = self._top.get("pools")
        if top is not None and not isinstance(top.value, (dict, type(None))):
            return []  # they cannot be read at all
        hint = did_you_mean(pool, self._pools) or f"name it at the top: pools: {{{pool}: 1}}"
        return [Problem(f"unknown pool {pool!r}", hint, ("pool",))]


def _problems(keys: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong with keys, by themselves and together."""
    try:
        values.read(Keys, keys)
    except ConfigError as error:
        return [*error.problems]
    return []


def _explained_by(missing: Problem) -> set[str]:
    """Return the hints at what somebody meant that say why something is missing."""
    keys = _WHEN if "'clock'" in missing.message else ("command", "python")
    return {f"did you mean {key!r}?" for key in keys}


def _unknown_key(key: str, where: str) -> Problem:
    return Problem(f"unknown key {key!r} {where}", did_you_mean(key, NAMES), (key,), on_key=True)
