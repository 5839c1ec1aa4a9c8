"""How records are spelled whose keys are no names in Python, and how several are read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.typed import Any, TypeVar
from schedkit.values import Entry, documented, read, written

T = TypeVar("T")

_FIELDS = {"for": "lasts", "from": "sender"}  # of such keys


def spelled(name: str) -> str:
    """Return a field of a record as its key is written."""
    return next((key for key, field in _FIELDS.items() if field == name), name)


def read_as_spelled(kind: type[Entry], raw: Mapping[str, object]) -> Any:
    """
    Return a record of the class *kind* from what is written under its keys.

    Raises: ConfigError, with every problem.
    """
    names = [spelled(name) for name in kind._fields]
    problems = [_unknown(key, kind, names) for key in raw if key not in names]
    known = {_FIELDS.get(key, key): raw[key] for key in raw if key in {*names, *kind._fields}}
    try:
        found = read(kind, known)
    except ConfigError as error:
        problems += map(_as_spelled, error.problems)
    if problems:
        raise ConfigError(*problems)
    return found


def _unknown(key: str, kind: type[Entry], names: Iterable[str]) -> Problem:
    # There is one way to write it.
    hint = f"write {spelled(key)}" if key in kind._fields else did_you_mean(key, names)
    return Problem(f"unknown key {key!r}", hint, (key,), on_key=True)


def write_as_spelled(record: Entry) -> dict[str, Any]:
    """Return what a file would say of a record."""
    return {spelled(name): one for name, one in written(record).items()}


def keys_of(kind: type[Entry]) -> dict[str, Any]:
    """Return the JSON Schema of each key of a record of the class *kind*."""
    told: Any = documented(kind)  # type: ignore[arg-type]  # a class can be hashed
    return {spelled(name): one for name, one in told.json_schema()["properties"].items()}


def each(raw: Iterable[object], one: Callable[[object], T]) -> tuple[T, ...]:
    """
    Return what *one* reads of each of several.

    Raises: ConfigError, with every problem of all of them.
    """
    found: list[T] = []
    problems: list[Problem] = []
    for place, entry in enumerate(raw):
        try:
            found.append(one(entry))
        except ConfigError as error:
            problems += error.within(place).problems
    if problems:
        raise ConfigError(*problems)
    return tuple(found)


def _as_spelled(problem: Problem) -> Problem:
    """Return a problem with the fields called as they are written."""
    path = tuple(spelled(step) if isinstance(step, str) else step for step in problem.path)
    message = problem.message
    for key, field in _FIELDS.items():
        message = message.replace(f"{field!r}", f"{key!r}")
    return Problem(message, problem.hint, path, problem.span, on_key=problem.on_key)
