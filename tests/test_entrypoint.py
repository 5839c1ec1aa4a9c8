"""Python functions, each called in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from schedkit import entrypoint

pytestmark = pytest.mark.system


@dataclass(frozen=True)
class Called:
    """What became of a call."""

    code: int
    told: Any
    stdout: str
    stderr: str


def call(directory: Path, code: str, target: str = "mod:f", params: object = None) -> Called:
    """Call a function of a module that stands in the directory."""
    (directory / "mod.py").write_text(code, encoding="utf-8")
    with (directory / "result.json").open("wb") as result:
        done = subprocess.run(
            [sys.executable, entrypoint.__file__, target],
            cwd=directory,
            env={
                **os.environ,
                "SCHED_PARAMS": json.dumps(params or {}),
                "SCHED_RESULT": str(result.fileno()),
            },
            pass_fds=[result.fileno()],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    text = (directory / "result.json").read_text(encoding="utf-8")
    return Called(done.returncode, json.loads(text) if text else None, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{'rows': 5}", '{"rows": 5}'),
        ("'text'", "text"),
        ("0", "0"),
        ("''", ""),
        ("{1, 2}", "{1, 2}"),
        ("b'x'", "b'x'"),
        ("'x' * 20000", "x" * 10_000 + "..."),
    ],
)
def test_what_a_function_returns_is_told(tmp_path: Path, value: str, expected: str) -> None:
    called = call(tmp_path, f"def f(): return {value}")

    assert (called.code, called.told) == (0, {"returned": expected})


def test_a_function_that_returns_nothing_tells_nothing(tmp_path: Path) -> None:
    called = call(tmp_path, "def f(): pass")

    assert called == Called(0, None, "", "")


def test_a_coroutine_is_run_to_its_end(tmp_path: Path) -> None:
    called = call(tmp_path, "import asyncio\nasync def f():\n  await asyncio.sleep(0)\n  return 5")

    assert (called.code, called.told) == (0, {"returned": "5"})


def test_params_are_its_keyword_arguments(tmp_path: Path) -> None:
    params = {"a": 1, "b": [True, None, "ü"]}

    called = call(tmp_path, "def f(*, a, b): return [a, b]", params=params)

    assert called.told == {"returned": json.dumps([1, [True, None, "ü"]])}


def test_a_method_of_a_class_may_be_called(tmp_path: Path) -> None:
    code = "class C:\n  @staticmethod\n  def f(): return 5"

    assert call(tmp_path, code, "mod:C.f").told == {"returned": "5"}


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("ValueError('out of luck')", "ValueError: out of luck"),
        ("ValueError", "ValueError"),
        ("KeyError('x')", "KeyError: 'x'"),
    ],
)
def test_an_exception_is_told_and_its_traceback_goes_to_stderr(
    tmp_path: Path, raised: str, expected: str
) -> None:
    called = call(tmp_path, f"def f(): raise {raised}")

    assert (called.code, called.told) == (1, {"raised": expected})
    assert called.stderr.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("nowhere:f", "ModuleNotFoundError: No module named 'nowhere'"),
        ("mod:g", "AttributeError: module 'mod' has no attribute 'g'"),
        ("mod:x", "TypeError: 'int' object is not callable"),
    ],
)
def test_a_function_that_is_not_there_is_told(tmp_path: Path, target: str, expected: str) -> None:
    called = call(tmp_path, "x = 5\ndef f(): pass", target)

    assert (called.code, called.told) == (1, {"raised": expected})


@pytest.mark.parametrize(
    ("end", "code", "stderr"),
    [("0", 0, ""), ("3", 3, ""), ("'no luck'", 1, "no luck\n")],
)
def test_sys_exit_is_the_exit_code(tmp_path: Path, end: str, code: int, stderr: str) -> None:
    called = call(tmp_path, f"import sys\ndef f(): sys.exit({end})")

    assert called == Called(code, None, "", stderr)


def test_what_it_prints_is_its_output(tmp_path: Path) -> None:
    called = call(tmp_path, "def f(): print('hello')")

    assert called == Called(0, None, "hello\n", "")


def test_it_sees_no_arguments_of_ours(tmp_path: Path) -> None:
    called = call(tmp_path, "import sys\ndef f(): return len(sys.argv)")

    assert called.told == {"returned": "1"}


def test_it_sees_no_variables_of_ours(tmp_path: Path) -> None:
    code = "import os\ndef f(): return [n for n in os.environ if n.startswith('SCHED_')]"

    assert call(tmp_path, code).told == {"returned": "[]"}


def test_what_it_starts_gets_no_descriptor_of_ours(tmp_path: Path) -> None:
    code = "import os\ndef f(): os.system('ls /proc/self/fd')"

    called = call(tmp_path, code)

    assert called.stdout.split() == ["0", "1", "2", "3"]  # the last one is what ls reads


@pytest.mark.parametrize("name", ["log", "job", "run", "config", "watch", "errors", "values"])
def test_no_module_of_ours_stands_beside_the_users(tmp_path: Path, name: str) -> None:
    called = call(tmp_path, f"import {name}\ndef f(): pass")

    assert called.told == {"raised": f"ModuleNotFoundError: No module named '{name}'"}


def test_a_module_beside_the_schedules_is_found_by_another_one(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("X = 5", encoding="utf-8")

    called = call(tmp_path, "import config\ndef f(): return config.X")

    assert called.told == {"returned": "5"}


def test_a_message_of_several_lines_is_told_whole(tmp_path: Path) -> None:
    called = call(tmp_path, "def f(): raise ValueError('one\\ntwo')")

    assert called.told == {"raised": "ValueError: one\ntwo"}
