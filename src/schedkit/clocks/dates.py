"""The clock `dates`: moments listed one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from schedkit import timeline
from schedkit.clocks.clock import Clock
from schedkit.scalars import Moments, moment_text
from schedkit.typed import ClassVar


class Dates(Clock):
    """
    One-off moments, in the job's timezone.

    A moment that a clock change skips comes at the change, one that is shown twice comes the
    first time.
    """

    EXAMPLE: ClassVar[str] = "dates: [2026-12-24 18:00]"

    moments: Moments
    """Dates with a time of day."""

    def __str__(self) -> str:
        first, more = moment_text(self.moments[0]), len(self.moments) - 1
        return f"dates {first}" + (f" and {more} more" if more else "")

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield every instant (UTC) later than *instant*, ascending and each once."""
        fires = {timeline.resolved(moment, zone) for moment in self.moments}
        return iter(sorted(fire for fire in fires if fire > instant))

    def nominals(self, instant: datetime, zone: tzinfo) -> list[datetime]:
        """Return the moments that *instant* stands for, as they were written."""
        return [m for m in self.moments if timeline.resolved(m, zone) == instant]
