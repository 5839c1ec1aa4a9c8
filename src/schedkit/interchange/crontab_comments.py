"""What the comments of a crontab say of the job below them."""

from __future__ import annotations

import re

from schedkit.errors import ConfigError
from schedkit.interchange.crontab_clock import clock
from schedkit.interchange.crontab_line import assignment, entry

_LONGEST = 150  # characters of a description: it stands in tables
# The columns of a crontab, named in a line or drawn over several.
_HEADING = re.compile(r"m(in(ute)?)?s?\W+h(ou)?r?s?\b|[.|+┌│]", re.IGNORECASE)


class Comments:
    """The comments that were read and belong to no job yet."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._near: int = 0  # where those begin that nothing separates from what follows

    def add(self, line: str) -> None:
        """Add a line that is a comment, or empty: that separates."""
        text = line.strip().lstrip("#").removeprefix(" ")
        if not line.strip():
            self.separate()
        elif text or (self._lines and self._lines[-1]):
            self._lines.append(text.rstrip())

    def separate(self) -> None:
        """Take note that what came is not about what follows."""
        if self._lines and self._lines[-1]:
            self._lines.append("")
        self._near = len(self._lines)

    def take(self) -> tuple[str, str]:
        """Return what there is to say of a job: a description, and a comment, either of them ""."""
        near = self._lines[self._near :]
        description = _description(near)
        far = self._lines[: self._near] if _plain(" ".join(near)) == description else self._lines
        self._lines, self._near = [], 0
        return description, "\n".join(far).strip("\n")

    def take_all(self) -> str:
        """Return what is left and is about no job."""
        lines, self._lines, self._near = self._lines, [], 0
        return "\n".join(lines).strip("\n")


def _description(lines: list[str]) -> str:
    """Return the first sentence of the last paragraph, below what heads the columns."""
    said: list[str] = []
    for line in "\n".join(lines).strip("\n").rpartition("\n\n")[2].split("\n"):
        if _HEADING.match(line):
            said = []
        elif re.search(r"\w", line) and not _does_something(line):
            said.append(line)
    text = _plain(" ".join(said))
    sentence = re.match(r".+?[.!?](?=\s+[^\sa-z])", text)
    found = _plain(sentence[0]) if sentence else text
    return found if len(found) <= _LONGEST else ""


def _plain(text: str) -> str:
    joined = " ".join(text.split())
    return joined[:-1] if joined.endswith(".") and not joined.endswith("..") else joined


def _does_something(line: str) -> bool:
    """Return whether a line would, were it no comment."""
    if assignment(line):
        return True
    try:
        clock(entry(line, system=False).when)
    except ConfigError:
        return False
    return True
