"""What jobs start and what they write: trees that hide, output that floods."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from breaking import keeper
from running import Running, Sched, alive, gone, pass_time

pytestmark = pytest.mark.system

_BLOCK = 512  # bytes: what stat counts the size on disk in


# ---- trees


def test_a_grandchild_that_keeps_the_output_open_does_not_delay_the_end(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    clock: startup
    command: |
      { read go < go; echo later; echo x > words; } &
      echo $! > words
      echo first
""")

    runner = sched.run()
    grandchild = int(sched.word())
    runner.until("run succeeded", job="a")
    went_on = alive(grandchild)
    sched.go()
    sched.word()
    runner.stop()

    (run,) = sched.history()
    assert (True, "succeeded") == (went_on, run["state"])
    assert Path(run["output"]).read_text(encoding="utf-8") == "first\nlater\n"


_HIDES = """
      trap '' TERM
      setsid sh -c 'trap "" TERM; echo $$ > words; while :; do sleep 1000; done' &
      ( ( setsid sh -c 'trap "" TERM; echo $$ > words; sleep 1000; :' & ) & )
      setsid -f sh -c 'echo $$ > words; sleep 1000; :'
      sh -c 'echo $$ > words; kill -STOP $$' &
      ( trap '' TERM HUP; sh -c 'echo $PPID > words; sleep 1000; :'; : ) &
      echo $$ > words
      while :; do sleep 1000; done
"""


def test_a_timeout_ends_what_hides_and_leaves_other_jobs_alone(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    clock: startup
    timeout: 1s
    kill_grace: 300ms
    command: |{_HIDES}
  b:
    clock: startup
    command: setsid -f sh -c 'echo $$ >> marks; echo x > words; sleep 1000; :'; read go < go
""")

    runner = sched.run()
    said = [sched.word() for _ in range(7)]
    pids = [int(word) for word in said if word != "x"]
    runner.until("run timed out", job="a")
    (bystander,) = map(int, sched.marks())
    actual = [pid for pid in pids if alive(pid)], alive(bystander), len(set(pids))
    sched.go()
    runner.until("run succeeded", job="b")
    runner.stop()

    assert ([], True, 6) == actual
    states = {run["job"]: run["state"] for run in sched.history()}
    assert {"a": "timed_out", "b": "succeeded"} == states


def test_a_hundred_daemons_are_ended_with_their_job(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    clock: startup
    kill_grace: 200ms
    command: |
      trap '' TERM
      for n in $(seq 100); do setsid -f sleep 1000; done
      echo x > words
      while :; do sleep 1000; done
""")

    runner = sched.run()
    sched.word()
    before = len(list(_processes_of("a", sched)))
    sched("cancel", "a")
    runner.until("run cancelled", job="a")
    after = list(_processes_of("a", sched))
    runner.stop()

    assert before > 100
    assert [] == after


def _processes_of(job: str, sched: Sched) -> Iterator[int]:
    """Yield the pids of what this test's job started and what is still alive."""
    marks = {f"SCHED_JOB={job}".encode(), f"SCHED_TEST={sched.directory}".encode()}
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            entries = set(path.read_bytes().split(b"\0"))
        except OSError:
            continue
        if marks <= entries and alive(int(path.parent.name)):
            yield int(path.parent.name)


# ---- floods


_FLOODS = """
jobs:
  a:
    clock: startup
    output: {max_size: 1 MB}
    timeout: 60s
    command: 'echo $$ > words; COMMAND'
"""


def test_a_flood_of_gigabytes_fills_neither_the_disk_nor_the_memory(sched: Sched) -> None:
    size = 2 * 1024**3
    sched.write(_FLOODS.replace("COMMAND", f"head -c {size} /dev/zero; read go < go"))

    runner = sched.run()
    sched.word()
    pids = [runner.process.pid, keeper(sched, runner)]
    before = [_peak(pid) for pid in pids]
    most = _most_on_disk_until_over(sched, runner)
    grown = [_peak(pid) - peak for pid, peak in zip(pids, before, strict=True)]
    runner.stop()

    (run,) = sched.history()
    assert run["output_bytes"] + run["dropped_bytes"] >= size
    assert Path(run["output"]).stat().st_size < 1_100_000
    assert most < 300_000_000, most
    assert max(grown) < 10_000_000, grown


def _most_on_disk_until_over(sched: Sched, runner: Running) -> int:
    """Let a flood come to its end; return how much of the disk its file took at most."""
    most, sizes = 0, [-1, 0]
    while sizes[-1] != sizes[-2]:
        pass_time(timedelta(milliseconds=50))
        (path,) = (sched.state / "output").glob("*/*.log")
        status = path.stat()
        sizes.append(status.st_size)
        most = max(most, status.st_blocks * _BLOCK)
    sched.go()
    runner.until("run succeeded", job="a")
    return most


def _peak(pid: int) -> int:
    """Return the most memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_of_a_flood_the_beginning_and_the_end_are_kept_and_the_rest_is_counted(
    sched: Sched,
) -> None:
    last = 5_000_000
    sched.write(_FLOODS.replace("COMMAND", f"seq {last}"))
    written = sum(9 * 10 ** (n - 1) * (n + 1) for n in range(1, 7)) + 8 * (last - 999_999)

    runner = sched.run()
    sched.word()
    runner.until("run succeeded", job="a")
    runner.stop()

    (run,) = sched.history()
    text = Path(run["output"]).read_text(encoding="utf-8")
    lines = text.splitlines()
    (notice,) = [line for line in lines if not line.isdigit()]
    assert (["1", "2", "3"], str(last)) == (lines[:3], lines[-1])
    assert f"... {run['dropped_bytes']} bytes dropped ..." == notice
    assert len(text) == run["output_bytes"] + len(f"{notice}\n") <= 1_000_000
    assert run["output_bytes"] + run["dropped_bytes"] == written


def test_a_flood_is_ended_by_its_timeout(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    clock: startup
    output: {max_size: 100 KB}
    timeout: 1s
    kill_grace: 100ms
    command: [yes]
""")

    runner = sched.run()
    runner.until("run timed out", job="a")
    runner.stop()

    (run,) = sched.history()
    assert Path(run["output"]).stat().st_size < 110_000
    assert ("timed_out", True) == (run["state"], run["dropped_bytes"] > 1_000_000)
    assert 0.9 < run["duration"] < 5


# ---- what is written


def test_binary_output_is_kept_as_it_was_written(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: startup, command: head -c 100000 /dev/urandom | tee copy}}")

    runner = sched.run()
    runner.until("run succeeded", job="a")
    runner.stop()

    (run,) = sched.history()
    assert Path(run["output"]).read_bytes() == (sched.directory / "copy").read_bytes()
    assert (100_000, 0) == (run["output_bytes"], run["dropped_bytes"] or 0)


@pytest.fixture
def hostile(sched: Sched) -> Sched:
    """A history in which a job, and what it wrote, are not what a terminal should be sent."""
    sched.write(r"""
jobs:
  "a [31m\u00e9\u3042 \\x1b":
    clock: startup
    command: printf 'x\033]0;title\007\033[2J\377\tb\000c\302\233d\n'; exit 1
""")
    runner = sched.run()
    runner.until("run failed")
    runner.stop()
    return sched


def test_escapes_in_output_and_names_do_not_reach_a_pipe(hostile: Sched) -> None:
    answers = [hostile("history"), hostile("list"), hostile("history", "--json")]

    assert [0, 0, 0] == [answer.returncode for answer in answers]
    shown = "".join(answer.stdout + answer.stderr for answer in answers)
    assert [] == [c for c in shown if not c.isprintable() and c not in "\n\t"]


def test_escapes_in_output_and_names_do_not_reach_a_terminal(hostile: Sched) -> None:
    shown = _on_a_terminal(hostile, "--color", "never", "history")

    assert "title" in shown
    assert [] == [c for c in shown if not c.isprintable() and c not in "\r\n"]


def _on_a_terminal(sched: Sched, *arguments: str) -> str:
    """Return what a verb writes when it writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "schedkit", *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": str(sched.directory), "COLUMNS": "200"}
    with subprocess.Popen(command, stdout=theirs, env=environment, cwd=sched.directory):
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # how a terminal says that the other side is closed
            pass
    os.close(ours)
    return shown.decode()


# ---- what is kept


def test_records_and_files_beyond_keep_runs_go_but_never_those_of_what_runs(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    clock: [startup, every 1s]
    overlap: allow
    history: {keep_runs: 2}
    command: '[ -e holds ] && exit; echo $SCHED_FIRE_TIME | tee holds; read go < go; echo end'
""")

    runner = sched.run()
    for _ in range(4):
        runner.until("run succeeded", job="a")
    held = [run for run in sched.history() if run["state"] == "running"][-1]  # the first one
    sched.go()
    runner.until("run succeeded", run=held["id"])
    runner.stop()

    runs = sched.history()
    files = {str(path) for path in (sched.state / "output").rglob("*.log")}
    first = (sched.directory / "holds").read_text(encoding="utf-8").strip()
    assert first == held["fire_time"]
    assert files == {run["output"] for run in runs if run["output"]}
    assert len(runs) <= 3


def test_a_job_may_remove_its_own_output(sched: Sched) -> None:
    sched.write(f"""
jobs:
  a:
    clock: startup
    command: echo x; rm -r {sched.state}/output; echo y; exit 3
  b: {{clock: every 1s, command: echo z}}
""")

    runner = sched.run()
    runner.until("run failed", job="a", exit=3)
    runner.until("run succeeded", job="b")
    runner.until("run succeeded", job="b")
    code, _ = runner.stop()

    assert (0, 3) == (code, sched.history("a")[0]["exit_code"])
    assert gone(runner.process.pid)
