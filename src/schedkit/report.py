"""What is wrong with a file, with its place, as people and programs read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from schedkit.errors import ConfigError, Problem
from schedkit.records import Record, as_dict
from schedkit.texts import safe, width

_LONG = 400  # characters of a line or a message that are shown whole
_AROUND = 60  # characters of a longer line that are shown on either side of what is meant


class Diagnostic(Record):
    """
    One thing wrong with a file, as an error or a warning.

    *line* and *column* count from 1 in characters, *length* is how many of them are meant, *text*
    the whole line. A line of 0 means the file as such.
    """

    severity: str
    file: str
    line: int
    column: int
    length: int
    message: str
    hint: str | None
    text: str

    @classmethod
    def of_file(cls, file: str, message: str, hint: str | None = None) -> Diagnostic:
        """Return an error about a file as such."""
        return cls("error", file, 0, 0, 0, message, hint, "")

    @property
    def place(self) -> str:
        """`file:line:column`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class InvalidFileError(ConfigError):
    """A file of schedules cannot be taken; everything wrong with it."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = sorted(diagnostics, key=lambda d: (d.file, d.line, d.column))
        super().__init__(*(Problem(f"{d.place}: {d.message}", d.hint) for d in self.diagnostics))


def shown(file: str) -> str:
    """Return the path of a file as it is short: from the current directory, if it is below."""
    try:
        relative = os.path.relpath(file)
    except FileNotFoundError:  # the current directory was deleted: nothing is below it
        return os.path.normpath(file)
    above = relative == os.pardir or relative.startswith(os.pardir + os.sep)
    return os.path.normpath(Path(file).absolute()) if above else relative


Paint = Callable[[str, str], str]  # a text and the name of its colour


def full(diagnostic: Diagnostic, paint: Paint = lambda text, _: text) -> str:
    """Return a diagnostic with its line, a caret below what is meant, and the way out."""
    colour = "red" if diagnostic.severity == "error" else "yellow"
    place, severity = safe(diagnostic.place), paint(diagnostic.severity, colour)
    lines = [f"{paint(place, 'bold')}: {severity}: {safe(_short(diagnostic.message))}"]
    margin = " " * len(str(diagnostic.line))
    if diagnostic.text:
        before, meant, after = _window(diagnostic)
        caret = " " * width(before) + paint("^" * max(width(meant), 1), colour)
        lines += [f"{diagnostic.line} | {before}{meant}{after}", f"{margin} | {caret}"]
    if diagnostic.hint:
        lines.append(f"{margin} = {paint('help', 'cyan')}: {safe(_short(diagnostic.hint))}")
    return "\n".join(lines)


def _window(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """Return the line in three parts, the middle one meant; a long line cut around that."""
    begin = diagnostic.column - 1
    end = begin + diagnostic.length
    first = begin - _AROUND if len(diagnostic.text) > _LONG else 0
    last = begin + _AROUND if len(diagnostic.text) > _LONG else len(diagnostic.text)
    text = diagnostic.text.replace("\t", " ")
    before = ("..." if first > 0 else "") + text[max(first, 0) : begin]
    meant = text[begin : min(end, last)]
    after = text[min(end, last) : last] + ("..." if last < len(text) else "")
    return safe(before), safe(meant), safe(after)


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


def concise(diagnostic: Diagnostic) -> str:
    """Return a diagnostic in one line, as editors read it."""
    return safe(f"{diagnostic.place}: {diagnostic.severity}: {_with_hint(diagnostic)}")


def github(diagnostic: Diagnostic, workspace: str | None = None) -> str:
    """
    Return a diagnostic as a workflow command; *workspace* is where the repository is checked out.

    Source: GitHub Actions, "Workflow commands", "Setting an error message".
    """
    file = os.path.relpath(diagnostic.file, workspace) if workspace else diagnostic.file
    given: dict[str, object] = {"file": diagnostic.file if file.startswith("..") else file}
    if diagnostic.line:
        end = diagnostic.column + diagnostic.length
        given |= {"line": diagnostic.line, "col": diagnostic.column, "endColumn": end}
    given["title"] = "sched"
    properties = ",".join(f"{name}={_escaped(str(value), ',:')}" for name, value in given.items())
    return f"::{diagnostic.severity} {properties}::{_escaped(_with_hint(diagnostic))}"


def _with_hint(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.message} ({diagnostic.hint})" if diagnostic.hint else diagnostic.message


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """Return diagnostics as plain data with stable names."""
    return [as_dict(diagnostic) for diagnostic in diagnostics]


def _escaped(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
