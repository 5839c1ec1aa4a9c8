"""What stands above the jobs: `defaults` and `timezone`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from files import diagnostics, load, refused, text
from schedkit.clocks.clock import ClockChanges
from schedkit.commands import FromEnv
from schedkit.job import Job, Keys


def merged(defaults: str, own: str) -> Job:
    """Return a job under defaults."""
    (found,) = load(f"defaults: {{{defaults}}}\njobs:\n  a: {{{own}}}\n").jobs
    return found


def keys(job: Job) -> dict[str, Any]:
    """Return what the job has beside its name and place."""
    return {field.name: getattr(job, field.name) for field in fields(Keys)}


RUN = "command: x, clock: every 1h"


def test_the_defaults_may_name_a_calendar_of_the_file() -> None:
    expected = ["business_day acme"]

    config = load(f"""\
        calendars: {{acme: {{weekend: [fri, sat]}}}}
        defaults: {{filters: [business_day acme]}}
        jobs: {{a: {{{RUN}}}}}
        """)
    actual = [str(one) for one in config.jobs[0].filters]

    assert expected == actual


# ---- timezone


def test_the_timezone_of_the_file_is_that_of_every_job_that_names_none() -> None:
    expected = [ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")]

    config = load(f"""\
        timezone: Europe/Berlin
        jobs:
          a: {{{RUN}}}
          b: {{{RUN}, timezone: Asia/Tokyo}}
    """)
    actual = [job.timezone for job in config.jobs]

    assert expected == actual


def test_the_timezone_of_the_defaults_goes_before_that_of_the_file() -> None:
    expected = [ZoneInfo("Asia/Tokyo")]

    config = load(f"""\
        timezone: Europe/Berlin
        defaults: {{timezone: Asia/Tokyo}}
        jobs: {{a: {{{RUN}}}}}
    """)
    actual = [job.timezone for job in config.jobs]

    assert expected == actual


def test_a_job_without_a_timezone_is_in_utc() -> None:
    expected = [ZoneInfo("UTC")]

    actual = [job.timezone for job in load(f"jobs: {{a: {{{RUN}}}}}\n").jobs]

    assert expected == actual


# ---- merging


@pytest.mark.parametrize(
    ("defaults", "own", "expected"),
    [
        ("env: {A: a, B: b}", "env: {B: c, D: d}", "env: {A: a, B: c, D: d}"),
        ("env: {A: {from_file: f}}", "env: {A: {from_env: E}}", "env: {A: {from_env: E}}"),
        ("params: {A: 1}", "params: {B: true}", "params: {A: 1, B: true}"),
        (
            "retry: {max_retries: 2, delay: 5m}",
            "retry: {max_retries: 3}",
            "retry: {max_retries: 3, delay: 5m}",
        ),
        ("retry: {delay: 5m}", "retry: {max_retries: 3}", "retry: {max_retries: 3, delay: 5m}"),
        ("retry: {max_retries: 2, delay: 5m}", "retry: 3", "retry: {max_retries: 3, delay: 5m}"),
        ("retry: 3", "retry: {delay: 5m}", "retry: {max_retries: 3, delay: 5m}"),
        ("retry: 3", "retry: 4", "retry: 4"),
        ("success: {exit_codes: [0, 1]}", "success: {exit_codes: 2}", "success: {exit_codes: 2}"),
        ("filters: [weekday]", "filters: [days mon]", "filters: [days mon]"),
        ("filters: [weekday]", "filters: []", "filters: []"),
        ("adjustments: [add 1d]", "adjustments: add 2d", "adjustments: add 2d"),
        ("env_file: [a, b]", "env_file: c", "env_file: c"),
        ("timeout: 1h", "timeout: 5m", "timeout: 5m"),
        ("timeout: 1h", "timeout: null", ""),
        ("retry: 3", "retry: null", ""),
        ("timeout: 1h", "description: x", "timeout: 1h, description: x"),
        ("limits: {memory: 1G}", "limits: {processes: 9}", "limits: {memory: 1G, processes: 9}"),
        ("output: {max_size: 1 MB}", "output: {}", "output: {max_size: 1 MB}"),
        (
            "history: {keep_days: 9}",
            "history: {keep_runs: 5}",
            "history: {keep_days: 9, keep_runs: 5}",
        ),
        ("start: 2026-01-01 00:00", "start: null", ""),
        ("catchup: all, catchup_limit: 5", "catchup: none", "catchup: none"),
        ("catchup_limit: 5", "catchup: all", "catchup: all, catchup_limit: 5"),
        ("catchup_limit: 5", "catchup: latest", "catchup: latest"),
        (
            "retry: {max_retries: 3, backoff: exponential, factor: 3}",
            "retry: {backoff: linear}",
            "retry: {max_retries: 3, backoff: linear}",
        ),
        ("retry: {delay: 5m}", "", ""),
    ],
)
def test_defaults_are_merged_key_by_key_under_mappings(
    defaults: str, own: str, expected: str
) -> None:
    alone = merged("", ", ".join(filter(None, (RUN, expected))))

    actual = merged(defaults, f"{RUN}, {own}")

    assert keys(alone) == keys(actual)


def test_a_clock_of_the_defaults_is_that_of_a_job_without_one() -> None:
    alone = merged("", "command: x, clock: every 1h")

    actual = merged("clock: every 1h", "command: x")

    assert keys(alone) == keys(actual)


def test_a_clock_in_a_job_replaces_that_of_the_defaults() -> None:
    alone = merged("", "command: x, clock: {every: 1h}")

    actual = merged("clock: {daily: '02:30'}", "command: x, clock: {every: 1h}")

    assert keys(alone) == keys(actual)


@pytest.mark.parametrize(
    ("defaults", "own"), [("command: x", "python: 'm:f'"), ("python: 'm:f'", "command: x")]
)
def test_what_a_job_runs_replaces_what_the_defaults_run(defaults: str, own: str) -> None:
    alone = merged("", f"{own}, clock: every 1h")

    actual = merged(defaults, f"{own}, clock: every 1h")

    assert keys(alone) == keys(actual)


@pytest.mark.parametrize(
    ("defaults", "own"),
    [
        ("shell: /bin/bash", "python: 'm:f'"),
        ("shell: /bin/bash", "command: [ls]"),
        ("interpreter: python3", "command: ls"),
    ],
)
def test_a_default_of_how_to_run_is_no_matter_to_a_job_of_the_other_kind(
    defaults: str, own: str
) -> None:
    """A file of both kinds of jobs could not name a shell for all of them otherwise."""
    alone = merged("", f"{own}, clock: every 1h")

    actual = merged(defaults, f"{own}, clock: every 1h")

    assert keys(alone) | {"shell": ..., "interpreter": ...} == keys(actual) | {
        "shell": ..., "interpreter": ...,
    }  # fmt: skip


def test_params_of_the_defaults_are_typed_as_those_of_a_job() -> None:
    expected = {"a": True, "b": "yes", "c": 5}

    actual = merged("params: {a: true, b: yes}", "python: 'm:f', clock: every 1h, params: {c: 5}")

    assert expected == actual.params


def test_defaults_that_are_empty_change_nothing() -> None:
    expected = keys(merged("", RUN))

    (found,) = load(f"defaults:\njobs:\n  a: {{{RUN}}}\n").jobs

    assert expected == keys(found)


def test_defaults_do_not_say_where_a_job_is_written() -> None:
    expected = merged("", f"{RUN}, timeout: 1h, retry: 3, env: {{A: b}}")

    actual = merged("timeout: 1h, retry: 3, env: {A: b}", RUN)

    assert replace(expected, env=actual.env) == actual


def test_variables_of_the_defaults_may_come_from_elsewhere() -> None:
    expected = {"A": FromEnv("X"), "B": "b"}

    actual = merged("env: {A: {from_env: X}}", f"{RUN}, env: {{B: b}}").env

    assert expected == actual


# ---- problems


def test_a_problem_above_the_jobs_is_named_once() -> None:
    expected = text("""
        schedules.yaml:1:11: error: unknown zone 'Mars/Base'
        1 | timezone: Mars/Base
          |           ^^^^^^^^^
        schedules.yaml:3:12: error: a duration needs a unit: '5' has none
        3 |   timeout: 5
          |            ^
          = help: did you mean 5s or 5m?
        schedules.yaml:4:24: error: max_retries is negative
        4 |   retry: {max_retries: -1}
          |                        ^^
        schedules.yaml:5:13: error: unknown filter 'wekday'
        5 |   filters: [wekday]
          |             ^^^^^^
          = help: did you mean 'weekday'?
        schedules.yaml:6:12: error: a list stands where a text belongs
        6 |   env: {A: [1]}
          |            ^^^
          = help: write a text, {from_file: PATH} or {from_env: NAME}
    """)

    actual = refused(f"""\
        timezone: Mars/Base
        defaults:
          timeout: 5
          retry: {{max_retries: -1}}
          filters: [wekday]
          env: {{A: [1]}}
        jobs:
          a: {{{RUN}}}
          b: {{{RUN}}}
          c: {{{RUN}, env: {{B: x}}, retry: {{delay: 1m}}}}
    """)

    assert expected == actual


@pytest.mark.parametrize(
    ("defaults", "own", "message"),
    [
        (
            "retry: {max_retries: 1, delay: 2h}",
            "retry: {max_delay: 1h}",
            "retry: delay is longer than max_delay",
        ),
        ("end: 2026-01-01 00:00", "start: 2027-01-01 00:00", "end is before start"),
        ("dst: {gap: skip}", "timeout: 1h", "'dst' is for clocks that name times of day"),
    ],
)
def test_what_is_wrong_only_with_job_and_defaults_together_is_told_of_the_job(
    defaults: str, own: str, message: str
) -> None:
    """Such a job was left out, and nobody was told."""
    expected = [(2, 8, f"job 'a', with the defaults: {message}")]

    found = diagnostics(
        f"defaults: {{{defaults}}}\njobs: {{a: {{{RUN}, {own}}}, "
        "b: {command: x, clock: daily at 02:30}}\n"
    )
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual


def test_the_command_of_the_defaults_is_read_with_each_job() -> None:
    expected = [(2, 8, "job 'a', with the defaults: the command names no program")]

    found = diagnostics("defaults: {command: []}\njobs: {a: {clock: every 1h}}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual


def test_what_yaml_refuses_of_the_defaults_is_named_once() -> None:
    expected = [(1, 21, "the tag '!!int' is not used here")]

    found = diagnostics(f"defaults: {{timeout: !!int 5}}\njobs: {{a: {{{RUN}}}}}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual


def test_clock_changes_may_stand_in_the_defaults() -> None:
    expected = ClockChanges(gap="skip")

    actual = (
        load("defaults: {dst: {gap: skip}}\njobs: {a: {command: x, clock: daily at 02:30}}\n")
        .jobs[0]
        .dst
    )

    assert expected == actual


def test_an_unknown_key_of_the_defaults_is_named_once() -> None:
    expected = text("""
        schedules.yaml:1:12: error: unknown key 'timout' in 'defaults'
        1 | defaults: {timout: 5m}
          |            ^^^^^^
          = help: did you mean 'timeout'?
    """)

    actual = refused(f"defaults: {{timout: 5m}}\njobs:\n  a: {{{RUN}}}\n  b: {{{RUN}}}\n")

    assert expected == actual


@pytest.mark.parametrize(
    ("jobs", "why"),
    [
        ("{}", "there is no job"),
        (f"{{a: {{{RUN}, timeout: 1h}}}}", "every job has its own"),
    ],
)
def test_a_problem_of_the_defaults_is_named_though_no_job_has_them(jobs: str, why: str) -> None:
    """The next job would be told of a problem that it does not have."""
    expected = [(1, 22, "a duration needs a unit: '5' has none")]

    found = diagnostics(f"defaults: {{timeout:  5}}\njobs: {jobs}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual, why


def test_a_wrong_timezone_is_named_though_no_job_has_it() -> None:
    expected = [(1, 11, "unknown zone 'Mars'")]

    found = diagnostics(f"timezone: Mars\njobs: {{a: {{{RUN}, timezone: UTC}}}}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual


def test_a_problem_of_a_job_is_its_own_though_the_defaults_have_the_key() -> None:
    expected = [(2, 50), (2, 62)]

    defaults = "defaults: {timeout: 1h, env: {A: a}}\n"
    found = diagnostics(f"{defaults}jobs: {{a: {{{RUN}, timeout: 5, env: {{A: [x]}}}}}}\n")
    actual = [(one.line, one.column) for one in found]

    assert expected == actual


def test_the_clock_of_the_defaults_is_named_once() -> None:
    expected = [(1, 19, "unknown clock 'evry'")]

    found = diagnostics("defaults: {clock: evry 5m}\njobs:\n  a: {command: x}\n  b: {command: y}\n")
    actual = [(one.line, one.column, one.message) for one in found]

    assert expected == actual
