"""The clock `startup`: when the runner starts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from schedkit.clocks.clock import Clock
from schedkit.typed import Annotated, ClassVar, Literal
from schedkit.values import Meanings

_EACH = Meanings(("Each start of the runner.", "The first one after each boot, as cron's @reboot."))


class Startup(Clock):
    """Once when the runner starts, or with `boot` when it starts first after the machine did."""

    each: Annotated[Literal["runner", "boot"], _EACH] = "runner"
    """At each start of the runner, or at the first one after each boot, as cron's @reboot."""
    WITH_RUNNER: ClassVar[bool] = True

    def __str__(self) -> str:
        return "startup" if self.each == "runner" else "startup boot"

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:  # noqa: ARG002
        """Yield nothing: when a runner starts, no calendar knows."""
        return iter(())
