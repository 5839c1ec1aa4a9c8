"""Text on its way to a terminal: harmless, and as wide as it is shown."""

from __future__ import annotations

_LONGEST = 60  # characters that an error repeats of what it was given


def safe(text: str) -> str:
    """Return *text* with what would move a terminal's cursor, or begin a column, made visible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(text: str) -> str:
    """Return *text* as an error names it: in quotes, harmless, and not longer than a line."""
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def width(text: str) -> int:
    """Return how many cells of a terminal *text* takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
