"""The end of what a job has written, fit to be read anywhere."""

from __future__ import annotations

import os
import re

_LINES = 20
_LIMIT = 4096  # bytes
_WINDOW = 4  # times as much is read: escapes and bytes that are no text go
# Source: ECMA-48 5.4 (CSI), 8.3.89 and 5.6 (OSC, DCS and other strings), 5.3 and 5.5 (the rest).
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def tail(path: str) -> str:
    """Return the last 20 lines of a file, at most 4 KB; nothing when there is no file."""
    return last("\n".join(end(path, _LIMIT * _WINDOW).splitlines()[-_LINES:]), _LIMIT)


def end(path: str, size: int) -> str:
    """Return what the last *size* bytes of a file say; nothing when there is no file."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            begin = max(os.fstat(file.fileno()).st_size - size, 0)
            file.seek(begin)
            data = file.read(size) or b""
    except (OSError, ValueError):  # it is gone, was never made, or cannot be a path
        return ""
    if begin:
        data = data.lstrip(bytes(range(0x80, 0xC0)))  # the rest of a character
    return cleaned(data.decode("utf-8", "replace"))


def cleaned(text: str) -> str:
    r"""
    Return *text* as a terminal would leave it to be read, with newlines and tabs alone.

    >>> cleaned("\x1b[31mred\x1b[0m\r\n10%\r20%\a")
    'red\n20%'
    """
    lines = _ESCAPES.sub("", text).split("\n")
    # A line that goes back to its begin is a progress bar: what it says last stays.
    return "\n".join(_CONTROLS.sub("", one.rstrip("\r").rpartition("\r")[2]) for one in lines)


def last(text: str, limit: int) -> str:
    """Return the end of *text* that takes at most *limit* bytes, and says so when it is cut."""
    data = text.encode("utf-8")
    if len(data) <= limit:
        return text
    return "…" + data[len(data) - limit + 3 :].decode("utf-8", "ignore")
