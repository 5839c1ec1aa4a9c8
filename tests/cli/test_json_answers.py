"""Answers in JSON, whole: every name that a program may read, in its order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import running
from cli.test_reload import take
from files import Answer, Sched
from past import Past, write_past
from schedkit.run import State
from screen import like
from talking import Answering

LOADED = """
jobs:
  a: {command: x, clock: {dates: 2099-01-01 00:00}}
  b: {command: x, clock: {dates: 2099-01-01 00:00}}
"""
EDITED = """
pools: {db: 1}
jobs:
  a: {command: x, clock: {dates: 2099-01-01 00:00}, timezone: Asia/Tokyo, timeout: 1h}
  d: {command: x, clock: {dates: 2099-01-01 00:00}}
  c: {command: z, clock: {dates: 2099-01-03 00:00}}
"""


def fires(before: str | None, after: str | None, until: str) -> dict[str, Any]:
    """Return what is told of fire times, of which none is near."""
    return {
        "next_before": before,
        "next_after": after,
        "dropped": [],
        "added": [],
        "kept": 0,
        "until": until,
        "notes": [],
    }


def differences(run: str) -> str:
    """Return what is told of the files above, with a run of `a` that waits."""
    found = {
        "now": "<instant1>",
        "until": "<instant2>",
        "jobs": [
            {
                "job": "a",
                "change": "changed",
                "renamed_from": None,
                "keys": [
                    {"key": "timezone", "before": "UTC", "after": "Asia/Tokyo"},
                    {"key": "timeout", "before": None, "after": "1h"},
                ],
                "fires": fires(
                    "2099-01-01T00:00:00+00:00",
                    "2099-01-01T00:00:00+09:00",
                    "<instant3>",  # the same in the zone of the job
                ),
                "runs": [{"run": run, "state": "waiting", "effect": "starts with the new timeout"}],
            },
            {
                "job": "d",
                "change": "renamed",
                "renamed_from": "b",
                "keys": [],
                "fires": None,
                "runs": [],
            },
            {
                "job": "c",
                "change": "new",
                "renamed_from": None,
                "keys": [],
                "fires": fires(None, "2099-01-03T00:00:00+00:00", "<instant2>"),
                "runs": [],
            },
        ],
        "settings": [{"key": "pools.db", "before": None, "after": 1}],
        "unchanged": 0,
    }
    return json.dumps(found, indent=2) + "\n"


@pytest.fixture
def edited(sched: Sched) -> str:
    """Write files that differ from what was loaded; return the run that waits."""
    sched.write(LOADED)
    (run,) = write_past(sched, [Past("a", State.QUEUED)])
    take(sched)
    sched.write(EDITED)
    return run


@pytest.mark.parametrize("words", [("plan",), ("reload", "--dry-run"), ("reload",)])
def test_what_files_change(
    sched: Sched, runner: Answering, edited: str, words: tuple[str, ...]
) -> None:
    runner.operations.reloaded = {"changes": []}
    runner.operations.reloads = lambda: take(sched)
    expected = differences(edited)

    answer = sched(*words, "--json")

    assert Answer(0, expected, "") == answer._replace(stdout=like(expected, answer.stdout))


@pytest.fixture
def up(sched: Sched) -> Iterator[None]:
    """A real runner of a job that fails for one of its fire times."""
    made = running.Sched(sched.directory)
    made.write("""
timezone: UTC
jobs:
  a: {command: test $SCHED_FIRE_TIME != 2026-01-02T02:30:00+00:00, clock: daily at 02:30}
""")
    made.run()
    yield
    made.close()


@pytest.mark.system
@pytest.mark.usefixtures("up")
def test_what_became_of_a_backfill_that_is_waited_for(sched: Sched) -> None:
    ends = ("succeeded", "failed", "succeeded")
    rows = [
        {
            "fire_time": f"2026-01-0{day}T02:30:00+00:00",
            "so_far": None,
            "plan": "run",
            "run": f"<run{day}>",
            "state": state,
        }
        for day, state in enumerate(ends, 1)
    ]
    expected = json.dumps({"job": "a", "fire_times": rows}, indent=2) + "\n"
    times = ("--from", "2026-01-01T00:00Z", "--to", "2026-01-03T12:00Z")

    answer = sched("backfill", "a", *times, "--yes", "--wait", "--json")

    said = (
        "a: 3 fire times from 2026-01-01T02:30:00+00:00 to 2026-01-03T02:30:00+00:00: 3 to run\n"
        "error: 1 of 3 runs did not succeed\n"
        "  = help: see them with: sched history a --state failed -n 1\n"
    )
    assert Answer(1, expected, said) == answer._replace(stdout=like(expected, answer.stdout))
