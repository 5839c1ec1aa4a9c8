"""What a file says, once it has been read."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from files import load
from schedkit import ConfigError
from schedkit.config import Config, UnknownJobError, positive
from schedkit.errors import Problem


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return three jobs."""
    monkeypatch.chdir(tmp_path)
    names = ("backup", "report", "sync")
    return load("jobs:\n" + "".join(f"  {n}: {{command: x, clock: every 1h}}\n" for n in names))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ["backup", "report", "sync"]),
        (["sync", "backup"], ["backup", "sync"]),
        (["sync", "sync"], ["sync"]),
    ],
)
def test_jobs_are_named_in_the_order_of_the_file(
    config: Config, names: list[str], expected: list[str]
) -> None:
    actual = [job.name for job in config.named(names)]

    assert expected == actual


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["bakup"], Problem("no job is named 'bakup'", "did you mean 'backup'?")),
        (["sync", "zzz"], Problem("no job is named 'zzz'", "see them: sched list")),
    ],
)
def test_a_job_that_there_is_not_is_named(
    config: Config, names: list[str], expected: Problem
) -> None:
    with pytest.raises(UnknownJobError) as caught:
        config.named(names)
    actual = caught.value.problems

    assert (expected,) == actual


FULL = """
pools: {database: 2}
runner: {max_parallel: 8, reload_on_change: false}
jobs:
  a:
    command: x
    clock: every 1h
    start: 2026-12-01 00:00
    end: 2026-12-31 23:59
    max_runs: 5
    user: backup
    umask: 027
    nice: 5
    limits: {memory: 512 MiB, cpu_time: 1h, open_files: 64, processes: 9}
    retry: {max_retries: 3, jitter: 5s, on_exit_codes: [75], within: 1h}
    overlap: replace
    pool: database
    priority: -5
    catchup: all
    catchup_limit: 7
    start_deadline: 1h
    on_interrupted: rerun
    output: {max_size: 1 MB}
    history: {keep_runs: 10, keep_days: 30}
"""


def test_a_config_can_be_handed_to_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = load(FULL)

    actual = pickle.loads(pickle.dumps(expected))

    assert expected == actual


@pytest.mark.parametrize(("text", "expected"), [("1", 1), ("20", 20), ("007", 7)])
def test_a_number_of_things_is_read(text: str, expected: int) -> None:
    actual = positive(text)

    assert expected == actual


@pytest.mark.parametrize("text", ["0", "00", "-1", "1.5", "x", "", "²", "٣", " 1", "1_000"])
def test_what_is_no_number_of_things_is_refused(text: str) -> None:
    expected = (Problem(f"{text!r} is not a number above 0"),)

    with pytest.raises(ConfigError) as caught:
        positive(text)
    actual = caught.value.problems

    assert expected == actual


def test_a_number_that_python_does_not_read_is_refused() -> None:
    with pytest.raises(ConfigError):
        positive("9" * 5000)
