"""How many run at a time, who goes first, and who has waited for too long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fake_executor import Plan
from fakes import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def _jobs(count: int, keys: str, head: str = "") -> str:
    jobs = "".join(f"  j{n:03}: {{command: x, clock: every 1h, {keys}}}\n" for n in range(count))
    return f"{head}\njobs:\n{jobs}\n"


# ---- pools


def test_of_a_pool_no_more_run_than_it_has_slots(world: World) -> None:
    world.write(_jobs(7, "pool: two", "pools: {two: 2}"))

    world.run(61 * MINUTE)

    assert world.executor.most_at_once() == 2
    assert [run.state for run in world.runs()] == ["succeeded"] * 7
    assert [start.split()[1] for start in world.executor.starts] == [
        "13:00:00", "13:00:00", "13:00:01", "13:00:01", "13:00:02", "13:00:02", "13:00:03",
    ]  # fmt: skip


def test_who_waits_for_a_pool_holds_up_nobody_outside_it(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one, priority: 9}
  b: {command: x, clock: every 1h, pool: one, priority: 9}
  c: {command: x, clock: every 1h}
""")
    world.executor.plans["a"] = [Plan(lasts=10)]

    world.run(61 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "c 13:00:00", "b 13:00:10"]


def test_a_run_that_waits_for_a_slot_says_how_late_it_started(world: World) -> None:
    world.write(_jobs(2, "pool: one", "pools: {one: 1}"))
    world.executor.plans = {"j000": [Plan(lasts=30)]}

    world.run(61 * MINUTE)

    assert [run.lateness for run in world.runs()] == [timedelta(0), 30 * SECOND]


def test_a_fire_time_that_comes_while_one_waits_for_its_pool_is_skipped_and_says_so(
    world: World,
) -> None:
    world.write("""
pools: {database: 1}
jobs:
  a: {command: x, clock: every 1h, pool: database}
  b: {command: x, clock: every 1m, pool: database, start: 2026-03-02 13:00}
""")
    world.executor.plans["a"] = [Plan(lasts=90)]

    world.run(61.8 * MINUTE)

    _, waits, skipped = world.runs()
    assert skipped.reason == f"overlap: {waits.id} still waits for pool 'database'"
    assert world.executor.starts == ["a 13:00:00", "b 13:01:30"]


def test_a_retry_waits_for_a_slot_as_any_other(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one, retry: {max_retries: 1, delay: 5s}}
  b: {command: x, clock: every 1h, pool: one}
""")
    world.executor.plans = {"a": [Plan(code=1), Plan()], "b": [Plan(lasts=20)]}

    world.run(61 * MINUTE)

    assert world.executor.starts == ["a 13:00:00", "b 13:00:01", "a 13:00:21"]


def test_what_an_earlier_runner_left_running_keeps_its_slot(world: World) -> None:
    world.write(_jobs(3, "pool: two", "pools: {two: 2}"))
    world.executor.plans = {f"j{n:03}": [Plan(lasts=100)] for n in range(3)}
    world.after(60 * MINUTE + 30 * SECOND, world.kill)
    world.run_or_be_killed(70 * MINUTE)

    world.run(5 * MINUTE)

    assert world.executor.starts == ["j000 13:00:00", "j001 13:00:00", "j002 13:01:40"]
    assert [run.state for run in world.runs()] == ["succeeded"] * 3


def test_a_program_that_cannot_be_started_gives_its_slot_back(world: World) -> None:
    world.write(_jobs(3, "pool: one", "pools: {one: 1}"))
    world.executor.plans = {"j000": [Plan(starts=False)], "j001": [Plan(starts=False)]}

    world.run(61 * MINUTE)

    assert [run.state for run in world.runs()] == ["failed", "failed", "succeeded"]


def test_when_nobody_can_start_anything_all_slots_are_given_back(world: World) -> None:
    world.write(_jobs(3, "pool: one, retry: {max_retries: 1, delay: 1s}", "pools: {one: 1}"))
    world.executor.refuses = 3

    world.run(61 * MINUTE)

    assert [(run.state, run.attempts) for run in world.runs()] == [("succeeded", 2)] * 3
    assert world.executor.most_at_once() == 1


# ---- all of them


def test_no_more_run_than_may_at_a_time(world: World) -> None:
    world.write(_jobs(9, "overlap: allow", "runner: {max_parallel: 4}"))

    world.run(61 * MINUTE)

    assert world.executor.most_at_once() == 4
    assert len(world.executor.starts) == 9


def test_a_pool_and_the_bound_of_all_hold_together(world: World) -> None:
    pooled = "".join(f"  p{n}: {{command: x, clock: every 1h, pool: two}}\n" for n in range(4))
    world.write(_jobs(4, "priority: 1", "pools: {two: 2}\nrunner: {max_parallel: 3}") + pooled)

    world.run(61 * MINUTE)

    assert world.executor.most_at_once() == 3
    assert world.executor.most_at_once(*(f"p{n}" for n in range(4))) == 2
    assert [run.state for run in world.runs()] == ["succeeded"] * 8


def test_what_waits_for_one_of_all_to_end_says_so(world: World) -> None:
    world.write("""
jobs:
  a: {command: x, clock: every 1h}
  b: {command: x, clock: every 1m, start: 2026-03-02 13:00, start_deadline: 2m}
runner: {max_parallel: 1, drain_timeout: 10m}
""")
    world.executor.plans["a"] = [Plan(lasts=150)]

    world.run(62.8 * MINUTE)

    what = "for one of max_parallel to end"
    assert world.reasons()[1:] == [
        f"b 13:00:00 missed: start_deadline: it waited 2m {what}",
        f"b 13:01:00 skipped: overlap: {world.runs()[1].id} still waits {what}",
        "b 13:02:00 succeeded: None",
    ]


def test_a_place_that_gets_free_goes_to_who_waits_longest_not_to_who_comes_then(
    world: World,
) -> None:
    world.write("""
pools: {one: 1}
jobs:
  first: {command: x, clock: every 1h}
  waits: {command: x, clock: every 1h, pool: one}
  comes: {command: x, clock: 'daily at 13:01'}
runner: {max_parallel: 1}
""")
    world.executor.plans["first"] = [Plan(lasts=60)]

    world.run(62 * MINUTE)

    assert world.executor.starts == ["first 13:00:00", "waits 13:01:00", "comes 13:01:01"]


def test_a_higher_priority_goes_first_also_when_it_comes_later(world: World) -> None:
    world.write("""
jobs:
  first: {command: x, clock: every 1h}
  low: {command: x, clock: every 1h, priority: -3}
  middle: {command: x, clock: every 1h}
  high: {command: x, clock: 'cron 30 0 13 * * *', priority: 3}
runner: {max_parallel: 1}
""")
    world.executor.plans["first"] = [Plan(lasts=60)]
    world.executor.plans["middle"] = [Plan(lasts=5)]

    world.run(62 * MINUTE)

    assert world.executor.starts == [
        "first 13:00:00",
        "high 13:01:00",
        "middle 13:01:01",
        "low 13:01:06",
    ]


def test_of_those_due_together_the_highest_priority_gets_the_slot(world: World) -> None:
    jobs = "".join(
        f"  j{n}: {{command: x, clock: every 1h, priority: {n}}}\n" for n in (3, -7, 0, 9, 1)
    )
    world.write(f"jobs:\n{jobs}\nrunner: {{max_parallel: 1}}")

    world.run(61 * MINUTE)

    order = [start.split()[0] for start in world.executor.starts]
    assert order == ["j9", "j3", "j1", "j0", "j-7"]


def test_fewer_slots_after_a_reload_are_kept_to_as_soon_as_that_can_be(world: World) -> None:
    text = _jobs(8, "pool: p", "pools: {p: 4}")
    world.write(text)
    world.executor.plans = {f"j{n:03}": [Plan(lasts=10 + n)] for n in range(8)}
    world.reload_after(60 * MINUTE + 5 * SECOND, text.replace("p: 4", "p: 1"))

    world.run(63 * MINUTE)

    assert [start.split()[1] for start in world.executor.starts] == [
        *["13:00:00"] * 4, "13:00:13", "13:00:27", "13:00:42", "13:00:58",
    ]  # fmt: skip


def test_more_slots_after_a_reload_are_used_at_once(world: World) -> None:
    text = _jobs(4, "pool: p", "pools: {p: 1}")
    world.write(text)
    world.executor.plans = {f"j{n:03}": [Plan(lasts=100)] for n in range(4)}
    world.reload_after(60 * MINUTE + 5 * SECOND, text.replace("p: 1", "p: 4"))

    world.run(63 * MINUTE)

    starts = [start.split()[1] for start in world.executor.starts]
    assert starts == ["13:00:00", "13:00:06", "13:00:06", "13:00:06"]


def test_a_thousand_due_at_once_go_through_ten_slots_and_each_runs_once(world: World) -> None:
    world.write(_jobs(1000, "pool: ten", "pools: {ten: 10}"))
    world.store._db.execute("PRAGMA synchronous = OFF")

    world.run(62 * MINUTE)

    assert world.executor.most_at_once() == 10
    assert len({start.split()[0] for start in world.executor.starts}) == 1000
    assert len(world.executor.starts) == 1000
    assert world.executor.starts[-1].endswith("13:01:39")


# ---- too late


def test_what_has_waited_too_long_is_missed_with_its_reason_and_never_starts(world: World) -> None:
    world.write("""
pools: {database: 1}
jobs:
  a: {command: x, clock: every 1h, pool: database}
  b: {command: x, clock: every 1h, pool: database, start_deadline: 30s}
  c: {command: x, clock: every 1h, pool: database, start_deadline: 2m}
""")
    world.executor.plans["a"] = [Plan(lasts=60)]

    world.run(63 * MINUTE)

    assert world.reasons() == [
        "a 13:00:00 succeeded: None",
        "b 13:00:00 missed: start_deadline: it waited 30s for pool 'database'",
        "c 13:00:00 succeeded: None",
    ]
    ended = [run.ended for run in world.runs() if run.job == "b"]
    assert [f"{time:%T}" for time in ended if time is not None] == ["13:00:30"]


def test_what_waits_for_its_own_job_has_a_deadline_too(world: World) -> None:
    world.write("""
jobs: {a: {command: x, clock: every 1m, overlap: queue_all, start_deadline: 90s}}
runner: {drain_timeout: 10m}
""")
    world.executor.plans["a"] = [Plan(lasts=220), Plan(lasts=1)]

    world.run(4.9 * MINUTE)

    assert world.reasons() == [
        "a 12:01:00 succeeded: None",
        "a 12:02:00 missed: start_deadline: it waited 1m30s",
        "a 12:03:00 missed: start_deadline: it waited 1m30s",
        "a 12:04:00 succeeded: None",
    ]


def test_a_retry_has_no_deadline(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one, start_deadline: 10s, retry: 1}
  b: {command: x, clock: every 1h, pool: one}
""")
    world.executor.plans = {"a": [Plan(code=1), Plan()], "b": [Plan(lasts=90)]}

    world.run(63 * MINUTE)

    assert [run.state for run in world.runs()] == ["succeeded", "succeeded"]


def test_a_deadline_that_passed_while_no_runner_was_up_is_told_by_the_next(world: World) -> None:
    world.write("""
jobs: {a: {command: x, clock: every 1h, overlap: queue_all, start_deadline: 90m}}
""")
    world.executor.plans["a"] = [Plan(lasts=36_000)]
    world.after(121 * MINUTE, world.kill)
    world.run_or_be_killed(200 * MINUTE)
    world.watch.sleep(119 * MINUTE + 10 * SECOND)

    world.run(SECOND)

    assert world.reasons()[1:] == [
        "a 14:00:00 missed: start_deadline: it waited 1h30m",
        "a 15:00:00 missed: no runner was up; a later one runs",
        "a 16:00:00 queued: None",
    ]


# ---- as often as it shall


@pytest.mark.parametrize("restart", [False, True])
def test_after_max_runs_every_fire_time_is_skipped(world: World, *, restart: bool) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, max_runs: 2}}")
    if restart:
        world.run(1.5 * MINUTE)
        world.run(3 * MINUTE)
    else:
        world.run(4.5 * MINUTE)

    assert world.reasons() == [
        "a 12:01:00 succeeded: None",
        "a 12:02:00 succeeded: None",
        "a 12:03:00 skipped: max_runs: it has had 2",
        "a 12:04:00 skipped: max_runs: it has had 2",
    ]


def test_what_is_triggered_by_hand_is_no_run_of_the_schedule(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, max_runs: 2}}")
    world.ask(30 * SECOND, lambda orders: orders.trigger("a", "ann", {}, force=False))
    world.ask(150 * SECOND, lambda orders: orders.trigger("a", "ann", {}, force=False))

    world.run(3.5 * MINUTE)

    assert world.told() == [
        "a 12:00:30 succeeded",
        "a 12:01:00 succeeded",
        "a 12:02:00 succeeded",
        "a 12:02:30 succeeded",
        "a 12:03:00 skipped",
    ]


def test_retries_are_of_one_run(world: World) -> None:
    keys = "max_runs: 1, retry: {max_retries: 2, delay: 5s}"
    world.write(f"jobs: {{a: {{command: x, clock: every 1m, {keys}}}}}")
    world.executor.plans["a"] = [Plan(code=1), Plan(code=1), Plan()]

    world.run(2.5 * MINUTE)

    assert [(run.state, run.attempts) for run in world.runs()] == [("succeeded", 3), ("skipped", 0)]
