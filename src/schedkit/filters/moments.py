"""The filters `at_time`, `on_datetime` and `between_datetimes`: single times and spans of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedkit.errors import ConfigError
from schedkit.filters.filter import Filter, next_day
from schedkit.scalars import Moments, WallTimes, moment, moment_text, wall_time_text
from schedkit.typed import Annotated, ClassVar, NamedTuple
from schedkit.values import Written

_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def _past(begin: datetime) -> datetime:
    """Return what is past a time: it lasts a minute, or a second when it has seconds."""
    length = _SECOND if begin.second else _MINUTE
    return begin + length if begin <= datetime.max - length else datetime.max


class AtTime(Filter):
    """Single times of day: the whole minute, or the second when it names one."""

    EXAMPLE: ClassVar[str] = "at_time 09:00"

    times: WallTimes
    """Times of day: 09:00, [09:00, 17:30]."""

    def __str__(self) -> str:
        return f"at_time {','.join(map(wall_time_text, self.times))}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is within the minute or second of one of the times."""
        return any(begin <= wall < end for begin, end in self._spans(wall))

    def until(self, wall: datetime) -> datetime:
        """Return the next begin or end of one of the times, or midnight, what comes first."""
        edges = [edge for span in self._spans(wall) for edge in span]
        return min(edge for edge in (*edges, next_day(wall)) if edge > wall)

    def _spans(self, wall: datetime) -> list[tuple[datetime, datetime]]:
        begins = [datetime.combine(wall.date(), at) for at in self.times]
        return [(begin, _past(begin)) for begin in begins]


class OnDatetime(Filter):
    """Single moments: the whole minute, or the second when it names one."""

    EXAMPLE: ClassVar[str] = "on_datetime 2026-12-24 18:00"

    moments: Moments
    """Dates with a time of day."""

    def __str__(self) -> str:
        return f"on_datetime {','.join(map(moment_text, self.moments))}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is within the minute or second of one of the moments."""
        return any(begin <= wall < _past(begin) for begin in self.moments)

    def until(self, wall: datetime) -> datetime:
        """Return the next begin or end of one of the moments."""
        edges = [e for begin in self.moments for e in (begin, _past(begin))]
        return min((edge for edge in edges if edge > wall), default=datetime.max)


class MomentRange(NamedTuple):
    """From one wall time to another, both included."""

    begin: datetime
    end: datetime


def _moment_range(text: str) -> MomentRange:
    first, dots, last = text.partition("..")
    if not dots:
        hint = "write it as 2026-12-24 18:00..2026-12-27 06:00"
        raise ConfigError.of(f"{text!r} is not a span of time", hint)
    span = MomentRange(moment(first), moment(last))
    if span.begin > span.end:
        raise ConfigError.of(f"{text!r} ends before it begins")
    return span


class BetweenDatetimes(Filter):
    """A span of time, both ends included."""

    EXAMPLE: ClassVar[str] = "between_datetimes 2026-12-24 18:00..2026-12-27 06:00"

    span: Annotated[
        MomentRange,
        Written(
            MomentRange,
            _moment_range,
            lambda span: f"{moment_text(span.begin)}..{moment_text(span.end)}",
            r"^\d{4}-\d{1,2}-\d{1,2}[T ]+[\d:]+\s*\.\.\s*\d{4}-\d{1,2}-\d{1,2}[T ]+[\d:]+$",
            "2026-12-24 18:00..2026-12-27 06:00",
        ),
    ]
    """From one date and time to another."""

    def __str__(self) -> str:
        return f"between_datetimes {moment_text(self.span.begin)}..{moment_text(self.span.end)}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* lies in the span."""
        return self.span.begin <= wall <= self.span.end

    def until(self, wall: datetime) -> datetime:
        """Return the begin of the span, or the moment past its end."""
        edges = (self.span.begin, self.span.end + datetime.resolution)
        return min((edge for edge in edges if edge > wall), default=datetime.max)
