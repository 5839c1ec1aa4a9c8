"""What an attempt has left behind: what it wrote, and what its Python function returned."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from schedkit.keeper.output import shares
from schedkit.typed import NamedTuple

_LONGEST_LINE = 200  # characters of output that a reason takes over
_TAIL = 4096  # bytes of output that are looked at for it
_WHOLE_LINES = 1024  # bytes by which a cut is moved, so that it is between two lines


class Output(NamedTuple):
    """How much is kept of what it wrote, how much is not, and the last line that says something."""

    kept: int | None = None
    dropped: int | None = None
    last_line: str | None = None


def settle(path: Path, limit: int, cut: int) -> Output:
    """
    Bring the output of an attempt that has ended to its final form, and tell of it.

    An empty file goes. Of one larger than *limit* bytes the first and the last ones stay, with a
    line between them that says how many are missing; *cut* were missing already.
    """
    try:
        # Before it is opened: most jobs write nothing.
        if not path.stat().st_size and not cut:
            with suppress(OSError):
                path.unlink()
            return Output(0, 0)
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return Output()
    try:
        size = os.fstat(descriptor).st_size
        last_line = _last_line(descriptor, size)
        if size <= limit and not cut:
            return Output(size, 0, last_line)
        kept, dropped = _shorten(path, descriptor, limit, cut)
        return Output(kept, dropped, last_line)
    finally:
        os.close(descriptor)


def told(path: Path | None) -> dict[str, str]:
    """Return what a Python function returned or raised, and drop the file that told."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        path.unlink()
        found = json.loads(text)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(descriptor: int, size: int) -> str | None:
    data = os.pread(descriptor, _TAIL, max(size - _TAIL, 0))
    lines = reversed(data.decode("utf-8", "replace").splitlines())
    said = next((line.strip() for line in lines if line.strip("\0 \t")), None)
    return said and said[:_LONGEST_LINE]


def _shorten(path: Path, descriptor: int, limit: int, cut: int) -> tuple[int, int]:
    """Put what is kept in the place of the file; return how many bytes are kept and dropped."""
    size = os.fstat(descriptor).st_size
    head, tail = shares(limit)
    # The line is part of what is kept: the file would be too long a second time otherwise.
    room = len(_line(size + cut)) + 1
    end = _line_start(descriptor, min(max(head - room, 0), size))
    begin = _line_end(descriptor, max(size - tail, min(head, size)))
    dropped = begin - end + cut
    beside = path.with_suffix(".part")
    try:
        with open(beside, "wb", opener=_private) as file:  # Path.open has no opener
            _copy(descriptor, 0, end, file.fileno())
            inside = end and os.pread(descriptor, 1, end - 1) != b"\n"
            os.write(file.fileno(), b"\n" * inside + _line(dropped))
            _copy(descriptor, begin, size, file.fileno())
        beside.replace(path)
    except OSError:  # the disk is full: the file stays as it is, its middle is a hole
        with suppress(OSError):
            beside.unlink()
    return end + size - begin, dropped


def _line(dropped: int) -> bytes:
    return b"... %d bytes dropped ...\n" % dropped


def _line_start(descriptor: int, position: int) -> int:
    """Return where the line begins that *position* is in; *position* itself when that is far."""
    first = max(position - _WHOLE_LINES, 0)
    found = os.pread(descriptor, position - first, first).rfind(b"\n") + 1
    return first + found if found else position


def _line_end(descriptor: int, position: int) -> int:
    """Return where the next line begins, *position* itself when that is far or just there."""
    before = os.pread(descriptor, 1, position - 1) if position else b"\n"
    found = os.pread(descriptor, _WHOLE_LINES, position).find(b"\n") + 1
    return position if before == b"\n" else position + found


def _copy(source: int, begin: int, end: int, target: int) -> None:
    while begin < end:
        copied = os.sendfile(target, source, begin, end - begin)
        if not copied:
            return
        begin += copied


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
