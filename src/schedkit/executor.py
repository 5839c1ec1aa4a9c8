"""
What the runner asks of whatever runs its jobs, and what it is told.

Starting is asked for now and answered later: each launch becomes one `Spawned` or one
`NotStarted`, each `Spawned` one `Result`. Another way to run things replaces one class.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from datetime import timedelta

from schedkit.launch import Launch
from schedkit.records import Record
from schedkit.run import AttemptKey, OpenAttempt
from schedkit.typed import Protocol

_NOW = timedelta(0)


class Spawned(Record):
    """
    A process was started, *ago*.

    *process_start*, in nanoseconds of CLOCK_BOOTTIME, was taken just after its start: whatever
    has its pid and began later is another process.
    """

    key: AttemptKey
    pid: int
    process_start: int
    ago: timedelta = _NOW


class NotStarted(Record):
    """The program was never executed; *reason* is for a person."""

    key: AttemptKey
    reason: str


class Result(Record):
    """
    The process of an attempt ended, *ago*, and all that it had started if it was stopped.

    *status* is as wait gives it, None when nobody can know it. *output_bytes* is what is kept of
    its output, *last_line* the last one of it.
    """

    key: AttemptKey
    status: int | None
    took: timedelta | None = None
    ago: timedelta = _NOW
    peak_memory_kb: int | None = None
    cpu_time: timedelta | None = None
    output_bytes: int | None = None
    dropped_bytes: int | None = None
    last_line: str | None = None
    result: str | None = None
    raised: str | None = None


class Found(Record):
    """
    What is known of an attempt that an earlier runner left open: evidence, no verdict.

    *alive* means that it runs, and that its Result will come. *output* says whether its output
    file is there: that is made before the program is executed, so that without it, and without
    *spawned*, it certainly never ran.
    """

    key: AttemptKey
    spawned: Spawned | None = None
    not_started: NotStarted | None = None
    ended: Result | None = None
    alive: bool = False
    output: bool = False


Event = Spawned | NotStarted | Result


class Executor(Protocol):
    """What the runner asks of whatever runs its jobs."""

    def start(self, launches: Sequence[Launch]) -> None:
        """
        Ask for processes to be started.

        Raises: ExecutorError when there is nobody to ask; none of them was started then.
        """

    def take_over(self, attempts: Sequence[OpenAttempt], boot: str) -> list[Found]:
        """
        Return what is known of the attempts that an earlier runner left; watch those alive.

        *boot* tells this boot of the machine. To be called once, before anything is started.
        """

    def forget(self) -> None:
        """Drop what was kept for a later runner about attempts whose end is recorded by now."""

    def stop(self, key: AttemptKey, number: signal.Signals) -> None:
        """
        Send a signal to an attempt's processes, all of them.

        From then on its Result waits until all of them are gone.
        """

    def kill(self, key: AttemptKey) -> None:
        """Kill an attempt's processes, all of them."""

    def descriptors(self) -> list[int]:
        """Return what can be read when `events` may have something, beside SIGCHLD."""

    def next_check(self) -> timedelta | None:
        """Return when `events` has to be asked again all the same, by `Watch.elapsed`."""

    def events(self) -> Iterator[Event | tuple[int, int]]:
        """Yield what happened since; (pid, status) for a child that nobody here knows."""

    def close(self) -> None:
        """Start nothing more; what runs goes on."""
