"""The command line on a terminal: aligned, coloured, and safe to look at."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from files import Sched, text
from past import FIRED, Past, write_past
from schedkit.run import Pause, State

JOBS = """
timezone: Europe/Berlin
jobs:
  off:
    command: x
    clock: daily at 02:30
    enabled: false
    description: "red \\e[31m alert"
  old: {command: x, clock: {dates: 2020-01-01 00:00}, description: Once}
"""


def on_terminal(sched: Sched, *arguments: str, **environment: str) -> str:
    """Return what a terminal of 100 columns is sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "schedkit", *arguments],
        cwd=sched.directory,
        env=sched.environment | {"COLUMNS": "100"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # how Linux says that the other end is closed
            pass
        process.communicate(timeout=30)
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of two jobs that do not fire."""
    sched.write(JOBS)
    return sched


def test_a_list_is_aligned_and_harmless(filled: Sched) -> None:
    expected = text("""
        JOB  SCHEDULE                ZONE           STATE     LAST  WHEN  RUNS  NEXT  IN
        off  daily at 02:30          Europe/Berlin  disabled  -     -     -     -     -
        old  dates 2020-01-01 00:00  Europe/Berlin  enabled   -     -     -     -     never
    """)

    actual = on_terminal(filled, "list", NO_COLOR="1")

    assert f"{expected}\n" == actual


def test_a_list_is_coloured(filled: Sched) -> None:
    expected = (
        "\x1b[1mJOB  SCHEDULE                ZONE           STATE    LAST  WHEN  RUNS  NEXT"
        "  IN     DESCRIPTION\x1b[0m\n"
        "\x1b[1mold\x1b[0m  dates 2020-01-01 00:00  Europe/Berlin  enabled  -     -     -     -"
        "     \x1b[33mnever\x1b[0m  Once\n"
    )

    actual = on_terminal(filled, "list", "old")

    assert expected == actual


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(("--color", "never"), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})],
)
def test_colour_is_left_out_when_it_is_not_wanted(
    filled: Sched, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    expected = text("""
        JOB  SCHEDULE                ZONE           STATE    LAST  WHEN  RUNS  NEXT  IN
        old  dates 2020-01-01 00:00  Europe/Berlin  enabled  -     -     -     -     never
    """)

    actual = on_terminal(filled, *arguments, "list", "old", COLUMNS="84", **environment)

    assert f"{expected}\n" == actual


def test_an_answer_fits_the_terminal(filled: Sched) -> None:
    expected = 80

    lines = on_terminal(filled, "list", NO_COLOR="1", COLUMNS="80").splitlines()
    actual = max(map(len, lines))

    assert actual <= expected


def test_what_is_json_in_a_pipe_is_json_on_a_terminal(filled: Sched) -> None:
    expected = filled("list", "--json").stdout

    actual = on_terminal(filled, "list", "--json")

    assert expected == actual


def test_a_broken_file_cannot_move_the_cursor(sched: Sched, tmp_path: Path) -> None:
    """Who may write a file of schedules may not write on the terminal of an administrator."""
    (tmp_path / "schedules.yaml").write_bytes("jobs: {}\nx\u202e: 1\n".encode())
    expected: list[str] = []

    shown = on_terminal(sched, "validate", NO_COLOR="1")
    actual = [character for character in shown if not character.isprintable() and character != "\n"]

    assert expected == actual


def test_a_status_is_aligned_and_harmless(filled: Sched) -> None:
    filled.write("jobs: {a: {command: x, clock: every 1h}, b: {command: x, clock: every 1h}}")
    pause = Pause("b", "bob", FIRED, FIRED.replace(year=2099), "no\x1b[2Jdisk")
    (run,) = write_past(filled, [Past("a", State.FAILED)], [pause])
    failed = "a failed 2026-03-02 02:30:00: no luck"
    expected = text(f"""
        no runner is up; a has been due since 2026-03-02 03:00:00; {failed}
        jobs       2
        due        a since 2026-03-02 03:00:00
        failing    a {run} failed 2026-03-02 02:30:00: no luck
        paused     b paused by bob: no\\x1b[2Jdisk (until Mon 2099-03-02 02:30)
    """)

    actual = on_terminal(filled, "status", NO_COLOR="1")

    assert f"{expected}\n" == actual


def test_what_is_wrong_is_red(filled: Sched) -> None:
    expected = "\x1b[31mno runner is up\x1b[0m\n"

    actual = on_terminal(filled, "status", "--check")

    assert expected == actual


def test_what_a_run_wrote_cannot_move_the_cursor(filled: Sched) -> None:
    """But for its lines and tabs: what looks like a prompt may not be one of somebody else's."""
    filled.write("jobs: {a: {command: x, clock: every 1h}}\n")
    wrote = "\tä\r\n\x1b[2J\x07".encode() + b"\xff\xe2\x82"
    write_past(filled, [Past("a", State.SUCCEEDED, (wrote,))])
    expected = "\tä\\r\n\\x1b[2J\\x07\\xff\\xe2\\x82"

    actual = on_terminal(filled, "logs", "a")

    assert expected == actual
