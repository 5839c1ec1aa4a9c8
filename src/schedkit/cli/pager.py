"""Answers that are longer than the screen, in the pager of the user."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import suppress

_PAINT = re.compile(r"\x1b\[[0-9;]*m")  # a colour: it takes no room


def write(text: str) -> None:
    """
    Write to stdout; on a terminal that it does not fit on, through a pager.

    That is $SCHED_PAGER, else $PAGER, else less; none when it is empty or `cat`.
    """
    command = _command()
    if command and _is_longer_than_the_screen(text) and _paged(command, text):
        return
    sys.stdout.write(text)


def _command() -> list[str]:
    import shlex

    named = os.environ.get("SCHED_PAGER", os.environ.get("PAGER", "less"))
    try:
        words = shlex.split(named)
    except ValueError:  # a quote that does not end
        return []
    return [] if words == ["cat"] else words


def _is_longer_than_the_screen(text: str) -> bool:
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return False
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return False
    lines = text.removesuffix("\n").split("\n")
    if not 0 < rows <= len(lines) and columns > 0:
        lines = [row for line in lines for row in [line] * _height(line, columns)]
    return 0 < rows <= len(lines)  # the prompt takes a row as well


def _height(line: str, columns: int) -> int:
    """Return how many rows of the screen a line takes."""
    from schedkit.texts import width

    return max(-(-width(_PAINT.sub("", line)) // columns), 1)


def _paged(command: list[str], text: str) -> bool:
    """Return whether the pager could be started; it is over then."""
    import subprocess

    sys.stdout.flush()
    environment = {"LESS": "FRX"} | os.environ  # colours pass, and the answer stays on the screen
    try:
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the pager's, while it shows
    try:
        with suppress(BrokenPipeError):  # whoever reads has seen enough
            pager.communicate(text.encode())
    finally:
        signal.signal(signal.SIGINT, before)
    return True
