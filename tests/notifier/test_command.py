"""Messages that a command of somebody's passes on."""

from __future__ import annotations

import json
import os
import select
from pathlib import Path
from typing import Any

import pytest

from notifying import MESSAGE, SECRET, SENT, Notifying, notifying, refused
from running import LIMIT

pytestmark = pytest.mark.system

_SHORT = 1.0  # seconds: enough to begin


def test_a_command_gets_the_message_on_its_stdin(notifier: Notifying, tmp_path: Path) -> None:
    (tmp_path / "output").write_text("dumping\nfailed\n")
    message: dict[str, Any] = {"output": str(tmp_path / "output"), "text": "ü" * 100_000}

    answer = notifier.tell("command", {"command": f"cat > {tmp_path}/got"}, **message)

    assert SENT == answer
    expected = {**MESSAGE, **message, "output_tail": "dumping\nfailed"}
    assert expected == json.loads((tmp_path / "got").read_text())


def test_it_runs_in_the_directory_with_variables_that_say_the_most(tmp_path: Path) -> None:
    of_the_runner = {
        "NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "5", "LISTEN_FDS": "1", "JOURNAL_STREAM": "1:2",
        "SCHED_JOB": "another", "KEPT": "yes", "TOKEN": SECRET,
    }  # fmt: skip
    to = {"command": "env > got; pwd > where", "env": {"A": "b", "B": {"from_env": "TOKEN"}}}

    with notifying(tmp_path, **of_the_runner) as notifier:
        answer = notifier.tell("command", to, reason="a\nb\0c")

    assert SENT == answer
    assert f"{tmp_path}\n" == (tmp_path / "where").read_text()
    got = (tmp_path / "got").read_text().splitlines()
    expected = [
        "SCHED_NOTIFY_WHEN=first_failure", "SCHED_JOB=backup", "SCHED_STATE=failed",
        "SCHED_RUN_ID=7k3m2q", "SCHED_FIRE_TIME=2026-03-02T02:30:00+01:00", "SCHED_REASON=a", "bc",
        "SCHED_TITLE=backup failed: exit code 3", "A=b", f"B={SECRET}", "KEPT=yes",
    ]  # fmt: skip
    assert [] == [line for line in expected if line not in got]
    names = {line.partition("=")[0] for line in got}
    assert not names & {"NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "JOURNAL_STREAM"}


def test_a_list_is_a_program_and_its_arguments(notifier: Notifying, tmp_path: Path) -> None:
    answer = notifier.tell("command", {"command": ["touch", f"{tmp_path}/a b", f"{tmp_path}/$c"]})

    assert SENT == answer
    assert ["$c", "a b"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_command_that_reads_nothing_is_as_good(notifier: Notifying) -> None:
    assert SENT == notifier.tell("command", {"command": "exec true"}, text="x" * 1_000_000)


@pytest.mark.parametrize(
    ("command", "said", "again"),
    [
        ("exit 3", "exited with 3", True),
        ("echo one; echo two >&2; exit 1", "exited with 1: one | two", True),
        (r"printf '\033[31mred\033[0m\r\n\a\377'; exit 1", "exited with 1: red | \ufffd", True),
        ("kill -9 $$", "ended by signal 9", True),
        ("exit 127", "exited with 127", False),
        ("exec >&- 2>&-; exit 5", "exited with 5", True),
        (f"echo token {SECRET}-of-env is wrong; exit 1", "exited with 1: token … is wrong", True),
        (["/no/such"], "cannot be started: no such file or directory", False),
        (["/etc"], "cannot be started: permission denied", False),
        (["a\0b"], "cannot be started: a NUL character, or a name of a variable that none can have",
         False),
        ([], "'command' is no list of texts", False),
        (None, "'command' is missing", False),
    ],
)  # fmt: skip
def test_a_command_that_fails_says_why(
    notifier: Notifying, command: Any, said: str, again: bool
) -> None:
    to = {"command": command, "env": {"TOKEN": {"from_env": "SCHED_TEST_TOKEN"}}}

    assert refused(f"command: {said}", again=again) == notifier.tell("command", to)


def test_of_much_that_it_writes_the_end_is_kept(notifier: Notifying) -> None:
    script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; exit 1"

    answer = notifier.tell("command", {"command": script})

    assert answer["error"].startswith("command: exited with 1: ")
    assert answer["error"].endswith(" | line 19998 | line 19999")
    assert len(answer["error"]) < 2_500


def test_a_directory_that_is_gone_may_come_again(tmp_path: Path) -> None:
    with notifying(tmp_path) as other:
        other.directory = tmp_path / "gone"
        answer = other.tell("command", {"command": "true"})

    error = f"command: cannot be started in {tmp_path}/gone: no such file or directory"
    assert refused(error, again=True) == answer


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo begun; sleep 100", ": begun"),
        ("trap '' TERM INT HUP; sleep 100 & wait; wait", ""),
        ("exec >&- 2>&-; sleep 100", ""),
    ],
)
def test_what_takes_too_long_is_killed_with_all_it_started(
    notifier: Notifying, tmp_path: Path, script: str, said: str
) -> None:
    os.mkfifo(tmp_path / "alive")
    alive = os.open(tmp_path / "alive", os.O_RDWR)
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    to = {"command": f"exec 9> {tmp_path}/alive; {script}"}

    answer = notifier.tell("command", to, timeout_s=_SHORT)

    assert refused(f"command: not done within 1s, killed{said}", again=True) == answer
    os.close(alive)
    assert select.select([reader], [], [], LIMIT)[0], "one of them lives"
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_what_it_leaves_behind_is_not_waited_for(notifier: Notifying, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    go = os.open(tmp_path / "go", os.O_RDWR)

    answer = notifier.tell("command", {"command": f"(read x < {tmp_path}/go) & echo begun"})

    os.write(go, b"\n")
    os.close(go)
    assert SENT == answer


def test_what_it_leaves_behind_may_write_for_ever(notifier: Notifying, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    go = os.open(tmp_path / "go", os.O_RDWR)

    # It ends when it writes to what nobody has open any more.
    answer = notifier.tell("command", {"command": f"yes & read x < {tmp_path}/go & exit 0"})

    os.write(go, b"\n")
    os.close(go)
    assert SENT == answer
