"""schedkit and its peers as processes with the same jobs, each told of them in its own words."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self

from benchmarks import places
from benchmarks.common import as_installed
from benchmarks.peers import program
from benchmarks.processes import family

AT_START = "@reboot"  # instead of a cron expression: once, when the scheduler starts
EVERY_MINUTE = "* * * * *"
LIMIT = 300.0  # seconds for a scheduler to read its file and start the first job
_PATIENCE = 10.0  # seconds for one that is asked to end
_SETTLED = 5.0  # seconds after its first job: nothing of its start goes on any more
# In a namespace of its own, cron finds our jobs alone where it looks for those of the machine.
_CRON = (
    "mount -t tmpfs none /run && mount --bind tabs /var/spool/cron/crontabs"
    " && mount --bind empty /etc/cron.d && mount --bind /dev/null /etc/crontab && exec cron -f -L 0"
)


class Entry(NamedTuple):
    """A job: a cron expression or AT_START, and a command that needs no quotes."""

    when: str
    command: str


class Kind(NamedTuple):
    """A scheduler: how its file is written, and what starts it in the directory of that."""

    write: Callable[[Path, Sequence[Entry]], object]
    argv: Sequence[str]


class Scheduler:
    """
    A scheduler at work on these jobs, and on one that it runs once, when it starts.

    It has a directory of its own, which goes with it.
    """

    def __init__(self, kind: Kind, entries: Sequence[Entry] = ()) -> None:
        self.directory = places.make("scheduler-benchmark-")
        self._first = self.directory / "began"
        kind.write(self.directory, [Entry(AT_START, f"touch {self._first}"), *entries])
        self._process = subprocess.Popen(
            kind.argv,
            cwd=self.directory,
            env={**os.environ, "XDG_CACHE_HOME": str(self.directory / "cache")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        places.remove(self.directory)

    def processes(self) -> list[int]:
        """Return the pids of the scheduler and of the processes below it."""
        return family(self._process.pid)

    def settle(self) -> None:
        """Wait until it has run its first job and come to rest."""
        deadline = time.monotonic() + LIMIT
        while not self._first.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._process.args!r} never ran its first job")
            pause(0.1)
        pause(_SETTLED)


def pause(seconds: float) -> None:
    """Let time pass."""
    select.select([], [], [], seconds)


def far_off(count: int) -> list[Entry]:
    """Return so many jobs none of which is due today."""
    day = datetime.now(UTC) + timedelta(days=2)
    return [
        Entry(f"{number % 60} {number % 24} {day.day} {day.month} *", "true")
        for number in range(count)
    ]


def kinds() -> dict[str, Kind]:
    """Return the schedulers that are there, by their names."""
    as_installed()
    ours = Path(sys.executable).with_name("sched")
    found = {"schedkit": Kind(_ours, [str(ours), "-q", "run"])}
    if (cronstable := program("cronstable")) is not None:
        found["cronstable"] = Kind(_theirs, [cronstable, "-l", "ERROR", "-c", "jobs.yaml"])
    if (yacron := program("yacron")) is not None:
        found["yacron"] = Kind(_theirs, [yacron, "-l", "ERROR", "-c", "jobs.yaml"])
    python, script = program("python"), Path(__file__).with_name("apscheduler_runner.py")
    if python is not None and _has_apscheduler(python):
        found["APScheduler"] = Kind(_crontab, [python, str(script), "crontab"])
    if os.geteuid() == 0 and shutil.which("cron") and shutil.which("unshare"):
        isolated = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _CRON]
        found["Debian's cron"] = Kind(_crontab, isolated)
    return found


def _has_apscheduler(python: str) -> bool:
    asked = subprocess.run([python, "-c", "import apscheduler"], capture_output=True, check=False)
    return asked.returncode == 0


def _ours(directory: Path, entries: Sequence[Entry]) -> None:
    jobs = "".join(
        f"  job-{number}:\n    command: {one.command}\n    clock: {_clock(one)}\n"
        for number, one in enumerate(entries)
    )
    (directory / "schedules.yaml").write_text(f"timezone: UTC\njobs:\n{jobs}", encoding="utf-8")


def _clock(entry: Entry) -> str:
    return "startup" if entry.when == AT_START else f"cron {entry.when}"


def _theirs(directory: Path, entries: Sequence[Entry]) -> None:
    jobs = "".join(
        f"  - name: job-{number}\n    command: {one.command}\n    schedule: '{one.when}'\n"
        for number, one in enumerate(entries)
    )
    (directory / "jobs.yaml").write_text(f"jobs:\n{jobs}", encoding="utf-8")


def _crontab(directory: Path, entries: Sequence[Entry]) -> None:
    lines = "".join(f"{one.when} {one.command}\n" for one in entries)
    (directory / "crontab").write_text(lines, encoding="utf-8")
    for name in ("tabs", "empty"):
        (directory / name).mkdir()
    table = directory / "tabs" / "root"
    table.touch(0o600)  # or cron does not trust it
    table.write_text(lines, encoding="utf-8")
