"""A history of which every record is given in full, written into the state directory."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from files import NAME, Sched
from schedkit import loader
from schedkit.launch import output_file
from schedkit.run import AttemptKey, Decision, Ended, Pause, Started, State, Trigger
from schedkit.store import Holder, Query
from schedkit.store.sqlite import SQLiteStore

_UNSTARTED = frozenset({State.SKIPPED, State.MISSED})
_LONG_BEFORE = timedelta(days=400)
_NEWEST = Query(limit=1)


@dataclass(frozen=True)
class Record:
    """What became of a fire time, or of a range of missed ones; a start is *late*, and *took*."""

    job: str
    fire_time: datetime
    state: State
    reason: str | None = None
    trigger: Trigger = Trigger.SCHEDULE
    who: str = "runner"
    late: timedelta = timedelta(0)
    took: timedelta = timedelta(0)
    attempts: int = 1
    exit_code: int | None = None
    last_fire_time: datetime | None = None
    count: int = 1


def write_records(
    sched: Sched,
    records: Iterable[Record],
    *,
    loaded: datetime | None = None,
    pauses: Iterable[Pause] = (),
) -> list[str]:
    """
    Write a history; return the ids of its runs, as they are given.

    The file was loaded at *loaded*, long before the first record unless it is given.
    """
    given = list(records)
    config = loader.load([sched.directory / NAME])
    jobs = {job.name: job for job in config.jobs}
    state = sched.directory / ".sched"
    state.mkdir(exist_ok=True)
    first = loaded if loaded is not None else given[0].fire_time - _LONG_BEFORE
    ids = []
    with closing(SQLiteStore(state / "history.db")) as store:
        store.begin(Holder(1, "host", "boot", "0"), first)
        store.load(config, "test", first)
        for one in given:
            wish = Decision(
                one.job, one.fire_time, one.state if one.state in _UNSTARTED else State.QUEUED,
                one.trigger, one.reason, one.last_fire_time, one.count, who=one.who,
                at_once=one.state is not State.QUEUED,
            )  # fmt: skip
            now = (one.last_fire_time or one.fire_time) + one.late
            before = store.runs(_NEWEST)
            ((key, _),) = store.claim([wish], jobs, now)
            newest = store.runs(_NEWEST)
            assert newest != before, "the history has a record of it"
            ids.append(newest[0].id)
            if key is not None and one.state is not State.QUEUED:
                _tried(store, key, one, state / "output")
        store.pause(pauses)
        store.finish(first)
    return ids


def _tried(store: SQLiteStore, first: AttemptKey, one: Record, output: Path) -> None:
    start = one.fire_time + one.late
    for number in range(1, one.attempts + 1):
        key = AttemptKey(first.run, number)
        if number > 1:
            store.claim_attempts(store.waiting(), start)
        store.record([Started(key, start, 1, 1, "x", str(output_file(output, key)))])
        last = number == one.attempts
        if last and one.state is State.RUNNING:
            return
        retried = not last or one.state is State.RETRYING
        ended = Ended(
            key, start + one.took, State.FAILED if retried else one.state, one.reason,
            one.exit_code, duration=one.took, output_bytes=0,
            retry_at=start + one.took if retried else None,
        )  # fmt: skip
        store.record([ended])
