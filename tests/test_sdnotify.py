"""What a service manager is told, on a socket as it makes one."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from running import LIMIT
from schedkit.sdnotify import Supervisor


@pytest.fixture(params=["path", "abstract"])
def manager(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@sched-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.settimeout(LIMIT)
        made.bind(name.replace("@", "\0", 1) if name[0] == "@" else name)
        yield made


def test_it_is_told_that_the_runner_is_ready(manager: socket.socket) -> None:
    Supervisor().ready()

    assert manager.recv(100) == b"READY=1"


def test_it_is_told_that_the_runner_reloads_and_when(manager: socket.socket) -> None:
    Supervisor().reloading()

    assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", manager.recv(100))


def test_it_is_told_that_the_runner_ends_and_how_long_that_may_take(
    manager: socket.socket,
) -> None:
    Supervisor().stopping(timedelta(minutes=2))

    assert manager.recv(100) == b"STOPPING=1\nEXTEND_TIMEOUT_USEC=120000000"


def test_it_is_told_that_the_runner_is_alive(manager: socket.socket) -> None:
    Supervisor().alive()

    assert manager.recv(100) == b"WATCHDOG=1"


def test_without_a_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    Supervisor().ready()


def test_a_manager_that_is_gone_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))

    Supervisor().ready()


@pytest.mark.timeout(3)
@pytest.mark.usefixtures("manager")
def test_a_manager_that_does_not_read_does_not_stop_the_runner() -> None:
    supervisor = Supervisor()

    for _ in range(1000):
        supervisor.alive()


@pytest.mark.parametrize(
    ("pid", "microseconds", "expected"),
    [
        (None, "10000000", timedelta(seconds=5)),
        (str(os.getpid()), "10000000", timedelta(seconds=5)),
        ("1", "10000000", None),
        (None, None, None),
        (None, "", None),
        (None, "soon", None),
        (None, "0", None),
    ],
    ids=["for anyone", "for us", "for another", "none", "empty", "no number", "zero"],
)
def test_it_wants_to_hear_twice_as_often_as_it_would_act(
    monkeypatch: pytest.MonkeyPatch,
    pid: str | None,
    microseconds: str | None,
    expected: timedelta | None,
) -> None:
    for name, value in (("WATCHDOG_PID", pid), ("WATCHDOG_USEC", microseconds)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)

    assert expected == Supervisor().watchdog
