"""How the defaults of a file lie under the keys of its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from schedkit.job import Keys
from schedkit.receivers import Spelled
from schedkit.records import hints
from schedkit.values import Bare


def merged_keys(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a job with the defaults under them, mapping by mapping."""
    merged = {**defaults, **own}
    for key, above in defaults.items():
        if key not in MAPPINGS or key not in own:
            continue
        below = _spelled_out(key, own[key])
        if isinstance(above, dict) and isinstance(below, dict):
            merged[key] = {**above, **below}
            if key == "retry" and merged[key].get("backoff") != "exponential":
                _drop(merged[key], below, "factor")
    if not _OF_COMMANDS.isdisjoint(defaults):
        _drop_others(merged, own)
    if merged.get("catchup") != "all":
        _drop(merged, own, "catchup_limit")
    retry = merged.get("retry")
    if isinstance(retry, dict) and "max_retries" not in retry:
        _drop(merged, own, "retry")
    return merged


def _drop_others(merged: dict[str, Any], own: Mapping[str, Any]) -> None:
    """Drop the defaults that are no matter to a job that runs something else, or otherwise."""
    if "command" in own:
        _drop(merged, own, "python", "interpreter")
    elif "python" in own:
        _drop(merged, own, "command", "shell")
    if not isinstance(merged.get("command"), str):
        _drop(merged, own, "shell")
    if "python" not in merged:
        _drop(merged, own, "interpreter")


def _drop(merged: dict[str, Any], own: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        if key not in own:
            merged.pop(key, None)


def spelled_out(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys, those that stand as one bare value as the mappings they are short for."""
    return {key: _spelled_out(key, value) for key, value in keys.items()}


def _spelled_out(key: str, value: Any) -> Any:
    return {_BARE[key]: value} if key in _BARE and isinstance(value, str) else value


def _mappings(kind: type) -> Iterable[str]:
    """Yield the names of the keys whose values are mappings, not words of a vocabulary."""
    for name, hint in hints(kind).items():
        options = () if get_origin(hint) is tuple else (hint, *get_args(hint))
        if any(is_dataclass(option) or get_origin(option) is dict for option in options):
            yield name


def _bare(kind: type) -> Iterable[tuple[str, str]]:
    """Yield the keys that may stand as one bare value, and which field that is."""
    for name, hint in hints(kind, include_extras=True).items():
        for option in (hint, *get_args(hint)):
            for form in getattr(option, "__metadata__", ()):
                if isinstance(form, Bare):
                    yield name, form.field
                if isinstance(form, Spelled):
                    yield name, form.bare


_OF_COMMANDS = frozenset(("command", "python", "interpreter", "shell"))  # how something is run
MAPPINGS = frozenset(_mappings(Keys))
_BARE = dict(_bare(Keys))


def reaches(keys: Mapping[str, Any], path: tuple[str | int, ...], depth: int) -> bool:
    """Return whether the first *depth* steps of *path* lead somewhere in *keys*."""
    value: Any = keys
    for step in path[:depth]:
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True
