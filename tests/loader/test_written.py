"""Where each key of a job is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from files import load
from schedkit.loader.written import settings


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(written: str | dict[str, str], *paths: str) -> list[str]:
    """Return what is written of the first job: key, value, origin and place, in a line each."""
    config = load(written, *paths)
    names = paths or (written if isinstance(written, dict) else ("schedules.yaml",))
    found = settings(config.jobs[0], [Path(name) for name in names])
    return [f"{one.key} = {one.value} | {one.origin} {one.place}" for one in found]


def test_each_key_of_a_job_has_its_line() -> None:
    expected = [
        "command = pg_dump --all 'my shop' | job schedules.yaml:3",
        "clock = daily at 02:30 | job schedules.yaml:5",
        "clock = weekly sun at 04:00 | job schedules.yaml:6",
        "filters = not on_date 12-25 | job schedules.yaml:7",
        "params.deep.er = 1, {a: null} | job schedules.yaml:10",
        "env.TOKEN.from_file = token | job schedules.yaml:12",
        "env_file = a.env, b.env | job schedules.yaml:13",
        "expect = 2026-11-21 02:30 | job schedules.yaml:14",
        "timeout = null | job schedules.yaml:15",
    ]

    actual = told("""\
        jobs:
          a:
            command: [pg_dump, --all, my shop]
            clock:
              - daily at 02:30
              - {weekly: sun, at: "04:00"}
            filters:
              not: {on_date: 12-25}
            params:
              deep: {er: [1, {a: null}]}
            env:
              TOKEN: {from_file: token}
            env_file: [a.env, b.env]
            expect: 2026-11-21 02:30
            timeout:
    """)

    assert expected == actual


def test_each_of_several_mappings_has_its_lines() -> None:
    expected = [
        "command = x | job schedules.yaml:3",
        "after.any = b | job schedules.yaml:5",
        "on.event = lead.* | job schedules.yaml:7",
        "on.match.source = web, shop | job schedules.yaml:8",
        "on.absent = heartbeat | job schedules.yaml:9",
        "on.for = 15m | job schedules.yaml:10",
    ]

    actual = told("""\
        jobs:
          a:
            command: x
            after:
              any: [b]
            on:
              - event: lead.*
                match: {source: [web, shop]}
              - absent: heartbeat
                for: 15m
          b: {command: x, clock: every 1h}
    """)

    assert expected == actual


def test_what_comes_from_the_defaults_has_its_line_there() -> None:
    expected = [
        "command = x | job schedules.yaml:11",
        "clock = every 1h | job schedules.yaml:12",
        "retry.max_retries = 5 | job schedules.yaml:13",
        "env.A = own | job schedules.yaml:14",
        "timeout = 1h | defaults schedules.yaml:3",
        "retry.delay = 30s | defaults schedules.yaml:4",
        "env.B = 2 | defaults schedules.yaml:7",
        "timezone = Europe/Berlin | file schedules.yaml:1",
    ]

    actual = told("""\
        timezone: Europe/Berlin
        defaults:
          timeout: 1h
          retry: {max_retries: 2, delay: 30s}
          env:
            A: 1
            B: 2
          interpreter: python3
        jobs:
          a:
            command: x
            clock: every 1h
            retry: 5
            env: {A: own}
    """)

    assert expected == actual


def test_a_zone_of_the_job_hides_that_of_the_file() -> None:
    expected = ["timezone = UTC | job schedules.yaml:3"]

    actual = told("""\
        timezone: Europe/Berlin
        jobs:
          a: {timezone: UTC, command: x, clock: every 1h}
    """)

    assert expected == [line for line in actual if line.startswith("timezone")]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("", ["notify.command = page | file schedules.yaml:2"]),
        (", notify: {command: own}", ["notify.command = own | job schedules.yaml:4"]),
    ],
)
def test_whom_the_file_tells_is_said_where_it_stands(keys: str, expected: list[str]) -> None:
    actual = told(f"""\
        notify:
          - {{command: page}}
        jobs:
          a: {{command: x, clock: every 1h{keys}}}
    """)

    assert expected == [line for line in actual if line.startswith("notify")]


def test_what_is_merged_in_has_the_line_where_it_stands() -> None:
    expected = [
        "command = x | job schedules.yaml:5",
        "clock = daily at 07:00 | job schedules.yaml:2",
    ]

    actual = told("""\
        x-mornings: &mornings
          clock: daily at 07:00
        jobs:
          a:
            command: x
            <<: *mornings
    """)

    assert expected == actual


def test_each_file_of_a_directory_says_its_own_lines() -> None:
    files = {
        "d/a.yaml": "jobs:\n  a: {command: x, clock: every 1h}\n",
        "d/b.yaml": "timezone: UTC\ndefaults:\n  timeout: 1h\njobs: {}\n",
    }
    expected = [
        "command = x | job d/a.yaml:2",
        "clock = every 1h | job d/a.yaml:2",
        "timeout = 1h | defaults d/b.yaml:3",
        "timezone = UTC | file d/b.yaml:1",
    ]

    actual = told(files, "d")

    assert expected == actual


def test_a_job_that_is_gone_from_the_file_has_no_places() -> None:
    (job,) = load("jobs: {a: {command: x, clock: every 1h}}\n").jobs
    Path("schedules.yaml").write_text("jobs: {b: {command: x, clock: every 1h}}\n")

    assert [] == settings(job, [Path("schedules.yaml")])
