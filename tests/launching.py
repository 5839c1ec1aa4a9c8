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
from contextlib import suppress
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
        return sorted(directory.iterdir()) if directory.exists() else []

    def keepers(self) -> list[int]:
        """Return the pids of keepers that live, the eldest first."""
        lines = [path.read_text(encoding="ascii").split("\n", 1)[0] for path in self.journals()]
        pids = [int(line.split()[2]) for line in lines if line]
        return [pid for pid in pids if (found := processes.process(pid)) and found.alive]

    # ---- another runner

    def other(self, *scripts: str) -> Other:
        """Let another process start these scripts, the runs 1, 2, ...; wait until they run."""
        other = Other(self.directory, scripts)
        self._others.append(other)
        for _ in scripts:
            other.until("Spawned")
        return other

    def left(self, number: int = 1, *, boot: str = BOOT, pid: int | None = None) -> OpenAttempt:
        """Return what a store would know of an attempt whose end it was not told."""
        key = AttemptKey(number, 1)
        return OpenAttempt(
            key, "a", _NOW, Trigger.SCHEDULE, _NOW, None, pid, None, boot
        )  # fmt: skip

    def found(self, *attempts: OpenAttempt) -> list[Found]:
        """Take over what another process has left; the first run unless others are named."""
        return self.executor.take_over(attempts or [self.left()], BOOT)


class Other:
    """A process that starts scripts through an executor of its own."""

    def __init__(self, directory: Path, scripts: tuple[str, ...]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(directory), *scripts], stdout=subprocess.PIPE
        )

    def until(self, kind: str) -> None:
        """Wait until it says that something of this kind happened."""
        assert self._process.stdout is not None
        while (line := self._process.stdout.readline().decode().strip()) != kind:
            assert line, f"it ended before {kind}"

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait(LIMIT)

    def close(self) -> None:
        """Let go of it."""
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()


def kill(pid: int) -> None:
    """Kill a process, and wait until it has ended."""
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)


def _serve(directory: Path, scripts: list[str]) -> None:
    place = Place(directory)
    place.executor.start(
        [place.script(text, AttemptKey(number, 1)) for number, text in enumerate(scripts, 1)]
    )
    while True:
        place.turn()
        for event in place.events:
            sys.stdout.write(f"{type(event).__name__}\n")
        sys.stdout.flush()
        place.events.clear()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), sys.argv[2:])
