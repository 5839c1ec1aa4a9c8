"""What is kept of the past, and what goes with its output."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fake_executor import Plan
from fakes import World, load
from flaky import FlakyStore
from histories import at, begin, claim, due, ended, queued, skipped, started, told
from schedkit.config import Config
from schedkit.job import Job
from schedkit.keeping import Keeping
from schedkit.run import Started, State

MINUTE = timedelta(minutes=1)


class Past:
    """A history with one job, of which so much is kept, and the output of its runs."""

    def __init__(self, directory: Path, history: str) -> None:
        text = f"jobs: {{a: {{command: x, clock: every 1m, history: {history}}}}}"
        self.config: Config = load(directory, text)
        self.jobs: dict[str, Job] = {job.name: job for job in self.config.jobs}
        self.store = FlakyStore(directory / "history.db")
        begin(self.store, self.config)
        self.output = directory / "output"
        self.keeping = Keeping(self.store, self.output)

    def run(self, minutes: float) -> Path:
        """Write down a run, and what it said."""
        (key,) = claim(self.store, self.config, due("a", minutes))
        assert key is not None
        path = self.output / f"{key.run:x}"[:5] / f"{key}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        start = Started(key, at(minutes), 4711, 7, "x", str(path))
        self.store.record([start, replace(ended(key), time=at(minutes))])
        self.keeping.touch("a")
        return path

    def tidy(self, minutes: float) -> list[str]:
        """Tidy up; return what is left."""
        self.keeping.tidy(self.jobs, at(minutes))
        return told(self.store)


@pytest.fixture
def past(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Past]:
    made = Past(tmp_path, request.param)
    yield made
    made.store.close()


def _keeps(history: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("past", [history], indirect=True, ids=[history])


@_keeps("{keep_runs: 2}")
def test_the_latest_runs_are_kept(past: Past) -> None:
    for minute in range(1, 6):
        past.run(minute)

    assert past.tidy(6) == ["a 12:04 succeeded", "a 12:05 succeeded"]


@_keeps("{keep_runs: 2}")
def test_the_output_of_what_is_dropped_goes_and_its_empty_directory(past: Past) -> None:
    paths = [past.run(minute) for minute in (1, 1000, 2000, 2001)]

    past.tidy(2002)

    assert [path.exists() for path in paths] == [False, False, True, True]
    assert [path.parent.exists() for path in paths] == [False, False, True, True]


@_keeps("{keep_runs: 1}")
def test_output_that_is_gone_already_is_no_harm(past: Past) -> None:
    first = past.run(1)
    past.run(2)
    first.unlink()

    assert past.tidy(3) == ["a 12:02 succeeded"]


@_keeps("{keep_days: 2}")
def test_what_ended_longer_ago_than_so_many_days_goes(past: Past) -> None:
    past.run(1)
    past.run(2)
    past.run(24 * 60)

    assert past.tidy(2 * 24 * 60 + 1.5) == ["a 12:02 succeeded", "a 12:00 succeeded"]


@_keeps("{keep_runs: 1, keep_days: 1}")
def test_what_goes_on_or_waits_stays_however_old_it_is(past: Past) -> None:
    claim(past.store, past.config, queued("a", 1))
    started(past.store, past.config, "a", 2)
    key = started(past.store, past.config, "a", 3)
    past.store.record([ended(key, State.FAILED, at(10_000))])
    for minute in (4, 5):
        past.run(minute)

    assert past.tidy(5000) == [
        "a 12:01 queued",
        "a 12:02 running",
        "a 12:03 retrying",
        "a 12:05 succeeded",  # the newest of all
    ]


@_keeps("{keep_runs: 10000}")
def test_nothing_goes_that_is_within_its_limits(past: Past) -> None:
    for minute in range(1, 30):
        past.run(minute)

    assert len(past.tidy(30)) == 29


@_keeps("{keep_runs: 5}")
def test_a_backlog_goes_a_bit_at_a_time_until_it_is_gone(past: Past) -> None:
    """What was skipped has no output: nobody may count by that."""
    claim(past.store, past.config, *(skipped("a", minute) for minute in range(1, 241)))
    past.keeping.touch("a")

    left = [len(past.tidy(241)) for _ in range(4)]

    assert left == [140, 40, 5, 5]


def test_backlogs_of_several_jobs_do_not_go_in_one_turn(tmp_path: Path) -> None:
    keys = "command: x, clock: every 1m, history: {keep_runs: 1}"
    config = load(tmp_path, f"jobs: {{a: {{{keys}}}, b: {{{keys}}}}}")
    with closing(FlakyStore(tmp_path / "history.db")) as store:
        begin(store, config)
        claim(store, config, *(skipped(job, minute) for job in "ab" for minute in range(1, 81)))
        keeping = Keeping(store, tmp_path)
        for job in "ab":
            keeping.touch(job)

        left = []
        for _ in range(3):
            keeping.tidy({job.name: job for job in config.jobs}, at(90))
            left.append(len(told(store)))

    assert left == [60, 2, 2]


@_keeps("{keep_runs: 1000}")
def test_the_history_is_not_looked_through_for_every_record(past: Past) -> None:
    past.run(1)
    past.tidy(2)
    claim(past.store, past.config, *(skipped("a", minute) for minute in range(2, 1100)))

    for _ in range(99):
        past.keeping.touch("a")
        past.keeping.tidy(past.jobs, at(1100))
    before = len(told(past.store))
    past.keeping.touch("a")

    assert (before, len(past.tidy(1100))) == (1099, 1000)


@_keeps("{keep_runs: 1}")
def test_records_that_cannot_be_dropped_stay_and_that_is_said(
    past: Past, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "schedkit")
    past.run(1)
    output = past.run(2)
    past.store.broken = {past.store.writes + 1}

    left = past.tidy(3)
    past.run(3)

    assert (len(left), output.exists()) == (2, True)
    assert [record.getMessage() for record in caplog.records] == ["old records stay"]
    assert past.tidy(4) == ["a 12:03 succeeded"]


def test_a_runner_tidies_up_as_it_goes(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, history: {keep_runs: 3}}}")
    world.executor.plans["a"] = [Plan()]

    world.run(10.5 * MINUTE)

    assert world.told() == ["a 12:08:00 succeeded", "a 12:09:00 succeeded", "a 12:10:00 succeeded"]
    assert len(world.executor.starts) == 10


def test_what_a_runner_dropped_never_runs_again_after_a_restart(world: World) -> None:
    world.write("jobs: {a: {command: x, clock: every 1m, history: {keep_runs: 1}}}")
    world.run(5.5 * MINUTE)
    world.watch.set_clock(-4 * MINUTE)

    world.run(4.1 * MINUTE)

    starts = [start.split()[1] for start in world.executor.starts]
    assert starts == ["12:01:00", "12:02:00", "12:03:00", "12:04:00", "12:05:00"]
