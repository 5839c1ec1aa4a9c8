"""
The answers in the pages that are written by hand: what a terminal shows for each command.

The blocks of a page are gone through in order, in one directory. A block of YAML is the file of
schedules from there on; one of another kind that names a file is that file. Of a block `console`
each line after `$` is typed, at a time that stands still, and what follows is its answer; of a
block `console live` it is typed in real time, and times, lengths and ids may be others. A line
`...` of an answer stands for any lines.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

NOW = "2026-11-21 14:20:30"  # a Saturday; in Berlin
ZONE = "Europe/Berlin"
_BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_ELIDED = "...\n"
_DIRECTORY = "/srv/shop"  # what the one in which all is done is called in an answer
_LIMIT = 20  # seconds; no command of a page takes that long
_ID = re.compile(r"\b(?=[a-z0-9]*\d)[a-z0-9]{6}\b")
# What differs from one time to the next, and what stands for it.
_VARYING = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[-+]\d\d:\d\d)"), "INSTANT"),
    (re.compile(r"-?\b\d+\.\d+(?:e-\d+)?\b(?![ms])"), "NUMBER"),
    (re.compile(r"(?<=: )-?\d+(?=,?$)", re.MULTILINE), "NUMBER"),
    (_ID, "RUN"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DATE"),
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) DATE\b"), "DAY"),
    (re.compile(r"\b\d\d:\d\d(?::\d\d)?\b"), "TIME"),
    (re.compile(r"\bpid([= ])\d+"), r"pid\1N"),
    (re.compile(r"\b\d+ runs?: .*"), "RUNS"),
    (re.compile(r"(?<=paused by )[^\s:]+"), "WHO"),
    (re.compile(r"[-+]?\b\d+(?:\.\d+)?(?:ms|s|min|m\d\ds|h)\b"), "SPAN"),
    (re.compile(r"\b(?:CES?T|UTC)\b"), "ZONE"),
    (re.compile(r" {2,}"), "  "),
)


class Asked(NamedTuple):
    """A command of a page: where its answer stands, what that is, and what a terminal shows."""

    begin: int
    command: str
    stated: str
    shown: str
    live: bool

    @property
    def holds(self) -> bool:
        """Whether the page says what the terminal shows."""
        if self.live:
            return _matches(_settled(self.stated), _settled(self.shown))
        return _matches(_ID.sub("RUN", self.stated), _ID.sub("RUN", self.shown))


def can_be_asked() -> bool:
    """Return whether there is what makes the clock of a command stand still."""
    return _library() is not None


def has_any(page: str) -> bool:
    """Return whether there is an answer in the page."""
    return any(kind == "console" and "$ " in text for kind, _, text in _BLOCK.findall(page))


def asked(page: str) -> Iterator[Asked]:
    """Type the commands of a page, one after the other, and yield each with its answer."""
    with tempfile.TemporaryDirectory() as made, _without_runner(Path(made)):
        directory = Path(made)
        shutil.copy(Path(__file__).parents[2] / "schedules.example.yaml", directory)
        environment = _environment(directory)
        for block in _BLOCK.finditer(page):
            kind, name, text = block.groups()
            if kind == "console":
                for entry in _COMMAND.finditer(text):
                    live = name == "live"
                    shown = _type(entry[1], directory, environment, still=not live)
                    yield Asked(block.start(3) + entry.start(2), entry[1], entry[2], shown, live)
            elif name is not None or kind == "yaml":
                (directory / (name or "schedules.yaml")).write_text(text, encoding="utf-8")


def answered(page: str) -> str:
    """
    Return the page with the answers that it should have.

    One in real time that leaves lines out stays: what is to be left out is for people to say.
    """
    for one in reversed(list(asked(page))):
        assert "Traceback (most" not in one.shown, one.shown
        if not one.holds and not (one.live and _ELIDED in one.stated):
            page = page[: one.begin] + one.shown + page[one.begin + len(one.stated) :]
    return page


@contextmanager
def _without_runner(directory: Path) -> Iterator[None]:
    """End, when all is done, the runner that the commands of a page have left at work."""
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            pid = int((directory / ".sched" / "pid").read_text(encoding="utf-8").split()[0])
            end = os.pidfd_open(pid)
            signal.pidfd_send_signal(end, signal.SIGTERM)
            select.select([end], [], [], _LIMIT)
            os.close(end)


def _matches(stated: str, shown: str) -> bool:
    parts = re.split(rf"^{re.escape(_ELIDED)}", stated, flags=re.MULTILINE)
    return re.fullmatch("(?:.*\n)*?".join(map(re.escape, parts)), shown) is not None


def _settled(text: str) -> str:
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


def _library() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def _environment(directory: Path) -> dict[str, str]:
    """Return the environment of every command; `sched` is the one of this Python."""
    programs, home = directory / ".bin", directory / ".home"
    programs.mkdir()
    home.mkdir()
    program = programs / "sched"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m schedkit "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "TZ": ZONE,
        "TERM": "xterm",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "SCHED_PAGER": "",
    }


def _type(command: str, directory: Path, environment: dict[str, str], *, still: bool) -> str:
    """Return what a terminal of 100 columns shows for a command, errors included."""
    if still:
        environment = environment | {
            "LD_PRELOAD": str(_library()),
            "FAKETIME": NOW,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    ours, theirs = pty.openpty()
    shell = shutil.which("sh") or "/bin/sh"
    with subprocess.Popen(
        [shell, "-c", command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # how Linux says that the other end is closed
            while select.select([ours], [], [], _LIMIT)[0]:  # a terminal is held open by what stays
                shown += os.read(ours, 65536)
        process.wait(_LIMIT)
    os.close(ours)
    text = shown.decode().replace("\r\n", "\n")
    return text.replace(f"{directory}/", "").replace(str(directory), _DIRECTORY)
