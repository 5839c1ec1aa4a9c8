"""
Reads a command line that is well formed, from the declaration of its verb and nothing else.

What it does not know for certain (help, abbreviations, anything wrong) it leaves to typer, which
takes longer to import than a verb takes to answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from schedkit.cli.context import context
from schedkit.cli.declaration import (
    MISSING,
    VERBS,
    Argument,
    Option,
    Parameter,
    parameters,
    value,
    verb_function,
)
from schedkit.errors import ConfigError
from schedkit.typed import Any, NamedTuple


class Call(NamedTuple):
    """A verb, what stands before it and its own parameters."""

    verb: str
    before: dict[str, Any]
    given: dict[str, Any]


class _LeaveToTyperError(Exception):
    pass


def parse(arguments: Sequence[str]) -> Call | None:
    """Return what a command line says; None when it is for typer to read."""
    try:
        before, rest = _read(parameters(context), arguments, stop_at_word=True)
        if not rest or rest[0] not in VERBS:
            return None
        given, _ = _read(parameters(verb_function(rest[0])), rest[1:], stop_at_word=False)
    except _LeaveToTyperError:
        return None
    return Call(rest[0], before, given)


def _read(
    declared: list[Parameter], arguments: Sequence[str], *, stop_at_word: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return what the parameters are given, and what follows from the word on that stops it."""
    options = {
        name: parameter
        for parameter in declared
        if isinstance(parameter.how, Option)
        for name in parameter.how.names
    }
    words = deque(p for p in declared if isinstance(p.how, Argument))
    given: dict[str, Any] = {p.name: p.default for p in declared}
    rest = deque(arguments)
    while rest and not (stop_at_word and _is_word(rest[0])):
        text = rest.popleft()
        if _is_word(text):
            _take_word(words, text, given)
        else:
            _take_option(options, text, rest, given)
    if MISSING in given.values():
        raise _LeaveToTyperError
    return given, list(rest)


def _is_word(text: str) -> bool:
    return not text.startswith("-") or text == "-"


def _take_word(words: deque[Parameter], text: str, given: dict[str, Any]) -> None:
    if not words:
        raise _LeaveToTyperError
    _give(given, words[0], text)
    if not words[0].many:
        words.popleft()


def _take_option(
    options: dict[str, Parameter], text: str, rest: deque[str], given: dict[str, Any]
) -> None:
    name, equals, after = text.partition("=") if text.startswith("--") else (text, "", "")
    option = options.get(name)
    if option is None:
        raise _LeaveToTyperError
    if option.kind is bool:
        if equals:
            raise _LeaveToTyperError
        given[option.name] = True
        return
    if not equals and not rest:
        raise _LeaveToTyperError
    _give(given, option, after if equals else rest.popleft())


def _give(given: dict[str, Any], parameter: Parameter, text: str) -> None:
    try:
        read = value(parameter, text)
    except ConfigError as error:
        raise _LeaveToTyperError from error
    given[parameter.name] = (*given[parameter.name], read) if parameter.many else read
