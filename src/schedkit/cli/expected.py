"""What a history knows of the times to come: runs that wait for theirs, and pauses."""

from __future__ import annotations

import sys
from collections.abc import Container, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from schedkit.errors import StoreError
from schedkit.records import Record, field
from schedkit.run import AttemptKey, OpenAttempt, Pause, Run, State, Waiting, run_number
from schedkit.store import Query, Reader
from schedkit.texts import safe
from schedkit.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from schedkit.cli.context import Context
    from schedkit.config import Config


class Expected(NamedTuple):
    """A run that waits for its attempt number *attempt*, due at a time (UTC)."""

    due: datetime
    attempt: int
    run: Run

    def __str__(self) -> str:
        if self.run.state is State.QUEUED and self.run.reason is not None:
            return self.run.reason
        if self.attempt > 1:
            return f"retry {self.attempt - 1} of {self.run.most_attempts - 1}"
        if self.run.trigger.value in ("schedule", "catchup"):
            return f"{self.run.trigger} of {self.run.fire_time.astimezone(UTC).isoformat()}"
        return f"{self.run.trigger}, by {self.run.who}"


class Beside(Record):
    """What comes beside the schedules, soonest first, and the pauses by the names of their jobs."""

    expected: Sequence[Expected] = ()
    pauses: Mapping[str, Pause] = field(default_factory=dict)

    def pause(self, job: str, instant: datetime) -> Pause | None:
        """Return the pause of a job that covers *instant*, if one does."""
        pause = self.pauses.get(job)
        if pause is None:
            return None
        from schedkit import planner  # no pause, no need of it

        return pause if planner.covers(pause, instant) else None


def beside(context: Context, config: Config, jobs: Container[str], after: datetime) -> Beside:
    """
    Return what the history knows of *jobs* later than *after*.

    Nothing without one; nor, with a warning on stderr, when it cannot be read.
    """
    try:
        store = context.history(config)
        if store is None:
            return Beside()
        with closing(store):
            return Beside(expected(store, jobs, after), store.pauses())
    except (StoreError, OSError) as error:
        reason = str(error)
        if isinstance(error, OSError):
            reason = f"{error.filename}: {(error.strerror or reason).lower()}"
        sys.stderr.write(f"warning: extra runs and pauses are not shown: {safe(reason)}\n")
        return Beside()


def expected(store: Reader, jobs: Container[str], after: datetime | None = None) -> list[Expected]:
    """Return the runs of *jobs* that wait, due later than *after* or at all, soonest first."""
    waiting = [
        one for one in waits(store) if one.job in jobs and (after is None or one.due > after)
    ]
    runs = _runs(store, waiting)
    return [
        Expected(one.due, one.key.number, runs[one.key.run])
        for one in waiting
        if one.key.run in runs  # else it has begun in the meantime
    ]


def waits(store: Reader) -> list[Waiting]:
    """Return the runs that wait, those included of which it is asked whether they may start."""
    asking = [
        Waiting(
            AttemptKey(one.key.run, 1), one.job, one.fire_time, one.trigger,
            one.due or one.fire_time, None, one.params, one.parallel,
        )
        for one in store.open_attempts()
        if not one.key.number
    ]  # fmt: skip
    found = store.waiting()
    return sorted([*asking, *found], key=lambda one: one.due) if asking else found


def going_on(store: Reader) -> list[OpenAttempt]:
    """Return the attempts that go on; to ask whether a run may start is none."""
    return [one for one in store.open_attempts() if one.key.number]


def _runs(store: Reader, waiting: Sequence[Waiting]) -> dict[int, Run]:
    if not waiting:
        return {}
    found = store.runs(Query(states=frozenset({State.QUEUED, State.RETRYING})))
    return {run_number(run.id) or 0: run for run in found}
