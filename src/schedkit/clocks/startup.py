"""The clock `startup`: when the runner starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated, Any, ClassVar, Literal

from schedkit.clocks.clock import Clock
from schedkit.values import STRICT_FIELDS, Meanings

_EACH = Meanings(("Each start of the runner.", "The first one after each boot, as cron's @reboot."))


@dataclass(frozen=True, slots=True)
class Startup(Clock):
    """Once when the runner starts, or with `boot` when it starts first after the machine did."""

    __pydantic_config__: ClassVar[Any] = STRICT_FIELDS

    each: Annotated[Literal["runner", "boot"], _EACH] = "runner"
    """At each start of the runner, or at the first one after each boot, as cron's @reboot."""

    def __str__(self) -> str:
        return "startup" if self.each == "runner" else "startup boot"

    def after(self, instant: datetime, zone: tzinfo) -> Iterator[datetime]:  # noqa: ARG002
        """Yield nothing: when a runner starts, no calendar knows."""
        return iter(())
