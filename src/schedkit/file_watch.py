"""
Tells when files of schedules change, however that is done: written in place, replaced by a rename,
checked out, or switched by a symbolic link somewhere on the way to them (Kubernetes' ConfigMaps).

Directories are watched, and what is told of them is filtered by name: a watch of a file itself
stays with what an editor has replaced.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from schedkit import inotify
from schedkit.inotify import Inotify
from schedkit.log import fields

log = logging.getLogger(__name__)

_UNSEEN = "files that change go unseen"
_INSTEAD = "sched reload, or SIGHUP"
# What these errors say of themselves ("no space left on device") misleads here.
_LIMITS = {
    errno.EMFILE: "fs.inotify.max_user_instances is reached",
    errno.ENOSPC: "fs.inotify.max_user_watches is reached",
}
_SCHEDULES = "/"  # among names, none of which has one: every file in the directory that is read
_ITSELF = inotify.MOVE_SELF | inotify.DELETE_SELF
# No MODIFY: it is told of each write to a file, of which the last is what counts. ATTRIB: a file
# that its mode kept from being read, or taken, may be so no more.
_WITHIN = (
    inotify.CREATE
    | inotify.MOVED_TO
    | inotify.MOVED_FROM
    | inotify.DELETE
    | inotify.CLOSE_WRITE
    | inotify.ATTRIB
)


class FileWatch:
    """
    Tells when files change; `descriptor` can be read when one may have.

    When the kernel cannot tell, the log says so, and nothing ever seems to change.
    """

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._watched: dict[int, _Interest] = {}
        self._complained: set[str] = set()
        self._inotify: Inotify | None = None
        try:
            self._inotify = Inotify()
            self.descriptor = self._inotify.descriptor
        except OSError as error:
            log.warning(_UNSEEN, extra=fields(error=_said(error), instead=_INSTEAD))
            self.descriptor = os.eventfd(0, os.EFD_CLOEXEC)  # nobody will ever write to it

    def follow(self, paths: Iterable[Path]) -> None:
        """
        Watch these files and directories, there or not, instead of those before.

        Of a directory every `*.yaml` counts. What changed before and has not been asked for yet
        will still be told.
        """
        self._paths = [os.fspath(path.absolute()) for path in paths]
        self._arm()

    def changed(self) -> bool:
        """Return whether a file has changed since; False when only others beside it have."""
        if self._inotify is None:
            return False
        told = [self._counts(*event) for event in self._inotify.read()]
        if not any(told):
            return False
        self._arm()  # what is at a path now may be something else
        return True

    def close(self) -> None:
        """Watch nothing more."""
        os.close(self.descriptor)

    def _counts(self, watch: int, mask: int, name: str) -> bool:
        if mask & inotify.OVERFLOW:
            return True
        if mask & inotify.IGNORED:
            self._watched.pop(watch, None)
            return False
        return watch in self._watched and self._watched[watch].counts(name)

    def _arm(self) -> None:
        """Watch whatever decides now what is at the paths."""
        if self._inotify is None:
            return
        planned = None
        # Once more, until nothing has changed between looking and watching.
        while (plan := _Way(self._paths).interests) != planned:
            self._watch(self._inotify, plan)
            planned = plan

    def _watch(self, watches: Inotify, plan: dict[str, _Interest]) -> None:
        wanted = {}
        for directory, interest in plan.items():
            try:
                wanted[watches.add(directory or "/", interest.mask)] = interest
            except OSError as error:
                self._complain(directory, interest, error)
        for watch in self._watched.keys() - wanted.keys():
            watches.remove(watch)
        # Those that were removed stay until the kernel says so, after all that they had to tell.
        self._watched |= wanted

    def _complain(self, directory: str, interest: _Interest, error: OSError) -> None:
        """Say once of a directory that it cannot be watched, if that is a loss."""
        gone = error.errno in {errno.ENOENT, errno.ENOTDIR}
        only_leads_on = error.errno == errno.EACCES and not interest
        if not gone and not only_leads_on and directory not in self._complained:
            self._complained.add(directory)
            said = fields(directory=directory or "/", error=_said(error), instead=_INSTEAD)
            log.warning(_UNSEEN, extra=said)


def _said(error: OSError) -> str | None:
    return _LIMITS.get(error.errno or 0, error.strerror)


class _Interest(set[str]):
    """Which names in a directory count; none: only whether it stays in its place."""

    @property
    def mask(self) -> int:
        return inotify.ONLYDIR | _ITSELF | (_WITHIN if self else 0)

    def counts(self, name: str) -> bool:
        # As the loader has it: hidden ones are what editors leave beside them.
        is_read = name.endswith(".yaml") and not name.startswith(".")
        return not name or name in self or (_SCHEDULES in self and is_read)


class _Way:
    """
    What leads to some absolute paths: by real directory, what in it counts. The root is "".

    A name counts that is a file's, or a link's on the way to one. Other directories on the way
    only have to stay where they are: all that happens in / or /tmp would wake for nothing.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.interests: dict[str, _Interest] = {}
        self._known: dict[str, str | None] = {}
        self._directories = {""}
        for path in paths:
            real = self._real(path)
            if real in self._directories:
                self._in(real).add(_SCHEDULES)
            elif real:
                directory, _, name = real.rpartition("/")
                self._in(directory).add(name)

    def _in(self, directory: str) -> _Interest:
        return self.interests.setdefault(directory, _Interest())

    def _real(self, path: str) -> str | None:
        """Return *path* without links, None when there is nothing at it."""
        if path not in self._known:
            self._known[path] = None  # for a link that leads back to itself
            self._known[path] = self._followed(path)
        return self._known[path]

    def _followed(self, path: str) -> str | None:
        if not path:
            return path
        head, _, name = path.rpartition("/")
        directory = self._real(head)
        if directory is None or name in {"", "."}:
            return directory
        if name == "..":
            return directory.rpartition("/")[0]
        interest = self._in(directory)
        place = f"{directory}/{name}"
        try:
            mode = os.lstat(place).st_mode
            target = str(Path(place).readlink()) if stat.S_ISLNK(mode) else None
        except OSError:
            self._miss(place)
            return None
        if target is not None:
            interest.add(name)
            return self._real(target if target.startswith("/") else f"{directory}/{target}")
        if stat.S_ISDIR(mode):
            self._directories.add(place)
        return place

    def _miss(self, place: str) -> None:
        """
        Await what is not there, and by name every directory above it.

        One that is deleted while somebody works in it does not tell of its end itself.
        """
        while place:
            place, _, name = place.rpartition("/")
            self._in(place).add(name)
