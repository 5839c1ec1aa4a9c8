"""The command `sched` as a real process: started, listened to, and never waited for in vain."""

from __future__ import annotations

import json
import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest

from schedkit.watch import SystemWatch

LIMIT = 20.0  # seconds; what has not happened by then never will
_SECOND = timedelta(seconds=1)


def soon() -> datetime:
    """Return a whole second that is at least two seconds ahead: time for a runner to start."""
    return datetime.now(UTC).replace(microsecond=0) + 3 * _SECOND


def pass_time(length: timedelta) -> None:
    """Let real time pass, where passing time is what is tested."""
    watch = SystemWatch()
    watch.wait(watch.now() + length, None, ())
    watch.close()


class Running:
    """A `sched run` at work; *said* are the lines of its log so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        assert process.stderr is not None
        self._reader = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._reader.start()

    def _read(self, stderr: IO[bytes]) -> None:
        for line in stderr:
            self._lines.put(line)
        self._lines.put(None)

    def until(self, message: str, **fields: object) -> dict[str, Any]:
        """Wait for a line of the log that says *message* with these fields, and return it."""
        deadline = time.monotonic() + LIMIT
        while (line := self._next(deadline)) is not None:
            self.said.append(_record(line))
            if self.said[-1]["message"].startswith(message) and (
                fields.items() <= self.said[-1].items()
            ):
                return self.said[-1]
        code = self.process.poll()
        raise AssertionError(f"the runner ({code=}) did not say {message!r}: {self.said}")

    def _next(self, deadline: float) -> bytes | None:
        """Return the next line, None when there is none in time or at all."""
        with suppress(queue.Empty):
            return self._lines.get(timeout=max(deadline - time.monotonic(), 0))
        return None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the runner alone."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End the runner as a crash would: it cannot do anything about it."""
        self.process.kill()
        self.process.wait(LIMIT)

    def end(self) -> tuple[int, str]:
        """Wait for its end; return the exit code and what it wrote to stdout."""
        code = self.process.wait(LIMIT)
        assert self.process.stdout is not None
        stdout = self.process.stdout.read().decode()
        self._rest()
        return code, stdout

    def stop(self) -> tuple[int, str]:
        """Ask it to end, and wait for that."""
        self.send(signal.SIGTERM)
        return self.end()

    def close(self) -> None:
        """Let go of everything, whatever state it is in."""
        if self.process.poll() is None:
            self.kill()
        self._rest()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _rest(self) -> None:
        self._reader.join(LIMIT)
        while not self._lines.empty():
            line = self._lines.get()
            if line is not None:
                self.said.append(_record(line))


def _record(line: bytes) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"message": line.decode().rstrip("\n")}
    return record


class Sched:
    """A directory with a file of schedules, and the command that works there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / ".sched"
        self._runners: list[Running] = []
        self._mark = f"SCHED_TEST={directory}"
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self._env = {
            **kept,
            "HOME": str(directory),
            "XDG_CACHE_HOME": str(directory / ".cache"),
            "SCHED_TEST": str(directory),
        }
        os.mkfifo(directory / "words")
        os.mkfifo(directory / "go")
        # Open for both, so that neither side ever waits for the other one to open it.
        self._words = os.open(directory / "words", os.O_RDWR)
        self._go = os.open(directory / "go", os.O_RDWR)

    def write(self, text: str) -> None:
        """Write the file of schedules."""
        (self.directory / "schedules.yaml").write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        return subprocess.run(
            [sys.executable, "-m", "schedkit", *arguments],
            cwd=self.directory,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    def run(self, *arguments: str, start: bool = True, under: Sequence[str] = ()) -> Running:
        """
        Start a runner, in a session of its own as a service has; wait until it is there.

        *under* is a command in front of it, which is to become it.
        """
        process = subprocess.Popen(
            [*under, sys.executable, "-m", "schedkit", "run", "--log-format", "json", *arguments],
            cwd=self.directory,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        runner = Running(process)
        self._runners.append(runner)
        if start:
            runner.until("schedule loaded")
        return runner

    def history(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the records of the history, oldest first."""
        answer = self("history", "--json", "-n", "100000", *arguments)
        assert not answer.returncode, answer.stderr
        records: list[dict[str, Any]] = json.loads(answer.stdout)
        return records[::-1]

    def until_started(self, job: str) -> None:
        """Wait until the history knows that a run of *job* was started: the log says so before."""
        deadline = time.monotonic() + LIMIT
        while not any(run["started"] for run in self.history(job)):
            assert time.monotonic() < deadline, f"no start of {job} was recorded"

    def until_over(self, runs: Collection[str] = ()) -> None:
        """Wait until these runs are over; for none named, every run that the history knows."""
        deadline = time.monotonic() + LIMIT
        while open_runs := [
            run
            for run in self.history("--state", "queued,running,retrying")
            if not runs or run["id"] in runs
        ]:
            assert time.monotonic() < deadline, f"not over: {open_runs}"

    def word(self) -> str:
        """Wait for a line that a job writes to `words`, and return it."""
        text = b""
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([self._words], [], [], LIMIT)
            assert ready, f"no job said a word, only {text!r}"
            text += os.read(self._words, 1)
        return text.decode().strip()

    def go(self) -> None:
        """Let one job that does `read go < go` go on."""
        os.write(self._go, b"go\n")

    def marks(self) -> list[str]:
        """Return the lines that jobs have appended to `marks`."""
        path = self.directory / "marks"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def close(self) -> None:
        """End whatever was started here, and nothing else."""
        for runner in self._runners:
            runner.close()
        kill_marked(self._mark)
        os.close(self._words)
        os.close(self._go)


def without(*capabilities: str) -> tuple[str, ...]:
    """Return a command that lacks these rights of root, to be put in front of another one."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed")
    return (setpriv, "--bounding-set", ",".join(f"-{name}" for name in capabilities))


def alive(pid: int) -> bool:
    """Return whether a process still runs; a zombie does not."""
    return process_state(pid) not in (None, "Z")


def process_state(pid: int) -> str | None:
    """Return the letter that proc(5) has for the state of a process, None when there is none."""
    return _stat(pid, 0)


def parent_of(pid: int) -> int | None:
    """Return the parent of a process, None when there is none."""
    found = _stat(pid, 1)
    return None if found is None else int(found)


def _stat(pid: int, number: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    return text.rpartition(") ")[2].split()[number]


def seconds_between(first: str, last: str) -> int:
    """Return how many whole seconds there are from *first* to *last*, both included."""
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)) // _SECOND + 1


def seconds_covered(runs: list[dict[str, Any]]) -> int:
    """Return how many whole seconds the records of a job are about, a range to its end."""
    last = max(run["last_fire_time"] or run["fire_time"] for run in runs)
    return seconds_between(min(run["fire_time"] for run in runs), last)


def kill_marked(mark: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Kill every process with this entry in its environment: those of one test, and no others."""
    for path in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if mark.encode() in (path / "environ").read_bytes().split(b"\0"):
                os.kill(int(path.name), number)


def gone(pid: int) -> bool:
    """Wait until a process has ended; False when it does not."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], LIMIT)[0])
    finally:
        os.close(descriptor)
