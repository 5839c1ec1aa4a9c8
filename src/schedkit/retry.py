"""When an attempt that did not succeed is tried again."""

from __future__ import annotations

from datetime import timedelta

from schedkit.commands import ExitCodes
from schedkit.errors import ConfigError, Problem
from schedkit.scalars import Duration
from schedkit.typed import Annotated, Literal
from schedkit.values import Entry, Meanings

_MOST_RETRIES = 1_000_000  # more is a mistake
_BACKOFFS = Meanings(
    ("Not at all: 30s, 30s, 30s.", "By itself: 30s, 1m, 90s.", "By the factor: 30s, 1m, 2m.")
)


class Retry(Entry):
    """What happens when an attempt did not succeed."""

    max_retries: int
    """How often it is tried again, after the first attempt."""
    delay: Duration = timedelta(seconds=30)
    """How long after the end of an attempt the next one starts."""
    backoff: Annotated[Literal["fixed", "linear", "exponential"], _BACKOFFS] = "fixed"
    """How the delay grows: not at all, by itself each time, or by the factor each time."""
    factor: float = 2.0
    """What an exponential delay is multiplied with each time."""
    max_delay: Duration = timedelta(days=1)
    """The delay grows no longer than this."""
    jitter: Duration = timedelta(0)
    """Up to this long is added to the delay, the same for a run and attempt whoever asks."""
    on_exit_codes: ExitCodes = ()
    """Only an attempt that ended with one of these is tried again; any that failed, without it."""
    within: Duration | None = None
    """No attempt starts later than this after the start of the first one."""

    def __post_init__(self) -> None:
        problems = []
        if self.max_retries < 0:
            problems.append(Problem("max_retries is negative", path=("max_retries",)))
        if self.max_retries > _MOST_RETRIES:
            message = f"max_retries is above {_MOST_RETRIES}"
            problems.append(Problem(message, path=("max_retries",)))
        if not 1 <= self.factor <= 1000:
            problems.append(Problem("factor is outside 1-1000", path=("factor",)))
        if self.factor != 2.0 and self.backoff != "exponential":  # as written
            hint = "write backoff: exponential"
            problems.append(
                Problem(f"factor has no effect with backoff {self.backoff}", hint, ("factor",))
            )
        if self.delay > self.max_delay:
            problems.append(Problem("delay is longer than max_delay", path=("delay",)))
        if self.within is not None and self.within <= self.delay:
            hint = "nothing would be tried again"
            problems.append(Problem("within is no longer than delay", hint, ("within",)))
        if problems:
            raise ConfigError(*problems)

    def delay_after(self, attempt: int) -> timedelta:
        """
        Return how long after the end of *attempt* (1, 2, ...) the next one starts.

        Without the jitter, which depends on the run.
        """
        match self.backoff:
            case "fixed":
                return self.delay
            case "linear":
                return min(self.delay * min(attempt, 10**6), self.max_delay)
            case "exponential":
                try:
                    return min(self.delay * self.factor ** (attempt - 1), self.max_delay)
                except OverflowError:
                    return self.max_delay
