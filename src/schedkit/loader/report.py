"""What is wrong with a file, with its place, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from schedkit.errors import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Diagnostic:
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


def full(diagnostic: Diagnostic) -> str:
    """Return a diagnostic with its line, a caret below what is meant, and the way out."""
    lines = [f"{diagnostic.place}: {diagnostic.severity}: {diagnostic.message}"]
    margin = " " * len(str(diagnostic.line))
    if diagnostic.text:
        shown = diagnostic.text.replace("\t", " ")
        caret = " " * (diagnostic.column - 1) + "^" * diagnostic.length
        lines += [f"{diagnostic.line} | {shown}", f"{margin} | {caret}"]
    if diagnostic.hint:
        lines.append(f"{margin} = help: {diagnostic.hint}")
    return "\n".join(lines)


def concise(diagnostic: Diagnostic) -> str:
    """Return a diagnostic in one line."""
    hint = f" ({diagnostic.hint})" if diagnostic.hint else ""
    return f"{diagnostic.place}: {diagnostic.severity}: {diagnostic.message}{hint}"


def github(diagnostic: Diagnostic) -> str:
    """
    Return a diagnostic as a workflow command.

    Source: GitHub Actions, "Workflow commands", "Setting an error message".
    """
    message = diagnostic.message + (f" ({diagnostic.hint})" if diagnostic.hint else "")
    properties = f"file={_escaped(diagnostic.file, ',:')}"
    if diagnostic.line:
        properties += f",line={diagnostic.line},col={diagnostic.column}"
    return f"::{diagnostic.severity} {properties}::{_escaped(message)}"


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """Return diagnostics as plain data with stable names."""
    return [asdict(diagnostic) for diagnostic in diagnostics]


def _escaped(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
