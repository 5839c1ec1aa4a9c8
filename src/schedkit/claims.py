"""
What is decided becomes a run: claimed on disk, then started or queued; what ends is recorded.

When the history cannot be written nothing starts, and what ended is kept, in order.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from schedkit import durations, planner
from schedkit.active import Active, tell_given_up, tell_queued, tell_unstarted
from schedkit.agenda import Agenda
from schedkit.attempts import Attempts
from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.events import Reaction
from schedkit.executor import Executor
from schedkit.jobs import Jobs
from schedkit.keeping import Keeping
from schedkit.log import fields
from schedkit.operations import Awaited
from schedkit.planner import Standing, covers
from schedkit.recording import Recording
from schedkit.records import replace
from schedkit.run import (
    AttemptKey,
    Decision,
    Pause,
    State,
    Trigger,
    Unstarted,
    Waiting,
    run_id,
)
from schedkit.run_queue import RunQueue, Slots, asks, starts
from schedkit.store import Store
from schedkit.watch import Watch

log = logging.getLogger(__name__)

_GONE = "its job is gone from the file"
_BEHIND = (Trigger.CATCHUP, Trigger.BACKFILL)  # they wait behind what is on time


class Claims:
    """The jobs, what waits and what goes on."""

    def __init__(self, store: Store, executor: Executor, watch: Watch, keeping: Keeping) -> None:
        self._store = store
        self._executor = executor
        self._watch = watch
        self._keeping = keeping
        self.jobs = Jobs()
        self.known = Jobs()  # with those that are left to another runner
        self.happened = False  # whether something is recorded of which something may follow
        self.pauses: dict[str, Pause] = {}
        self.touched: Callable[[str], None] | None = None  # told of each job of which a run changes
        self.agenda = Agenda()
        self.queue = RunQueue()
        self.slots = Slots()
        self.attempts = Attempts(executor, watch, self.slots, keeping.output, store.uuid)
        self.recording = Recording(store, watch)
        self.awaited = Awaited()

    # ---- the jobs

    def settle(self, config: Config, jobs: Jobs, *, anew: bool = False) -> None:
        """
        Go by these definitions of *jobs*; the store has loaded all that are in *config*.

        Those that fire as before are awaited as before, unless the store has moved cursors *anew*.
        """
        other = self.agenda.settle(jobs, anew=anew)
        self.agenda.move(self._store.cursors(other if len(other) < len(jobs) else None))
        self.pauses = self._store.pauses()
        self.jobs, self.known = jobs, config.by_name
        self.slots.most, self.slots.pools = config.runner.max_parallel, config.pools
        self.attempts.rename(self.known)
        self.queue.settle(jobs)
        self.keep_waiting(list(self.queue))

    def keep_waiting(self, waiting: Iterable[Waiting]) -> None:
        """Let runs wait, those that are left out for another runner; cancel those of no job."""
        for one in waiting:
            if one.job in self.jobs:
                self.queue.put(one)
                continue
            self.queue.remove(one.key.run)
            if one.job not in self.known:
                self.cancel_waiting(one, _GONE)

    def recover(self, boot: str) -> None:
        """Take over what an earlier runner left: attempts without an end, and runs that wait."""
        left = self._store.open_attempts()
        found = {one.key: one for one in self._executor.take_over(left, boot)}
        now = self._watch.now()
        for attempt in left:
            job, paused = self.known.get(attempt.job), covers(self.pauses.get(attempt.job), now)
            self.attempts.recover(attempt, found[attempt.key], job, boot, paused=paused)
        self.record()
        self.keep_waiting(self._store.waiting())
        self.record()

    def wait_anew(self) -> None:
        """Let what waits wait for the times that the store has by now."""
        waiting = self._store.waiting()
        for one in waiting:
            self.queue.remove(one.key.run)
        self.keep_waiting(waiting)

    # ---- how things are

    def standing(self, name: str, now: datetime, counted: int = 0) -> Standing:
        """Return how things are with a job: what would overlap, and how many runs are *counted*."""
        going_on = next((f"{run_id(a.key.run)} {a.how}" for a in self.attempts.of(name)), None)
        if going_on is None and name in self.attempts.ended:
            going_on = "the end of an earlier run is not recorded yet"
        waits = None
        for one in self.queue.of(name):
            if one.key.number > 1:
                going_on = going_on or f"{run_id(one.key.run)} waits to be retried"
            elif one.met:
                going_on = going_on or f"{run_id(one.key.run)} still waits{self._for_what(name)}"
            elif _has_come(one, now) and one.trigger not in _BEHIND:
                waits = waits or f"{run_id(one.key.run)} still waits{self._for_what(name)}"
        return Standing(going_on, waits, self.pauses.get(name), counted)

    def _for_what(self, name: str) -> str:
        job = self.jobs[name]
        if not self.slots.free_in(job.pool):
            return f" for pool {job.pool!r}"
        return "" if self.slots.free else " for one of max_parallel to end"

    # ---- claiming and starting

    def claim(
        self,
        decisions: Sequence[Decision],
        now: datetime,
        *,
        force: bool = False,
        reaction: Reaction | None = None,
    ) -> list[tuple[AttemptKey | None, Decision]] | None:
        """
        Record decisions, then start or queue what is to run; None when they can't be recorded.

        With them goes what else follows from events, the *reaction*. *force* starts them whether
        there is a slot or not.
        """
        if not decisions and reaction is None:
            return []
        settled = self.queue.admitted(decisions, now, self.slots, paused=self.pauses, force=force)
        try:
            standing = self._store.claim(settled, self.known, now, reaction)
        except StoreError as error:
            for decision in settled:
                self._give_back(decision)
            self.recording.block(error)
            return None
        stands = {id(decision) for _, decision in standing}
        for decision in settled:
            if id(decision) not in stands:  # it had a record already
                self._give_back(decision)
        self.happened = True
        self.agenda.decided(settled)
        self._begin(standing)
        return standing

    def _touch(self, job: str, number: int = 1) -> None:
        self._keeping.touch(job, number)
        if self.touched is not None:
            self.touched(job)

    def _give_back(self, decision: Decision) -> None:
        if starts(decision):
            self.slots.give_back(self.jobs[decision.job].pool)

    def _begin(self, standing: Iterable[tuple[AttemptKey | None, Decision]]) -> None:
        starting: list[Active] = []
        for key, decision in standing:
            self._touch(decision.job)
            if key is None:
                self.attempts.counts[decision.state] += decision.count
                tell_unstarted(decision, self.known[decision.job].timezone)
                continue
            if decision.replaces:
                self._replace(decision.job, key)
            waiting = Waiting(
                key, decision.job, decision.fire_time, decision.trigger,
                decision.due or decision.fire_time, None, decision.params, decision.parallel,
            )  # fmt: skip
            if decision.at_once or decision.asks:
                starting.append(self._active(waiting))
                continue
            if decision.job in self.jobs:  # else it waits for another runner
                self.queue.put(waiting)
            tell_queued(waiting)
        self.attempts.start(starting)

    def _active(self, one: Waiting) -> Active:
        job = self.jobs[one.job]
        return Active(
            one.key, one.job, job, one.fire_time, one.trigger, one.params, one.due,
            one.first_start, one.parallel, job.pool,
        )  # fmt: skip

    def _replace(self, name: str, by: AttemptKey) -> None:
        reason = f"replaced by {run_id(by.run)}"
        for active in self.attempts.of(name):
            self.attempts.stop(active, State.CANCELLED, reason)
        now = self._watch.now()
        for one in list(self.queue.of(name)):
            if one.key.number > 1 or (_has_come(one, now) and one.trigger is not Trigger.BACKFILL):
                self.queue.remove(one.key.run)
                self.cancel_waiting(one, reason)

    def cancel_waiting(self, one: Waiting, reason: str) -> None:
        """Record that a run which has been taken from the queue ends without another attempt."""
        self._end_waiting(one, State.CANCELLED, reason)

    def _end_waiting(self, one: Waiting, state: State, reason: str) -> None:
        self.attempts.facts.append(Unstarted(one.key.run, self._watch.now(), state, reason))
        self.attempts.counts[state] += 1
        self.queue.let_go(one.job)
        tell_given_up(one, state, reason)

    def give_up(self, now: datetime) -> None:
        """End what has waited for too long to start."""
        for one in self.queue.overdue(now):
            waited = durations.text(self.jobs[one.job].start_deadline or timedelta())
            reason = f"start_deadline: it waited {waited}{self._for_what(one.job)}"
            self._end_waiting(one, State.MISSED, reason)

    def start_waiting(self, now: datetime) -> None:
        """Start what waited and may start now."""
        ready = [(one, self._next(one)) for one in self.queue.take(now, self.slots, self._held)]
        if not ready:
            return
        try:
            claimed = self._store.claim_attempts([wanted for _, wanted in ready], now)
        except StoreError as error:
            self.recording.block(error)
            for one, wanted in ready:
                self._give_slot_back(wanted)
                self.queue.put(one)
            return
        stands = {one.key for one in claimed}
        for one, wanted in ready:
            if wanted.key not in stands:  # somebody ended it meanwhile
                self._give_slot_back(wanted)
                self.queue.let_go(one.job)
        self.attempts.start([self._active(one) for one in claimed])

    def _next(self, one: Waiting) -> Waiting:
        """Return a run that was taken from the queue with what comes next: what it asks, if so."""
        job = self.jobs[one.job]
        if not asks(job, one):
            return one
        return replace(one, key=AttemptKey(one.key.run, 0), reason=f"waits for {job.condition}")

    def _give_slot_back(self, one: Waiting) -> None:
        if one.key.number:
            self.slots.give_back(self.jobs[one.job].pool)

    def _held(self, one: Waiting, taken: Sequence[Waiting]) -> bool:
        """Return whether a run that waits must go on to: those of its job *taken* start now."""
        job = self.jobs[one.job]
        if one.job in self.pauses:
            return True
        if one.job in self.attempts.ended and job.overlap != "allow":
            return True
        going_on = [*(a.trigger for a in self.attempts.of(one.job)), *(t.trigger for t in taken)]
        return planner.gives_way(job, one, self.queue.company(one.job, going_on))

    # ---- pauses

    def let_go(self, jobs: Iterable[str]) -> None:
        """Let jobs go on that were paused."""
        for name in jobs:
            self.pauses.pop(name, None)
            self.queue.let_go(name)

    def end_pauses(self, now: datetime) -> None:
        """Let jobs go on whose pause is over by now."""
        over = [p.job for p in self.pauses.values() if p.until is not None and p.until <= now]
        if not over:
            return
        try:
            self._store.resume(over)
        except StoreError as error:
            self.recording.block(error)
            return
        self.let_go(over)
        for name in over:
            log.info("job resumed", extra=fields(job=name, why="its pause is over"))

    # ---- the record

    def record(self) -> None:
        """Record what started and ended; kept, in order, when that fails."""
        if not self.recording.is_due():
            return
        facts = self.attempts.facts
        if facts:
            if not self.recording.record(facts):
                return
            self.attempts.facts = []
            self.happened = True
            self._executor.forget()
        # What is on disk has consequences.
        for waiting in self.attempts.again:
            self.keep_waiting([waiting])
        for name, number in self.attempts.ended.items():
            self.queue.let_go(name)
            self._touch(name, number)
        self.attempts.again, self.attempts.ended = [], Counter()
        self.awaited.tell(facts)
        self._keeping.tidy(self.jobs, self._watch.now())


def _has_come(one: Waiting, now: datetime) -> bool:
    """Return whether a run waits for a place by now: one that is wanted later does not."""
    return one.trigger is not Trigger.AT or one.due <= now
