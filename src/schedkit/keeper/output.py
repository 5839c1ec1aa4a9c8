"""
Keeps output files small while they are written: the first and the last bytes stay.

What is cut out of the middle becomes a hole, which takes no place on the disk; where the file
system knows no holes, all behind the first part is cut off. A file is looked at soon after its
start; then a watch tells when more is written; while it grows, it is looked at as often as its
growth demands. Nobody wakes up for a job that writes nothing.
"""

from __future__ import annotations

import ctypes
import errno
import heapq
import os
import time

from schedkit import inotify
from schedkit.inotify import Inotify

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Iterator

_KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02  # Source: linux/falloc.h
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOSYS, errno.ENODEV)
_BLOCK = 4096
_WORTH = 1 << 16  # bytes; less is not worth a hole
_FIRST, _SECOND = 0.02, 0.1  # seconds after a start: most jobs have ended by then
_SHORTEST, _LONGEST = 0.005, 0.25  # seconds between two looks at a file that grows
_GROWTH = 8_000_000  # bytes that it may grow by from one look to the next


def shares(limit: int) -> tuple[int, int]:
    """Return how many bytes of the beginning and of the end are kept."""
    return limit // 2, limit - limit // 2


class _File:
    """A file that is written to; what follows *hole* has not been cut."""

    __slots__ = ("cut", "hole", "limit", "looks", "name", "path", "size", "time", "watch")

    def __init__(self, name: str, path: bytes, limit: int, now: float) -> None:
        self.name = name
        self.path = path
        self.limit = limit
        self.hole = 0
        self.cut = 0  # bytes that were cut off, where there are no holes
        self.size = 0  # when it was looked at last, at *time*
        self.time = now
        self.looks = 0
        self.watch: int | None = None


class Trimmer:
    """The output files of the attempts that go on; `descriptor` can be read when one grows."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._files: dict[str, _File] = {}
        self._looks: list[tuple[float, str]] = []
        self._watches: dict[int, _File] = {}
        self._inotify: Inotify | None = None

    @property
    def descriptor(self) -> int | None:
        """What can be read when `look` has something to do; None while nothing is watched."""
        return None if self._inotify is None else self._inotify.descriptor

    def add(self, name: str, path: bytes, limit: int, cut: int = 0) -> None:
        """Look after a file from now on, of which *cut* bytes are cut off already."""
        now = time.monotonic()
        self._files[name] = file = _File(name, path, limit, now)
        file.cut = cut
        heapq.heappush(self._looks, (now + _FIRST, name))

    def drop(self, name: str) -> None:
        """Look after it no more."""
        file = self._files.pop(name, None)
        if file is not None and file.watch is not None and self._inotify is not None:
            del self._watches[file.watch]
            self._inotify.remove(file.watch)

    def pause(self) -> float | None:
        """Return how many seconds from now `look` has something to do; None for never."""
        while self._looks and self._looks[0][1] not in self._files:
            heapq.heappop(self._looks)
        return max(self._looks[0][0] - time.monotonic(), 0.0) if self._looks else None

    def look(self) -> Iterator[tuple[str, int]]:
        """Look at what is due; yield names of files that were cut off, and by how much in all."""
        now = time.monotonic()
        self._hear(now)
        while self._looks and self._looks[0][0] <= now:
            file = self._files.get(heapq.heappop(self._looks)[1])
            if file is None:
                continue
            cut = file.cut
            try:
                self._look(file, now)
            except OSError:  # it is gone: nothing of it takes any place
                continue
            if file.cut > cut:
                yield file.name, file.cut

    def close(self) -> None:
        """Look after nothing more."""
        if self._inotify is not None:
            self._inotify.close()

    def _hear(self, now: float) -> None:
        """Take note of the files that grow again."""
        if self._inotify is None:
            return
        for watch, mask, _ in self._inotify.read():
            fired = [watch] if watch in self._watches else []
            if mask & inotify.OVERFLOW:  # any of them
                fired = list(self._watches)
            for one in fired:
                file = self._watches.pop(one)
                file.watch = None
                heapq.heappush(self._looks, (now + _SHORTEST, file.name))

    def _look(self, file: _File, now: float) -> None:
        size = os.stat(file.path).st_size
        file.looks += 1
        grown, passed = size - file.size, max(now - file.time, _SHORTEST)
        file.size, file.time = self._trim(file, size), now
        if file.looks == 1 and grown < _GROWTH / 8:
            heapq.heappush(self._looks, (now + _SECOND, file.name))
        elif grown > 0 or not self._watch(file):
            pause = _GROWTH * passed / grown if grown > 0 else _LONGEST
            pause = min(max(pause, _SHORTEST), _LONGEST)
            heapq.heappush(self._looks, (now + pause, file.name))
        elif os.stat(file.path).st_size > file.size:  # it grew before it was watched
            heapq.heappush(self._looks, (now + _SHORTEST, file.name))

    def _watch(self, file: _File) -> bool:
        """Let the kernel tell when more is written, once; False when it cannot."""
        try:
            self._inotify = self._inotify or Inotify()
            watch = self._inotify.add(os.fsdecode(file.path), inotify.MODIFY | inotify.ONESHOT)
        except OSError:  # there are as many as allowed
            return False
        self._watches[watch], file.watch = file, watch
        return True

    def _trim(self, file: _File, size: int) -> int:
        """Cut the middle out of a file of this size; return its size from then on."""
        head, tail = shares(file.limit)
        begin = max(file.hole, -(-head // _BLOCK) * _BLOCK)
        end = (size - tail) // _BLOCK * _BLOCK
        if end - begin < _WORTH:
            return size
        descriptor = os.open(file.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            length = ctypes.c_int64(end - begin)
            at = ctypes.c_int64(begin)
            if not self._libc.fallocate64(descriptor, _KEEP_SIZE_PUNCH_HOLE, at, length):
                file.hole = end
            elif ctypes.get_errno() in _UNSUPPORTED:
                os.ftruncate(descriptor, head)
                file.cut += size - head
                return head
        finally:
            os.close(descriptor)
        return size
