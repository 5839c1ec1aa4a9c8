"""
The paths of systemd: the files that start their service, as a trigger of ours.

Source: systemd.path(5).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from schedkit.errors import ConfigError
from schedkit.interchange import unit_values
from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_files import PATHS, Unit

_GLOB = "PathExistsGlob"
_WHILE_THERE = "it starts once for each file and what is in it, not again while one is there"
_WHEN_CHANGED = "it starts once for what is in a file, when that has not changed for 5s"
_MAGIC = frozenset("*?[")


def trigger(unit: Unit, specifiers: Mapping[str, str], told: Telling) -> dict[str, Any]:
    """
    Return the trigger that stands for a path unit.

    Raises: ConfigError when there is none.
    """
    patterns: list[str] = []
    for name in PATHS:
        for setting in unit.all("Path", name):
            pattern = told.read(setting, partial(_pattern, name, specifiers))
            if pattern is not None:
                patterns.append(pattern)
                changed = name in ("PathChanged", "PathModified")
                told.say(setting, _WHEN_CHANGED if changed else _WHILE_THERE, taken=True)
    if not patterns:
        raise ConfigError.of("it names no files that a job can run on")
    return {"path": patterns[0] if len(patterns) == 1 else patterns}


def _pattern(name: str, specifiers: Mapping[str, str], text: str) -> str:
    path = unit_values.expanded(text, specifiers)
    if not path.startswith("/"):
        raise ConfigError.of("this is no absolute path")
    if name == _GLOB:
        if "**" in path or {"{", "\\"} & set(path):
            raise ConfigError.of("it is a pattern for something else here")
        return path
    if _MAGIC & set(path):
        raise ConfigError.of("it would be a pattern here")
    is_directory = name == "DirectoryNotEmpty" or path.endswith("/") or Path(path).is_dir()
    return f"{path.rstrip('/')}/*" if is_directory else path
