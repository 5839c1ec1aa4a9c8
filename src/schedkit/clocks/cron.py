"""The clock `cron`: a cron expression."""

from __future__ import annotations

from schedkit.clocks.recurrence import WallClock
from schedkit.errors import ConfigError
from schedkit.typed import ClassVar, Self


class Cron(WallClock):
    """
    A cron expression: five fields, or six with seconds first.

    Clock changes are taken as Debian's cron takes them: a job at fixed times neither skips nor
    repeats one, a job with a star in its minute or hour follows the wall clock.
    """

    EXAMPLE: ClassVar[str] = "cron 0 9 * * mon-fri"

    expression: str
    """Minute, hour, day of month, month and weekday, or an alias such as @daily."""
    day_or: bool = True
    """With both day fields restricted, whether either may match; false: both must."""
    seed: str = ""
    """What H is drawn from; the job's name unless it is set."""

    def __post_init__(self) -> None:
        # A clock that was read before needs no grammar.
        from schedkit.clocks.crontab import recurrence

        try:
            meaning = recurrence(self.expression, self.seed, day_or=self.day_or)
        except ConfigError as error:
            raise error.within("expression") from None
        object.__setattr__(self, "recurrence", meaning)

    def __str__(self) -> str:
        return f"cron {self.expression}"

    def seeded(self, seed: str) -> Self:
        """Return the same clock with *seed* to draw from, unless it has one or needs none."""
        from schedkit.clocks.crontab import needs_seed

        if self.seed or not needs_seed(self.expression):
            return self
        return type(self)(self.expression, self.day_or, seed)
