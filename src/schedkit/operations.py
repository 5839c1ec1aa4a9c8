"""
What people do to jobs and runs while a runner is up, or while none is.

One protocol, two who keep it: the runner, which is asked through its socket, and the history
alone, which a verb writes itself when it could take the lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from schedkit.errors import SchedError, did_you_mean
from schedkit.records import Record, field
from schedkit.run import Ended, Fact, Run, Unstarted
from schedkit.texts import quoted
from schedkit.typed import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import signal

    from schedkit.events import Emitted


class NoSuchRunError(SchedError):
    """There is no run, or no job with a run, of this name; *hint* is the way out."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    @classmethod
    def of(cls, target: str, jobs: Iterable[str]) -> NoSuchRunError:
        """Return an error about what is neither a run nor one of *jobs*."""
        return cls(f"there is no run and no job {quoted(target)}", did_you_mean(target, jobs))


class NotNowError(SchedError):
    """It cannot be done as things are: what is asked for has a reason against it."""


class Triggered(Record):
    """What became of a wish to run a job: *state* is QUEUED or RUNNING, or SKIPPED for *reason*."""

    run: str
    state: str
    reason: str | None = None


class Backfill(Record):
    """
    A wish to run *job* for each of its fire times from *first* to *last*, aware and included.

    Of each but those with a run that goes on, waits or, unless by *force*, has succeeded; so many
    in *parallel*. *digest* is that of the schedule by which the fire times are meant.
    """

    job: str
    first: datetime
    last: datetime
    digest: str
    parallel: int = 1
    force: bool = False


class Filled(Record):
    """
    What became of such a wish: the *runs* that wait now, each with its fire time.

    *left_out* others have a run already. *until* is the fire time up to which that is, None when
    it is all: the rest is to be asked for from there on.
    """

    runs: Sequence[tuple[str, datetime]]
    left_out: int
    until: datetime | None = None


class Prune(Record):
    """
    A wish to drop the records of runs that are over, and what they wrote.

    Those that ended before *before*, and all but the newest *keep* of each job; of *jobs*, or of
    each that has a record, that come later in order of name than *after*.
    """

    jobs: list[str] = field(default_factory=list)
    before: datetime | None = None
    keep: int | None = None
    after: str | None = None


class Kept(Record):
    """
    An event that is kept under a number; it is not *new* when one of its name and key was there.

    *runs* is what became of the runs that it has caused so far: job, run, state and reason.
    """

    event: int
    new: bool
    runs: list[dict[str, Any]] = field(default_factory=list)


class Freed(Record):
    """How much was dropped; *after* is the job up to which that is all, None when it is done."""

    records: int
    output_bytes: int
    after: str | None = None


class Operations(Protocol):
    """
    What can be done; *who* is the name of the user who asks.

    Raises: UnknownJobError, NoSuchRunError, NotNowError, StoreError.
    """

    def trigger(self, job: str, who: str, params: Mapping[str, str], *, force: bool) -> Triggered:
        """Run a job now; *force*: also while it is paused, disabled, or would overlap."""

    def at(
        self, job: str, who: str, time: datetime, params: Mapping[str, str], *, force: bool
    ) -> Triggered:
        """Run a job at *time*, durably; *force*: also when it is paused or disabled now."""

    def backfill(self, wish: Backfill, who: str) -> Filled:
        """Run a job for past fire times: for the first ones, when they are many."""

    def prune(self, wish: Prune, who: str) -> Freed:
        """Drop records that are over, and what their runs wrote: a part, when they are many."""

    def emit(self, events: Sequence[Emitted]) -> list[Kept]:
        """Keep events, and let follow what follows from them."""

    def cancel(self, target: str, who: str, number: signal.Signals | None) -> list[str]:
        """Stop the runs of a job, or one run, that go on or wait; return their ids."""

    def pause(
        self, jobs: Sequence[str], who: str, until: datetime | None, reason: str | None
    ) -> list[str]:
        """Pause jobs, all of them for none named; return their names."""

    def resume(self, jobs: Sequence[str], who: str) -> list[str]:
        """Let paused jobs go on, all of them for none named; return those that were paused."""


class RunnerOperations(Operations, Protocol):
    """What can be done while a runner is up."""

    def reload(self, who: str, answer: Callable[[Mapping[str, Any]], None]) -> None:
        """
        Load the files again; *answer* is called once, when that has been done.

        With {"changes": [...]} of sentences, or {"error": text}.
        """

    def status(self) -> dict[str, Any]:
        """Return how the runner is, as plain JSON data."""

    def when_over(self, run: str, answer: Callable[[Mapping[str, Any]], None]) -> None:
        """
        Call *answer* once when a run is over: {"run", "state", "reason", "exit_code", "signal"}.

        At once when it is over already. Raises: NoSuchRunError.
        """


def why_not_cancelled(target: str, run: Run | None, jobs: Collection[str]) -> SchedError:
    """Return why nothing of *target* can be stopped: one of *jobs*, *run*, or nothing at all."""
    if target in jobs:
        return NotNowError(f"no run of {target} goes on or waits")
    if run is None:
        return NoSuchRunError.of(target, jobs)
    return NotNowError(f"run {run.id} is over: {run.state}")


class Awaited:
    """Who waits for which run to be over."""

    def __init__(self) -> None:
        self._answers: defaultdict[int, list[Callable[[Ended | Unstarted], None]]]
        self._answers = defaultdict(list)

    def add(self, run: int, answer: Callable[[Ended | Unstarted], None]) -> None:
        """Call *answer* when a run that goes on or waits is over."""
        self._answers[run].append(answer)

    def tell(self, facts: Iterable[Fact]) -> None:
        """Tell whoever waits for a run that is over by one of these facts."""
        if not self._answers:
            return
        for fact in facts:
            match fact:
                case Unstarted():
                    run = fact.run
                case Ended() if fact.is_last:
                    run = fact.key.run
                case _:
                    continue
            for answer in self._answers.pop(run, ()):
                answer(fact)
