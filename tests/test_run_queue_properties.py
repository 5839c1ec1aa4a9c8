"""Whatever comes: never more than the slots, the best first, and nothing is lost in the queue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from deciding import job
from fakes import START
from schedkit.job import Job
from schedkit.run import AttemptKey, Trigger, Waiting
from schedkit.run_queue import RunQueue, Slots

SECOND = timedelta(seconds=1)
POOLS = {"one": 1, "two": 2}


def _job(name: str, keys: str) -> Job:
    return replace(job(keys), name=name)


def _waiting(
    run: int, name: str, due: float, trigger: Trigger = Trigger.SCHEDULE, number: int = 1
) -> Waiting:
    moment = START + due * SECOND
    return Waiting(AttemptKey(run, number), name, moment, trigger, moment)


@dataclass
class Oracle:
    """What may start, found by asking each of those that wait, in order."""

    jobs: dict[str, Job]
    waiting: dict[int, Waiting] = field(default_factory=dict)
    running: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    def take(self, now: datetime, most: int | None) -> list[int]:
        taken = []
        for one in sorted(self.waiting.values(), key=self._rank):
            if one.due <= now and not self._stands_back(one, most):
                del self.waiting[one.key.run]
                self.running[one.key.run] = (one.job, self.jobs[one.job].pool)
                taken.append(one.key.run)
        return taken

    def _rank(self, one: Waiting) -> tuple[bool, int, datetime, int]:
        late = one.trigger is Trigger.CATCHUP
        return late, -self.jobs[one.job].priority, one.due, one.key.run

    def _stands_back(self, one: Waiting, most: int | None) -> bool:
        pool = self.jobs[one.job].pool
        in_pool = sum(taken == pool for _, taken in self.running.values())
        full = most is not None and len(self.running) >= most
        return (
            full
            or one.job in self.paused
            or self.held(one)
            or (pool is not None and in_pool >= POOLS[pool])
        )

    def held(self, one: Waiting) -> bool:
        """Return whether another run of its job goes first."""
        if self.jobs[one.job].overlap == "allow":
            return False
        goes_on = any(name == one.job for name, _ in self.running.values())
        tried_again = any(o.job == one.job and o.key.number > 1 for o in self.waiting.values())
        return goes_on or (one.key.number == 1 and tried_again)


_NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
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

    @rule(those=st.lists(st.tuples(_NAMES, st.integers(0, 3), st.booleans()), max_size=6))
    def some_come(self, those: list[tuple[str, int, bool]]) -> None:
        for name, after, late in those:
            self._runs += 1
            due = (self._now - START) / SECOND + after
            trigger = Trigger.CATCHUP if late else Trigger.SCHEDULE
            self._put(_waiting(self._runs, name, due, trigger))

    @rule(seconds=st.integers(0, 3))
    def time_passes(self, seconds: int) -> None:
        self._now += seconds * SECOND

    @rule()
    def what_may_start_starts(self) -> None:
        expected = self._oracle.take(self._now, self._slots.most)
        before = dict(self._oracle.running)
        for run in expected:
            del before[run]
        judge = Oracle(self._oracle.jobs, {}, before, self._oracle.paused)

        def held(one: Waiting) -> bool:
            if one.job in judge.paused:
                return True
            if judge.jobs[one.job].overlap == "allow":
                return False
            goes_on = any(name == one.job for name, _ in judge.running.values())
            return goes_on or (one.key.number == 1 and self._queue.is_retried(one.job))

        assert expected == [o.key.run for o in self._queue.take(self._now, self._slots, held)]

    def _end(self, data: st.DataObject) -> tuple[int, str]:
        run = data.draw(st.sampled_from(sorted(self._oracle.running)))
        name, pool = self._oracle.running.pop(run)
        self._slots.give_back(pool)
        return run, name

    @precondition(lambda self: self._oracle.running)
    @rule(data=st.data())
    def one_ends(self, data: st.DataObject) -> None:
        _, name = self._end(data)
        self._queue.let_go(name)

    @precondition(lambda self: self._oracle.running)
    @rule(data=st.data(), after=st.integers(0, 5), number=st.integers(2, 3))
    def one_fails_and_is_tried_again(self, data: st.DataObject, after: int, number: int) -> None:
        run, name = self._end(data)
        self._put(_waiting(run, name, (self._now - START) / SECOND + after, number=number))
        self._queue.let_go(name)

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
        self._oracle.running[self._runs] = (name, pool)

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
