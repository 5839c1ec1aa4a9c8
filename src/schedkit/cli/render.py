"""
Answers as people and programs read them.

On a terminal: aligned columns, colour, times as people say them. In a pipe: the same columns,
tab separated, ISO 8601 times with offset, nothing cut.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from schedkit.texts import safe, width

_NARROWEST = 12  # characters of a column on a terminal that is too small for all of them
_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}


class Cell(NamedTuple):
    """What stands in a column: in a pipe, on a terminal unless it is the same, and its colour."""

    plain: str
    shown: str | None = None
    colour: str | None = None


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, colour: bool
) -> None:
    """Write a table to stdout; no rows leave the header alone."""
    cells = [[Cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if sys.stdout.isatty():
        _write_aligned(columns, cells, colour=colour)
        return
    lines = ["\t".join(columns)]
    lines += ["\t".join(safe(cell.plain) for cell in row) for row in cells]
    sys.stdout.write("\n".join(lines) + "\n")


def write_text(text: str) -> None:
    """Write to stdout an answer in lines, each of them fit to be shown; on a terminal paged."""
    from schedkit.cli import pager

    pager.write(text)


def write_json(answer: Any) -> None:
    """Write plain data to stdout."""
    import json

    text = json.dumps(answer, indent=2, ensure_ascii=False)
    if not text.replace("\n", "").isprintable():  # JSON itself escapes but the first 32
        text = json.dumps(answer, indent=2)
    sys.stdout.write(text + "\n")


def painted(text: str, colour: str | None, *, wanted: bool) -> str:
    """Return *text* in a colour when it is *wanted*."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if wanted and colour else text


def _write_aligned(columns: Sequence[str], rows: list[list[Cell]], *, colour: bool) -> None:
    texts = [
        [safe(cell.plain if cell.shown is None else cell.shown) for cell in row] for row in rows
    ]
    widths = [
        max(map(width, (name, *(row[place] for row in texts))))
        for place, name in enumerate(columns)
    ]
    _fit(widths, _terminal_width() - 2 * (len(columns) - 1))
    header = "  ".join(
        _padded(_cut(name, cells), cells) for name, cells in zip(columns, widths, strict=True)
    )
    lines = [painted(header.rstrip(), "bold", wanted=colour)]
    for row, shown in zip(rows, texts, strict=True):
        parts: list[str] = []
        for cell, text, cells in zip(row, shown, widths, strict=True):
            fitting = _cut(text, cells)
            padding = " " * (cells - width(fitting))
            parts.append(painted(fitting, cell.colour, wanted=colour and bool(fitting)) + padding)
        lines.append("  ".join(parts).rstrip())
    write_text("\n".join(lines) + "\n")


def _fit(widths: list[int], room: int) -> None:
    """Take from the widest columns, in place, until all of them have room together."""
    while sum(widths) > room and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        widths[widest] -= 1


def _terminal_width() -> int:
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 80


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - width(text))


def _cut(text: str, cells: int) -> str:
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[:-1]
    return f"{text}…"


# ---- times


def moment(time: datetime) -> Cell:
    """Return a zoned time: `Sat 2026-11-21 14:30:00 CET`."""
    return Cell(time.isoformat(), f"{time:%a %Y-%m-%d %H:%M:%S} {time.tzname()}")


def past(time: datetime, now: datetime) -> Cell:
    """Return a zoned time that is over: `today 14:30:00`, `yesterday 02:30:00`."""
    days = (now.astimezone(time.tzinfo).date() - time.date()).days
    day = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days, f"{time:%Y-%m-%d}")
    return Cell(time.isoformat(), f"{day} {time:%H:%M:%S}")


def countdown(length: timedelta) -> str:
    """Return how long from now: `12s`, `9min`, `5h 10min`, `2d 1h`, `23d`; `-` for the past."""
    if length < timedelta(0):
        return "-"
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    if not minutes:
        return f"{seconds}s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}min"
    days, hours = divmod(hours, 24)
    if not days:
        return f"{hours}h {minutes}min" if minutes else f"{hours}h"
    return f"{days}d {hours}h" if days < 7 and hours else f"{days}d"
