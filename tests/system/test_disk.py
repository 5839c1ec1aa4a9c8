"""The disk under the history: full, read-only, damaged, in somebody else's hands."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from running import Sched, pass_time, seconds_covered

pytestmark = pytest.mark.system

_UNWRITABLE = "the history cannot be written, nothing is started"
_UNRECORDED = "what ended waits to be recorded"
_EVERY_SECOND = """
jobs:
  a:
    command: echo $SCHED_FIRE_TIME >> marks
    clock: every 1s
    grace: 1s
    catchup: none
"""
# Once, whatever number of runners there is.
_HOLDS = """
jobs:
  a: {clock: startup boot, command: 'echo x > words; read go < go; exit 3'}
"""


def _mounted(*arguments: str) -> None:
    """Mount something; the test is skipped where that is not permitted."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    answer = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip(f"a file system cannot be mounted here: {answer.stderr.strip()}")


@pytest.fixture
def small_disk(sched: Sched) -> Iterator[Path]:
    """The state directory, on a disk of one megabyte."""
    sched.state.mkdir()
    _mounted("-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(sched.state))
    yield sched.state
    subprocess.run(["umount", "--lazy", sched.state], check=True)


def _fill(disk: Path) -> Path:
    """Leave no room on a disk; return the file that takes all of it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return ballast


def _every_second_is_recorded_once(sched: Sched) -> None:
    """Assert that each second has one record, and that what started left one mark."""
    runs = sched.history("a")
    started = [run["fire_time"] for run in runs if run["state"] not in ("missed", "skipped")]
    assert Counter(started) == Counter(sched.marks())
    recorded = sum(run["count"] for run in runs)
    assert seconds_covered(runs) == recorded


# ---- full


def test_nothing_starts_on_a_full_disk_and_afterwards_each_fire_time_has_its_record(
    sched: Sched, small_disk: Path
) -> None:
    sched.write(_EVERY_SECOND + _HOLDS.removeprefix("\njobs:\n").replace("a:", "b:"))

    runner = sched.run()
    sched.word()
    sched.until_started("b")
    runner.until("run succeeded", job="a")
    ballast = _fill(small_disk)
    sched.go()
    runner.until("run failed", job="b", exit=3)
    runner.until(_UNWRITABLE)
    before = sched.marks()
    (not_yet,) = sched.history("b")
    pass_time(timedelta(seconds=2))
    during = sched.marks()
    ballast.unlink()
    reason = runner.until("run missed", job="a")["reason"]
    runner.until("run succeeded", job="a")
    code, _ = runner.stop()

    assert (0, before) == (code, during)
    assert "the history could not be written" in reason
    _every_second_is_recorded_once(sched)
    (run,) = sched.history("b")
    assert ("running", None) == (not_yet["state"], not_yet["exit_code"])
    assert ("failed", 3, 1) == (run["state"], run["exit_code"], run["attempts"])
    assert run["ended"] < sched.history("a")[-1]["fire_time"]


def test_the_last_end_on_a_full_disk_is_waited_for_by_a_runner_that_stops(
    sched: Sched, small_disk: Path
) -> None:
    sched.write(_HOLDS)

    runner = sched.run()
    sched.word()
    sched.until_started("a")
    ballast = _fill(small_disk)
    sched.go()
    runner.until(_UNRECORDED)
    runner.send(signal.SIGTERM)
    runner.until("runner stopping")
    ballast.unlink()
    code, _ = runner.end()

    actual = [(run["state"], run["exit_code"]) for run in sched.history()]
    assert (0, [("failed", 3)]) == (code, actual)


def test_a_runner_that_is_stopped_leaves_a_disk_that_stays_full_to_the_next_one(
    sched: Sched, small_disk: Path
) -> None:
    sched.write(f"runner: {{drain_timeout: 200ms}}\n{_HOLDS}")

    first = sched.run()
    sched.word()
    sched.until_started("a")
    ballast = _fill(small_disk)
    sched.go()
    first.until(_UNRECORDED)
    code, _ = first.stop()
    (left,) = sched.history()
    ballast.unlink()
    second = sched.run()
    second.until("run failed", job="a", exit=3)
    second.stop()

    actual = [(run["state"], run["exit_code"]) for run in sched.history()]
    assert (0, "running", [("failed", 3)]) == (code, left["state"], actual)


def test_a_runner_that_is_killed_on_a_full_disk_loses_no_exit_status(
    sched: Sched, small_disk: Path
) -> None:
    sched.write(_HOLDS)

    first = sched.run()
    sched.word()
    sched.until_started("a")
    ballast = _fill(small_disk)
    sched.go()
    first.until("run failed", job="a", exit=3)
    first.kill()
    ballast.unlink()
    second = sched.run()
    second.until("run failed", job="a", exit=3)
    second.stop()

    actual = [(run["state"], run["exit_code"]) for run in sched.history()]
    assert [("failed", 3)] == actual


def test_a_runner_does_not_start_on_a_full_disk_and_says_so_in_a_line(
    sched: Sched, small_disk: Path
) -> None:
    sched.write("jobs: {a: {clock: startup, command: echo x >> marks}}")
    _fill(small_disk)

    answer = sched("run", "--for", "2s")

    assert (69, "", 1) == (answer.returncode, answer.stdout, len(answer.stderr.splitlines()))
    assert [] == sched.marks()


@pytest.mark.usefixtures("small_disk")
def test_a_history_does_not_fill_a_small_disk_by_itself(sched: Sched) -> None:
    jobs = "".join(
        f"  j{number}: {{command: 'true', clock: every 1s, history: {{keep_runs: 2}}}}\n"
        for number in range(50)
    )
    sched.write(f"jobs:\n{jobs}")

    runner = sched.run()
    for _ in range(50 * 6):
        runner.until("run succeeded")
    code, _ = runner.stop()

    assert 0 == code


# ---- not ours to write


def test_a_read_only_state_directory_is_refused_in_a_line_and_can_be_read(
    sched: Sched, small_disk: Path
) -> None:
    sched.write("jobs: {a: {clock: startup, command: echo x >> marks}}")
    runner = sched.run()
    runner.until("run succeeded", job="a")
    runner.stop()
    _mounted("-o", "remount,ro", str(small_disk))

    answer = sched("run", "--for", "2s")
    runs = sched.history()

    expected = f"error: {small_disk} cannot be locked: read-only file system\n"
    assert (69, "", expected) == (answer.returncode, answer.stdout, answer.stderr)
    assert (["x"], ["succeeded"]) == (sched.marks(), [run["state"] for run in runs])


def test_a_history_that_somebody_else_writes_to_is_waited_for(sched: Sched) -> None:
    sched.write(_EVERY_SECOND)

    runner = sched.run()
    runner.until("run succeeded", job="a")
    other = sqlite3.connect(sched.state / "history.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    runner.until(_UNWRITABLE)
    before = sched.marks()
    other.execute("ROLLBACK")
    other.close()
    runner.until("run missed", job="a")
    runner.until("run succeeded", job="a")
    code, _ = runner.stop()

    assert 0 == code
    assert before == sched.marks()[: len(before)]
    _every_second_is_recorded_once(sched)


# ---- damaged


def _ran_once(sched: Sched) -> Path:
    """Leave a history of some runs; return its file."""
    jobs = "".join(f"  j{number}: {{clock: startup, command: 'true'}}\n" for number in range(100))
    sched.write(f"jobs:\n{jobs}")
    runner = sched.run()
    sched.until_over()
    runner.stop()
    return sched.state / "history.db"


def _refused(sched: Sched, history: Path) -> str:
    """Assert that a runner refuses a history and leaves it as it is; return what it says."""
    before = history.read_bytes()
    answer = sched("run", "--for", "2s")
    assert (69, "", 1) == (answer.returncode, answer.stdout, len(answer.stderr.splitlines()))
    assert before == history.read_bytes()
    return answer.stderr


@pytest.mark.parametrize("damage", ["overwritten", "cut"])
def test_a_damaged_history_is_refused_and_left_as_it_is(sched: Sched, damage: str) -> None:
    history = _ran_once(sched)
    content = bytearray(history.read_bytes())
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[4096:] = os.urandom(len(content) - 4096)
    history.write_bytes(content)

    said = _refused(sched, history)

    assert str(history) in said


def test_a_history_of_a_newer_version_is_refused_and_left_as_it_is(sched: Sched) -> None:
    history = _ran_once(sched)
    with sqlite3.connect(history) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    said = _refused(sched, history)
    answer = sched("history")

    assert "was written by a newer sched" in said
    assert (69, "") == (answer.returncode, answer.stdout)


# ---- places


def test_output_that_has_no_place_fails_the_run_and_not_the_runner(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: every 1s, command: echo x >> marks}}")
    sched.state.mkdir()
    (sched.state / "output").write_text("in the way", encoding="utf-8")

    runner = sched.run()
    reason = runner.until("run failed", job="a")["reason"]
    (sched.state / "output").unlink()
    runner.until("run succeeded", job="a")
    code, _ = runner.stop()

    runs = sched.history()
    good = [run for run in runs if run["state"] == "succeeded"]
    assert (0, len(good)) == (code, len(sched.marks()))
    assert (reason, 1) == (runs[0]["reason"], runs[0]["attempts"])


def test_a_state_directory_may_have_a_longer_path_than_a_socket(sched: Sched) -> None:
    state = sched.directory / ("d" * 100) / ("e" * 100)
    sched.write("jobs: {a: {clock: every 1s, command: echo x >> marks}}")

    runner = sched.run(under=("env", f"SCHED_STATE={state}"))
    runner.until("run succeeded", job="a")
    paused = sched("--state", str(state), "pause", "a")
    runner.until("run skipped", job="a")
    code, _ = runner.stop()

    assert (0, 0) == (code, paused.returncode)
