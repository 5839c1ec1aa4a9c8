"""
Which names in which directories a pattern speaks of, one directory at a time.

As in `glob`, `**` stands for any number of directories, and what begins with a dot is found only
by what does so, too. Unlike there, `**` does not follow symbolic links: they may lead round.
"""

from __future__ import annotations

import fnmatch
import re

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DEEP = "**"
_HERE = ("", ".")
_MAGIC = frozenset("*?[")


class Step:
    """
    What a pattern says between two slashes, and what comes after it.

    *goal* is the number that the last step was made with, and None before it.
    """

    __slots__ = ("_matches", "after", "deep", "goal", "literal")

    def __init__(self, part: str, after: Step | None, goal: int) -> None:
        self.after = after
        self.goal = goal if after is None else None
        self.deep = part == _DEEP
        self.literal = None if _MAGIC & set(part) else part
        self._matches: Callable[[str], object] = (
            part.__eq__ if self.literal else re.compile(fnmatch.translate(part)).match
        )
        if not self.literal and not part.startswith("."):
            self._matches = _unhidden(self._matches)

    def matches(self, name: str) -> bool:
        """Return whether it speaks of this name."""
        return bool(self._matches(name))


def steps(pattern: str, goal: int) -> frozenset[Step]:
    """Return where an absolute pattern begins: what it says of the root."""
    said = pattern.split("/")
    if said[-1] in _HERE:  # a directory, and no file
        return frozenset()
    parts = [part for part in said if part not in _HERE]
    if parts[-1] == _DEEP:
        parts.append("*")
    after = None
    for part in reversed(parts):
        if part != _DEEP or (after is not None and not after.deep):  # two are as good as one
            after = Step(part, after, goal)
    return frozenset() if after is None else frozenset(_from(after))


def inside(outside: Iterable[Step], name: str, *, link: bool = False) -> frozenset[Step]:
    """Return what is said of the directory *name* in one of which *outside* is said."""
    found: set[Step] = set()
    for step in outside:
        if step.after is not None and step.matches(name) and not (step.deep and link):
            found.update(_from(step if step.deep else step.after))
    return frozenset(found)


def goals(outside: Iterable[Step], name: str) -> set[int]:
    """Return the numbers of those who want the file *name* there."""
    return {step.goal for step in outside if step.goal is not None and step.matches(name)}


def _from(step: Step) -> Iterator[Step]:
    yield step
    if step.deep and step.after is not None:  # no directory is any number of them, too
        yield step.after


def _unhidden(matches: Callable[[str], object]) -> Callable[[str], object]:
    return lambda name: not name.startswith(".") and matches(name)
