"""What every verb that reads says of a history that cannot be read: one line, and no traceback."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from files import Answer, Sched
from past import FIRED
from records import Record, write_records
from running import without
from schedkit.run import State

# Those that have nothing to say without the history, and those that go on from the file alone.
REFUSING = ["history", "history a --json", "audit", "events", "list", "show a", "explain a",
            "logs a", "logs"]  # fmt: skip
GOING_ON = ["next", "next --json"]
PAGE = 4096  # bytes
NOT_UP = "no runner is up"


@pytest.fixture
def path(sched: Sched) -> Path:
    """Return the history of some runs, in the directory of `sched`."""
    sched.write("jobs: {a: {command: x, clock: every 1m}}")
    minutes = [FIRED + number * timedelta(minutes=1) for number in range(5)]
    write_records(sched, [Record("a", fire, State.SUCCEEDED) for fire in minutes])
    return sched.directory / ".sched/history.db"


def put_garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for place in range(PAGE, len(data), PAGE):
        data[place : place + 200] = b"\xff" * 200
    path.write_bytes(data)


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()


def make_newer(path: Path) -> None:
    execute(path, "PRAGMA user_version = 99")


def put_another(path: Path) -> None:
    path.unlink()
    execute(path, "CREATE TABLE notes (text TEXT)")


def put_nothing(path: Path) -> None:
    path.write_bytes(b"")


def put_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


WAY_OUT = "; move it away, or restore a copy"
BAD: dict[Callable[[Path], None], str] = {
    put_garbage: f": file is not a database{WAY_OUT}",
    damage: f": database disk image is malformed{WAY_OUT}",
    make_newer: " was written by a newer sched (schema 99, this one knows ",
    put_another: " is not a history of sched",
    put_nothing: " is not a history of sched",
    put_a_directory: ": disk I/O error",
}
bad = pytest.mark.parametrize(
    ("spoil", "said"), [pytest.param(*one, id=one[0].__name__) for one in BAD.items()]
)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the history as a program does that lets nobody else read."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("UPDATE store SET uuid = 'x'")
        yield


def in_a_line(answer: Answer, code: int, said: str, *, stdout: str = "") -> None:
    """Check that an answer is an exit code and, on stderr, one line that begins so."""
    assert (code, stdout) == (answer.code, answer.stdout)
    assert [said] == [line[: len(said)] for line in answer.stderr.splitlines()]


@pytest.mark.parametrize("verb", REFUSING)
@bad
def test_a_verb_that_needs_it_says_in_a_line_what_is_wrong(
    sched: Sched, path: Path, spoil: Callable[[Path], None], said: str, verb: str
) -> None:
    spoil(path)

    in_a_line(sched(*verb.split()), 69, f"error: {path}{said}")


@pytest.mark.parametrize("verb", GOING_ON)
@bad
def test_a_verb_that_can_do_without_warns_and_goes_on(
    sched: Sched, path: Path, spoil: Callable[[Path], None], said: str, verb: str
) -> None:
    spoil(path)

    answer = sched(*verb.split())
    (warning,) = answer.stderr.splitlines()

    assert (0, True) == (answer.code, bool(answer.stdout))
    assert f"{path}{said}" in warning


@bad
def test_a_status_says_it_among_all_else(
    sched: Sched, path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(path)
    begin = f"{NOT_UP}; the history cannot be read: {path}{said}"

    checked, full, as_json = (sched("status", *more) for more in ((), ("--check",), ("--json",)))
    lines = [checked.stdout.splitlines(), full.stdout.splitlines()]
    found = json.loads(as_json.stdout)

    assert [69] * 3 == [checked.code, full.code, as_json.code]
    assert [""] * 3 == [checked.stderr, full.stderr, as_json.stderr]
    assert [begin] * 2 == [line[0][: len(begin)] for line in lines]
    assert (2, 1) == tuple(map(len, lines))
    assert [NOT_UP, "the history cannot be read"] == [
        one.split(":")[0] for one in found["problems"]
    ]
    assert found["history_error"].startswith(f"{path}{said}")


@pytest.mark.parametrize("verb", REFUSING)
def test_one_that_somebody_locks_is_not_waited_for_long(
    sched: Sched, path: Path, verb: str
) -> None:
    with locked(path):
        in_a_line(sched(*verb.split()), 69, f"error: {path}: database is locked")


def test_a_status_says_that_somebody_locks_it(sched: Sched, path: Path) -> None:
    expected = f"{NOT_UP}; the history cannot be read: {path}: database is locked\n"

    with locked(path):
        assert Answer(69, expected, "") == sched("status", "--check")


@pytest.mark.parametrize("verb", [*REFUSING, *GOING_ON])
def test_one_that_is_being_written_is_read(sched: Sched, path: Path, verb: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE store SET uuid = 'x'")

        answer = sched(*verb.split())

    assert (0, True) == (answer.code, bool(answer.stdout or answer.stderr))


# ---- for somebody who may not do everything


def asked(sched: Sched, *arguments: str) -> Answer:
    """Return what a verb answers to somebody who may read and write what the modes say alone."""
    done = subprocess.run(
        [
            *without("dac_override", "dac_read_search"),
            sys.executable, "-m", "schedkit", *arguments,
        ],
        cwd=sched.directory,
        env=sched.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    """Let a path have a mode for a while."""
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.mark.parametrize("verb", REFUSING)
def test_one_in_a_directory_that_may_not_be_written_is_read(
    sched: Sched, path: Path, verb: str
) -> None:
    expected = sched(*verb.split())

    with mode(path.parent, 0o500):
        answer = asked(sched, *verb.split())

    assert (0, expected.stderr) == (answer.code, answer.stderr)
    assert len(expected.stdout.splitlines()) == len(answer.stdout.splitlines())


@pytest.mark.parametrize("verb", REFUSING)
def test_what_a_runner_that_was_killed_left_may_need_a_right_to_write(
    sched: Sched, path: Path, verb: str
) -> None:
    """What it logged is there, the index of it is not: SQLite has to make one."""
    killed = path.parent.with_name("killed")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE store SET uuid = 'x'")
        shutil.copytree(path.parent, killed)
    (killed / "history.db-shm").unlink()

    with mode(killed, 0o500):
        answer = asked(sched, "--state", str(killed), *verb.split())

    in_a_line(answer, 69, f"error: {killed / 'history.db'}: unable to open database file")


@pytest.mark.parametrize("verb", REFUSING)
def test_one_that_may_not_be_looked_at_is_a_lack_of_permission(
    sched: Sched, path: Path, verb: str
) -> None:
    with mode(path.parent, 0):
        in_a_line(asked(sched, *verb.split()), 77, f"error: {path}: permission denied")


def test_a_directory_of_files_that_may_not_be_listed_is_not_an_empty_one(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1m}}", "d/a.yaml")
    expected = Answer(78, "", "d: error: cannot be read: permission denied\n\n1 problem\n")

    with mode(sched.directory / "d", 0o111):
        actual = asked(sched, "-c", "d", "next")

    assert expected == actual


@pytest.mark.parametrize("verb", REFUSING)
def test_one_that_may_not_be_read_is_a_lack_of_permission(
    sched: Sched, path: Path, verb: str
) -> None:
    with mode(path, 0):
        in_a_line(asked(sched, *verb.split()), 77, f"error: {path}: permission denied")


def test_a_status_that_may_not_be_known_is_a_line_too(sched: Sched, path: Path) -> None:
    expected = Answer(77, f"{path.parent / 'control'}: permission denied\n", "")

    with mode(path.parent, 0):
        assert expected == asked(sched, "status", "--check")


# ---- none at all


@pytest.mark.parametrize(
    ("verb", "code", "said"),
    [
        ("history", 0, "nothing has run yet: sched run"),
        ("list", 0, ""),
        ("show a", 0, ""),
        ("logs a", 4, "error: nothing has run yet: a has no run"),
        ("logs", 4, "error: nothing has run yet"),
        ("status", 3, "start one with: sched run"),
        ("status --check", 3, "start one with: sched run"),
        ("next", 0, ""),
    ],
)
def test_where_there_is_none_nothing_has_run(
    sched: Sched, path: Path, verb: str, code: int, said: str
) -> None:
    path.unlink()
    with_directory = sched(*verb.split())
    path.parent.rmdir()
    answer = sched(*verb.split())

    assert [(code, said)] * 2 == [
        (one.code, one.stderr.removesuffix("\n")) for one in (with_directory, answer)
    ]
    assert not path.parent.exists()


@pytest.mark.parametrize("verb", [*REFUSING, "plan", "status"])
def test_a_state_directory_that_is_a_file_is_said_to_be_none(
    sched: Sched, path: Path, verb: str
) -> None:
    state = path.parent.with_name("file")
    state.touch()

    answer = sched("--state", "file", *verb.split())

    assert 69 == answer.code
    assert f"{state} is not a directory" in answer.stdout + answer.stderr
