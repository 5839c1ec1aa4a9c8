"""The journals that the keepers of earlier runners have written, or still write."""

from __future__ import annotations

import fcntl
import logging
import os
import select
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from schedkit.errors import ExecutorError
from schedkit.keepers.stories import Stories
from schedkit.log import fields

log = logging.getLogger(__name__)

_LONGEST = 10.0  # seconds that a keeper is given to see that its runner is gone
_LOOK = 5  # milliseconds from one look at it to the next


class Journal:
    """A journal, and whether its keeper is there. As long as that lives it holds a lock on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stories = Stories()
        self.is_dead = False

    def is_settled(self) -> bool:
        """Whether nothing will be started any more, by its keeper or what it left half started."""
        return self.read() or self.stories.closed

    def read(self) -> bool:
        """Read what is new; return whether that was all, the keeper being dead."""
        self.is_dead = self.is_dead or self._is_free()  # first: it may write until it is
        self.stories.read_on(self.path)
        return self.is_dead

    def _is_free(self) -> bool:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(descriptor)

    def kill(self) -> None:
        """Kill its keeper, and what that has left half started: whatever has the journal open."""
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.path in _open_files(place):
                    descriptor = os.pidfd_open(int(place.name))
                    # Looked at again: by now nobody else can get its pid.
                    if self.path in _open_files(place):
                        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    os.close(descriptor)

    def drop(self) -> None:
        """Remove it."""
        with suppress(OSError):
            self.path.unlink()


def _open_files(place: Path) -> list[Path]:
    found = []
    for each in (place / "fd").iterdir():
        with suppress(OSError):
            found.append(each.readlink())
    return found


def settle(directory: Path) -> Sequence[Journal]:
    """
    Return the journals in *directory*, the oldest first, when nothing more can be started.

    A keeper that does not see in time that its runner is gone is killed: it could still start
    what it was told to.

    Raises: ExecutorError when the directory cannot be read.
    """
    try:
        journals = [Journal(path) for path in sorted(directory.iterdir()) if path.name.isdecimal()]
    except FileNotFoundError:
        return []
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ExecutorError(f"{directory} cannot be read: {why}") from error
    end = time.monotonic() + _LONGEST
    while waiting := [one for one in journals if not one.is_settled()]:
        if time.monotonic() >= end:
            for one in waiting:
                log.warning("keeper killed", extra=fields(journal=one.path, reason="it hangs"))
                one.kill()
            end += _LONGEST
        select.poll().poll(_LOOK)
    return journals
