"""Files that arrive, as the process tells of them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from arriving import Watching, arrive, content, gone

pytestmark = pytest.mark.system


def test_all_that_is_to_be_known_of_a_file_is_told(watching: Watching, tmp_path: Path) -> None:
    path = arrive(tmp_path / "a.csv", b"all of it")
    os.utime(path, (5.25, 5.25))
    changed = path.stat().st_ctime_ns / 1e9
    watching.watch(tmp_path / "*.csv")

    said = watching.next()

    assert said.pop("mark")
    assert said == {
        "job": "import", "part": 0, "path": str(path), "content": content(b"all of it"),
        "size": 9, "modified": 5.25, "arrived": changed,
    }  # fmt: skip


def test_what_arrived_before_comes_in_its_order(watching: Watching, tmp_path: Path) -> None:
    for name in ("b", "c", "a"):
        path = arrive(tmp_path / name)
        while path.stat().st_ctime_ns == arrive(tmp_path / "later").stat().st_ctime_ns:
            pass  # the clock of the file system has not gone on
    watching.watch(tmp_path / "?")

    assert [Path(watching.path()).name for _ in range(3)] == ["b", "c", "a"]


def test_what_arrived_before_the_job_was_loaded_is_the_past(
    watching: Watching, tmp_path: Path
) -> None:
    path = arrive(tmp_path / "a")
    watching.watch(tmp_path / "*", since=path.stat().st_ctime + 0.05)
    later = tmp_path / "b"
    while not later.exists() or later.stat().st_ctime <= path.stat().st_ctime + 0.05:
        arrive(later)

    assert watching.path() == str(later)


def test_what_is_moved_there_arrives_however_old_it_is(watching: Watching, tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    old = arrive(tmp_path / "old")
    os.utime(old, (1, 1))
    watching.watch(inbox / "*", since=time.time())

    old.rename(inbox / "a")

    assert watching.path() == str(inbox / "a")


def test_an_empty_file_arrives(watching: Watching, tmp_path: Path) -> None:
    watching.watch(tmp_path / "*")
    (tmp_path / "a").touch()

    said = watching.next()

    assert (said["size"], said["content"]) == (0, content(b""))


def test_what_is_written_slowly_is_told_when_it_is_closed(
    watching: Watching, tmp_path: Path
) -> None:
    """The others settle meanwhile, each later than it would have."""
    watching.watch(tmp_path / "*")
    between = []
    with (tmp_path / "a").open("wb", buffering=0) as file:
        for name in ("1", "2", "3"):
            file.write(b"piece")
            arrive(tmp_path / name)
            between.append(Path(watching.path()).name)

    said = watching.next()

    assert between == ["1", "2", "3"]
    assert (said["path"], said["size"]) == (str(tmp_path / "a"), 15)


def test_what_is_opened_again_and_again_is_told_when_it_has_settled(
    watching: Watching, tmp_path: Path
) -> None:
    watching.watch(tmp_path / "*", settle_s=0.5)
    path = tmp_path / "a"
    end = time.monotonic() + 0.7
    while time.monotonic() < end:
        with path.open("ab") as file:
            file.write(b"x")

    assert watching.next()["size"] == path.stat().st_size


def test_a_link_to_a_file_arrives_as_that_file(watching: Watching, tmp_path: Path) -> None:
    path = arrive(tmp_path / "data", b"1234")
    (tmp_path / "a.csv").symlink_to(path)
    (tmp_path / "b.csv").symlink_to("nowhere")
    watching.watch(tmp_path / "*.csv")

    said = watching.next()

    assert (said["path"], said["size"]) == (str(tmp_path / "a.csv"), 4)


def test_directories_pipes_and_hidden_files_are_none(watching: Watching, tmp_path: Path) -> None:
    watching.watch(tmp_path / "*")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / ".hidden").touch()
    arrive(tmp_path / "z")

    assert watching.path() == str(tmp_path / "z")


def test_a_directory_may_come_later_and_with_files_in_it(
    watching: Watching, tmp_path: Path
) -> None:
    inbox = tmp_path / "x" / "in"
    watching.watch(inbox / "*.csv")
    (tmp_path / "new" / "in").mkdir(parents=True)
    arrive(tmp_path / "new" / "in" / "a.csv")
    (tmp_path / "new").rename(tmp_path / "x")
    first = watching.path()
    arrive(inbox / "b.csv")

    assert (first, watching.path()) == (str(inbox / "a.csv"), str(inbox / "b.csv"))


def test_files_of_any_deptharrive(watching: Watching, tmp_path: Path) -> None:
    watching.watch(tmp_path / "**" / "*.csv")
    paths = [tmp_path / "a.csv", tmp_path / "x" / "b.csv", tmp_path / "x" / "y" / "z" / "c.csv"]
    told = []
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrive(path)
        told.append(watching.path())

    assert [str(path) for path in paths] == told


@pytest.mark.parametrize("name", [b"\xff.csv", "ü.csv".encode(), b"a\nb.csv", b"[a].csv", b'".csv'])
def test_any_name_is_told_as_os_has_it(watching: Watching, tmp_path: Path, name: bytes) -> None:
    watching.watch(tmp_path / "*.csv")
    path = arrive(tmp_path / os.fsdecode(name))
    told = watching.path()
    path.unlink()

    assert (os.fsencode(told), watching.next()) == (os.fsencode(path), gone(path))


def test_a_name_that_is_no_text_can_be_watched_for(watching: Watching, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    watching.watch(folder / "*")

    assert os.fsencode(arrive(folder / "a")) == os.fsencode(watching.path())


def test_two_thousand_at_once_are_all_told(watching: Watching, tmp_path: Path) -> None:
    watching.watch(tmp_path / "*")
    names = {f"{number:04}" for number in range(2000)}
    for name in names:
        (tmp_path / name).write_text(name, encoding="ascii")

    said = [watching.next() for _ in names]

    assert names == {Path(one["path"]).name for one in said}
    assert all(one["content"] == content(Path(one["path"]).read_bytes()) for one in said)


def test_each_job_is_told_and_a_job_is_told_once(watching: Watching, tmp_path: Path) -> None:
    def trigger(job: str, part: int, pattern: str) -> dict[str, Any]:
        return {
            "job": job, "part": part, "patterns": [str(tmp_path / pattern)],
            "settle_s": 0.05, "since": 0,
        }  # fmt: skip

    triggers = [trigger("one", 0, "*.csv"), trigger("one", 1, "a*"), trigger("two", 3, "*")]
    watching.say({"watch": triggers, "known": []})
    arrive(tmp_path / "a.csv")
    said = [watching.next() for _ in range(2)]
    arrive(tmp_path / "z")

    assert [(one["job"], one["part"]) for one in said] == [("one", 0), ("two", 3)]
    assert watching.path() == str(tmp_path / "z")
