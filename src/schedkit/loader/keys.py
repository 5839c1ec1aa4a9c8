"""
The keys of a job, each read by itself, and the same only once.

Ten thousand jobs are much alike: what one says under a key others say too, and it means the same.
All keys of a job at once, and everything that is wrong with them, are read where one is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from schedkit.errors import ConfigError
from schedkit.job import Keys
from schedkit.records import hints

_json = json.JSONEncoder(sort_keys=True, default=str).encode


class Read(NamedTuple):
    """
    What stands under a key.

    *written* is how it would be written, with its key, in JSON; None for a default. *when* is the
    same of what says when a job fires, in which the order of clocks, a union, says nothing.
    *drawn* is whether some of it is drawn from the name of the job.
    """

    value: Any
    written: str | None
    when: str | None
    drawn: bool = False


class KeyReader:
    """Reads keys of jobs that are of one load: what a name of a calendar means is of the load."""

    def __init__(self) -> None:
        self._known: dict[str, dict[Hashable, Read]] = {name: {} for name in NAMES}

    def read(self, keys: Mapping[str, Any]) -> dict[str, Read]:
        """
        Return what is read under each of *keys*.

        Raises: ConfigError or ValidationError, with a problem: there may be more.
        """
        found = {}
        for key, raw in keys.items():
            known = self._known.get(key)
            if known is None:
                raise ConfigError.of(f"unknown key {key!r}")
            # Plain data is the same when it looks the same; a text may look as a list does.
            same = raw if raw.__class__ is str else (repr(raw),)
            read = known.get(same)
            if read is None:
                read = known[same] = _read(key, raw)
            found[key] = read
        return found


def _read(key: str, raw: Any) -> Read:
    adapter = _adapter(key)
    value = adapter.validator.validate_python(raw)
    if key in _DEFAULTS and value == _DEFAULTS[key]:
        return Read(value, None, None)
    plain = adapter.serializer.to_python(value, mode="json", exclude_defaults=True)
    written = when = f'"{key}": {_json(plain)}'
    if key != "clock":
        return Read(value, written, when)
    if len(plain) > 1:
        when = f'"{key}": {_json(sorted(plain, key=repr))}'
    return Read(value, written, when, any(clock.seeded("x") is not clock for clock in value))


@cache
def _adapter(key: str) -> TypeAdapter[Any]:
    return TypeAdapter(_hints()[key])


@cache
def _hints() -> dict[str, Any]:
    return hints(Keys, include_extras=True)


def _defaults() -> dict[str, Any]:
    made = {
        one.name: one.default_factory()
        for one in fields(Keys)
        if one.default_factory is not MISSING
    }
    return {one.name: one.default for one in fields(Keys) if one.default is not MISSING} | made


NAMES = tuple(field.name for field in fields(Keys))
_DEFAULTS = _defaults()
