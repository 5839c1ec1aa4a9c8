"""
Runs that wait for their next attempt: for its time, for an earlier run of their job, for a slot.

What is asked before the first attempt takes no slot.

Nothing here acts or reads a clock: it answers which of them may start now, best first.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime, timedelta

from schedkit.job import Job
from schedkit.planner import Company
from schedkit.records import replace
from schedkit.run import AttemptKey, Decision, State, Trigger, Waiting

SPREAD = timedelta(milliseconds=100)  # between runs that are caught up: no stampede

# What comes late or is filled in stands behind; high priority first, then in order.
_Rank = tuple[int, int, datetime, int]
PATIENT = (Trigger.AT, Trigger.BACKFILL)  # somebody wants them, if late
_BEHIND = {Trigger.CATCHUP: 1, Trigger.BACKFILL: 2}


class Slots:
    """How many attempts may go on at a time: *most* in all, and so many of each of the *pools*."""

    def __init__(self, most: int | None = None, pools: Mapping[str, int] | None = None) -> None:
        self.most = most
        self.pools = pools or {}
        self._taken: Counter[str | None] = Counter()

    @property
    def bounded(self) -> bool:
        """Whether there is any bound."""
        return self.most is not None or bool(self.pools)

    @property
    def free(self) -> bool:
        """Whether one more attempt may go on at all."""
        return self.most is None or self._taken.total() < self.most

    def free_in(self, pool: str | None) -> bool:
        """Return whether one more attempt may go on in a pool, were there no other bound."""
        return pool is None or self._taken[pool] < self.pools.get(pool, 1)

    def take(self, pool: str | None) -> None:
        """Take a slot, of a pool or of none, also where that is one too many."""
        self._taken[pool] += 1

    def give_back(self, pool: str | None) -> None:
        """Give a slot back."""
        self._taken[pool] -= 1


def starts(decision: Decision) -> bool:
    """Return whether a run is to start, and at once."""
    return decision.state is State.QUEUED and decision.at_once


def asks(job: Job | None, one: Waiting) -> bool:
    """Return whether something is to be asked before a run of *job* that waits may start."""
    return job is not None and not one.begun and job.condition is not None


def spread(
    decisions: Iterable[Decision], now: datetime, turns: Iterator[int]
) -> Iterator[Decision]:
    """Yield decisions, with those that are caught up due one after the other, by their *turns*."""
    for decision in decisions:
        if decision.state is State.QUEUED and decision.trigger is Trigger.CATCHUP:
            yield replace(decision, due=now + next(turns) * SPREAD)
        else:
            yield decision


class RunQueue:
    """
    The runs that wait.

    Those whose time has come stand in a lane for each pool. One that has to let an earlier run of
    its job go first is set aside until `let_go` of that job, due whenever a run of it ends.
    """

    def __init__(self) -> None:
        self._jobs: Mapping[str, Job] = {}
        self._entries: dict[int, Waiting] = {}
        # The pool and the priority of each, and whether it asks: to ask its job, which is at hand
        # when it comes and not while it waits, would be to load it once more.
        self._standing: dict[int, tuple[str | None, int, bool]] = {}
        self._of_job: defaultdict[str, dict[int, Waiting]] = defaultdict(dict)
        self._retries: Counter[tuple[str, bool]] = Counter()  # of a job, by backfill or not
        self._come: defaultdict[str, set[int]] = defaultdict(set)  # but for backfills
        # An entry of these that is no more what waits is passed over when it comes up.
        self._later: list[tuple[datetime, AttemptKey]] = []
        self._lanes: defaultdict[str | None, list[tuple[_Rank, AttemptKey]]] = defaultdict(list)
        self._asking: list[tuple[_Rank, AttemptKey]] = []
        self._aside: defaultdict[str, list[tuple[bool, _Rank, AttemptKey]]] = defaultdict(list)
        self._deadlines: list[tuple[datetime, AttemptKey]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._entries.values())

    def of(self, job: str) -> Collection[Waiting]:
        """Return the runs of a job that wait, in the order in which they came."""
        return self._of_job[job].values() if job in self._of_job else ()

    def company(self, job: str, going_on: Iterable[Trigger]) -> Company:
        """Return what those runs of a job that wait see of each other, and of those going on."""
        triggers = list(going_on)
        backfills = triggers.count(Trigger.BACKFILL)
        return Company(
            len(triggers) - backfills,
            backfills,
            self._retries[job, False],
            self._retries[job, True],
            bool(self._come.get(job)),
        )

    def settle(self, jobs: Mapping[str, Job]) -> None:
        """Go by these definitions of the jobs from now on."""
        self._jobs = jobs
        entries = list(self._entries.values())
        self._retries.clear()
        for index in (
            self._entries,
            self._standing,
            self._of_job,
            self._come,
            self._lanes,
            self._aside,
        ):
            index.clear()
        self._later, self._deadlines, self._asking = [], [], []
        for one in entries:
            self.put(one)

    def put(self, one: Waiting) -> None:
        """Let a run wait; one that does already goes on to."""
        run = one.key.run
        if self._waits(one.key) is not None:
            return
        self.remove(run)
        self._entries[run] = self._of_job[one.job][run] = one
        begun = one.begun
        self._retries[one.job, one.trigger is Trigger.BACKFILL] += begun
        heapq.heappush(self._later, (one.due, one.key))
        job = self._jobs.get(one.job)
        self._standing[run] = (None, 0, False)
        if job is not None:
            first_asks = not begun and job.condition is not None
            self._standing[run] = (job.pool, job.priority, first_asks)
        if job is None or job.start_deadline is None or one.trigger in PATIENT:
            return
        if one.key.number == 1:
            heapq.heappush(self._deadlines, (one.due + job.start_deadline, one.key))

    def remove(self, run: int) -> Waiting | None:
        """Let a run wait no more; return it, None when it did not wait."""
        one = self._entries.pop(run, None)
        if one is not None:
            del self._of_job[one.job][run], self._standing[run]
            self._come[one.job].discard(run)
            for index in (self._of_job, self._come):
                if not index[one.job]:
                    del index[one.job]
            self._retries[one.job, one.trigger is Trigger.BACKFILL] -= one.begun
        return one

    def let_go(self, job: str) -> None:
        """Let the runs of a job try again that were set aside: as many as may run by now."""
        aside = self._aside.get(job)
        if not aside:
            return
        known = self._jobs.get(job)
        backfills = 0
        while aside:
            one = self._waits(heapq.heappop(aside)[-1])
            if one is None:
                continue
            self._line_up(one)
            if one.trigger is Trigger.BACKFILL:
                backfills += 1
                if backfills >= one.parallel:
                    break
            elif known is None or known.overlap != "allow":
                break

    def next_time(self) -> datetime | None:
        """Return when the time of the next one comes, or its deadline."""
        for heap in (self._later, self._deadlines):
            while heap and self._waits(heap[0][1]) is None:
                heapq.heappop(heap)
        return min((heap[0][0] for heap in (self._later, self._deadlines) if heap), default=None)

    def overdue(self, now: datetime) -> list[Waiting]:
        """Take those that have waited for too long to start."""
        found = []
        while self._deadlines and self._deadlines[0][0] <= now:
            one = self._waits(heapq.heappop(self._deadlines)[1])
            if one is not None:
                self.remove(one.key.run)
                found.append(one)
        return found

    def is_open(self, job: Job, now: datetime, slots: Slots) -> bool:
        """Return whether no run that waits stands before one of *job* that is due now."""
        self._line_up_due(now)
        return not any(
            pool == job.pool or (slots.most is not None and slots.free_in(pool))
            for pool, lane in self._lanes.items()
            if self._has_some(lane) and not lane[0][0][0]
        )

    def admitted(
        self,
        decisions: Sequence[Decision],
        now: datetime,
        slots: Slots,
        *,
        paused: Container[str],
        force: bool,
    ) -> list[Decision]:
        """
        Return decisions with those made to wait that cannot start now; take slots for the others.

        *force* starts them whether there is a slot or not, and asks nothing before.
        """
        found = list(decisions)
        starting = [n for n, decision in enumerate(found) if starts(decision)]
        starting.sort(key=lambda n: -self._jobs[found[n].job].priority)
        for number in starting:
            job = self._jobs[found[number].job]
            if job.condition is not None and not force:
                held = job.name in paused
                reason = None if held else f"waits for {job.condition}"
                found[number] = replace(found[number], at_once=False, asks=not held, reason=reason)
                continue
            room = slots.free and slots.free_in(job.pool) and job.name not in paused
            if force or (room and self.is_open(job, now, slots)):
                slots.take(job.pool)
            else:
                found[number] = replace(found[number], at_once=False)
        return found

    def take(
        self, now: datetime, slots: Slots, held: Callable[[Waiting, Sequence[Waiting]], bool]
    ) -> list[Waiting]:
        """
        Take those that may start now, best first, and a slot for each; for none that asks.

        *held* says of one, and of those of its job that are taken already, whether it must let
        another run of its job go first.
        """
        self._line_up_due(now)
        taken: list[Waiting] = []
        of_job: defaultdict[str, list[Waiting]] = defaultdict(list)
        while lanes := self._open_lanes(slots):
            rank, key = heapq.heappop(min(lanes, key=lambda lane: lane[0]))
            one = self._entries[key.run]
            job = self._jobs.get(one.job)
            if job is None or held(one, of_job[one.job]):
                # A run that has begun goes before those that wait for it to be over.
                heapq.heappush(self._aside[one.job], (not one.begun, rank, key))
                continue
            if not self._standing[key.run][2]:
                slots.take(job.pool)
            self.remove(key.run)
            taken.append(one)
            of_job[one.job].append(one)
        return taken

    def _open_lanes(self, slots: Slots) -> list[list[tuple[_Rank, AttemptKey]]]:
        """Return the lanes of which the first one may start."""
        lanes = [self._asking] if self._asking and self._has_some(self._asking) else []
        if slots.free:
            lanes += [
                lane
                for pool, lane in self._lanes.items()
                if slots.free_in(pool) and self._has_some(lane)
            ]
        return lanes

    def _waits(self, key: AttemptKey) -> Waiting | None:
        one = self._entries.get(key.run)
        return one if one is not None and one.key == key else None

    def _has_some(self, lane: list[tuple[_Rank, AttemptKey]]) -> bool:
        while lane and self._waits(lane[0][1]) is None:
            heapq.heappop(lane)
        return bool(lane)

    def _line_up_due(self, now: datetime) -> None:
        while self._later and self._later[0][0] <= now:
            one = self._waits(heapq.heappop(self._later)[1])
            if one is not None:
                self._line_up(one)

    def _line_up(self, one: Waiting) -> None:
        pool, priority, first_asks = self._standing[one.key.run]
        if one.trigger is not Trigger.BACKFILL:
            self._come[one.job].add(one.key.run)
        rank = (_BEHIND.get(one.trigger, 0), -priority, one.due, one.key.run)
        heapq.heappush(self._asking if first_asks else self._lanes[pool], (rank, one.key))
