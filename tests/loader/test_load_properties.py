"""Whatever stands in a file: it is taken, or refused with places, and it takes no time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from files import VALID
from schedkit import loader
from schedkit.loader import Diagnostic, InvalidFileError
from schedkit.report import as_json, concise, full, github

LINES = VALID.splitlines(keepends=True)
PIECES = [
    *"[]{}:-?*&!|>'\"%@`#,<~\t\n ", "\r\n", "\0", "\u202e", "\ufeff", "é",
    "<<: *mornings\n", "*x",
    "&x", "- ", ": ", "null", "!!int ", "---\n", "...\n", "jobs:\n", "  ",
    "9" * 30, "-1", "1e400", "nan", ".inf", "cron * * * * *", "daily at 25:00", "every 0s", "x-",
    "{}", "[[[[", "\ud7ff", "\U0001f600", "²", "٣", "1970-01-01 00:00", "=", "<<", "on",
]  # fmt: skip
bounded = settings(deadline=None, max_examples=60, derandomize=True)

positions = st.integers(0, len(VALID))
mutations = st.lists(st.tuples(positions, st.integers(0, 12), st.sampled_from(PIECES)), max_size=4)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["5m", "weekday", "daily at 02:30", "Europe/Berlin", "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5) | st.sampled_from(["any", "not", "cron", "at"]), inner),
    max_leaves=6,
)  # fmt: skip
KEYS = [
    "command", "python", "clock", "filters", "adjustments", "timezone", "env", "env_file", "params",
    "timeout", "retry", "success", "overlap", "catchup", "grace", "enabled", "stop_signal", "x",
]  # fmt: skip


def refused(data: bytes) -> list[Diagnostic]:
    """Return what is wrong with a file of *data*; nothing else than that may come of it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "schedules.yaml")
        path.write_bytes(data)
        try:
            loader.load([path])
        except InvalidFileError as error:
            return error.diagnostics
    return []


def taken_or_refused(data: bytes) -> None:
    for one in refused(data):
        assert one.line == 0 or one.length >= 1
        assert all((full(one), concise(one), github(one), as_json([one])))


@bounded
@given(mutations)
def test_a_valid_file_with_something_else_in_it(changes: list[tuple[int, int, str]]) -> None:
    written = VALID
    for begin, length, piece in changes:
        written = written[:begin] + piece + written[begin + length :]

    taken_or_refused(written.encode())


@bounded
@given(st.lists(st.sampled_from(LINES), max_size=25))
def test_the_lines_of_a_valid_file_in_any_order(lines: list[str]) -> None:
    taken_or_refused("".join(lines).encode())


@bounded
@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text(written: str) -> None:
    taken_or_refused(written.encode("utf-8", "replace"))


@bounded
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    taken_or_refused(data)


@bounded
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_any_values_under_the_keys_of_a_job(keys: dict[str, Any]) -> None:
    job = {"command": "x", "clock": "every 1h"} | keys

    taken_or_refused(yaml.safe_dump({"jobs": {"a": job}, "defaults": keys}).encode())


@pytest.mark.parametrize("digits", [20, 400, 5000])
@pytest.mark.parametrize(
    "key",
    [
        "timeout: {}s", "retry: {}", "success: {{exit_codes: {}}}", "params: {{A: {}}}",
        "clock: every {}d", "clock: cron {} * * * *",
        "clock: {{every: 1h, anchor: {}-01-01 00:00}}",
        "adjustments: add {}mo", "filters: on_date {}-12-25",
        "retry: {{max_retries: 1, factor: {}}}",
        "clock: monthly {}", "clock: cron */{} * * * *", "clock: daily at {}:00", "grace: {}w",
    ],
)  # fmt: skip
def test_a_number_without_end(key: str, digits: int) -> None:
    """Python itself refuses to read more than 4300 digits."""
    lines = {"command": "x", "clock": "every 1h"}
    name, _, value = key.format("9" * digits).partition(": ")
    written = "".join(f"    {k}: {v}\n" for k, v in (lines | {name: value}).items())

    taken_or_refused(f"jobs:\n  a:\n{written}".encode())
