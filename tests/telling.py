"""Jobs of which somebody is told, as real runners have them, and what became of the telling."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from receivers import Receiver, answers
from running import LIMIT, Running, Sched, parent_of, pass_time

_LOOK = timedelta(milliseconds=20)
# The job: it fails with exit code 3 unless the file `good` is there.
WORK = "command: 'echo reading; [ -e good ] || { echo no space left; exit 3; }'"
SELDOM = "clock: yearly 01-01 at 00:00"
OK, BUSY = answers(), answers("500 Internal Server Error")


def backup(keys: str) -> str:
    """Return a file with the job `backup`, which runs when somebody says so, with these keys."""
    return f"jobs: {{backup: {{{WORK}, {SELDOM}, {keys}}}}}"


def webhook(receiver: Receiver, when: str = "") -> str:
    """Return the keys that tell a receiver, of *when* or of what is usual."""
    return f"notify: {{webhook: {receiver.url}/hook{when and f', when: {when}'}}}"


def run_once(sched: Sched, job: str = "backup", *, good: bool = False) -> None:
    """Have the job run once, to its end."""
    if good:
        (sched.directory / "good").touch()
    else:
        (sched.directory / "good").unlink(missing_ok=True)
    answer = sched("trigger", job, "--wait")
    assert answer.returncode == (0 if good else 1), answer.stderr


def heard(receiver: Receiver) -> dict[str, Any]:
    """Wait for a message, and return it."""
    message: dict[str, Any] = json.loads(receiver.asked().body)
    return message


def queue(sched: Sched) -> list[tuple[str, str, str, int]]:
    """Return job, reason, state and tries of all that was ever to be told, in order."""
    asked = "SELECT job, reason, state, tries FROM deliveries ORDER BY id"
    with closing(sqlite3.connect(f"file:{sched.state}/history.db?mode=ro", uri=True)) as db:
        return [*db.execute(asked)]


def until_told(sched: Sched, *expected: tuple[str, str, str, int]) -> None:
    """Wait until the history knows exactly this of what was to be told."""
    deadline = time.monotonic() + LIMIT
    while (found := queue(sched)) != [*expected]:
        assert time.monotonic() < deadline, found
        pass_time(_LOOK)


def stop_until_due(sched: Sched, runner: Running) -> Running:
    """Stop a runner; return one that begins when what waits for another try is due."""
    assert runner.stop()[0] == 0
    return begin_when_due(sched)


def begin_when_due(sched: Sched) -> Running:
    """Return a runner that begins when what waits is due: what is written says that it is."""
    with closing(sqlite3.connect(sched.state / "history.db", isolation_level=None)) as db:
        waiting = db.execute("UPDATE deliveries SET due = created WHERE state = 'waiting'")
        assert waiting.rowcount, "nothing waits"
    return sched.run()


def notifiers(runner: Running) -> list[int]:
    """Return the pids of the notifiers of a runner."""
    found = []
    for path in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(path.name)
            if b"schedkit.notifier" in (path / "cmdline").read_bytes().split(b"\0"):
                found += [pid] if parent_of(pid) == runner.process.pid else []
    return found
