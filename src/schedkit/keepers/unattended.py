"""Attempts that no keeper of this runner tells about: adopted, or left behind by a dead one."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

from schedkit.keeper.output import Trimmer
from schedkit.keepers.stories import word
from schedkit.keepers.watched import Watched
from schedkit.run import AttemptKey


class Unattended:
    """These attempts; what can be read when one may have ended is registered with *poll*."""

    def __init__(self, poll: select.epoll) -> None:
        self._poll = poll
        self._pidfds: dict[int, Watched] = {}
        self._ended: dict[AttemptKey, Watched] = {}  # how, is to be read still
        self._trimmed: dict[str, Watched] = {}
        self._trimmer = Trimmer()  # of the output of those that have no keeper at all
        self._descriptor: int | None = None  # the trimmer's, as far as it is registered

    @property
    def undecided(self) -> bool:
        """Whether `over` is to be asked again though nothing can be read."""
        return bool(self._ended)

    def pause(self) -> float | None:
        """Return in how many seconds `trim` has something to do; None for never."""
        return self._trimmer.pause()

    def add(self, watched: Watched) -> None:
        """Watch an attempt from now on."""
        assert watched.story.pid is not None
        try:
            watched.pidfd = os.pidfd_open(watched.story.pid)
        except OSError:  # it has ended, or this kernel has no such thing: then it is looked at
            self._ended[watched.key] = watched
            return
        self._pidfds[watched.pidfd] = watched
        self._poll.register(watched.pidfd, select.EPOLLIN)
        if not watched.is_running():  # it is another one's pid by now
            self._has_ended(watched)
        elif watched.journal is None or watched.journal.is_dead:
            name, path = word(watched.key), os.fsencode(watched.output)
            self._trimmer.add(name, path, watched.limit, watched.story.cut)
            self._trimmed[name] = watched

    def drop(self, watched: Watched) -> None:
        """Watch it no more."""
        self._close(watched)
        self._ended.pop(watched.key, None)
        if self._trimmed.pop(word(watched.key), None) is not None:
            self._trimmer.drop(word(watched.key))

    def seen(self, ready: set[int]) -> list[Watched]:
        """Return those that have ended, by what can be read."""
        return [self._pidfds[one] for one in ready if one in self._pidfds]

    def over(self, seen: list[Watched]) -> Iterator[Watched]:
        """Yield those that have ended, *seen* ones and others, and of which all is known."""
        for watched in seen:
            if watched.pidfd is not None:
                self._has_ended(watched)
        for watched in list(self._ended.values()):
            if _is_known(watched):
                yield watched

    def trim(self) -> None:
        """Keep outputs small."""
        for name, cut in self._trimmer.look():
            self._trimmed[name].story.cut = cut
        descriptor = self._trimmer.descriptor
        if descriptor is not None and descriptor != self._descriptor:
            self._descriptor = descriptor
            self._poll.register(descriptor, select.EPOLLIN)

    def close(self) -> None:
        """Let go of them; they go on."""
        for watched in list(self._pidfds.values()):
            self._close(watched)
        self._trimmer.close()

    def _has_ended(self, watched: Watched) -> None:
        self._close(watched)
        self._ended[watched.key] = watched

    def _close(self, watched: Watched) -> None:
        if watched.pidfd is not None:
            self._poll.unregister(watched.pidfd)
            os.close(watched.pidfd)
            del self._pidfds[watched.pidfd]
            watched.pidfd = None


def _is_known(watched: Watched) -> bool:
    """Read how it ended; its keeper, while it lives, writes that down sooner or later."""
    if watched.story.status is not None and watched.story.cpu_time is not None:
        return True
    if watched.is_running():
        return False
    return watched.journal is None or watched.journal.read()
