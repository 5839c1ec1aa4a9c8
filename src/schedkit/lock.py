"""The lock of a state directory: one runner at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from schedkit.errors import LockedError, StoreError

# Nobody opens the file while a link leads elsewhere, and nothing that is started inherits it.
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class RunnerLock:
    """
    Held by the one runner of a state directory, from making it until `release`.

    It is the kernel's, which lets go of it when the process ends, however it ends. The file `pid`
    says who holds it; it is told from an old one by the lock alone.

    Raises: LockedError when another process holds it, PermissionError, StoreError when the disk
    does not allow it.
    """

    def __init__(self, state: Path) -> None:
        self._pid_file = state / "pid"
        # flock(2) and not the package filelock, which does no more here: OpenSSL comes with that,
        # and a runner would keep five megabytes for as long as it runs.
        self._descriptor: int | None = None
        try:
            self._descriptor = _locked(state / "lock")
            if self._descriptor is not None:
                self._pid_file.write_text(f"{os.getpid()}\n", encoding="ascii")
        except PermissionError:
            self._let_go()
            raise
        except OSError as error:
            self._let_go()
            reason = (error.strerror or str(error)).lower()
            raise StoreError(f"{state} cannot be locked: {reason}") from error
        if self._descriptor is None:
            raise LockedError(f"{state} is held by another runner, {_holder(self._pid_file)}")

    def release(self) -> None:
        """Let go of it."""
        self._pid_file.unlink(missing_ok=True)
        self._let_go()

    def _let_go(self) -> None:
        if self._descriptor is None:
            return
        # Said, not left to the close: what was forked meanwhile would go on holding it.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)
        self._descriptor = None


def _locked(path: Path) -> int | None:
    """
    Return a descriptor of the file at *path* that holds its lock; None when another one does.

    The file stays when the lock is let go of: who waits for it would hold that of no file.
    """
    while True:
        descriptor = os.open(path, _FLAGS, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:  # a file system without locks
            os.close(descriptor)
            raise
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # somebody removed it before we had it: it keeps nobody out


def _holder(pid_file: Path) -> str:
    try:
        return f"pid {int(pid_file.read_text(encoding='ascii'))}"
    except (OSError, ValueError):
        return "which has not said its pid"
