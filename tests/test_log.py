"""The log, in every form, against what each form is defined to be."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import LIMIT
from schedkit import log

HOSTILE = [
    "one\ntwo",
    "\r12:00:00 run succeeded",
    '", "level": "error',
    'x" job=other',
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "\x00\x08\x7f",
    "a\u202eb\u2028c\u2066",
    "\udcff\udce4",
]


class Stderr(io.StringIO):
    """A stderr that may be a terminal."""

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def set_up(self, form: str, *, colour: bool = False, level: int = 20) -> logging.Logger:
        """Take the place of stderr, which pytest puts back, and set up the log."""
        sys.stderr = self
        return log.set_up(form, level, colour=colour)


@pytest.fixture(autouse=True)
def _logger() -> Iterator[None]:
    logger = logging.getLogger("schedkit")
    before = logger.handlers[:], logger.level, logger.propagate
    stderr = sys.stderr
    yield
    sys.stderr = stderr
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.fixture
def stderr() -> Stderr:
    return Stderr()


def _said(stderr: Stderr) -> str:
    """Return what was logged without its time."""
    return re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d ", "", stderr.getvalue())


# ---- text


def test_a_line_has_its_time_its_sentence_and_its_fields(stderr: Stderr) -> None:
    logger = stderr.set_up("text")

    logger.info("run started", extra=log.fields(job="a", run="7k3m2q"))

    assert _said(stderr) == "run started       job=a run=7k3m2q\n"


def test_on_a_terminal_a_line_has_the_time_of_day() -> None:
    stderr = Stderr(terminal=True)
    logger = stderr.set_up("text")

    logger.info("run started")

    assert re.fullmatch(r"\d\d:\d\d:\d\d run started\n", stderr.getvalue())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (5, "5"),
        ("two words", '"two words"'),
        ('a "quote"', r'"a \"quote\""'),
        ("a=b", '"a=b"'),
        ("", '""'),
        ("ünï", "ünï"),
        ("one\ntwo", r'"one\ntwo"'),
        ("\x1b[31mred", r'"\u001b[31mred"'),
        ("a\u202eb", r'"a\u202eb"'),
    ],
)
def test_a_value_stays_one_word_on_one_line(stderr: Stderr, value: object, expected: str) -> None:
    logger = stderr.set_up("text")

    logger.info("said", extra=log.fields(value=value))

    assert _said(stderr) == f"said              value={expected}\n"


def test_a_field_that_is_none_is_left_out(stderr: Stderr) -> None:
    logger = stderr.set_up("text")

    logger.info("said", extra=log.fields(a=None, b=0))

    assert _said(stderr) == "said              b=0\n"


def test_a_warning_says_that_it_is_one(stderr: Stderr) -> None:
    logger = stderr.set_up("text")

    logger.warning("run missed", extra=log.fields(job="a"))

    assert _said(stderr) == "warning: run missed job=a\n"


def test_colours_are_there_only_when_they_are_wanted(stderr: Stderr) -> None:
    stderr.set_up("text", colour=True).info("run failed")
    stderr.set_up("text").info("run failed")

    coloured, plain = stderr.getvalue().splitlines()
    assert ("\x1b[31mrun failed\x1b[0m" in coloured, "\x1b" in plain) == (True, False)


def test_what_is_below_the_level_is_not_said(stderr: Stderr) -> None:
    logger = stderr.set_up("text", level=logging.WARNING)

    logger.info("run started")

    assert stderr.getvalue() == ""


def test_setting_up_twice_says_everything_once(stderr: Stderr) -> None:
    stderr.set_up("text")
    logger = stderr.set_up("text")

    logger.info("said")

    assert _said(stderr) == "said\n"


def test_a_traceback_stands_below(stderr: Stderr) -> None:
    logger = stderr.set_up("text")

    try:
        raise ValueError("out of luck")  # noqa: TRY301  # it is to be logged
    except ValueError:
        logger.exception("failed")

    lines = _said(stderr).splitlines()
    assert (lines[0], lines[1], lines[-1]) == (
        "error: failed",
        "Traceback (most recent call last):",
        "ValueError: out of luck",
    )


def test_a_traceback_cannot_move_the_cursor_of_a_terminal(stderr: Stderr) -> None:
    logger = stderr.set_up("text")

    try:
        raise ValueError("\x1b[2J\rgone\u202e\udcff")  # noqa: TRY301  # it is to be logged
    except ValueError:
        logger.exception("failed")

    assert _said(stderr).splitlines()[-1] == r"ValueError: \x1b[2J\rgone\u202e\udcff"


# ---- json


def test_json_is_an_object_a_line(stderr: Stderr) -> None:
    logger = stderr.set_up("json", colour=True)

    logger.warning("run missed", extra=log.fields(job="a\nb", count=5))

    (line,) = stderr.getvalue().splitlines()
    record = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+-]\d\d:\d\d", record.pop("time"))
    assert record == {"level": "warning", "message": "run missed", "job": "a\nb", "count": 5}


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_one_string_on_one_line_of_json(stderr: Stderr, value: str) -> None:
    logger = stderr.set_up("json")

    logger.info("said", extra=log.fields(value=value))

    (line, rest) = stderr.getvalue().split("\n")
    assert (json.loads(line)["value"], rest, line.isprintable()) == (value, "", True)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_one_quoted_string_on_one_line_of_text(stderr: Stderr, value: str) -> None:
    logger = stderr.set_up("text", colour=True)

    logger.info("said", extra=log.fields(value=value, next=1))

    (line, rest) = _said(stderr).split("\n")
    shown = line.removeprefix("said              value=").removesuffix(" next=1")
    assert (json.loads(shown), rest, line.isprintable()) == (value, "", True)


def test_json_takes_any_value(stderr: Stderr) -> None:
    logger = stderr.set_up("json")

    logger.info("said", extra=log.fields(error=ValueError("out of luck"), path=Path("/x")))

    record = json.loads(stderr.getvalue())
    assert (record["error"], record["path"]) == ("out of luck", "/x")


# ---- journal


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    path = str(tmp_path / "journal")
    monkeypatch.setattr(log, "_JOURNAL", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.settimeout(LIMIT)
        made.bind(path)
        yield made


def _set_up_journal() -> logging.Logger:
    logger = log.set_up("journal", logging.DEBUG, colour=False)
    (handler,) = logger.handlers
    assert isinstance(handler, log._JournalHandler)
    return logger


def _close() -> None:
    (handler,) = logging.getLogger("schedkit").handlers
    assert isinstance(handler, log._JournalHandler)
    handler._socket.close()


def _read(datagram: bytes) -> dict[str, str]:
    """
    Read a datagram as the journal does.

    Source: systemd, "Native Journal Protocol": NAME=value and a newline; or NAME, a newline, the
    length as 64 bits, little endian, the value and a newline.
    """
    fields: dict[str, str] = {}
    while datagram:
        line, newline, rest = datagram.partition(b"\n")
        assert newline
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack_from("<Q", rest)
            value, rest = rest[8 : 8 + length], rest[8 + length :]
            assert rest[:1] == b"\n"
            rest = rest[1:]
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]{0,63}", name)
        fields[name.decode()] = value.decode()
        datagram = rest
    return fields


def test_the_journal_gets_every_field_as_one_of_its_own(journal: socket.socket) -> None:
    _set_up_journal().info("run started", extra=log.fields(job="a b", run="7k3m2q", pid=5))

    actual = _read(journal.recv(65536))
    _close()
    assert actual == {
        "MESSAGE": 'run started job="a b" run=7k3m2q pid=5',
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "sched",
        "SCHED_JOB": "a b",
        "SCHED_RUN": "7k3m2q",
        "SCHED_PID": "5",
    }


@pytest.mark.parametrize(
    "value", ["one\ntwo", "\n", "a=b\n", "ünï\nx", "FAKE=1\nPRIORITY=0", "\x1b\0\n"]
)
def test_a_value_of_several_lines_is_one_field_of_the_journal(
    journal: socket.socket, value: str
) -> None:
    _set_up_journal().info("said", extra=log.fields(reason=value))

    actual = _read(journal.recv(65536))
    _close()
    assert (actual["SCHED_REASON"], actual["PRIORITY"], "FAKE" in actual) == (value, "6", False)


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.DEBUG, "7"), (logging.INFO, "6"), (logging.WARNING, "4"), (logging.ERROR, "3")],
)
def test_a_level_is_a_priority_of_syslog(journal: socket.socket, level: int, priority: str) -> None:
    _set_up_journal().log(level, "said")

    actual = _read(journal.recv(65536))["PRIORITY"]
    _close()
    assert actual == priority


def test_without_a_journal_a_line_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stderr: Stderr
) -> None:
    monkeypatch.setattr(log, "_JOURNAL", str(tmp_path / "none"))

    stderr.set_up("journal").info("said", extra=log.fields(a=1))

    _close()
    assert _said(stderr) == "said              a=1\n"


@pytest.mark.usefixtures("journal")
def test_a_record_too_large_for_the_journal_goes_to_stderr(stderr: Stderr) -> None:
    stderr.set_up("journal").info("said", extra=log.fields(reason="x" * 10_000_000))

    _close()
    assert len(_said(stderr)) > 10_000_000


def test_what_is_no_text_goes_to_the_journal_all_the_same(journal: socket.socket) -> None:
    _set_up_journal().info("said", extra=log.fields(reason="\udcff"))

    actual = _read(journal.recv(65536))
    _close()
    assert (actual["MESSAGE"], actual["SCHED_REASON"]) == (r'said reason="\udcff"', "?")


def test_auto_is_the_journal_where_stderr_is_its_stream(
    monkeypatch: pytest.MonkeyPatch, stderr: Stderr
) -> None:
    ours, theirs = socket.socketpair()
    status = os.fstat(ours.fileno())
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    monkeypatch.setattr(stderr, "fileno", ours.fileno, raising=False)

    (handler,) = stderr.set_up("auto").handlers

    ours.close()
    theirs.close()
    assert isinstance(handler, log._JournalHandler)
    handler._socket.close()


def test_auto_is_text_where_stderr_is_another_stream(
    monkeypatch: pytest.MonkeyPatch, stderr: Stderr
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")

    stderr.set_up("auto").info("said")

    assert _said(stderr) == "said\n"


# ---- where it goes


@pytest.mark.parametrize(("pid", "expected"), [(1, ("said\n", "")), (2, ("", "said\n"))])
def test_the_log_of_the_first_process_of_a_container_is_its_stdout(
    stderr: Stderr, monkeypatch: pytest.MonkeyPatch, pid: int, expected: tuple[str, str]
) -> None:
    stdout = Stderr()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(os, "getpid", lambda: pid)

    stderr.set_up("auto").info("said")

    assert expected == (_said(stdout), _said(stderr))


def test_what_the_encoding_of_stdout_lacks_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii", "strict"))
    monkeypatch.setattr(os, "getpid", lambda: 1)

    log.set_up("text", logging.INFO, colour=False).info("said", extra=log.fields(job="ü"))

    assert written.getvalue().decode("ascii").endswith(" said              job=\\xfc\n")
