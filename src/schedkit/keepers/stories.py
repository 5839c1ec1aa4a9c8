"""What keepers have written about attempts, put together."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from schedkit.keeper import journal
from schedkit.run import AttemptKey

_ORPHAN = journal.ORPHAN.rstrip()
_STEPS = {"interpreter": "the interpreter of"}  # what is not called as in the file of schedules


def word(key: AttemptKey) -> str:
    """Return what the lines of a keeper call an attempt."""
    return f"{key.run}.{key.number}"


def attempt(word: str) -> AttemptKey:
    """Return the attempt that is called so."""
    run, _, number = word.partition(".")
    return AttemptKey(int(run), int(number))


def since(boottime: int) -> timedelta:
    """Return how long ago a time of this boot (nanoseconds) was."""
    return timedelta(microseconds=(journal.boottime() - boottime) // 1000)


class Story:
    """
    What became of one attempt, as far as it was written; times are as the keeper's.

    *cut* bytes of its output were cut off where its first part ends, *limit* is what is kept.
    """

    __slots__ = (
        "cpu_time", "cut", "ended", "limit", "not_started", "peak_memory_kb", "pid", "started",
        "status",
    )  # fmt: skip

    def __init__(self) -> None:
        self.pid: int | None = None
        self.started = 0
        self.limit: int | None = None
        self.not_started: str | None = None
        self.status: int | None = None
        self.ended: int | None = None
        self.cpu_time: timedelta | None = None
        self.peak_memory_kb: int | None = None
        self.cut = 0


class Stories:
    """
    What one keeper has written; *size* is how many bytes of its journal that is.

    *latest* is the last time in it.
    """

    def __init__(self) -> None:
        self.size = 0
        self.pid: int | None = None
        self.born = 0
        self.latest = 0
        self.boot = ""
        self.closed = False
        self.failure: str | None = None
        self.of: dict[AttemptKey, Story] = {}
        self._rest = b""

    def read(self, data: bytes) -> list[tuple[str, AttemptKey]]:
        """Take in what follows; return kinds and attempts of the lines that are about one."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = []
        for line in lines:
            if line != _ORPHAN:  # which is told, but not in the journal
                self.size += len(line) + 1
            words = line.decode("ascii", "replace").split(" ")
            with suppress(ValueError):  # after a power cut there may be anything
                if (key := self._take(words)) is not None:
                    found.append((words[0], key))
        return found

    def read_on(self, path: Path) -> list[tuple[str, AttemptKey]]:
        """Take in what a journal has beyond what was read; nothing when it cannot be read."""
        self._rest = b""
        try:
            with path.open("rb") as file:
                file.seek(self.size)
                return self.read(file.read())
        except OSError:
            return []

    def _take(self, line: list[str]) -> AttemptKey | None:
        match line:
            case ["S" | "F" | "E" | "U" | "D" as kind, called, *rest]:
                key = attempt(called)
                story = self.of.get(key)
                if story is None:
                    story = self.of[key] = Story()
                self.latest = max(self.latest, _tell(story, kind, rest))
                return key
            case ["K", _, pid, born, boot]:
                self.pid, self.born, self.boot = int(pid), int(born), boot
                self.latest = self.born
            case ["Z"]:
                self.closed = True
            case ["X", text]:
                self.failure = journal.unquoted(text).decode("utf-8", "replace")
        return None


def _tell(story: Story, kind: str, words: list[str]) -> int:
    """Add what a line says to a story; return the time that it has, 0 for none."""
    match kind, words:
        case "S", [pid, started, limit]:
            story.pid, story.started, story.limit = int(pid), int(started), int(limit)
            return story.started
        case "E", [status, ended]:
            story.status, story.ended = int(status), int(ended)
            return story.ended
        case "U", [user, system, memory]:
            story.cpu_time = timedelta(microseconds=int(user) + int(system))
            story.peak_memory_kb = int(memory)
        case "F", [number, step, name]:
            what = os.fsdecode(journal.unquoted(name))
            why = os.strerror(int(number)).lower()
            story.not_started = f"cannot be started: {_STEPS.get(step, step)} {what}: {why}"
        case "D", [cut]:
            story.cut = int(cut)
    return 0
