"""What is asked before a run starts: who waits for what, and what becomes of those that wait."""

from __future__ import annotations

import logging
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from fake_executor import Plan
from fakes import START, World
from schedkit.run import AttemptKey, run_number

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ASKS = "jobs: {a: {command: x, clock: every 1h, only_if: test -f ready}}"
WAITS = "jobs: {a: {command: x, clock: every 1h, wait_for: {host: 'db:5432', until: 30m}}}"
YES, NO, ABSENT = Plan(), Plan(code=1), Plan(lasts=1800, code=75, raised="wait_for: host: no")


def begun(world: World) -> list[str]:
    """Return what was started: job, number of the attempt, time."""
    return [
        f"{launch.env['SCHED_JOB']}.{launch.key.number} {start.split()[1]}"
        for launch, start in zip(world.executor.launches, world.executor.starts, strict=True)
    ]


# ---- answers


def test_a_run_starts_when_its_condition_is_met(world: World) -> None:
    world.write(ASKS)

    world.run(61 * MINUTE)

    assert begun(world) == ["a.0 13:00:00", "a.1 13:00:01"]
    assert world.reasons() == ["a 13:00:00 succeeded: None"]


def test_a_run_is_skipped_when_its_condition_is_not_met(world: World) -> None:
    world.write(ASKS)
    world.executor.plans["a"] = [NO]

    world.run(61 * MINUTE)

    assert begun(world) == ["a.0 13:00:00"]
    assert world.reasons() == ["a 13:00:00 skipped: only_if: test -f ready: exit code 1"]


def test_a_run_is_missed_when_what_it_waits_for_does_not_come(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [ABSENT]

    world.run(91 * MINUTE)

    assert world.reasons() == ["a 13:00:00 missed: wait_for: host: no"]


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (Plan(code=127, says="sh: tst: not found"),
         "only_if: test -f ready: exit code 127: sh: tst: not found"),
        (Plan(starts=False), "only_if: cannot be started: no such program"),
    ],
)  # fmt: skip
def test_a_run_of_which_nothing_could_be_asked_has_failed_and_is_not_tried_again(
    world: World, plan: Plan, reason: str
) -> None:
    world.write(ASKS.replace("only_if", "retry: 3, only_if"))
    world.executor.plans["a"] = [plan]

    world.run(61 * MINUTE)

    assert world.reasons() == [f"a 13:00:00 failed: {reason}"]


def test_when_nobody_can_ask_anything_a_run_has_failed(world: World) -> None:
    world.write(ASKS)
    world.executor.refuses = 1

    world.run(61 * MINUTE)

    assert world.reasons() == ["a 13:00:00 failed: only_if: there is no keeper"]


def test_what_can_be_given_to_no_process_is_a_reason(world: World) -> None:
    world.write(ASKS.replace("only_if", "env_file: nothing.env, only_if"))

    world.run(61 * MINUTE)

    (told,) = world.reasons()
    assert told.startswith("a 13:00:00 failed: only_if: ")
    assert told.endswith("nothing.env cannot be read: no such file or directory")


def test_what_is_asked_is_no_attempt(world: World) -> None:
    world.write(ASKS.replace("only_if", "retry: {max_retries: 1, delay: 5s}, only_if"))
    world.executor.plans["a"] = [Plan(lasts=30), Plan(code=1), Plan(lasts=2)]

    world.run(61 * MINUTE)

    (run,) = world.runs()
    assert begun(world) == ["a.0 13:00:00", "a.1 13:00:30", "a.2 13:00:36"]
    assert (run.attempts, run.most_attempts, run.exit_code) == (2, 2, 0)
    assert (run.lateness, run.duration) == (30 * SECOND, 2 * SECOND)


def test_a_run_that_was_skipped_has_had_no_attempt(world: World) -> None:
    world.write(ASKS)
    world.executor.plans["a"] = [NO]

    world.run(61 * MINUTE)

    (run,) = world.runs()
    assert (run.attempts, run.started, run.duration, run.lateness) == (0, None, None, None)
    assert (run.exit_code, run.output, run.pid) == (None, None, None)
    assert run.ended is not None


def test_while_it_waits_a_run_is_queued_and_says_for_what(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=60), YES]
    seen: list[str] = []
    world.after(60.5 * MINUTE, lambda: seen.extend(world.reasons()))
    world.after(61 * MINUTE + SECOND / 2, lambda: seen.extend(world.reasons()))

    world.run(62 * MINUTE)

    assert seen == ["a 13:00:00 queued: waits for host db:5432", "a 13:00:00 running: None"]


def test_events_tell_when_it_begins_and_not_when_it_asks(world: World) -> None:
    world.write(ASKS)
    world.executor.plans["a"] = [YES, YES, NO]
    world.after(MINUTE, lambda: world.store.hear({"a": True}))

    world.run(121 * MINUTE)

    names = [event.name for event in world.store.events()][::-1]
    assert names == ["run.running", "run.succeeded", "run.skipped"]


def test_the_log_tells_of_what_is_asked(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.write(ASKS)
    world.executor.plans["a"] = [YES, YES, NO]
    with caplog.at_level(logging.INFO):
        world.run(121 * MINUTE)

    said = [one.getMessage() for one in caplog.records]
    assert [word for word in said if word.startswith(("condition", "run s"))] == [
        "condition asked", "condition met", "run started", "run succeeded",
        "condition asked", "run skipped",
    ]  # fmt: skip


# ---- who asks


def test_a_job_that_is_triggered_asks_too(world: World) -> None:
    world.write(ASKS)
    world.executor.plans["a"] = [NO]
    world.ask(MINUTE, lambda orders: orders.trigger("a", "ann", {}, force=False).state)

    world.run(2 * MINUTE)

    assert world.answers == ["queued"]
    assert [(run.state, run.trigger) for run in world.runs()] == [("skipped", "manual")]


def test_a_job_that_is_triggered_by_force_does_not_ask(world: World) -> None:
    world.write(ASKS)
    world.ask(MINUTE, lambda orders: orders.trigger("a", "ann", {}, force=True).state)

    world.run(2 * MINUTE)

    assert world.answers == ["running"]
    assert begun(world) == ["a.1 12:01:00"]


def test_what_waited_for_an_earlier_run_asks_when_its_turn_comes(world: World) -> None:
    world.write(ASKS.replace("1h", "1m").replace("only_if", "overlap: queue_all, only_if"))
    world.executor.plans["a"] = [YES, Plan(lasts=89), NO, YES, Plan(lasts=1)]

    world.run(3.5 * MINUTE)

    assert begun(world) == [
        "a.0 12:01:00", "a.1 12:01:01", "a.0 12:02:30", "a.0 12:03:00", "a.1 12:03:01",
    ]  # fmt: skip
    assert [run.state for run in world.runs()] == ["succeeded", "skipped", "succeeded"]


def test_what_is_caught_up_asks(world: World) -> None:
    world.write(ASKS)
    world.run(MINUTE)
    world.watch.sleep(90 * MINUTE)
    world.executor.plans["a"] = [NO]

    world.run(MINUTE)

    assert [(run.state, run.trigger) for run in world.runs()] == [("skipped", "catchup")]


# ---- beside others


def test_one_that_waits_is_a_run_that_others_overlap(world: World) -> None:
    world.write(WAITS.replace("1h", "10m"))
    world.executor.plans["a"] = [Plan(lasts=900), YES]

    world.run(26 * MINUTE)

    first = world.runs()[0].id
    assert world.reasons() == [
        "a 12:10:00 succeeded: None",
        f"a 12:20:00 skipped: overlap: {first} still waits for host db:5432",
    ]


def test_one_that_waits_is_replaced(world: World) -> None:
    world.write(WAITS.replace("1h", "10m").replace("wait_for", "overlap: replace, wait_for"))
    world.executor.plans["a"] = [Plan(lasts=900), YES]

    world.run(21 * MINUTE)

    first, second = world.runs()
    assert (first.state, first.reason) == ("cancelled", f"replaced by {second.id}")
    assert begun(world) == ["a.0 12:10:00", "a.0 12:20:00", "a.1 12:20:01"]


def test_one_that_waits_takes_no_slot(world: World) -> None:
    world.write("""
runner: {max_parallel: 1}
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1h, pool: one, wait_for: {path: x}, priority: 9}
  b: {command: x, clock: every 1h, pool: one}
""")
    world.executor.plans = {"a": [Plan(lasts=10), YES], "b": [Plan(lasts=30)]}

    world.run(61 * MINUTE)

    assert begun(world) == ["a.0 13:00:00", "b.1 13:00:00", "a.1 13:00:30"]


def test_one_that_waited_waits_for_its_slot_as_any_other(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1m, start: 2026-03-02 13:00, pool: one, only_if: x}
  b: {command: x, clock: every 1h, pool: one}
""")
    world.executor.plans = {"a": [Plan(lasts=1)], "b": [Plan(lasts=90)]}

    world.run(61.75 * MINUTE)

    waits = next(run for run in world.runs() if run.job == "a")
    assert world.reasons() == [
        "a 13:00:00 succeeded: None",
        "b 13:00:00 succeeded: None",
        f"a 13:01:00 skipped: overlap: {waits.id} still waits for pool 'one'",
    ]
    assert "a.1 13:01:30" in begun(world)


def test_one_that_waited_goes_before_those_of_its_job_that_ask_later(world: World) -> None:
    world.write("""
pools: {one: 1}
jobs:
  a: {command: x, clock: every 1m, start: 2026-03-02 13:00, pool: one, overlap: queue_all,
      only_if: x}
  b: {command: x, clock: every 1h, pool: one}
""")
    world.executor.plans = {"a": [Plan(lasts=1)], "b": [Plan(lasts=90)]}

    world.run(61.75 * MINUTE)

    assert [one for one in begun(world) if one.startswith("a")] == [
        "a.0 13:00:00", "a.1 13:01:30", "a.0 13:01:31", "a.1 13:01:32",
    ]  # fmt: skip


def test_a_run_whose_deadline_passed_while_it_waited_is_missed(world: World) -> None:
    world.write(WAITS.replace("wait_for", "start_deadline: 1m, wait_for"))
    world.executor.plans["a"] = [Plan(lasts=90), YES]

    world.run(62 * MINUTE)

    reason = "start_deadline: it waited 1m for host db:5432"
    assert world.reasons() == [f"a 13:00:00 missed: {reason}"]
    assert world.executor.told == ["a SIGTERM 13:01:00"]


def test_what_somebody_wants_waits_beyond_the_deadline_of_its_job(world: World) -> None:
    world.write(WAITS.replace("wait_for", "start_deadline: 1m, wait_for"))
    world.executor.plans["a"] = [Plan(lasts=90), YES]
    world.ask(MINUTE, lambda orders: orders.at("a", "ann", START + 2 * MINUTE, {}, force=False))

    world.run(10 * MINUTE)

    assert begun(world) == ["a.0 12:02:00", "a.1 12:03:30"]


def test_a_pause_holds_what_is_met(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=30), YES]
    world.ask(60 * MINUTE + SECOND, lambda orders: orders.pause(["a"], "ann", None, None))
    world.ask(61 * MINUTE, lambda orders: orders.resume(["a"], "ann"))

    world.run(62 * MINUTE)

    assert begun(world) == ["a.0 13:00:00", "a.1 13:01:00"]


# ---- ends


def test_one_that_waits_is_cancelled(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=1800)]
    world.ask(61 * MINUTE, lambda orders: orders.cancel("a", "ann", None))

    world.run(62 * MINUTE)

    assert world.reasons() == ["a 13:00:00 cancelled: cancelled by ann"]
    assert world.executor.told == ["a SIGTERM 13:01:00"]


def test_what_is_asked_and_never_answers_ends_with_the_timeout_of_the_job(world: World) -> None:
    world.write(ASKS.replace("only_if", "timeout: 20s, only_if"))
    world.executor.plans["a"] = [Plan(lasts=1800)]

    world.run(61 * MINUTE)

    assert world.reasons() == ["a 13:00:00 timed_out: only_if: no answer within 20s"]


def test_a_timeout_counts_from_the_start_of_the_run_itself(world: World) -> None:
    world.write(WAITS.replace("wait_for", "timeout: 20s, wait_for"))
    world.executor.plans["a"] = [Plan(lasts=300), Plan(lasts=19)]

    world.run(66 * MINUTE)

    assert world.told() == ["a 13:00:00 succeeded"]


def test_whoever_waits_for_a_run_is_told_when_it_is_over_and_not_when_it_is_met(
    world: World,
) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=30), Plan(code=3)]
    told: list[object] = []
    world.ask(
        60 * MINUTE + SECOND, lambda orders: orders.when_over(world.runs()[0].id, told.append)
    )

    world.run(62 * MINUTE)

    run = world.runs()[0].id
    assert told == [{"run": run, "state": "failed", "reason": None, "exit_code": 3, "signal": None}]


def test_a_job_that_goes_while_it_waits_does_not_start(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=30), YES]
    world.reload_after(60 * MINUTE + 5 * SECOND, "jobs: {b: {command: x, clock: every 1d}}")

    world.run(62 * MINUTE)

    assert begun(world) == ["a.0 13:00:00"]
    assert world.reasons() == ["a 13:00:00 cancelled: its job is gone from the file"]


def test_a_condition_that_goes_while_it_is_asked_is_heeded_all_the_same(world: World) -> None:
    world.write(ASKS)
    world.executor.plans["a"] = [Plan(lasts=30, code=1)]
    other = "jobs: {a: {command: x, clock: every 1h}}"
    world.reload_after(60 * MINUTE + 5 * SECOND, other)

    world.run(62 * MINUTE)

    assert world.reasons() == ["a 13:00:00 skipped: only_if: its condition: exit code 1"]


# ---- other runners


def _left(world: World) -> None:
    """Let a runner be killed while a run waits."""
    world.after(60 * MINUTE + 10 * SECOND, world.kill)
    assert world.run_or_be_killed(70 * MINUTE)


def _pass_time(world: World) -> None:
    """Let it be 13:05, with no runner up."""
    until = START + 65 * MINUTE
    while world.watch.now() < until:
        world.watch.wait(until, None, ())


def test_the_next_runner_goes_on_with_what_waits(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=60), YES]
    _left(world)

    world.run(5 * MINUTE)

    assert begun(world) == ["a.0 13:00:00", "a.1 13:01:00"]
    assert [(run.state, run.attempts, run.lateness) for run in world.runs()] == [
        ("succeeded", 1, MINUTE)
    ]


def test_the_next_runner_hears_an_answer_that_came_meanwhile(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=60), YES]
    _left(world)
    _pass_time(world)

    world.run(MINUTE)

    assert begun(world) == ["a.0 13:00:00", "a.1 13:05:00"]


def test_the_next_runner_hears_that_it_was_in_vain(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=60, code=75, raised="wait_for: no")]
    _left(world)
    _pass_time(world)

    world.run(MINUTE)

    assert world.reasons() == ["a 13:00:00 missed: wait_for: no"]


def test_what_was_cut_off_is_asked_again(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=600), YES]
    _left(world)
    world.executor.power_off()
    world.executor.processes.clear()  # the next one starts the same attempt once more

    world.run(5 * MINUTE, boot="boot-2")

    assert begun(world) == ["a.0 13:00:00", "a.0 13:00:10", "a.1 13:00:11"]
    assert world.told() == ["a 13:00:00 succeeded"]


def test_what_ended_unseen_is_asked_again(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=600), YES]

    def lose() -> None:
        run = run_number(world.runs()[0].id)
        assert run is not None
        world.executor.end(AttemptKey(run, 0))
        world.executor.processes.clear()

    world.after(60 * MINUTE + 10 * SECOND, lose)

    world.run(62 * MINUTE)

    assert begun(world) == ["a.0 13:00:00", "a.0 13:00:10", "a.1 13:00:11"]


def test_one_that_is_too_late_by_then_is_missed(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=600)]
    _left(world)
    world.executor.power_off()
    world.watch.sleep(timedelta(days=2))

    world.run(SECOND, boot="boot-2")

    state = next(run for run in world.runs() if run.count == 1)
    assert (state.state, state.attempts) == ("missed", 0)


def test_one_that_is_cancelled_while_no_runner_is_up_is_cancelled_by_the_next(
    world: World,
) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=60)]
    _left(world)
    run = run_number(world.runs()[0].id)
    assert run is not None
    world.store.ask_to_cancel(run, "ann")
    _pass_time(world)

    world.run(MINUTE)

    assert world.reasons() == ["a 13:00:00 cancelled: cancelled by ann"]


def test_a_runner_that_leaves_lets_it_wait(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=60), YES]
    world.send(60 * MINUTE + 10 * SECOND, signal.SIGQUIT)
    world.run(70 * MINUTE)

    world.run(2 * MINUTE)

    assert begun(world) == ["a.0 13:00:00", "a.1 13:01:00"]


def test_a_runner_that_stops_lets_the_next_one_ask(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=600), YES]
    world.send(60 * MINUTE + 10 * SECOND, signal.SIGTERM)
    world.run(70 * MINUTE)
    stopped = world.told()
    world.executor.processes.clear()

    world.run(2 * MINUTE)

    assert stopped == ["a 13:00:00 queued"]
    assert world.executor.told == ["a SIGTERM 13:00:10"]  # nothing of it has begun
    assert [one.split()[0] for one in begun(world)] == ["a.0", "a.0", "a.1"]
    assert world.told() == ["a 13:00:00 succeeded"]


def _stop_asking(world: World) -> None:
    assert world.runner is not None
    world.runner._claims.attempts.stop_asking("the runner stops")


def test_what_is_stopped_before_it_answers_waits_and_asks_again(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=600), YES]
    world.after(60 * MINUTE + 10 * SECOND, lambda: _stop_asking(world))
    world.after(60 * MINUTE + 10 * SECOND, world.executor.processes.clear)

    world.run(62 * MINUTE)

    assert begun(world) == ["a.0 13:00:00", "a.0 13:00:10", "a.1 13:00:11"]


def test_what_is_stopped_before_it_answers_can_still_be_cancelled(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=600, heeds=False)]
    world.after(60 * MINUTE + 10 * SECOND, lambda: _stop_asking(world))
    world.ask(60 * MINUTE + 12 * SECOND, lambda orders: orders.cancel("a", "ann", None))

    world.run(62 * MINUTE)

    assert world.reasons() == ["a 13:00:00 cancelled: cancelled by ann"]


def test_what_is_met_while_a_runner_stops_starts_with_the_next(world: World) -> None:
    world.write(WAITS)
    world.executor.plans["a"] = [Plan(lasts=12, heeds=False), YES]
    world.send(60 * MINUTE + 10 * SECOND, signal.SIGTERM)
    world.run(70 * MINUTE)
    world.executor.processes.clear()

    world.run(2 * MINUTE)

    assert [run.state for run in world.runs()] == ["succeeded"]


def test_whenever_a_runner_is_killed_each_run_asks_and_starts_as_if_it_had_not_been(
    tmp_path: Path,
) -> None:
    step = steps = 0
    while step <= steps:
        directory = tmp_path / str(step)
        directory.mkdir()
        world = World(directory, killed_at=frozenset({step} if step else ()))
        world.write(ASKS.replace("1h", "10m"))
        world.executor.plans["a"] = [YES, Plan(lasts=3), NO, YES]
        world.run_or_be_killed(31 * MINUTE)
        steps = steps or world.steps
        world.run(40 * MINUTE - (world.watch.now() - START))
        step += 1

        assert [(run.state, run.attempts) for run in world.runs()[:3]] == [
            ("succeeded", 1), ("skipped", 0), ("succeeded", 1),
        ], step  # fmt: skip
        world.store.close()
