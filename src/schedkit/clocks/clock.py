"""What every clock is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Self

from schedkit import timeline


class Clock(ABC):
    """
    Where the fire times of a schedule come from.

    A clock is a frozen dataclass; `str` says it in a line, in the words of a file.
    """

    __slots__ = ()

    @abstractmethod
    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield every instant (UTC) later than *instant*, ascending and each once."""

    def nominals(self, instant: datetime, zone: tzinfo) -> Iterable[datetime]:
        """
        Return the wall times that the clock means by *instant*, one of those that it yields.

        Another than what the wall shows then, or more than one, where a clock change skipped it.
        """
        return (timeline.local(instant, zone),)

    def seeded(self, seed: str) -> Self:  # noqa: ARG002  # only cron draws from it
        """Return the same clock with *seed*, a job's name, for what it draws from a hash."""
        return self
