"""
The companion of a runner that sees to what is expected of its jobs.

It knows which promises are broken, and when the next one will be, and looks then, or when
something becomes of a job: never at all jobs, and never at none.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from schedkit import durations, timeline
from schedkit.active import Active
from schedkit.claims import Claims
from schedkit.errors import StoreError
from schedkit.events import Emitted
from schedkit.expectations import (
    Breach,
    Going,
    Promise,
    Success,
    promise,
    promised_start,
    prospects,
    waits,
)
from schedkit.jobs import Jobs
from schedkit.log import fields
from schedkit.run import State, run_id
from schedkit.store import Store
from schedkit.watch import Watch

log = logging.getLogger(__name__)

_SENTENCES = {
    "late_after": "run is late",
    "max_runtime": "run takes too long",
    "succeeded_within": "job has not succeeded",
}


class _Kept:
    """
    A job that promises something.

    *last* is None until the store was asked. *open* are its runs that are not over, *told* the
    breaches that hold and are known. The next one is *at* a time, or at a *deadline*.
    """

    __slots__ = ("at", "deadline", "last", "open", "promise", "told")

    def __init__(self, said: Promise) -> None:
        self.promise = said
        self.last: Success | None = None
        self.open: set[int] = set()
        self.told: set[tuple[str, str]] = set()
        self.at: datetime | None = None
        self.deadline: timedelta | None = None


class Expecting:
    """
    Tells *emit* of each promise as it is broken, as an event that is kept once.

    Whoever claims runs and records their ends touches their jobs, and lets it look afterwards.
    """

    def __init__(
        self,
        store: Store,
        watch: Watch,
        claims: Claims,
        emit: Callable[[Sequence[Emitted]], object],
    ) -> None:
        self._store = store
        self._watch = watch
        self._claims = claims
        self._emit = emit
        self._kept: dict[str, _Kept] = {}
        self._touched: set[str] = set()
        self._starting: set[str] = set()  # jobs with an attempt that is not known to have started
        self._unsaid: list[Emitted] = []
        # An entry that is no more what its job waits for is passed over when it comes up.
        self._times: list[tuple[datetime, str]] = []
        self._deadlines: list[tuple[timedelta, str]] = []

    def settle(self, jobs: Jobs) -> None:
        """Expect of these jobs what they promise, from the next look on."""
        before, self._kept = self._kept, {}
        for name in jobs.expecting():
            said = promise(jobs[name])
            assert said is not None, "it says that something is promised of it"
            one = self._kept[name] = before.get(name) or _Kept(said)
            one.promise = said
            one.at = one.deadline = None
            if one.last is not None and one.last.run is None:
                one.last = None  # since when it is what it is may be another time by now
        self._touched = set(self._kept)
        self._starting.clear()
        self._times, self._deadlines = [], []

    def touch(self, job: str) -> None:
        """Take note that a run of a job was decided, or an attempt of it has ended."""
        if job in self._kept:
            self._touched.add(job)

    def next_time(self) -> datetime | None:
        """Return when, by the clock, a promise will be broken; None while that cannot be told."""
        while self._times and not self._claims.recording.blocked:
            at, job = self._times[0]
            if self._kept[job].at == at:
                return at
            heapq.heappop(self._times)
        return None

    def next_deadline(self) -> timedelta | None:
        """Return when, by `Watch.elapsed`, a promise will be broken; None likewise."""
        while self._deadlines and not self._claims.recording.blocked:
            deadline, job = self._deadlines[0]
            if self._kept[job].deadline == deadline:
                return deadline
            heapq.heappop(self._deadlines)
        return None

    # ---- looking

    def look(self, now: datetime) -> None:
        """
        Tell of what is broken by now.

        What cannot be written, or read, blocks the recording, and is told by a later look.
        """
        if self._claims.recording.blocked:
            return
        elapsed = self._watch.elapsed()
        self._come(now, elapsed)
        if not (self._touched or self._unsaid):
            return
        try:
            self._ask(now)
            for name in sorted(self._touched):
                self._unsaid += self._look_at(self._kept[name], now, elapsed)
                self._touched.discard(name)
            if self._unsaid:
                self._emit(self._unsaid)
        except StoreError as error:
            self._claims.recording.block(error)
        else:
            self._unsaid = []

    def _come(self, now: datetime, elapsed: timedelta) -> None:
        """Touch the jobs of which a promise may be broken by now: none is waited for any more."""
        self._touched |= self._starting
        while (at := self.next_time()) is not None and at <= now:
            self._touched.add(heapq.heappop(self._times)[1])
        while (deadline := self.next_deadline()) is not None and deadline <= elapsed:
            self._touched.add(heapq.heappop(self._deadlines)[1])

    def _ask(self, now: datetime) -> None:
        """Ask when jobs have last succeeded of which that is not known."""
        unknown = [
            name
            for name in self._touched
            if self._kept[name].last is None
            and self._kept[name].promise.sla.succeeded_within is not None
        ]
        if not unknown:
            return
        successes = self._store.last_successes(unknown)
        loaded = self._store.hearing([name for name in unknown if name not in successes])
        for name in unknown:
            if name in successes:
                last = Success(*successes[name])
            else:
                last = Success(None, loaded[name].since if name in loaded else now)
            self._kept[name].last = last

    def _look_at(self, one: _Kept, now: datetime, elapsed: timedelta) -> Iterator[Emitted]:
        """Yield what is to be told of a job; find out when to look again."""
        name = one.promise.job
        attempts = self._claims.attempts.of(name)
        going = [*map(waits, self._claims.queue.of(name))]
        going += [_goes_on(active, elapsed) for active in attempts]
        self._note_ends(one, {run.key.run for run in going})
        (self._starting.add if any(active.began is None for active in attempts)
         else self._starting.discard)(name)  # fmt: skip
        broken: list[Breach] = []
        one.at = one.deadline = None
        for breach, left in prospects(one.promise, going, one.last, now):
            if left <= timeline.ZERO:
                broken.append(breach)
            elif breach.word == "max_runtime":
                one.deadline = min(elapsed + left, one.deadline or elapsed + left)
            else:
                one.at = min(now + left, one.at or now + left)
        self._await(one)
        known, one.told = one.told, {(breach.word, breach.key) for breach in broken}
        for breach in broken:
            if (breach.word, breach.key) not in known:
                _tell(breach)
                yield breach.event(now)

    def _await(self, one: _Kept) -> None:
        if one.at is not None:
            heapq.heappush(self._times, (one.at, one.promise.job))
        if one.deadline is not None:
            heapq.heappush(self._deadlines, (one.deadline, one.promise.job))

    def _note_ends(self, one: _Kept, going: set[int]) -> None:
        """Take note of the runs of a job that are over, and of their successes."""
        if one.promise.sla.succeeded_within is None:
            return
        unrecorded = set()
        for number in one.open - going:
            run = self._store.run(number)
            if run is None:
                continue
            if not run.state.terminal:
                unrecorded.add(number)
            elif run.state is State.SUCCEEDED and run.ended is not None:
                assert one.last is not None
                one.last = max(one.last, Success(number, run.ended), key=lambda last: last.time)
        one.open = going | unrecorded


def _goes_on(active: Active, elapsed: timedelta) -> Going:
    due = promised_start(active.trigger, active.fire_time, active.due)
    ran = None if active.began is None or active.asks else elapsed - active.began
    return Going(active.key, active.fire_time, due, active.first_start, ran)


def _tell(breach: Breach) -> None:
    said = fields(
        job=breach.job,
        run=None if breach.attempt is None else run_id(breach.attempt.run),
        since=breach.since.isoformat(),
        promised=f"{breach.word} {durations.text(breach.limit)}",
    )
    log.warning(_SENTENCES[breach.word], extra=said)
