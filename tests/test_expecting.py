"""The companion that sees to what is expected: what it tells, once, and when it wants to look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from fakes import HOLDER, FakeWatch, load
from flaky import FlakyStore
from histories import MINUTE, at
from schedkit.active import Active
from schedkit.claims import Claims
from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.events import Emitted
from schedkit.expecting import Expecting
from schedkit.jobs import Jobs
from schedkit.run import (
    AttemptKey,
    Decision,
    Ended,
    Started,
    State,
    Trigger,
    Waiting,
    run_id,
)

JOBS = """
jobs:
  a: {command: x, clock: every 10m, sla: {late_after: 5m, max_runtime: 1h}}
  b: {command: x, clock: every 10m, sla: {succeeded_within: 20m}}
  c: {command: x, clock: every 10m}
  d: {command: x, clock: every 10m, enabled: false, sla: {succeeded_within: 1m}}
"""

LOADED = at(-10)


@dataclass
class Part:
    """What waits, or goes on, by job."""

    found: defaultdict[str, list[object]] = field(default_factory=lambda: defaultdict(list))

    def of(self, job: str) -> Sequence[object]:
        return self.found[job]


@dataclass
class Recording:
    """Whether something could not be written."""

    blocked: bool = False

    def block(self, error: StoreError) -> None:
        assert str(error)
        self.blocked = True


@dataclass
class Doing:
    """As much of what a runner does as is looked at."""

    attempts: Part = field(default_factory=Part)
    queue: Part = field(default_factory=Part)
    recording: Recording = field(default_factory=Recording)


class Scene:
    """A history, the time, what goes on, and the companion, which tells into *told*."""

    def __init__(self, directory: Path, text: str) -> None:
        self.directory = directory
        self.watch = FakeWatch()
        self.doing = Doing()
        self.store = FlakyStore(directory / "history.db")
        self.store.begin(HOLDER, LOADED)
        self.told: list[Emitted] = []
        self.fails = 0
        self.expecting = Expecting(self.store, self.watch, cast("Claims", self.doing), self.emit)
        self.config = self.take(text, LOADED)

    def emit(self, events: Sequence[Emitted]) -> None:
        if self.fails:
            self.fails -= 1
            raise StoreError("the disk is full")
        self.store.emit(events, self.watch.now())
        self.told += events

    def take(self, text: str, now: datetime | None = None) -> Config:
        """Go by what a file says."""
        config = load(self.directory, text)
        self.store.load(config, "test", now or self.watch.now())
        self.expecting.settle(config.by_name)
        return config

    def look(self) -> list[str]:
        """Look, and return what that has told."""
        self.told = []
        self.expecting.look(self.watch.now())
        return [f"{one.name.removeprefix('sla.')} {one.key}" for one in self.told]

    def pass_time(self, minutes: float) -> None:
        """Let time pass."""
        until = self.watch.now() + minutes * MINUTE
        while self.watch.now() < until:
            self.watch.wait(until, None, ())

    def claim(self, job: str, *, wait: bool = False, trigger: Trigger = Trigger.SCHEDULE) -> int:
        """Claim a run that is due now, let it wait or start, and return its number."""
        now = self.watch.now()
        decision = Decision(job, now, State.QUEUED, trigger, at_once=not wait)
        ((key, _),) = self.store.claim([decision], self.config.by_name, now)
        assert key is not None
        self.expecting.touch(job)
        if wait:
            self.doing.queue.found[job].append(Waiting(key, job, now, trigger, now))
        else:
            self.doing.attempts.found[job].append(self.active(job, key, now))
        return key.run

    def active(self, job: str, key: AttemptKey, fire_time: datetime) -> Active:
        return Active(key, job, self.config.by_name[job], fire_time, due=fire_time)

    def start_waiting(self, job: str) -> None:
        """Start what waits."""
        for one in self.doing.queue.found.pop(job):
            assert isinstance(one, Waiting)
            self.store.claim_attempts([one], self.watch.now())
            self.doing.attempts.found[job].append(self.active(job, one.key, one.fire_time))
        self.expecting.touch(job)  # which is not so: it has no need of it

    def started(self, job: str) -> None:
        """Let the processes of the attempts of a job be known to have started now."""
        for one in self.doing.attempts.of(job):
            assert isinstance(one, Active)
            one.first_start, one.began = self.watch.now(), self.watch.elapsed()
            self.store.record([Started(one.key, self.watch.now(), 1, 1, "x", "/out")])

    def ended(self, job: str, state: State = State.SUCCEEDED, *, recorded: bool = True) -> None:
        """End the attempts of a job, and record that unless it cannot be."""
        for one in self.doing.attempts.found.pop(job):
            assert isinstance(one, Active)
            end = Ended(one.key, self.watch.now(), state)
            if recorded:
                self.store.record([end])
                self.expecting.touch(job)

    @property
    def waits(self) -> tuple[float | None, float | None]:
        """After how many minutes it wants to look, by the clock and by the time that passes."""
        time, deadline = self.expecting.next_time(), self.expecting.next_deadline()
        return (
            None if time is None else (time - self.watch.now()) / MINUTE,
            None if deadline is None else (deadline - self.watch.elapsed()) / MINUTE,
        )


NOTHING: list[str] = []
A = "jobs: {a: {command: x, clock: every 10m, sla: {late_after: 5m, max_runtime: 1h}}}"
B = "jobs: {b: {command: x, clock: every 10m, sla: {succeeded_within: 20m}}}"


# ---- late_after


def test_a_run_that_waits_is_late_when_its_time_has_come_and_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path, A)
    run = scene.claim("a", wait=True)
    assert (NOTHING, (5, None)) == (scene.look(), scene.waits)

    scene.pass_time(4.99)
    assert scene.look() == NOTHING
    scene.pass_time(0.01)
    assert scene.look() == [f"late_after {run_id(run)}"]

    assert (None, None) == scene.waits
    scene.pass_time(60)
    scene.expecting.touch("a")
    assert scene.look() == NOTHING


def test_for_a_run_that_has_started_in_time_nobody_wakes_up(tmp_path: Path) -> None:
    scene = Scene(tmp_path, A)
    scene.claim("a")
    assert (NOTHING, (5, None)) == (scene.look(), scene.waits)

    scene.started("a")
    scene.pass_time(1)

    assert (NOTHING, (None, 59)) == (scene.look(), scene.waits)


def test_a_start_that_is_not_answered_is_late_as_well(tmp_path: Path) -> None:
    scene = Scene(tmp_path, A)
    run = scene.claim("a")
    scene.pass_time(5)

    assert scene.look() == [f"late_after {run_id(run)}"]


def test_a_run_that_starts_late_in_one_go_is_told_of_at_its_start(tmp_path: Path) -> None:
    """As one that is caught up: its fire time was when nobody was there to see it wait."""
    scene = Scene(tmp_path, A)
    run = scene.claim("a", wait=True, trigger=Trigger.CATCHUP)
    scene.pass_time(60)
    scene.start_waiting("a")
    scene.started("a")

    assert scene.look() == [f"late_after {run_id(run)}"]


def test_a_run_that_ends_without_a_start_is_not_late(tmp_path: Path) -> None:
    """It is skipped, missed or cancelled, and told of as that."""
    scene = Scene(tmp_path, A)
    scene.claim("a", wait=True)
    scene.look()
    scene.doing.queue.found.clear()
    scene.pass_time(5)

    assert (NOTHING, (None, None)) == (scene.look(), scene.waits)


def test_a_clock_that_is_set_forward_makes_late_what_waits(tmp_path: Path) -> None:
    scene = Scene(tmp_path, A)
    run = scene.claim("a", wait=True)
    scene.look()
    scene.watch.set_clock(6 * MINUTE)

    assert scene.look() == [f"late_after {run_id(run)}"]


def test_a_job_that_promises_nothing_is_not_looked_at(tmp_path: Path) -> None:
    scene = Scene(tmp_path, JOBS)
    scene.look()
    scene.claim("c", wait=True)
    scene.pass_time(9)

    assert scene.look() == NOTHING


# ---- max_runtime


def test_an_attempt_that_takes_too_long_is_told_of_while_it_goes_on_and_once(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, A)
    run = scene.claim("a")
    scene.started("a")
    scene.look()

    scene.pass_time(59.99)
    assert scene.look() == NOTHING
    scene.pass_time(0.01)
    assert scene.look() == [f"max_runtime {run_id(run)}.1"]

    scene.pass_time(60)
    scene.ended("a")
    assert (NOTHING, (None, None)) == (scene.look(), scene.waits)


def test_how_long_an_attempt_goes_on_no_clock_that_is_set_can_say(tmp_path: Path) -> None:
    scene = Scene(tmp_path, A)
    scene.claim("a")
    scene.started("a")
    scene.look()
    scene.watch.set_clock(120 * MINUTE)
    scene.expecting.touch("a")

    assert (NOTHING, (None, 60)) == (scene.look(), scene.waits)


# ---- succeeded_within


def test_a_job_that_has_never_succeeded_is_told_of_so_long_after_it_was_loaded(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, B)
    assert (NOTHING, (10, None)) == (scene.look(), scene.waits)
    scene.pass_time(5)
    scene.claim("b")
    scene.look()
    scene.started("b")
    scene.ended("b", State.FAILED)
    assert (NOTHING, (5, None)) == (scene.look(), scene.waits)

    scene.pass_time(5)

    assert scene.look() == [f"succeeded_within b none since {LOADED.isoformat()}"]
    assert (None, None) == scene.waits


def test_a_silence_is_told_of_once_and_a_success_ends_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path, B)
    runs = []
    for _ in range(2):
        runs.append(scene.claim("b"))
        scene.look()
        scene.started("b")
        scene.pass_time(1)
        scene.ended("b")
        assert (NOTHING, (20, None)) == (scene.look(), scene.waits)
        scene.pass_time(20)
        assert scene.look() == [f"succeeded_within b {run_id(runs[-1])}"]
        scene.pass_time(20)
        scene.expecting.touch("b")
        assert scene.look() == NOTHING


def test_a_silence_that_lasted_while_no_runner_was_up_is_told_of_at_the_start(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, B)
    run = scene.claim("b")
    scene.started("b")
    scene.ended("b")
    scene.pass_time(60)
    again = Expecting(scene.store, scene.watch, cast("Claims", scene.doing), scene.emit)
    again.settle(scene.config.by_name)

    again.look(scene.watch.now())

    assert [one.key for one in scene.told] == [f"b {run_id(run)}"]


def test_what_has_ended_and_could_not_be_recorded_yet_is_no_success_and_will_be_one(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, B)
    run = scene.claim("b")
    scene.look()
    scene.started("b")
    scene.pass_time(5)
    scene.ended("b", recorded=False)
    scene.expecting.touch("b")
    assert (NOTHING, (5, None)) == (scene.look(), scene.waits)

    scene.store.record([Ended(AttemptKey(run, 1), scene.watch.now(), State.SUCCEEDED)])
    scene.expecting.touch("b")

    assert (NOTHING, (20, None)) == (scene.look(), scene.waits)


# ---- once, whatever happens between


def test_told_of_by_two_runners_it_is_one_event(tmp_path: Path) -> None:
    scene = Scene(tmp_path, JOBS)
    scene.claim("a", wait=True)
    scene.pass_time(30)
    scene.look()
    again = Expecting(scene.store, scene.watch, cast("Claims", scene.doing), scene.emit)
    again.settle(scene.config.by_name)

    again.look(scene.watch.now())

    names = [one.name for one in scene.store.events(["sla.*"])]
    assert sorted(names) == ["sla.late_after", "sla.succeeded_within"]


def test_what_cannot_be_written_is_told_when_it_can(tmp_path: Path) -> None:
    scene = Scene(tmp_path, A)
    run = scene.claim("a", wait=True)
    scene.pass_time(5)
    scene.fails = 1

    assert scene.look() == NOTHING
    assert scene.doing.recording.blocked
    assert scene.look() == NOTHING
    assert (None, None) == scene.waits  # nobody wakes up for what cannot be told

    scene.doing.recording.blocked = False
    assert scene.look() == [f"late_after {run_id(run)}"]
    assert scene.look() == NOTHING


def test_what_cannot_be_read_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, B)
    scene.pass_time(30)

    def broken(jobs: Sequence[str]) -> dict[str, tuple[int, datetime]]:
        raise StoreError(f"the disk is gone: {jobs}")

    with monkeypatch.context() as patched:
        patched.setattr(scene.store, "last_successes", broken)
        assert scene.look() == NOTHING

    scene.doing.recording.blocked = False
    assert scene.look() == [f"succeeded_within b none since {LOADED.isoformat()}"]


# ---- other files


def test_by_other_files_other_promises_hold_and_what_is_known_is_not_told_again(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, A)
    late = scene.claim("a", wait=True)
    scene.pass_time(5)
    assert scene.look() == [f"late_after {run_id(late)}"]
    scene.pass_time(1)

    scene.config = scene.take(A.replace("5m", "20m"))
    assert (NOTHING, (14, None)) == (scene.look(), scene.waits)
    scene.config = scene.take(A)
    scene.expecting.settle(Jobs())

    assert (NOTHING, (None, None)) == (scene.look(), scene.waits)


def test_a_job_that_fires_otherwise_has_as_long_again_for_its_first_success(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, B)
    scene.look()
    scene.pass_time(15)
    scene.take(B.replace("every 10m", "every 5m"))

    assert (NOTHING, (20, None)) == (scene.look(), scene.waits)
