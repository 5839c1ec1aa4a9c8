"""Every row of what can be found of an attempt whose runner was killed, with real kills."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest

from launching import BOOT, KEY, STORE, Place, kill
from running import LIMIT, alive, gone
from schedkit import processes
from schedkit.executor import Found, Result
from schedkit.keeper import journal
from schedkit.keepers import journals
from schedkit.launch import mark
from schedkit.run import AttemptKey

pytestmark = pytest.mark.system

_LIVES = "echo $$ > words; read go < go; exit 5"


def _code(result: Result | None) -> int | None:
    assert result is not None
    return None if result.status is None else os.waitstatus_to_exitcode(result.status)


def _one(found: list[Found]) -> Found:
    (one,) = found
    return one


def _write(place: Place, *lines: bytes, name: int = 1) -> Path:
    """Write a journal whose keeper is dead."""
    directory = place.directory / "keepers"
    directory.mkdir(exist_ok=True)
    path = directory / str(name)
    path.write_bytes(b"".join(lines))
    return path


def _born(pid: int = 1, boot: str = BOOT) -> bytes:
    return journal.line("K", journal.VERSION, pid, journal.boottime(), boot)


def _leave_orphans_to_init() -> None:
    """Let this process get none, as a runner does not that was started after they were left."""
    ctypes.CDLL(None).prctl(processes._PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


# ---- ended, or never begun


def test_an_end_is_told_that_came_while_no_runner_was_up(place: Place) -> None:
    other = place.other(f"{_LIVES[:-6]}echo said; exit 5")
    place.word()
    (keeper,) = place.keepers()
    other.kill()
    place.go()
    assert gone(keeper)

    found = _one(place.found())

    assert found.ended is not None
    assert found.spawned is not None
    assert (_code(found.ended), found.ended.last_line, found.alive) == (5, "said", False)
    assert found.ended.cpu_time is not None
    assert found.ended.took is not None
    assert timedelta(0) <= found.ended.ago < timedelta(seconds=20)
    assert found.ended.ago <= found.spawned.ago


def test_an_end_is_told_though_the_keeper_goes_on(place: Place) -> None:
    other = place.other("exit 5", _LIVES)
    other.until("Result")
    place.word()
    other.kill()

    ended, alive_ = place.found(place.left(1), place.left(2))

    assert (_code(ended.ended), alive_.alive) == (5, True)


def test_why_it_was_not_started_is_told(place: Place) -> None:
    place.output().parent.mkdir(parents=True)
    place.output().touch()
    _write(place, _born(), journal.line("F", "1.1", 2, "program", journal.quoted(b"no such")))

    found = _one(place.found())

    assert found.not_started is not None
    assert (
        found.not_started.reason == "cannot be started: program no such: no such file or directory"
    )
    assert not place.output().exists()


def test_what_was_never_started_has_neither_start_nor_output(place: Place) -> None:
    place.other("true").kill()

    assert place.found(place.left(7)) == [Found(AttemptKey(7, 1))]


def test_what_was_ordered_and_not_read_yet_is_started_before_anybody_looks(place: Place) -> None:
    """The keeper has the order; its runner is dead. Only when it says so nothing more can come."""
    other = place.other(_LIVES)
    place.word()
    (keeper,) = place.keepers()
    os.kill(keeper, signal.SIGSTOP)
    other.start(2, "echo late >> late")
    other.kill()
    subprocess.Popen(["/bin/sh", "-c", f"sleep 0.3; kill -CONT {keeper}"]).returncode = 0

    _, second = place.found(place.left(1), place.left(2))

    told = second.ended or place.until(Result, AttemptKey(2, 1))
    assert _code(told) == 0
    assert (place.directory / "late").read_text(encoding="ascii") == "late\n"


def test_a_keeper_that_hangs_is_killed_and_starts_nothing_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "_LONGEST", 0.2)
    other = place.other(_LIVES)
    place.word()
    (keeper,) = place.keepers()
    os.kill(keeper, signal.SIGSTOP)
    other.start(2, "echo late >> late")
    other.kill()

    first, second = place.found(place.left(1), place.left(2))

    assert (first.alive, second) == (True, Found(AttemptKey(2, 1)))
    assert gone(keeper)
    assert not (place.directory / "late").exists()


# ---- still there


def test_what_still_runs_under_its_keeper_is_adopted_and_its_end_is_told(place: Place) -> None:
    other = place.other(_LIVES)
    pid = int(place.word())
    other.kill()

    found = _one(place.found())
    place.go()
    result = place.until(Result)

    assert found.spawned is not None
    assert (found.alive, found.spawned.pid, _code(result)) == (True, pid, 5)
    assert result.cpu_time is not None


def test_several_are_adopted_and_each_has_its_own_end(place: Place) -> None:
    other = place.other(*[f"read go < go; exit {number}" for number in (0, 4, 0, 6)])
    other.kill()

    found = place.found(*[place.left(number) for number in range(1, 5)])
    for _ in found:
        place.go()

    ends = [_code(place.until(Result, AttemptKey(number, 1))) for number in range(1, 5)]
    assert ([one.alive for one in found], ends) == ([True] * 4, [0, 4, 0, 6])


def test_the_end_is_told_when_the_keeper_is_killed_after_it_was_written(place: Place) -> None:
    other = place.other(_LIVES, "read go < go")
    place.word()
    other.kill()
    _one(place.found())
    place.go()
    place.go()
    for pid in place.keepers():
        gone(pid)

    assert _code(place.until(Result)) == 5


def test_what_outlives_runner_and_keeper_is_watched_and_nobody_knows_how_it_ends(
    place: Place,
) -> None:
    _leave_orphans_to_init()
    other = place.other(_LIVES)
    pid = int(place.word())
    (keeper,) = place.keepers()
    other.kill()
    kill(keeper)

    found = _one(place.found())
    place.go()
    result = place.until(Result)

    assert found.spawned is not None
    assert (found.alive, found.spawned.pid, _code(result)) == (True, pid, None)


def test_what_ended_unseen_is_told_to_have_been_started(place: Place) -> None:
    _leave_orphans_to_init()
    other = place.other(_LIVES)
    pid = int(place.word())
    (keeper,) = place.keepers()
    other.kill()
    kill(keeper)
    place.go()
    assert gone(pid)

    found = _one(place.found())

    assert found.spawned is not None
    assert (found.spawned.pid, found.alive, found.ended, found.output) == (pid, False, None, True)


def test_a_keeper_that_is_killed_after_its_job_was_adopted_leaves_no_doubt(place: Place) -> None:
    _leave_orphans_to_init()
    other = place.other(_LIVES)
    place.word()
    (keeper,) = place.keepers()
    other.kill()
    found = _one(place.found())
    kill(keeper)

    place.go()

    assert (found.alive, _code(place.until(Result))) == (True, None)


def test_all_that_an_adopted_one_started_is_ended(place: Place) -> None:
    ignores = "sh -c 'trap \"\" TERM; echo $$ > words; while :; do sleep 1000; done'"
    other = place.other(f"(setsid {ignores} &) ; setsid {ignores} & sleep 1000")
    pids = [int(place.word()) for _ in range(2)]
    other.kill()
    place.found()
    place.executor.stop(KEY, signal.SIGTERM)
    place.turn(0)
    place.turn(0.3)
    before = [event for event in place.events if isinstance(event, Result)]

    place.executor.kill(KEY)
    result = place.until(Result)

    assert (before, _code(result)) == ([], -signal.SIGTERM)
    assert [alive(pid) for pid in pids] == [False, False]


@pytest.mark.parametrize("keeper_too", [False, True])
def test_an_adopted_one_can_be_killed(place: Place, *, keeper_too: bool) -> None:
    _leave_orphans_to_init()
    other = place.other("(setsid sh -c 'echo $$ > words; sleep 1000; :' &) ; sleep 1000")
    daemon = int(place.word())
    (keeper,) = place.keepers()
    other.kill()
    if keeper_too:
        kill(keeper)
    place.found()

    place.executor.kill(KEY)
    result = place.until(Result)

    assert _code(result) == (None if keeper_too else -signal.SIGKILL)
    assert not alive(daemon)


def test_a_flood_is_kept_small_while_no_runner_is_up(place: Place) -> None:
    flood = "read go < go; head -c 100000000 /dev/zero; echo > words; read go < go; exit 5"
    other = place.other(flood, limit=100_000)
    other.kill()
    place.go()
    place.word()
    end = time.monotonic() + 5
    while place.output().stat().st_blocks * 512 > 1_000_000:
        assert time.monotonic() < end, "nobody trims it"

    place.found()
    place.go()
    result = place.until(Result)

    assert result.output_bytes is not None
    assert result.dropped_bytes is not None
    assert (_code(result), result.output_bytes + result.dropped_bytes) == (5, 100_000_000)
    assert place.output().stat().st_size <= 100_000


def test_without_pidfds_an_adopted_one_is_watched_and_killed_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old kernels have none, and some containers allow none."""

    def fail(_: int) -> int:
        raise OSError(errno.ENOSYS, "not implemented")

    other = place.other(_LIVES, "sleep 1000")
    place.word()
    other.kill()
    monkeypatch.setattr(os, "pidfd_open", fail)
    second = AttemptKey(2, 1)
    found = place.found(place.left(1), place.left(2))

    place.turn(0.1)
    place.executor.kill(second)
    place.go()

    assert [one.alive for one in found] == [True, True]
    assert (_code(place.until(Result)), _code(place.until(Result, second))) == (5, -9)


# ---- its start was not written


def _half_started(place: Place, *, marked: bool = True) -> int:
    """
    Start what a keeper would have that was killed before it wrote so; return its pid.

    It is in a session of its own: a keeper of that pid would have made it.
    """
    name, _, value = mark(KEY, STORE).partition("=")
    env = {"PATH": os.environ["PATH"], "SCHED_TEST": str(place.directory)}
    output = place.output()
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as file:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _LIVES],
            cwd=place.directory,
            env={**env, name: value} if marked else env,
            stdout=file,
            start_new_session=True,
        )
    child.returncode = 0  # the executor reaps it
    place.word()
    return child.pid


def test_a_process_whose_start_was_not_written_is_found_by_its_mark(place: Place) -> None:
    pid = _half_started(place)
    _write(place, _born(pid))

    found = _one(place.found())
    place.go()
    result = place.until(Result)

    assert found.spawned is not None
    assert (found.alive, found.spawned.pid, found.output) == (True, pid, True)
    assert _code(result) == 5  # it is a child of this process


def test_an_output_alone_leaves_it_unknown(place: Place) -> None:
    pid = _half_started(place, marked=False)
    _write(place, _born(pid))

    found = _one(place.found())

    os.kill(pid, signal.SIGKILL)
    assert found == Found(KEY, output=True)


def test_a_process_with_the_mark_in_another_session_is_not_it(place: Place) -> None:
    _half_started(place)
    _write(place, _born(1))

    found = _one(place.found())

    place.go()
    assert found == Found(KEY, output=True)


# ---- other pids, other boots, other files


def test_another_process_of_the_same_pid_is_not_adopted(place: Place) -> None:
    child = subprocess.Popen(["/bin/sleep", "1000"])
    _write(place, _born(), journal.line("S", "1.1", child.pid, 5, 100))

    found = _one(place.found())

    child.kill()
    child.wait()
    assert found.spawned is not None
    assert (found.spawned.pid, found.alive, found.ended) == (child.pid, False, None)


def test_what_only_the_store_knows_to_have_started_is_adopted(place: Place) -> None:
    pid = _half_started(place)
    attempt = place.left(pid=pid, start=journal.boottime())

    found = _one(place.found(attempt))
    place.go()

    assert (found.alive, _code(place.until(Result))) == (True, 5)


def test_nothing_runs_that_was_started_before_the_machine_was(place: Place) -> None:
    child = subprocess.Popen(["/bin/sleep", "1000"])
    started = journal.line("S", "1.1", child.pid, journal.boottime(), 100)
    _write(place, _born(boot="another"), started)

    found = _one(place.found(place.left(boot="another")))

    child.kill()
    child.wait()
    assert found.spawned is not None
    assert (found.spawned.pid, found.alive) == (child.pid, False)


def test_an_end_before_the_machine_was_restarted_is_told_with_its_time(place: Place) -> None:
    hour = 3600 * 10**9
    _write(
        place,
        journal.line("K", 1, 5, 100 * hour, "another"),
        journal.line("S", "1.1", 6, 101 * hour, 100),
        journal.line("E", "1.1", 5 << 8, 103 * hour),
        journal.line("U", "1.1", 1, 2, 3),
        name=time.time_ns() - 5 * hour,
    )

    found = _one(place.found(place.left(boot="another")))

    assert found.ended is not None
    assert found.spawned is not None
    assert (_code(found.ended), found.ended.took) == (5, timedelta(hours=2))
    assert (found.spawned.ago, found.ended.ago) == pytest.approx(
        (timedelta(hours=4), timedelta(hours=2)), abs=timedelta(minutes=1)
    )


def test_what_a_power_cut_left_of_a_journal_is_no_hindrance(place: Place) -> None:
    _write(
        place,
        _born(),
        journal.line("S", "1.1", 6, 100, 100),
        b"\0" * 100 + b"\n",
        b"E 1.1 x y\n",
        b"S 2\nE 1.1\nF 1.1 2\nK\n\n\xff\xfe\n",
        journal.line("E", "1.1", 5 << 8, 300),
        b"E 1.1 0",
    )

    assert _code(_one(place.found()).ended) == 5


def test_the_last_journal_that_tells_of_an_attempt_counts(place: Place) -> None:
    _write(place, _born(), journal.line("F", "1.1", 2, "program", journal.quoted(b"x")), name=1)
    last = [journal.line("S", "1.1", 6, 100, 100), journal.line("E", "1.1", 5 << 8, 300)]
    _write(place, _born(), *last, name=2)

    assert _code(_one(place.found()).ended) == 5


def test_a_file_that_is_no_journal_is_left_alone(place: Place) -> None:
    directory = place.directory / "keepers"
    directory.mkdir()
    (directory / "lost+found").mkdir()

    place.found()
    place.executor.forget()

    assert (directory / "lost+found").is_dir()


# ---- forgetting


def test_the_journals_of_dead_keepers_go_and_those_that_are_needed_stay(place: Place) -> None:
    ended = _write(place, _born(), journal.line("S", "1.1", 6, 100, 100))
    other = place.other(_LIVES)
    place.word()
    (theirs,) = place.keepers()
    other.kill()
    place.found()

    place.executor.forget()
    before = place.journals()
    place.go()
    place.until(Result)
    gone(theirs)
    place.executor.forget()

    assert ended not in before
    assert (len(before), len(place.journals())) == (2, 1)


def test_a_keeper_is_there_before_anything_starts(place: Place) -> None:
    place.executor.take_over([], BOOT)
    before = place.journals()

    place.executor.start([place.script("exit 6")])
    place.until(Result)

    assert (1, before) == (len(before), place.journals())


def test_the_keepers_of_an_earlier_runner_and_ours_are_kept_apart(place: Place) -> None:
    other = place.other(_LIVES)
    place.word()
    other.kill()
    place.found()

    second = AttemptKey(2, 1)
    place.executor.start([place.script("exit 6", second)])
    result = place.until(Result, second)
    place.go()

    assert (_code(result), _code(place.until(Result))) == (6, 5)


def test_a_journal_is_held_by_its_keeper_and_by_no_job(place: Place) -> None:
    place.start(_LIVES)
    (path,) = place.journals()
    held = _is_held(path)
    kill(*place.keepers())
    end = time.monotonic() + LIMIT

    while _is_held(path):  # by what executes its program at this moment, still
        assert time.monotonic() < end, "the job holds it"

    assert held


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


# ---- again and again


def test_three_runners_are_killed_and_no_status_is_lost(place: Place) -> None:
    first = place.other("read go < go; exit 1", "read go < go; exit 2")
    first.kill()
    second = place.other("read go < go; exit 3", first=3)
    second.kill()

    found = place.found(*[place.left(number) for number in range(1, 4)])
    for _ in found:
        place.go()

    keys = [AttemptKey(number, 1) for number in range(1, 4)]
    assert [_code(place.until(Result, key)) for key in keys] == [1, 2, 3]
    assert [one.alive for one in found] == [True] * 3
