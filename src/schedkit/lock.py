"""The lock of a state directory: one runner at a time."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout

from schedkit.errors import LockedError, StoreError


class RunnerLock:
    """
    Held by the one runner of a state directory, from making it until `release`.

    The kernel lets go of it when the process ends, however it ends. The file `pid` says who holds
    it; it is told from an old one by the lock alone.

    Raises: LockedError when another process holds it, PermissionError, StoreError when the disk
    does not allow it.
    """

    def __init__(self, state: Path) -> None:
        self._pid_file = state / "pid"
        self._lock = FileLock(state / "lock", mode=0o600)
        try:
            self._lock.acquire(timeout=0)
            self._pid_file.write_text(f"{os.getpid()}\n", encoding="ascii")
        except Timeout as error:
            raise LockedError(
                f"{state} is held by another runner, {_holder(self._pid_file)}"
            ) from error
        except PermissionError:
            raise
        except OSError as error:
            self._lock.release()
            reason = (error.strerror or str(error)).lower()
            raise StoreError(f"{state} cannot be locked: {reason}") from error

    def release(self) -> None:
        """Let go of it."""
        self._pid_file.unlink(missing_ok=True)
        self._lock.release()


def _holder(pid_file: Path) -> str:
    try:
        return f"pid {int(pid_file.read_text(encoding='ascii'))}"
    except (OSError, ValueError):
        return "which has not said its pid"
