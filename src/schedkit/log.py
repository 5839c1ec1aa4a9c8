"""
The runner's log: constant sentences with fields, for a terminal, a file, a program or the journal.

Source: systemd's "Native Journal Protocol"; $JOURNAL_STREAM in systemd.exec(5).
"""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import stat
import struct
import sys
from collections.abc import Iterable
from datetime import datetime

from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

FORMATS = ("auto", "text", "json", "journal")

_JOURNAL = "/run/systemd/journal/socket"
_COLOURS = {
    "run started": "36",
    "run succeeded": "32",
    "run failed": "31",
    "run timed out": "31",
    "run lost": "31",
    "attempt failed": "33",
    "attempt timed out": "33",
    "run skipped": "33",
    "run missed": "33",
}
_OURS = "fields"  # the attribute of a log record that holds what is said beside the sentence


def fields(**values: object) -> dict[str, object]:
    """Return the `extra` of a log call: what is said beside the sentence, None left out."""
    return {_OURS: {name: value for name, value in values.items() if value is not None}}


def stream() -> TextIO:
    """Return where the log goes: stderr, or stdout where we are all that a container runs."""
    return sys.stdout if os.getpid() == 1 else sys.stderr


def set_up(form: str, level: int, *, colour: bool) -> logging.Logger:
    """Return the logger of the package, writing to `stream` in *form*, one of FORMATS."""
    logger = logging.getLogger("schedkit")
    logger.setLevel(level)
    logger.propagate = False
    out = stream()
    if isinstance(out, io.TextIOWrapper):
        # stdout refuses what its encoding lacks: in a container without a locale, an umlaut.
        out.reconfigure(errors="backslashreplace")
    if form == "auto":
        form = "journal" if _is_journal(out) else "text"
    handler: logging.Handler = logging.StreamHandler(out)
    if form == "journal":
        handler = _JournalHandler(out)
    elif form == "json":
        handler.setFormatter(_Json())
    else:
        handler.setFormatter(_Text(terminal=out.isatty(), colour=colour))
    logger.handlers[:] = [handler]
    return logger


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, _OURS, {})
    return found


class _Text(logging.Formatter):
    """`14:15:00 run started    job=backup run=7k3m2q`, with the whole date when not a terminal."""

    def __init__(self, *, terminal: bool, colour: bool) -> None:
        super().__init__()
        self._terminal = terminal
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; more only for a traceback."""
        local = datetime.fromtimestamp(record.created).astimezone()
        time = local.strftime("%H:%M:%S") if self._terminal else local.isoformat(" ", "seconds")
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        message = record.getMessage()
        shown = f"{level}{message}"
        if self._colour and (code := _COLOURS.get(message)):
            shown = f"\x1b[{code}m{shown}\x1b[0m" + " " * max(17 - len(shown), 0)
        said = " ".join(f"{name}={_quoted(value)}" for name, value in _fields(record).items())
        line = f"{time} {shown:<17} {said}".rstrip()
        if record.exc_info:
            line += "\n" + _shown(self.formatException(record.exc_info))
        return line


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        content = {
            "time": datetime.fromtimestamp(record.created).astimezone().isoformat(),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content, default=str)


class _JournalHandler(logging.Handler):
    """Sends to the journal, every field as one of its own: SCHED_JOB, SCHED_RUN, ..."""

    _PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))

    def __init__(self, otherwise: TextIO) -> None:
        super().__init__()
        self._otherwise = otherwise
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._text = _Text(terminal=False, colour=False)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; a journal that cannot take it loses it to the stream."""
        said = " ".join(f"{name}={_quoted(value)}" for name, value in _fields(record).items())
        priority = next(p for level, p in self._PRIORITIES if record.levelno >= level)
        pairs = [
            ("MESSAGE", f"{record.getMessage()} {said}".rstrip()),
            ("PRIORITY", str(priority)),
            ("SYSLOG_IDENTIFIER", "sched"),
            *((f"SCHED_{name.upper()}", str(value)) for name, value in _fields(record).items()),
        ]
        if record.exc_info:
            pairs.append(("TRACEBACK", logging.Formatter().formatException(record.exc_info)))
        try:
            self._socket.sendto(_datagram(pairs), _JOURNAL)
        except OSError:
            self._otherwise.write(self._text.format(record) + "\n")
            self._otherwise.flush()


def _datagram(pairs: Iterable[tuple[str, str]]) -> bytes:
    data = b""
    for name, value in pairs:
        text = value.encode("utf-8", "replace")
        if b"\n" in text:
            data += name.encode() + b"\n" + struct.pack("<Q", len(text)) + text + b"\n"
        else:
            data += name.encode() + b"=" + text + b"\n"
    return data


def _quoted(value: object) -> str:
    text = str(value)
    plain = text.isprintable() and text and not any(c in text for c in ' ="')
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())


def _shown(lines: str) -> str:
    """Return *lines* with what would move a terminal's cursor made visible."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in lines
    )


def _is_journal(out: TextIO) -> bool:
    """Return whether *out* is the journal: it names device and inode of what it gave us."""
    try:
        status = os.fstat(out.fileno())
    except (OSError, ValueError):
        return False
    told = os.environ.get("JOURNAL_STREAM", "")
    return stat.S_ISSOCK(status.st_mode) and told == f"{status.st_dev}:{status.st_ino}"
