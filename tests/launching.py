"""
Jobs, started through keepers without a runner: by this process, or by one that can be killed.

Run as a file it is such a process: it starts scripts, each a run of its own, and says what
happens.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from asking import utc
from running import LIMIT, gone, kill_marked
from schedkit import processes
from schedkit.executor import Event, Found, NotStarted, Result, Spawned
from schedkit.keepers import KeeperExecutor
from schedkit.launch import Launch, mark, output_file
from schedkit.run import AttemptKey, OpenAttempt, Trigger
from schedkit.watch import Signals, SystemWatch

STORE = "0123456789abcdef" * 2
KEY = AttemptKey(1, 1)
BOOT = processes.boot_id()
_NOW = utc("2026-03-02")
_Kind = TypeVar("_Kind", Spawned, NotStarted, Result)


class Place:
    """
    A state directory, an executor there, and waiting for what it tells.

    Jobs can write to `words`, a pipe, and read from `go`, another one.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.executor = KeeperExecutor(directory, STORE)
        self.events: list[Event | tuple[int, int]] = []
        self._mark = f"SCHED_TEST={directory}"
        self._signals = Signals([signal.SIGCHLD])
        self._watch = SystemWatch()
        self._others: list[Other] = []
        # Open for both, so that neither side ever waits for the other one to open it.
        for name in ("words", "go"):
            with suppress(FileExistsError):
                os.mkfifo(directory / name)
        self._words, self._go = (os.open(directory / n, os.O_RDWR) for n in ("words", "go"))

    def close(self) -> None:
        """End whatever was started here, and nothing else."""
        for other in self._others:
            other.close()
        self.executor.close()
        kill_marked(self._mark)
        for keeper in self.keepers():
            with suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGKILL)
        self._signals.close()
        self._watch.close()
        os.close(self._words)
        os.close(self._go)

    # ---- what is started

    def launch(self, *argv: str, key: AttemptKey = KEY) -> Launch:
        """Return a process to start, known by its run and this test."""
        name, _, value = mark(key, STORE).partition("=")
        env = {name: value, "SCHED_TEST": str(self.directory)}
        output = self.output(key)
        return Launch(key, argv, env, self.directory, output, None, mark(key, STORE))

    def script(self, text: str, key: AttemptKey = KEY) -> Launch:
        """Return a shell script to start."""
        return self.launch("/bin/sh", "-c", text, key=key)

    def start(self, text: str) -> int:
        """Start a shell script; return its pid."""
        self.executor.start([self.script(text)])
        return self.until(Spawned).pid

    def run(self, text: str) -> Result:
        """Run a shell script to its end."""
        self.start(text)
        return self.until(Result)

    def says(self, text: str) -> str:
        """Return what a shell script writes."""
        self.run(text)
        return self.wrote().strip()

    def fails(self, launch: Launch) -> str:
        """Return why something cannot be started."""
        self.executor.start([launch])
        return self.until(NotStarted).reason

    # ---- what happens

    def turn(self, longest: float = LIMIT) -> None:
        """Wait as a runner does, but so many seconds at most; take note of what happened."""
        until = self._watch.elapsed() + timedelta(seconds=longest)
        check = self.executor.next_check()
        descriptors = [self._signals.descriptor, *self.executor.descriptors()]
        self._watch.wait(None, until if check is None else min(check, until), descriptors)
        self._signals.read()
        self.events += self.executor.events()

    def until(self, kind: type[_Kind], key: AttemptKey = KEY) -> _Kind:
        """Wait for what becomes of an attempt."""
        end = self._watch.elapsed() + timedelta(seconds=LIMIT)
        while True:
            for event in self.events:
                if isinstance(event, kind) and event.key == key:
                    self.events.remove(event)
                    return event
            assert self._watch.elapsed() < end, f"no {kind.__name__}, only {self.events}"
            self.turn()

    def word(self) -> str:
        """Wait for a line that a job writes to `words`."""
        text = b""
        while not text.endswith(b"\n"):
            assert select.select([self._words], [], [], LIMIT)[0], f"no word, only {text!r}"
            text += os.read(self._words, 1)
        return text.decode().strip()

    def go(self) -> None:
        """Let one job that does `read go < go` go on."""
        os.write(self._go, b"go\n")

    # ---- what there is

    def output(self, key: AttemptKey = KEY) -> Path:
        """Return the file for the output of an attempt."""
        return output_file(self.directory / "output", key)

    def wrote(self, key: AttemptKey = KEY) -> str:
        """Return what an attempt has written."""
        return self.output(key).read_text(encoding="utf-8")

    def journals(self) -> list[Path]:
        """Return the journals of keepers, the oldest first."""
        directory = self.directory / "keepers"
        return sorted(directory.glob("[0-9]*"))

    def keepers(self) -> list[int]:
        """Return the pids of keepers that live, the eldest first."""
        lines = [path.read_bytes().split(b"\n", 1)[0] for path in self.journals()]
        return [pid for pid in (int(line.split()[2]) for line in lines if line) if _is_keeper(pid)]

    # ---- another runner

    def other(self, *scripts: str, first: int = 1, limit: int = 10_000_000) -> Other:
        """Let another process start these scripts, as runs of their own; wait until they run."""
        other = Other(self.directory, limit)
        self._others.append(other)
        for number, script in enumerate(scripts, first):
            other.start(number, script)
        for _ in scripts:
            other.until("Spawned")
        return other

    def left(
        self, number: int = 1, *, boot: str = BOOT, pid: int | None = None, start: int | None = None
    ) -> OpenAttempt:
        """Return what a store would know of an attempt whose end it was not told."""
        key = AttemptKey(number, 1)
        return OpenAttempt(key, "a", _NOW, Trigger.SCHEDULE, _NOW, None, pid, start, boot)

    def found(self, *attempts: OpenAttempt) -> list[Found]:
        """Take over what another process has left; the first run unless others are named."""
        return self.executor.take_over(attempts or [self.left()], BOOT)


class Other:
    """A process that starts scripts through an executor of its own."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(directory), str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._said: Counter[str] = Counter()  # and not waited for yet

    def start(self, number: int, script: str) -> None:
        """Let it start a script as the run of this number."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{number} {script}\n".encode())
        self._process.stdin.flush()
        self.until("ordered")

    def until(self, kind: str) -> None:
        """Wait until it says that something of this kind happened."""
        assert self._process.stdout is not None
        while not self._said[kind]:
            line = self._process.stdout.readline().decode().strip()
            assert line, f"it ended before {kind}"
            self._said[line] += 1
        self._said[kind] -= 1

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait(LIMIT)

    def close(self) -> None:
        """Let go of it."""
        self.kill()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()


def _is_keeper(pid: int) -> bool:
    """Return whether a process is what a journal, which a test may have written, says it is."""
    try:
        return b"keeper/__main__.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def kill(pid: int) -> None:
    """Kill a process, and wait until it has ended."""
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)


def _serve(directory: Path, limit: int) -> None:
    place = Place(directory)
    while True:
        if select.select([0], [], [], 0)[0]:
            number, _, script = sys.stdin.readline().rstrip("\n").partition(" ")
            launch = place.script(script, AttemptKey(int(number), 1))
            place.executor.start([replace(launch, max_output=limit)])
            _say("ordered")
        place.turn(0.01)
        for event in place.events:
            _say(type(event).__name__)
        place.events.clear()


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
