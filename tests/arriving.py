"""The process that watches for files, as whoever starts it sees it."""

from __future__ import annotations

import hashlib
import json
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from running import LIMIT
from schedkit import arrivals

_MAIN = Path(arrivals.__file__).with_name("__main__.py")
SETTLE_S = 0.05


class Watching:
    """Such a process, with what it says."""

    def __init__(self, prefix: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-I", "-S", str(_MAIN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._data = b""

    @property
    def pid(self) -> int:
        return self.process.pid

    def watch(
        self,
        *patterns: object,
        known: Iterable[Sequence[Any]] = (),
        settle_s: float = SETTLE_S,
        since: float = 0.0,
    ) -> None:
        """Have the job `import` wait for files."""
        trigger = {
            "job": "import", "part": 0, "patterns": [str(one) for one in patterns],
            "settle_s": settle_s, "since": since,
        }  # fmt: skip
        self.say({"watch": [trigger], "known": list(known)})

    def say(self, said: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        data = json.dumps(said).encode("ascii") + b"\n"
        while data:
            data = data[self.process.stdin.write(data) :]

    def next(self) -> dict[str, Any]:
        """Wait for what it says next, and return it."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + LIMIT
        while b"\n" not in self._data:
            left = max(deadline - time.monotonic(), 0.0)
            assert select.select([self.process.stdout], [], [], left)[0], "it says nothing"
            data = self.process.stdout.read(1 << 16)
            assert data, "it has ended"
            self._data += data
        line, _, self._data = self._data.partition(b"\n")
        said: dict[str, Any] = json.loads(line)
        return said

    def path(self) -> str:
        """Wait for a file, and return its path."""
        said = self.next()
        assert "path" in said, said
        path: str = said["path"]
        return path

    def end(self) -> int:
        """End what it hears; return how it ends."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(LIMIT)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(LIMIT)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def arrive(path: Path, data: bytes = b"x") -> Path:
    """Have a whole file come to be at a path at once."""
    hidden = path.with_name(f".{path.name}.part")
    hidden.write_bytes(data)
    hidden.rename(path)
    return path


def content(data: bytes) -> str:
    """Return what tells this content from any other."""
    return hashlib.sha256(data).hexdigest()[:32]


def gone(path: Path) -> dict[str, list[str]]:
    """Return what is said when it is no longer there."""
    return {"gone": ["import", str(path)]}
