"""
What people ask for while no runner is up: written into the history for the next one.

Whoever makes this holds the lock of the state directory.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from schedkit import keeping, wishes
from schedkit.config import UnknownJobError
from schedkit.errors import did_you_mean
from schedkit.events import Emitted
from schedkit.job import Job
from schedkit.operations import (
    Backfill,
    Filled,
    Freed,
    Kept,
    NotNowError,
    Prune,
    Triggered,
    why_not_cancelled,
)
from schedkit.run import (
    Change,
    Decision,
    OpenAttempt,
    Pause,
    State,
    Unstarted,
    Waiting,
    run_id,
    run_number,
)
from schedkit.store import Holder, Store


class StoreOperations:
    """The operations on the history alone; *jobs* is what the files say, *now* when it is."""

    def __init__(
        self, store: Store, jobs: Mapping[str, Job], holder: Holder, now: datetime
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._now = now
        store.begin(holder, now)

    def close(self) -> None:
        """Note that this is all."""
        self._store.finish(self._now)

    def trigger(self, job: str, who: str, params: Mapping[str, str], *, force: bool) -> Triggered:
        """Let a job wait for the next runner; *force*: also while it is paused or disabled."""
        found = self._job(job)
        wishes.check(found, self._pauses().get(job), force=force)
        wish = wishes.run_now(found, self._now, who, tuple(params.items()))
        triggered = self._queued(replace(wish, at_once=False))
        self._note(who, "trigger", job, "forced" if force else None)
        return triggered

    def at(
        self, job: str, who: str, time: datetime, params: Mapping[str, str], *, force: bool
    ) -> Triggered:
        """Let a job wait for its time, and for a runner; *force*: also when paused or disabled."""
        found = self._job(job)
        wishes.check(found, self._pauses().get(job), force=force)
        triggered = self._queued(wishes.run_later(found, time, who, tuple(params.items())))
        self._note(who, "at", job, wishes.at_in_words(found, time, force=force))
        return triggered

    def _queued(self, wish: Decision) -> Triggered:
        while not (claimed := self._store.claim([wish], self._jobs, self._now)):
            # Another run has this very moment for its fire time.
            wish = replace(wish, fire_time=wish.fire_time + datetime.resolution)
        ((key, _),) = claimed
        assert key is not None, "what waits has an attempt to come"
        return Triggered(run_id(key.run), State.QUEUED)

    def backfill(self, wish: Backfill, who: str) -> Filled:
        """Let a job wait for the next runner, once for each of its past fire times that is due."""
        job = self._job(wish.job)
        wishes.check(job, None, force=wish.force)
        decisions = wishes.fill_in(job, wish, self._now, who)
        filled = wishes.filled(decisions, self._store.claim(decisions, self._jobs, self._now))
        if filled.runs:
            self._note(who, "backfill", job.name, wishes.backfill_in_words(job, filled, wish))
        return filled

    def emit(self, events: Sequence[Emitted]) -> list[Kept]:
        """Keep events for the next runner, for the jobs as the files have them now."""
        names = [name for name, job in self._jobs.items() if job.listens]
        self._store.listen([self._jobs[name] for name in names], self._now)
        return [Kept(number, new) for number, new in self._store.emit(events, self._now)]

    def prune(self, wish: Prune, who: str) -> Freed:
        """Drop records that are over, and what their runs wrote: a part, when they are many."""
        if wish.after is None:
            self._note(who, "prune", *wishes.pruning_in_words(wish))
        return keeping.prune(self._store, wish)

    def cancel(self, target: str, who: str, number: signal.Signals | None) -> list[str]:
        """End runs that wait; let the next runner stop those of which something still runs."""
        run = None if target in self._jobs else run_number(target)

        def is_meant(one: Waiting | OpenAttempt) -> bool:
            return run == one.key.run or target == one.job

        waiting = [one.key.run for one in self._store.waiting() if is_meant(one)]
        going_on = [one.key.run for one in self._store.open_attempts() if is_meant(one)]
        if not waiting and not going_on:
            over = None if run is None else self._store.run(run)
            raise why_not_cancelled(target, over, self._jobs)
        if going_on and number is not None:
            raise NotNowError(f"no runner is up that could send {number.name}")
        reason = f"cancelled by {who}"
        self._store.record(Unstarted(one, self._now, State.CANCELLED, reason) for one in waiting)
        for one in going_on:
            self._store.ask_to_cancel(one, who)
        self._note(who, "cancel", target)
        return [run_id(one) for one in sorted(waiting + going_on)]

    def pause(
        self, jobs: Sequence[str], who: str, until: datetime | None, reason: str | None
    ) -> list[str]:
        """Pause jobs, all of them for none named; return their names."""
        names = [self._job(name).name for name in jobs] or list(self._jobs)
        self._store.pause(Pause(name, who, self._now, until, reason) for name in names)
        for name in names:
            self._note(who, "pause", name, reason)
        return names

    def resume(self, jobs: Sequence[str], who: str) -> list[str]:
        """Let paused jobs go on, all of them for none named; return those that were paused."""
        pauses = self._pauses()
        names = [name for name in self._known(jobs, pauses) if name in pauses]
        self._store.resume(names)
        for name in names:
            self._note(who, "resume", name)
        return names

    def _known(self, jobs: Sequence[str], pauses: Mapping[str, Pause]) -> list[str]:
        """Return the names of jobs, of which one may be paused and gone from the file."""
        if not jobs:
            return list(pauses)
        return [name if name in pauses else self._job(name).name for name in jobs]

    def _pauses(self) -> dict[str, Pause]:
        """Return the pauses that are not over."""
        return {
            name: pause
            for name, pause in self._store.pauses().items()
            if pause.until is None or pause.until > self._now
        }

    def _job(self, name: str) -> Job:
        if name not in self._jobs:
            raise UnknownJobError(name, did_you_mean(name, self._jobs))
        return self._jobs[name]

    def _note(self, who: str, verb: str, target: str, detail: str | None = None) -> None:
        self._store.note(Change(self._now, who, verb, target, detail))
