"""What people ask of a runner that is up."""

from __future__ import annotations

import logging
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from schedkit import keeping, planner, wishes
from schedkit.claims import Claims
from schedkit.config import UnknownJobError
from schedkit.errors import StoreError, did_you_mean
from schedkit.job import Job
from schedkit.log import fields
from schedkit.operations import (
    Backfill,
    Filled,
    Freed,
    Kept,
    NoSuchRunError,
    NotNowError,
    Prune,
    Triggered,
    why_not_cancelled,
)
from schedkit.records import replace
from schedkit.run import (
    Change,
    Decision,
    Ended,
    Pause,
    Run,
    State,
    Unstarted,
    run_id,
    run_number,
)
from schedkit.store import Store
from schedkit.typed import TYPE_CHECKING, Any, Protocol
from schedkit.watch import Watch

if TYPE_CHECKING:
    from schedkit.events import Emitted
    from schedkit.reactions import Consequence

log = logging.getLogger(__name__)

Answer = Callable[[Mapping[str, Any]], None]


class Loop(Protocol):
    """What only the loop of the runner itself can do."""

    def reload(self, who: str, answer: Answer) -> None:
        """Load the files again; call *answer* when that has been done."""

    def status(self) -> dict[str, Any]:
        """Return how the runner is."""

    def react(self, now: datetime) -> Sequence[Consequence]:
        """Let follow what follows from what has happened; return what did."""

    def decide(self) -> None:
        """Decide what is due; raises StoreError when that cannot be recorded."""


class Orders:
    """The operations of a runner, carried out by its claims and its loop."""

    def __init__(self, claims: Claims, store: Store, watch: Watch, loop: Loop) -> None:
        self._claims = claims
        self._store = store
        self._watch = watch
        self._loop = loop
        self.draining = False

    def trigger(self, job: str, who: str, params: Mapping[str, str], *, force: bool) -> Triggered:
        """Run a job now; *force*: also while it is paused, disabled, or would overlap."""
        now = self._watch.now()
        found = self._job(job)
        self._check_that_it_starts_something()
        wishes.check(found, self._pause(job, now), force=force)
        wish = wishes.run_now(found, now, who, tuple(params.items()))
        if not force:
            standing = self._claims.standing(job, now)
            wish = planner.overlapping(found, wish, standing.going_on, standing.waits)
        # Before it starts: who is told that it failed would ask again.
        self._note(who, "trigger", job, "forced" if force else None)
        return self._claimed(wish, now, force=force)

    def at(
        self, job: str, who: str, time: datetime, params: Mapping[str, str], *, force: bool
    ) -> Triggered:
        """Run a job at *time*, durably; *force*: also when it is paused or disabled now."""
        now = self._watch.now()
        found = self._job(job)
        wishes.check(found, self._pause(job, now), force=force)
        wish = wishes.run_later(found, time, who, tuple(params.items()))
        self._note(who, "at", job, wishes.at_in_words(found, time, force=force))
        return self._claimed(wish, now)

    def _claimed(self, wish: Decision, now: datetime, *, force: bool = False) -> Triggered:
        claimed = self._claims.claim([wish], now, force=force)
        while claimed == []:  # another run has this very moment for its fire time
            wish = replace(wish, fire_time=wish.fire_time + datetime.resolution)
            claimed = self._claims.claim([wish], now, force=force)
        if claimed is None:
            raise self._why_unwritable()
        ((key, decision),) = claimed
        if key is None:
            last = self._store.last_runs([wish.job])[wish.job]
            return Triggered(last.id, State.SKIPPED, decision.reason)
        state = State.RUNNING if decision.at_once else State.QUEUED
        return Triggered(run_id(key.run), state)

    def backfill(self, wish: Backfill, who: str) -> Filled:
        """Run a job for past fire times: for the first ones, when they are many."""
        job = self._job(wish.job)
        self._check_that_it_starts_something()
        wishes.check(job, None, force=wish.force)
        self._loop.decide()  # what is due by now belongs to the schedule
        now = self._watch.now()
        decisions = wishes.fill_in(job, wish, now, who)
        claimed = self._claims.claim(decisions, now)
        if claimed is None:
            raise self._why_unwritable()
        filled = wishes.filled(decisions, claimed)
        if filled.runs:
            said = wishes.backfill_in_words(job, filled, wish)
            log.info("backfill queued", extra=fields(job=job.name, who=who, what=said))
            self._note_if_possible(who, "backfill", job.name, said)
        return filled

    def emit(self, events: Sequence[Emitted]) -> list[Kept]:
        """Keep events, all in one transaction, and let follow what follows from them."""
        now = self._watch.now()
        kept = self._store.emit(events, now)
        if log.isEnabledFor(logging.INFO):
            for one, (number, new) in zip(events, kept, strict=True):
                if new:
                    log.info(
                        "event emitted", extra=fields(name=one.name, event=number, who=one.who)
                    )
        runs: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for followed in self._loop.react(now):
            runs[followed.event].append(followed.told())
        return [Kept(number, new, runs[number]) for number, new in kept]

    def prune(self, wish: Prune, who: str) -> Freed:
        """Drop records that are over, and what their runs wrote: a part, when they are many."""
        if wish.after is None:
            target, detail = wishes.pruning_in_words(wish)
            self._note(who, "prune", target, detail)
            log.info("history pruned", extra=fields(of=target, who=who, what=detail))
        return keeping.prune(self._store, wish)

    def _check_that_it_starts_something(self) -> None:
        if self.draining:
            raise NotNowError("the runner is stopping: it starts nothing more")

    def _pause(self, job: str, now: datetime) -> Pause | None:
        pause = self._claims.pauses.get(job)
        return pause if planner.covers(pause, now) else None

    def _why_unwritable(self) -> StoreError:
        return self._claims.recording.error or StoreError("the history cannot be written")

    def cancel(self, target: str, who: str, number: signal.Signals | None) -> list[str]:
        """Stop the runs of a job, or one run, that go on or wait; return their ids."""
        run = None if target in self._claims.jobs else run_number(target)
        going_on = [
            one for one in self._claims.attempts if run == one.key.run or target == one.name
        ]
        waiting = [one for one in self._claims.queue if run == one.key.run or target == one.job]
        if not going_on and not waiting:
            over = None if run is None else self._store.run(run)
            raise why_not_cancelled(target, over, self._claims.jobs)
        self._keep_wish([one.key.run for one in going_on], who)
        reason = f"cancelled by {who}"
        for active in going_on:
            self._claims.attempts.stop(active, State.CANCELLED, reason, number)
        for one in waiting:
            self._claims.queue.remove(one.key.run)
            self._claims.cancel_waiting(one, reason)
        self._claims.record()  # before anybody is told
        error = self._claims.recording.error
        if waiting and error is not None:
            raise error
        self._note_if_possible(who, "cancel", target)
        keys = [*(one.key for one in going_on), *(one.key for one in waiting)]
        return [run_id(key.run) for key in sorted(keys)]

    def _keep_wish(self, runs: Iterable[int], who: str) -> None:
        """Let the next runner know, if this one is killed before they have ended."""
        try:
            for run in runs:
                self._store.ask_to_cancel(run, who)
        except StoreError as error:  # no reason to let a job go on that is to be stopped
            log.warning("cancelled without a record so far", extra=fields(error=error))

    def pause(
        self, jobs: Sequence[str], who: str, until: datetime | None, reason: str | None
    ) -> list[str]:
        """Pause jobs, all of them for none named; return their names."""
        names = self._named(jobs)
        now = self._watch.now()
        pauses = [Pause(name, who, now, until, reason) for name in names]
        self._store.pause(pauses)
        self._claims.pauses |= {pause.job: pause for pause in pauses}
        for name in names:
            self._note(who, "pause", name, reason)
            log.info("job paused", extra=fields(job=name, who=who, until=until, reason=reason))
        return names

    def resume(self, jobs: Sequence[str], who: str) -> list[str]:
        """Let paused jobs go on, all of them for none named; return those that were paused."""
        names = [name for name in self._named(jobs) if name in self._claims.pauses]
        self._store.resume(names)
        self._claims.let_go(names)
        for name in names:
            self._note(who, "resume", name)
            log.info("job resumed", extra=fields(job=name, who=who))
        return names

    def reload(self, who: str, answer: Answer) -> None:
        """Load the files again; *answer* is called once, when that has been done."""
        self._note(who, "reload", "the files")
        self._loop.reload(who, answer)

    def status(self) -> dict[str, Any]:
        """Return how the runner is."""
        return self._loop.status()

    def when_over(self, run: str, answer: Answer) -> None:
        """Call *answer* once when a run is over."""
        number = run_number(run)
        found = None if number is None else self._store.run(number)
        if number is None or found is None:
            raise NoSuchRunError(f"there is no run {run!r}")
        if found.state.terminal:
            answer(_over(found.id, found))
        else:
            self._claims.awaited.add(number, lambda fact: answer(_over(run, fact)))

    def _job(self, name: str) -> Job:
        jobs = self._claims.jobs
        if name not in jobs:
            raise UnknownJobError(name, did_you_mean(name, jobs))
        return jobs[name]

    def _named(self, jobs: Iterable[str]) -> list[str]:
        return [self._job(name).name for name in jobs] or list(self._claims.jobs)

    def _note_if_possible(
        self, who: str, verb: str, target: str, detail: str | None = None
    ) -> None:
        """Record what has been done already, and cannot be refused any more."""
        try:
            self._note(who, verb, target, detail)
        except StoreError as error:
            log.warning("not recorded who asked", extra=fields(who=who, verb=verb, error=error))

    def _note(self, who: str, verb: str, target: str, detail: str | None = None) -> None:
        self._store.note(Change(self._watch.now(), who, verb, target, detail))


def _over(run: str, end: Run | Ended | Unstarted) -> dict[str, Any]:
    exited = None if isinstance(end, Unstarted) else end
    return {
        "run": run,
        "state": end.state,
        "reason": end.reason,
        "exit_code": exited.exit_code if exited is not None else None,
        "signal": exited.signal if exited is not None else None,
    }
