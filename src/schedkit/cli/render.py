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
from functools import partial

from schedkit.cli import layout
from schedkit.cli.layout import GivingWay, Part
from schedkit.texts import safe
from schedkit.typed import Any, NamedTuple

_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}


class Cell(NamedTuple):
    """What stands in a column: in a pipe, on a terminal unless it is the same, and its colour."""

    plain: str
    shown: str | None = None
    colour: str | None = None


class Parts(NamedTuple):
    """What stands in a column: in a pipe, and on a terminal, in pieces."""

    plain: str
    parts: tuple[Part, ...]


def write_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell | Parts | str]],
    *,
    colour: bool,
    giving_way: GivingWay | None = None,
) -> None:
    """
    Write a table to stdout; no rows leave the header alone.

    *giving_way* is what becomes narrower on a terminal, as `layout.aligned` has it. In a
    pipe there is no colour, also when it is forced: a script in CI reads these columns.
    """
    if not sys.stdout.isatty():
        lines = ["\t".join(columns), *("\t".join(map(_plain, row)) for row in rows)]
        sys.stdout.write("\n".join(lines) + "\n")
        return
    cells = [list(map(_parts, row)) for row in rows]
    paint = partial(painted, wanted=colour)
    lines = layout.aligned(columns, cells, giving_way, terminal_width(), paint)
    write_text("\n".join(lines) + "\n")


def _plain(cell: Cell | Parts | str) -> str:
    return safe(cell if isinstance(cell, str) else cell.plain)


def _parts(cell: Cell | Parts | str) -> tuple[Part, ...]:
    if isinstance(cell, Parts):
        return cell.parts
    if isinstance(cell, str):
        return (Part(safe(cell)),)
    return (Part(safe(cell.plain if cell.shown is None else cell.shown), cell.colour),)


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


def terminal_width() -> int:
    """Return how many columns the terminal has."""
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 80


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
