"""
What is usual in a file, straight from the parser: texts, lists and mappings.

Nodes, which know where everything stands, take twice as long and twice the memory. They are made
of a file only where a place is asked for, or where anything else stands in it: an anchor, a tag,
a merge, a key that is there twice, what is no YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import yaml
from yaml import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent
from yaml import SequenceStartEvent as ListStartEvent

from schedkit.loader.syntax import DEEPEST, LONGEST_NUMBER, NULL, SPECIAL, Loader


class Bare(str):
    """A text without quotes among the params of a job: YAML gives it a type."""

    __slots__ = ()


class Told(NamedTuple):
    """The line of the name of a job, and the lines of what some of its keys say."""

    line: int
    keys: dict[str, tuple[int, ...]]


class Usual(NamedTuple):
    """The contents of a file as plain data, and where its jobs stand."""

    plain: dict[str, Any]
    jobs: dict[str, Told]


def typed(plain: Any, of_type: Callable[[str], Any]) -> Any:
    """Return params with the value that YAML gives to each text without quotes."""
    if isinstance(plain, dict):
        return {key: typed(value, of_type) for key, value in plain.items()}
    if isinstance(plain, list):
        return [typed(value, of_type) for value in plain]
    return of_type(str(plain)) if isinstance(plain, Bare) else plain


class _UnusualError(Exception):
    """Something else stands here."""


def read(text: str, told: Collection[str]) -> Usual | None:
    """
    Return what a file says, and on which lines its jobs say what is *told*.

    None when anything is unusual.
    """
    try:
        loader = Loader(text)
        try:
            return _Reading(loader.get_event, told).file()
        finally:
            loader.dispose()
    except (yaml.YAMLError, _UnusualError):
        return None


class _Reading:
    """Takes one event after the other."""

    def __init__(self, take: Callable[[], Any], told: Collection[str]) -> None:
        self._take = take
        self._told = told
        self._jobs: dict[str, Told] = {}
        self._bare = False  # whether texts without quotes are marked

    def file(self) -> Usual:
        """Return the contents of a file."""
        self._expect(yaml.StreamStartEvent)
        self._expect(yaml.DocumentStartEvent)
        plain: dict[str, Any] = {}
        _check(self._expect(MappingStartEvent))
        while (key := self._key(plain)) is not None:
            event = self._take()
            if key.value == "jobs" and event.__class__ is MappingStartEvent:
                plain["jobs"] = self._all_jobs(event)
            else:
                plain[key.value] = self._value(event, 1)
        self._expect(yaml.DocumentEndEvent)
        self._expect(yaml.StreamEndEvent)
        return Usual(plain, self._jobs)

    def _expect(self, kind: type[yaml.Event]) -> Any:
        event = self._take()
        if event.__class__ is not kind:
            raise _UnusualError
        return event

    def _all_jobs(self, start: Any) -> dict[str, Any]:
        _check(start)
        plain: dict[str, Any] = {}
        while (key := self._key(plain)) is not None:
            event = self._take()
            told = self._jobs[key.value] = Told(_line(key), {})
            if event.__class__ is MappingStartEvent:
                plain[key.value] = self._mapping(event, 2, told.keys)
            else:
                plain[key.value] = self._value(event, 2)
        return plain

    def _key(self, known: Collection[str]) -> Any:
        """Return the event of the next key, None at the end of the mapping."""
        event = self._take()
        if event.__class__ is MappingEndEvent:
            return None
        if event.__class__ is not ScalarEvent or event.value in known or event.value in SPECIAL:
            raise _UnusualError
        _check(event)
        return event

    def _mapping(
        self, start: Any, depth: int, told: dict[str, tuple[int, ...]] | None = None
    ) -> dict[str, Any]:
        """Return a mapping at so many levels; of a job, the lines of its keys go to *told*."""
        _check(start, depth)
        take = self._take
        plain: dict[str, Any] = {}
        # All that a file has comes by here: what `_key` and `_value` do is done without a call.
        while (key := take()).__class__ is ScalarEvent:
            name, event = key.value, take()
            if name in plain or name in SPECIAL or key.anchor is not None or key.tag is not None:
                raise _UnusualError
            text = event.value if event.__class__ is ScalarEvent else None
            if text is None or self._bare or text in SPECIAL or len(text) > LONGEST_NUMBER:
                plain[name] = (
                    self._value(event, depth) if told is None else self._of_job(key, event, told)
                )
            elif event.anchor is None and event.tag is None:
                plain[name] = text
            else:
                raise _UnusualError
            if told is not None and name in self._told and name not in told:
                told[name] = (_line(key),)
        if key.__class__ is not MappingEndEvent:
            raise _UnusualError
        return plain

    def _of_job(self, key: Any, event: Any, told: dict[str, tuple[int, ...]]) -> Any:
        """Return the value of a key of a job that is no text of one line."""
        if key.value in self._told and event.__class__ is ListStartEvent:
            lines: list[int] = []
            value = self._list(event, 3, lines)
            told[key.value] = tuple(lines)
            return value
        self._bare = key.value == "params"
        value = self._value(event, 3)
        self._bare = False
        return value

    def _value(self, event: Any, depth: int) -> Any:
        """Return the value that *event* is or begins, below so many levels."""
        kind = event.__class__
        if kind is MappingStartEvent:
            return self._mapping(event, depth + 1)
        if kind is ListStartEvent:
            return self._list(event, depth + 1, [])
        if kind is not ScalarEvent:
            raise _UnusualError
        _check(event)
        return self._scalar(event.value, without_quotes=event.implicit[0])

    def _list(self, start: Any, depth: int, lines: list[int]) -> list[Any]:
        """Return a list; the lines of its entries go to *lines*."""
        _check(start, depth)
        plain: list[Any] = []
        while True:
            event = self._take()
            if event.__class__ is SequenceEndEvent:
                return plain
            lines.append(_line(event))
            plain.append(self._value(event, depth))

    def _scalar(self, text: str, *, without_quotes: bool) -> str | None:
        if len(text) > LONGEST_NUMBER and text.isdigit():
            raise _UnusualError
        if not without_quotes:
            return text
        if text in SPECIAL:
            if SPECIAL[text] != NULL:
                raise _UnusualError
            return None
        return Bare(text) if self._bare else text


def _line(event: Any) -> int:
    line: int = event.start_mark.line + 1
    return line


def _check(event: Any, depth: int = 0) -> None:
    if event.anchor is not None or event.tag is not None or depth > DEEPEST:
        raise _UnusualError
