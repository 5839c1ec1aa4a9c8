"""
The time that a delivery has, from its begin to its end.

A timeout of a socket is for one wait: whoever sends a byte a second never exceeds it. So, at the
deadline, connections are shut down and commands killed from outside, whatever is waiting for them.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress

from schedkit.notifier.delivery import NotSentError

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST = 0.01  # seconds; zero would mean not to wait at all


class Deadline:
    """When a delivery has to be over; one thread sends it, another one calls `cut`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begin = time.monotonic()
        self.end = self.begin + seconds
        self.is_cut = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._leader: int | None = None

    @property
    def passed(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() >= self.end

    @property
    def remaining(self) -> float:
        """How many seconds are left, and a little more when there are none."""
        return max(self.end - time.monotonic(), _SHORTEST)

    def connect(self, address: tuple[str, int], *_: object) -> socket.socket:
        """
        Return a connection that is shut down at the deadline; takes what `create_connection` takes.

        Raises: OSError, NotSentError for what is no name of a host.
        """
        try:
            found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise NotSentError("this is no name of a host", again=False) from None
        failure = OSError("it has no address")
        for number, (family, kind, protocol, _name, place) in enumerate(found):
            # Each gets its share: the first, where it leads nowhere, would take it all.
            connection = socket.socket(family, kind, protocol)
            connection.settimeout(max(self.remaining / (len(found) - number), _SHORTEST))
            try:
                connection.connect(place)
            except OSError as error:
                connection.close()
                failure = error
                continue
            connection.settimeout(self.remaining)
            self._hold(connection)
            return connection
        raise failure

    def _hold(self, connection: socket.socket) -> None:
        # A twin, for TLS takes the descriptor away from the socket that it is laid over.
        twin = connection.dup()
        with self._lock:
            self._sockets.append(twin)
            if self.is_cut:
                self._cut()

    @contextmanager
    def leading(self, pid: int) -> Iterator[None]:
        """Kill the group that *pid* leads, should the deadline pass meanwhile."""
        with self._lock:
            self._leader = pid
            if self.is_cut:
                self._cut()
        try:
            yield
        finally:
            with self._lock:  # from here on it may be waited for, and its pid be another's
                self._leader = None

    def cut(self) -> None:
        """End what is going on."""
        with self._lock:
            self.is_cut = True
            self._cut()

    def _cut(self) -> None:
        for twin in self._sockets:
            with suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)
        if self._leader is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._leader, signal.SIGKILL)

    def close(self) -> None:
        """Let go of the connections: as long as a twin is there, none of them is closed."""
        with self._lock:
            for twin in self._sockets:
                twin.close()
            self._sockets.clear()
