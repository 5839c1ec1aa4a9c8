"""Which directories are watched and which are looked at, with real ones."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from schedkit.arrivals import patterns
from schedkit.arrivals.directories import Directories
from schedkit.arrivals.messages import Warnings
from schedkit.inotify import Inotify


class Seen:
    """What an observer sees, until it is asked."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._gone: list[str] = []

    def see(self, path: str, goals: set[int]) -> None:
        assert goals == {0}
        self._paths.add(path)

    def see_all(self, directory: str, names: Iterable[str]) -> None:
        assert sorted(os.listdir(directory or "/")) == sorted(names)  # noqa: PTH208  # the names

    def see_gone(self, directory: str) -> None:
        self._gone.append(directory)

    def paths(self) -> list[str]:
        paths, self._paths = sorted(self._paths), set()
        return paths

    def gone(self) -> list[str]:
        gone, self._gone = self._gone, []
        return gone


class LimitedInotify(Inotify):
    """One that a user has only so many watches of."""

    def __init__(self, left: int, number: int = errno.ENOSPC) -> None:
        super().__init__()
        self._left = left
        self._number = number

    def add(self, path: str, mask: int) -> int:
        if self._left == 0:
            raise OSError(self._number, os.strerror(self._number), path)
        self._left -= 1
        return super().add(path, mask)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def said() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def watches() -> Iterator[Inotify]:
    with closing(Inotify()) as made:
        yield made


@pytest.fixture
def look_at(seen: Seen, said: list[dict[str, Any]], watches: Inotify) -> Callable[..., Directories]:
    """Return what makes the directories of a pattern."""

    def made(
        pattern: object,
        watches: Inotify | None = watches,
        tells: Callable[[str], bool] = lambda _: True,
    ) -> Directories:
        steps = patterns.steps(str(pattern), 0)
        directories = Directories(steps, seen, Warnings(said.append), watches, tells)
        directories.look()
        return directories

    return made


def test_what_is_there_is_seen(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "b.txt").touch()

    directories = look_at(tmp_path / "*.csv")

    assert seen.paths() == [str(tmp_path / "a.csv")]
    assert not directories.needs_polling


def test_what_comes_and_goes_is_seen(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    directories = look_at(tmp_path / "*.csv")
    steps: list[list[str]] = []
    path = tmp_path / "a.csv"

    for act in (path.touch, lambda: path.rename(tmp_path / "b.csv"), (tmp_path / "b.csv").unlink):
        act()
        directories.serve()
        steps.append([Path(one).name for one in seen.paths()])

    assert steps == [["a.csv"], ["a.csv", "b.csv"], ["b.csv"]]


def test_nothing_is_told_of_what_others_do_on_the_way(
    look_at: Callable[..., Directories], watches: Inotify, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    beside = tmp_path / "beside"
    beside.touch()
    look_at(tmp_path / "in" / "*.csv")
    watches.read()

    beside.write_text("x", encoding="utf-8")
    (tmp_path / "in" / "a.csv").touch()
    watches.read()
    (tmp_path / "in" / "a.csv").read_bytes()

    assert watches.read() == []


def test_directories_that_appear_are_looked_through_with_all_that_is_in_them(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    directories = look_at(tmp_path / "in" / "**" / "*.csv")
    below = tmp_path / "in" / "x" / "y"
    below.mkdir(parents=True)
    (below / "a.csv").touch()
    directories.serve()
    (below / "b.csv").touch()
    directories.serve()

    assert seen.paths() == [str(below / "a.csv"), str(below / "b.csv")]


@pytest.mark.parametrize("how", ["remove", "rename"])
def test_a_directory_that_was_gone_is_watched_when_it_is_back(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "x" / "in"
    folder.mkdir(parents=True)
    directories = look_at(folder / "*.csv")
    if how == "remove":
        shutil.rmtree(tmp_path / "x")
    else:
        (tmp_path / "x").rename(tmp_path / "y")
    directories.serve()
    gone = seen.gone()
    folder.mkdir(parents=True)
    directories.serve()
    (folder / "a.csv").touch()
    directories.serve()

    assert str(tmp_path / "x") in gone
    assert seen.paths() == [str(folder / "a.csv")]


def test_a_directory_that_is_removed_and_made_in_between_is_watched(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    """The number of the old one may be used again for the new one."""
    folder = tmp_path / "in"
    folder.mkdir()
    directories = look_at(folder / "*.csv")

    folder.rmdir()
    folder.mkdir()
    directories.serve()
    directories.serve()  # of the end of the first watch
    (folder / "a.csv").touch()
    directories.serve()

    assert seen.paths() == [str(folder / "a.csv")]


def test_a_directory_that_somebody_is_in_is_missed_nevertheless(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    """It tells nothing of its end itself."""
    folder = tmp_path / "in"
    folder.mkdir()
    directories = look_at(folder / "*.csv")
    held = os.open(folder, os.O_RDONLY)

    folder.rmdir()
    directories.serve()
    folder.mkdir()
    directories.serve()
    (folder / "a.csv").touch()
    directories.serve()
    os.close(held)

    assert seen.paths() == [str(folder / "a.csv")]


def test_a_link_that_leads_elsewhere_now_is_followed(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    (tmp_path / "2" / "a.csv").touch()
    (tmp_path / "in").symlink_to("1")
    directories = look_at(tmp_path / "in" / "*.csv")
    assert seen.paths() == []

    (tmp_path / "new").symlink_to("2")
    (tmp_path / "new").replace(tmp_path / "in")
    directories.serve()
    (tmp_path / "2" / "b.csv").touch()
    directories.serve()

    assert seen.paths() == [str(tmp_path / "in" / name) for name in ("a.csv", "b.csv")]


def test_one_directory_on_two_ways_is_seen_on_both(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "also").symlink_to("in")
    directories = look_at(tmp_path / "*" / "*.csv")
    (tmp_path / "in" / "a.csv").touch()
    directories.serve()
    both = seen.paths()
    (tmp_path / "also").unlink()
    directories.serve()
    (tmp_path / "in" / "b.csv").touch()
    directories.serve()

    assert both == [str(tmp_path / name / "a.csv") for name in ("also", "in")]
    assert seen.paths() == [str(tmp_path / "in" / "b.csv")]


def test_a_link_that_leads_back_is_no_way_down(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "up").symlink_to("..")
    (tmp_path / "a.csv").touch()

    look_at(tmp_path / "**" / "*.csv")

    assert seen.paths() == [str(tmp_path / "a.csv")]


def test_more_than_the_kernel_keeps_in_mind_is_found(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text(encoding="ascii"))
    if limit > 20_000:
        pytest.skip("it keeps too much in mind")
    (tmp_path / "in").mkdir()
    directories = look_at(tmp_path / "in" / "*.csv")
    for _ in range(limit // 2 + 1):
        (tmp_path / "in" / "x").touch()
        (tmp_path / "in" / "x").unlink()
    (tmp_path / "in" / "a.csv").touch()

    while not (paths := seen.paths()):
        directories.serve()

    assert paths == [str(tmp_path / "in" / "a.csv")]


# ---- without being told


def test_another_directory_in_the_place_of_one_is_found(
    look_at: Callable[..., Directories], seen: Seen, watches: Inotify, tmp_path: Path
) -> None:
    """As a mount has it: nothing is told of that."""
    (tmp_path / "in" / "x" / "y").mkdir(parents=True)
    directories = look_at(tmp_path / "in" / "**" / "*.csv")
    (tmp_path / "in").rename(tmp_path / "out")
    (tmp_path / "in" / "x" / "y").mkdir(parents=True)
    (tmp_path / "in" / "x" / "y" / "a.csv").touch()
    watches.read()
    directories.look_for_mounts()
    found = seen.paths()
    (tmp_path / "in" / "x" / "b.csv").touch()
    (tmp_path / "out" / "x" / "c.csv").touch()
    directories.serve()

    assert found == [str(tmp_path / "in" / "x" / "y" / "a.csv")]
    assert seen.paths() == [str(tmp_path / "in" / "x" / "b.csv")]


def test_without_inotify_all_is_looked_at(
    look_at: Callable[..., Directories], seen: Seen, tmp_path: Path
) -> None:
    directories = look_at(tmp_path / "in" / "*" / "*.csv", watches=None)
    below = tmp_path / "in" / "x"
    below.mkdir(parents=True)
    (below / "a.csv").touch()
    directories.serve()
    untold = seen.paths()
    directories.poll()
    first = seen.paths()
    shutil.rmtree(tmp_path / "in")
    directories.poll()

    assert directories.needs_polling
    assert ([], [str(below / "a.csv")]) == (untold, first)
    assert str(tmp_path / "in") in seen.gone()


def test_where_the_file_system_does_not_tell_it_is_looked_at(
    look_at: Callable[..., Directories], seen: Seen, watches: Inotify, tmp_path: Path
) -> None:
    folder = tmp_path / "far"
    folder.mkdir()
    directories = look_at(
        folder / "x" / "*.csv", tells=lambda path: not path.startswith(str(folder))
    )
    needed = directories.needs_polling
    steps = []
    for act in ("make", "remove", "make"):
        if act == "make":
            (folder / "x").mkdir()
            (folder / "x" / "a.csv").touch()
        else:
            shutil.rmtree(folder / "x")
        watches.read()  # which nobody hears there
        directories.poll()
        directories.poll()
        steps.append(seen.paths())

    assert needed
    assert steps == [[str(folder / "x" / "a.csv")], [], [str(folder / "x" / "a.csv")]]


@pytest.mark.parametrize("left", range(8))
def test_with_too_few_watches_the_rest_is_looked_at(
    look_at: Callable[..., Directories],
    seen: Seen,
    said: list[dict[str, Any]],
    tmp_path: Path,
    left: int,
) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    with closing(LimitedInotify(left)) as watches:
        directories = look_at(tmp_path / "*" / "*.csv", watches)
        for name in "abc":
            (tmp_path / name / "1.csv").touch()
        directories.serve()
        directories.poll()

        assert directories.needs_polling

    assert seen.paths() == [str(tmp_path / name / "1.csv") for name in "abc"]
    assert said == [{
        "warning": "fs.inotify.max_user_watches is reached: "
        "directories are looked at every few seconds instead"
    }]  # fmt: skip


def test_what_only_leads_on_need_not_be_readable(
    look_at: Callable[..., Directories], seen: Seen, said: list[dict[str, Any]], tmp_path: Path
) -> None:
    class Unreadable(Inotify):
        def add(self, path: str, mask: int) -> int:
            if path == str(tmp_path):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)
            return super().add(path, mask)

    (tmp_path / "in").mkdir()
    with closing(Unreadable()) as watches:
        directories = look_at(tmp_path / "in" / "*.csv", watches)
        before = (directories.needs_polling, list(said))
        (tmp_path / "in").rename(tmp_path / "out")
        directories.serve()
        missing = (directories.needs_polling, list(said))
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.csv").touch()
        directories.poll()

        assert before == (False, [])
        warned = [{"warning": f"{tmp_path} cannot be read: Permission denied"}]
        assert missing == (True, warned)
        assert (directories.needs_polling, seen.paths()) == (False, [str(tmp_path / "in/a.csv")])
