"""Whatever comes: never more than the slots, the best first, and nothing is lost in the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from deciding import job
from fakes import START
from schedkit.job import Job
from schedkit.planner import gives_way
from schedkit.run import AttemptKey, Trigger, Waiting
from schedkit.run_queue import RunQueue, Slots

SECOND = timedelta(seconds=1)
POOLS = {"one": 1, "two": 2}
PARALLEL = {"a": 1, "b": 2, "c": 3, "d": 2, "e": 1}  # runs of a backfill of each job


def _job(name: str, keys: str) -> Job:
    return replace(job(keys), name=name)


def _waiting(
    run: int, name: str, due: float, trigger: Trigger = Trigger.SCHEDULE, number: int = 1
) -> Waiting:
    moment = START + due * SECOND
    return Waiting(AttemptKey(run, number), name, moment, trigger, moment, parallel=PARALLEL[name])


@dataclass
class Oracle:
    """What may start, found by asking each of those that wait, in order."""

    jobs: dict[str, Job]
    waiting: dict[int, Waiting] = field(default_factory=dict)
    running: dict[int, tuple[Waiting, str | None]] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    def take(self, now: datetime, most: int | None) -> list[int]:
        taken = []
        for one in sorted(self.waiting.values(), key=self._rank):
            if one.due <= now and not self._stands_back(one, now, most):
                del self.waiting[one.key.run]
                self.running[one.key.run] = (one, self.jobs[one.job].pool)
                taken.append(one.key.run)
        return taken

    def _rank(self, one: Waiting) -> tuple[int, int, datetime, int]:
        behind = [Trigger.CATCHUP, Trigger.BACKFILL]
        late = behind.index(one.trigger) + 1 if one.trigger in behind else 0
        return late, -self.jobs[one.job].priority, one.due, one.key.run

    def _stands_back(self, one: Waiting, now: datetime, most: int | None) -> bool:
        pool = self.jobs[one.job].pool
        in_pool = sum(taken == pool for _, taken in self.running.values())
        full = most is not None and len(self.running) >= most
        return (
            full
            or one.job in self.paused
            or self.held(one, now)
            or (pool is not None and in_pool >= POOLS[pool])
        )

    def held(self, one: Waiting, now: datetime) -> bool:
        """Return whether another run of its job goes first."""
        runs = [other for other, _ in self.running.values() if other.job == one.job]
        waits = [o for o in self.waiting.values() if o.job == one.job and o is not one]
        not_over = runs + [o for o in waits if o.key.number > 1 and one.key.number == 1]
        in_the_way = not_over if self.jobs[one.job].overlap != "allow" else []
        if one.trigger is Trigger.BACKFILL:
            if sum(o.trigger is Trigger.BACKFILL for o in not_over) >= one.parallel:
                return True
            if one.key.number == 1 and self.jobs[one.job].overlap != "allow":
                in_the_way += [o for o in waits if o.due <= now]
            in_the_way = [o for o in in_the_way if o.trigger is not Trigger.BACKFILL]
        return bool(in_the_way)


_NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
_TRIGGERS = st.sampled_from(list(Trigger))
_KEYS = {
    "a": ("overlap: queue_all, pool: one", "overlap: queue_all"),
    "b": ("overlap: queue_all, pool: two, priority: 3", "overlap: allow, priority: 3"),
    "c": ("overlap: allow, pool: one, priority: 1", "overlap: allow, pool: two"),
    "d": ("overlap: skip", "overlap: skip, priority: 9"),
    "e": ("overlap: allow", "overlap: queue_one, pool: one"),
}


class Queueing(RuleBasedStateMachine):
    """A queue beside its oracle, through which runs come, start, end and are tried again."""

    def __init__(self) -> None:
        super().__init__()
        self._now = START
        self._runs = 0
        self._oracle = Oracle({name: _job(name, keys[0]) for name, keys in _KEYS.items()})
        self._queue = RunQueue()
        self._queue.settle(self._oracle.jobs)
        self._slots = Slots(4, POOLS)

    def _put(self, one: Waiting) -> None:
        self._oracle.waiting[one.key.run] = one
        self._queue.put(one)

    @rule(those=st.lists(st.tuples(_NAMES, st.integers(0, 3), _TRIGGERS), max_size=6))
    def some_come(self, those: list[tuple[str, int, Trigger]]) -> None:
        for name, after, trigger in those:
            self._runs += 1
            due = (self._now - START) / SECOND + after
            self._put(_waiting(self._runs, name, due, trigger))

    @rule(name=_NAMES, number=st.integers(2, 9))
    def some_are_filled_in(self, name: str, number: int) -> None:
        for _ in range(number):
            self._runs += 1
            due = (self._now - START) / SECOND
            self._put(_waiting(self._runs, name, due, Trigger.BACKFILL))

    @rule(seconds=st.integers(0, 3))
    def time_passes(self, seconds: int) -> None:
        self._now += seconds * SECOND

    @rule()
    def what_may_start_starts(self) -> None:
        expected = self._oracle.take(self._now, self._slots.most)
        before = [one for run, (one, _) in self._oracle.running.items() if run not in expected]

        def held(one: Waiting, taken: Sequence[Waiting]) -> bool:
            going_on = [other.trigger for other in (*before, *taken) if other.job == one.job]
            company = self._queue.company(one.job, going_on)
            paused = one.job in self._oracle.paused
            return paused or gives_way(self._oracle.jobs[one.job], one, company)

        assert expected == [o.key.run for o in self._queue.take(self._now, self._slots, held)]

    def _end(self, data: st.DataObject) -> Waiting:
        run = data.draw(st.sampled_from(sorted(self._oracle.running)))
        one, pool = self._oracle.running.pop(run)
        self._slots.give_back(pool)
        return one

    @precondition(lambda self: self._oracle.running)
    @rule(data=st.data())
    def one_ends(self, data: st.DataObject) -> None:
        one = self._end(data)
        self._queue.let_go(one.job)

    @precondition(lambda self: self._oracle.running)
    @rule()
    def all_end_at_once(self) -> None:
        """Whoever records that lets each job go once, however many of its runs it were."""
        ended = list(self._oracle.running.values())
        self._oracle.running.clear()
        for _, pool in ended:
            self._slots.give_back(pool)
        for name in {one.job for one, _ in ended}:
            self._queue.let_go(name)

    @precondition(lambda self: self._oracle.running)
    @rule(data=st.data(), after=st.integers(0, 5), number=st.integers(2, 3))
    def one_fails_and_is_tried_again(self, data: st.DataObject, after: int, number: int) -> None:
        one = self._end(data)
        due = self._now + after * SECOND
        self._put(replace(one, key=AttemptKey(one.key.run, number), due=due))
        self._queue.let_go(one.job)

    @precondition(lambda self: self._oracle.waiting)
    @rule(data=st.data())
    def one_is_cancelled(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(sorted(self._oracle.waiting)))
        one = self._oracle.waiting.pop(run)

        assert self._queue.remove(run) == one
        self._queue.let_go(one.job)

    @rule(name=_NAMES)
    def a_job_is_paused(self, name: str) -> None:
        self._oracle.paused.add(name)

    @rule(name=_NAMES)
    def a_job_goes_on(self, name: str) -> None:
        self._oracle.paused.discard(name)
        self._queue.let_go(name)

    @rule(name=_NAMES, which=st.integers(0, 1))
    def a_job_changes(self, name: str, which: int) -> None:
        self._oracle.jobs[name] = _job(name, _KEYS[name][which])
        self._queue.settle(self._oracle.jobs)
        for one in list(self._queue):
            self._queue.put(one)

    @rule(name=_NAMES)
    def one_is_forced(self, name: str) -> None:
        self._runs += 1
        pool = self._oracle.jobs[name].pool
        self._slots.take(pool)
        due = (self._now - START) / SECOND
        self._oracle.running[self._runs] = _waiting(self._runs, name, due, Trigger.MANUAL), pool

    @invariant()
    def a_backfill_never_has_more_runs_than_it_may(self) -> None:
        filled_in = Counter(
            one.job for one, _ in self._oracle.running.values() if one.trigger is Trigger.BACKFILL
        )
        assert all(number <= PARALLEL[name] for name, number in filled_in.items())

    @invariant()
    def nothing_is_lost(self) -> None:
        assert {one.key.run: one for one in self._queue} == self._oracle.waiting
        assert len(self._queue) == len(self._oracle.waiting)
        of_jobs = Counter(one.job for one in self._oracle.waiting.values())
        assert all(len(self._queue.of(name)) == of_jobs[name] for name in self._oracle.jobs)

    @invariant()
    def whoever_waits_for_time_is_waited_for(self) -> None:
        later = [one.due for one in self._oracle.waiting.values() if one.due > self._now]
        awaited = self._queue.next_time()
        assert not later or (awaited is not None and awaited <= min(later))


TestQueueing = Queueing.TestCase
TestQueueing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
