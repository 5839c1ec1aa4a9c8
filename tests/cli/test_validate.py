"""`sched validate`: everything that is wrong, at once."""

from __future__ import annotations

import json

import pytest

from files import Answer, Sched, text

BROKEN = """\
jobs:
  backup:
    command: x
    clock: evry 5m
    timzone: Europe/Paris
"""
SUSPICIOUS = """\
jobs:
  backup: {command: [no-such-program], clock: every 1h}
"""
FULL = text("""
    schedules.yaml:4:12: error: unknown clock 'evry'
    4 |     clock: evry 5m
      |            ^^^^
      = help: did you mean 'every'?

    schedules.yaml:5:5: error: unknown key 'timzone' in job 'backup'
    5 |     timzone: Europe/Paris
      |     ^^^^^^^
      = help: did you mean 'timezone'?
""")
WARNING = text("""
    schedules.yaml:2:22: warning: the program 'no-such-program' is not found
    2 |   backup: {command: [no-such-program], clock: every 1h}
      |                      ^^^^^^^^^^^^^^^
""")
CONCISE = (
    "schedules.yaml:4:12: error: unknown clock 'evry' (did you mean 'every'?)\n"
    "schedules.yaml:5:5: error: unknown key 'timzone' in job 'backup' (did you mean 'timezone'?)\n"
)
GITHUB = (
    "::error file=schedules.yaml,line=4,col=12::unknown clock 'evry' (did you mean 'every'?)\n"
    "::error file=schedules.yaml,line=5,col=5::unknown key 'timzone' in job 'backup'"
    " (did you mean 'timezone'?)\n"
)


def test_a_file_without_problems_is_said_to_be_one(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n")
    expected = Answer(0, "schedules.yaml: 1 job, no problems\n", "")

    actual = sched("validate")

    assert expected == actual


@pytest.mark.parametrize(
    ("form", "stdout"),
    [
        ("full", f"{FULL}\n\nschedules.yaml: 2 problems\n"),
        ("concise", CONCISE),
        ("github", GITHUB),
    ],
)
def test_every_problem_is_said_at_once(sched: Sched, form: str, stdout: str) -> None:
    sched.write(BROKEN)
    expected = Answer(78, stdout, "")

    actual = sched("validate", "--format", form)

    assert expected == actual


def test_json_is_one_array(sched: Sched) -> None:
    sched.write(BROKEN)
    expected = [
        {
            "severity": "error",
            "file": "schedules.yaml",
            "line": 4,
            "column": 12,
            "length": 4,
            "message": "unknown clock 'evry'",
            "hint": "did you mean 'every'?",
            "text": "    clock: evry 5m",
        },
        {
            "severity": "error",
            "file": "schedules.yaml",
            "line": 5,
            "column": 5,
            "length": 7,
            "message": "unknown key 'timzone' in job 'backup'",
            "hint": "did you mean 'timezone'?",
            "text": "    timzone: Europe/Paris",
        },
    ]

    answer = sched("validate", "--format", "json")

    assert (78, expected, "") == (answer.code, json.loads(answer.stdout), answer.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "stdout"),
    [
        ((), 0, f"{WARNING}\n\nschedules.yaml: 1 job, 1 problem\n"),
        (("--strict",), 78, f"{WARNING}\n\nschedules.yaml: 1 job, 1 problem\n"),
        (
            ("--strict", "--format", "github"), 78,
            ("::warning file=schedules.yaml,line=2,col=22::the program 'no-such-program'"
            " is not found\n"),
        ),
    ],
)  # fmt: skip
def test_a_warning_is_an_error_when_it_is_to_be_one(
    sched: Sched, arguments: tuple[str, ...], code: int, stdout: str
) -> None:
    sched.write(SUSPICIOUS)
    expected = Answer(code, stdout, "")

    actual = sched("validate", *arguments)

    assert expected == actual


@pytest.mark.parametrize("form", ["concise", "github"])
def test_nothing_wrong_leaves_nothing_to_say(sched: Sched, form: str) -> None:
    sched.write("jobs: {}\n")
    expected = Answer(0, "", "")

    actual = sched("validate", "--format", form)

    assert expected == actual


def test_the_files_of_the_command_line_are_those_checked(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n", "d/a.yaml")
    sched.write("jobs: {b: {command: x, clock: every 1h}}\n", "b.yaml")
    expected = Answer(0, "d, b.yaml: 2 jobs, no problems\n", "")

    actual = sched("validate", "d", "b.yaml")

    assert expected == actual


def test_a_file_that_is_not_there_is_invalid(sched: Sched) -> None:
    expected = Answer(
        78,
        "nowhere.yaml: error: cannot be read: no such file or directory\n\n"
        "nowhere.yaml: 1 problem\n",
        "",
    )

    actual = sched("validate", "nowhere.yaml")

    assert expected == actual


def test_an_unknown_format_is_a_wrong_use(sched: Sched) -> None:
    expected = (
        2, "", "Invalid value for '--format': 'xml' is not one of: full, concise, json, github"
    )  # fmt: skip

    answer = sched("validate", "--format", "xml")
    actual = (answer.code, answer.stdout, answer.complaint)

    assert expected == actual


@pytest.mark.parametrize("program", ['"a\\0b"', '"../\\0"'])
def test_a_program_that_no_system_can_start_is_an_error(sched: Sched, program: str) -> None:
    """No argument of a process can hold a NUL; it is known before the first run."""
    sched.write(f"jobs: {{a: {{command: [{program}], clock: every 1h}}}}\n")
    expected = 78

    actual = sched("validate").code

    assert expected == actual
