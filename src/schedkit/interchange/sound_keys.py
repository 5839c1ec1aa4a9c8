"""What an import makes of another file is one that can be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schedkit import values
from schedkit.errors import ConfigError, Problem
from schedkit.interchange.draft import Difference
from schedkit.job import Keys

_NEEDED = ("clock", "command", "timezone", "dst")


def sound(keys: Mapping[str, Any], place: str) -> tuple[dict[str, Any], list[Difference]]:
    """
    Return the keys of a job without those that no job may have, and what is to be said of these.

    *place* is where they come from. Raises: ConfigError when without one of them it is no job.
    """
    left = dict(keys)
    differences: list[Difference] = []
    while True:
        try:
            values.read(Keys, left)
        except ConfigError as error:
            found = {problem.path[:2]: problem for problem in error.problems}
            differences += [_without(left, problem, place) for problem in found.values()]
        else:
            return left, differences


def _without(keys: dict[str, Any], problem: Problem, place: str) -> Difference:
    """Take out of *keys* what has a problem; of variables, the one."""
    if not problem.path or problem.path[0] in _NEEDED:
        raise ConfigError(problem)
    key = str(problem.path[0])
    if key == "env" and len(problem.path) > 1:
        name = str(problem.path[1])
        value = keys["env"].get(name)
        keys["env"] = {other: text for other, text in keys["env"].items() if other != name}
        key = f"env: {name}"
    else:
        value = keys.pop(key, None)
    shown = " ".join(str(value).split())
    return Difference(place, f"{key}: {shown}", str(problem), taken=False)
