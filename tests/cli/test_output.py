"""What an attempt wrote, read from its file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from schedkit.cli.output import Reading, last_lines

BLOCK = 4096


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """Return the descriptor of an empty file."""
    descriptor = os.open(tmp_path / "output", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


def holed(file: int, head: bytes, blocks: int, tail: bytes) -> None:
    """Write a head and a tail with so many whole blocks dropped between them."""
    begin = -(-len(head) // BLOCK) * BLOCK
    os.pwrite(file, head, 0)
    os.pwrite(file, tail, begin + blocks * BLOCK)


def read(file: int, position: int = 0) -> bytes:
    return b"".join(Reading(file, position).new())


def test_a_file_is_read_from_its_beginning_to_its_end(file: int) -> None:
    data = bytes(range(256)) * 1000
    os.write(file, data)

    assert data == read(file)


def test_what_is_new_is_read_and_nothing_twice(file: int) -> None:
    reading = Reading(file)
    answers = []

    for data in (b"", b"one\n", b"", b"two"):
        os.write(file, data)
        answers.append(b"".join(reading.new()))

    assert [b"", b"one\n", b"", b"two"] == answers


@pytest.mark.parametrize(
    ("head", "tail", "expected"),
    [
        (b"a" * BLOCK, b"b\n", b"a" * BLOCK + b"\n... 8192 bytes dropped ...\nb\n"),
        (b"a" * (BLOCK - 1) + b"\n", b"b", b"a" * (BLOCK - 1) + b"\n... 8192 bytes dropped ...\nb"),
        (b"begin\n", b"end\n", b"begin\n... 12282 bytes dropped ...\nend\n"),
        (b"begin\n", b"\0" * 100 + b"end\n", b"begin\n... 12382 bytes dropped ...\nend\n"),
        (b"begin", b"\0" * 100, b"begin\n... 12383 bytes dropped ...\n"),
        (b"", b"end", b"... 8192 bytes dropped ...\nend"),
    ],
)
def test_what_was_dropped_is_a_line(file: int, head: bytes, tail: bytes, expected: bytes) -> None:
    holed(file, head, 2, tail)

    assert expected == read(file)


def test_a_hole_as_wide_as_a_disk_takes_no_time(file: int) -> None:
    os.write(file, b"begin\n")
    os.pwrite(file, b"end\n", 1 << 40)

    assert f"begin\n... {(1 << 40) - 6} bytes dropped ...\nend\n".encode() == read(file)


@pytest.mark.parametrize("data", [b"\0", b"a\0b", b"\0\0a\0", b"\0" * 200_000 + b"a"])
def test_nuls_that_a_job_wrote_are_output_like_any_other(file: int, data: bytes) -> None:
    os.write(file, data)

    assert data == read(file)


def test_a_file_that_was_cut_off_is_read_on_from_there(file: int) -> None:
    reading = Reading(file)
    os.write(file, b"begin and more\n")
    before = b"".join(reading.new())

    os.ftruncate(file, 5)
    cut = b"".join(reading.new())
    os.pwrite(file, b" end\n", 5)

    assert (b"begin and more\n", b"", b" end\n") == (before, cut, b"".join(reading.new()))


# ---- the last lines


def lines(number: int) -> bytes:
    return b"".join(b"line %d\n" % one for one in range(number))


@pytest.mark.parametrize(
    ("data", "number", "expected"),
    [
        (b"", 3, b""),
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nc", 2, b"b\nc"),
        (b"a\nb\nc\n", 3, b"a\nb\nc\n"),
        (b"a\nb\nc\n", 9, b"a\nb\nc\n"),
        (b"\n\n\n", 2, b"\n\n"),
        (lines(50_000), 2, b"line 49998\nline 49999\n"),
        (lines(50_000), 49_999, lines(50_000)[7:]),
        (b"x" * 300_000 + b"\ny\n", 2, b"x" * 300_000 + b"\ny\n"),
    ],
)
def test_the_last_lines_are_the_last_lines(
    file: int, data: bytes, number: int, expected: bytes
) -> None:
    os.write(file, data)

    assert expected == read(file, last_lines(file, number))


DROPPED = b"... 12283 bytes dropped ...\n"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, b"f\n"),
        (2, b"e\nf\n"),
        (3, DROPPED + b"d\ne\nf\n"),
        (4, DROPPED + b"d\ne\nf\n"),
        (5, b"c\n" + DROPPED + b"d\ne\nf\n"),
        (6, b"b\nc\n" + DROPPED + b"d\ne\nf\n"),
        (9, b"a\nb\nc\n" + DROPPED + b"d\ne\nf\n"),
    ],
)
def test_what_was_dropped_counts_as_a_line(file: int, number: int, expected: bytes) -> None:
    """Three are four then: the one that the drop cut into is shown with what was dropped."""
    holed(file, b"a\nb\nc", 2, b"d\ne\nf\n")

    assert expected == read(file, last_lines(file, number))
