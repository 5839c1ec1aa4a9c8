"""The verbs' side of a runner's socket."""

from __future__ import annotations

import os
from _socket import AF_UNIX, SOCK_STREAM, socket  # what socket adds takes long to import
from types import TracebackType

from schedkit.control.address import address, socket_path
from schedkit.control.protocol import Request, read_answer, request_line
from schedkit.errors import SchedError
from schedkit.typed import Any, Self

PATIENCE = 5.0  # seconds in which a runner that is up is heard of: its loop waits for nobody
_LONGEST = 1 << 26  # bytes of an answer; ten thousand jobs take a hundredth of it


class SilentError(SchedError):
    """A runner is there, and does not answer."""


class GoneError(SchedError):
    """The runner went away before it answered."""


class Connection:
    """A connection to a runner that is up."""

    def __init__(self, connected: socket) -> None:
        self._socket = connected
        self._read = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def ask(self, request: Request) -> dict[str, Any]:
        """
        Ask for something and return the answer; of two answers, the first.

        Raises: RefusedError when it is not done, SilentError, GoneError.
        """
        line = request_line(request)
        self._socket.settimeout(PATIENCE)
        try:
            self._socket.sendall(line)
        except TimeoutError:
            raise _silent() from None
        except OSError as error:
            raise _gone() from error
        return self._answer()

    def result(self) -> dict[str, Any]:
        """
        Return the second answer, whenever it comes.

        Raises: RefusedError when it is not done, GoneError.
        """
        self._socket.settimeout(None)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        while (end := self._read.find(b"\n") + 1) == 0:
            try:
                part = self._socket.recv(1 << 16)
            except TimeoutError:
                raise _silent() from None
            except OSError as error:
                raise _gone() from error
            if not part or len(self._read) > _LONGEST:
                raise _gone()
            self._read += part
        line = bytes(self._read[:end])
        del self._read[:end]
        return read_answer(line)


def connect(state: str | os.PathLike[str]) -> Connection | None:
    """
    Return a connection to the runner of a state directory, None when none is up.

    Raises: SilentError, PermissionError.
    """
    path = socket_path(state)
    connection = socket(AF_UNIX, SOCK_STREAM)
    connection.settimeout(PATIENCE)
    try:
        with address(path) as name:
            connection.connect(name)
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except BlockingIOError:  # so many wait already
        connection.close()
        raise _silent() from None
    except PermissionError as error:
        connection.close()
        raise PermissionError(error.errno, error.strerror, path) from None
    return Connection(connection)


def _silent() -> SilentError:
    return SilentError("the runner does not answer: it is stopped, or its machine is overloaded")


def _gone() -> GoneError:
    return GoneError("the runner went away before it answered: the history tells what it did")
