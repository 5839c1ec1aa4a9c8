"""The clock is set, the machine sleeps: each fire time has its record, and runs once at most."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from running import Sched, pass_time, seconds_between, seconds_covered

pytestmark = pytest.mark.system

_EVERY_SECOND = """
jobs:
  a:
    command: echo $SCHED_FIRE_TIME >> marks
    clock: every 1s
    catchup: none
    grace: 1s
"""
_NEVER_STARTED = ("missed", "skipped")


class Clock:
    """
    The wall clock of the processes that are started `under` it: so far behind the machine's.

    Source: libfaketime's README. It also moves timers of the monotonic clock, by so much later:
    nothing that is tested here may wait for one.
    """

    def __init__(self, sched: Sched, library: Path) -> None:
        self._file = sched.directory / "clock"
        self.under = (
            "env",
            f"LD_PRELOAD={library}",
            f"FAKETIME_TIMESTAMP_FILE={self._file}",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        )

    def set(self, behind: timedelta) -> None:
        """Set it, in one step."""
        new = self._file.with_suffix(".new")
        new.write_text(f"-{behind.total_seconds():.0f}\n", encoding="ascii")
        new.replace(self._file)


@pytest.fixture
def clock(sched: Sched) -> Clock:
    """A clock that can be set."""
    found = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if found is None:
        pytest.skip("libfaketime is not installed")
    return Clock(sched, found)


_ZERO = timedelta(0)
_HOUR = timedelta(hours=1)
_YEARS = timedelta(days=5 * 365)


def _started(runs: list[dict[str, Any]]) -> list[str]:
    return [run["fire_time"] for run in runs if run["state"] not in _NEVER_STARTED]


def _none_ran_twice(sched: Sched) -> None:
    """Assert that no fire time ran twice, and that each that ran has its record."""
    assert Counter(_started(sched.history("a"))) == Counter(sched.marks())
    assert {1} == set(Counter(sched.marks()).values())


def _each_second_is_recorded(sched: Sched) -> None:
    runs = sched.history("a")
    recorded = sum(run["count"] for run in runs)
    first, last = runs[0]["fire_time"], max(run["fire_time"] for run in runs)
    assert seconds_between(first, last) == recorded


# ---- a runner that does not run


def test_what_is_late_within_its_grace_runs_and_what_is_older_is_missed(sched: Sched) -> None:
    sched.write("""
jobs:
  patient: {command: 'true', clock: every 1s, overlap: allow, grace: 60s}
  strict: {command: 'true', clock: every 1s, overlap: allow, grace: 1s, catchup: none}
  latest: {command: 'true', clock: every 1s, overlap: allow, grace: 1s}
""")

    runner = sched.run()
    runner.until("run succeeded", job="patient")
    runner.send(signal.SIGSTOP)
    pass_time(timedelta(seconds=3))
    runner.send(signal.SIGCONT)
    missed = runner.until("run missed", job="strict")["reason"]
    for job in ("patient", "strict", "latest"):
        runner.until("run succeeded", job=job)
    runner.stop()

    runs = {job: sched.history(job) for job in ("patient", "strict", "latest")}
    for job, records in runs.items():
        recorded = sum(run["count"] for run in records)
        assert seconds_covered(records) == recorded, job
    assert {"succeeded"} == {run["state"] for run in runs["patient"]}
    assert max(run["lateness"] for run in runs["patient"]) > 2
    assert "the machine was suspended, or the process stopped" in missed
    assert max(run["lateness"] for run in runs["strict"] if run["started"]) <= 2


def test_a_job_that_ran_while_its_runner_did_not_is_ended_by_its_timeout_afterwards(
    sched: Sched,
) -> None:
    sched.write("""
jobs:
  a:
    clock: startup
    command: echo x > words; sleep 1000; true
    timeout: 1s
    kill_grace: 100ms
""")

    runner = sched.run()
    sched.word()
    sched.until_started("a")
    runner.send(signal.SIGSTOP)
    pass_time(timedelta(seconds=2))
    runner.send(signal.SIGCONT)
    runner.until("run timed out", job="a")
    runner.stop()

    (run,) = sched.history()
    assert 1.9 < run["duration"] < 10


# ---- a clock that is set


def test_a_clock_that_is_set_forward_is_downtime(sched: Sched, clock: Clock) -> None:
    sched.write("""
jobs:
  a: {command: echo $SCHED_FIRE_TIME >> marks, clock: every 1s, catchup: none, grace: 1s}
  none: {command: 'true', clock: every 5m, catchup: none}
  latest: {command: 'true', clock: every 5m}
  all: {command: 'true', clock: every 5m, catchup: all}
  long: {command: 'echo x > words; read go < go', clock: startup}
""")
    clock.set(_HOUR)

    runner = sched.run(under=clock.under)
    sched.word()
    runner.until("run succeeded", job="a")
    pass_time(timedelta(milliseconds=300))  # it has nothing to do just now
    clock.set(_ZERO)
    runner.until("the clock was set")
    reason = runner.until("run missed", job="none")["reason"]
    runner.until("run succeeded", job="latest")
    runner.until("run succeeded", job="a")
    sched.go()
    runner.until("run succeeded", job="long")
    sched.until_over()
    runner.stop()

    counted = {
        job: Counter({state: 0})
        for job in ("none", "latest", "all")
        for state in ("missed", "succeeded")
    }
    for job, counts in counted.items():
        for run in sched.history(job):
            counts[run["state"]] += run["count"]
    _none_ran_twice(sched)
    _each_second_is_recorded(sched)
    assert "the clock was set forward" in reason
    assert {12, 13} >= {counts.total() for counts in counted.values()}
    assert (1, 0) == (counted["latest"]["succeeded"], counted["all"]["missed"])
    (run,) = sched.history("long")
    assert run["duration"] < 60


def test_a_clock_that_is_set_back_fires_nothing_twice(sched: Sched, clock: Clock) -> None:
    sched.write(f"""{_EVERY_SECOND}
  b: {{command: 'true', clock: every 1s, catchup: none, grace: 1s}}
  long: {{command: 'echo x > words; read go < go', clock: startup}}
""")
    clock.set(_ZERO)

    runner = sched.run(under=clock.under)
    sched.word()
    runner.until("run succeeded", job="a")
    runner.until("run succeeded", job="a")
    clock.set(_HOUR)
    runner.until("the clock was set")
    before = sched.marks()
    pass_time(timedelta(seconds=2))
    during = sched.marks()
    clock.set(_ZERO)
    runner.until("run missed", job="a")
    runner.until("run succeeded", job="a")
    sched.go()
    runner.until("run succeeded", job="long")
    runner.stop()

    assert len(during) - len(before) <= 1  # one may have been on its way
    _none_ran_twice(sched)
    _each_second_is_recorded(sched)
    (run,) = sched.history("long")
    assert 0 < run["duration"] < 60


def test_a_clock_that_is_corrected_by_hours_fires_by_the_new_time(
    sched: Sched, clock: Clock
) -> None:
    sched.write(_EVERY_SECOND)
    clock.set(_ZERO)

    runner = sched.run(under=clock.under)
    runner.until("run succeeded", job="a")
    clock.set(5 * _HOUR)
    runner.until("the clock was ahead, jobs fire by the new time")
    runner.until("run succeeded", job="a")
    runner.until("run succeeded", job="a")
    clock.set(_ZERO)
    runner.until("run missed", job="a")
    runner.until("run succeeded", job="a")
    runner.stop()

    _none_ran_twice(sched)


def test_jobs_fire_again_after_a_start_with_a_clock_years_ahead(sched: Sched, clock: Clock) -> None:
    sched.write(_EVERY_SECOND)
    clock.set(_ZERO)
    first = sched.run(under=clock.under)
    first.until("run succeeded", job="a")
    first.stop()
    clock.set(_YEARS)

    second = sched.run(under=clock.under)
    second.until("run succeeded", job="a")
    second.until("run succeeded", job="a")
    second.stop()

    _none_ran_twice(sched)
    years = {datetime.fromisoformat(run["fire_time"]).year for run in sched.history("a")}
    now = datetime.now(UTC)
    assert {now.year, (now - _YEARS).year} == years


def test_what_waits_does_not_wait_for_years_after_a_start_with_a_clock_years_ahead(
    sched: Sched, clock: Clock
) -> None:
    sched.write("""
runner: {max_parallel: 2}
jobs:
  retried:
    clock: startup boot
    command: '[ $SCHED_ATTEMPT = 2 ]'
    retry: {max_retries: 3, delay: 2s}
  holds: {clock: startup boot, priority: 5, command: 'echo x > words; read go < go'}
  waits: {clock: startup boot, priority: -5, command: 'true'}
""")
    clock.set(_ZERO)
    first = sched.run(under=clock.under)
    sched.word()
    first.until("attempt failed", job="retried")
    first.send(signal.SIGQUIT)
    first.end()
    clock.set(_YEARS)

    second = sched.run(under=clock.under)
    sched.go()
    sched.until_over()
    second.stop()

    assert {"succeeded"} == {run["state"] for run in sched.history()}
