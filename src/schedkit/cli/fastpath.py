"""
Reads a command line that is well formed, from the declaration of its verb and nothing else.

What it does not know for certain (help, abbreviations, anything wrong) it leaves to typer, which
takes longer to import than a verb takes to answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from schedkit.cli.context import context
from schedkit.cli.declaration import (
    MISSING,
    VERBS,
    Argument,
    Option,
    Parameter,
    parameters,
    verb_function,
)
from schedkit.errors import ConfigError


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
) -> tuple[dict[str, Any], Sequence[str]]:
    options = {
        name: parameter
        for parameter in declared
        if isinstance(parameter.how, Option)
        for name in parameter.how.names
    }
    words = deque(p for p in declared if isinstance(p.how, Argument))
    given: dict[str, Any] = {p.name: p.default for p in declared}
    position = 0
    while position < len(arguments):
        text = arguments[position]
        position += 1
        if not text.startswith("-") or text == "-":
            if stop_at_word:
                return given, arguments[position - 1 :]
            if not words:
                raise _LeaveToTyperError
            word = words[0]
            read = _value(word, text)
            given[word.name] = (*given[word.name], read) if word.many else read
            if not word.many:
                words.popleft()
            continue
        name, equals, value = text.partition("=") if text.startswith("--") else (text, "", "")
        if name not in options:
            raise _LeaveToTyperError
        option = options[name]
        if option.kind is bool:
            if equals:
                raise _LeaveToTyperError
            given[option.name] = True
            continue
        if not equals:
            if position == len(arguments):
                raise _LeaveToTyperError
            value = arguments[position]
            position += 1
        read = _value(option, value)
        given[option.name] = (*given[option.name], read) if option.many else read
    _check_given(given)
    return given, ()


def _check_given(given: dict[str, Any]) -> None:
    if MISSING in given.values():
        raise _LeaveToTyperError


def _value(parameter: Parameter, text: str) -> Any:
    how = parameter.how
    if how.choices and text not in how.choices:
        raise _LeaveToTyperError
    try:
        if how.convert is not None:
            return how.convert(text)
        return parameter.kind(text)
    except (ConfigError, ValueError) as error:
        raise _LeaveToTyperError from error
