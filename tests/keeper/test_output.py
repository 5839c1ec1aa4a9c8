"""Output files that are written to while somebody keeps them small."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from schedkit import inotify
from schedkit.keeper.output import Trimmer, shares

pytestmark = pytest.mark.system

_LIMIT = 100_000
_MEGABYTE = b"x" * 1_000_000


class Writing:
    """A file that is written to, and what keeps it small."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trimmer = Trimmer()
        self.cuts: list[int] = []
        self._file = path.open("ab", buffering=0)
        self.trimmer.add("a", os.fsencode(path), _LIMIT)

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def close(self) -> None:
        self.trimmer.close()
        self._file.close()

    def look(self) -> None:
        """Look as often as it is asked for, until nothing is to be looked at."""
        while (pause := self.trimmer.pause()) is not None or self.readable():
            if not self.readable():
                time.sleep(pause or 0)  # where passing time is what is tested
            self.cuts += [cut for _, cut in self.trimmer.look()]

    def readable(self) -> bool:
        """Return whether something tells that it grows."""
        descriptor = self.trimmer.descriptor
        return descriptor is not None and bool(select.select([descriptor], [], [], 0)[0])

    @property
    def on_disk(self) -> int:
        return self.path.stat().st_blocks * 512


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Writing]:
    with closing(Writing(tmp_path / "log")) as made:
        yield made


def test_the_first_and_the_last_bytes_stay_where_they_are(writing: Writing) -> None:
    data = os.urandom(3_000_000)
    writing.write(data)

    writing.look()

    head, tail = shares(_LIMIT)
    kept = writing.path.read_bytes()
    assert (len(kept), kept[:head], kept[-tail:]) == (len(data), data[:head], data[-tail:])
    assert writing.on_disk < _LIMIT + 20_000


def test_what_is_not_too_long_is_left_as_it_is(writing: Writing) -> None:
    data = os.urandom(_LIMIT)
    writing.write(data)

    writing.look()

    assert writing.path.read_bytes() == data


def test_a_file_that_does_not_grow_is_not_looked_at_any_more(writing: Writing) -> None:
    writing.look()

    assert (writing.trimmer.pause(), writing.readable()) == (None, False)


def test_one_that_grows_again_is_looked_at_again(writing: Writing) -> None:
    writing.look()
    for _ in range(3):
        writing.write(_MEGABYTE)

        writing.look()

        assert writing.on_disk < _LIMIT + 20_000


def test_one_that_is_dropped_is_looked_at_no_more(writing: Writing) -> None:
    writing.look()
    writing.trimmer.drop("a")
    writing.look()
    writing.write(_MEGABYTE)

    assert (writing.trimmer.pause(), writing.readable()) == (None, False)
    assert writing.on_disk > 900_000


def test_one_that_is_dropped_early_costs_nothing(writing: Writing) -> None:
    writing.trimmer.drop("a")

    assert (writing.trimmer.pause(), writing.trimmer.descriptor) == (None, None)


def test_one_that_is_gone_does_no_harm(writing: Writing) -> None:
    writing.path.unlink()

    writing.look()

    assert writing.cuts == []


def test_without_any_watch_it_is_looked_at_all_the_same(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no more watches")

    monkeypatch.setattr(inotify.Inotify, "add", fail)
    for _ in range(4):
        time.sleep(writing.trimmer.pause() or 0)
        list(writing.trimmer.look())
    writing.write(_MEGABYTE)
    time.sleep(writing.trimmer.pause() or 0)

    list(writing.trimmer.look())

    assert writing.on_disk < _LIMIT + 20_000


class _NoHoles:
    """A file system that knows no holes."""

    def fallocate64(self, *_: object) -> int:
        ctypes.set_errno(errno.EOPNOTSUPP)
        return -1


def test_where_no_holes_are_known_it_is_cut_off_and_that_is_told(writing: Writing) -> None:
    no_holes: Any = _NoHoles()
    writing.trimmer._libc = no_holes
    head, _ = shares(_LIMIT)

    writing.write(_MEGABYTE)
    writing.look()
    writing.write(b"later")
    writing.look()
    before = writing.path.read_bytes()
    writing.write(_MEGABYTE)
    writing.look()

    assert before == b"x" * head + b"later"
    assert writing.cuts == [1_000_000 - head, 2_000_005 - head]
    assert writing.path.stat().st_size == head
