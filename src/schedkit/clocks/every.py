"""The clock `every`: a fixed interval from an anchor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from schedkit import timeline
from schedkit.clocks.clock import Clock
from schedkit.durations import Period
from schedkit.errors import ConfigError
from schedkit.scalars import Length, Moment, moment_text
from schedkit.typed import ClassVar


class Every(Clock):
    """
    Every so long, counted from an anchor: never from when a process started.

    Days and weeks are calendar time and keep the anchor's time of day across a clock change;
    hours, minutes and seconds are elapsed time.
    """

    EXAMPLE: ClassVar[str] = "every 15m"

    interval: Length
    """How long from one to the next: 90s, 15m, 6h, 2d, 2w."""
    anchor: Moment = datetime(1970, 1, 1)
    """One of its times, past or future, in the job's timezone."""

    def __post_init__(self) -> None:
        problem = _problem(self.interval)
        if problem is not None:
            raise problem.within("interval")

    def __str__(self) -> str:
        anchored = (
            "" if self.anchor == datetime(1970, 1, 1) else f" from {moment_text(self.anchor)}"
        )
        return f"every {self.interval}{anchored}"

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield every instant (UTC) later than *instant*, ascending and each once."""
        return self._days(instant, zone) if self.interval.days else self._elapsed(instant, zone)

    def nominals(self, instant: datetime, zone: tzinfo) -> tuple[datetime, ...]:
        """Return the wall time meant by *instant*: the anchor's time of day where days count."""
        wall = timeline.local(instant, zone)
        if not self.interval.days or timeline.skipped_before(instant, zone) is None:
            return (wall,)
        step = timedelta(days=self.interval.days)
        return (self.anchor + (wall - self.anchor) // step * step,)

    def _elapsed(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        step = self.interval.elapsed
        anchor = timeline.resolved(self.anchor, zone)
        fire = anchor + ((instant - anchor) // step + 1) * step
        while fire < timeline.LAST:
            yield fire
            fire += step

    def _days(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        step = timedelta(days=self.interval.days)
        wall = timeline.local(instant, zone)
        count = (wall - self.anchor) // step - 1  # one early: a clock change may move it past
        last = instant
        while (nominal := self.anchor + count * step).year < timeline.LAST.year:
            fire = timeline.resolved(nominal, zone)
            if fire > last:
                yield fire
                last = fire
            count += 1


def _problem(interval: Period) -> ConfigError | None:
    if interval.months:
        return ConfigError.of("months differ in length", "write: monthly 1 at 00:00")
    if interval.days and interval.elapsed:
        hours = timedelta(days=interval.days) + interval.elapsed
        return ConfigError.of(
            f"{str(interval)!r} mixes days, which follow the calendar, with elapsed time",
            f"write {hours // timedelta(minutes=1)}m for elapsed time, or whole days",
        )
    if interval.days < 0 or interval.elapsed < timeline.ZERO:
        return ConfigError.of(f"{str(interval)!r} is negative")
    if not interval.days and interval.elapsed < timedelta(seconds=1):
        return ConfigError.of(f"{str(interval)!r} is too short", "a second is the least")
    return None
