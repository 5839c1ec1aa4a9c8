"""What every clock is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo

from schedkit import timeline
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.typed import Any, ClassVar, Literal, NamedTuple, Self
from schedkit.values import Entry


class ClockChanges(NamedTuple):
    """
    What a clock change does, where it is not what the clock would do: None leaves it to the clock.

    *gap*: a time that is skipped is `run` once right after the change, or skipped: `skip`.
    *fold*: a time that comes twice counts the `first` time, `both` times or the `second`.
    """

    gap: Literal["run", "skip"] | None = None
    fold: Literal["first", "both", "second"] | None = None

    @classmethod
    def read(cls, raw: Mapping[Any, object]) -> Self:
        """
        Return what the mapping says.

        Raises: ConfigError.
        """
        known = {"gap": ("run", "skip"), "fold": ("first", "both", "second")}
        problems = []
        for key, value in raw.items():
            if key not in known:
                hint = did_you_mean(str(key), known)
                problems.append(Problem(f"unknown key {key!r}", hint, (key,), on_key=True))
            elif value not in known[key]:
                hint = f"one of: {', '.join(known[key])}"
                problems.append(Problem(f"{value!r} is not known here", hint, (key,)))
        if problems:
            raise ConfigError(*problems)
        return cls(**raw)  # type: ignore[arg-type]  # checked above


class Clock(Entry, ABC):
    """
    Where the fire times of a schedule come from.

    `str` says it in a line, in the words of a file.
    """

    NAMES_TIMES: ClassVar[bool] = False  # of day, so that clock changes matter to it
    WITH_RUNNER: ClassVar[bool] = False  # it fires when a runner starts

    @abstractmethod
    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield every instant (UTC) later than *instant*, ascending and each once."""

    def nominals(self, instant: datetime, zone: tzinfo) -> Iterable[datetime]:
        """
        Return the wall times that the clock means by *instant*, one of those that it yields.

        Another than what the wall shows then, or more than one, where a clock change skipped it.
        """
        return (timeline.local(instant, zone),)

    def with_dst(self, dst: ClockChanges) -> Self:  # noqa: ARG002  # see WallClock
        """Return the same clock with another rule for clock changes, if it has one to change."""
        return self

    def seeded(self, seed: str) -> Self:  # noqa: ARG002  # only cron draws from it
        """Return the same clock with *seed*, a job's name, for what it draws from a hash."""
        return self
