"""A runner that does nothing but remember what it was asked, and the socket at which it listens."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from schedkit.config import UnknownJobError
from schedkit.control.server import Server
from schedkit.events import Emitted
from schedkit.operations import (
    Backfill,
    Filled,
    Freed,
    Kept,
    NoSuchRunError,
    NotNowError,
    Prune,
    Triggered,
)

Answer = Callable[[Mapping[str, Any]], None]


class FakeOperations:
    """Knows the jobs `a` and `b` and the run `7k3m2q`; *asked* is what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answers: list[Answer] = []
        self.jobs = ["a", "b"]
        self.more: dict[str, Any] = {}
        self.skips: str | None = None
        self.reloaded: dict[str, Any] | None = None
        self.filled: list[Filled | NotNowError] = []
        self.freed: list[Freed] = []
        self.kept: list[Kept] = []
        self.reloads: Callable[[], None] | None = None  # what a reload does

    def trigger(self, job: str, who: str, params: Mapping[str, str], *, force: bool) -> Triggered:
        self.asked.append(("trigger", job, who, dict(params), force))
        if job not in self.jobs:
            raise UnknownJobError(job, "did you mean 'a'?")
        if job == "b" and not force:
            raise NotNowError("b is paused by root")
        return Triggered("7k3m2q", "skipped" if self.skips else "running", self.skips)

    def at(
        self, job: str, who: str, time: datetime, params: Mapping[str, str], *, force: bool
    ) -> Triggered:
        self.asked.append(("at", job, who, time, dict(params), force))
        if job not in self.jobs:
            raise UnknownJobError(job, "did you mean 'a'?")
        return Triggered("7k3m2q", "queued")

    def backfill(self, wish: Backfill, who: str) -> Filled:
        self.asked.append(("backfill", wish, who))
        filled = self.filled.pop(0) if self.filled else Filled([], 0)
        if isinstance(filled, NotNowError):
            raise filled
        return filled

    def prune(self, wish: Prune, who: str) -> Freed:
        self.asked.append(("prune", wish, who))
        return self.freed.pop(0) if self.freed else Freed(0, 0)

    def emit(self, events: Sequence[Emitted]) -> list[Kept]:
        self.asked.append(("emit", *events))
        if self.kept:
            return [self.kept.pop(0) for _ in events]
        return [Kept(number, new=True) for number, _ in enumerate(events, 1)]

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
        if self.reloads is not None:
            self.reloads()
        if self.reloaded is not None:
            answer(self.reloaded)
        else:
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


class Answering:
    """A server that answers by itself, in a thread: a runner, as far as a verb can see."""

    def __init__(self, state: Path) -> None:
        state.mkdir(exist_ok=True)
        self.operations = FakeOperations()
        self._server = Server(state / "control", self.operations)
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._stop, *self._server.descriptors()], [], [])
            if self._stop in ready:
                return
            self._server.serve(set(ready))

    def close(self) -> None:
        """Stop listening."""
        os.write(self._stopped, b"x")
        self._thread.join()
        self._server.close()
        os.close(self._stop)
        os.close(self._stopped)
