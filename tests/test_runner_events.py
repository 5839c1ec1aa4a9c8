"""What a runner starts when something has been emitted, or has not."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from fakes import START, World
from schedkit import loader
from schedkit.events import Emitted
from schedkit.offline import StoreOperations
from schedkit.operations import Kept
from schedkit.orders import Orders

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEAD = """
    jobs:
      lead:
        command: x
        overlap: allow
        on: {event: lead.opted_in, match: {source: web*}, params: {email: payload.email}}
    """


def emit(name: str, key: str | None = None, **payload: Any) -> Callable[[Orders], list[Kept]]:
    """Return the wish to emit an event."""
    return lambda orders: orders.emit([Emitted(name, json.dumps(payload), key, who="ann")])


def _env(world: World, *names: str) -> list[list[str]]:
    return [[one.env[name] for name in names] for one in world.executor.launches]


def test_an_event_that_matches_causes_a_run_with_what_it_wants_of_it(world: World) -> None:
    world.write(LEAD)
    world.ask(MINUTE, emit("lead.opted_in", source="web-1", email="a@b.c"))

    world.run_for(2 * MINUTE)

    assert world.told() == ["lead 12:01:00 succeeded"]
    assert [run.cause for run in world.runs()] == ["event lead.opted_in 1"]
    assert _env(world, "email", "SCHED_EVENT", "SCHED_TRIGGER") == [
        ["a@b.c", "lead.opted_in", "event"]
    ]
    (launch,) = world.executor.launches
    assert json.loads(launch.stdin or "") == {"source": "web-1", "email": "a@b.c"}
    assert launch.env["SCHED_EVENT_PAYLOAD"] == launch.stdin


def test_whoever_emits_is_told_what_came_of_it(world: World) -> None:
    world.write(LEAD)
    world.ask(MINUTE, emit("lead.opted_in", source="web-1", email="a@b.c"))
    world.ask(MINUTE, emit("lead.opted_in", source="shop", email="a@b.c"))

    world.run_for(2 * MINUTE)

    (run,) = world.runs()
    said = {"job": "lead", "run": run.id, "state": "running", "reason": None}
    assert world.answers == [[Kept(1, new=True, runs=[said])], [Kept(2, new=True)]]


@pytest.mark.parametrize(
    "payload",
    [{}, {"source": "shop"}, {"source": ["web-1"]}, {"Source": "web-1"}],
)
def test_an_event_that_does_not_match_causes_nothing(world: World, payload: dict[str, Any]) -> None:
    world.write(LEAD)
    world.ask(MINUTE, emit("lead.opted_in", email="a@b.c", **payload))
    world.ask(MINUTE, emit("lead.opted_out", email="a@b.c", source="web-1"))

    world.run_for(2 * MINUTE)

    assert world.told() == []


def test_a_key_that_is_missing_is_a_run_that_failed_and_says_so(world: World) -> None:
    world.write(LEAD)
    world.ask(MINUTE, emit("lead.opted_in", source="web-1"))

    world.run_for(2 * MINUTE)

    assert world.reasons() == [
        "lead 12:01:00 failed: the payload of lead.opted_in (event 1) has no 'email'"
    ]
    assert world.executor.launches == []


def test_the_time_of_an_event_is_in_the_zone_of_the_job(world: World) -> None:
    world.write("""
        jobs:
          a:
            command: x
            timezone: Asia/Tokyo
            on: {event: e, params: {when: event.time}}
        """)
    world.ask(MINUTE, emit("e"))

    world.run_for(2 * MINUTE)

    (launch,) = world.executor.launches
    told = [launch.env["SCHED_EVENT_TIME"], launch.env["when"]]
    assert told == ["2026-03-02T21:01:00+09:00"] * 2


def test_an_event_is_kept_once_for_its_key(world: World) -> None:
    world.write(LEAD)
    for _ in range(3):
        world.ask(MINUTE, emit("lead.opted_in", "order-7", source="web-1", email="a@b.c"))
    world.ask(MINUTE, emit("lead.opted_in", "order-8", source="web-1", email="a@b.c"))

    world.run_for(2 * MINUTE)

    first, second, third, other = [
        answer[0] for answer in world.answers if isinstance(answer, list)
    ]
    assert [first.new, second.new, third.new, other.new] == [True, False, False, True]
    assert first.event == second.event == third.event < other.event
    assert len(world.runs()) == 2


def test_one_event_causes_one_run_of_each_job_that_hears_it(world: World) -> None:
    """Also of one with two triggers that it matches."""
    world.write("""
        jobs:
          a: {command: x, on: [{event: lead.*}, {event: lead.opted_in}]}
          b: {command: x, on: {event: "*"}}
          c: {command: x, on: {event: [lost, lead.opted_in]}}
          d: {command: x, on: {event: lost}}
        """)
    world.ask(MINUTE, emit("lead.opted_in"))

    world.run_for(2 * MINUTE)

    assert sorted(world.told()) == [f"{job} 12:01:00 succeeded" for job in "abc"]


def test_a_job_that_hears_everything_does_not_hear_of_runs(world: World) -> None:
    world.write("""
        jobs:
          all: {command: x, on: {event: "*"}}
          build: {command: x, clock: every 1h}
          then: {command: x, after: {any: [build, all], state: finished}}
        """)

    world.run_for(61 * MINUTE)

    assert [told.split()[0] for told in world.told()] == ["build", "then"]


def test_so_many_events_within_a_time_cause_one_run(world: World) -> None:
    world.write("jobs: {a: {command: x, on: {event: err, count: 3, within: 10m}}}")
    for minute in (1, 2, 30, 35, 39, 40, 41, 42):
        world.ask(minute * MINUTE, emit("err"))

    world.run_for(HOUR)

    assert world.told() == ["a 12:39:00 succeeded", "a 12:42:00 succeeded"]


def test_whoever_emits_is_told_who_counts_it(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, on: {event: err, count: 3}}
          b: {command: x, on: {all: [err, other]}}
        """)
    for minute in (1, 2, 3):
        world.ask(minute * MINUTE, emit("err"))

    world.run_for(5 * MINUTE)

    assert [
        [(run["job"], run["state"], run["reason"]) for run in kept.runs]
        for (kept,) in (answer for answer in world.answers if isinstance(answer, list))
    ] == [
        [("a", "counted", "1 of 3"), ("b", "counted", "1 of 2")],
        [("a", "counted", "2 of 3"), ("b", "counted", "1 of 2")],
        [("a", "running", None), ("b", "counted", "1 of 2")],
    ]


def test_what_has_been_counted_survives_the_runner(world: World) -> None:
    world.write("jobs: {a: {command: x, on: {event: err, count: 3}}}")
    world.ask(MINUTE, emit("err"))
    world.ask(2 * MINUTE, emit("err"))
    world.run_for(3 * MINUTE)
    world.reopen()
    world.ask(MINUTE, emit("err"))

    world.run_for(2 * MINUTE)

    assert world.told() == ["a 12:04:00 succeeded"]


def test_all_of_several_events_cause_one_run_in_whatever_order(world: World) -> None:
    world.write("""
        jobs:
          a: {command: x, on: {all: [paid, {event: packed, match: {box: big}}], within: 1h}}
        """)
    world.ask(1 * MINUTE, emit("packed", box="small"))
    world.ask(2 * MINUTE, emit("packed", box="big"))
    world.ask(3 * MINUTE, emit("packed", box="big"))
    world.ask(4 * MINUTE, emit("paid"))
    world.ask(5 * MINUTE, emit("paid"))
    world.ask(70 * MINUTE, emit("packed", box="big"))

    world.run_for(2 * HOUR)

    assert world.told() == ["a 12:04:00 succeeded"]


def test_any_of_several_events_count_together(world: World) -> None:
    world.write("jobs: {a: {command: x, on: {any: [e, {event: f, match: {k: v}}], count: 2}}}")
    world.ask(1 * MINUTE, emit("e"))
    world.ask(2 * MINUTE, emit("f"))
    world.ask(3 * MINUTE, emit("f", k="v"))

    world.run_for(5 * MINUTE)

    assert world.told() == ["a 12:03:00 succeeded"]


SILENT = "jobs: {a: {command: x, on: {absent: heartbeat, for: 15m, match: {host: db}}}}"


def test_a_silence_causes_one_run_when_it_has_lasted(world: World) -> None:
    world.write(SILENT)
    for minute in (5, 10, 20, 70):
        world.ask(minute * MINUTE, emit("heartbeat", host="db"))
    world.ask(30 * MINUTE, emit("heartbeat", host="web"))

    world.run_for(80 * MINUTE)

    assert world.told() == ["a 12:35:00 succeeded"]
    assert _env(world, "SCHED_EVENT_ABSENT_SINCE") == [["2026-03-02T12:20:00+00:00"]]


def test_a_silence_begins_when_the_job_is_loaded_and_ends_with_an_event(world: World) -> None:
    world.write(SILENT)
    world.ask(40 * MINUTE, emit("heartbeat", host="db"))

    world.run_for(HOUR)

    assert world.told() == ["a 12:15:00 succeeded", "a 12:55:00 succeeded"]


def test_a_silence_that_had_its_run_has_none_with_another_runner(world: World) -> None:
    world.write(SILENT)
    world.run_for(20 * MINUTE)
    world.reopen()

    world.run_for(20 * MINUTE)

    assert world.told() == ["a 12:15:00 succeeded"]


def test_a_silence_that_lasted_while_no_runner_was_up_is_noticed_then(world: World) -> None:
    world.write(SILENT)
    world.run_for(5 * MINUTE)
    world.reopen()
    world.watch.sleep(30 * MINUTE)

    world.run_for(MINUTE)

    assert world.told() == ["a 12:15:00 succeeded"]


def test_a_silence_that_began_and_ended_while_no_runner_was_up_has_its_run(world: World) -> None:
    world.write(SILENT)
    world.ask(MINUTE, emit("heartbeat", host="db"))
    world.run_for(5 * MINUTE)
    world.watch.sleep(30 * MINUTE)
    _emit_without_a_runner(world, Emitted("heartbeat", '{"host": "db"}'))
    world.watch.sleep(5 * MINUTE)
    world.reopen()

    world.run_for(MINUTE)
    world.reopen()
    world.run_for(MINUTE)

    assert world.told() == ["a 12:16:00 succeeded"]


def test_a_silence_waits_for_a_history_that_cannot_be_read(world: World) -> None:
    world.write(SILENT.replace("{command: x", "{command: x, max_runs: 5"))
    world.after(15 * MINUTE - SECOND, lambda: world.store.fails.update(counted=2))

    world.run_for(16 * MINUTE)

    assert world.told() == ["a 12:15:00 succeeded"]


def _emit_without_a_runner(world: World, *events: Emitted) -> None:
    jobs = loader.load([world.path]).by_name
    with closing(world.other_store()) as store:
        operations = StoreOperations(store, jobs, world.holder(runs=False), world.watch.now())
        operations.emit(events)
        operations.close()


def test_what_is_emitted_while_no_runner_is_up_is_heard_by_the_next_one(world: World) -> None:
    """Also by a job that no runner has ever loaded."""
    world.write(LEAD)
    _emit_without_a_runner(
        world, Emitted("lead.opted_in", '{"source": "web", "email": "a@b.c"}', "k")
    )
    world.watch.sleep(MINUTE)
    world.reopen()

    world.run_for(MINUTE)
    world.reopen()
    world.run_for(MINUTE)

    assert world.told() == ["lead 12:00:00 succeeded"]


def test_what_was_emitted_long_before_starts_one_after_the_other(world: World) -> None:
    world.write(LEAD)
    payload = '{"source": "web", "email": "a@b.c"}'
    _emit_without_a_runner(world, *[Emitted("lead.opted_in", payload) for _ in range(3)])
    world.watch.sleep(HOUR)
    world.reopen()

    world.run_for(MINUTE)

    starts = [run.started for run in world.runs() if run.started is not None]
    assert [(one - starts[0]).total_seconds() for one in starts] == [0, 0.1, 0.2]


def test_a_job_hears_nothing_of_before_it_was_there(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1d}}")
    world.ask(SECOND, emit("err"))
    world.run_for(MINUTE)
    world.reopen()
    world.write("jobs: {a: {command: x, on: {event: err}}}")
    world.ask(MINUTE, emit("err"))

    world.run_for(2 * MINUTE)

    assert world.told() == ["a 12:02:00 succeeded"]


def test_one_that_is_killed_at_any_step_lets_each_event_cause_one_run(world: World) -> None:
    world.write(LEAD)
    world.run_for(SECOND)
    steps, expected = 0, 0
    for step in range(1, 40):
        world.reopen()
        payload = json.dumps({"source": "web", "email": str(step)})
        events = [Emitted("lead.opted_in", payload, f"{step}.{n}") for n in range(3)]
        world.ask(SECOND, lambda orders, events=events: orders.emit(events))  # type: ignore[misc]
        world.steps, world.killed_at = 0, frozenset({step})
        killed = world.run_or_be_killed(3 * SECOND)
        steps += killed
        world.killed_at = frozenset()
        if killed:  # whoever emitted was told nothing, and emits again
            world.reopen()
            world.ask(SECOND, lambda orders, events=events: orders.emit(events))  # type: ignore[misc]
            world.run(3 * SECOND)
        expected += 3

    assert steps > 10
    assert len(world.executor.launches) == expected
    assert {run.state for run in world.runs()} == {"succeeded"}


def test_the_start_of_a_world_is_what_these_tests_think() -> None:
    assert f"{START:%H:%M}" == "12:00"
