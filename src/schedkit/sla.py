"""What a job promises of its runs, as a file says it."""

from __future__ import annotations

from datetime import timedelta

from schedkit.errors import ConfigError, Problem
from schedkit.scalars import Duration
from schedkit.values import Entry


class Sla(Entry):
    """
    What is promised of the runs of a job. A promise that is broken is an event, told of once.

    A job that is disabled promises nothing; one that is paused still does.
    """

    late_after: Duration | None = None
    """A run that has not started so long after it was due is late."""
    max_runtime: Duration | None = None
    """An attempt that goes on for so long takes too long; it goes on, unlike with timeout."""
    succeeded_within: Duration | None = None
    """So long after a success there is to be another one; before the first, after it was loaded."""

    def __post_init__(self) -> None:
        lengths = vars(self)
        problems = [
            Problem(f"{name} is zero", path=(name,))
            for name in self._fields
            if lengths.get(name) == timedelta(0)
        ]
        if not any(lengths.get(name) is not None for name in self._fields):
            hint = "write late_after, max_runtime or succeeded_within"
            problems.append(Problem("this promises nothing", hint))
        if problems:
            raise ConfigError(*problems)

    def problems_beside(self, timeout: timedelta | None) -> list[Problem]:
        """Return what is wrong with it in a job of this *timeout*, which ends its attempts."""
        if timeout is None or self.max_runtime is None or self.max_runtime < timeout:
            return []
        message = "max_runtime has no effect: timeout ends it before"
        return [Problem(message, "write less than timeout", ("sla", "max_runtime"))]
