"""The verbs' side of a runner's socket: a runner that answers, one that is silent, and none."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schedkit.control import client, protocol
from schedkit.control.client import Connection, GoneError, SilentError, connect
from schedkit.control.protocol import RefusedError, Status, Trigger, Wait
from talking import Talk

LIMIT = 10.0  # seconds


@contextmanager
def runner(state: Path, *answers: bytes) -> Iterator[None]:
    """Listen as a runner would that answers a request with *answers* and goes."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(state / "control"))
    listener.listen(1)

    def serve() -> None:
        connection, _ = listener.accept()
        connection.recv(1 << 16)
        for answer in answers:
            connection.sendall(answer)
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    thread.join(LIMIT)
    listener.close()


def connected(state: Path) -> Connection:
    found = connect(state)
    assert found is not None
    return found


def test_without_a_socket_no_runner_is_up(tmp_path: Path) -> None:
    assert connect(tmp_path) is None


def test_behind_the_socket_of_a_killed_runner_no_runner_is_up(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "control"))
    listener.close()

    assert connect(tmp_path) is None


def test_a_directory_that_is_not_there_has_no_runner(tmp_path: Path) -> None:
    long = tmp_path / ("d" * 120)

    assert [None, None] == [connect(tmp_path / "gone"), connect(long)]


def test_who_asks_is_answered(tmp_path: Path) -> None:
    with runner(tmp_path, protocol.ok_line({"pid": 1})), connected(tmp_path) as connection:
        actual = connection.ask(Status())

    assert {"pid": 1} == actual


def test_an_error_is_raised_with_its_exit_code(tmp_path: Path) -> None:
    refused = protocol.error_line(RefusedError(4, "no job is named 'x'", "did you mean 'a'?"))

    with (
        runner(tmp_path, refused),
        connected(tmp_path) as connection,
        pytest.raises(RefusedError) as caught,
    ):
        connection.ask(Trigger("x"))

    actual = (caught.value.code, str(caught.value), caught.value.hint)
    assert (4, "no job is named 'x'", "did you mean 'a'?") == actual


@pytest.mark.parametrize("together", [True, False])
def test_the_second_answer_is_the_result(tmp_path: Path, *, together: bool) -> None:
    lines = [protocol.ok_line({}), protocol.ok_line({"state": "failed"})]
    sent = [b"".join(lines)] if together else lines

    with runner(tmp_path, *sent), connected(tmp_path) as connection:
        actual = [connection.ask(Wait("7k3m2q")), connection.result()]

    assert [{}, {"state": "failed"}] == actual


@pytest.mark.parametrize("answer", [b"", b'{"v": 1, "ok"'])
def test_a_runner_that_goes_before_it_answers_is_said_to_be_gone(
    tmp_path: Path, answer: bytes
) -> None:
    with (
        runner(tmp_path, answer),
        connected(tmp_path) as connection,
        pytest.raises(GoneError, match="the runner went away before it answered"),
    ):
        connection.ask(Status())


def test_a_runner_that_is_stopped_is_said_to_be_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.05)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "control"))
    listener.listen(0)

    with (
        connected(tmp_path) as connection,
        pytest.raises(SilentError, match="the runner does not answer"),
    ):
        connection.ask(Status())
    listener.close()


def test_a_runner_that_too_many_wait_for_is_said_to_be_silent(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "control"))
    listener.listen(0)

    with connected(tmp_path), pytest.raises(SilentError, match="the runner does not answer"):
        connect(tmp_path)
    listener.close()


@pytest.mark.skipif(os.getuid() == 0, reason="root may do everything")
def test_who_may_not_connect_is_told_to_what(tmp_path: Path) -> None:
    (tmp_path / "control").touch(mode=0o000)

    with pytest.raises(PermissionError) as caught:
        connect(tmp_path)

    assert str(tmp_path / "control") == caught.value.filename


def test_both_sides_reach_each_other_over_a_path_longer_than_an_address(tmp_path: Path) -> None:
    state = tmp_path.joinpath(*["d" * 60] * 4)
    state.mkdir(parents=True)
    directory = os.open(state, os.O_PATH)
    talk = Talk(state / "control")

    found = connect(state)
    talk.serve()
    os.close(directory)
    assert found is not None
    found._socket.sendall(protocol.request_line(Status()))
    talk.serve()

    with found:
        assert protocol.ok_line({"pid": 1}) == found._socket.recv(1 << 16)
    talk.close()
