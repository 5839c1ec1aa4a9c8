"""What the kernel tells of real files."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schedkit import inotify
from schedkit.inotify import Inotify


@pytest.fixture
def watches() -> Iterator[Inotify]:
    with closing(Inotify()) as made:
        yield made


def test_nothing_happened_and_nothing_waits_for_it(watches: Inotify) -> None:
    assert watches.read() == []


def test_what_is_written_to_a_file_is_told_with_its_watch(watches: Inotify, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    watch = watches.add(str(path), inotify.MODIFY | inotify.CLOSE_WRITE)

    path.write_bytes(b"x")

    masks = [mask for told, mask, name in watches.read() if (told, name) == (watch, "")]
    assert masks == [inotify.MODIFY, inotify.CLOSE_WRITE]


def test_what_happens_in_a_directory_is_told_with_its_name(
    watches: Inotify, tmp_path: Path
) -> None:
    watch = watches.add(
        str(tmp_path), inotify.CREATE | inotify.MOVED_FROM | inotify.MOVED_TO | inotify.DELETE
    )

    (tmp_path / "a").touch()
    (tmp_path / "a").rename(tmp_path / "a longer name")
    (tmp_path / "a longer name").unlink()

    assert watches.read() == [
        (watch, inotify.CREATE, "a"),
        (watch, inotify.MOVED_FROM, "a"),
        (watch, inotify.MOVED_TO, "a longer name"),
        (watch, inotify.DELETE, "a longer name"),
    ]


@pytest.mark.parametrize("name", [b"\xff", "ünï".encode(), b"x" * 255, b"new\nline", b" "])
def test_any_name_is_told_as_os_has_it(watches: Inotify, tmp_path: Path, name: bytes) -> None:
    watch = watches.add(str(tmp_path), inotify.CREATE)

    (tmp_path / os.fsdecode(name)).touch()

    assert watches.read() == [(watch, inotify.CREATE, os.fsdecode(name))]


def test_a_path_of_any_bytes_can_be_watched(watches: Inotify, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff")
    path.mkdir()

    watch = watches.add(str(path), inotify.CREATE)

    (path / "a").touch()
    assert watches.read() == [(watch, inotify.CREATE, "a")]


def test_what_is_a_directory_is_told_to_be_one(watches: Inotify, tmp_path: Path) -> None:
    watch = watches.add(str(tmp_path), inotify.CREATE)

    (tmp_path / "a").mkdir()

    assert watches.read() == [(watch, inotify.CREATE | inotify.ISDIR, "a")]


def test_one_shot_tells_one_thing_and_is_gone(watches: Inotify, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    watch = watches.add(str(path), inotify.MODIFY | inotify.ONESHOT)

    path.write_bytes(b"x")
    path.write_bytes(b"y")

    assert watches.read() == [(watch, inotify.MODIFY, ""), (watch, inotify.IGNORED, "")]


def test_what_is_deleted_is_told_and_watched_no_more(watches: Inotify, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    watch = watches.add(str(path), inotify.DELETE_SELF)

    path.rmdir()

    assert watches.read() == [(watch, inotify.DELETE_SELF, ""), (watch, inotify.IGNORED, "")]


def test_what_is_removed_tells_nothing_more(watches: Inotify, tmp_path: Path) -> None:
    watch = watches.add(str(tmp_path), inotify.CREATE)

    watches.remove(watch)

    (tmp_path / "a").touch()
    assert watches.read() == [(watch, inotify.IGNORED, "")]


def test_what_the_kernel_has_removed_can_be_removed(watches: Inotify, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    watch = watches.add(str(path), inotify.DELETE_SELF)
    path.rmdir()

    watches.remove(watch)

    assert [name for _, _, name in watches.read()] == ["", ""]


def test_what_is_watched_twice_has_one_watch_with_the_later_mask(
    watches: Inotify, tmp_path: Path
) -> None:
    first = watches.add(str(tmp_path), inotify.CREATE)

    second = watches.add(str(tmp_path), inotify.DELETE)

    (tmp_path / "a").touch()
    (tmp_path / "a").unlink()
    assert (first, watches.read()) == (second, [(second, inotify.DELETE, "a")])


def test_all_of_it_is_read_in_the_end(watches: Inotify, tmp_path: Path) -> None:
    watches.add(str(tmp_path), inotify.CREATE)
    names = [f"{number:0200}" for number in range(500)]

    for name in names:
        (tmp_path / name).touch()

    told = [[name for _, _, name in watches.read()] for _ in range(3)]
    assert len(told[0]) < len(names)
    assert names == [name for part in told for name in part]


@pytest.mark.parametrize(
    ("name", "mask", "number"),
    [
        ("none", inotify.CREATE, errno.ENOENT),
        ("a", inotify.CREATE | inotify.ONLYDIR, errno.ENOTDIR),
        ("a", 0, errno.EINVAL),
    ],
)
def test_what_cannot_be_watched_is_an_error_with_its_path(
    watches: Inotify, tmp_path: Path, name: str, mask: int, number: int
) -> None:
    (tmp_path / "a").touch()

    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        watches.add(str(tmp_path / name), mask)

    assert (caught.value.errno, caught.value.filename) == (number, str(tmp_path / name))


def test_a_closed_one_keeps_no_descriptor() -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208  # the names alone

    Inotify().close()

    assert before == sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_no_program_inherits_it_and_no_read_of_it_waits(watches: Inotify) -> None:
    assert (os.get_inheritable(watches.descriptor), os.get_blocking(watches.descriptor)) == (
        False,
        False,
    )


def test_it_can_be_used_without_anything_else_of_ours() -> None:
    """The keeper runs the file as it stands, in an interpreter without site-packages."""
    code = "import sys; sys.path[:0] = [sys.argv[1]]; import inotify; inotify.Inotify().close()"
    folder = str(Path(inotify.__file__).parent)

    subprocess.run([sys.executable, "-I", "-S", "-c", code, folder], check=True, timeout=60)
