"""What stays of the output of an attempt that has ended."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit.keepers import outputs
from schedkit.keepers.outputs import Output

_LIMIT = 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "1.log"


def test_what_is_short_enough_stays_as_it_is(path: Path) -> None:
    data = b"x" * (_LIMIT - 1) + b"\n"
    path.write_bytes(data)

    found = outputs.settle(path, _LIMIT, 0)

    assert (found, path.read_bytes()) == (Output(_LIMIT, 0, "x" * 200), data)


def test_of_what_is_too_long_whole_lines_stay(path: Path) -> None:
    lines = [b"line %d\n" % number for number in range(1000)]
    path.write_bytes(b"".join(lines))

    found = outputs.settle(path, _LIMIT, 0)

    kept = path.read_bytes().splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(kept) if line.startswith(b"...")]
    assert kept[at] == b"... %d bytes dropped ...\n" % (found.dropped or 0)
    assert kept[:at] == lines[:at]
    assert kept[at + 1 :] == lines[at + 1 - len(kept) :]
    assert found.last_line == "line 999"


@given(
    st.integers(1, 5000),
    st.binary(max_size=20).map(lambda part: part * 500),
    st.integers(0, 5),
)
def test_nothing_is_lost_uncounted_and_nothing_twice(limit: int, data: bytes, cut: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "log"
        path.write_bytes(data)

        found = outputs.settle(path, limit, cut)
        size = path.stat().st_size if path.exists() else 0
        again = outputs.settle(path, limit, 0)

    if data or cut:
        assert found.kept is not None
        assert found.dropped is not None
        assert found.kept + found.dropped == len(data) + cut
        assert size <= max(limit, 60)
    assert limit < 100 or again.dropped in (0, None)


def test_a_binary_without_any_line_is_cut_where_it_must_be(path: Path) -> None:
    path.write_bytes(b"a" * 2000 + b"b" * 2000)

    found = outputs.settle(path, _LIMIT, 0)

    kept = path.read_bytes()
    assert found.kept is not None
    assert len(kept) <= _LIMIT
    assert (kept.startswith(b"a" * 400), kept.endswith(b"\n" + b"b" * 500)) == (True, True)


def test_what_was_cut_off_before_is_counted_and_marked(path: Path) -> None:
    path.write_bytes(b"a" * 500 + b"b" * 10)

    found = outputs.settle(path, _LIMIT, 70)

    kept = path.read_bytes()
    assert found.kept is not None
    assert found.dropped == 580 - found.kept
    line = b"\n... %d bytes dropped ...\n" % found.dropped
    assert kept == b"a" * (found.kept - 10) + line + b"b" * 10


def test_an_empty_one_goes(path: Path) -> None:
    path.touch()

    assert (outputs.settle(path, _LIMIT, 0), path.exists()) == (Output(0, 0), False)


def test_of_one_that_is_not_there_nothing_is_known(path: Path) -> None:
    assert outputs.settle(path, _LIMIT, 0) == Output()


def test_one_that_cannot_be_shortened_stays_as_it_is(path: Path) -> None:
    data = b"line\n" * 1000
    path.write_bytes(data)
    path.with_suffix(".part").mkdir()

    found = outputs.settle(path, _LIMIT, 0)

    assert path.read_bytes() == data
    assert found.kept is not None
    assert found.dropped is not None
    assert found.kept + found.dropped == len(data)


def test_what_is_shortened_is_for_its_owner_alone(path: Path) -> None:
    path.write_bytes(b"line\n" * 1000)

    outputs.settle(path, _LIMIT, 0)

    assert (path.stat().st_mode & 0o777, list(path.parent.iterdir())) == (0o600, [path])


# ---- what a function tells


def test_what_a_function_told_is_read_once(path: Path) -> None:
    path.write_text(json.dumps({"returned": "5"}), encoding="utf-8")

    assert (outputs.told(path), outputs.told(path)) == ({"returned": "5"}, {})


@pytest.mark.parametrize("text", ["", "{", "[]", "5"])
def test_what_is_no_answer_tells_nothing(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

    assert (outputs.told(path), path.exists()) == ({}, False)


def test_without_a_file_nothing_is_told() -> None:
    assert outputs.told(None) == {}
