"""Bad files and large ones: on start, on reload, and what an edit never does."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from running import Running, Sched, seconds_between, soon

pytestmark = pytest.mark.system

_TICKS = "jobs: {tick: {command: echo $SCHED_FIRE_TIME >> marks, clock: every 1s}}"
_LAST_GOOD = "the last good schedule goes on"
_BOMB = "\n".join(
    ["x-0: &a0 [boom, boom, boom, boom, boom, boom, boom, boom, boom, boom]"]
    + [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
)
_BROKEN = {
    "bomb": f"{_BOMB}\n{_TICKS}".encode(),
    "ten_megabytes": b"x-big: |\n"
    + b"  and on\n" * 1_200_000
    + _TICKS.replace("clock", "").encode(),
    "many_problems": b"jobs:\n" + b"  a: {command: 'true', clock: evry 1s}\n" * 5_000,
    "one_long_text": b"jobs: {a: {clock: every 1s, command: '" + b"x" * 10_000_000 + b"}}",
    "deep": b"[" * 100_000,
    "latin_1": "jobs: {tück: {command: 'true', clock: every 1s}}".encode("latin-1"),
    "nul": _TICKS.encode() + b"\0",
    "syntax": b"jobs: {a: {command: 'true', clock: every 1s",
    "two_of_one_name": f"{_TICKS}\n{_TICKS}".encode(),
    "unknown_key": _TICKS.replace("clock", "clok").encode(),
    "empty": b"",
    "binary": bytes(range(256)) * 100,
}


def _put(sched: Sched, content: bytes) -> None:
    """Write the file in one step, as a good editor does."""
    new = sched.directory / "schedules.new"
    new.write_bytes(content)
    new.replace(sched.directory / "schedules.yaml")


def _peak(runner: Running) -> int:
    """Return the most memory that a runner ever had, in bytes."""
    status = Path(f"/proc/{runner.process.pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


# ---- broken files


@pytest.mark.parametrize("kind", ["bomb", "many_problems", "latin_1"])
def test_no_runner_starts_with_a_file_that_never_was_good(sched: Sched, kind: str) -> None:
    _put(sched, _BROKEN[kind])

    answer = sched("run", "--for", "1s")

    assert (78, "") == (answer.returncode, answer.stdout)
    assert 0 < len(answer.stderr) < 20_000
    assert not sched.state.exists()


def test_no_broken_file_stops_a_runner_or_makes_it_late_or_large(sched: Sched) -> None:
    sched.write(f"runner: {{reload_on_change: false}}\n{_TICKS}")

    runner = sched.run()
    runner.until("run succeeded", job="tick")
    before = _peak(runner)
    errors = []
    for content in _BROKEN.values():
        _put(sched, content)
        runner.send(signal.SIGHUP)
        errors.append(runner.until(f"reload failed, {_LAST_GOOD}")["error"])
    grown = _peak(runner) - before
    code, _ = runner.stop()

    assert (0, len(_BROKEN)) == (code, len(set(errors)))
    assert max(map(len, errors)) < 20_000
    runs = sched.history()
    assert len(runs) == seconds_between(runs[0]["fire_time"], runs[-1]["fire_time"])
    assert {"succeeded"} == {run["state"] for run in runs}
    assert max(run["lateness"] for run in runs) < 2
    assert grown < 10_000_000, grown


@pytest.mark.parametrize("kind", ["removed", "directory", "dangling"])
def test_a_file_that_is_not_there_any_more_is_like_a_broken_one(sched: Sched, kind: str) -> None:
    path = sched.directory / "schedules.yaml"
    sched.write(_TICKS)

    runner = sched.run()
    runner.until("run succeeded", job="tick")
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "dangling":
        path.symlink_to("nowhere")
    runner.send(signal.SIGHUP)
    runner.until(f"reload failed, {_LAST_GOOD}")
    runner.until("run succeeded", job="tick")
    path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    sched.write(_TICKS.replace("tick", "tock"))
    runner.until("run succeeded", job="tock")
    code, _ = runner.stop()

    assert 0 == code


def test_whoever_asks_for_a_reload_or_for_the_status_is_told_what_is_wrong(sched: Sched) -> None:
    sched.write(_TICKS)

    runner = sched.run()
    _put(sched, _BROKEN["unknown_key"])
    broken = sched("reload")
    ill = sched("status", "--check")
    sched.write(_TICKS)
    mended = sched("reload")
    well = sched("status", "--check")
    runner.stop()

    assert (78, "") == (broken.returncode, broken.stdout)
    assert "clok" in broken.stderr
    assert (1, True) == (ill.returncode, "clok" in ill.stdout)
    assert (0, 0) == (mended.returncode, well.returncode)


def test_a_runner_starts_with_the_last_good_file_while_this_one_is_broken(sched: Sched) -> None:
    sched.write(_TICKS)
    first = sched.run()
    first.until("run succeeded", job="tick")
    first.stop()
    _put(sched, _BROKEN["syntax"])

    second = sched.run(start=False)
    second.until(f"the files are broken, {_LAST_GOOD}")
    loaded = second.until("schedule loaded", why="start")
    second.until("run succeeded", job="tick")
    sched.write(_TICKS.replace("tick", "tock"))
    mended = second.until("schedule loaded", why="reload")
    second.until("run succeeded", job="tock")
    code, _ = second.stop()

    assert (0, True, False) == (code, "degraded" in loaded, "degraded" in mended)


def test_a_runner_starts_with_the_last_good_file_while_there_is_none(sched: Sched) -> None:
    sched.write(_TICKS)
    sched.run().stop()
    path = sched.directory / "schedules.yaml"
    path.unlink()

    second = sched.run("--for", "3s", start=False)
    code, _ = second.end()

    # Which file is meant is not known without one: the state directory follows it.
    assert (78, []) == (code, sched.marks())


# ---- the file changes


def _in_place(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _renamed_over(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _removed_and_made(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text, encoding="utf-8")


def _line_by_line(path: Path, text: str) -> None:
    """Write as something does that is slow: most of what can be read meanwhile is broken."""
    with path.open("w", encoding="utf-8") as file:
        for character in text:
            file.write(character)
            file.flush()


def test_a_file_that_changes_is_loaded_without_being_asked_however_it_was_written(
    sched: Sched,
) -> None:
    path = sched.directory / "schedules.yaml"
    sched.write(_TICKS)

    runner = sched.run()
    for change in (_in_place, _renamed_over, _line_by_line, _removed_and_made, _in_place):
        name = f"after_{len(runner.said)}"
        change(path, _TICKS.replace("tick", name))
        runner.until("run succeeded", job=name)
    code, _ = runner.stop()

    assert 0 == code


def test_a_directory_of_files_that_is_swapped_as_a_whole_is_loaded(sched: Sched) -> None:
    """As a mounted ConfigMap is: the link `data` is renamed, the files in it never change."""
    for name in ("one", "other"):
        (sched.directory / name).mkdir()
        text = _TICKS.replace("tick", name)
        (sched.directory / name / "jobs.yaml").write_text(text, encoding="utf-8")
    (sched.directory / "data").symlink_to("one")
    (sched.directory / "schedules.yaml").symlink_to("data/jobs.yaml")

    runner = sched.run()
    runner.until("run succeeded", job="one")
    (sched.directory / "data.new").symlink_to("other")
    (sched.directory / "data.new").rename(sched.directory / "data")
    runner.until("run succeeded", job="other")
    code, _ = runner.stop()

    assert 0 == code


def test_a_file_may_say_that_changes_of_it_wait_for_a_signal(sched: Sched) -> None:
    quiet = f"runner: {{reload_on_change: false}}\n{_TICKS}"
    sched.write(quiet)

    runner = sched.run()
    sched.write(quiet.replace("tick", "tock"))
    for _ in range(2):
        runner.until("run succeeded", job="tick")
    runner.send(signal.SIGHUP)
    runner.until("run succeeded", job="tock")
    runner.stop()

    assert {"tick", "tock"} == {run["job"] for run in sched.history()}


# ---- what an edit does not do


def test_a_job_that_is_new_renamed_or_edited_never_fires_the_past(sched: Sched) -> None:
    """By their new clocks all of them were due ten seconds ago, within their grace."""
    recently = f"{{every: 1h, anchor: '{datetime.now(UTC) - timedelta(seconds=10):%F %T}'}}"
    clock = f"clock: {recently}, catchup: all, command: echo $SCHED_JOB >> wrong"
    never = "clock: yearly 01-01 at 00:00, command: 'true'"
    sched.write(f"jobs: {{edited: {{{never}}}, former: {{{never}}}}}")
    after = f"{_TICKS[:-1]}, edited: {{{clock}}}, renamed: {{{clock}}}, new: {{{clock}}}}}"

    runner = sched.run()
    sched.write(after)
    runner.send(signal.SIGHUP)
    runner.until("run succeeded", job="tick")
    sched.write(after.replace("renamed", "again"))
    runner.until("schedule loaded", why="reload")
    runner.until("run succeeded", job="tick")
    runner.stop()
    sched.write(after.replace("renamed", "while_down"))
    second = sched.run()
    second.until("run succeeded", job="tick")
    second.stop()

    assert {"tick"} == {run["job"] for run in sched.history()}
    assert not (sched.directory / "wrong").exists()


def test_an_edit_of_anything_but_the_clock_forgets_no_fire_time(sched: Sched) -> None:
    sched.write(_TICKS)

    runner = sched.run()
    for number in range(4):
        runner.until("run succeeded", job="tick")
        sched.write(_TICKS.replace("echo", f"V={number}; echo"))
        runner.send(signal.SIGHUP)
        runner.until("schedule loaded", why="reload")
    runner.until("run succeeded", job="tick")
    runner.stop()

    runs = sched.history()
    times = [datetime.fromisoformat(run["fire_time"]) for run in runs]
    assert {timedelta(seconds=1)} == {b - a for a, b in pairwise(times)}
    assert Counter(sched.marks()) == Counter(run["fire_time"] for run in runs)


def test_a_run_of_a_job_that_is_removed_ends_normally(sched: Sched) -> None:
    sched.write("""
jobs:
  a: {clock: startup, timeout: 100s, command: 'echo x > words; read go < go; echo said; exit 3'}
""")

    runner = sched.run()
    sched.word()
    sched.write(_TICKS)
    runner.until("schedule loaded", why="reload")
    sched.go()
    runner.until("run failed", job="a", exit=3)
    runner.stop()

    (run,) = sched.history("a")
    assert ("failed", 3, "said") == (run["state"], run["exit_code"], run["reason"])


# ---- names


def test_any_name_is_a_jobs_and_stays_inside_the_state_directory(sched: Sched) -> None:
    names = [
        "../../x", "/etc/passwd", "-rf", "--help", "a b", "a\\tb", "$(touch wrong)", "'; exit 9",
        "%n%s", "日本語", "Übung", "🙂", "..", "*", "n" * 200,
    ]  # fmt: skip
    jobs = "".join(
        f"  {_quoted(name)}: {{clock: startup, command: printf '%s\\n' \"$SCHED_JOB\" >> marks}}\n"
        for name in names
    )
    sched.write(f"jobs:\n{jobs}")

    runner = sched.run()
    for _ in names:
        runner.until("run succeeded")
    runner.stop()

    runs = sched.history()
    assert sorted(names) == sorted(sched.marks()) == sorted(run["job"] for run in runs)
    assert [names[0]] == [run["job"] for run in sched.history(names[0])]
    assert not (sched.directory / "wrong").exists()
    inside = {path.name for path in sched.directory.iterdir()}
    assert {"schedules.yaml", ".sched", ".cache", "words", "go", "marks"} == inside


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def test_names_that_nobody_can_read_are_refused(sched: Sched) -> None:
    names = ['"a\\nb"', '"\\e[31m"', '"\\u202e"', "n" * 201, '""']
    jobs = "".join(f"  {name}: {{clock: startup, command: 'true'}}\n" for name in names)
    sched.write(f"jobs:\n{jobs}")

    answer = sched("run", "--for", "1s")

    assert (78, "") == (answer.returncode, answer.stdout)
    assert len(names) == answer.stderr.count(": error: the name ")
    assert [] == [c for c in answer.stderr if not c.isprintable() and c != "\n"]


# ---- many


@contextmanager
def _busy() -> Iterator[None]:
    """Keep every processor busy meanwhile."""
    with Path(os.devnull).open("wb") as nowhere:
        others = [subprocess.Popen(["yes"], stdout=nowhere) for _ in range(2)]
        yield
        for other in others:
            other.kill()
            other.wait()


def test_a_thousand_jobs_due_at_one_instant_each_run_once_on_a_busy_machine(sched: Sched) -> None:
    fire = soon() + timedelta(seconds=4)
    clock = f"clock: {{dates: ['{fire:%F %T}']}}"
    jobs = "".join(
        f"  j{number}: {{command: echo $SCHED_JOB >> marks, {clock}}}\n" for number in range(1000)
    )
    sched.write(f"jobs:\n{jobs}")

    with _busy():
        runner = sched.run()
        for _ in range(1000):
            runner.until("run succeeded")
        runner.stop()

    expected = sorted(f"j{number}" for number in range(1000))
    runs = sched.history()
    assert {(fire.isoformat(), "succeeded", 1)} == {
        (run["fire_time"], run["state"], run["attempts"]) for run in runs
    }
    assert expected == sorted(run["job"] for run in runs)
    assert expected == sorted(sched.marks())
