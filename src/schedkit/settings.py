"""Settings of the runner itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from schedkit.scalars import Duration
from schedkit.values import STRICT_FIELDS, Whole


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """What a person writes under `runner`."""

    __pydantic_config__: ClassVar[Any] = STRICT_FIELDS

    drain_timeout: Duration = timedelta(seconds=30)
    """How long the jobs that run may go on when the runner is asked to stop."""
    max_parallel: Annotated[int, Whole(1)] | None = None
    """How many runs there may be at a time, of all jobs: without a free place they wait."""
    reload_on_change: bool = True
    """Whether the files are loaded again when one of them changes."""
