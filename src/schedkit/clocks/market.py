"""The clocks `market_open` and `market_close`: when an exchange opens and closes."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from schedkit.calendars import CalendarEndsError, CalendarName, need_exchange
from schedkit.clocks.clock import Clock
from schedkit.durations import Period
from schedkit.errors import ConfigError
from schedkit.scalars import Length
from schedkit.typed import ClassVar

_NO_OFFSET = Period()
_LONGEST = timedelta(days=7)  # of an offset: another session is nearer than that


class _Market(Clock):
    """What the two have in common: a moment of each session, and an offset from it."""

    __slots__ = ()
    calendar: CalendarName
    offset: Period

    def _check(self) -> None:
        need_exchange(self.calendar)
        length = timedelta(days=self.offset.days) + self.offset.elapsed
        if self.offset.months or abs(length) > _LONGEST:
            text = f"{str(self.offset)!r} is longer than a week"
            raise ConfigError.of(text, "from another session it is less").within("offset")

    @abstractmethod
    def _moments(self) -> list[datetime]:
        """Return that moment of each session, in order."""

    def _said(self, word: str) -> str:
        if self.offset == _NO_OFFSET:
            return f"{word} {self.calendar}"
        sign = "" if str(self.offset).startswith("-") else "+"
        return f"{word} {self.calendar} {sign}{self.offset}"

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:  # noqa: ARG002
        """
        Yield every instant (UTC) later than *instant*, ascending and each once.

        Raises: CalendarEndsError past the last session that is known.
        """
        assert self.calendar.first is not None
        if instant.date() < self.calendar.first:
            raise CalendarEndsError(self.calendar.name, self.calendar.first, begins=True)
        offset = timedelta(days=self.offset.days) + self.offset.elapsed
        moments = self._moments()
        for moment in moments[bisect_right(moments, instant - offset) :]:
            yield moment + offset
        assert self.calendar.last is not None
        raise CalendarEndsError(self.calendar.name, self.calendar.last)


class MarketOpen(_Market):
    """When an exchange opens, on each of its trading days."""

    EXAMPLE: ClassVar[str] = "market_open XNYS"

    calendar: CalendarName
    """An exchange such as XNYS, or a name under calendars: that stands for one."""
    offset: Length = _NO_OFFSET
    """How long after it, or with a minus before it: 5m, -30m."""

    def __post_init__(self) -> None:
        self._check()

    def __str__(self) -> str:
        return self._said("market_open")

    def _moments(self) -> list[datetime]:
        return [session.opens for session in self.calendar.trading()]


class MarketClose(_Market):
    """When an exchange closes, on each of its trading days; early closes included."""

    EXAMPLE: ClassVar[str] = "market_close XNYS"

    calendar: CalendarName
    """An exchange such as XNYS, or a name under calendars: that stands for one."""
    offset: Length = _NO_OFFSET
    """How long after it, or with a minus before it: 5m, -15m."""

    def __post_init__(self) -> None:
        self._check()

    def __str__(self) -> str:
        return self._said("market_close")

    def _moments(self) -> list[datetime]:
        return [session.closes for session in self.calendar.trading()]
