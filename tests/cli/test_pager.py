"""Answers that are longer than the screen."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress

import pytest

from files import Sched

ROWS = 10
LINES = [f"row {number}" for number in range(1, ROWS + 1)]
SHOW = "import sys; from schedkit.cli import render; render.write_text(sys.stdin.read())"


@pytest.fixture
def screen() -> Iterator[tuple[int, int]]:
    """Return both ends of a terminal of ten rows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (ROWS, 80))
    yield ours, theirs
    os.close(ours)


def shown(screen: tuple[int, int], sched: Sched, lines: list[str], **environment: str) -> list[str]:
    """Return the lines that a terminal is sent for an answer of these lines."""
    ours, theirs = screen
    text = "".join(f"{line}\n" for line in lines)
    with subprocess.Popen(
        [sys.executable, "-c", SHOW],
        cwd=sched.directory,
        env=sched.environment | {"TERM": "xterm"} | environment,
        stdin=subprocess.PIPE,
        stdout=theirs,
        text=True,
    ) as process:
        os.close(theirs)
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        sent = b""
        with suppress(OSError):  # how Linux says that the other end is closed
            while part := os.read(ours, 65536):
                sent += part
        assert 0 == process.wait(30)
    return sent.decode().split("\r\n")[:-1]


def pager(script: str) -> str:
    return shlex.join(["sh", "-c", script])


def test_a_long_answer_goes_through_the_pager(screen: tuple[int, int], sched: Sched) -> None:
    found = shown(screen, sched, LINES, PAGER=pager("echo paged; cat"))

    assert ["paged", *LINES] == found


def test_an_answer_that_fits_is_not_paged(screen: tuple[int, int], sched: Sched) -> None:
    found = shown(screen, sched, LINES[:-1], PAGER=pager("echo paged; cat"))

    assert LINES[:-1] == found


def test_a_line_that_is_wrapped_takes_several_rows(screen: tuple[int, int], sched: Sched) -> None:
    lines = [*LINES[:-2], "x" * 81]

    found = shown(screen, sched, lines, PAGER=pager("echo paged; cat"))

    assert ["paged", *lines] == found


@pytest.mark.parametrize("line", ["x" * 80, "日" * 40, f"\x1b[31m{'x' * 40}\x1b[0m{'x' * 40}"])
def test_a_line_that_just_fits_takes_one_row(
    screen: tuple[int, int], sched: Sched, line: str
) -> None:
    lines = [*LINES[:-2], line]

    found = shown(screen, sched, lines, PAGER=pager("echo paged; cat"))

    assert lines == found


@pytest.mark.parametrize(
    "environment",
    [
        {"SCHED_PAGER": "", "PAGER": "false"},
        {"SCHED_PAGER": "cat", "PAGER": "false"},
        {"PAGER": ""},
        {"PAGER": "no-such-pager --x"},
        {"PAGER": "sh -c 'unended"},
        {"PAGER": "false", "TERM": "dumb"},
    ],
)
def test_without_a_pager_the_answer_is_written_all_the_same(
    screen: tuple[int, int], sched: Sched, environment: dict[str, str]
) -> None:
    assert LINES == shown(screen, sched, LINES, **environment)


def test_a_pager_of_our_own_goes_before_that_of_all(screen: tuple[int, int], sched: Sched) -> None:
    found = shown(screen, sched, LINES, SCHED_PAGER=pager("echo ours; cat"), PAGER="false")

    assert ["ours", *LINES] == found


def test_less_is_told_to_let_colours_pass_and_to_leave_the_answer(
    screen: tuple[int, int], sched: Sched
) -> None:
    found = shown(screen, sched, LINES, PAGER=pager('echo "$LESS"'))

    assert ["FRX"] == found


def test_a_choice_for_less_of_ones_own_stays(screen: tuple[int, int], sched: Sched) -> None:
    found = shown(screen, sched, LINES, PAGER=pager('echo "$LESS"'), LESS="i")

    assert ["i"] == found


def test_a_pager_that_has_seen_enough_is_no_error(screen: tuple[int, int], sched: Sched) -> None:
    many = [f"{number:01000}" for number in range(1000)]  # more than a pipe holds

    found = shown(screen, sched, many, PAGER=pager("head -n 1 | cut -c 999-"))

    assert ["00"] == found
