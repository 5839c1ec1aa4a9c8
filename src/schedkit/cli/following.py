"""A run as it goes on: what it writes, and when it is over. Read from the state directory alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

from schedkit import durations, inotify
from schedkit.cli.output import Reading, last_lines, writer
from schedkit.inotify import Inotify
from schedkit.launch import output_file
from schedkit.operations import NoSuchRunError
from schedkit.run import AttemptKey, Run, State, run_id, run_number
from schedkit.store import SQLiteReader
from schedkit.texts import safe
from schedkit.watch import SystemWatch, Watch

_LOOK_AGAIN = timedelta(seconds=5)  # though nothing was told: some file systems never tell
_SOON = timedelta(milliseconds=10)
_TOLD = inotify.MODIFY | inotify.CREATE | inotify.MOVED_TO


def look(state: Path, number: int) -> Run:
    """
    Return the record of a run.

    Raises: NoSuchRunError, StoreError.
    """
    # Opened each time: one that was opened while nobody wrote would see nothing new.
    with closing(SQLiteReader.open(state / "history.db")) as store:
        run = store.run(number)
    if run is None:
        raise NoSuchRunError(f"there is no run {run_id(number)!r} any more")
    return run


def is_over(run: Run) -> bool:
    """Return whether a run is over."""
    return run.state.terminal


def attempt_is_over(number: int, run: Run) -> bool:
    """Return whether attempt *number* of a run is over, which may be tried again."""
    return run.attempts > number or run.state.terminal or run.state is State.RETRYING


def until_over(
    state: Path,
    number: int,
    show: Callable[[Run], None],
    over: Callable[[Run], bool] = is_over,
) -> Run:
    """
    Wait until a run is *over*, whoever the runner is by then; return its record.

    *show* is called with the record as often as something may have changed, then at the end.

    Raises: NoSuchRunError when it is pruned meanwhile, StoreError.
    """
    output = output_file(state / "output", AttemptKey(number, 1)).parent
    with closing(SystemWatch()) as clock, closing(Changes(clock, state, output)) as changes:
        while True:
            changes.watch()
            run = look(state, number)
            show(run)
            if over(run):
                return run
            changes.wait()


def in_words(run: Run) -> str:
    """Return how a run ended: `backup failed after 12m04s, exit 1: no space left`."""
    took = "" if run.duration is None else f" after {durations.brief(run.duration)}"
    code = "" if not run.exit_code else f", exit {run.exit_code}"
    reason = "" if run.reason is None else f": {run.reason}"
    return safe(f"{run.job} {run.state.replace('_', ' ')}{took}{code}{reason}")


class Changes:
    """Tells when something in these directories may have changed: history, output of runs."""

    def __init__(self, clock: Watch, *places: Path) -> None:
        self._places = places
        self._clock = clock
        self._patience = _SOON
        self._inotify: Inotify | None = None
        with suppress(OSError):  # where there are too many already, looking again has to do
            self._inotify = Inotify()

    def close(self) -> None:
        """Let go of it."""
        if self._inotify is not None:
            self._inotify.close()

    def watch(self) -> None:
        """Watch what there is by now: the directory for output is made with the first one."""
        if self._inotify is not None:
            for place in self._places:
                with suppress(OSError):
                    self._inotify.add(str(place), _TOLD | inotify.ONLYDIR)

    def wait(self) -> None:
        """
        Wait until something happens there, or may have been too early to be seen.

        A record is told of as it is written, and can be read when it is safe on the disk: of that
        nothing tells. So it is looked again soon after something has happened, then ever later.
        """
        told = [self._inotify.descriptor] if self._inotify is not None else []
        until = self._clock.elapsed() + self._patience
        while self._clock.elapsed() < until:
            if self._happened():
                self._patience = _SOON
                return
            self._clock.wait(None, until, told)
        self._patience = min(2 * self._patience, _LOOK_AGAIN)

    def _happened(self) -> bool:
        # With nobody else there, reading writes its own index, which nobody has to be told.
        events = self._inotify.read() if self._inotify is not None else []
        return any(not name.endswith("-shm") for _, _, name in events)


class Copying:
    """
    Copies what a run writes to stdout, from an attempt on; of that one the last *lines* alone.

    *found* is whether there was a file to copy.
    """

    def __init__(self, state: Path, run: Run, attempt: int, lines: int | None = None) -> None:
        self._output = state / "output"
        self._number = run_number(run.id) or 0
        self._attempt = attempt
        self._lines = lines
        self._descriptor: int | None = None
        self._reading: Reading | None = None
        self._writer = writer()
        self.found = False

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._writer.write(b"", last=True)
        self._descriptor = self._reading = None

    def copy(self, run: Run) -> None:
        """Copy what is new, of this attempt and those after it."""
        self.copy_attempt(run)
        while self._attempt < run.attempts:
            self.close()
            self._attempt += 1
            self._lines = None
            sys.stderr.write(f"attempt {self._attempt} of {run.most_attempts}\n")
            self.copy_attempt(run)

    def copy_attempt(self, _: Run) -> None:
        """Copy what is new of this attempt."""
        if self._reading is None:
            self._open()
        if self._reading is not None:
            for part in self._reading.new():
                self._writer.write(part)

    def _open(self) -> None:
        path = output_file(self._output, AttemptKey(self._number, self._attempt))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        self.found = True
        self._descriptor = descriptor
        begin = 0 if self._lines is None else last_lines(descriptor, self._lines)
        self._reading = Reading(descriptor, begin)


def why_nothing(run: Run, attempt: int | None = None) -> str:
    """Return why there is no output of a run, or of one of its attempts."""
    if attempt is not None and attempt < run.attempts:
        # What the record says is of the last one. Before the first one not every run is asked.
        return f"has no output of attempt {attempt}"
    if run.output_bytes:
        return safe(f"wrote {run.output_bytes} bytes, of which the file is gone: {run.output}")
    if run.attempts and run.state is not State.QUEUED:
        return "wrote nothing"
    return safe(f"has not run: {run.state}" + (f": {run.reason}" if run.reason else ""))
