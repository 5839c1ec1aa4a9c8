"""What a history is told, in few words."""

from __future__ import annotations

from datetime import datetime, timedelta

from fakes import HOLDER, START
from schedkit.config import Config
from schedkit.run import AttemptKey, Decision, Ended, Started, State, Trigger, Unstarted, Waiting
from schedkit.store import Query, Store

MINUTE = timedelta(minutes=1)
JOBS = """
jobs:
  a: {command: x, clock: every 1m, retry: 2}
  b: {command: x, clock: every 1m}
"""


def at(minutes: float) -> datetime:
    """Return the instant so many minutes after the start."""
    return START + minutes * MINUTE


def begin(store: Store, config: Config, minutes: float = 0) -> Store:
    """Take over a store and load the files, as a runner does."""
    store.begin(HOLDER, at(minutes))
    store.load(config, "start", at(minutes))
    return store


def due(job: str, minutes: float) -> Decision:
    """Return the decision to start a fire time."""
    return Decision(job, at(minutes), State.QUEUED)


def missed(job: str, first: float, last: float, count: int) -> Decision:
    """Return the decision that a range of fire times was missed."""
    return Decision(
        job, at(first), State.MISSED, reason="down", last_fire_time=at(last), count=count
    )


def queued(job: str, minutes: float) -> Decision:
    """Return the decision to let a fire time wait."""
    return Decision(job, at(minutes), State.QUEUED, at_once=False)


def skipped(job: str, minutes: float) -> Decision:
    """Return the decision to skip a fire time."""
    return Decision(job, at(minutes), State.SKIPPED, reason="overlap")


def claim(store: Store, config: Config, *decisions: Decision) -> list[AttemptKey | None]:
    """Claim decisions; return what stands: the attempt to start, None where none is."""
    jobs = {job.name: job for job in config.jobs}
    now = max(decision.last_fire_time or decision.fire_time for decision in decisions)
    return [key for key, _ in store.claim(decisions, jobs, now)]


def started(store: Store, config: Config, job: str, minutes: float) -> AttemptKey:
    """Claim and start the first attempt for a fire time."""
    (key,) = claim(store, config, due(job, minutes))
    assert key is not None
    store.record([Started(key, at(minutes), 4711, 7, "x", "/out")])
    return key


def ended(
    key: AttemptKey, state: State = State.SUCCEEDED, retry_at: datetime | None = None
) -> Ended:
    """Return an end of an attempt."""
    return Ended(key, at(30), state, reason=str(state), exit_code=0, retry_at=retry_at)


def retry(key: AttemptKey, job: str = "a") -> Waiting:
    """Return the run, which started at its fire time, as it waits for its next attempt."""
    again = AttemptKey(key.run, key.number + 1)
    return Waiting(again, job, at(1), Trigger.SCHEDULE, at(31), at(1))


def gone(key: AttemptKey) -> Unstarted:
    """Return the end of a run that waits and whose next attempt will never come."""
    return Unstarted(key.run, at(30), State.CANCELLED, "gone")


def told(store: Store, query: Query | None = None) -> list[str]:
    """Return the records in short, oldest first: job, fire time, state."""
    runs = store.runs(query or Query())[::-1]
    return [f"{run.job} {run.fire_time:%H:%M} {run.state}" for run in runs]
