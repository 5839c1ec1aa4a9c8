"""What a run waits for, in a process of its own, with real paths, sockets and commands."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from running import LIMIT, gone
from schedkit import gate

pytestmark = pytest.mark.system

_SOON = 0.2  # seconds; so long is waited for what never comes
_IN_TIME = 20.0  # seconds; long before that what comes is there


@dataclass(frozen=True)
class Ended:
    """How it ended."""

    code: int
    told: Any
    said: str


def awaited(until: float = _SOON, every: float = 0.1, **how: object) -> dict[str, object]:
    """Return something to wait for, as the runner says it."""
    return {"what": "it", "in_vain": "it did not come", "until_s": until, "every_s": every, **how}


def shell(script: str, until: float = _SOON) -> dict[str, object]:
    """Return a command to wait for."""
    return awaited(until, command=["/bin/sh", "-c", script])


def begin(
    directory: Path,
    wait_for: Sequence[Mapping[str, object]] = (),
    only_if: Sequence[str] | None = None,
) -> subprocess.Popen[str]:
    """Start it in the directory."""
    with (directory / "result.json").open("wb") as result:
        said = {"wait_for": wait_for, "only_if": only_if, "result": result.fileno()}
        return subprocess.Popen(
            [sys.executable, "-I", "-S", gate.__file__],
            cwd=directory,
            env={"PATH": os.environ["PATH"], "HOME": "/home/x", "SCHED_GATE": json.dumps(said)},
            pass_fds=[result.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def end(directory: Path, process: subprocess.Popen[str]) -> Ended:
    """Wait for its end."""
    with process:
        said, _ = process.communicate(timeout=LIMIT)
    text = (directory / "result.json").read_text(encoding="utf-8")
    return Ended(process.returncode, json.loads(text) if text else None, said)


def run(
    directory: Path,
    wait_for: Sequence[Mapping[str, object]] = (),
    only_if: Sequence[str] | None = None,
) -> Ended:
    """Run it to its end."""
    return end(directory, begin(directory, wait_for, only_if))


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A socket that has a port and does not listen."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        yield made


def _at(server: socket.socket, until: float = _SOON) -> dict[str, object]:
    host, port = server.getsockname()
    return awaited(until, host=host, port=port)


IN_VAIN = {"raised": "it did not come"}
ASKED = {"returned": "asked"}


# ---- what is there


def test_what_is_there_is_not_waited_for(tmp_path: Path, server: socket.socket) -> None:
    server.listen()
    wait_for = [awaited(path="."), _at(server, _IN_TIME), shell("true", _IN_TIME)]

    assert Ended(0, None, "") == run(tmp_path, wait_for)


def test_a_path_that_comes_is_waited_for(tmp_path: Path) -> None:
    process = begin(tmp_path, [awaited(_IN_TIME, path="sub/ready")])
    assert process.stdout is not None
    first = process.stdout.readline()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/ready").touch()

    ended = end(tmp_path, process)

    assert "wait_for: it: no such file or directory\n" == first
    assert Ended(0, None, "wait_for: it is there\n") == ended


def test_a_host_that_comes_is_waited_for(tmp_path: Path, server: socket.socket) -> None:
    process = begin(tmp_path, [_at(server, _IN_TIME)])
    assert process.stdout is not None
    first = process.stdout.readline()
    server.listen()

    ended = end(tmp_path, process)

    assert "wait_for: it: connection refused\n" == first
    assert Ended(0, None, "wait_for: it is there\n") == ended


def test_a_command_is_run_until_it_succeeds_and_told_of_when_it_says_something_else(
    tmp_path: Path,
) -> None:
    script = "echo x >> tries; [ $(wc -l < tries) -gt 3 ] || { echo; echo no; exit 4; }"

    ended = run(tmp_path, [shell(script, _IN_TIME)])

    expected = "wait_for: it: exit code 4: no\nwait_for: it succeeded\n"
    assert Ended(0, None, expected) == ended
    assert 4 == len((tmp_path / "tries").read_text(encoding="utf-8").splitlines())


def test_what_comes_after_another_is_waited_for_after_it(tmp_path: Path) -> None:
    wait_for = [shell("touch ready", _IN_TIME), awaited(_IN_TIME, path="ready")]

    assert Ended(0, None, "") == run(tmp_path, wait_for)


def test_what_was_there_all_the_time_is_found_however_late_its_turn_comes(tmp_path: Path) -> None:
    wait_for = [shell("sleep 0.3", _IN_TIME), awaited(0.1, path=".")]

    assert Ended(0, None, "") == run(tmp_path, wait_for)


# ---- what is not


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"path": "nothing"}, "no such file or directory"),
        ({"path": "result.json/x"}, "not a directory"),
        ({"path": "~/x"}, "no such file or directory"),
        ({"host": "x" * 80, "port": 80}, "encoding with 'idna' codec failed"),
        ({"command": ["no-such-program"]}, "cannot be started: no such file or directory"),
        ({"command": ["/bin/sh", "-c", "kill -9 $$"]}, "killed by signal 9"),
        ({"command": ["/bin/sh", "-c", "echo a; echo 'b ' >&2; exit 3"]}, "exit code 3: b"),
        ({"command": ["/bin/sh", "-c", "exit 127"]}, "exit code 127"),
    ],
)
def test_what_does_not_come_in_time_is_told_and_why_once(
    tmp_path: Path, how: dict[str, object], expected: str
) -> None:
    ended = run(tmp_path, [awaited(**how)], ["touch", "asked"])  # type: ignore[arg-type]  # no length is among them

    assert (gate.IN_VAIN, IN_VAIN) == (ended.code, ended.told)
    assert ended.said.startswith(f"wait_for: it: {expected}")
    assert 1 == ended.said.count("\n")
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    "script",
    [
        "echo $$ > pid; exec sleep 60",
        "echo $$ > pid; exec yes",
        "sleep 60 & echo $! > pid; trap '' TERM; wait",
    ],
)
def test_a_command_that_hangs_is_killed_with_what_it_started(tmp_path: Path, script: str) -> None:
    began = time.monotonic()

    ended = run(tmp_path, [shell(script)])

    assert (gate.IN_VAIN, IN_VAIN) == (ended.code, ended.told)
    assert time.monotonic() - began < LIMIT
    assert gone(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_what_a_command_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    script = "sleep 5 & echo $! > pid"

    ended = run(tmp_path, [shell(script, _IN_TIME)])

    os.kill(int((tmp_path / "pid").read_text(encoding="utf-8")), signal.SIGKILL)
    assert Ended(0, None, "") == ended


# ---- what is asked


@pytest.mark.parametrize("code", [0, 1, 75, 127])
def test_what_is_asked_takes_its_place_and_ends_as_it_ends(tmp_path: Path, code: int) -> None:
    ended = run(tmp_path, [awaited(path=".")], ["/bin/sh", "-c", f"echo said; exit {code}"])

    assert Ended(code, ASKED, "said\n") == ended


def test_what_is_asked_has_the_surroundings_of_the_job_and_nothing_more(tmp_path: Path) -> None:
    script = "echo $(pwd) $HOME ${SCHED_GATE-unset}; ls /proc/$$/fd; grep SigIgn /proc/$$/status"

    ended = run(tmp_path, [], ["/bin/sh", "-c", script])

    here = f"{tmp_path} /home/x unset"
    assert [here, "0", "1", "2"] == ended.said.splitlines()[:4]
    assert [0, 0] == [int(line, 16) for line in ended.said.split()[-1:]] + [ended.code]


def test_what_is_asked_and_cannot_be_started_is_told(tmp_path: Path) -> None:
    ended = run(tmp_path, [], ["no-such-program"])

    why = "only_if: cannot be started: program no-such-program: no such file or directory"
    assert Ended(127, {"raised": why}, "") == ended


def test_what_is_asked_and_is_killed_ends_so(tmp_path: Path) -> None:
    assert -signal.SIGKILL == run(tmp_path, [], ["/bin/sh", "-c", "kill -9 $$"]).code


def test_a_mistake_of_ours_is_no_answer(tmp_path: Path) -> None:
    ended = run(tmp_path, [{"what": "it"}], ["true"])

    why = {"raised": "wait_for: KeyError: 'until_s'"}
    assert Ended(70, why, "") == ended


def test_one_that_waits_ends_when_it_is_told_to(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = begin(tmp_path, [awaited(_IN_TIME, path="nothing")])
        assert process.stdout is not None
        process.stdout.readline()

        process.send_signal(number)

        assert -number == end(tmp_path, process).code
