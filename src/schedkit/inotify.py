"""
What happens to files and directories, told by the kernel.

Imports nothing of schedkit: the keeper uses it too, and is to stay small.

Source: inotify(7); the numbers from linux/inotify.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

MODIFY = 0x2
ATTRIB = 0x4
CLOSE_WRITE = 0x8
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800

# Told though nobody asked for them.
UNMOUNT = 0x2000
OVERFLOW = 0x4000  # events were lost; its watch is -1
IGNORED = 0x8000  # the watch is gone: removed, used up, or its file deleted
ISDIR = 0x40000000

# Ways to watch.
ONLYDIR = 0x1000000
DONT_FOLLOW = 0x2000000
ONESHOT = 0x80000000

_HEADER = struct.Struct("iIII")  # watch, mask, cookie, length of the name
_AT_ONCE = 65536  # bytes; at least one event with the longest name has to fit


class Inotify:
    """
    The watches of one caller; `descriptor` can be read when there is something to `read`.

    Raises: OSError, with EMFILE when this user has as many of them as allowed.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = _checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, path: str, mask: int) -> int:
        """
        Watch *path*; one that is watched already keeps its watch, and gets the new *mask*.

        Raises: OSError, with ENOSPC when this user has as many watches as allowed.
        """
        name = os.fsencode(path)
        return _checked(
            self._libc.inotify_add_watch(self.descriptor, name, ctypes.c_uint32(mask)), path
        )

    def remove(self, watch: int) -> None:
        """Watch it no more. Nothing happens when the kernel has removed it already."""
        if self._libc.inotify_rm_watch(self.descriptor, watch) < 0:
            number = ctypes.get_errno()
            if number != errno.EINVAL:
                raise OSError(number, os.strerror(number))

    def read(self) -> list[tuple[int, int, str]]:
        """
        Return what happened: watch, mask, and the name in the directory that is watched or "".

        Not all of it when it is a lot: the descriptor can then still be read.
        """
        try:
            data = os.read(self.descriptor, _AT_ONCE)
        except BlockingIOError:
            return []
        events = []
        start = 0
        while start < len(data):
            watch, mask, _, length = _HEADER.unpack_from(data, start)
            start += _HEADER.size + length
            name = data[start - length : start].rstrip(b"\0")
            events.append((watch, mask, os.fsdecode(name)))
        return events

    def close(self) -> None:
        """Let go of every watch."""
        os.close(self.descriptor)


def _checked(result: int, path: str | None = None) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return result
