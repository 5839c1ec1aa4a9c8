"""A child of the runner that is told lines and tells lines: neither ever makes the runner wait."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping

from schedkit.typed import Any

_AT_ONCE = 65536  # bytes of a pipe
_LONGEST = 1 << 22  # bytes of a line: a child that writes more than this is not ours


class LineChild:
    """
    A process of this Python with *arguments*; what it is told, and tells, are JSON objects.

    It is a child of whoever made this, which reaps it and kills it when `close` does not end it.
    """

    def __init__(self, *arguments: str) -> None:
        its_stdin, stdin = os.pipe2(os.O_CLOEXEC)
        stdout, its_stdout = os.pipe2(os.O_CLOEXEC)
        try:
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, *arguments],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, its_stdin, 0),
                    (os.POSIX_SPAWN_DUP2, its_stdout, 1),
                ],
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
                setpgroup=0,  # a Ctrl-C is for the runner, which ends it
            )
        except BaseException:
            os.close(stdin)
            os.close(stdout)
            raise
        finally:
            os.close(its_stdin)
            os.close(its_stdout)
        self._stdin: int | None = stdin
        self.descriptor = stdout  # readable when `told` has something
        for descriptor in (stdin, stdout):
            os.set_blocking(descriptor, False)
        self._unsent = bytearray()
        self._read = bytearray()

    @property
    def behind(self) -> bool:
        """Whether it has not been told everything: `flush` is to be called again in a while."""
        return bool(self._unsent)

    def tell(self, *said: Mapping[str, Any]) -> None:
        """Tell it something, as soon as it listens."""
        for one in said:
            self._unsent += json.dumps(one).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Go on telling it what it has not been told."""
        while self._unsent and self._stdin is not None:
            try:
                sent = os.write(self._stdin, self._unsent[:_AT_ONCE])
            except BlockingIOError:
                return
            except OSError:  # it has ended, which its parent will see
                self._unsent.clear()
                return
            del self._unsent[:sent]

    def told(self) -> list[dict[str, Any]]:
        """Return what it has told since; a line that is none of ours is left out."""
        while True:
            try:
                data = os.read(self.descriptor, _AT_ONCE)
            except OSError:  # there is no more now
                break
            self._read += data
            if not data or len(self._read) > _LONGEST:
                break
        *lines, rest = bytes(self._read).split(b"\n")
        self._read = bytearray(rest)
        return [said for line in lines if (said := _object(line)) is not None]

    def end(self) -> None:
        """Tell it that there is nothing more: it ends by itself."""
        if self._stdin is not None:
            os.close(self._stdin)
            self._stdin = None

    def kill(self) -> None:
        """Kill it, before it is reaped: its pid is its own until then."""
        os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of it."""
        self.end()
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
