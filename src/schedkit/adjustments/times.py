"""The adjustments `set_time`, `round`, `floor` and `ceil`: within the day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from schedkit import durations
from schedkit.adjustments.adjustment import Adjustment, Reach
from schedkit.errors import ConfigError
from schedkit.scalars import wall_time, wall_time_text
from schedkit.typed import Annotated, ClassVar
from schedkit.values import Written

_ZERO = timedelta(0)
_DAY = timedelta(days=1)


TimeOfDay = Annotated[
    time, Written(time, wall_time, wall_time_text, r"^\d{1,2}:\d{2}(:\d{2})?$", "09:00")
]


class SetTime(Adjustment):
    """To a time of the same day."""

    EXAMPLE: ClassVar[str] = "set_time 09:00"

    at: TimeOfDay
    """The time of day."""

    def __str__(self) -> str:
        return f"set_time {wall_time_text(self.at)}"

    @property
    def reach(self) -> Reach:
        """Within the day."""
        return Reach(_DAY, _DAY)

    def apply(self, wall: datetime) -> datetime:
        """Return the time on the day of *wall*."""
        return datetime.combine(wall.date(), self.at)


def _step(text: str) -> timedelta:
    step = durations.duration(text)
    if not step or _DAY % step:
        hint = "write one that does, such as 15m, 1h or 6h"
        raise ConfigError.of(f"{text.strip()!r} does not divide a day evenly", hint)
    return step


Step = Annotated[timedelta, Written(timedelta, _step, durations.text, durations.PATTERN, "15m")]


def _floor(wall: datetime, step: timedelta) -> datetime:
    midnight = datetime.combine(wall.date(), time())
    return midnight + (wall - midnight) // step * step


class Round(Adjustment):
    """To the nearest multiple of a step since midnight, the later of two as near."""

    EXAMPLE: ClassVar[str] = "round 15m"

    step: Step
    """The step, which divides a day evenly: 15m, 1h."""

    def __str__(self) -> str:
        return f"round {durations.text(self.step)}"

    @property
    def reach(self) -> Reach:
        """Half a step to either side."""
        return Reach(self.step / 2, self.step / 2)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall*, rounded."""
        return _floor(wall + self.step / 2, self.step)


class Floor(Adjustment):
    """Back to a multiple of a step since midnight; one that is there stays."""

    EXAMPLE: ClassVar[str] = "floor 1h"

    step: Step
    """The step, which divides a day evenly: 15m, 1h."""

    def __str__(self) -> str:
        return f"floor {durations.text(self.step)}"

    @property
    def reach(self) -> Reach:
        """Less than a step back."""
        return Reach(self.step, _ZERO)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall*, rounded down."""
        return _floor(wall, self.step)


class Ceil(Adjustment):
    """On to a multiple of a step since midnight; one that is there stays."""

    EXAMPLE: ClassVar[str] = "ceil 1h"

    step: Step
    """The step, which divides a day evenly: 15m, 1h."""

    def __str__(self) -> str:
        return f"ceil {durations.text(self.step)}"

    @property
    def reach(self) -> Reach:
        """Less than a step on."""
        return Reach(_ZERO, self.step)

    def apply(self, wall: datetime) -> datetime:
        """Return *wall*, rounded up."""
        floor = _floor(wall, self.step)
        return wall if floor == wall else floor + self.step
