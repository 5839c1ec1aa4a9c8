"""What a file looks like from outside, and what is in it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NOT_THERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG))
_DIGITS = 32  # of a SHA-256: half of it tells any two files apart
_PIECE = 1 << 20  # bytes
_LARGE = 1 << 26  # bytes; from here on, what OpenSSL saves in time is worth its 4 MB of memory
# Nothing that is not a regular file, as it might be by now, is to be waited for.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class BusyError(Exception):
    """Somebody has it open to write to it."""


class ChangedError(Exception):
    """It is not what it was."""


class Look:
    """What a regular file looks like; its `mark` differs when anything of that does."""

    __slots__ = ("changed_ns", "mark", "modified_ns", "size")

    def __init__(self, found: os.stat_result) -> None:
        self.size = found.st_size
        self.modified_ns = found.st_mtime_ns
        self.changed_ns = found.st_ctime_ns
        # One number takes a tenth of the memory of four, of which there may be 100,000.
        self.mark = hash((found.st_ino, self.size, self.modified_ns, self.changed_ns))


def look(path: str) -> Look | None:
    """
    Look at the file, or at that to which a link leads; None when there is no regular file.

    Raises: OSError when that cannot be known.
    """
    try:
        found = os.stat(path)
    except OSError as error:
        if error.errno in NOT_THERE:
            return None
        raise
    return Look(found) if stat.S_ISREG(found.st_mode) else None


def content(path: str, mark: int, is_wanted: Callable[[], bool] = lambda: True) -> tuple[str, Look]:
    """
    Return what tells its content from any other, and the look of the file that has it.

    Raises: BusyError; ChangedError when it does not look like *mark* before and after, or is
    not wanted any more; OSError.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except BlockingIOError:  # somebody holds a lease on it, to write
        raise BusyError from None
    try:
        found = os.fstat(descriptor)
        if Look(found).mark != mark:
            raise ChangedError
        if _is_written(descriptor):
            raise BusyError
        digest = _sha256(found.st_size)
        while piece := os.read(descriptor, _PIECE):
            digest.update(piece)
            if not is_wanted():
                raise ChangedError
    finally:
        os.close(descriptor)
    after = look(path)  # by its path: it may have been replaced
    if after is None or after.mark != mark:
        raise ChangedError
    digits: str = digest.hexdigest()
    return digits[:_DIGITS], after


def device(path: str) -> int | None:
    """Return the file system of the directory, or of the nearest above it that there is."""
    while True:
        try:
            return os.stat(path or "/").st_dev
        except OSError as error:
            if error.errno not in NOT_THERE or not path:
                return None
        path = path.rpartition("/")[0]


def _is_written(descriptor: int) -> bool:
    """
    Return whether somebody has it open to write to it; False when that cannot be known.

    Source: fcntl(2): there is no read lease on what is open for writing, and none at all on what
    belongs to others. Whoever opens it while we hold the lease waits until we let go, at once.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _sha256(size: int) -> Any:
    if size < _LARGE:
        for name in ("_sha2", "_sha256"):  # of Python 3.12, and before
            try:
                return __import__(name).sha256()
            except ImportError:
                continue
    import hashlib  # with OpenSSL: see _LARGE

    return hashlib.sha256()
