"""
The directories in which files may arrive: watched, and looked through when that is not enough.

A tree from the root down: a directory is in it when a pattern says something of what is in it.
So whatever appears, vanishes or is replaced on the way to a file is seen by the one above.
"""

from __future__ import annotations

import errno
import os
import stat

from schedkit import inotify
from schedkit.arrivals import patterns
from schedkit.arrivals.files import NOT_THERE
from schedkit.arrivals.filesystems import tells

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Protocol

    from schedkit.arrivals.messages import Warnings
    from schedkit.arrivals.patterns import Step
    from schedkit.inotify import Inotify

    Identity = tuple[int, int]  # file system, and number there

    class Observer(Protocol):
        """Who is to know of the files."""

        def see(self, path: str, goals: set[int]) -> None:
            """Something is, was or may be at a path that these numbers want."""

        def see_all(self, directory: str, names: Iterable[str]) -> None:
            """Nothing else is in this directory."""

        def see_gone(self, directory: str) -> None:
            """It is no longer there, or nobody looks at it."""


# What these errors say of themselves ("no space left on device") misleads here.
LIMITS = {
    errno.EMFILE: "fs.inotify.max_user_instances is reached",
    errno.ENOSPC: "fs.inotify.max_user_watches is reached",
}
_MASK_ADD = 0x20000000  # Source: inotify(7): two paths may lead to one directory, with one watch
_APPEARS = inotify.CREATE | inotify.MOVED_TO
_ELSEWHERE = inotify.MOVE_SELF | inotify.IGNORED
_NAMES = (
    _APPEARS
    | inotify.MOVED_FROM
    | inotify.DELETE
    | inotify.ATTRIB  # what could not be read may be readable now
    | inotify.DELETE_SELF
    | inotify.MOVE_SELF
    | inotify.ONLYDIR
    | _MASK_ADD
)
# No MODIFY: it is told of each write, of which the last is what counts.
_FILES = _NAMES | inotify.CLOSE_WRITE


class Directory:
    """
    A directory, and what is said of it; the path of the root is empty.

    *names* are the only ones that count in it, None when they are to be looked for.
    """

    __slots__ = ("children", "identity", "names", "parent", "path", "steps", "watch")

    def __init__(
        self, name: str, parent: Directory | None, steps: frozenset[Step], identity: Identity | None
    ) -> None:
        self.path: str = "" if parent is None else f"{parent.path}/{name}"
        self.parent = parent
        self.steps = steps
        self.identity = identity
        self.children: dict[str, Directory] = {}
        self.watch: int | None = None
        names = {step.literal for step in steps if step.literal is not None}
        is_fixed = all(step.literal is not None for step in steps)
        self.names: set[str] | None = names if is_fixed else None

    @property
    def mask(self) -> int:
        """What is to be told of it."""
        leads_on = all(step.goal is None for step in self.steps)
        return _NAMES if leads_on else _FILES

    def below(self) -> Iterator[Directory]:
        """Yield it and all below it."""
        todo = [self]
        while todo:
            directory = todo.pop()
            todo.extend(directory.children.values())
            yield directory


class Directories:
    """All that is watched; without *watches*, all is looked at again when `poll` is called."""

    def __init__(
        self,
        steps: frozenset[Step],
        observer: Observer,
        warnings: Warnings,
        watches: Inotify | None,
        tells: Callable[[str], bool] = tells,
    ) -> None:
        self._root = Directory("", None, steps, None)
        self._observer = observer
        self._warnings = warnings
        self._watches = watches
        self._tells = tells
        self._watched: dict[int, set[Directory]] = {}
        self._polled: set[Directory] = set()

    @property
    def needs_polling(self) -> bool:
        """Whether something may happen that is not told."""
        return self._watches is None or bool(self._polled)

    def look(self) -> None:
        """Look at all of it."""
        self._visit(self._root, again=True)

    def poll(self) -> None:
        """Look at what does not tell."""
        if self._watches is None:
            self.look()
            return
        for directory in list(self._polled):
            if directory in self._polled:  # still: another of them may have ended it
                self._visit(directory)

    def look_for_mounts(self) -> None:
        """Look whether another directory is where one was: what a mount hides tells nothing."""
        for directory in list(self._root.below()):
            for name in list(directory.children):
                self._enter_alone(directory, name)

    def serve(self) -> None:
        """Take in what the kernel tells."""
        if self._watches is None:
            return
        for watch, mask, name in self._watches.read():
            if mask & inotify.OVERFLOW:
                self.look()
            for directory in list(self._watched.get(watch, ())):
                if directory.watch == watch:
                    self._happened(directory, mask, name)

    # ---- what is told

    def _happened(self, directory: Directory, mask: int, name: str) -> None:
        if name:
            is_new = bool(mask & inotify.ISDIR and mask & _APPEARS)
            self._enter_alone(directory, name, is_new=is_new)
        elif mask & _ELSEWHERE and directory.parent is not None:
            is_new = bool(mask & inotify.IGNORED)  # no more is told of it, whatever is there
            name = directory.path.rpartition("/")[2]
            self._enter_alone(directory.parent, name, is_new=is_new)
            if directory.parent.watch is None:  # which nobody tells when it comes back
                self._visit(directory.parent)
        elif mask & inotify.ATTRIB:
            self._visit(directory)

    def _enter_alone(self, directory: Directory, name: str, *, is_new: bool = False) -> None:
        try:
            child = self._enter(directory, name, is_new=is_new)
        except OSError as error:
            self._say_wrong(directory.path, error)
            return
        if child is not None:
            self._visit(child)

    # ---- what is seen

    def _visit(self, first: Directory, *, again: bool = False) -> None:
        """Look at a directory, and at what is new below it or, *again*, at all that is."""
        todo = [first]
        while todo:
            directory = todo.pop()
            new = self._look_through(directory)
            todo += dict.fromkeys((*new, *directory.children.values())) if again else new

    def _look_through(self, directory: Directory) -> list[Directory]:
        """Watch it, look at each name in it, and return what is to be looked at next."""
        unwatched = self._listen(directory)  # first, so that nothing happens in between unseen
        failure = None
        names = dict.fromkeys(directory.names or (), True)
        if directory.names is None:
            try:
                names = _names(directory.path)
            except OSError as error:
                failure = error
            else:
                self._observer.see_all(directory.path, names)
        new = []
        for name in {**names, **dict.fromkeys(directory.children, True)}:
            try:
                child = self._enter(directory, name, is_leading=names.get(name, True))
            except OSError as error:
                failure = failure or error
            else:
                new += [] if child is None else [child]
        self._judge(directory, unwatched, failure)
        return new

    def _enter(
        self, directory: Directory, name: str, *, is_new: bool = False, is_leading: bool = True
    ) -> Directory | None:
        """
        See what is at a name; return the directory that is there when it has to be looked at.

        Raises: OSError when that cannot be known.
        """
        place = f"{directory.path}/{name}"
        if goals := patterns.goals(directory.steps, name):
            self._observer.see(place, goals)
        if not is_leading or not patterns.inside(directory.steps, name):
            return None
        identity, link = _identity(place)
        steps = patterns.inside(directory.steps, name, link=link)
        former = directory.children.get(name)
        if former is not None and (is_new or former.identity != identity):
            del directory.children[name]
            self._leave(former)
            former = None
        if identity is None or not steps:
            return None
        if former is not None:
            return former if former.watch is None else None
        made = directory.children[name] = Directory(name, directory, steps, identity)
        return made

    def _leave(self, top: Directory) -> None:
        for directory in top.below():
            self._polled.discard(directory)
            self._forget_watch(directory)
            self._warnings.over(directory.path)
            directory.children.clear()  # whoever has it still in hand finds nothing below it
        self._observer.see_gone(top.path)

    # ---- being told

    def _listen(self, directory: Directory) -> OSError | None:
        """Have the kernel tell of it; return why it does not."""
        if self._watches is None:
            return None
        try:
            watch = self._watches.add(directory.path or "/", directory.mask)
        except OSError as error:
            self._forget_watch(directory)
            return error
        if watch != directory.watch:
            self._forget_watch(directory)
            directory.watch = watch
            self._watched.setdefault(watch, set()).add(directory)
        return None

    def _forget_watch(self, directory: Directory) -> None:
        watch, directory.watch = directory.watch, None
        if watch is None or self._watches is None:
            return
        others = self._watched[watch]
        others.discard(directory)
        if not others:
            del self._watched[watch]
            self._watches.remove(watch)

    def _judge(
        self, directory: Directory, unwatched: OSError | None, failure: OSError | None
    ) -> None:
        """Decide whether to look again without being told, and say what is wrong."""
        leads_on = failure is None and directory.names == directory.children.keys()
        if leads_on and unwatched is not None and unwatched.errno == errno.EACCES:
            unwatched = None  # nobody needs to read what only leads on to what is there
        wrong = failure or unwatched
        is_gone = wrong is not None and wrong.errno in NOT_THERE  # which the one above is told
        if is_gone or (unwatched is None and self._tells(directory.path)):
            self._polled.discard(directory)
        else:
            self._polled.add(directory)
        if wrong is None:
            self._warnings.over(directory.path)
        else:
            self._say_wrong(directory.path, wrong)

    def _say_wrong(self, path: str, error: OSError) -> None:
        if error.errno in LIMITS:
            text = f"{LIMITS[error.errno]}: directories are looked at every few seconds instead"
            self._warnings.say("inotify", text)
        elif error.errno not in NOT_THERE:
            self._warnings.say(path, f"{path or '/'} cannot be read: {error.strerror}")


def _names(path: str) -> dict[str, bool]:
    """
    Return what is in a directory, and of each name whether it may lead on.

    Raises: OSError.
    """
    with os.scandir(path or "/") as entries:
        return {
            entry.name: entry.is_dir(follow_symlinks=False) or entry.is_symlink()
            for entry in entries
        }


def _identity(place: str) -> tuple[Identity | None, bool]:
    """
    Return which directory is at a path, None for none, and whether a link leads there.

    Raises: OSError when that cannot be known.
    """
    link = False
    try:
        found = os.lstat(place)
        link = stat.S_ISLNK(found.st_mode)
        if link:
            found = os.stat(place)
    except OSError as error:
        if error.errno in NOT_THERE:
            return None, link
        raise
    return ((found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None), link
