"""
The text of a YAML file as nodes, each with its place; what is no YAML, in our words.

Only null and merge keys are resolved here, every other scalar stays a text: the model decides
the types. PyYAML's own typing would make `12:30` the integer 750 and `on:` the key True.
"""

from __future__ import annotations

import operator
import re
from functools import cache
from typing import Any

import yaml

from schedkit.errors import did_you_mean
from schedkit.report import Diagnostic, InvalidFileError

NULL = "tag:yaml.org,2002:null"
MERGE = "tag:yaml.org,2002:merge"
STRING = "tag:yaml.org,2002:str"
MAPPING = "tag:yaml.org,2002:map"
SEQUENCE = "tag:yaml.org,2002:seq"
DEEPEST = 50  # levels
TOO_DEEP = f"this is nested more than {DEEPEST} levels deep"
LONGEST_NUMBER = 4300  # digits: Python itself reads no more
TOP = yaml.Mark("", 0, 0, 0, "", 0)
# What is no text without quotes.
SPECIAL = {"": NULL, "~": NULL, "null": NULL, "Null": NULL, "NULL": NULL, "<<": MERGE}
# What opens a level, and how many of them PyYAML's C composer, which recurses, is sure to survive.
_OPENINGS = ("[", "{", "- ", "? ")
_SAFE_OPENINGS = 4000

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is seven times faster


class _TextLoader(Loader):  # type: ignore[misc]  # either of two classes
    """Resolves null and merge, nothing else."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        """Return the tag of a node that names none; PyYAML's own way asks patterns one by one."""
        if kind is yaml.ScalarNode:
            return SPECIAL.get(value, STRING) if implicit[0] else STRING
        return SEQUENCE if kind is yaml.SequenceNode else MAPPING

    # They are for tags that depend on where a node stands, which nobody has: called at each node,
    # functions of C that do nothing are worth it.
    descend_resolver = staticmethod(operator.is_)
    ascend_resolver = staticmethod(tuple)


def root(name: str, text: str) -> yaml.Node | None:
    """
    Return the node that is all of a file of this name; None for one without contents.

    Raises: InvalidFileError, with the first place that is no YAML.
    """
    loader = _TextLoader(text)
    try:
        openings = sum(text.count(opening) for opening in _OPENINGS)
        if openings > _SAFE_OPENINGS and not _knows_depth():
            _check_depth(name, text)
        found: yaml.Node | None = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        column = error.position - (text.rfind("\n", 0, error.position) + 1)
        message = f"the character {chr(error.character)!r} cannot stand in YAML"
        raise InvalidFileError(
            [Diagnostic("error", name, line + 1, column + 1, 1, message, None, "")]
        ) from error
    except yaml.MarkedYAMLError as error:
        raise InvalidFileError([_syntax(name, text.splitlines(), error)]) from error
    finally:
        loader.dispose()
    return found


@cache
def _knows_depth() -> bool:
    """Return whether the parser itself refuses what is nested too deep, as a newer libyaml does."""
    try:
        yaml.compose("[" * _SAFE_OPENINGS, Loader=_TextLoader)
    except yaml.MarkedYAMLError as error:
        return "nesting depth" in (error.problem or "")
    except RecursionError:  # the parser in Python
        return False
    return False


def _check_depth(name: str, text: str) -> None:
    """Refuse a file that is nested too deep, which the C composer would crash on."""
    depth = 0
    for event in yaml.parse(text, Loader=_TextLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            mark = event.start_mark or TOP
            line, column = mark.line, mark.column
            lines = text.splitlines()
            raise InvalidFileError(
                [Diagnostic("error", name, line + 1, column + 1, 1, TOO_DEEP, None, lines[line])]
            )


def _syntax(name: str, lines: list[str], error: yaml.MarkedYAMLError) -> Diagnostic:
    begun, mark = error.context_mark, error.problem_mark or error.context_mark
    message, hint = error.problem or "this cannot be read as YAML", None
    if begun is not None and mark is not None and "alias" in (error.context or ""):
        mark = begun
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    text = lines[line] if line < len(lines) else ""
    rest = text[column:]
    opening = _UNCLOSED.get(error.context or "")
    if opening and begun is not None and line > begun.line:
        line, column = begun.line, begun.column
        text, message = lines[line], f"this {opening} is not closed"
    elif rest.startswith("*"):
        message, hint = _alias(rest, lines)
    elif rest[:1] in ("@", "%", "`"):
        message, hint = f"YAML keeps {rest[0]!r} for itself", _cron_hint(rest) or _QUOTES
    elif "\t" in text[: column + 1]:
        message, hint = "a tab stands where YAML wants spaces", "indent with spaces"
    elif "expected a single document" in (error.context or ""):
        message, hint = "a second document begins here", "one file holds one document"
    elif "nesting depth" in message:  # a newer libyaml has a limit of its own, of 1000
        message = TOO_DEEP
    elif "mapping values are not allowed" in message:
        hint = "put a text that has ': ' in it into quotes"
    return Diagnostic("error", name, line + 1, column + 1, 1, message, hint, text)


_QUOTES = "put it in quotes"
_UNCLOSED = {
    "while scanning a quoted scalar": "quote",
    "while parsing a flow sequence": "bracket",
    "while parsing a flow mapping": "brace",
}
_CRON = re.compile(
    r"\*[\w*/,\-]*(?:[ \t]+[\w*/,\-?]+(?:#\d)?){4,5}|@(?!reboot)[a-z]+ly\b|@midnight"
)


def _alias(text: str, lines: list[str]) -> tuple[str, str]:
    """Return what to say of a value that begins with a star, which YAML takes for an alias."""
    cron = _cron_hint(text)
    alias = re.match(r"\*[\w-]+(?=$|[\s,\]}])", text)
    if cron is not None or alias is None:
        return "'*' begins an alias in YAML", cron or _QUOTES
    anchors = re.findall(r"(?:^|\s)&([\w-]+)", "\n".join(lines))
    near = did_you_mean(alias.group(), [f"*{anchor}" for anchor in anchors])
    return f"the alias {alias.group()!r} is not defined", near or _QUOTES


def _cron_hint(text: str) -> str | None:
    if text.startswith("@reboot"):
        return "write: startup boot"
    if every := re.match(r"@(every [\w]+)", text):
        return f"write: {every[1]}"
    expression = _CRON.match(text)
    return None if expression is None else f"write: cron {expression.group()}"
