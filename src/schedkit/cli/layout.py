"""
Tables on a terminal: columns aligned, and narrower where it is too narrow for all of them.

A cell is a tuple of pieces, each in a colour of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from schedkit.texts import width
from schedkit.typed import NamedTuple

_GAP = 2  # blanks between columns
_NARROWEST = 12  # characters to which a column gives way when none has to go first

GivingWay = Sequence[tuple[str, int]]
Paint = Callable[[str, str | None], str]


class Part(NamedTuple):
    """A piece of a cell, in a colour of its own."""

    text: str
    colour: str | None = None


def aligned(
    columns: Sequence[str],
    rows: Sequence[Sequence[tuple[Part, ...]]],
    giving_way: GivingWay | None,
    room: int,
    paint: Paint,
) -> list[str]:
    """
    Return the lines of a table on a terminal of *room* columns, its header first.

    *giving_way* says which columns become narrower, in this order and as far as needed, each with
    the width down to which it does; with 0 it goes altogether. Without it the widest one does. Of
    a cell in several pieces the last ones stay.
    """
    needed = {
        name: max([width(name), *(_width(row[place]) for row in rows)])
        for place, name in enumerate(columns)
    }
    widths = narrowed(needed, room) if giving_way is None else fitted(needed, giving_way, room)
    header = _line([(Part(name),) for name in columns], columns, widths, lambda text, _: text)
    return [paint(header, "bold"), *(_line(row, columns, widths, paint) for row in rows)]


def narrowed(needed: Mapping[str, int], room: int) -> dict[str, int]:
    """Return how wide each column is when the widest ones give way."""
    widths = dict(needed)
    while _spare(widths, room) < 0 and max(widths.values()) > _NARROWEST:
        widths[max(widths, key=lambda name: widths[name])] -= 1
    return widths


def fitted(needed: Mapping[str, int], giving_way: GivingWay, room: int) -> dict[str, int]:
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


def _line(
    row: Sequence[tuple[Part, ...]],
    columns: Sequence[str],
    widths: Mapping[str, int],
    paint: Paint,
) -> str:
    shown = [
        _padded(parts, widths[name], paint)
        for name, parts in zip(columns, row, strict=True)
        if name in widths
    ]
    return "".join(shown).rstrip()


def _width(parts: Sequence[Part]) -> int:
    return sum(width(part.text) for part in parts)


def _padded(parts: tuple[Part, ...], cells: int, paint: Paint) -> str:
    """Return a cell as wide as its column, and the gap behind it."""
    if len(parts) == 1:
        parts = (Part(_cut(parts[0].text, cells), parts[0].colour),)
    else:
        parts = parts[-cells:]
    shown = [
        paint("".join(part.text for part in alike), hue)
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
