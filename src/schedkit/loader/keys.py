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

# Those that say when a job runs.
WHEN = (
    "adjustments", "after", "clock", "dst", "enabled", "end", "filters", "on", "start", "timezone",
)  # fmt: skip
_EACH_ITS_OWN = ("command", "description")  # no two jobs have the same
_json = json.JSONEncoder(sort_keys=True, default=str).encode
# A value, and how it would be written, with its key, in JSON: None for a default. The same of what
# says when a job fires, in which the order of clocks, a union, says nothing. Whether some of it is
# drawn from the name of the job.
_Read = tuple[Any, str | None, str | None, bool]


class Said(NamedTuple):
    """
    What keys of a job say: their values, and how those that are no defaults would be written.

    *when* is what is written of WHEN. *drawn* is whether clocks draw from the name of the job.
    """

    values: dict[str, Any]
    written: list[str]
    when: dict[str, str]
    drawn: bool


class KeyReader:
    """Reads keys of jobs that are of one load: what a name of a calendar means is of the load."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[Hashable, _Read]] = {
            name: {} for name in NAMES if name not in _EACH_ITS_OWN
        }

    def read(self, keys: Mapping[str, Any]) -> Said:
        """
        Return what *keys* say.

        Raises: ConfigError or ValidationError, with a problem: there may be more.
        """
        values: dict[str, Any] = {}
        written: list[str] = []
        when: dict[str, str] = {}
        is_drawn = False
        for key, raw in keys.items():
            kept = self._kept.get(key)
            if kept is None:
                read = _key(key).read(raw)
            else:
                # Plain data is the same when it looks the same; a text may look as a list does.
                same = raw if raw.__class__ is str else (repr(raw),)
                if same not in kept:
                    kept[same] = _key(key).read(raw)
                read = kept[same]
            values[key], text, fires, drawn = read
            if text is not None:
                written.append(text)
            if fires is not None:
                when[key] = fires
            is_drawn = is_drawn or drawn
        return Said(values, written, when, is_drawn)


class _Key:
    """
    A key of a job, how it is read and written.

    Raises: ConfigError when jobs do not have it.
    """

    def __init__(self, name: str) -> None:
        if name not in NAMES:
            raise ConfigError.of(f"unknown key {name!r}")
        adapter: TypeAdapter[Any] = TypeAdapter(_hints()[name])
        self._name = name
        self._value = adapter.validator.validate_python
        self._plain = adapter.serializer.to_python
        self._default = _defaults().get(name, self)  # which nothing is equal to

    def read(self, raw: Any) -> _Read:
        """
        Return what stands under the key.

        Raises: ConfigError or ValidationError.
        """
        value = self._value(raw)
        if value == self._default:
            return value, None, None, False
        plain: Any = raw
        if value is not raw or raw.__class__ is not str:  # a text as it stands is written so
            plain = self._plain(value, mode="json", exclude_defaults=True)
        written = f'"{self._name}": {_json(plain)}'
        if self._name not in WHEN:
            return value, written, None, False
        if self._name != "clock":
            return value, written, written, False
        is_drawn = any(clock.seeded("x") is not clock for clock in value)
        when = written if len(plain) == 1 else f'"clock": {_json(sorted(plain, key=repr))}'
        return value, written, when, is_drawn


_key = cache(_Key)


@cache
def _hints() -> dict[str, Any]:
    return hints(Keys, include_extras=True)


@cache
def _defaults() -> dict[str, Any]:
    made = {
        one.name: one.default_factory()
        for one in fields(Keys)
        if one.default_factory is not MISSING
    }
    return {one.name: one.default for one in fields(Keys) if one.default is not MISSING} | made


NAMES = tuple(field.name for field in fields(Keys))
