"""Looks at real files, and what is in them."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
from pathlib import Path

import pytest

from schedkit.arrivals import files
from schedkit.arrivals.files import BusyError, ChangedError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a"
    made.write_bytes(b"all of it")
    return made


def _mark(path: Path) -> int:
    look = files.look(str(path))
    assert look is not None
    return look.mark


def test_content_is_told_by_half_a_sha256_whatever_computes_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = hashlib.sha256(b"all of it").hexdigest()[:32]

    small, look = files.content(str(path), _mark(path))
    monkeypatch.setattr(files, "_LARGE", 0)
    large, _ = files.content(str(path), _mark(path))

    assert (expected, expected, 9) == (small, large, look.size)


def test_more_than_one_piece_is_read_to_its_end(path: Path) -> None:
    data = bytes(range(256)) * 10_000
    path.write_bytes(data)

    content, _ = files.content(str(path), _mark(path))

    assert content == hashlib.sha256(data).hexdigest()[:32]


def test_an_empty_file_is_one(path: Path) -> None:
    path.write_bytes(b"")

    assert files.content(str(path), _mark(path))[0] == hashlib.sha256(b"").hexdigest()[:32]


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR | os.O_APPEND])
def test_what_somebody_has_open_to_write_is_busy(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        with pytest.raises(BusyError):
            files.content(str(path), _mark(path))
    finally:
        os.close(descriptor)

    assert files.content(str(path), _mark(path))


def test_what_somebody_reads_is_not_busy(path: Path) -> None:
    with path.open("rb"):
        assert files.content(str(path), _mark(path))


def test_nobody_is_kept_from_writing_afterwards(path: Path) -> None:
    files.content(str(path), _mark(path))

    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)  # refused while there is a lease

    os.close(descriptor)


def test_what_changed_before_is_not_told(path: Path) -> None:
    mark = _mark(path)
    path.write_bytes(b"something else")

    with pytest.raises(ChangedError):
        files.content(str(path), mark)


@pytest.mark.parametrize("change", ["write", "replace", "unlink"])
def test_what_changes_while_it_is_read_is_not_told(path: Path, change: str) -> None:
    def is_wanted() -> bool:
        if change == "write":
            path.write_bytes(b"something else")
        elif change == "replace":
            other = path.with_name("other")
            other.write_bytes(b"all of it")
            other.replace(path)
        else:
            path.unlink(missing_ok=True)
        return True

    with pytest.raises(ChangedError):
        files.content(str(path), _mark(path), is_wanted)


def test_it_is_not_read_on_when_nobody_wants_it(path: Path) -> None:
    with pytest.raises(ChangedError):
        files.content(str(path), _mark(path), lambda: False)


def test_a_pipe_that_has_taken_its_place_is_not_waited_for(path: Path) -> None:
    mark = _mark(path)
    path.unlink()
    os.mkfifo(path)
    signal.alarm(20)
    try:
        with pytest.raises(ChangedError):
            files.content(str(path), mark)
    finally:
        signal.alarm(0)


def test_only_regular_files_and_links_to_them_have_a_look(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ("link", "broken", "round", "directory", "pipe", "none", "a/b", "x" * 300)

    looks = {name: files.look(str(tmp_path / name)) for name in names}

    assert [name for name, look in looks.items() if look] == ["link"]
    assert _mark(tmp_path / "link") == _mark(path)


def test_a_look_differs_after_a_write_a_touch_and_a_replacement(path: Path, tmp_path: Path) -> None:
    marks = [_mark(path)]
    path.write_bytes(b"changed!!")
    os.utime(path, ns=(1, 1))
    marks.append(_mark(path))
    os.utime(path, ns=(2, 2))
    marks.append(_mark(path))
    (tmp_path / "b").write_bytes(b"changed!!")
    os.utime(tmp_path / "b", ns=(2, 2))
    (tmp_path / "b").replace(path)
    marks.append(_mark(path))

    assert len(set(marks)) == 4


def test_what_cannot_be_read_is_an_error(path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        files.content(str(path.with_name("b")), 0)

    assert caught.value.errno == errno.ENOENT


def test_the_file_system_is_that_of_the_nearest_directory(tmp_path: Path) -> None:
    assert files.device(str(tmp_path / "none" / "below")) == tmp_path.stat().st_dev
    assert files.device("") == Path("/").stat().st_dev
