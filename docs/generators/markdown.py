"""Markdown as the generated pages need it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, without a row of its own for each line of a cell."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"|{'|'.join(map(_cell, line))}|" for line in lines)


def _cell(text: str) -> str:
    plain = " ".join(text.split()).replace("|", r"\|")
    return f" {plain} " if plain else " "


def code(text: str) -> str:
    """Return *text* as it is to be typed."""
    return f"`{text}`"


def link(text: str, page: str = "") -> str:
    """Return a link to the heading *text*, of this page unless another one is named."""
    return f"[{text}]({page}#{anchor(text)})"


def anchor(heading: str) -> str:
    """
    Return what a link to a heading has behind its #.

    Source: GitHub Docs, "Basic writing and formatting syntax", "Section links".
    """
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
