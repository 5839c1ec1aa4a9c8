"""Names that nobody has, from a command line: whatever they hold, one harmless line and a code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from files import Sched, text

LINES = [
    "next NAME",
    "list NAME",
    "explain NAME",
    "explain NAME today",
    "history NAME",
    "logs NAME",
    "trigger NAME",
    "cancel NAME",
    "pause NAME",
    "resume NAME",
]
NAMES = {
    "an escape": "\x1b[31mred",
    "a newline": "a\nerror: b",
    "a path": "../../etc/passwd",
    "nothing": "",
    "a blank": " ",
    "a pattern": "[a-",
    "10,000 characters": "x" * 10_000,
    "a byte order": "\u202ereversed",
    "an emoji": "🦀",
    "a run that is none": "zzzzzz",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Sched:
    """Return the command beside a file of one job that has run."""
    sched = Sched(tmp_path_factory.mktemp("filled"))
    sched.write("jobs: {fast: {command: x, clock: every 1h}}")
    assert 0 == sched("trigger", "fast").code
    return sched


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_that_nobody_has_is_said_in_one_line(filled: Sched, name: str, line: str) -> None:
    words = [name if word == "NAME" else word for word in line.split()]

    answer = filled(*words)

    assert (4, "") == (answer.code, answer.stdout)
    (said, *hints) = answer.stderr.splitlines()
    assert said.startswith("error: ")
    assert all(hint.startswith("  = help: ") for hint in hints)
    assert answer.stderr.replace("\n", "").isprintable()
    assert len(said) < 120


@pytest.mark.parametrize("line", LINES)
def test_bytes_that_are_no_text_are_a_wrong_use(filled: Sched, line: str) -> None:
    words = [b"\xff\xfe" if word == "NAME" else word.encode() for word in line.split()]

    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"schedkit", *words],
        cwd=filled.directory,
        env=filled.environment,
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert (2, b"") == (done.returncode, done.stdout)
    assert b"is not UTF-8" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_file_may_have_any_name_that_the_system_allows(sched: Sched) -> None:
    sched.write("jobs: {fast: {command: x, clock: every 1h}}")
    name = b"\xff \x1b[31m\n.yaml"
    (sched.directory / "schedules.yaml").rename(sched.directory / os.fsdecode(name))

    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"schedkit", b"-c", name, b"list"],
        cwd=sched.directory,
        env=sched.environment,
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert (0, b"") == (done.returncode, done.stderr)
    assert b"\nfast\t" in done.stdout


def test_a_job_may_have_any_name_that_a_terminal_shows(sched: Sched) -> None:
    """What begins with a dash too: behind -- it is no option."""
    sched.write(
        "jobs: {--json: {command: x, clock: every 1h}, a b/ü: {command: x, clock: every 1h}}"
    )
    expected = text("""
        --json
        a b/ü
    """)

    answer = sched("pause", "--", "--json", "a b/ü")

    assert (0, f"{expected}\n") == (answer.code, answer.stdout)
