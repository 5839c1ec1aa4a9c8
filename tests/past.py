"""A history that an earlier runner left in the state directory of a command."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from files import NAME, Sched
from schedkit import loader
from schedkit.events import Emitted
from schedkit.launch import output_file
from schedkit.run import (
    AttemptKey,
    Decision,
    Ended,
    Pause,
    Started,
    State,
    Trigger,
    first_number,
    run_id,
)
from schedkit.store import Holder, Query
from schedkit.store.sqlite import SQLiteStore

FIRED = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
EMITTED = FIRED - timedelta(hours=1)


class Past(NamedTuple):
    """
    What became of a fire time; *wrote* is what each of its attempts wrote, if there were any.

    *duration* is that of each attempt; *due* is when one that waits is to start.
    """

    job: str
    state: State
    wrote: tuple[bytes, ...] = (b"",)
    duration: timedelta | None = None
    due: datetime | None = None
    trigger: Trigger = Trigger.SCHEDULE
    who: str = "runner"
    cause: str | None = None


def write_past(
    sched: Sched,
    past: Iterable[Past],
    pauses: Iterable[Pause] = (),
    events: Iterable[Emitted] = (),
) -> list[str]:
    """
    Write a history, one fire time a minute; return the ids of its runs, oldest first.

    Before that, one event a second. In a cause, `{0}` stands for the oldest run of these.
    """
    config = loader.load([sched.directory / NAME])
    jobs = {job.name: job for job in config.jobs}
    state = sched.directory / ".sched"
    state.mkdir(exist_ok=True)
    store = SQLiteStore(state / "history.db")
    store.begin(Holder(1, "host", "boot", "0"), FIRED)
    store.load(config, "test", FIRED - timedelta(days=1))
    for number, event in enumerate(events):
        store.emit([event], EMITTED + number * timedelta(seconds=1))
    store.hear({name: False for job in config.jobs if job.after for name in job.after.jobs})
    for number, one in enumerate(past):
        fire = FIRED + number * timedelta(minutes=1)
        refused = one.state in (State.SKIPPED, State.MISSED) or not one.wrote
        wish = Decision(
            one.job, fire, one.state if refused else State.QUEUED,
            reason="for a reason" if refused else None, at_once=one.state is not State.QUEUED,
            due=one.due, trigger=one.trigger, who=one.who,
            cause=None if one.cause is None else one.cause.format(*map(past_id, range(number))),
        )  # fmt: skip
        ((key, _),) = store.claim([wish], jobs, fire)
        if key is not None and one.state is not State.QUEUED:
            _attempts(store, key, one, fire, sched)
    store.pause(pauses)
    runs = [run.id for run in store.runs(Query())]
    store.finish(FIRED)
    store.close()
    return runs[::-1]


def past_id(number: int) -> str:
    """Return the id of a run that came after so many others."""
    return run_id(first_number(FIRED + number * timedelta(minutes=1)))


def _attempts(
    store: SQLiteStore, first: AttemptKey, one: Past, fire: datetime, sched: Sched
) -> None:
    for number, wrote in enumerate(one.wrote, 1):
        key = AttemptKey(first.run, number)
        path = output_file(sched.directory / ".sched/output", key)
        if wrote:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wrote)
        if number > 1:
            store.claim_attempts(store.waiting(), fire)
        store.record([Started(key, fire, 1, 1, "x", str(path))])
        last = number == len(one.wrote)
        if last and one.state is State.RETRYING:
            store.record([Ended(key, fire, State.FAILED, "no luck", retry_at=one.due or fire)])
            return
        if last and one.state is State.RUNNING:
            return
        store.record(
            [
                Ended(
                    key, fire, one.state if last else State.FAILED,
                    None if one.state is State.SUCCEEDED else "no luck",
                    duration=one.duration, retry_at=None if last else fire,
                )
            ]
        )  # fmt: skip
