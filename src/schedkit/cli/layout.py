"""
Answers on a terminal whose columns give way in an order of their own when it is too narrow.

In a pipe they are those of `render`: nothing is cut there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from schedkit.cli import render
from schedkit.cli.render import Cell
from schedkit.texts import safe, width

_GAP = 2  # blanks between columns


class Part(NamedTuple):
    """A piece of a cell, in a colour of its own."""

    text: str
    colour: str | None = None


class Parts(NamedTuple):
    """What stands in a column: in a pipe, and in pieces on a terminal, the last of which count."""

    plain: str
    parts: tuple[Part, ...]


def write_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell | Parts | str]],
    giving_way: Sequence[tuple[str, int]],
    *,
    colour: bool,
) -> None:
    """
    Write a table to stdout; *giving_way* says which columns become narrower, as far as needed.

    Each with the width down to which it does; with 0 it goes altogether.
    """
    if not sys.stdout.isatty():
        plain = [[Cell(c.plain) if isinstance(c, Parts) else c for c in row] for row in rows]
        render.write_table(columns, plain, colour=colour)
        return
    cells = [list(map(_parts, row)) for row in rows]
    needed = {
        name: max([width(name), *(_width(row[place]) for row in cells)])
        for place, name in enumerate(columns)
    }
    widths = fitted(needed, giving_way, terminal_width())
    header = _line([(Part(name),) for name in columns], columns, widths, colour=False)
    lines = [_line(row, columns, widths, colour=colour) for row in cells]
    lines.insert(0, render.painted(header, "bold", wanted=colour))
    render.write_text("\n".join(lines) + "\n")


def _line(
    row: Sequence[tuple[Part, ...]],
    columns: Sequence[str],
    widths: Mapping[str, int],
    *,
    colour: bool,
) -> str:
    shown = [
        _padded(parts, widths[name], colour=colour)
        for name, parts in zip(columns, row, strict=True)
        if name in widths
    ]
    return "".join(shown).rstrip()


def fitted(
    needed: Mapping[str, int], giving_way: Sequence[tuple[str, int]], room: int
) -> dict[str, int]:
    """Return how wide each column is that is shown, of those that would *need* so much."""
    widths = dict(needed)
    for name, least in giving_way:
        if (excess := -_spare(widths, room)) <= 0:
            break
        if not least:
            widths.pop(name, None)
        elif name in widths:
            widths[name] = max(min(least, widths[name]), widths[name] - excess)
    for name, _ in reversed(giving_way):  # what a column that went leaves is for those cut before
        if name in widths and (spare := _spare(widths, room)) > 0:
            widths[name] = min(needed[name], widths[name] + spare)
    return widths


def _spare(widths: Mapping[str, int], room: int) -> int:
    return room - sum(widths.values()) - _GAP * (len(widths) - 1)


def terminal_width() -> int:
    """Return how many columns the terminal has that stdout is."""
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 80


def _parts(cell: Cell | Parts | str) -> tuple[Part, ...]:
    if isinstance(cell, Parts):
        return cell.parts
    if isinstance(cell, str):
        return (Part(safe(cell)),)
    return (Part(safe(cell.plain if cell.shown is None else cell.shown), cell.colour),)


def _width(parts: Sequence[Part]) -> int:
    return sum(width(part.text) for part in parts)


def _padded(parts: tuple[Part, ...], cells: int, *, colour: bool) -> str:
    """Return a cell as wide as its column, and the gap behind it."""
    if len(parts) == 1:
        parts = (Part(_cut(parts[0].text, cells), parts[0].colour),)
    else:
        parts = parts[-cells:]
    shown = [
        render.painted("".join(part.text for part in alike), hue, wanted=colour)
        for hue, alike in groupby(filter(itemgetter(0), parts), key=itemgetter(1))
    ]
    return "".join(shown) + " " * (cells - _width(parts) + _GAP)


def _cut(text: str, cells: int) -> str:
    if width(text) <= cells:
        return text
    text = text[:cells]
    while text and width(text) > cells - 1:
        text = text[:-1]
    return f"{text}…"
