"""Receivers of messages, good ones and bad ones, all on this machine."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

import pytest
from aiosmtpd.smtp import SMTP

from running import LIMIT

_HOST = "127.0.0.1"


class Request(NamedTuple):
    """What an HTTP server was asked."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[socket.socket, "Receiver"], None]


class Receiver:
    """An HTTP server; connection by connection it behaves as told, at last always the same way."""

    def __init__(self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.requests: Queue[Request] = Queue()
        self.over = threading.Event()
        self._behaviours = behaviours
        self._tls = tls
        self._server = socket.create_server((_HOST, 0))
        self.port: int = self._server.getsockname()[1]
        self.host = f"{_HOST}:{self.port}"
        self.url = f"{'http' if tls is None else 'https'}://{self.host}"
        self.shown = f"{self.url}/…"
        threading.Thread(target=self._accept, daemon=True).start()

    def asked(self) -> Request:
        return self.requests.get(timeout=LIMIT)

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        for number in range(1_000):
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            behaviour = self._behaviours[min(number, len(self._behaviours) - 1)]
            threading.Thread(target=self._serve, args=(connection, behaviour), daemon=True).start()

    def _serve(self, connection: socket.socket, behaviour: Behaviour) -> None:
        connection.settimeout(LIMIT)
        with suppress(OSError, ValueError), connection:  # what it is sent need not be HTTP
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                behaviour(connection, self)


def _read(connection: socket.socket, receiver: Receiver) -> None:
    """Read a request, and let the test have it."""
    with connection.makefile("rb") as file:
        method, target, _ = file.readline().decode().split()
        headers = {}
        while (line := file.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = file.read(int(headers.get("content-length", "0")))
    receiver.requests.put(Request(method, target, headers, body))


def answers(status: str = "200 OK", *headers: str, body: bytes = b"") -> Behaviour:
    def behave(connection: socket.socket, receiver: Receiver) -> None:
        _read(connection, receiver)
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1") + body)

    return behave


def hangs(connection: socket.socket, receiver: Receiver) -> None:
    """Read, and never answer."""
    _read(connection, receiver)
    receiver.over.wait(LIMIT)


def resets(connection: socket.socket, receiver: Receiver) -> None:
    _read(connection, receiver)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(connection: socket.socket, receiver: Receiver) -> None:
    _read(connection, receiver)


def babbles(connection: socket.socket, receiver: Receiver) -> None:
    _read(connection, receiver)
    connection.sendall(b"\x00\xff garbage\r\n" * 100)


def drips(begin: bytes) -> Behaviour:
    """Answer so, and go on for ever, byte by byte."""

    def behave(connection: socket.socket, receiver: Receiver) -> None:
        _read(connection, receiver)
        connection.sendall(begin)
        while not receiver.over.wait(0.02):
            connection.sendall(b"x")

    return behave


def floods(begin: bytes, chunk: bytes) -> Behaviour:
    """Answer so, and then as much as is taken."""

    def behave(connection: socket.socket, receiver: Receiver) -> None:
        _read(connection, receiver)
        connection.sendall(begin)
        while not receiver.over.is_set():
            connection.sendall(chunk * 1_000)

    return behave


def says(*lines: bytes) -> Behaviour:
    """Behave as a server of mail that says this, unasked, and nothing more."""

    def behave(connection: socket.socket, _receiver: Receiver) -> None:
        for line in lines:
            connection.sendall(line)
        while connection.recv(1_000):
            pass

    return behave


@contextmanager
def receiving(*behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver(*behaviours, tls=tls)
    try:
        yield receiver
    finally:
        receiver.close()


class Letter(NamedTuple):
    sender: str
    receivers: list[str]
    content: bytes


class Mailbox:
    """What a server of mail does with letters; *refusals* are answers by receiver."""

    def __init__(self, refusals: dict[str, str] | None = None, data: str = "250 OK") -> None:
        self.letters: Queue[Letter] = Queue()
        self._refusals = refusals or {}
        self._data = data

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if address in self._refusals:
            return self._refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # likewise
        self, _server: object, _session: object, envelope: Any
    ) -> str:
        self.letters.put(Letter(envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self._data


@contextmanager
def mail_server(
    mailbox: Mailbox, *, wrapped: ssl.SSLContext | None = None, **settings: Any
) -> Iterator[str]:
    """Run a server of mail; yield its host and port. With *wrapped* it speaks TLS at once."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(
            lambda: SMTP(mailbox, loop=loop, hostname="mail.example", **settings),
            _HOST,
            0,
            ssl=wrapped,
        )
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"{_HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


class Certificate(NamedTuple):
    """A certificate that nobody has signed but itself, for this machine."""

    path: Path
    context: ssl.SSLContext


def certificate(directory: Path) -> Certificate:
    """Make one."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl")
    path, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", f"subjectAltName=DNS:localhost,IP:{_HOST}", "-keyout", key, "-out", path,
        ],
        check=True,
        capture_output=True,
        timeout=LIMIT,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return Certificate(path, context)
