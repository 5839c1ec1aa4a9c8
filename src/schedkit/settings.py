"""Settings of the runner itself."""

from __future__ import annotations

from datetime import timedelta

from schedkit.scalars import Duration
from schedkit.typed import Annotated
from schedkit.values import Entry, Whole


class RunnerSettings(Entry):
    """What a person writes under `runner`."""

    drain_timeout: Duration = timedelta(seconds=30)
    """How long the jobs that run may go on when the runner is asked to stop."""
    max_parallel: Annotated[int, Whole(1)] | None = None
    """How many runs there may be at a time, of all jobs: without a free place they wait."""
    reload_on_change: bool = True
    """Whether the files are loaded again when one of them changes."""
