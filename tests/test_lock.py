"""One runner at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schedkit.errors import LockedError, StoreError
from schedkit.lock import RunnerLock

_HOLD = """
import sys, time
from pathlib import Path
from schedkit.lock import RunnerLock
lock = RunnerLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def _hold(state: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock, and wait until it does."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_holder_is_refused_and_told_the_pid_of_the_first(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path)

    with pytest.raises(LockedError) as caught:
        RunnerLock(tmp_path)

    lock.release()
    assert str(caught.value) == f"{tmp_path} is held by another runner, pid {os.getpid()}"


def test_a_refused_one_does_not_disturb_the_holder(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path)

    for _ in range(2):
        with pytest.raises(LockedError):
            RunnerLock(tmp_path)

    assert (tmp_path / "pid").read_text(encoding="ascii") == f"{os.getpid()}\n"
    lock.release()


def test_what_was_let_go_of_can_be_held_again(tmp_path: Path) -> None:
    RunnerLock(tmp_path).release()

    RunnerLock(tmp_path).release()

    assert not (tmp_path / "pid").exists()


def test_a_holder_that_did_not_say_its_pid_is_one_all_the_same(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path)
    (tmp_path / "pid").write_text("", encoding="ascii")

    with pytest.raises(LockedError, match="which has not said its pid"):
        RunnerLock(tmp_path)

    lock.release()


def test_a_pid_of_old_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("1\n", encoding="ascii")
    (tmp_path / "lock").write_text("", encoding="ascii")

    lock = RunnerLock(tmp_path)

    assert (tmp_path / "pid").read_text(encoding="ascii") == f"{os.getpid()}\n"
    lock.release()


@pytest.mark.system
def test_another_process_is_refused(tmp_path: Path) -> None:
    with _hold(tmp_path) as holder:
        with pytest.raises(LockedError, match=f"pid {holder.pid}$"):
            RunnerLock(tmp_path)
        holder.kill()


@pytest.mark.system
def test_a_holder_that_was_killed_holds_no_more(tmp_path: Path) -> None:
    with _hold(tmp_path) as holder:
        holder.kill()
        holder.wait()

    RunnerLock(tmp_path).release()


@pytest.mark.system
def test_what_the_holder_starts_does_not_hold_it(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path)
    with subprocess.Popen(["/bin/sleep", "1000"]) as child:
        lock.release()

        again = RunnerLock(tmp_path)

        again.release()
        child.kill()


def test_nobody_else_may_read_the_lock(tmp_path: Path) -> None:
    lock = RunnerLock(tmp_path)

    mode = (tmp_path / "lock").stat().st_mode & 0o777

    lock.release()
    assert mode == 0o600


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("elsewhere")

    with pytest.raises(StoreError, match="cannot be locked: too many levels of symbolic links"):
        RunnerLock(tmp_path)

    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_that_cannot_say_its_pid_is_let_go_of(tmp_path: Path) -> None:
    (tmp_path / "pid").mkdir()
    with pytest.raises(StoreError, match="cannot be locked: is a directory"):
        RunnerLock(tmp_path)
    (tmp_path / "pid").rmdir()

    RunnerLock(tmp_path).release()
