"""`sched list`: one line a job."""

from __future__ import annotations

import json

import pytest

from files import Answer, Sched, text

HEADER = "JOB\tSCHEDULE\tZONE\tLAST\tNEXT\tIN\tDESCRIPTION\n"
JOBS = """
timezone: Europe/Berlin
jobs:
  off:
    command: x
    clock: [daily at 02:30, every 5m]
    filters: [weekday, not: {on_date: 12-25}]
    adjustments: [add 5d, next_weekday]
    enabled: false
    description: "red \\e[31m alert\\tand\\nmore"
  off-too: {command: x, clock: every 1h, enabled: false, timezone: UTC}
  old: {command: x, clock: {dates: 2020-01-01 00:00}}
"""
OFF = (
    "off\tdaily at 02:30 or every 5m if weekday and not on_date 12-25 then add 5d, next_weekday\t"
    "Europe/Berlin\t-\tdisabled\t-\tred \\x1b[31m alert\\tand\\nmore\n"
)
OFF_TOO = "off-too\tevery 1h\tUTC\t-\tdisabled\t-\t\n"
OLD = "old\tdates 2020-01-01 00:00\tEurope/Berlin\t-\tnever\t-\t\n"


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of jobs that do not fire: those that do change."""
    sched.write(JOBS)
    return sched


@pytest.mark.parametrize(
    ("patterns", "rows"),
    [
        ((), OFF + OFF_TOO + OLD),
        (("old",), OLD),
        (("off*",), OFF + OFF_TOO),
        (("ol?", "off"), OFF + OLD),
    ],
)
def test_each_job_has_a_line(filled: Sched, patterns: tuple[str, ...], rows: str) -> None:
    expected = Answer(0, HEADER + rows, "")

    actual = filled("list", *patterns)

    assert expected == actual


def test_a_file_without_jobs_is_a_header(sched: Sched) -> None:
    sched.write("jobs: {}\n")
    expected = Answer(0, HEADER, "")

    actual = sched("list")

    assert expected == actual


def test_json_has_every_part_by_name(filled: Sched) -> None:
    expected = Answer(
        0,
        text("""
            [
              {
                "job": "off-too",
                "description": "",
                "enabled": false,
                "paused": null,
                "schedule": "every 1h",
                "timezone": "UTC",
                "file": "schedules.yaml",
                "line": 11,
                "last_run": null,
                "last_state": null,
                "last_fire_time": null,
                "next_fire_time": null
              }
            ]
        """)
        + "\n",
        "",
    )

    actual = filled("list", "off-too", "--json")

    assert expected == actual


def test_the_next_fire_time_is_of_the_zone_of_the_job(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: {dates: 2099-07-01 12:00}, timezone: Asia/Tokyo}}\n")
    expected = ["2099-07-01T12:00:00+09:00"]

    actual = [job["next_fire_time"] for job in json.loads(sched("list", "--json").stdout)]

    assert expected == actual


@pytest.mark.parametrize(
    ("pattern", "stderr"),
    [
        ("offf", "error: no job is named 'offf'\n  = help: did you mean 'off'?\n"),
        ("zzz", "error: no job is named 'zzz'\n"),
        ("z*", "error: no job is named 'z*'\n"),
    ],
)
def test_a_pattern_of_no_job_is_an_error(filled: Sched, pattern: str, stderr: str) -> None:
    expected = Answer(4, "", stderr)

    actual = filled("list", pattern)

    assert expected == actual
