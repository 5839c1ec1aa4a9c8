"""
Starts processes, watches them, ends them with all that they started.

The runner sees an Executor: `start`, `stop`, `adopt` and `results`. This one starts them as
children of the runner, and makes the runner the subreaper of what they leave behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from schedkit import processes
from schedkit.errors import ExecutorError
from schedkit.launch import Launch
from schedkit.processes import Tree
from schedkit.run import AttemptKey, OpenAttempt

_LONGEST_LINE = 200  # characters of output that a reason takes over
_TAIL = 4096  # bytes of output that are looked at for it


@dataclass(frozen=True, slots=True)
class Spawned:
    """A process that was started."""

    pid: int
    process_start: int


@dataclass(frozen=True, slots=True)
class Result:
    """
    How the process of an attempt ended, and all that it had started if it was stopped.

    *status* is None when nobody can know it; *last_line* is the last one of its output.
    """

    key: AttemptKey
    status: int | None
    stopped: bool
    peak_memory_kb: int | None = None
    cpu_time: timedelta | None = None
    output_bytes: int | None = None
    last_line: str | None = None
    result: str | None = None
    raised: str | None = None


class Executor(Protocol):
    """What the runner asks of whatever runs its jobs."""

    def start(self, launch: Launch) -> Spawned:
        """
        Start a process.

        Raises: ExecutorError when it cannot be started.
        """

    def adopt(self, attempt: OpenAttempt, mark: str, output: Path) -> bool:
        """
        Watch a process that an earlier runner started; False when it is gone.

        Where its start was not recorded it is looked for by its *mark*. *output* is its file.
        """

    def stop(self, key: AttemptKey, number: signal.Signals) -> None:
        """Send a signal to an attempt's processes, all of them; it counts as stopped from then."""

    def kill(self, key: AttemptKey) -> None:
        """Kill an attempt's processes, all of them."""

    def descriptors(self) -> list[int]:
        """Return what can be read when `results` may have something, beside SIGCHLD."""

    def results(self) -> Iterator[Result | tuple[int, int]]:
        """Yield what ended since; (pid, status) for a child that is no attempt's."""


@dataclass
class _Attempt:
    """A process that was started, and what is known of its end."""

    key: AttemptKey
    pid: int
    tree: Tree
    output: Path
    result: Path | None
    descriptor: int | None = None  # a pidfd, of one that was adopted
    stopped: bool = False
    over: bool = False
    status: int | None = None
    usage: tuple[int, timedelta] | None = field(default=None)


class ChildExecutor:
    """Starts processes as children of this one."""

    def __init__(self) -> None:
        self._attempts: dict[AttemptKey, _Attempt] = {}
        self._by_pid: dict[int, _Attempt] = {}
        processes.become_subreaper()

    def start(self, launch: Launch) -> Spawned:
        """Start a process, in a group of its own, with its output going to a file."""
        try:
            launch.output.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            output = os.open(launch.output, flags, 0o600)
        except OSError as error:
            raise ExecutorError(f"{launch.output}: {_lower(error)}") from error
        blocked = signal.pthread_sigmask(signal.SIG_SETMASK, ())
        try:
            child = subprocess.Popen(
                launch.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=launch.working_dir,
                env=dict(launch.env),
                process_group=0,
            )
        except (OSError, ValueError) as error:
            raise ExecutorError(_why_not_started(launch, error)) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            os.close(output)
        child.returncode = 0  # it is reaped here: Popen must not wait for it, nor warn
        tree = Tree(child.pid, launch.mark, os.getpid())
        found = processes.process(child.pid)
        attempt = _Attempt(launch.key, child.pid, tree, launch.output, launch.result)
        self._attempts[launch.key] = self._by_pid[child.pid] = attempt
        return Spawned(child.pid, found.start if found is not None else 0)

    def adopt(self, attempt: OpenAttempt, mark: str, output: Path) -> bool:
        """Watch a process that an earlier runner started; False when it is gone."""
        started = _started(attempt, mark)
        if started is None:
            return False
        try:
            descriptor = os.pidfd_open(started.pid)
        except OSError:
            return False
        found = processes.process(started.pid)
        if found is None or found.start != started.process_start or found.state == "Z":
            os.close(descriptor)
            return False
        tree = Tree(started.pid, mark, os.getpid())
        self._attempts[attempt.key] = _Attempt(
            attempt.key, started.pid, tree, output, output.with_suffix(".json"), descriptor
        )
        return True

    def stop(self, key: AttemptKey, number: signal.Signals) -> None:
        """Send a signal to an attempt's processes, all of them; it counts as stopped from then."""
        if (attempt := self._attempts.get(key)) is not None:
            attempt.stopped = True
            attempt.tree.signal(number)

    def kill(self, key: AttemptKey) -> None:
        """Kill an attempt's processes, all of them."""
        if (attempt := self._attempts.get(key)) is not None:
            attempt.stopped = True
            attempt.tree.kill()

    def descriptors(self) -> list[int]:
        """Return the pidfds of adopted processes."""
        adopted = (a for a in self._attempts.values() if not a.over)
        return [a.descriptor for a in adopted if a.descriptor is not None]

    def results(self) -> Iterator[Result | tuple[int, int]]:
        """Yield what ended since; (pid, status) for a child that is no attempt's."""
        yield from self._reap()
        for attempt in list(self._attempts.values()):
            if attempt.descriptor is not None and not attempt.over:
                found = processes.process(attempt.pid)
                attempt.over = found is None or found.state == "Z"
            # One that was stopped has ended when all that it started has.
            if attempt.over and not (attempt.stopped and attempt.tree.members()):
                yield self._ended(attempt)

    def _reap(self) -> Iterator[tuple[int, int]]:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            attempt = self._by_pid.pop(pid, None)
            if attempt is None:
                yield pid, status
                continue
            cpu = timedelta(seconds=usage.ru_utime + usage.ru_stime)
            attempt.over, attempt.status = True, status
            attempt.usage = usage.ru_maxrss, cpu

    def _ended(self, attempt: _Attempt) -> Result:
        del self._attempts[attempt.key]
        if attempt.descriptor is not None:
            os.close(attempt.descriptor)
        memory, cpu = attempt.usage or (None, None)
        size, last_line = _tail(attempt.output)
        told = _told(attempt.result)
        return Result(
            attempt.key, attempt.status, attempt.stopped, memory, cpu, size, last_line,
            told.get("returned"), told.get("raised"),
        )  # fmt: skip


def _started(attempt: OpenAttempt, mark: str) -> Spawned | None:
    """Return the process of an attempt: as recorded, else found by its mark."""
    if attempt.pid is not None:
        return Spawned(attempt.pid, attempt.process_start or 0)
    found = processes.leader_marked(mark)
    return None if found is None else Spawned(found.pid, found.start)


def _tail(path: Path) -> tuple[int | None, str | None]:
    """Return the size of an output file and its last line that says something."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _TAIL, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return None, None
    said = next((line.strip() for line in reversed(lines) if line.strip()), None)
    return size, said and said[:_LONGEST_LINE]


def _told(path: Path | None) -> dict[str, str]:
    """Return what a Python function returned or raised, and drop the file that told."""
    if path is None:
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    with suppress(OSError):
        path.unlink()
    return told if isinstance(told, dict) else {}


def _why_not_started(launch: Launch, error: Exception) -> str:
    if isinstance(error, OSError):
        # Popen names the directory when that is what is missing, else the program.
        return f"cannot be started: {error.filename or launch.argv[0]}: {_lower(error)}"
    return f"cannot be started: {error}"


def _lower(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
