"""A runner as the one process that a container runs: PID 1 of its own process namespace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from running import LIMIT, Running, Sched, alive, gone, pass_time

pytestmark = pytest.mark.system

# Without root, a namespace of processes takes one of users around it.
_ROOT = os.geteuid() == 0
_AS_ROOT = () if _ROOT else ("--user", "--map-root-user")
_INTO = () if _ROOT else ("--user", "--preserve-credentials")
_CONTAINED = ("unshare", *_AS_ROOT, "--pid", "--fork", "--mount-proc", "--kill-child", "--")
_WAITING = "jobs: {a: {command: 'echo x > words; read go < go', clock: every 1s}}"


@cache
def _refusal() -> str:
    """Return why no process namespace can be had here, nothing when one can."""
    try:
        answer = subprocess.run(
            [*_CONTAINED, "true"], capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except OSError as error:
        return str(error)
    return answer.stderr if answer.returncode else ""


class Container:
    """A runner in a namespace; *runner* is the process in front of it, whose end is its own."""

    def __init__(self, sched: Sched) -> None:
        command = [sys.executable, "-m", "schedkit", "run", "--log-format", "json"]
        process = subprocess.Popen(
            [*_CONTAINED, *command],
            cwd=sched.directory,
            env=sched._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        # The log is on stdout there.
        process.stdout, process.stderr = process.stderr, process.stdout
        self.runner = Running(process)
        sched._runners.append(self.runner)
        self.runner.until("schedule loaded")
        self._directory = sched.directory
        (self.pid,) = children(process.pid)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to PID 1, as whoever stops a container does."""
        os.kill(self.pid, number)

    def execute(self, command: str) -> None:
        """Run a shell beside the runner, as `docker exec` does."""
        target = f"--target={self.pid}"
        enter = ["nsenter", target, *_INTO, "--pid", f"--wd={self._directory}"]
        subprocess.run([*enter, "sh", "-c", command], timeout=LIMIT, check=True)


@pytest.fixture
def contain(sched: Sched) -> Callable[[], Container]:
    if _refusal():
        pytest.skip(f"no process namespace: {_refusal()}")
    return lambda: Container(sched)


def children(pid: int) -> set[int]:
    """Return the children of a process, zombies too."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if int(stat.rpartition(") ")[2].split()[1]) == pid:
            found.add(int(path.parent.name))
    return found


def test_it_logs_to_stdout_and_says_nothing_on_stderr(
    sched: Sched, contain: Callable[[], Container]
) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")

    container = contain()
    container.runner.until("run succeeded", job="a")
    container.send(signal.SIGTERM)
    code, stderr = container.runner.end()

    assert (0, "") == (code, stderr)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"]
)
def test_a_signal_drains_it(
    sched: Sched, contain: Callable[[], Container], number: signal.Signals, code: int
) -> None:
    sched.write(_WAITING)

    container = contain()
    sched.word()
    container.send(number)
    container.runner.until("runner stopping", running=1)
    sched.go()
    actual, _ = container.runner.end()

    run, *_ = sched.history()
    assert (code, "succeeded") == (actual, run["state"])


def test_strangers_that_end_are_reaped(sched: Sched, contain: Callable[[], Container]) -> None:
    """What `docker exec` leaves behind becomes a child of PID 1; nobody else can reap it."""
    sched.write("jobs: {a: {command: 'true', clock: daily at 00:00}}")
    container = contain()
    before = children(container.pid)

    container.execute("{ echo x > words; read go < go; } &")
    sched.word()
    (stranger,) = children(container.pid) - before
    sched.go()

    assert gone(stranger)
    assert _awaited(lambda: children(container.pid) == before)


def test_a_hundred_strangers_do_not_keep_jobs_from_ending(
    sched: Sched, contain: Callable[[], Container]
) -> None:
    sched.write("jobs: {a: {command: 'true', clock: every 1s}}")
    container = contain()
    container.runner.until("run succeeded")

    container.execute("for n in $(seq 100); do (exit 3) & done")

    container.runner.until("run succeeded")
    container.runner.until("run succeeded")
    container.send(signal.SIGTERM)
    code, _ = container.runner.end()
    assert (0, {"succeeded"}) == (code, {run["state"] for run in sched.history()})


def test_a_container_that_is_killed_takes_its_jobs_along_and_the_next_one_says_so(
    sched: Sched, contain: Callable[[], Container]
) -> None:
    sched.write(_WAITING)
    container = contain()
    sched.word()
    sched.until_started("a")
    inside = children(container.pid)

    container.send(signal.SIGKILL)
    container.runner.process.wait(LIMIT)
    after = contain()
    after.runner.until("run lost", job="a")

    run, *_ = sched.history()
    assert ("lost", [False]) == (run["state"], sorted({alive(pid) for pid in inside}))


def _awaited(so: Callable[[], bool]) -> bool:
    """Wait until something is so: a zombie that is reaped tells nobody."""
    for _ in range(int(LIMIT * 100)):
        if so():
            return True
        pass_time(timedelta(milliseconds=10))
    return False
