"""
Tells a service manager how the runner is.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from datetime import timedelta


class Supervisor:
    """The service manager that started this process; without one, telling it does nothing."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        self.watchdog = _watchdog()

    def ready(self) -> None:
        """Say that the runner runs, or runs again after a reload."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """Say that the files are loaded again."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, within: timedelta) -> None:
        """Say that the runner is about to end, and how long from now that may take."""
        self._tell(f"STOPPING=1\nEXTEND_TIMEOUT_USEC={within // timedelta(microseconds=1)}")

    def alive(self) -> None:
        """Say that the loop still turns; due as often as `watchdog` says."""
        self._tell("WATCHDOG=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        # A name that begins with @ is in the abstract namespace.
        address = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(state.encode(), socket.MSG_DONTWAIT, address)


def _watchdog() -> timedelta | None:
    """Return how often to say that the runner is alive: half of what is allowed."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or int(microseconds) < 2:
        return None
    return timedelta(microseconds=int(microseconds) // 2)
