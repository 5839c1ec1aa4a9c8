"""Real processes, started and ended as jobs are."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from asking import utc
from running import LIMIT, alive, gone, kill_marked
from schedkit import processes
from schedkit.errors import ExecutorError
from schedkit.executor import ChildExecutor, Result
from schedkit.launch import Launch
from schedkit.run import AttemptKey, OpenAttempt, Trigger
from schedkit.watch import Signals

pytestmark = pytest.mark.system

KEY = AttemptKey(1, 1)
MARK = "SCHED_RUN_ID=test"


class Place:
    """A directory, an executor, and waiting for what ends."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.output = directory / "out" / "1.log"
        self.executor = ChildExecutor()
        self._mark = f"SCHED_TEST={directory}"
        self._signals = Signals([signal.SIGCHLD])
        os.mkfifo(directory / "words")
        self._words = os.open(directory / "words", os.O_RDWR)

    def launch(self, *argv: str, directory: Path | None = None) -> Launch:
        return Launch(KEY, argv, self.env(), directory or self.directory, self.output, None, MARK)

    def env(self) -> dict[str, str]:
        """Return an environment by which a run is known, and this test."""
        return {
            "PATH": os.environ["PATH"],
            "SCHED_RUN_ID": "test",
            "SCHED_TEST": str(self.directory),
        }

    def start(self, *argv: str) -> int:
        """Start a program; return its pid."""
        return self.executor.start(self.launch(*argv)).pid

    def run(self, script: str) -> Result:
        """Run a shell script to its end."""
        self.start("/bin/sh", "-c", script)
        return self.end()

    def says(self, script: str) -> str:
        """Return what a shell script writes."""
        self.run(script)
        return self.output.read_text(encoding="utf-8").strip()

    def end(self) -> Result:
        """Wait for the end of the attempt."""
        while True:
            for found in self.executor.results():
                if isinstance(found, Result):
                    return found
            ready, _, _ = select.select([self._signals.descriptor], [], [], LIMIT)
            assert ready, "it does not end"
            self._signals.read()

    def kill(self) -> Result:
        """Kill the attempt, once more each second as a runner does, and wait for its end."""
        for _ in range(int(LIMIT)):
            self.executor.kill(KEY)
            for found in self.executor.results():
                if isinstance(found, Result):
                    return found
            select.select([self._signals.descriptor], [], [], 1.0)
            self._signals.read()
        raise AssertionError("it cannot be killed")

    def pid(self) -> int:
        """Wait for a pid that a process writes to `words`."""
        text = b""
        while not text.endswith(b"\n"):
            assert select.select([self._words], [], [], LIMIT)[0], "nobody said a pid"
            text += os.read(self._words, 1)
        return int(text)

    def close(self) -> None:
        kill_marked(self._mark)
        self._signals.close()
        os.close(self._words)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with closing(Place(tmp_path)) as made:
        yield made
    ctypes.CDLL(None).prctl(processes._PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


# ---- ends


@pytest.mark.parametrize("code", [0, 1, 255])
def test_an_exit_code_is_told(place: Place, code: int) -> None:
    result = place.run(f"exit {code}")

    assert result.status is not None
    assert (os.waitstatus_to_exitcode(result.status), result.stopped) == (code, False)


def test_a_signal_is_told(place: Place) -> None:
    result = place.run("kill -KILL $$")

    assert result.status is not None
    assert os.waitstatus_to_exitcode(result.status) == -signal.SIGKILL


def test_what_it_used_is_told(place: Place) -> None:
    result = place.run("true")

    assert result.peak_memory_kb is not None
    assert result.cpu_time is not None
    assert result.peak_memory_kb > 0
    assert timedelta(0) <= result.cpu_time < timedelta(seconds=5)


def test_a_child_that_is_no_attempt_is_handed_on(place: Place) -> None:
    child = subprocess.Popen(["/bin/true"])
    gone(child.pid)

    found = list(place.executor.results())

    child.wait()
    assert (child.pid, 0) in found


@pytest.mark.parametrize(
    ("argv", "directory", "expected"),
    [
        (["no-such-program"], None, "no-such-program: no such file or directory"),
        (["./not-executable"], None, "./not-executable: permission denied"),
        (["/bin/true"], Path("/no/such/dir"), "/no/such/dir: no such file or directory"),
        (["/bin/true", "a\0b"], None, "embedded null byte"),
        (["/bin/true", "x" * 3_000_000], None, "/bin/true: argument list too long"),
    ],
    ids=["no program", "not executable", "no directory", "null byte", "too long"],
)
def test_what_cannot_be_started_says_why(
    place: Place, argv: list[str], directory: Path | None, expected: str
) -> None:
    (place.directory / "not-executable").write_text("", encoding="utf-8")

    with pytest.raises(ExecutorError) as caught:
        place.executor.start(place.launch(*argv, directory=directory))

    assert str(caught.value) == f"cannot be started: {expected}"


def test_a_hundred_runs_leak_no_descriptor(place: Place) -> None:
    place.run("true")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # one descriptor more or less counts

    for _ in range(100):
        place.run("true")
        with suppress(ExecutorError):
            place.executor.start(place.launch("no-such-program"))

    assert before == len(os.listdir("/proc/self/fd"))  # noqa: PTH208


# ---- output


def test_both_streams_go_to_one_file_that_others_cannot_read(place: Place) -> None:
    place.run("echo out; echo err >&2")

    mode = place.output.stat().st_mode & 0o777
    assert (place.output.read_text(encoding="utf-8"), mode) == ("out\nerr\n", 0o600)


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
    assert place.run("echo four").output_bytes == 5


# ---- what it is started with


def test_its_input_is_empty(place: Place) -> None:
    assert place.says("readlink /proc/self/fd/0; cat") == "/dev/null"


def test_it_inherits_no_descriptor(place: Place) -> None:
    descriptor = os.open(place.directory / "words", os.O_RDWR)
    os.set_inheritable(descriptor, True)

    said = place.says("for each in /proc/$$/fd/*; do readlink $each; done")

    os.close(descriptor)
    assert set(said.splitlines()) == {"/dev/null", str(place.output)}


def test_it_leads_a_process_group_of_its_own(place: Place) -> None:
    pid, group = place.says("cut -d' ' -f1,5 /proc/$$/stat").split()

    assert pid == group


def test_no_signal_is_blocked(place: Place) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])

    place.start("grep", "SigBlk", "/proc/self/status")

    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    place.end()
    assert place.output.read_text(encoding="utf-8").split() == ["SigBlk:", "0" * 16]


def test_a_broken_pipe_ends_it_as_anywhere(place: Place) -> None:
    ignored = int(place.says("grep SigIgn /proc/self/status").split()[1], 16)

    assert ignored & 1 << (signal.SIGPIPE - 1) == 0


# ---- whole trees


_IGNORES = "sh -c 'trap \"\" TERM; echo $$ > words; while :; do sleep 1000; done'"


def test_one_that_was_stopped_has_ended_when_all_that_it_started_has(place: Place) -> None:
    leader = place.start("/bin/sh", "-c", f"setsid {_IGNORES} & sleep 1000")
    child = place.pid()
    place.executor.stop(KEY, signal.SIGTERM)
    gone(leader)

    before = [one for one in place.executor.results() if isinstance(one, Result)]
    result = place.kill()

    assert (before, result.stopped, alive(child)) == ([], True, False)


def test_killing_ends_a_daemon_too(place: Place) -> None:
    place.start("/bin/sh", "-c", f"(setsid {_IGNORES} &) ; sleep 1000")
    daemon = place.pid()

    result = place.kill()

    assert (result.stopped, alive(daemon)) == (True, False)


def test_one_that_ends_by_itself_leaves_its_daemon_alone(place: Place) -> None:
    place.start("/bin/sh", "-c", f"setsid {_IGNORES} & sleep 0.01")
    daemon = place.pid()

    result = place.end()

    assert (result.stopped, alive(daemon)) == (False, True)


def test_what_is_over_may_be_stopped_without_effect(place: Place) -> None:
    place.run("true")

    place.executor.stop(KEY, signal.SIGTERM)
    place.executor.kill(KEY)

    assert list(place.executor.results()) == []


# ---- adopted


def _left(place: Place, script: str) -> OpenAttempt:
    """Start what an earlier runner would have."""
    child = subprocess.Popen(
        ["/bin/sh", "-c", script],
        cwd=place.directory,
        env=place.env(),
        process_group=0,
    )
    child.returncode = 0  # the executor reaps it
    found = processes.process(child.pid)
    assert found is not None
    now = utc("2026-03-02")
    return OpenAttempt(KEY, "a", now, Trigger.SCHEDULE, now, now, child.pid, found.start, "boot")


def test_what_still_runs_is_adopted_and_nobody_knows_how_it_ends(place: Place) -> None:
    attempt = _left(place, "echo $$ > words; exec sleep 1000")

    adopted = place.executor.adopt(attempt, MARK, place.output)
    os.kill(place.pid(), signal.SIGKILL)
    result = place.end()

    assert (adopted, result.status, result.stopped) == (True, None, False)


def test_the_end_of_what_was_adopted_can_be_waited_for(place: Place) -> None:
    attempt = _left(place, "echo $$ > words; exec sleep 1000")
    place.executor.adopt(attempt, MARK, place.output)
    os.kill(place.pid(), signal.SIGKILL)

    ready, _, _ = select.select(place.executor.descriptors(), [], [], LIMIT)

    assert len(ready) == 1


def test_another_process_of_the_same_pid_is_not_adopted(place: Place) -> None:
    attempt = _left(place, "exec sleep 1000")
    assert attempt.process_start is not None
    earlier = OpenAttempt(
        KEY, "a", attempt.fire_time, attempt.trigger, attempt.claimed, attempt.started,
        attempt.pid, attempt.process_start - 1, "boot",
    )  # fmt: skip

    assert not place.executor.adopt(earlier, MARK, place.output)
    assert place.executor.descriptors() == []


def test_a_zombie_is_not_adopted(place: Place) -> None:
    attempt = _left(place, "exit 0")
    assert attempt.pid is not None
    gone(attempt.pid)

    assert not place.executor.adopt(attempt, MARK, place.output)


def test_all_that_an_adopted_one_started_is_ended(place: Place) -> None:
    attempt = _left(place, f"(setsid {_IGNORES} &) ; sleep 1000")
    daemon = place.pid()
    place.executor.adopt(attempt, MARK, place.output)

    place.kill()

    assert not alive(daemon)


def test_an_adopted_one_whose_child_lingers_does_not_wake_the_runner_for_ever(
    place: Place,
) -> None:
    attempt = _left(place, f"setsid {_IGNORES} & sleep 1000")
    place.pid()
    place.executor.adopt(attempt, MARK, place.output)
    place.executor.stop(KEY, signal.SIGTERM)
    assert attempt.pid is not None
    gone(attempt.pid)
    list(place.executor.results())

    ready, _, _ = select.select(place.executor.descriptors(), [], [], 0)

    assert ready == []
