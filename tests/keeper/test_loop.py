"""A keeper, given orders without a runner."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from running import LIMIT, gone
from schedkit import keeper
from schedkit.keeper import messages

pytestmark = pytest.mark.system

_MAIN = Path(keeper.__file__).with_name("__main__.py")
_TOO_MUCH = b"x" * 200_000  # bytes for a pipe


class Kept:
    """A keeper whose journal is a pipe, so that nothing can be written while that is full."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.journal, journal = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.control, control = socket.socketpair()
        self._filler = os.dup(journal)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _MAIN, str(journal), str(control.fileno())],
            pass_fds=[journal, control.fileno()],
            start_new_session=True,
        )
        self.pid = self._process.pid
        os.close(journal)
        control.close()
        self.until("K")

    def until(self, kind: str) -> list[str]:
        """Wait for a line of this kind; return all lines until then."""
        lines: list[str] = []
        self.control.settimeout(LIMIT)
        with self.control.makefile("r", encoding="ascii") as file:
            while not lines or not lines[-1].startswith(kind):
                lines.append(file.readline())
                assert lines[-1], f"there is no {kind}"
        return lines

    def start(self, script: str) -> None:
        self.control.sendall(messages.packed(("start", [(
            "1.1", [b"/bin/sh", b"-c", script.encode()], {}, b"/",
            os.fsencode(self._directory / "log"), 100, None, None, None, None, None,
        )])))  # fmt: skip

    def fill(self) -> None:
        """Let the journal take nothing more."""
        with suppress(BlockingIOError):
            while True:
                os.write(self._filler, _TOO_MUCH)

    def written(self) -> str:
        """Return what was written to the journal since it was full; wait for it."""
        text = b""
        while not text.endswith(b"Z\n"):
            assert select.select([self.journal], [], [], LIMIT)[0], "it does not write"
            text += os.read(self.journal, 1 << 20)
        return text.replace(b"x", b"").decode("ascii")

    def close(self) -> None:
        self._process.kill()
        self._process.wait(LIMIT)
        os.close(self.journal)
        os.close(self._filler)
        self.control.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with closing(Kept(tmp_path)) as made:
        yield made


def test_what_is_told_is_what_is_written(kept: Kept) -> None:
    os.read(kept.journal, 1000)
    kept.start("exit 5")
    told = kept.until("U")
    kept.control.shutdown(socket.SHUT_WR)
    told += kept.until("Z")

    assert kept.written() == "".join(told)
    assert [line[0] for line in told] == ["S", "E", "U", "Z"]
    assert told[1].split()[1:3] == ["1.1", str(5 << 8)]


def test_what_cannot_be_written_is_told_and_written_later(kept: Kept) -> None:
    os.read(kept.journal, 1000)
    kept.fill()
    kept.start("exit 5")
    told = kept.until("U")
    kept.control.shutdown(socket.SHUT_WR)
    told += kept.until("Z")

    assert kept.written() == "".join(told)
    assert gone(kept.pid)


def test_it_ends_when_its_runner_is_gone_and_nothing_runs(kept: Kept) -> None:
    kept.control.close()

    assert gone(kept.pid)


def test_it_goes_on_for_what_runs_when_its_runner_is_gone(kept: Kept) -> None:
    os.read(kept.journal, 1000)
    kept.start("sleep 0.3; exit 5")
    kept.until("S")
    kept.control.close()

    assert gone(kept.pid)
    assert [line[0] for line in os.read(kept.journal, 1000).decode().splitlines()] == [
        "S",
        "Z",
        "E",
        "U",
    ]


def test_it_tells_of_orphans_without_writing_so(kept: Kept) -> None:
    os.read(kept.journal, 1000)
    kept.start("(sleep 0.1 &); sleep 0.3")

    told = kept.until("U")

    assert [line[0] for line in told] == ["S", "O", "E", "U"]
    assert "O" not in os.read(kept.journal, 1000).decode()


def test_a_message_that_it_cannot_read_ends_it_and_it_says_why(kept: Kept) -> None:
    kept.control.sendall(messages.packed(("start", 5)))

    told = kept.until("X")

    assert "TypeError" in told[-1]
    assert gone(kept.pid)
