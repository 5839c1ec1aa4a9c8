"""How far something has come that takes long: a bar on a terminal, in a pipe nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from schedkit.cli.context import Context
from schedkit.texts import safe


@contextmanager
def progress(
    context: Context, what: str, total: int, *, least: int = 0
) -> Iterator[Callable[[int], None]]:
    """
    Yield what to call with how many of *total* are done; the bar is gone afterwards.

    For fewer than *least* there is none.
    """
    if total < least or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    colour = context.colour(sys.stderr)
    console = Console(stderr=True, no_color=not colour, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(safe(what), total=total)
        yield lambda done: bar.update(task, completed=done)
