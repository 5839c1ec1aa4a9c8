"""Runs beside and after one another: what the runner decides and what the processes do agree."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from running import LIMIT, Sched, pass_time, seconds_covered, soon

pytestmark = pytest.mark.system

_SECOND = timedelta(seconds=1)
_MOMENT = timedelta(milliseconds=50)
# Goes on until the test makes the file `release`.
_HOLDS = "until [ -e release ]; do sleep 0.05; done"
_TRACED = f"echo $SCHED_JOB begins $SCHED_FIRE_TIME >> marks; {_HOLDS}; "
_TRACED += "echo $SCHED_JOB ends $SCHED_FIRE_TIME >> marks"


def _release(sched: Sched) -> None:
    (sched.directory / "release").touch()


def _seconds(first: datetime, count: int) -> list[datetime]:
    return [first + number * _SECOND for number in range(count)]


def _dates(times: list[datetime]) -> str:
    return "{dates: [" + ", ".join(f"'{time:%F %T}'" for time in times) + "]}"


def _until_recorded(sched: Sched, count: int) -> None:
    """Wait until there are so many records."""
    for _ in range(int(LIMIT * _SECOND / _MOMENT)):
        if len(sched.history()) >= count:
            return
    raise AssertionError(f"there are no {count} records")


def _most_at_once(marks: list[str], jobs: str = "") -> int:
    """Return how many of the jobs whose name begins so went on at once at most."""
    most = now = 0
    for mark in marks:
        if mark.startswith(jobs):
            now += 1 if " begins " in mark else -1
            most = max(most, now)
    return most


def _begun(marks: list[str], job: str = "") -> list[str]:
    """Return the fire times of a job, or the names of all jobs, in the order of their starts."""
    begun = [mark.split() for mark in marks if " begins " in mark]
    return [time for name, _, time in begun if name == job] if job else [one[0] for one in begun]


def _states(runs: list[dict[str, Any]]) -> list[str]:
    return [run["state"] for run in runs]


# ---- overlap


def test_each_kind_of_overlap_does_what_it_says(sched: Sched) -> None:
    """Three fire times of each job come while its first run goes on."""
    kinds = ("skip", "queue_one", "queue_all", "replace", "allow")
    times = _seconds(soon() + _SECOND, 3)
    jobs = "".join(
        f"  {kind}: {{overlap: {kind}, clock: {_dates(times)}, command: '{_TRACED}'}}\n"
        for kind in kinds
    )
    sched.write(f"jobs:\n{jobs}")

    runner = sched.run()
    _until_recorded(sched, 15)
    _release(sched)
    sched.until_over()
    runner.stop()

    runs = {kind: sched.history(kind) for kind in kinds}
    marks = sched.marks()
    assert {
        "skip": ["succeeded", "skipped", "skipped"],
        "queue_one": ["succeeded", "succeeded", "skipped"],
        "queue_all": ["succeeded", "succeeded", "succeeded"],
        "replace": ["cancelled", "cancelled", "succeeded"],
        "allow": ["succeeded", "succeeded", "succeeded"],
    } == {kind: _states(runs[kind]) for kind in kinds}
    for kind in kinds:
        started = [run["fire_time"] for run in runs[kind] if run["started"]]
        assert started == _begun(marks, kind), kind
        ended = [run["fire_time"] for run in runs[kind] if run["state"] == "succeeded"]
        assert sorted(ended) == sorted(m.split()[2] for m in marks if m.startswith(f"{kind} ends"))
    assert 3 == _most_at_once(marks, "allow")
    assert {1} == {_most_at_once(marks, kind) for kind in ("skip", "queue_one", "queue_all")}
    first, second, third = (run["id"] for run in runs["skip"])
    assert {f"overlap: {first} still running"} == {run["reason"] for run in runs["skip"][1:]}
    assert second != third
    by = [f"replaced by {run['id']}" for run in runs["replace"][1:]]
    assert by == [run["reason"] for run in runs["replace"][:2]]


def test_a_replaced_run_is_over_with_all_its_processes_before_the_next_one_starts(
    sched: Sched,
) -> None:
    times = _seconds(soon() + _SECOND, 2)
    sched.write(f"""
jobs:
  a:
    overlap: replace
    clock: {_dates(times)}
    kill_grace: 700ms
    command: |
      [ -e second ] && {{ echo second begins >> marks; exit; }}
      touch second
      setsid sh -c 'trap "" TERM; while sleep 0.05; do echo first goes on >> marks; done' &
      trap '' TERM
      while :; do sleep 1; done
""")

    runner = sched.run()
    runner.until("run cancelled", job="a")
    runner.until("run succeeded", job="a")
    pass_time(4 * _MOMENT)
    runner.stop()

    assert "second begins" == sched.marks()[-1]
    assert ["cancelled", "succeeded"] == _states(sched.history())


# ---- pools, priorities, max_parallel


def test_a_pool_is_never_too_full_and_the_highest_priority_goes_first(sched: Sched) -> None:
    clock = f"clock: {_dates([soon() + _SECOND])}"
    waits = f"pool: p, command: '{_TRACED}', {clock}"
    sched.write(f"""
pools: {{p: 1}}
jobs:
  holds: {{pool: p, command: '{_TRACED}', clock: startup}}
  low: {{{waits}, priority: -5}}
  high: {{{waits}, priority: 5}}
  middle: {{{waits}}}
  outside: {{command: 'echo x > words', {clock}}}
""")

    runner = sched.run()
    sched.word()
    _until_recorded(sched, 5)
    waiting = [run["job"] for run in sched.history("--state", "queued")]
    _release(sched)
    sched.until_over()
    runner.stop()

    marks = sched.marks()
    assert {"low", "high", "middle"} == set(waiting)
    assert 1 == _most_at_once(marks)
    assert ["holds", "high", "middle", "low"] == _begun(marks)
    assert {"succeeded"} == set(_states(sched.history()))


def test_no_more_run_at_once_than_max_parallel_and_all_of_them_do(sched: Sched) -> None:
    jobs = "".join(
        f"  j{n}: {{clock: startup, command: '{_TRACED.replace(_HOLDS, 'sleep 0.05')}'}}\n"
        for n in range(40)
    )
    sched.write(f"runner: {{max_parallel: 3}}\njobs:\n{jobs}")

    runner = sched.run()
    for _ in range(40):
        runner.until("run succeeded")
    runner.stop()

    marks = sched.marks()
    assert 3 == _most_at_once(marks)
    assert {1} == set(Counter(_begun(marks)).values())
    assert 40 == len(_begun(marks)) == len(sched.history())


def test_a_slot_is_free_again_however_its_run_ended(sched: Sched) -> None:
    sched.write("""
runner: {max_parallel: 1}
jobs:
  no_program: {priority: 5, clock: startup, command: [/no/such/program]}
  no_secret: {priority: 4, clock: startup, command: x, env: {A: {from_file: no}}}
  fails: {priority: 3, clock: startup, command: exit 1}
  killed: {priority: 2, clock: startup, command: kill -9 $$}
  hangs: {priority: 1, clock: startup, command: sleep 1000, timeout: 300ms}
  last: {clock: startup, command: 'true'}
""")

    runner = sched.run()
    runner.until("run succeeded", job="last")
    runner.stop()

    states = {run["job"]: run["state"] for run in sched.history()}
    assert "timed_out" == states.pop("hangs")
    assert "succeeded" == states.pop("last")
    assert {"failed"} == set(states.values())


def test_a_run_that_waits_for_too_long_is_missed(sched: Sched) -> None:
    sched.write(f"""
runner: {{max_parallel: 1}}
jobs:
  holds: {{clock: startup, command: '{_TRACED}'}}
  a:
    clock: {_dates([soon()])}
    start_deadline: 500ms
    command: '{_TRACED}'
""")

    runner = sched.run()
    runner.until("run missed", job="a")
    _release(sched)
    runner.until("run succeeded", job="holds")
    runner.stop()

    (run,) = sched.history("a")
    expected = "start_deadline: it waited 500ms for one of max_parallel to end"
    assert ("missed", expected, None) == (run["state"], run["reason"], run["started"])
    assert ["holds"] == _begun(sched.marks())


# ---- how often, from when, until when


def test_a_job_runs_no_more_often_than_max_runs_over_restarts(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: every 1s, max_runs: 3, command: echo x >> marks}}")

    first = sched.run()
    first.until("run succeeded", job="a")
    first.until("run succeeded", job="a")
    first.kill()
    second = sched.run()
    second.until("run succeeded", job="a")
    second.until("run skipped", job="a", reason="max_runs: it has had 3")
    second.stop()

    runs = sched.history()
    assert (3, 3) == (len(sched.marks()), _states(runs).count("succeeded"))
    assert {"succeeded", "skipped"} == set(_states(runs))


def test_a_job_fires_from_its_start_to_its_end_and_no_other_time(sched: Sched) -> None:
    times = _seconds(soon() + _SECOND, 3)
    sched.write(f"""
jobs:
  a:
    clock: every 1s
    start: '{times[0]:%F %T}'
    end: '{times[-1]:%F %T}'
    command: echo $SCHED_FIRE_TIME >> marks
  b: {{clock: {_dates([times[-1] + _SECOND])}, command: 'true'}}
""")

    runner = sched.run()
    runner.until("run succeeded", job="b")
    runner.stop()

    expected = [time.isoformat() for time in times]
    assert expected == sched.marks()
    assert expected == [run["fire_time"] for run in sched.history("a")]


# ---- again


def test_only_the_exit_codes_that_are_named_are_tried_again(sched: Sched) -> None:
    command = "echo $SCHED_ATTEMPT >> marks; [ $SCHED_ATTEMPT = 1 ] && exit 7; exit 8"
    sched.write(f"""
jobs:
  a:
    clock: startup
    command: {command}
    retry: {{max_retries: 5, delay: 50ms, on_exit_codes: [7]}}
""")

    runner = sched.run()
    runner.until("run failed", job="a")
    runner.stop()

    (run,) = sched.history()
    assert (["1", "2"], "failed", 8, 2) == (
        sched.marks(),
        run["state"],
        run["exit_code"],
        run["attempts"],
    )


def test_nothing_is_tried_again_later_than_within(sched: Sched) -> None:
    sched.write("""
jobs:
  a:
    clock: startup
    command: date +%s.%N >> marks; exit 1
    retry: {max_retries: 1000, delay: 200ms, within: 1s}
""")

    runner = sched.run()
    runner.until("run failed", job="a")
    runner.stop()

    (run,) = sched.history()
    moments = [float(mark) for mark in sched.marks()]
    assert len(moments) == run["attempts"]
    assert 2 <= len(moments) <= 5
    assert moments[-1] - moments[0] < 2


# ---- caught up


def test_what_is_caught_up_runs_in_order_and_behind_what_is_on_time(sched: Sched) -> None:
    late = _seconds(soon() + _SECOND, 3)
    on_time = late[-1] + timedelta(milliseconds=1500)
    traced = "echo $SCHED_JOB begins $SCHED_FIRE_TIME >> marks; echo $SCHED_TRIGGER > words; "
    traced += "read go < go"
    sched.write(f"""
runner: {{max_parallel: 1}}
jobs:
  a: {{clock: {_dates(late)}, grace: 0s, catchup: all, overlap: queue_all, command: {traced}}}
  b: {{clock: {_dates([late[-1]])}, command: {traced}}}
""")
    sched.run().kill()
    pass_time(on_time - datetime.now(UTC))

    runner = sched.run()
    triggers = []
    for _ in range(4):
        triggers.append(sched.word())
        sched.go()
    sched.until_over()
    runner.stop()

    expected = [time.isoformat() for time in late]
    marks = sched.marks()
    assert ["b", "a", "a", "a"] == _begun(marks)
    assert expected == _begun(marks, "a")
    assert ["schedule", *["catchup"] * 3] == triggers


def test_what_is_missed_and_what_is_caught_up_are_each_recorded_once(sched: Sched) -> None:
    common = "clock: every 1s, grace: 0s, overlap: allow"
    command = "command: echo $SCHED_JOB begins $SCHED_FIRE_TIME >> marks"
    sched.write(f"""
jobs:
  none: {{{common}, catchup: none, {command}}}
  latest: {{{common}, catchup: latest, {command}}}
  all: {{{common}, catchup: all, {command}}}
  some: {{{common}, catchup: all, catchup_limit: 2, {command}}}
  window: {{{common}, catchup: all, catchup_window: 2s, {command}}}
""")

    first = sched.run()
    first.until("run started")
    first.kill()
    pass_time(4 * _SECOND)
    second = sched.run()
    for _ in range(12):
        second.until("run succeeded")
    second.stop()

    marks = sched.marks()
    for job in ("none", "latest", "all", "some", "window"):
        runs = sched.history(job)
        recorded = sum(run["count"] for run in runs)
        assert (job, seconds_covered(runs)) == (job, recorded)
        ran = [run["fire_time"] for run in runs if run["started"]]
        assert Counter(ran) == Counter(_begun(marks, job)), job
    assert not [run for run in sched.history("all") if run["state"] == "missed"]
    caught_up = [run for run in sched.history("some") if run["trigger"] == "catchup"]
    assert len(caught_up) <= 2 * 2
