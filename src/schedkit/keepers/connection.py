"""A keeper of this runner: started, told what to do, and listened to."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from schedkit import keeper
from schedkit.errors import ExecutorError
from schedkit.keeper import messages
from schedkit.keepers.journals import Journal
from schedkit.keepers.stories import Stories, word
from schedkit.launch import Launch, inherited
from schedkit.run import AttemptKey

_MAIN = Path(keeper.__file__).with_name("__main__.py")
# Its stdin, stdout and stderr: it may be there long after the runner.
_NOBODYS = (
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
    (os.POSIX_SPAWN_DUP2, 0, 1),
    (os.POSIX_SPAWN_DUP2, 0, 2),
)
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # by every Python, and by nothing that it starts
_CHUNK = 1 << 18  # bytes read at once
_PART = 32  # launches in a message: the keeper starts these while the next are sent
_FLUSH = 1.0  # seconds for what was ordered already, at the end
_LONGEST = 1.0  # seconds from the death of a keeper to that of what it had half started


class Connection:
    """
    A keeper, connected by a socket and by what it writes to its journal in *directory*.

    Nothing here waits for the keeper.

    Raises: ExecutorError when it cannot be started.
    """

    def __init__(self, directory: Path) -> None:
        self.journal = directory / str(time.time_ns())
        self.stories = Stories()
        self.status: int | None = None  # how it ended
        self.closing = False
        self.ended = False
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.pid, self._socket = _start(self.journal)
        except OSError as error:
            self.drop()
            why = (error.strerror or str(error)).lower()
            raise ExecutorError(f"no keeper can be started: {why}") from error
        self.descriptor = self._socket.fileno()
        self._unsent = bytearray()

    @property
    def unsent(self) -> bool:
        """Whether something waits until it can be sent."""
        return bool(self._unsent)

    def start(self, launches: Sequence[Launch]) -> None:
        """Order processes to be started."""
        for start in range(0, len(launches), _PART):
            orders = [_order(launch) for launch in launches[start : start + _PART]]
            self._unsent += messages.packed(("start", orders))
            self.send()

    def send(self) -> None:
        """Send as much as can be sent now."""
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                return
            except OSError:  # it is dead: reading tells that, too
                self._unsent.clear()
                return
            del self._unsent[:sent]

    def read(self) -> list[tuple[str, AttemptKey]]:
        """
        Return kinds and attempts of the lines that have come.

        At its end it has `ended`, and what it wrote without telling has been read from its journal.
        """
        found: list[tuple[str, AttemptKey]] = []
        while not self.ended:
            try:
                data = self._socket.recv(_CHUNK)
            except BlockingIOError:
                break
            except OSError:  # a reset: it died before it had read everything
                data = b""
            if not data:
                self.ended = True
                return found + self.stories.read_on(self.journal)
            found += self.stories.read(data)
        return found

    def drain(self) -> list[tuple[str, AttemptKey]]:
        """
        Return all that a dead keeper has told, and written without telling.

        What it had half started holds the socket as well, until it executes.
        """
        found = self.read()
        end = time.monotonic() + _LONGEST
        while not self.ended and time.monotonic() < end:
            select.select([self.descriptor], [], [], _LONGEST)
            found += self.read()
        if not self.ended:
            Journal(self.journal).kill()
            found += self.stories.read_on(self.journal)
        return found

    def bury(self) -> None:
        """Let go of a dead keeper. From then on its processes are children of this one."""
        self.ended = True
        self._socket.close()
        if self.status is None:
            with suppress(ChildProcessError):
                self.status = os.waitpid(self.pid, 0)[1]

    def order_no_more(self) -> None:
        """Let it end with the last of its processes; what it writes until then is still told."""
        self.closing = True
        self._socket.settimeout(_FLUSH)
        with suppress(OSError):
            self._socket.sendall(self._unsent)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.setblocking(False)
        self._unsent.clear()

    def drop(self) -> None:
        """Remove its journal."""
        with suppress(OSError):
            self.journal.unlink()

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()


def _start(path: Path) -> tuple[int, socket.socket]:
    """Return the pid of a new keeper, and the socket that leads to it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    ours, its = socket.socketpair()
    try:
        # Held as long as the keeper lives, and by what it has started until that executes: who
        # gets this lock knows that nothing more will start, though no line was written.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for descriptor in (file, its.fileno()):
            os.set_inheritable(descriptor, True)  # nothing else is started before they are closed
        # subprocess would do it as well, and stay in memory, with all that it imports.
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(_MAIN), str(file), str(its.fileno())],
            inherited(),
            file_actions=_NOBODYS,
            setsid=True,  # a terminal's Ctrl-C is for the runner
            setsigdef=_IGNORED,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        os.close(file)
        its.close()
    ours.setblocking(False)
    return pid, ours


def _order(launch: Launch) -> messages.Order:
    around = launch.surroundings
    return (
        word(launch.key),
        [os.fsencode(part) for part in launch.argv],
        {os.fsencode(name): os.fsencode(value) for name, value in launch.env.items()},
        os.fsencode(launch.working_dir),
        os.fsencode(launch.output),
        launch.max_output,
        None if launch.result is None else os.fsencode(launch.result),
        None if launch.script is None else [os.fsencode(part) for part in launch.script],
        launch.umask,
        None if around is None else (
            around.uid, around.gid, around.groups, around.nice, around.limits
        ),
        None if launch.stdin is None else launch.stdin.encode(),
    )  # fmt: skip
