"""The time that a delivery has: what is cut when it is over."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from receivers import Certificate, answers, receiving, says
from running import LIMIT
from schedkit.notifier.deadline import Deadline

pytestmark = pytest.mark.system


@pytest.fixture
def deadline() -> Iterator[Deadline]:
    with closing(Deadline(LIMIT)) as made:
        yield made


def test_who_waits_for_a_connection_is_woken_up(deadline: Deadline) -> None:
    with receiving(says()) as receiver:
        connection = deadline.connect(("127.0.0.1", receiver.port))
        threading.Timer(0.02, deadline.cut).start()

        with connection:
            assert connection.recv(1) == b""


def test_tls_over_it_hinders_nothing(deadline: Deadline, own_certificate: Certificate) -> None:
    context = ssl.create_default_context(cafile=own_certificate.path)
    with receiving(says(), tls=own_certificate.context) as receiver:
        plain = deadline.connect(("127.0.0.1", receiver.port))
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            threading.Timer(0.02, deadline.cut).start()

            assert connection.recv(1) == b""


def test_a_connection_that_comes_too_late_is_cut_at_once(deadline: Deadline) -> None:
    deadline.cut()
    with (
        receiving(answers()) as receiver,
        deadline.connect(("127.0.0.1", receiver.port)) as connection,
    ):
        assert connection.recv(1) == b""


def test_a_process_that_comes_too_late_is_killed_at_once(deadline: Deadline) -> None:
    deadline.cut()
    process = subprocess.Popen(["sleep", "100"], start_new_session=True)
    with deadline.leading(process.pid):
        assert process.wait(LIMIT) == -9


def test_a_process_that_is_over_is_left_alone(deadline: Deadline) -> None:
    """Its pid may be another's by then."""
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True)
    with deadline.leading(process.pid):
        pass
    deadline.cut()

    process.communicate(timeout=LIMIT)
    assert process.returncode == 0


def test_a_connection_ends_for_the_other_side_when_the_delivery_does() -> None:
    deadline = Deadline(LIMIT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        deadline.connect(server.getsockname()).close()
        other, _ = server.accept()
        deadline.close()

        other.settimeout(LIMIT)
        with other:
            assert other.recv(1) == b""


def test_the_next_address_is_tried_in_time(
    deadline: Deadline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two addresses leads nowhere."""
    with receiving(says()) as receiver:
        gone = receiving(says())
        with gone as other:
            pass
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
            for port in (other.port, receiver.port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

        with deadline.connect(("two.example", 80)) as connection:
            assert ("127.0.0.1", receiver.port) == connection.getpeername()
