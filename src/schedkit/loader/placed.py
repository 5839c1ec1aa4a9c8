"""A value that stands at a place of a file."""

from __future__ import annotations

from typing import Any, NamedTuple

from schedkit.errors import Problem
from schedkit.loader.document import REFUSED, Document


class Placed(NamedTuple):
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

    def keys(self) -> dict[str, Any]:
        """Return the keys of a job, or of defaults; its params alone are typed by YAML."""
        keys: dict[str, Any] = self.value
        if keys.get("params") is None or keys["params"] is REFUSED:
            return keys
        return {**keys, "params": self.document.typed(*self.path, "params")}


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """Return what stands at *path*, or as far as it leads."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
    return value


def refused(value: Any) -> bool:
    """Return whether anything within *value* has been refused already."""
    if isinstance(value, dict):
        return any(map(refused, value.values()))
    return any(map(refused, value)) if isinstance(value, list) else value is REFUSED
