"""The queue: who may start, the best first, and who has to wait."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import replace
from datetime import timedelta
from types import FrameType

import pytest

from deciding import job
from fakes import START
from schedkit.job import Job
from schedkit.run import AttemptKey, Trigger, Waiting
from schedkit.run_queue import RunQueue, Slots

SECOND = timedelta(seconds=1)
POOLS = {"one": 1, "two": 2}


def _job(name: str, keys: str = "overlap: allow") -> Job:
    return replace(job(keys), name=name)


def _waiting(
    run: int, name: str = "a", due: float = 0, trigger: Trigger = Trigger.SCHEDULE, number: int = 1
) -> Waiting:
    moment = START + due * SECOND
    return Waiting(AttemptKey(run, number), name, moment, trigger, moment)


def _queue(*jobs: Job, waiting: list[Waiting]) -> RunQueue:
    queue = RunQueue()
    queue.settle({one.name: one for one in jobs})
    for one in waiting:
        queue.put(one)
    return queue


def _free(_: Waiting) -> bool:
    return False


def _taken(queue: RunQueue, slots: Slots, due: float = 0) -> list[int]:
    return [one.key.run for one in queue.take(START + due * SECOND, slots, _free)]


# ---- one by one


def test_what_is_due_later_waits_for_its_time() -> None:
    queue = _queue(_job("a"), waiting=[_waiting(1, due=5)])

    assert (_taken(queue, Slots(), 4), _taken(queue, Slots(), 5)) == ([], [1])


def test_what_is_on_time_goes_before_what_is_caught_up() -> None:
    late = _waiting(1, trigger=Trigger.CATCHUP)
    queue = _queue(_job("a", "priority: 9, overlap: allow"), _job("b"),
                   waiting=[late, _waiting(2, "b")])  # fmt: skip

    assert _taken(queue, Slots()) == [2, 1]


def test_of_what_is_on_time_the_highest_priority_goes_first() -> None:
    jobs = [_job(str(n), f"priority: {n}, overlap: allow") for n in (-5, 0, 7)]
    queue = _queue(*jobs, waiting=[_waiting(1, "-5"), _waiting(2, "0"), _waiting(3, "7")])

    assert _taken(queue, Slots()) == [3, 2, 1]


def test_of_one_priority_what_was_due_first_goes_first() -> None:
    queue = _queue(_job("a"), waiting=[_waiting(1, due=2), _waiting(2, due=1), _waiting(3, due=1)])

    assert _taken(queue, Slots(), 2) == [2, 3, 1]


def test_a_full_pool_holds_up_no_other_one() -> None:
    jobs = [_job("a", "pool: one, priority: 9, overlap: allow"), _job("b")]
    queue = _queue(*jobs, waiting=[_waiting(1), _waiting(2), _waiting(3, "b")])

    assert _taken(queue, Slots(pools=POOLS)) == [1, 3]


def test_the_last_free_slot_goes_to_the_best_of_all_pools() -> None:
    jobs = [_job("a", "pool: one, overlap: allow"), _job("b", "priority: 1, overlap: allow")]
    queue = _queue(*jobs, waiting=[_waiting(1), _waiting(2, "b")])

    assert _taken(queue, Slots(1, POOLS)) == [2]


def test_a_slot_that_is_given_back_is_free_for_the_next() -> None:
    slots = Slots(pools=POOLS)
    queue = _queue(_job("a", "pool: one, overlap: allow"), waiting=[_waiting(1), _waiting(2)])
    first = _taken(queue, slots)

    slots.give_back("one")

    assert (first, _taken(queue, slots)) == ([1], [2])


def test_a_pool_that_got_smaller_lets_nobody_in_until_it_is_empty_enough() -> None:
    slots = Slots(pools={"two": 2})
    waiting = [_waiting(n) for n in range(1, 5)]
    queue = _queue(_job("a", "pool: two, overlap: allow"), waiting=waiting)
    _taken(queue, slots)
    slots.pools = {"two": 1}

    slots.give_back("two")
    one_left = _taken(queue, slots)
    slots.give_back("two")

    assert (one_left, _taken(queue, slots)) == ([], [3])


def test_one_run_at_a_time_of_a_job_that_does_not_overlap() -> None:
    queue = _queue(_job("a", "overlap: queue_all"), waiting=[_waiting(1), _waiting(2)])
    first = _taken(queue, Slots())
    meanwhile = _taken(queue, Slots())

    queue.let_go("a")

    assert (first, meanwhile, _taken(queue, Slots())) == ([1], [], [2])


def test_what_is_tried_again_goes_before_what_waits_for_it_to_be_over() -> None:
    """Whatever was set aside first: else both would wait for each other."""
    queue = _queue(_job("a", "overlap: queue_all"), waiting=[_waiting(1), _waiting(2, number=2)])
    queue.take(START, Slots(), lambda _: True)

    queue.let_go("a")

    assert _taken(queue, Slots()) == [2]


def test_a_run_that_is_tried_again_is_not_started_before_its_time() -> None:
    """It once stood in the lane twice, after a reload, and came up again as soon as it failed."""
    slots = Slots(pools=POOLS)
    one = _job("a", "pool: one, overlap: allow")
    queue = _queue(one, waiting=[_waiting(1)])
    queue.settle({"a": one})
    queue.put(_waiting(1))
    first = _taken(queue, slots)
    slots.give_back("one")

    queue.put(_waiting(1, due=600, number=2))

    assert (first, _taken(queue, slots, 1), _taken(queue, slots, 600)) == ([1], [], [1])


def test_what_waits_goes_by_the_new_definitions_of_the_jobs() -> None:
    waiting = [_waiting(1, "a"), _waiting(2, "b")]
    queue = _queue(_job("a", "pool: one"), _job("b", "pool: one"), waiting=waiting)
    queue.is_open(_job("a"), START, Slots())

    queue.settle({"a": _job("a"), "b": _job("b", "priority: 3")})

    assert _taken(queue, Slots(pools={"one": 0})) == [2, 1]


def test_what_waited_too_long_is_told_once_and_starts_no_more() -> None:
    queue = _queue(_job("a", "start_deadline: 10s"), waiting=[_waiting(1), _waiting(2, due=5)])

    early = queue.overdue(START + 9 * SECOND)
    on_time = [one.key.run for one in queue.overdue(START + 10 * SECOND)]

    assert (early, on_time, queue.overdue(START + 10 * SECOND)) == ([], [1], [])
    assert _taken(queue, Slots(), 10) == [2]


def test_a_deadline_is_for_the_first_attempt_alone() -> None:
    queue = _queue(_job("a", "start_deadline: 10s"), waiting=[_waiting(1, number=2)])

    assert queue.overdue(START + 60 * SECOND) == []


def test_the_next_time_is_that_of_what_is_due_or_overdue_first() -> None:
    queue = _queue(_job("a"), _job("b", "start_deadline: 10s"),
                   waiting=[_waiting(1, due=60), _waiting(2, "b", due=5)])  # fmt: skip
    times = [queue.next_time()]

    queue.is_open(_job("a"), START + 5 * SECOND, Slots())
    times.append(queue.next_time())
    queue.remove(2)
    times.append(queue.next_time())
    queue.remove(1)

    assert [*times, queue.next_time()] == [
        START + 5 * SECOND, START + 15 * SECOND, START + 60 * SECOND, None
    ]  # fmt: skip


def test_nothing_wakes_up_for_what_waits_for_a_slot() -> None:
    queue = _queue(_job("a", "pool: one"), waiting=[_waiting(1)])

    _taken(queue, Slots(pools={"one": 0}))

    assert queue.next_time() is None


@pytest.mark.parametrize(
    ("most", "expected"),
    [(None, True), (5, False)],
    ids=["pools alone", "a place of all, that both wait for"],
)
def test_a_run_that_comes_overtakes_those_of_another_pool_only_where_it_takes_nothing_of_theirs(
    most: int | None, *, expected: bool
) -> None:
    queue = _queue(_job("a", "pool: one"), _job("b"), waiting=[_waiting(1)])

    assert expected == queue.is_open(_job("b"), START, Slots(most, POOLS))


def test_a_run_that_comes_overtakes_nobody_in_its_own_pool() -> None:
    queue = _queue(_job("a", "pool: one"), waiting=[_waiting(1)])

    assert not queue.is_open(_job("c", "pool: one"), START, Slots(pools=POOLS))


# ---- many


def _drain(queue: RunQueue) -> None:
    """Let everything through ten slots, one end at a time."""
    slots = Slots(pools={"ten": 10})
    going_on: deque[Waiting] = deque()
    busy: set[str] = set()
    while len(queue) or going_on:
        for one in queue.take(START, slots, lambda one: one.job in busy):
            going_on.append(one)
            busy.add(one.job)
        over = going_on.popleft()
        busy.discard(over.job)
        slots.give_back("ten")
        queue.let_go(over.job)


def _calls(jobs: int, runs: int) -> int:
    """Return how many functions are called to let so many runs of so many jobs through."""
    one = job("pool: ten, overlap: queue_all")
    known = {str(n): replace(one, name=str(n)) for n in range(jobs)}
    waiting = [_waiting(n, str(n % jobs), due=-n) for n in range(runs)]
    queue = _queue(*known.values(), waiting=waiting)
    calls = 0

    def counted(_frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        _drain(queue)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("jobs", [0, 20, 1], ids=["a job each", "twenty jobs", "one job"])
def test_ten_times_as_many_runs_take_ten_times_as_many_steps(jobs: int) -> None:
    few, many = (_calls(jobs or runs, runs) for runs in (1000, 10_000))

    assert many < 11 * few
    assert many < 100 * 10_000
