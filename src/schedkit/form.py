"""
The layout of a compiled form: a header, and behind it parts that are read when they are wanted.

A part holds what is asked of all jobs at once (names, fire times, digests), or the settings, or a
pickle of each job. Here is what needs no job; the rest is in `stored`.
"""

from __future__ import annotations

import marshal
import os
import zlib
from collections.abc import Mapping

from schedkit.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from typing import IO

# In the part of flags, a byte for each job:
ENABLED, WITH_RUNNER, LISTENS, TELLS, EXPECTS, BEGINS = 1, 2, 4, 8, 16, 32
# In the part of first fires, in place of microseconds since 1970, eight bytes for each job:
NONE = 2**63 - 1  # it does not fire
UNKNOWN = -(2**63)  # a calendar ends before it fires
_CHUNK = 2**20


class StrangeError(Exception):
    """A file is not what was written here."""


class Header(NamedTuple):
    """
    What stands first: *key* is the caller's own, *lengths* are those of the parts, in order.

    *state*, *digest* and *stamps* are those of `Config`. *compiled* is when this was written, in
    microseconds since 1970. *modules* are those that the jobs need. *check* is a checksum of all
    that follows.
    """

    key: str
    version: str
    state: str | None
    digest: str
    stamps: tuple[tuple[str, int, int, int], ...]
    compiled: int
    modules: tuple[str, ...]
    lengths: dict[str, int]
    check: int


class Form:
    """
    A compiled form; the open file *descriptor* is its own from then on.

    Raises: StrangeError.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        try:
            size = int.from_bytes(os.pread(descriptor, 4, 0), "little")
            # Whose file it is, the caller has seen to.
            self.header = Header(*marshal.loads(os.pread(descriptor, size, 4)))  # noqa: S302
            self._begin = 4 + size
            end = self._begin + sum(self.header.lengths.values())
        except (ValueError, EOFError, TypeError, AttributeError, OSError) as error:
            raise StrangeError from error
        if os.fstat(descriptor).st_size != end:
            raise StrangeError

    def __del__(self) -> None:
        os.close(self._descriptor)

    def outline(self) -> tuple[tuple[str, str, bool], ...]:
        """Return the name of each job, its description, and whether it is enabled."""
        enabled = (bool(flags & ENABLED) for flags in self.part("flags"))
        return tuple(zip(self.texts("names"), self.texts("descriptions"), enabled, strict=True))

    def expecting(self) -> tuple[str, ...]:
        """Return the names of the jobs of whose runs something is promised."""
        named = zip(self.texts("names"), self.part("flags"), strict=True)
        return tuple(name for name, flags in named if flags & EXPECTS)

    def texts(self, part: str) -> tuple[str, ...]:
        """Return a part that holds a text for each job."""
        found: tuple[str, ...] = marshal.loads(self.part(part))  # noqa: S302
        return found

    def part(self, name: str) -> bytes:
        """Return a part as it was written."""
        return self.read(name, 0, self.header.lengths[name])

    def read(self, name: str, begin: int, length: int) -> bytes:
        """Return so many bytes of a part."""
        where = self._begin
        for part, size in self.header.lengths.items():
            if part == name:
                break
            where += size
        return os.pread(self._descriptor, length, where + begin)

    def check(self) -> None:
        """Raise StrangeError unless everything is as it was written."""
        found, place = 0, self._begin
        while chunk := os.pread(self._descriptor, _CHUNK, place):
            found = zlib.crc32(chunk, found)
            place += len(chunk)
        if found != self.header.check:
            raise StrangeError

    def copy(self, file: int) -> None:
        """Write all of it into an open file, a descriptor."""
        done = 0
        while sent := os.sendfile(file, self._descriptor, done, _CHUNK):
            done += sent


def write(file: IO[bytes], header: Header, parts: Mapping[str, bytes]) -> None:
    """Write a header, to which the lengths and the checksum of the parts are added, and these."""
    check = 0
    for part in parts.values():
        check = zlib.crc32(part, check)
    lengths = {name: len(part) for name, part in parts.items()}
    written: tuple[Any, ...] = tuple(header._replace(lengths=lengths, check=check))
    head = marshal.dumps(written)
    file.write(len(head).to_bytes(4, "little"))
    for part in (head, *parts.values()):
        file.write(part)
