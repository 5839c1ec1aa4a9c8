"""The lines that go in and out; the package says what is in them."""

from __future__ import annotations

import json

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class Trigger:
    """Which files a job waits for."""

    __slots__ = ("job", "part", "patterns", "settle_s", "since")

    def __init__(self, said: dict[str, Any]) -> None:
        self.job: str = said["job"]
        self.part: int = said["part"]
        self.patterns: list[str] = said["patterns"]
        self.settle_s: float = said["settle_s"]
        self.since: float = said["since"]


class Incoming:
    """Lines, put together again from what arrives."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield what the lines say that are whole by now."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            line = b"".join((*self._pieces, end))
            self._pieces.clear()
            yield json.loads(line)
        self._pieces.append(rest)


class Warnings:
    """Says each once, until it is over or something else is to be said of the same subject."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._said: dict[str, str] = {}

    def say(self, subject: str, text: str) -> None:
        """Warn, unless this was the last that was said of it."""
        if self._said.get(subject) != text:
            self._said[subject] = text
            self._tell({"warning": text})

    def over(self, subject: str) -> None:
        """Let it be said again."""
        self._said.pop(subject, None)


def line(said: dict[str, Any]) -> bytes:
    """Return a line, in ASCII: whatever bytes are in a path."""
    return json.dumps(said, separators=(",", ":")).encode("ascii") + b"\n"
