"""Files that change, in every way that files are changed in, as the kernel tells it."""

from __future__ import annotations

import errno
import logging
import os
import select
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schedkit.file_watch import FileWatch
from schedkit.inotify import Inotify


@pytest.fixture
def watch() -> Iterator[FileWatch]:
    with closing(FileWatch()) as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of schedules, two directories down."""
    made = tmp_path / "etc" / "sched" / "schedules.yaml"
    made.parent.mkdir(parents=True)
    made.write_text("old", encoding="utf-8")
    return made


def changed(watch: FileWatch) -> bool:
    """Return whether a change was told by now, as the runner would hear of it."""
    told = False
    while select.select([watch.descriptor], [], [], 0)[0]:
        told |= watch.changed()
    return told


def wakes(watch: FileWatch) -> bool:
    """Return whether there is anything to read at all."""
    return bool(select.select([watch.descriptor], [], [], 0)[0])


# ---- a file


def _write(path: Path) -> None:
    path.write_text("new", encoding="utf-8")


def _append(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("more")


def _replace(path: Path) -> None:
    new = path.with_name(f".{path.name}.tmp")
    new.write_text("new", encoding="utf-8")
    new.replace(path)


def _replace_from_elsewhere(path: Path) -> None:
    new = path.parents[2] / "new"
    new.write_text("new", encoding="utf-8")
    new.replace(path)


def _as_vim_does(path: Path) -> None:
    backup = path.with_name(f"{path.name}~")
    path.replace(backup)
    path.write_text("new", encoding="utf-8")
    backup.unlink()


def _as_git_does(path: Path) -> None:
    path.unlink()
    path.write_text("new", encoding="utf-8")


def _link_to_another(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("new", encoding="utf-8")
    path.unlink()
    path.symlink_to(other.name)


def _hard_link_another(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("new", encoding="utf-8")
    path.unlink()
    path.hardlink_to(other)


def _let_it_be_read(path: Path) -> None:
    path.chmod(0o640)


def _touch(path: Path) -> None:
    path.touch()


def _delete(path: Path) -> None:
    path.unlink()


WAYS = [
    _write,
    _append,
    _replace,
    _replace_from_elsewhere,
    _as_vim_does,
    _as_git_does,
    _link_to_another,
    _hard_link_another,
    _let_it_be_read,
    _touch,
    _delete,
]


@pytest.mark.parametrize("change", WAYS)
def test_a_change_is_told_however_it_is_done(
    watch: FileWatch, path: Path, change: Callable[[Path], None]
) -> None:
    watch.follow([path])

    change(path)

    assert [changed(watch), changed(watch)] == [True, False]


@pytest.mark.parametrize("change", WAYS)
def test_after_any_change_the_next_one_is_told_as_well(
    watch: FileWatch, path: Path, change: Callable[[Path], None]
) -> None:
    watch.follow([path])
    change(path)
    assert changed(watch)

    _write(path)

    assert changed(watch)


def test_nothing_has_changed_at_first(watch: FileWatch, path: Path) -> None:
    _write(path)

    watch.follow([path])

    assert not changed(watch)


def test_reading_a_file_changes_nothing_and_wakes_nobody(watch: FileWatch, path: Path) -> None:
    watch.follow([path])

    path.read_text(encoding="utf-8")
    os.listdir(path.parent)  # noqa: PTH208  # it is to be read, no more

    assert not wakes(watch)


@pytest.mark.parametrize("name", ["schedules.yaml~", ".schedules.yaml.swp", "4913", "a.yaml", "ü"])
def test_what_stands_beside_a_file_does_not_count(watch: FileWatch, path: Path, name: str) -> None:
    watch.follow([path])

    path.with_name(name).write_text("x", encoding="utf-8")
    path.with_name(name).unlink()

    assert not changed(watch)


def test_what_happens_further_up_wakes_nobody(watch: FileWatch, path: Path) -> None:
    watch.follow([path])

    for directory in (path.parents[1], path.parents[2]):
        (directory / "other").write_text("x", encoding="utf-8")

    assert not wakes(watch)


def test_any_of_several_files_counts(watch: FileWatch, path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    _write(other)
    watch.follow([path, other])

    told = []
    for one in (path, other):
        _write(one)
        told.append(changed(watch))

    assert told == [True, True]


def test_a_file_of_a_name_that_is_no_text_is_one_like_another(watch: FileWatch, path: Path) -> None:
    odd = path.with_name(os.fsdecode(b"\xff.yaml"))
    _write(odd)
    watch.follow([odd])

    _write(odd)

    assert changed(watch)


# ---- what is not there


def test_a_file_that_is_not_there_is_awaited(watch: FileWatch, path: Path) -> None:
    path.unlink()
    watch.follow([path])

    _write(path)

    assert changed(watch)


def test_a_file_is_awaited_with_every_directory_that_leads_to_it(
    watch: FileWatch, path: Path, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "etc")
    watch.follow([path])

    told = []
    for directory in (path.parents[1], path.parents[0]):
        directory.mkdir()
        told.append(changed(watch))
    _write(path)
    told.append(changed(watch))

    assert told == [True, True, True]


def test_what_is_deleted_with_its_directory_and_made_again_is_told(
    watch: FileWatch, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody works in the directory, as a runner does: it does not tell of its end then."""
    monkeypatch.chdir(path.parent)
    watch.follow([path])
    told = []

    shutil.rmtree(path.parent)
    told.append(changed(watch))
    path.parent.mkdir()
    _write(path)
    told.append(changed(watch))
    _write(path)
    told.append(changed(watch))

    assert told == [True, True, True]


def test_where_a_file_is_in_the_way_a_directory_is_awaited(watch: FileWatch, path: Path) -> None:
    shutil.rmtree(path.parent)
    _write(path.parent)
    watch.follow([path])

    path.parent.unlink()
    path.parent.mkdir()
    told = [changed(watch)]
    _write(path)
    told.append(changed(watch))

    assert told == [True, True]


# ---- directories


@pytest.mark.parametrize(
    ("name", "counts"),
    [("b.yaml", True), ("b.yml", False), ("b.yaml~", False), ("b", False), (".#b.yaml", False)],
)
def test_of_a_directory_every_file_counts_that_would_be_read(
    watch: FileWatch, path: Path, name: str, *, counts: bool
) -> None:
    watch.follow([path.parent])
    other = path.with_name(name)
    told = []

    for act in (_write, _write, _delete):
        act(other)
        told.append(changed(watch))

    assert told == [counts] * 3


def test_a_directory_whose_mode_changes_counts(watch: FileWatch, path: Path) -> None:
    """Root takes no files from a directory that others can write to."""
    path.parent.chmod(0o777)
    watch.follow([path.parent])

    path.parent.chmod(0o755)

    assert changed(watch)


@pytest.mark.parametrize("depth", [0, 1])
def test_a_directory_that_another_takes_the_place_of_is_told_each_time(
    watch: FileWatch, path: Path, depth: int
) -> None:
    directory = path.parents[depth]
    watch.follow([path])
    told = []

    for number in range(3):
        new = directory.with_name("new")
        shutil.copytree(directory, new)
        directory.rename(directory.with_name(f"old{number}"))
        new.rename(directory)
        told.append(changed(watch))
        _write(path)
        told.append(changed(watch))

    assert told == [True] * 6


def test_a_directory_that_was_moved_away_does_not_count_any_more(
    watch: FileWatch, path: Path
) -> None:
    watch.follow([path])
    old = path.parent.rename(path.parent.with_name("old"))
    assert changed(watch)

    _write(old / path.name)

    assert not changed(watch)


# ---- links


def test_the_file_that_a_link_leads_to_counts(watch: FileWatch, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    watch.follow([link])

    for change in (_write, _replace):
        change(path)
        assert changed(watch)


def test_a_link_counts_itself(watch: FileWatch, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    watch.follow([link])
    new = tmp_path / "new"
    new.symlink_to("etc/sched/../sched/other.yaml")

    new.replace(link)
    told = [changed(watch)]
    _write(path)
    told.append(changed(watch))
    _write(path.with_name("other.yaml"))
    told.append(changed(watch))

    assert told == [True, False, True]


@pytest.mark.parametrize("whole", [False, True], ids=["file", "directory"])
def test_a_config_map_that_kubernetes_updates_is_told_each_time(
    watch: FileWatch, tmp_path: Path, *, whole: bool
) -> None:
    """Source: Kubernetes, pkg/volume/util/atomic_writer.go: a link is switched by a rename."""
    mount = tmp_path / "mount"
    mount.mkdir()

    def update(number: int) -> None:
        data = mount / f"..2026_03_0{number}"
        data.mkdir()
        _write(data / "schedules.yaml")
        (mount / "..data_tmp").symlink_to(data.name)
        (mount / "..data_tmp").replace(mount / "..data")
        shutil.rmtree(mount / f"..2026_03_0{number - 1}", ignore_errors=True)

    update(1)
    (mount / "schedules.yaml").symlink_to("..data/schedules.yaml")
    watch.follow([mount, mount / "schedules.yaml"] if whole else [mount / "schedules.yaml"])

    told = []
    for number in (2, 3, 4):
        update(number)
        told.append(changed(watch))

    assert told == [True, True, True]


def test_a_release_that_is_switched_by_a_link_is_told(watch: FileWatch, tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        _write(tmp_path / name / "schedules.yaml")
    current = tmp_path / "current"
    current.symlink_to(tmp_path / "1")
    watch.follow([current / "schedules.yaml"])
    told = []

    current.unlink()
    current.symlink_to(tmp_path / "2")
    told.append(changed(watch))
    _write(tmp_path / "1" / "schedules.yaml")
    told.append(changed(watch))
    _write(tmp_path / "2" / "schedules.yaml")
    told.append(changed(watch))

    assert told == [True, False, True]


@pytest.mark.parametrize("target", ["loop.yaml", "loop.yaml/x", "other.yaml", "none.yaml"])
def test_a_link_that_leads_nowhere_is_followed_as_soon_as_it_leads_somewhere(
    watch: FileWatch, path: Path, target: str
) -> None:
    link = path.with_name("loop.yaml")
    link.symlink_to(target)
    path.with_name("other.yaml").symlink_to(link)
    watch.follow([link])

    link.unlink()
    link.symlink_to(path)
    told = [changed(watch)]
    _write(path)
    told.append(changed(watch))

    assert told == [True, True]


# ---- following others


def test_other_files_are_followed_instead(watch: FileWatch, path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    watch.follow([path])

    watch.follow([other])

    told = []
    for one in (path, other):
        _write(one)
        told.append(changed(watch))
    assert told == [False, True]


def test_nothing_is_followed_when_there_is_nothing_to_follow(watch: FileWatch, path: Path) -> None:
    watch.follow([path])
    watch.follow([])

    _write(path)

    assert not changed(watch)


@pytest.mark.parametrize("change", [_write, _replace, _delete])
def test_what_changed_before_is_told_after_others_are_followed(
    watch: FileWatch, path: Path, change: Callable[[Path], None]
) -> None:
    """A file that changes while it is loaded: what is then followed was read before that."""
    watch.follow([path])
    change(path)

    watch.follow([path])

    assert changed(watch)


def test_a_directory_that_was_replaced_before_is_told_after_the_new_one_is_followed(
    watch: FileWatch, path: Path
) -> None:
    watch.follow([path])
    new = shutil.copytree(path.parent, path.parent.with_name("new"))
    path.parent.rename(path.parent.with_name("old"))
    new.rename(path.parent)

    watch.follow([path])

    assert [changed(watch), changed(watch)] == [True, False]


def test_a_path_is_taken_from_the_current_directory(
    watch: FileWatch, path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(path.parent)
    watch.follow([Path(path.name)])
    monkeypatch.chdir(tmp_path)

    told = []
    for change in (_replace, _replace):
        change(path)
        told.append(changed(watch))

    assert told == [True, True]


def test_more_than_can_be_told_counts_as_a_change(watch: FileWatch, path: Path) -> None:
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text(encoding="ascii"))
    if queue > 100_000:
        pytest.skip(f"it takes {queue} events")
    watch.follow([path])
    names = [str(path.with_name("a")), str(path.with_name("b"))]

    for number in range(queue):  # each is two events
        os.rename(names[number % 2], names[1 - number % 2]) if number else _write(Path(names[1]))  # noqa: PTH104

    assert changed(watch)


# ---- when the kernel cannot tell


class Warnings(logging.Handler):
    """What is logged, in short."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, dict[str, object]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append((record.getMessage(), record.__dict__["fields"]))


@pytest.fixture
def warnings() -> Iterator[Warnings]:
    logger = logging.getLogger("schedkit.file_watch")
    handler = Warnings()
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.mark.usefixtures("watch")
def test_a_kernel_without_a_free_inotify_is_a_warning(
    warnings: Warnings, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: Inotify) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(Inotify, "__init__", none_left)

    with closing(FileWatch()) as watch:
        watch.follow([path])
        _write(path)
        told = [wakes(watch), watch.changed()]

    assert told == [False, False]
    said = {
        "error": "fs.inotify.max_user_instances is reached",
        "instead": "sched reload, or SIGHUP",
    }
    assert warnings.said == [("files that change go unseen", said)]


def test_a_directory_too_many_is_a_warning_and_the_others_are_watched(
    watch: FileWatch,
    warnings: Warnings,
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add = Inotify.add

    def one_too_many(self: Inotify, name: str, mask: int) -> int:
        if name == str(path.parent):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        return add(self, name, mask)

    monkeypatch.setattr(Inotify, "add", one_too_many)
    other = tmp_path / "other.yaml"
    watch.follow([path, other])

    told = []
    for one in (path, other):
        _write(one)
        told.append(changed(watch))

    assert told == [False, True]
    said = {
        "directory": str(path.parent),
        "error": "fs.inotify.max_user_watches is reached",
        "instead": "sched reload, or SIGHUP",
    }
    assert warnings.said == [("files that change go unseen", said)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_directory_that_may_not_be_read_but_leads_on_is_no_warning(
    watch: FileWatch, warnings: Warnings, path: Path
) -> None:
    path.parents[1].chmod(0o300)
    watch.follow([path])

    _write(path)
    told = changed(watch)

    path.parents[1].chmod(0o700)
    assert (told, warnings.said) == (True, [])


def test_a_closed_one_keeps_no_descriptor(path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208  # the names alone

    watch = FileWatch()
    watch.follow([path])
    watch.close()

    assert before == sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208
