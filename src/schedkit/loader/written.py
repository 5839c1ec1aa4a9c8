"""Where each key of a job is written: under its name, among the defaults, at the top of a file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from schedkit.job import Job
from schedkit.loader import document, sources
from schedkit.loader.defaults import MAPPINGS, merged_keys, spelled_out
from schedkit.loader.document import Document
from schedkit.report import shown

_WORDS = ("clock", "filters", "adjustments", "never_on")  # shown as we write them, one by one
_OF_FILE = ("timezone", "notify")  # what a job has of the file that says none of its own
_Path = tuple[str | int, ...]


class Setting(NamedTuple):
    """A key of a job, `retry.delay`, with the value that is written and the place where it is."""

    key: str
    value: str
    origin: Literal["job", "defaults", "file"]
    file: str
    line: int

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


def settings(job: Job, paths: Sequence[Path]) -> list[Setting]:
    """
    Return what is written of a job in the files at *paths*: its own keys first, each in order.

    Nothing when they have changed meanwhile and it is no more in them, or can be read only once.

    Raises: InvalidFileError when a file cannot be read.
    """
    documents = [document.read(path) for path in sources.files(paths, [])[0]]
    own = next((one for one in documents if one.has("jobs", job.name)), None)
    if own is None:
        return []
    above = next((one for one in documents if one.has("defaults")), None)
    keys = own.plain()["jobs"][job.name]
    defaults = spelled_out(((above.plain() or {}).get("defaults") if above else None) or {})
    merged = merged_keys(defaults, keys)
    found = [one for key in keys for one in _settings(job, _written(merged, keys, key), own, "job")]
    if above is not None:
        for key in defaults:
            rest = _inherited(merged, keys, key)
            found += _settings(job, rest, above, "defaults")
    for key in _OF_FILE:
        top = next((one for one in documents if one.has(key)), None)
        if top is not None and key not in merged:
            found += _settings(job, {key: top.plain()[key]}, top, "file")
    return found


def _written(merged: Mapping[str, Any], own: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return what a job itself says under a key, as it is taken together with the defaults."""
    value = merged.get(key)
    if key in MAPPINGS and isinstance(value, Mapping):
        said = spelled_out(own)[key]
        return {key: {name: value[name] for name in value if name in said}}
    return {key: own[key]}


def _inherited(merged: Mapping[str, Any], own: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return what a job has under a key from the defaults alone."""
    if key not in own:
        return {key: merged[key]} if key in merged else {}  # else it is no matter to this job
    said, value = spelled_out(own)[key], merged[key]
    if key in MAPPINGS and isinstance(value, Mapping) and isinstance(said, Mapping):
        rest = {name: value[name] for name in value if name not in said}
        return {key: rest} if rest else {}
    return {}


def _settings(
    job: Job,
    keys: Mapping[str, Any],
    where: Document,
    origin: Literal["job", "defaults", "file"],
) -> Iterator[Setting]:
    begin: _Path = {"job": ("jobs", job.name), "defaults": ("defaults",), "file": ()}[origin]
    for key, value in keys.items():
        if key in _WORDS and value is not None:
            leaves: Iterator[tuple[_Path, str]] = (
                ((key, place), str(word)) for place, word in enumerate(getattr(job, key))
            )
        else:
            leaves = _leaves((key,), value)
        for path, text in leaves:
            name = ".".join(step for step in path if isinstance(step, str))
            yield Setting(name, text, origin, shown(where.path), where.line(*begin, *path))


def _leaves(path: _Path, value: Any) -> Iterator[tuple[_Path, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner)
    elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        for place, one in enumerate(value):
            yield from _leaves((*path, place), one)
    elif path == ("command",) and isinstance(value, list):
        yield path, shlex.join(map(str, value))
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(inner)}" for key, inner in value.items()) + "}"
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)
