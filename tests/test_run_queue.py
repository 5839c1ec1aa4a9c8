"""The queue: who may start, the best first, and who has to wait."""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import FrameType

import pytest

from deciding import job
from fakes import START
from schedkit.job import Job
from schedkit.planner import gives_way
from schedkit.run import AttemptKey, Decision, State, Trigger, Waiting
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


def _backfill(runs: Iterable[int], parallel: int = 1) -> list[Waiting]:
    return [replace(_waiting(run, trigger=Trigger.BACKFILL), parallel=parallel) for run in runs]


def _queue(*jobs: Job, waiting: list[Waiting]) -> RunQueue:
    queue = RunQueue()
    queue.settle({one.name: one for one in jobs})
    for one in waiting:
        queue.put(one)
    return queue


def _taken(queue: RunQueue, slots: Slots, due: float = 0, going_on: str = "") -> list[int]:
    """Take what may start beside runs of its job that go on: `f` by backfill, `o` others."""
    others = [Trigger.BACKFILL if one == "f" else Trigger.SCHEDULE for one in going_on]

    def held(one: Waiting, taken: Sequence[Waiting]) -> bool:
        company = queue.company(one.job, [*others, *(other.trigger for other in taken)])
        return gives_way(queue._jobs[one.job], one, company)

    return [one.key.run for one in queue.take(START + due * SECOND, slots, held)]


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
    queue.take(START, Slots(), lambda *_: True)

    queue.let_go("a")

    assert _taken(queue, Slots()) == [2]


# ---- what is filled in


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "replace", "allow"])
def test_a_backfill_goes_as_many_at_a_time_as_it_may(overlap: str) -> None:
    queue = _queue(_job("a", f"overlap: {overlap}"), waiting=_backfill(range(1, 8), 3))
    first = _taken(queue, Slots())

    queue.let_go("a")
    one_ended = _taken(queue, Slots(), going_on="ff")
    queue.let_go("a")

    assert (first, one_ended, _taken(queue, Slots())) == ([1, 2, 3], [4], [5, 6, 7])


def test_a_backfill_goes_behind_all_others_whatever_their_priority() -> None:
    jobs = [_job("a", "priority: 9, overlap: allow"), _job("b")]
    late = _waiting(3, "b", trigger=Trigger.CATCHUP)
    queue = _queue(*jobs, waiting=[*_backfill([1, 2], 2), late, _waiting(4, "b")])

    assert _taken(queue, Slots()) == [4, 3, 1, 2]


def test_no_more_of_a_backfill_start_while_another_run_of_the_job_waits_for_its_turn() -> None:
    """Else the other one would wait for the whole of it to be over."""
    queue = _queue(_job("a", "overlap: queue_all"), waiting=_backfill(range(1, 6), 2))
    first = _taken(queue, Slots())
    queue.put(_waiting(9))

    queue.let_go("a")
    one_left = _taken(queue, Slots(), going_on="f")
    queue.let_go("a")
    none_left = _taken(queue, Slots())
    queue.let_go("a")

    assert (first, one_left, none_left, _taken(queue, Slots())) == ([1, 2], [], [9], [3, 4])


@pytest.mark.parametrize(
    ("overlap", "going_on", "expected"),
    [
        ("queue_all", "o", []),
        ("allow", "o", [1, 2]),
        ("allow", "off", []),
        ("skip", "f", [1]),
    ],
)
def test_a_backfill_goes_beside_other_runs_as_its_job_says(
    overlap: str, going_on: str, expected: list[int]
) -> None:
    queue = _queue(_job("a", f"overlap: {overlap}"), waiting=_backfill([1, 2, 3], 2))

    assert expected == _taken(queue, Slots(), going_on=going_on)


def test_one_of_a_backfill_that_is_tried_again_keeps_its_place_until_then() -> None:
    again = replace(_backfill([1], 2)[0], key=AttemptKey(1, 2), due=START + 5 * SECOND)
    queue = _queue(_job("a"), waiting=[again, *_backfill([2, 3], 2)])
    meanwhile = _taken(queue, Slots())

    queue.let_go("a")

    assert (meanwhile, _taken(queue, Slots(), 5, "f")) == ([2], [1])


def test_what_is_wanted_later_holds_up_no_backfill_until_its_time_comes() -> None:
    later = _waiting(9, due=5, trigger=Trigger.AT)
    queue = _queue(_job("a", "overlap: skip"), waiting=[later, *_backfill([1, 2])])
    first = _taken(queue, Slots())

    queue.let_go("a")

    assert (first, _taken(queue, Slots(), 5)) == ([1], [9])


def test_of_two_backfills_the_first_goes_on_by_its_own_number() -> None:
    waiting = [*_backfill([1, 2]), *_backfill([3, 4, 5], 3)]
    queue = _queue(_job("a"), waiting=waiting)
    first = _taken(queue, Slots())
    rounds = []
    going_on = len(first)
    while len(queue):
        going_on -= 1
        queue.let_go("a")
        rounds.append(_taken(queue, Slots(), going_on="f" * going_on))
        going_on += len(rounds[-1])

    assert (first, rounds) == ([1, 3, 4], [[], [], [2], [5]])


@pytest.mark.parametrize("trigger", [Trigger.AT, Trigger.BACKFILL])
def test_what_somebody_wants_is_never_too_late(trigger: Trigger) -> None:
    queue = _queue(_job("a", "start_deadline: 10s"), waiting=[_waiting(1, trigger=trigger)])

    assert queue.overdue(START + 60 * SECOND) == []


def test_a_run_that_comes_overtakes_what_is_filled_in_of_its_own_pool() -> None:
    queue = _queue(_job("a", "pool: one"), waiting=_backfill([1, 2]))

    assert queue.is_open(_job("c", "pool: one"), START, Slots(pools=POOLS))


# ---- again and anew


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
    of_job: defaultdict[str, list[Trigger]] = defaultdict(list)

    def held(one: Waiting, taken: Sequence[Waiting]) -> bool:
        company = queue.company(one.job, [*of_job[one.job], *(other.trigger for other in taken)])
        return gives_way(queue._jobs[one.job], one, company)

    while len(queue) or going_on:
        for one in queue.take(START, slots, held):
            going_on.append(one)
            of_job[one.job].append(one.trigger)
        over = going_on.popleft()
        of_job[over.job].pop()
        slots.give_back("ten")
        queue.let_go(over.job)


def _of_jobs(jobs: int, runs: int) -> RunQueue:
    one = job("pool: ten, overlap: queue_all")
    known = {str(n): replace(one, name=str(n)) for n in range(jobs)}
    waiting = [_waiting(n, str(n % jobs), due=-n) for n in range(runs)]
    return _queue(*known.values(), waiting=waiting)


def _calls(queue: RunQueue) -> int:
    """Return how many functions are called to let all that waits through."""
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
    few, many = (_calls(_of_jobs(jobs or runs, runs)) for runs in (1000, 10_000))

    assert many < 11 * few
    assert many < 100 * 10_000


@pytest.mark.parametrize("overlap", ["skip", "allow"])
@pytest.mark.parametrize("parallel", [1, 7])
def test_ten_times_as_long_a_backfill_takes_ten_times_as_many_steps(
    overlap: str, parallel: int
) -> None:
    one = _job("a", f"pool: ten, overlap: {overlap}")
    few, many = (
        _calls(_queue(one, waiting=_backfill(range(1, runs), parallel))) for runs in (1000, 10_000)
    )

    assert many < 11 * few


# ---- what is asked before


ASKS = "only_if: x, pool: one, overlap: allow"


def test_who_asks_needs_no_slot_and_takes_none() -> None:
    slots = Slots(1, POOLS)
    slots.take("one")
    queue = _queue(_job("a", ASKS), _job("b"), waiting=[_waiting(1), _waiting(2), _waiting(3, "b")])

    assert _taken(queue, slots) == [1, 2]
    slots.give_back("one")
    assert _taken(queue, slots) == [3]


def test_whose_condition_is_met_waits_for_a_slot() -> None:
    slots = Slots(pools=POOLS)
    slots.take("one")
    queue = _queue(_job("a", ASKS), waiting=[replace(_waiting(1), met=True)])

    first = _taken(queue, slots)
    slots.give_back("one")

    assert (first, _taken(queue, slots), slots.free_in("one")) == ([], [1], False)


def test_whose_condition_is_met_keeps_its_place_before_those_that_ask() -> None:
    keys = ASKS.replace("allow", "queue_all")
    slots = Slots(pools=POOLS)
    slots.take("one")
    queue = _queue(_job("a", keys), waiting=[_waiting(1), replace(_waiting(2, due=1), met=True)])

    assert _taken(queue, slots, 1) == []


def test_who_asks_waits_for_an_earlier_run_of_its_job() -> None:
    queue = _queue(_job("a", ASKS.replace("allow", "queue_all")), waiting=[_waiting(1)])

    held = _taken(queue, Slots(), going_on="o")
    queue.let_go("a")

    assert (held, _taken(queue, Slots())) == ([], [1])


def test_whose_job_asks_nothing_any_more_takes_a_slot() -> None:
    slots = Slots(pools=POOLS)
    queue = _queue(_job("a", ASKS), waiting=[_waiting(1)])

    queue.settle({"a": _job("a", "pool: one, overlap: allow")})

    assert (_taken(queue, slots), slots.free_in("one")) == ([1], False)


@pytest.mark.parametrize(
    ("keys", "force", "paused", "expected"),
    [
        (ASKS, False, (), (False, True, "waits for only_if: x")),
        (ASKS, False, ("a",), (False, False, None)),
        (ASKS, True, ("a",), (True, False, None)),
        ("pool: one", False, (), (True, False, None)),
    ],
)
def test_who_starts_at_once_asks_at_once_unless_that_is_forced(
    keys: str, force: bool, paused: tuple[str, ...], expected: tuple[bool, bool, str | None]
) -> None:
    queue, slots = _queue(_job("a", keys), waiting=[]), Slots(pools=POOLS)

    (found,) = queue.admitted(
        [Decision("a", START, State.QUEUED)], START, slots, paused=paused, force=force
    )

    assert (found.at_once, found.asks, found.reason) == expected
    assert slots.free_in("one") is not found.at_once
