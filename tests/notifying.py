"""A notifier, spoken to as its parent does."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from running import LIMIT

# The words of tests that no answer and no log may have.
SECRET = "s3cr3t"
MESSAGE: dict[str, Any] = {
    "when": "first_failure",
    "title": "backup failed: exit code 3",
    "text": "backup failed with exit code 3.\nIt was attempt 1 of 3.",
    "job": "backup",
    "state": "failed",
    "run": "7k3m2q",
    "reason": "exit code 3",
    "fire_time": "2026-03-02T02:30:00+01:00",
    "attempt": 1,
    "exit_code": 3,
    "signal": None,
    "duration_s": 1.5,
    "host": "atlas",
    "output": None,
}
SENT = {"sent": True}


def refused(error: str, *, again: bool, after_s: int | None = None) -> dict[str, Any]:
    """Return the answer about what was not sent, without its id."""
    return {"sent": False, "error": error, "again": again, "after_s": after_s}


class Lines:
    """What comes out of a descriptor, line by line."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = b""

    def __next__(self) -> dict[str, Any]:
        deadline = time.monotonic() + LIMIT
        while b"\n" not in self._data:
            left = max(deadline - time.monotonic(), 0)
            assert select.select([self._descriptor], [], [], left)[0], "there is no answer"
            data = os.read(self._descriptor, 65536)
            assert data, "it has ended"
            self._data += data
        line, _, self._data = self._data.partition(b"\n")
        read: dict[str, Any] = json.loads(line)
        return read


class Notifying:
    """The process; everything that it writes is kept, to look for secrets in it."""

    def __init__(self, directory: Path, env: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self._stderr = directory / "stderr"
        self._log = self._stderr.open("wb")
        usual = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "schedkit.notifier"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**usual, "HOME": str(directory), **(env or {})},
        )
        assert self.process.stdout is not None
        self.answers = Lines(self.process.stdout.fileno())
        self._count = 0
        self.forgiven = False

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(
        self, kind: str, to: Mapping[str, Any], timeout_s: float = LIMIT, **message: Any
    ) -> int:
        """Send a delivery and return its id; *message* is what is not as in MESSAGE."""
        self._count += 1
        delivery = {
            "id": self._count,
            "kind": kind,
            "to": to,
            "message": {**MESSAGE, **message},
            "directory": str(self.directory),
            "timeout_s": timeout_s,
        }
        self.write(json.dumps(delivery).encode() + b"\n")
        return self._count

    def tell(
        self, kind: str, to: Mapping[str, Any], timeout_s: float = LIMIT, **message: Any
    ) -> dict[str, Any]:
        """Send a delivery and return its answer, without the id."""
        id_ = self.send(kind, to, timeout_s, **message)
        answer = next(self.answers)
        assert id_ == answer.pop("id")
        assert SECRET not in json.dumps(answer)
        return answer

    def log(self) -> str:
        """Return what it wrote to stderr."""
        return self._stderr.read_text(encoding="utf-8")

    def forgive(self) -> None:
        """Let its log be what it is."""
        self.forgiven = True

    def end(self) -> tuple[int, bytes]:
        """Close its stdin; return its exit code, and what it has still said."""
        rest, _ = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, rest

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=LIMIT)
        self._log.close()


@contextmanager
def notifying(directory: Path, **env: str) -> Iterator[Notifying]:
    """Run a notifier, which has to have said nothing in its log."""
    made = Notifying(directory, env)
    try:
        yield made
        assert made.forgiven or made.log() == ""
    finally:
        made.close()
