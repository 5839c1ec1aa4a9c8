"""What breaks a runner on purpose, and what tells whether it kept its promises all the same."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from running import (
    LIMIT,
    Running,
    Sched,
    alive,
    gone,
    kill_marked,
    parent_of,
    pass_time,
    seconds_between,
)

_LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
_NEVER_STARTED = ("missed", "skipped")
_MARK = 'm="$SCHED_JOB $SCHED_FIRE_TIME $SCHED_ATTEMPT"; echo $m >> marks; echo $m'
# The exit code is known in advance: it follows from the fire time and the attempt alone.
_EXIT = "s=${SCHED_FIRE_TIME%+*}; s=${s##*:}; exit $(((${s#0} + SCHED_ATTEMPT) % 3))"
_LOAD = {
    "quick": ("", "overlap: allow"),
    "lasting": ("sleep 2;", "overlap: allow"),
    "retried": ("", "overlap: allow, retry: {max_retries: 2, delay: 150ms}"),
    "alone": ("sleep 1.2;", "overlap: skip"),
    "in_turn": ("sleep 0.2;", "overlap: queue_all"),
}
RELOADS = {"reloads": ("touch schedules.yaml;", "overlap: allow")}

Jobs = Mapping[str, tuple[str, str]]  # what each does, and its keys


def load(more: Jobs = MappingProxyType({}), *, end: datetime | None = None) -> str:
    """
    Return a file of jobs that fire each second, up to *end*, and leave marks.

    Each attempt appends `job fire_time attempt` to `marks`, and writes that as its output.
    """
    ends = "" if end is None else f", end: '{end:%F %T}'"
    jobs = "".join(
        f"  {name}: {{clock: every 1s{ends}, {keys}, command: '{_MARK}; {works} {_EXIT}'}}\n"
        for name, (works, keys) in {**_LOAD, **more}.items()
    )
    return f"jobs:\n{jobs}"


def settle(sched: Sched, runner: Running | None = None, more: Jobs = MappingProxyType({})) -> None:
    """Let a runner, another one unless it is named, bring to its end all that `load` has begun."""
    runner = runner or sched.run()
    sched.write(load(more, end=datetime.now(UTC)))  # the one that held decides until it is taken
    runner.until("job changed")
    sched.until_over()
    runner.stop()


# ---- the verdict


def broken_promises(sched: Sched, *, may_be_lost: bool = False) -> list[str]:
    """
    Return in what `load` was not run as promised; nothing when all is well.

    Each fire time has one record; each attempt of it left one mark; each run is over, as its
    exit code has it, which is the one that the job decided on; its output is there.
    """
    runs = sched.history()
    broken = [*_about_marks(sched, runs), *without_record(runs)]
    for run in runs:
        if run["state"] == "lost":
            broken += [] if may_be_lost and run["reason"] else [f"{_name(run)} is lost"]
        else:
            broken += [f"{_name(run)} {what}: {run}" for what in _about_run(run)]
    return broken


def without_record(runs: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the jobs, which fire each second, that have other than one record for each second."""
    recorded: Counter[str] = Counter()
    fires: defaultdict[str, set[str]] = defaultdict(set)
    for run in runs:
        recorded[run["job"]] += run["count"]
        fires[run["job"]] |= {run["fire_time"], run["last_fire_time"] or run["fire_time"]}
    for job, times in fires.items():
        passed = seconds_between(min(times), max(times))
        if passed != recorded[job]:
            yield f"{job}: {passed} seconds passed and {recorded[job]} are recorded"


def _name(run: dict[str, Any]) -> str:
    return f"{run['job']} {run['fire_time']}"


def _about_marks(sched: Sched, runs: list[dict[str, Any]]) -> Iterator[str]:
    marks = Counter(sched.marks())
    attempts = {
        f"{_name(run)} {number}": run for run in runs for number in range(1, run["attempts"] + 1)
    }
    for mark, count in marks.items():
        if count > 1:
            yield f"{mark} ran {count} times"
        if mark not in attempts:
            yield f"{mark} ran and is not recorded"
    for mark, run in attempts.items():
        if mark not in marks and run["state"] != "lost":
            yield f"{mark} is recorded and never ran"


def _about_run(run: dict[str, Any]) -> Iterator[str]:
    if run["state"] in _NEVER_STARTED:
        if run["attempts"] or not run["reason"]:
            yield "has attempts or no reason"
        return
    second = datetime.fromisoformat(run["fire_time"]).second
    attempts = run["attempts"]
    expected = (second + attempts) % 3
    if run["exit_code"] != expected:
        yield f"ended otherwise than with {expected}"
    if run["state"] != ("failed" if expected else "succeeded"):
        yield "is in a state that its exit code does not mean"
    if expected and run["job"] == "retried" and attempts < 3:
        yield "was not tried again"
    said = f"{_name(run)} {attempts}\n"
    if run["output"] is None or Path(run["output"]).read_text(encoding="utf-8") != said:
        yield "has lost its output"


# ---- what breaks


def survives(runner: Running, seconds: float) -> bool:
    """Let *seconds* pass; return whether the runner still goes on then."""
    try:
        runner.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def killed(runner: Running, seconds: float) -> bool:
    """Wait so long for a runner to be killed; return whether it was. It ended no other way."""
    if survives(runner, seconds):
        return False
    code, _ = runner.end()
    assert code == -signal.SIGKILL, runner.said
    return True


def keeper(sched: Sched, runner: Running) -> int:
    """Return the pid of the youngest keeper of a runner; wait until there is one."""
    deadline = time.monotonic() + LIMIT
    while not (found := _keepers(sched.state / "keepers", runner.process.pid)):
        assert time.monotonic() < deadline, "there is no keeper"
        pass_time(timedelta(milliseconds=20))
    return found[-1]


def _keepers(directory: Path, parent: int) -> list[int]:
    found = []
    for journal in sorted(directory.glob("*"), key=lambda path: int(path.name)):
        with suppress(FileNotFoundError):  # its runner may drop it
            first, written, _ = journal.read_text(encoding="ascii").partition("\n")
            pid = int(first.split(" ")[2]) if written else 0
            if written and alive(pid) and parent_of(pid) == parent:
                found.append(pid)
    return found


def power_off(sched: Sched, runner: Running) -> None:
    """End the runner, its keeper and everything they started, as a power cut would."""
    mark = f"SCHED_TEST={sched.directory}"
    kill_marked(mark, signal.SIGSTOP)  # none of them may see another one end
    kill_marked(mark)
    runner.kill()


def with_pid(pid: int) -> subprocess.Popen[bytes]:
    """Start a process that sleeps and has this pid; the test is skipped where that is not to be."""
    deadline = time.monotonic() + LIMIT / 2
    while time.monotonic() < deadline:  # others start processes, and somebody has to reap the old
        try:
            _LAST_PID.write_text(f"{pid - 1}\n", encoding="ascii")
        except OSError:
            pytest.skip("the kernel lets nobody choose a pid here")
        process = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
        pass_time(timedelta(milliseconds=20))
    pytest.skip(f"pid {pid} does not become free")


def deadly(call: str, number: int) -> tuple[str, ...]:
    """
    Return the options of strace that kill a process as it enters its *number*th such call.

    The call itself is not carried out. What the process starts is not traced.
    """
    return ("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}")


@contextmanager
def deadly_to(pid: int, call: str, number: int) -> Iterator[None]:
    """Let a process be killed as it enters its *number*th such call from now on; wait for that."""
    command = [strace(), "-o", os.devnull, "-p", str(pid), *deadly(call, number)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        try:
            assert tracer.stderr is not None
            assert b"attached" in tracer.stderr.readline()
            yield
            assert gone(pid), f"it makes no {number} calls of {call}"
        finally:
            tracer.terminate()  # which lets go of what it did not kill


def strace() -> str:
    """Return the path of strace; the test is skipped where there is none, or it may not trace."""
    path = shutil.which("strace")
    if path is None:
        pytest.skip("strace is not installed")
    if not _may_trace(path):
        pytest.skip("strace may not trace here: ptrace is not permitted")
    return path


@cache
def _may_trace(path: str) -> bool:
    command = [path, "-o", os.devnull, "-e", "trace=none", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
