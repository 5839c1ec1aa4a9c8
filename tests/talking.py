"""A runner that does nothing but remember what it was asked, and the socket at which it listens."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from schedkit.config import UnknownJobError
from schedkit.control.server import Server
from schedkit.operations import NoSuchRunError, NotNowError, Triggered

Answer = Callable[[Mapping[str, Any]], None]


class FakeOperations:
    """Knows the jobs `a` and `b` and the run `7k3m2q`; *asked* is what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answers: list[Answer] = []
        self.jobs = ["a", "b"]
        self.more: dict[str, Any] = {}

    def trigger(self, job: str, who: str, params: Mapping[str, str], *, force: bool) -> Triggered:
        self.asked.append(("trigger", job, who, dict(params), force))
        if job not in self.jobs:
            raise UnknownJobError(job, "did you mean 'a'?")
        if job == "b" and not force:
            raise NotNowError("b is paused by root")
        return Triggered("7k3m2q", "running")

    def cancel(self, target: str, who: str, number: signal.Signals | None) -> list[str]:
        self.asked.append(("cancel", target, who, number))
        return ["7k3m2q"]

    def pause(
        self, jobs: Sequence[str], who: str, until: datetime | None, reason: str | None
    ) -> list[str]:
        self.asked.append(("pause", list(jobs), who, until, reason))
        return self.jobs

    def resume(self, jobs: Sequence[str], who: str) -> list[str]:
        self.asked.append(("resume", list(jobs), who))
        return self.jobs

    def reload(self, who: str, answer: Answer) -> None:
        self.asked.append(("reload", who))
        self.answers.append(answer)

    def status(self) -> dict[str, Any]:
        self.asked.append(("status",))
        return {"pid": 1, **self.more}

    def when_over(self, run: str, answer: Answer) -> None:
        self.asked.append(("wait", run))
        if run == "over00":
            answer({"run": run, "state": "succeeded"})
        elif run == "7k3m2q":
            self.answers.append(answer)
        else:
            raise NoSuchRunError(f"there is no run {run!r}")


class Talk:
    """Both ends of the socket, in one process: nobody ever waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.operations = FakeOperations()
        self.server = Server(path, self.operations)
        self._sockets: list[socket.socket] = []

    def connect(self) -> socket.socket:
        """Return a connection of a client."""
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(str(self.path))
        client.setblocking(False)
        self._sockets.append(client)
        return client

    def serve(self) -> None:
        """Let the server do all that there is to do, in as many turns as that takes."""
        for _ in range(100):
            self.server.serve(set(self.server.descriptors()))

    def say(self, client: socket.socket, data: bytes) -> bytes:
        """Send something, let it be served, and return what comes back."""
        client.sendall(data)
        self.serve()
        return heard(client)

    def close(self) -> None:
        """Let go of everything."""
        for client in self._sockets:
            client.close()
        self.server.close()


def heard(client: socket.socket) -> bytes:
    """Return what a client was sent; `b"<gone>"` at its end when the server let go of it."""
    data = b""
    try:
        while part := client.recv(1 << 16):
            data += part
    except BlockingIOError:
        return data
    except ConnectionResetError:
        pass
    return data + b"<gone>"
