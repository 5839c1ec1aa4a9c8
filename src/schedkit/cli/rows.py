"""Which rows of a long answer are wanted: how many of them, and of which time."""

from __future__ import annotations

from datetime import datetime

from schedkit.cli.declaration import Option
from schedkit.cli.failure import UsageError
from schedkit.cli.when import when
from schedkit.config import positive
from schedkit.typed import Annotated

ROWS = 20  # that are shown unless somebody says how many

Number = Annotated[
    int | None,
    Option(("-n", "--number"), "How many; 20, or all since --since.", "N", convert=positive),
]
Since = Annotated[datetime | None, Option(("--since",), "From this time on.", "WHEN", convert=when)]
Until = Annotated[datetime | None, Option(("--until",), "Up to this time.", "WHEN", convert=when)]


def most(number: int | None, since: datetime | None, until: datetime | None) -> int | None:
    """
    Return how many rows are shown, None for all.

    Raises: UsageError when the one time is before the other.
    """
    if since is not None and until is not None and until < since:
        raise UsageError("--until is before --since")
    if number is not None:
        return number
    return ROWS if since is None else None
