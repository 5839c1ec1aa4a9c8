"""What a job runs, and how it is written."""

from __future__ import annotations

import signal
from typing import Any, get_args

import pytest

from schedkit import ConfigError
from schedkit.commands import (
    Command,
    EntryPoint,
    ExitCodes,
    FromEnv,
    FromFile,
    StopSignal,
    Variable,
    plain_words,
)
from schedkit.errors import Problem
from schedkit.typed import real
from schedkit.values import Form


def form(annotated: Any) -> Form:
    """Return how a type is written."""
    found: Form = get_args(real(annotated))[1]
    return found


def refused(annotated: Any, raw: object) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        form(annotated).value(raw)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        (Command, "ls -l | wc", "ls -l | wc"),
        (Command, "  ls ", "  ls "),
        (Command, ["ls", "-l", 1, 1.5, ""], ("ls", "-l", "1", "1.5", "")),
        (Command, ("ls",), ("ls",)),
        (EntryPoint, "acme.reports:market_open", "acme.reports:market_open"),
        (EntryPoint, " acme:Reports.open ", "acme:Reports.open"),
        (StopSignal, "TERM", signal.SIGTERM),
        (StopSignal, "sigint", signal.SIGINT),
        (StopSignal, " Hup ", signal.SIGHUP),
        (ExitCodes, [0, "3"], (0, 3)),
        (ExitCodes, "0, 3", (0, 3)),
        (ExitCodes, 255, (255,)),
        (Variable, "text", "text"),
        (Variable, "", ""),
        (Variable, 5, "5"),
        (Variable, {"from_file": "key"}, FromFile("key")),
        (Variable, {"from_env": "HOME"}, FromEnv("HOME")),
    ],
)
def test_what_is_written_is_read(kind: Any, raw: object, expected: object) -> None:
    actual = form(kind).value(raw)

    assert expected == actual


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (Command, "ls -l | wc"),
        (Command, ["ls", "-l"]),
        (EntryPoint, "a.b:c"),
        (StopSignal, "INT"),
        (ExitCodes, [0, 3]),
        (ExitCodes, 3),
        (Variable, "text"),
        (Variable, {"from_file": "key"}),
        (Variable, {"from_env": "HOME"}),
    ],
)
def test_what_is_read_is_written_so_that_it_reads_back(kind: Any, raw: object) -> None:
    expected = form(kind).value(raw)

    actual = form(kind).value(form(kind).write(expected))

    assert expected == actual


COMMAND = "write a text, or a list of a program and its arguments"
SIGNALS = "one of: TERM, INT, HUP, QUIT, USR1, USR2, KILL"
VARIABLE = "write a text, {from_file: PATH} or {from_env: NAME}"
ENTRY = "write package.module:function"
CODE = "an exit code is a number from 0 to 255"


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        (Command, "", Problem("the command is empty")),
        (Command, " \n", Problem("the command is empty")),
        (Command, [], Problem("the command names no program")),
        (Command, ["", "x"], Problem("the command names no program")),
        (Command, None, Problem("nothing stands where a command belongs", COMMAND)),
        (Command, {"a": 1}, Problem("a mapping stands where a command belongs", COMMAND)),
        (Command, 5, Problem("int 5 stands where a command belongs", COMMAND)),
        (
            Command, ["ls", None],
            Problem("nothing stands where a text belongs", "put it in quotes", (1,)),
        ),
        (
            Command, ["ls", ["x"]],
            Problem("a list stands where a text belongs", "put it in quotes", (1,)),
        ),
        (
            Command, ["ls", True],
            Problem("bool True stands where a text belongs", "put it in quotes", (1,)),
        ),
        (EntryPoint, "acme", Problem("'acme' names no function", ENTRY)),
        (EntryPoint, "a:", Problem("'a:' names no function", ENTRY)),
        (EntryPoint, ":f", Problem("':f' names no function", ENTRY)),
        (EntryPoint, "a..b:f", Problem("'a..b:f' names no function", ENTRY)),
        (EntryPoint, "a.b:f()", Problem("'a.b:f()' names no function", ENTRY)),
        (EntryPoint, "a.py:f x", Problem("'a.py:f x' names no function", ENTRY)),
        (StopSignal, "STOP", Problem("'STOP' is no signal to stop with", SIGNALS)),
        (StopSignal, "9", Problem("'9' is no signal to stop with", SIGNALS)),
        (StopSignal, "", Problem("'' is no signal to stop with", SIGNALS)),
        (ExitCodes, [256], Problem("'256' is no exit code", CODE, (0,))),
        (ExitCodes, "0,-1", Problem("'-1' is no exit code", CODE, span=(2, 4))),
        (ExitCodes, ["²"], Problem("'²' is no exit code", CODE, (0,))),
        (ExitCodes, ["9" * 5000], Problem(f"'{'9' * 5000}' is no exit code", CODE, (0,))),
        (ExitCodes, [], Problem("the list is empty", "write at least one: 0")),
        (Variable, None, Problem("nothing stands where a text belongs", VARIABLE)),
        (Variable, ["x"], Problem("a list stands where a text belongs", VARIABLE)),
        (Variable, {}, Problem("this says nowhere to take the value from", VARIABLE)),
        (Variable, {"from": "x"}, Problem("this says nowhere to take the value from", VARIABLE)),
        (
            Variable, {"from_file": "x", "from_env": "y"},
            Problem("this says nowhere to take the value from", VARIABLE),
        ),
        (
            Variable, {"from_file": ["x"]},
            Problem("a list stands where a text belongs", path=("from_file",)),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(kind: Any, raw: object, expected: Problem) -> None:
    actual = refused(kind, raw)

    assert [expected] == actual


def test_every_wrong_exit_code_is_named() -> None:
    expected = [
        Problem("'x' is no exit code", CODE, (0,)),
        Problem("'256' is no exit code", CODE, (2,)),
    ]

    actual = refused(ExitCodes, ["x", 0, "256"])

    assert expected == actual


@pytest.mark.parametrize("raw", ["ls\0", ["ls\0"], ["ls", "a\0b"]])
def test_a_command_that_no_process_can_be_given_is_refused(raw: object) -> None:
    """An argument ends at its NUL; the system refuses one that has another."""
    actual = len(refused(Command, raw))

    assert actual == 1


@pytest.mark.parametrize("raw", ["a\0b", {"from_file": "\0"}, {"from_env": "\0"}])
def test_a_variable_that_no_process_can_be_given_is_refused(raw: object) -> None:
    actual = len(refused(Variable, raw))

    assert actual == 1


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/bin/true", ("/bin/true",)),
        ("true", ("true",)),
        ("  ./backup  --to=/mnt\t-v ", ("./backup", "--to=/mnt", "-v")),
        ("dd if=/dev/zero of=x", ("dd", "if=/dev/zero", "of=x")),
        ("ssh me@host:22 a,b +x %d", ("ssh", "me@host:22", "a,b", "+x", "%d")),
        ("./größe", ("./größe",)),
    ],
)
def test_a_command_that_a_shell_would_only_split_needs_none(
    command: str, expected: tuple[str, ...]
) -> None:
    assert plain_words(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        *(f"ls a{character}b" for character in "#;\"*?[]&|<>(){}$`^~!'\\\n\r"),
        "echo -e hello", "cd /tmp", ". ./env", "exit 5", "test -f x", "time ls", "[ -f x ]",
        "A=5 env", "A=5", "if", ":", "ulimit -n", "exec ls",
    ],
)  # fmt: skip
def test_a_command_that_means_more_to_a_shell_is_for_one(command: str) -> None:
    assert plain_words(command) is None
