"""
What can go wrong that a user or the world did.

    SchedError
    ├── ConfigError        what somebody wrote cannot be right
    ├── StoreError         the history cannot be read or written
    ├── ExecutorError      a process cannot be started, watched or ended
    ├── LockedError        another runner holds this state directory
    └── CalendarEndsError  a calendar was asked beyond what it knows

Callers catch SchedError; anything else is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schedkit.records import Record, replace
from schedkit.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class SchedError(Exception):
    """Anything that a user or the world did; its text is meant to be read by a person."""


class Problem(Record):
    """
    One thing that somebody wrote and that cannot be right.

    *path* leads to the value from where reading began: keys and list positions. *on_key* points
    at the last key of the path, not at its value. *span* is the part of the value's text that is
    wrong: begin and end, as a slice takes them; None means all of it.
    """

    message: str
    hint: str | None = None
    path: tuple[str | int, ...] = ()
    span: tuple[int, int] | None = None
    on_key: bool = False

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(SchedError, ValueError):
    """
    What somebody wrote cannot be right: every problem at once, each with its way out.

    It is a ValueError as well, so that pydantic collects it among its own.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def of(
        cls, message: str, hint: str | None = None, span: tuple[int, int] | None = None
    ) -> ConfigError:
        """Return an error of one problem, about the value that is being read."""
        return cls(Problem(message, hint, span=span))

    def within(self, *path: str | int) -> ConfigError:
        """Return the same error, seen from outside: *path* leads to what was read."""
        return ConfigError(*(replace(p, path=path + p.path) for p in self.problems))

    def shifted(self, offset: int) -> ConfigError:
        """Return the same error for a text in which what was read begins at *offset*."""
        return ConfigError(*(_shifted(problem, offset) for problem in self.problems))


def _shifted(problem: Problem, offset: int) -> Problem:
    if problem.span is None or problem.path:
        return problem
    begin, end = problem.span
    return replace(problem, span=(begin + offset, end + offset))


class StoreError(SchedError):
    """The history cannot be read or written."""


class ExecutorError(SchedError):
    """A process cannot be started, watched or ended."""


class LockedError(SchedError):
    """Another runner holds this state directory."""


class CalendarEndsError(SchedError):
    """A calendar was asked beyond what it knows: what comes then is not guessed."""

    def __init__(self, name: str, day: date, *, begins: bool = False) -> None:
        verb = "begins" if begins else "ends"
        super().__init__(f"calendar {name} {verb} on {day}")
        self.name = name
        self.day = day


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the known word nearest to *word*, or None when none is near."""
    import difflib  # only when something is wrong: it costs a fast verb more than its own work

    near: Iterator[str] = iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6))
    match = next(near, None)
    return None if match is None else f"did you mean {match!r}?"
