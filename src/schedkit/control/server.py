"""
The runner's side of its socket: part of its loop, and never what it waits for.

All sockets are in one epoll, which is itself the one descriptor that the loop watches. Of each
client one request is read a turn, and none while an earlier one is unanswered: what it sends
meanwhile stays in the kernel, which makes it wait.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from schedkit.control import dispatch, protocol
from schedkit.control.address import address, user_name
from schedkit.control.protocol import (
    FAILED,
    INVALID_FILE,
    LONGEST,
    NO_PERMISSION,
    Emit,
    RefusedError,
    Reload,
    Status,
    Wait,
)
from schedkit.errors import SchedError, StoreError
from schedkit.log import fields
from schedkit.operations import RunnerOperations
from schedkit.records import as_dict, replace
from schedkit.typed import Any

log = logging.getLogger(__name__)

_MOST_CLIENTS = 16  # with one more, the one that was silent for longest has to go
_MOST_UNSENT = 1 << 20  # bytes: who leaves more than this unread is not listening
_BACKLOG = 128  # connections that wait for the loop to come round


class _Client:
    """A connection: what it sent of a line so far, what it has not taken yet, what it waits for."""

    def __init__(self, connection: socket.socket, who: str) -> None:
        self.socket = connection
        self.descriptor = connection.fileno()
        self.who = who
        self.line = bytearray()
        self.unsent = bytearray()
        self.waits = False
        self.leaving = False


class Server:
    """
    Listens at *path* for what verbs ask of *operations*, from its making until `close`.

    Who made it holds the lock of the directory: a socket that is there already is that of a
    runner which was killed. Raises: StoreError when there can be no socket.
    """

    def __init__(self, path: Path, operations: RunnerOperations) -> None:
        self._path = path
        self._operations = operations
        self._names = {uid: user_name(uid) for uid in (0, os.geteuid())}
        self._clients: dict[int, _Client] = {}  # the one that was heard last comes last
        self._waiting: dict[str, list[_Client]] = {}  # for a run to be over
        self._emitted: list[tuple[_Client, Emit]] = []  # in this turn: kept together
        self._listener = _listen(path)
        self._poll = select.epoll()
        # Edge-triggered: where no descriptor is left, the loop would turn for nothing.
        self._poll.register(self._listener, select.EPOLLIN | select.EPOLLET)

    def descriptors(self) -> list[int]:
        """Return what is readable when `serve` has something to do."""
        return [self._poll.fileno()]

    def serve(self, ready: set[int]) -> None:
        """Do what was asked for, if one of `descriptors` is *ready*: never waits for anybody."""
        if self._poll.fileno() not in ready:
            return
        events = [descriptor for descriptor, _ in self._poll.poll(0)]
        for descriptor in events:
            client = self._clients.get(descriptor)
            if client is not None:
                self._attend(client)
        if self._listener.fileno() in events:
            self._accept()
        self._emit()

    def close(self) -> None:
        """Stop listening and let everybody go; who waits for a run sees it in the history."""
        for client in list(self._clients.values()):
            self._drop(client)
        with suppress(OSError):
            self._path.unlink()
        self._poll.close()
        self._listener.close()

    # ---- clients

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                log.warning("nobody can ask now", extra=fields(why=error.strerror))
                return
            connection.setblocking(False)
            uid = _peer(connection)
            client = _Client(connection, self._names.get(uid, ""))
            if len(self._clients) == _MOST_CLIENTS:
                oldest = next(iter(self._clients.values()))
                self._attend(oldest)  # it may have asked, and not have been heard yet
                self._drop(oldest)
            self._clients[client.descriptor] = client
            self._poll.register(client.descriptor, select.EPOLLIN)
            if uid not in self._names:
                refused = "only root and the user of the runner may ask it"
                self._part(client, RefusedError(NO_PERMISSION, refused))

    def _attend(self, client: _Client) -> None:
        """Do what can be done now that the kernel has a word about a client."""
        if client.unsent:
            self._send(client)
        elif client.waits:
            self._drop(client)  # it hung up: nothing else is watched for
        else:
            self._read(client)

    def _read(self, client: _Client) -> None:
        """Read one line and no byte more, or as much of it as there is."""
        if _hung_up(client.descriptor):
            # It was told that nobody answers, it may ask again: what it asked for is not done.
            self._drop(client)
            return
        try:
            seen = client.socket.recv(LONGEST, socket.MSG_PEEK)
            end = seen.find(b"\n") + 1
            client.line += client.socket.recv(end or LONGEST)
        except BlockingIOError:
            return
        except OSError:
            self._drop(client)
            return
        if seen and not end and len(client.line) <= LONGEST:
            return
        if not client.line:
            self._drop(client)
            return
        line = bytes(client.line)
        client.line.clear()
        self._clients[client.descriptor] = self._clients.pop(client.descriptor)
        client.leaving = not end
        self._answer(client, line)

    def _say(self, client: _Client, line: bytes) -> None:
        """Send a line to a client, unless it is gone; what it does not take now is kept."""
        if self._clients.get(client.descriptor) is client:
            client.unsent += line
            self._send(client)

    def _send(self, client: _Client) -> None:
        try:
            sent = client.socket.send(client.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(client)
            return
        del client.unsent[:sent]
        if len(client.unsent) > _MOST_UNSENT or (client.leaving and not client.unsent):
            self._drop(client)
            return
        # Of one that waits only its hanging up is told, which always is.
        waited = 0 if client.waits else select.EPOLLIN
        self._poll.modify(client.descriptor, select.EPOLLOUT if client.unsent else waited)

    def _part(self, client: _Client, error: SchedError) -> None:
        client.leaving = True
        self._say(client, protocol.error_line(error))

    def _drop(self, client: _Client) -> None:
        if self._clients.get(client.descriptor) is client:
            del self._clients[client.descriptor]
            client.socket.close()  # which takes it out of the epoll as well

    # ---- requests

    def _answer(self, client: _Client, line: bytes) -> None:
        try:
            request = protocol.read_request(line)
            match request:
                case Status():
                    answer = self._operations.status()
                case Wait():
                    self._wait(client, request.run)
                    return
                case Reload():
                    self._hear(client)
                    self._operations.reload(client.who, partial(self._reloaded, client))
                    return
                case Emit():
                    self._emitted.append((client, request))
                    return
                case _:
                    answer = dispatch.answer(request, self._operations, client.who)
            self._say(client, protocol.ok_line(answer))
        except SchedError as error:
            self._end(client, protocol.error_line(error))
        except Exception:
            # A runner that dies of a question leaves everybody else's jobs alone.
            log.exception("a request could not be answered")
            failed = RefusedError(FAILED, "the runner failed at this: its log says where")
            self._end(client, protocol.error_line(failed))

    def _emit(self) -> None:
        """Keep what was emitted in this turn, all of it in one transaction."""
        emitted, self._emitted = self._emitted, []
        if not emitted:
            return
        try:
            events = [replace(e, who=client.who) for client, one in emitted for e in one.events]
            kept = iter([as_dict(one) for one in self._operations.emit(events)])
            for client, request in emitted:
                own = list(islice(kept, len(request.events)))
                self._say(client, protocol.ok_line({"events": own}))
        except SchedError as error:
            for client, _ in emitted:
                self._end(client, protocol.error_line(error))

    def _hear(self, client: _Client) -> None:
        """Say at once that a request was heard whose answer takes its time."""
        client.waits = True
        self._say(client, protocol.ok_line({}))

    def _end(self, client: _Client, line: bytes) -> None:
        client.waits = False
        self._say(client, line)

    def _reloaded(self, client: _Client, answer: Mapping[str, Any]) -> None:
        error = answer.get("error")
        if error is None:
            self._end(client, protocol.ok_line(answer))
        else:
            self._end(client, protocol.error_line(RefusedError(INVALID_FILE, str(error))))

    def _wait(self, client: _Client, run: str) -> None:
        self._hear(client)
        waiting = self._waiting.setdefault(run, [])
        waiting.append(client)
        if len(waiting) > 1:
            waiting[:] = [one for one in waiting if self._clients.get(one.descriptor) is one]
            return  # the runner was asked already
        try:
            self._operations.when_over(run, partial(self._over, run))
        except Exception:
            del self._waiting[run]
            raise

    def _over(self, run: str, answer: Mapping[str, Any]) -> None:
        for client in self._waiting.pop(run, ()):
            self._end(client, protocol.ok_line(answer))


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        # A socket's own mode is the one that its file is made with: nobody else is ever let in.
        os.fchmod(listener.fileno(), 0o600)
        path.unlink(missing_ok=True)
        with address(path) as name:
            listener.bind(name)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{path} cannot be made: {reason}") from error
    return listener


def _hung_up(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, 0)
    return bool(poll.poll(0))


def _peer(connection: socket.socket) -> int:
    """Return the user whose process connected."""
    size = struct.calcsize("3i")
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, uid, _ = struct.unpack("3i", packed)
    found: int = uid
    return found
