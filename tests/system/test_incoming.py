"""Files that arrive: each starts its job once for what is in it, also when nobody was up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from running import Running, Sched

pytestmark = pytest.mark.system

_JOB = """
jobs:
  load:
    command: |
      printf '%s %s\\n' ${SCHED_FILE##*/} $size >> marks; wc -c < "$SCHED_FILE" > words
    on: {path: in/*.csv, settle: 100ms, params: {size: payload.size}}
    overlap: queue_all
"""


@pytest.fixture
def incoming(sched: Sched) -> Path:
    path = sched.directory / "in"
    path.mkdir()
    sched.write(_JOB)
    return path


def _over(runner: Running, *, stop: bool = True) -> None:
    runner.until("run succeeded", job="load")
    if stop:
        runner.stop()


def test_a_file_that_arrives_starts_its_job(sched: Sched, incoming: Path) -> None:
    runner = sched.run()
    (incoming / "a.txt").write_text("no")
    (incoming / "a.csv").write_text("1,2")

    _over(runner)

    assert sched.marks() == ["a.csv 3"]
    (run,) = sched.history()
    assert (run["trigger"], run["cause"]) == ("file", f"file {incoming / 'a.csv'} 1")


def test_one_that_arrived_while_nobody_was_up_starts_it_once(sched: Sched, incoming: Path) -> None:
    sched.run().stop()
    (incoming / "a.csv").write_text("1,2")

    _over(sched.run())
    third = sched.run()
    (incoming / "b.csv").write_text("1")
    _over(third)

    assert sched.marks() == ["a.csv 3", "b.csv 1"]


def test_one_that_was_there_before_the_job_is_the_past(sched: Sched, incoming: Path) -> None:
    (incoming / "a.csv").write_text("1,2")
    os.utime(incoming / "a.csv")

    runner = sched.run()
    (incoming / "b.csv").write_text("1")
    _over(runner)

    assert sched.marks() == ["b.csv 1"]


def test_one_that_is_still_written_starts_nothing_until_it_is_whole(
    sched: Sched, incoming: Path
) -> None:
    runner = sched.run()
    with (incoming / "slow.csv").open("w") as file:
        file.write("1,")
        file.flush()
        (incoming / "whole.csv").write_text("1")
        _over(runner, stop=False)  # it settled in the same time
        before = sched.marks()
        file.write("2")

    _over(runner)

    assert (before, sched.marks()) == (["whole.csv 1"], ["whole.csv 1", "slow.csv 3"])


def test_each_content_of_a_file_starts_it_once_whoever_is_killed(
    sched: Sched, incoming: Path
) -> None:
    runner = sched.run()
    for text in ("1", "22", "333"):
        (incoming / "a.csv").write_text(text)
        assert sched.word() == str(len(text))
        runner.kill()
        runner = sched.run()
    (incoming / "a.csv").touch()
    (incoming / "end.csv").write_text("")
    assert sched.word() == "0"

    assert sched.marks() == ["a.csv 1", "a.csv 2", "a.csv 3", "end.csv 0"]


def test_a_name_may_be_any_bytes(sched: Sched, incoming: Path) -> None:
    runner = sched.run()
    (incoming / os.fsdecode(b"\xff.csv")).write_text("1,2")

    assert sched.word() == "3"
    _over(runner)
    (run,) = sched.history()
    assert run["cause"] == f"file {incoming}/\N{REPLACEMENT CHARACTER}.csv 1"
