"""What a person has in front of them once a command is over: both streams, as they came."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

from conversing import conversation
from files import Sched, text

# What differs from one time to the next, as a test writes it, and all that may stand there.
_VARYING = {
    "run": "[0-9a-z]{6}",
    "pid": "[0-9]+",
    "day": "(?:today|yesterday)",
    "instant": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+\+[0-9:]+",
    "year": "[0-9]{4}",
    "date": "[A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2}",
    "time": "[0-9]{2}:[0-9]{2}:[0-9]{2}",
    "took": "[0-9.]+(?:ms|s)",
    "left": "[0-9]+(?:s|min|h|d)(?: [0-9]+(?:min|h))?",
}
_PLACE = re.compile(rf"<({'|'.join(_VARYING)})([0-9]?)>")
_PARTS = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def screen(
    sched: Sched,
    *arguments: str,
    asks: str = "[y/N] ",
    says: str | Callable[[subprocess.Popen[bytes]], object] = "",
    colour: bool = False,
    **environment: str,
) -> tuple[int, str]:
    """Run a command on a terminal; return its exit code and what stays on the screen."""
    wanted = {} if colour else {"NO_COLOR": "1"}
    told = wanted | environment
    code, sent = conversation(sched, *arguments, asks=asks, says=says, **told)
    return code, left_by(sent)


def left_by(sent: str) -> str:
    """Return the lines that stay, with their colours, of all that a terminal was sent."""
    lines, row, begins = [""], 0, True
    for found in _PARTS.finditer(sent):
        count, move, control, letters = found.groups()
        if letters or move == "m":  # who goes back to the beginning of a line writes it anew
            lines[row], begins = ("" if begins else lines[row]) + found[0], False
        elif control:
            row, begins = row + (control == "\n"), True
            lines += [""] * (row == len(lines))
        elif move == "K":
            lines[row] = ""
        elif move == "A":
            row -= int(count or "1")
        else:
            assert move in ("h", "l"), f"what does {found[0]!r} do?"
    return "\n".join(lines)


def like(expected: str, actual: str) -> str:
    """
    Return *expected* where *actual* is that, else *actual*.

    In the former `<run>`, `<time>` and the like stand for what differs each time; runs of one
    number, `<run1>`, are the same everywhere.
    """
    pattern, end, seen = "", 0, set[str]()
    for place in _PLACE.finditer(expected):
        kind, number = place.groups()
        pattern += re.escape(expected[end : place.start()])
        end = place.end()
        if number and place[0] in seen:
            pattern += f"(?P={kind}{number})"
        else:
            pattern += f"(?P<{kind}{number}>{_VARYING[kind]})" if number else _VARYING[kind]
        seen.add(place[0])
    return expected if re.fullmatch(pattern + re.escape(expected[end:]), actual) else actual


def block(written: str) -> str:
    """Return a block of a test as it stands on a screen, the last line ended."""
    return f"{text(written)}\n"
