"""`sched validate`: everything that is wrong, at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from cli.test_terminal import on_terminal
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
    "::error file=schedules.yaml,line=4,col=12,endColumn=16,title=sched::unknown clock 'evry'"
    " (did you mean 'every'?)\n"
    "::error file=schedules.yaml,line=5,col=5,endColumn=12,title=sched::unknown key 'timzone' in"
    " job 'backup' (did you mean 'timezone'?)\n"
)


def piped(sched: Sched, written: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what a command line answers that is written something into its stdin."""
    return subprocess.run(
        [sys.executable, "-m", "schedkit", *arguments],
        cwd=sched.directory,
        env=sched.environment,
        input=written,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
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
        ((), 0, f"{WARNING}\n\nschedules.yaml: 1 job, 1 warning\n"),
        (("--strict",), 78, f"{WARNING}\n\nschedules.yaml: 1 job, 1 warning\n"),
        (
            ("--strict", "--format", "github"), 78,
            ("::warning file=schedules.yaml,line=2,col=22,endColumn=37,title=sched::the program"
            " 'no-such-program' is not found\n"),
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


def test_files_of_one_command_are_one_namespace(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n", "a.yaml")
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n", "b.yaml")
    expected = Answer(78, "b.yaml:1:8: error: the job 'a' is already at a.yaml:1\n", "")

    actual = sched("validate", "--format", "concise", "a.yaml", "b.yaml")

    assert expected == actual


def test_each_file_can_be_one_of_its_own(sched: Sched) -> None:
    """So they come from a repository with a file for each of its teams."""
    sched.write(SUSPICIOUS, "a.yaml")
    sched.write("timezone: UTC\njobs: {backup: {command: x, clock: every 1h}}\n", "b.yaml")
    expected = Answer(
        0,
        f"{WARNING.replace('schedules', 'a')}\n\na.yaml: 1 job, 1 warning\n"
        "b.yaml: 1 job, no problems\n",
        "",
    )

    actual = sched("validate", "--each", "a.yaml", "b.yaml")

    assert expected == actual


def test_of_files_that_stand_for_themselves_one_that_is_broken_is_enough(sched: Sched) -> None:
    sched.write(BROKEN)
    sched.write("jobs: {}\n", "good.yaml")
    expected = Answer(78, CONCISE, "")

    actual = sched("validate", "--each", "--format", "concise", "schedules.yaml", "good.yaml")

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "code", "stdout"),
    [
        (BROKEN, 78, f"{FULL}\n\n-: 2 problems\n".replace("schedules.yaml", "-")),
        (SUSPICIOUS, 0, f"{WARNING}\n\n-: 1 job, 1 warning\n".replace("schedules.yaml", "-")),
        ("", 78, "-:1:1: error: the file is empty\n  = help: run 'sched init' for one to begin"),
    ],
)
def test_a_file_can_come_through_a_pipe(sched: Sched, written: str, code: int, stdout: str) -> None:
    done = piped(sched, written, "validate", "-")

    actual = (done.returncode, done.stdout[: len(stdout)], done.stderr)

    assert (code, stdout, "") == actual


def test_a_pipe_with_a_name_is_read_once(sched: Sched) -> None:
    """Such as bash makes of `<(...)`."""
    os.mkfifo(sched.directory / "pipe")
    expected = (0, "pipe: 1 job, 1 warning")

    with ThreadPoolExecutor() as pool:
        writing = pool.submit((sched.directory / "pipe").write_text, SUSPICIOUS)
        answer = sched("validate", "pipe")
        writing.result(30)
    actual = (answer.code, answer.stdout.splitlines()[-1])

    assert expected == actual


def test_stdin_that_is_closed_cannot_be_read(sched: Sched) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m schedkit validate --format concise - <&-', sys.executable],
        cwd=sched.directory, env=sched.environment, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip

    actual = (done.returncode, done.stdout, done.stderr)

    assert (78, "-: error: cannot be read: bad file descriptor\n", "") == actual


@pytest.mark.parametrize(
    ("workspace", "file"),
    [(".", "deploy/schedules.yaml"), ("deploy", "schedules.yaml"), ("other", "schedules.yaml")],
)
def test_github_is_told_the_place_in_the_repository(
    sched: Sched, workspace: str, file: str
) -> None:
    """A step may work in a directory of its own; what is outside stays as it was named."""
    sched.write("x: 1\n", "deploy/schedules.yaml")
    inside = Sched(sched.directory / "deploy")
    expected = f"::error file={file},line=1,col=1,endColumn=2,title=sched::unknown key 'x'"

    answer = inside(
        "validate", "--format", "github", GITHUB_WORKSPACE=str(sched.directory / workspace)
    )
    actual = answer.stdout.partition(" (")[0]

    assert expected == actual


def test_problems_are_coloured_on_a_terminal(sched: Sched) -> None:
    sched.write(BROKEN)
    expected = (
        "\x1b[1mschedules.yaml:4:12\x1b[0m: \x1b[31merror\x1b[0m: unknown clock 'evry'\n"
        "4 |     clock: evry 5m\n"
        "  |            \x1b[31m^^^^\x1b[0m\n"
        "  = \x1b[36mhelp\x1b[0m: did you mean 'every'?\n"
    )

    actual = on_terminal(sched, "validate").partition("\n\n")[0]

    assert expected == f"{actual}\n"


def test_an_unknown_format_is_a_wrong_use(sched: Sched) -> None:
    known = "full, concise, json, github"
    expected = (2, "", f"Invalid value for '--format': 'xml' is unknown (it is one of: {known})")

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
