"""What imports and exports say of what is not the same on the other side."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from schedkit.interchange.draft import Difference
from schedkit.texts import safe

_LONGEST = 100  # characters of a line that is only shown to be recognised


def tell(differences: Iterable[Difference]) -> None:
    """Write to stderr what differs, each with where it stands."""
    for one in differences:
        word = "note" if one.taken else "not taken"
        sys.stderr.write(
            f"{safe(one.place)}: {_short(one.text)}\n  = {word}: {safe(one.message)}\n"
        )


def _short(text: str) -> str:
    shown = safe(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def plural(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
