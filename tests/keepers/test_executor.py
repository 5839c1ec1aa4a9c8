"""Real processes, started and ended as jobs are: through a keeper."""

from __future__ import annotations

import os
import pwd
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from launching import KEY, Place, kill
from running import LIMIT, alive, gone
from schedkit import entrypoint
from schedkit.errors import ExecutorError
from schedkit.executor import NotStarted, Result, Spawned
from schedkit.keepers import KeeperExecutor
from schedkit.launch import Surroundings
from schedkit.run import AttemptKey

pytestmark = pytest.mark.system

# glibc ignores the two signals that it keeps for itself in what posix_spawn starts.
_OF_GLIBC = 1 << 31 | 1 << 32


def code(result: Result) -> int:
    assert result.status is not None
    return os.waitstatus_to_exitcode(result.status)


# ---- ends


@pytest.mark.parametrize("expected", [0, 1, 255])
def test_an_exit_code_is_told(place: Place, expected: int) -> None:
    assert expected == code(place.run(f"exit {expected}"))


def test_a_signal_is_told(place: Place) -> None:
    assert code(place.run("kill -KILL $$")) == -signal.SIGKILL


def test_a_core_that_was_left_is_told(place: Place) -> None:
    status = place.run("ulimit -c unlimited; kill -QUIT $$").status

    assert status is not None
    assert os.WTERMSIG(status) == signal.SIGQUIT


def test_what_it_used_is_told(place: Place) -> None:
    result = place.run("true")

    assert result.peak_memory_kb is not None
    assert result.cpu_time is not None
    assert result.peak_memory_kb > 0
    assert timedelta(0) <= result.cpu_time < timedelta(seconds=5)


def test_how_long_it_took_and_how_long_ago_is_told(place: Place) -> None:
    result = place.run("sleep 0.1")

    assert result.took is not None
    assert timedelta(seconds=0.1) <= result.took < timedelta(seconds=LIMIT)
    assert timedelta(0) <= result.ago < timedelta(seconds=LIMIT)


def test_a_child_that_is_no_attempt_is_handed_on(place: Place) -> None:
    child = subprocess.Popen(["/bin/true"])
    gone(child.pid)

    place.turn()

    child.wait()
    assert (child.pid, 0) in place.events


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["no-such-program"], "program no-such-program: no such file or directory"),
        (["./not-executable"], "program ./not-executable: permission denied"),
        (["./missing"], "the interpreter of ./missing: no such file or directory"),
        (["/bin/true/x"], "program /bin/true/x: not a directory"),
        (["./no-script"], "program ./no-script: exec format error"),
        (["/bin/true", "x" * 3_000_000], "program /bin/true: argument list too long"),
        (["/bin/true", "a\0b"], "program /bin/true: invalid argument"),
        (["two\nlines ü"], "program two\nlines ü: no such file or directory"),
    ],
    ids=["program", "rights", "interpreter", "no directory", "format", "long", "null", "name"],
)
@pytest.mark.parametrize("surroundings", [None, Surroundings(nice=19)], ids=["spawned", "forked"])
def test_what_cannot_be_started_says_why(
    place: Place, argv: list[str], expected: str, surroundings: Surroundings | None
) -> None:
    (place.directory / "not-executable").write_text("", encoding="utf-8")
    (place.directory / "missing").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    (place.directory / "no-script").write_text("exit 5\n", encoding="utf-8")
    (place.directory / "missing").chmod(0o700)
    (place.directory / "no-script").chmod(0o700)

    reason = place.fails(replace(place.launch(*argv), surroundings=surroundings))

    if expected.endswith("not a directory"):  # of one in a directory of PATH there might be more
        assert reason.startswith("cannot be started: program /bin/true/x: ")
    else:
        assert reason == f"cannot be started: {expected}"
    assert not place.output().exists()


@pytest.mark.parametrize("surroundings", [None, Surroundings(nice=19)], ids=["spawned", "forked"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [("none", "no such file or directory"), ("words", "not a directory")],
)
def test_a_directory_that_cannot_be_entered_says_why(
    place: Place, name: str, expected: str, surroundings: Surroundings | None
) -> None:
    directory = place.directory / name

    reason = place.fails(
        replace(place.script("true"), working_dir=directory, surroundings=surroundings)
    )

    assert reason == f"cannot be started: working_dir {directory}: {expected}"


@pytest.mark.parametrize("surroundings", [None, Surroundings(nice=19)], ids=["spawned", "forked"])
def test_an_output_that_cannot_be_written_says_why(
    place: Place, surroundings: Surroundings | None
) -> None:
    output = place.directory / "words" / "1.log"

    reason = place.fails(replace(place.script("true"), output=output, surroundings=surroundings))

    assert reason == f"cannot be started: output {output}: not a directory"


def test_without_any_keeper_nothing_is_started(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    with pytest.raises(ExecutorError, match="no keeper can be started: no such file") as caught:
        place.executor.start([place.script("true")])

    assert str(caught.value) == "no keeper can be started: no such file or directory"
    assert place.journals() == []


def test_a_keeper_that_dies_at_once_starts_nothing_and_is_not_started_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    assert place.fails(place.script("true")) == "cannot be started: its keeper died"


def test_what_is_not_started_leaves_the_others_alone(place: Place) -> None:
    launches = [
        place.launch("no-such-program") if number == 3 else
        place.script(f"exit {number}", AttemptKey(number, 1))
        for number in range(2, 6)
    ]  # fmt: skip

    place.executor.start(launches)

    codes = {number: code(place.until(Result, AttemptKey(number, 1))) for number in (2, 4, 5)}
    assert codes == {2: 2, 4: 4, 5: 5}
    assert isinstance(place.until(NotStarted), NotStarted)


# ---- output


def test_both_streams_go_to_one_file_that_others_cannot_read(place: Place) -> None:
    place.run("echo out; echo err >&2")

    modes = [path.stat().st_mode & 0o777 for path in (place.output(), place.output().parent)]
    assert (place.wrote(), modes) == ("out\nerr\n", [0o600, 0o700])


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo one; echo two; echo; echo '  '", "two"),
        ("printf 'no newline'", "no newline"),
        ("true", None),
        (r"printf '\377\376 bad\n'", "\ufffd\ufffd bad"),
        ("head -c 100000 /dev/zero | tr '\\0' x", "x" * 200),
    ],
    ids=["blank lines", "no newline", "nothing", "binary", "long"],
)
def test_the_last_line_that_says_something_is_told(
    place: Place, script: str, expected: str | None
) -> None:
    assert expected == place.run(script).last_line


def test_how_much_it_wrote_is_told(place: Place) -> None:
    result = place.run("echo four")

    assert (result.output_bytes, result.dropped_bytes) == (5, 0)


def test_one_that_writes_nothing_leaves_no_file(place: Place) -> None:
    result = place.run("true")

    assert (result.output_bytes, place.output().exists()) == (0, False)


def test_binary_output_is_kept_as_it_was_written(place: Place) -> None:
    place.run("head -c 100000 /dev/urandom | tee copy")

    assert (place.directory / "copy").read_bytes() == place.output().read_bytes()


def test_a_child_that_holds_the_output_does_not_delay_the_end(place: Place) -> None:
    result = place.run("{ read go < go; echo later; echo x > words; } & echo first")

    place.go()
    place.word()
    assert (code(result), place.wrote()) == (0, "first\nlater\n")


# Writes 400 MB, as fast as it can but for short pauses: a busy machine may be late with its looks.
_FLOOD = "for n in $(seq 20); do head -c 20000000 /dev/zero; sleep 0.02; done; echo > words;"


def _flood(place: Place) -> tuple[int, int]:
    """Return how much of the disk it takes at most while it writes, and when it has written."""
    most = 0
    while place.output().stat().st_size < 400_000_000:
        place.turn(0.005)
        most = max(most, place.output().stat().st_blocks * 512)
    place.word()
    place.turn(0.5)
    return most, place.output().stat().st_blocks * 512


def test_a_flood_takes_little_of_the_disk_while_it_lasts(place: Place) -> None:
    place.executor.start([replace(place.script(f"{_FLOOD} read go < go"), max_output=100_000)])
    place.until(Spawned)

    most, after = _flood(place)
    place.go()
    result = place.until(Result)

    assert (most < 200_000_000, after < 1_000_000) == (True, True)
    assert result.output_bytes is not None
    assert result.dropped_bytes is not None
    assert result.output_bytes + result.dropped_bytes == 400_000_000
    assert place.output().stat().st_size <= 100_000


def test_of_what_is_too_long_the_beginning_and_the_end_are_kept(place: Place) -> None:
    result = replace(place.script("seq 100000"), max_output=10_000)
    place.executor.start([result])

    told = place.until(Result)

    lines = place.wrote().splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("...")]
    assert lines[:at] == [str(number) for number in range(1, at + 1)]
    assert lines[at] == f"... {told.dropped_bytes} bytes dropped ..."
    assert lines[at + 1 :] == [str(n) for n in range(100_000 - len(lines) + at + 2, 100_001)]


# ---- what it is started with


def test_its_input_is_empty(place: Place) -> None:
    assert place.says("readlink /proc/self/fd/0; cat") == "/dev/null"


@pytest.mark.parametrize("surroundings", [None, Surroundings(nice=19)], ids=["spawned", "forked"])
def test_it_inherits_no_descriptor(place: Place, surroundings: Surroundings | None) -> None:
    descriptor = os.open(place.directory / "words", os.O_RDWR)
    os.set_inheritable(descriptor, True)
    script = "for each in /proc/$$/fd/*; do readlink $each; done"

    place.executor.start([replace(place.script(script), surroundings=surroundings)])
    place.until(Result)

    os.close(descriptor)
    assert set(place.wrote().splitlines()) == {"/dev/null", str(place.output())}


def test_it_leads_a_process_group_of_its_own_in_the_session_of_its_keeper(place: Place) -> None:
    pid, group, session = place.says("cut -d' ' -f1,5,6 /proc/$$/stat").split()

    assert (pid, [int(session)]) == (group, place.keepers())


@pytest.mark.parametrize("surroundings", [None, Surroundings(nice=19)], ids=["spawned", "forked"])
def test_no_signal_is_blocked_or_ignored(place: Place, surroundings: Surroundings | None) -> None:
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])
    handler = signal.signal(signal.SIGUSR2, signal.SIG_IGN)

    place.executor.start(
        [replace(place.launch("cat", "/proc/self/status"), surroundings=surroundings)]
    )
    place.until(Result)

    signal.signal(signal.SIGUSR2, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    fields = dict(line.split(":\t") for line in place.wrote().splitlines())
    ignored = int(fields["SigIgn"], 16) & ~_OF_GLIBC
    assert (int(fields["SigBlk"], 16), ignored) == (0, 0)


def test_its_environment_is_the_runners_and_what_is_added(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("CHANGED", "1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    launch = place.launch("env")
    place.executor.start([replace(launch, env={**launch.env, "CHANGED": "ü\udcff"})])
    place.until(Result)

    data = place.output().read_bytes().splitlines()

    assert b"KEPT=1" in data
    assert "CHANGED=ü".encode() + b"\xff" in data
    assert not [line for line in data if line.startswith(b"NOTIFY_SOCKET")]


def test_a_program_is_looked_for_in_the_path_that_its_environment_has(place: Place) -> None:
    program = place.directory / "mine"
    program.write_text("#!/bin/sh\necho found\n", encoding="utf-8")
    program.chmod(0o700)
    launch = place.launch("mine")
    path = f"{place.directory / 'words'}:/no/such:{place.directory}"

    place.executor.start([replace(launch, env={**launch.env, "PATH": path})])
    place.until(Result)

    assert place.wrote() == "found\n"


def test_a_script_that_names_no_interpreter_is_for_the_shell(place: Place) -> None:
    program = place.directory / "script"
    program.write_text("echo $0 $1\n", encoding="utf-8")
    program.chmod(0o700)
    launch = place.launch("./script", "x")

    place.executor.start([replace(launch, script=("/bin/sh", "-c", "./script x"))])
    place.until(Result)

    assert place.wrote() == "./script x\n"


@pytest.mark.parametrize("umask", [0o027, 0o777])
def test_a_umask_is_the_jobs_own(place: Place, umask: int) -> None:
    former = os.umask(0o022)
    place.executor.start([replace(place.script("umask"), umask=umask)])
    place.until(Result)
    second = AttemptKey(2, 1)
    place.executor.start([place.script("umask", second)])
    place.until(Result, second)
    os.umask(former)

    assert (int(place.wrote(), 8), int(place.wrote(second), 8)) == (umask, 0o022)


def test_limits_and_niceness_are_the_jobs_own(place: Place) -> None:
    limits = (
        ("memory", resource.RLIMIT_AS, 64 << 20, 64 << 20),
        ("cpu_time", resource.RLIMIT_CPU, 5, 6),
        ("open_files", resource.RLIMIT_NOFILE, 32, 32),
    )
    script = "ulimit -v; ulimit -St; ulimit -Ht; ulimit -n; nice"

    place.executor.start(
        [replace(place.script(script), surroundings=Surroundings(nice=7, limits=limits))]
    )
    place.until(Result)

    assert place.wrote().split() == ["65536", "5", "6", "32", "7"]


def test_very_little_memory_is_no_failure_of_ours(place: Place) -> None:
    limits = (("memory", resource.RLIMIT_AS, 8 << 20, 8 << 20),)

    place.executor.start(
        [replace(place.launch("/bin/true"), surroundings=Surroundings(limits=limits))]
    )

    assert code(place.until(Result)) == 0


def test_a_limit_that_cannot_be_set_says_which(place: Place) -> None:
    limits = (("open_files", resource.RLIMIT_NOFILE, 2**62, 2**62),)

    reason = place.fails(replace(place.script("true"), surroundings=Surroundings(limits=limits)))

    assert reason == f"cannot be started: limits.open_files {2**62}: operation not permitted"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_comes_with_its_groups(place: Place) -> None:
    someone = pwd.getpwnam("daemon")
    around = Surroundings(someone.pw_uid, someone.pw_gid, (someone.pw_gid, 4, 20), nice=None)
    place.directory.chmod(0o755)
    launch = replace(
        place.script("id -u; id -g; id -G"), surroundings=around, working_dir=Path("/")
    )

    place.executor.start([launch])
    place.until(Result)

    user, group, groups = place.wrote().splitlines()
    assert (int(user), int(group)) == (someone.pw_uid, someone.pw_gid)
    assert set(map(int, groups.split())) == {someone.pw_gid, 4, 20}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_directory_closed_to_the_user_says_so(place: Place) -> None:
    closed = place.directory / "closed"
    closed.mkdir(mode=0o700)
    launch = replace(
        place.script("true"), working_dir=closed, surroundings=Surroundings(1, 1, (1,))
    )

    assert place.fails(launch) == f"cannot be started: working_dir {closed}: permission denied"


def test_what_a_function_returns_is_told(place: Place) -> None:
    (place.directory / "mod.py").write_text("def f(a):\n  return a + 1\n", encoding="utf-8")
    launch = place.launch(sys.executable, entrypoint.__file__, "mod:f")
    env = {**launch.env, "SCHED_PARAMS": '{"a": 4}', "SCHED_RESULT": "3"}
    result = place.output().with_suffix(".json")

    place.executor.start([replace(launch, env=env, result=result)])

    told = place.until(Result)
    assert (told.result, told.raised, result.exists()) == ("5", None, False)


# ---- whole trees


_IGNORES = "sh -c 'trap \"\" TERM; echo $$ > words; while :; do sleep 1000; done'"


def test_one_that_was_stopped_has_ended_when_all_that_it_started_has(place: Place) -> None:
    leader = place.start(f"setsid {_IGNORES} & sleep 1000")
    child = int(place.word())
    place.executor.stop(KEY, signal.SIGTERM)
    place.turn(0)
    gone(leader)
    place.turn(0.3)
    before = [event for event in place.events if isinstance(event, Result)]

    place.executor.kill(KEY)
    result = place.until(Result)

    assert (before, code(result), alive(child)) == ([], -signal.SIGTERM, False)


def test_killing_ends_a_daemon_too(place: Place) -> None:
    place.start(f"(setsid {_IGNORES} &) ; sleep 1000")
    daemon = int(place.word())

    place.executor.kill(KEY)
    place.until(Result)

    assert not alive(daemon)


def test_killing_ends_one_that_is_stopped(place: Place) -> None:
    place.start("echo > words; kill -STOP $$")
    place.word()

    place.executor.kill(KEY)

    assert code(place.until(Result)) == -signal.SIGKILL


def test_one_that_is_stopped_gets_its_signal(place: Place) -> None:
    place.start("trap 'exit 5' TERM; echo > words; kill -STOP $$; :")
    place.word()
    (pid,) = place.executor._running

    while Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] != "T":
        pass
    place.executor.stop(KEY, signal.SIGTERM)

    assert code(place.until(Result)) == 5


def test_one_that_ends_by_itself_leaves_its_daemon_alone(place: Place) -> None:
    place.start(f"setsid {_IGNORES} & sleep 0.01")
    daemon = int(place.word())

    place.until(Result)

    assert alive(daemon)


def test_what_is_over_may_be_stopped_without_effect(place: Place) -> None:
    place.run("true")

    place.executor.stop(KEY, signal.SIGTERM)
    place.executor.kill(KEY)

    assert (place.executor.next_check(), list(place.executor.events())) == (None, [])


def test_many_are_killed_with_one_look_at_the_machine(place: Place) -> None:
    keys = [AttemptKey(number, 1) for number in range(1, 41)]
    place.executor.start([place.script("setsid sleep 1000 & sleep 1000", key) for key in keys])
    for key in keys:
        place.until(Spawned, key)

    for key in keys:
        place.executor.kill(key)

    assert {code(place.until(Result, key)) for key in keys} == {-signal.SIGKILL}


# ---- many


def test_three_hundred_jobs_leave_nothing_behind(place: Place) -> None:
    place.run("true")
    (keeper,) = place.keepers()
    before = [_held(pid) for pid in (os.getpid(), keeper)]
    keys = [AttemptKey(number, 1) for number in range(2, 302)]

    for start in range(0, 300, 100):
        place.executor.start(
            [place.launch("/bin/true", key=key) for key in keys[start : start + 100]]
        )
        for key in keys[start : start + 100]:
            place.until(Result, key)
    place.fails(place.launch("no-such-program"))

    assert before == [_held(pid) for pid in (os.getpid(), keeper)]
    assert not [path for path in (place.directory / "output").rglob("*") if path.is_file()]


def _held(pid: int) -> tuple[int, int, str]:
    """Return how many descriptors and threads a process has, and its children."""
    root = Path(f"/proc/{pid}")
    children = (root / "task" / str(pid) / "children").read_text(encoding="ascii")
    return len(list((root / "fd").iterdir())), len(list((root / "task").iterdir())), children


def test_more_than_a_socket_holds_is_sent_bit_by_bit(place: Place) -> None:
    keys = [AttemptKey(number, 1) for number in range(1, 41)]
    argument = "x" * 100_000

    place.executor.start([place.launch("/bin/echo", argument, key=key) for key in keys])
    for key in keys:
        place.until(Result, key)

    assert {len(place.wrote(key)) for key in keys} == {100_001}


# ---- keepers


def test_a_long_journal_is_followed_by_another_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedkit.keepers.executor._LARGEST", 500)
    place.executor.start([place.script("read go < go; exit 5")])
    place.until(Spawned)
    (first,) = place.keepers()
    for number in range(2, 12):
        place.executor.start([place.launch("/bin/true", key=AttemptKey(number, 1))])
        place.until(Result, AttemptKey(number, 1))
    place.executor.start([place.script("exit 6", AttemptKey(50, 1))])
    second = place.until(Result, AttemptKey(50, 1))
    both = len(place.keepers())
    place.go()
    result = place.until(Result)
    gone(first)
    place.turn(0.1)
    place.executor.forget()

    assert (both, code(result), code(second)) == (2, 5, 6)
    assert (len(place.keepers()), len(place.journals())) == (1, 1)


def test_the_exit_status_of_what_runs_is_known_without_its_keeper(place: Place) -> None:
    place.start("read go < go; exit 5")
    kill(*place.keepers())
    place.turn(0.1)

    place.go()
    result = place.until(Result)

    assert (code(result), result.took is not None) == (5, True)
    assert result.peak_memory_kb is not None


def test_a_daemon_is_killed_without_its_keeper_too(place: Place) -> None:
    place.start(f"(setsid {_IGNORES} &) ; sleep 1000")
    daemon = int(place.word())
    kill(*place.keepers())
    place.turn(0.1)

    place.executor.kill(KEY)
    result = place.until(Result)

    assert (code(result), alive(daemon)) == (-signal.SIGKILL, False)


def test_a_flood_is_kept_small_without_its_keeper_too(place: Place) -> None:
    script = f"echo > words; read go < go; {_FLOOD} read go < go"
    place.executor.start([replace(place.script(script), max_output=100_000)])
    place.word()
    place.until(Spawned)
    kill(*place.keepers())
    place.turn(0.5)
    while place.executor.next_check() is not None:
        place.turn()
    place.go()

    most, after = _flood(place)
    place.go()
    result = place.until(Result)

    assert (most < 200_000_000, after < 1_000_000) == (True, True)
    assert result.dropped_bytes is not None
    assert result.dropped_bytes > 399_000_000


def test_a_job_that_kills_its_keeper_has_one_start_and_its_exit_status(place: Place) -> None:
    place.executor.start([place.script("echo x >> marks; kill -9 $PPID; exit 3")])

    result = place.until(Result)

    marks = (place.directory / "marks").read_text(encoding="ascii")
    assert (code(result), marks) == (3, "x\n")


def test_what_a_dead_keeper_had_not_started_is_started_by_another_one(place: Place) -> None:
    place.run("true")
    (keeper,) = place.keepers()
    os.kill(keeper, signal.SIGSTOP)
    key = AttemptKey(2, 1)
    place.executor.start([place.script("echo x >> marks; exit 5", key)])
    kill(keeper)

    result = place.until(Result, key)

    marks = (place.directory / "marks").read_text(encoding="ascii")
    assert (code(result), marks) == (5, "x\n")


def test_every_status_is_told_when_the_keeper_is_killed_among_many(place: Place) -> None:
    keys = [AttemptKey(number, 1) for number in range(1, 101)]
    place.executor.start(
        [place.script(f"echo x >> {key.run}.marks; exit {key.run}", key) for key in keys]
    )
    place.until(Spawned, keys[20])

    kill(*place.keepers())

    assert [code(place.until(Result, key)) for key in keys] == [key.run for key in keys]
    marks = [(place.directory / f"{key.run}.marks").read_text(encoding="ascii") for key in keys]
    assert set(marks) == {"x\n"}


def test_a_keeper_ends_with_its_last_job_when_the_executor_is_closed(place: Place) -> None:
    place.start("read go < go")
    (keeper,) = place.keepers()

    place.executor.close()
    stays = alive(keeper)
    place.go()

    assert (stays, gone(keeper)) == (True, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_keeper_is_not_ended_by_what_is_meant_for_the_runner(
    place: Place, number: signal.Signals
) -> None:
    place.run("true")
    (keeper,) = place.keepers()

    os.kill(keeper, number)
    place.executor.start([place.script("exit 5", AttemptKey(2, 1))])

    assert code(place.until(Result, AttemptKey(2, 1))) == 5
    assert place.keepers() == [keeper]


def test_an_executor_that_started_nothing_has_no_keeper(tmp_path: Path) -> None:
    executor = KeeperExecutor(tmp_path, "0" * 32)

    executor.close()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ends", [False, True])
def test_a_keeper_does_nothing_while_nothing_happens(place: Place, *, ends: bool) -> None:
    place.start("read go < go")
    (keeper,) = place.keepers()
    place.turn(0.3)  # the first looks at its output
    if ends:
        place.go()
        place.until(Result)
        place.turn(0.1)
    before = _switches(keeper)

    place.turn(1)

    assert (before, place.executor.next_check()) == (_switches(keeper), None)


def _switches(pid: int) -> list[str]:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    ticks = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return [line for line in status if line.startswith("voluntary")] + ticks
