"""The process of a notifier, as its parent sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notifying import SENT, notifying
from receivers import answers, hangs, receiving
from running import LIMIT, gone

pytestmark = pytest.mark.system

_HANDY = {"asyncio", "dataclasses", "pathlib", "smtplib", "subprocess", "tempfile", "typing"}


def test_it_ends_with_its_stdin(tmp_path: Path) -> None:
    with notifying(tmp_path) as notifier:
        assert SENT == notifier.tell("command", {"command": "true"})

        assert notifier.end() == (0, b"")


def test_what_was_begun_is_answered_before_it_ends(tmp_path: Path) -> None:
    with notifying(tmp_path) as notifier:
        id_ = notifier.send("command", {"command": "echo a; exit 1"})

        code, rest = notifier.end()

    assert code == 0
    assert [(id_, "command: exited with 1: a")] == [
        (answer["id"], answer["error"]) for answer in map(json.loads, rest.splitlines())
    ]


def test_a_signal_for_the_group_of_the_runner_does_not_end_it(tmp_path: Path) -> None:
    with receiving(hangs, answers()) as receiver, notifying(tmp_path) as notifier:
        notifier.send("webhook", {"url": receiver.url}, timeout_s=0.5)
        receiver.asked()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            notifier.process.send_signal(number)

        assert not next(notifier.answers)["sent"]
        assert SENT == notifier.tell("webhook", {"url": receiver.url})


def test_a_command_does_not_ignore_what_ends_it(tmp_path: Path) -> None:
    with notifying(tmp_path) as notifier:
        answer = notifier.tell("command", {"command": "kill -TERM $$; exit 5"})

    assert answer["error"] == "command: ended by signal 15"


def test_a_command_holds_nothing_of_the_notifier(tmp_path: Path) -> None:
    """Neither its stdin, which would not end, nor its stdout, on which answers stand alone."""
    with notifying(tmp_path) as notifier:
        (tmp_path / "script").write_text("ls /proc/$$/fd; exit 1", encoding="utf-8")
        answer = notifier.tell("command", {"command": ["/bin/bash", "script"]})

    assert answer["error"] == "command: exited with 1: 0 | 1 | 2 | 255"


def test_what_libraries_print_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "apprise.py").write_text("print('hello'); raise ImportError", encoding="utf-8")
    with notifying(tmp_path, PYTHONPATH=str(tmp_path), PYTHONUNBUFFERED="1") as notifier:
        assert not notifier.tell("apprise", {"urls": ["a"]})["sent"]
        assert notifier.log() == "hello\n"
        notifier.forgive()


def test_it_ends_when_its_parent_is_killed() -> None:
    script = """if True:
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-P", "-m", "schedkit.notifier"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        print(child.pid, flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()

        assert gone(pid)


def test_a_ping_imports_nothing_that_it_has_no_use_for(tmp_path: Path) -> None:
    with receiving(answers(), answers()) as receiver:
        delivery = {
            "id": 1, "kind": "ping", "to": {"url": receiver.url}, "message": {"signal": "start"},
            "directory": str(tmp_path), "timeout_s": LIMIT,
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-P", "-X", "importtime", "-m", "schedkit.notifier"],
            input=json.dumps(delivery),
            capture_output=True,
            env={"PATH": os.environ["PATH"]},
            timeout=LIMIT,
            check=True,
            text=True,
        )

    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert {"id": 1, "sent": True} == json.loads(done.stdout)
    assert "schedkit.notifier.ping" in imported
    assert set() == imported & _HANDY
