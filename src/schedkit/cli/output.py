"""
What an attempt wrote, read from its file: the whole of it, the last lines, or what is new.

Of one that wrote too much the middle was dropped, which leaves a hole in the file.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Iterator
from itertools import islice, repeat

from schedkit.texts import safe
from schedkit.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import BinaryIO

_PART = 1 << 16  # bytes read at a time


class Writer(Protocol):
    """Where output goes."""

    def write(self, data: bytes, *, last: bool = False) -> None:
        """Write what may be anything; *last*: no more of this file comes."""


class Raw:
    """Output as it is: for a program."""

    def __init__(self) -> None:
        self._stream: BinaryIO = sys.stdout.buffer

    def write(self, data: bytes, *, last: bool = False) -> None:  # noqa: ARG002  # all the same
        """Write it, and let it be read at once."""
        self._stream.write(data)
        self._stream.flush()


class Shown:
    """Output on a terminal: text, of which nothing moves the cursor but its lines and tabs."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def write(self, data: bytes, *, last: bool = False) -> None:
        """Write it as text; of a character that is cut in two the rest may come."""
        text = self._decoder.decode(data, last)
        lines = ("\t".join(map(safe, line.split("\t"))) for line in text.split("\n"))
        sys.stdout.write("\n".join(lines))
        sys.stdout.flush()


def writer() -> Writer:
    """Return where the output of a run goes that a verb shows on stdout."""
    return Shown() if sys.stdout.isatty() else Raw()


class Reading:
    """
    An output file that may still be written to, read from *position* on.

    Where a part was dropped stands a line that says how much.
    """

    def __init__(self, descriptor: int, position: int = 0) -> None:
        self._descriptor = descriptor
        self._position = position
        self._nuls = 0  # that were read and not passed on yet
        self._dropped = False  # whether a hole is among them
        self._last = b"\n"

    def new(self) -> Iterator[bytes]:
        """Yield what there is beyond what was read before."""
        for part in self._parts():
            # A hole is as wide as whole blocks; the rest of what was dropped is NULs around it.
            text = part.lstrip(b"\0")
            self._nuls += len(part) - len(text)
            if text:
                yield from self._pass_nuls()
                kept = text.rstrip(b"\0")
                self._nuls = len(text) - len(kept)
                self._last = kept[-1:]
                yield kept
        yield from self._pass_nuls()

    def _parts(self) -> Iterator[bytes]:
        end = os.fstat(self._descriptor).st_size
        self._position = min(self._position, end)  # where holes cannot be, the end is cut off
        while self._position < end:
            data = _next(self._descriptor, self._position, os.SEEK_DATA, end)
            if data > self._position:
                self._nuls += data - self._position
                self._dropped = True
                self._position = data
                continue
            hole = _next(self._descriptor, data, os.SEEK_HOLE, end)
            part = os.pread(self._descriptor, min(hole - data, _PART), data)
            if not part:
                return
            self._position += len(part)
            yield part

    def _pass_nuls(self) -> Iterator[bytes]:
        if self._dropped:
            begin = "" if self._last == b"\n" else "\n"
            yield f"{begin}... {self._nuls} bytes dropped ...\n".encode()
        elif self._nuls:
            yield b"\0" * self._nuls
        self._nuls, self._dropped = 0, False


def last_lines(descriptor: int, number: int) -> int:
    """Return where the last *number* lines of a file begin; what was dropped is one of them."""
    return next(islice(_line_starts(descriptor), number - 1, None), 0)


def _line_starts(descriptor: int) -> Iterator[int]:
    """Yield where the lines of a file begin, the last of them first."""
    size = os.fstat(descriptor).st_size
    for begin, end in reversed(list(_extents(descriptor, size))):
        if end < size:  # what was dropped, and the line behind it that lacks its beginning
            yield from repeat(_without_nuls(descriptor, end), 2)
        for first in range(end - _PART, begin - _PART, -_PART):
            place = max(first, begin)
            part = os.pread(descriptor, first + _PART - place, place)
            found = len(part)
            while (found := part.rfind(b"\n", 0, found)) >= 0:
                if place + found + 1 != size:  # the last of all only ends the last line
                    yield place + found + 1


def _without_nuls(descriptor: int, end: int) -> int:
    """Return where the NULs begin that end at *end*."""
    begin = max(end - _PART, 0)
    return begin + len(os.pread(descriptor, end - begin, begin).rstrip(b"\0"))


def _extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where the data of a file begins and ends, between its holes."""
    position = 0
    while (begin := _next(descriptor, position, os.SEEK_DATA, size)) < size:
        position = _next(descriptor, begin, os.SEEK_HOLE, size)
        yield begin, position


def _next(descriptor: int, position: int, what: int, end: int) -> int:
    """Return where data, or a hole, begins at *position* or later; *end* when nothing does."""
    try:
        return min(os.lseek(descriptor, position, what), end)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return end
