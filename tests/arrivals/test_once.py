"""A job is told of a file once for what is in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from arriving import Watching, arrive, content, gone

pytestmark = pytest.mark.system


def test_other_content_is_told_again(watching: Watching, tmp_path: Path) -> None:
    watching.watch(tmp_path / "*")
    path = tmp_path / "a"
    told = []
    for data in (b"1", b"2", b"1"):
        path.write_bytes(data)
        told.append(watching.next()["content"])

    assert [content(data) for data in (b"1", b"2", b"1")] == told


@pytest.mark.parametrize("how", ["touch", "chmod", "rewrite", "replace"])
def test_the_same_content_is_not(watching: Watching, tmp_path: Path, how: str) -> None:
    watching.watch(tmp_path / "*")
    path = arrive(tmp_path / "a")
    watching.next()
    if how == "touch":
        os.utime(path)
    elif how == "chmod":
        path.chmod(0o600)
    elif how == "rewrite":
        path.write_bytes(b"x")
    else:
        arrive(path)
    arrive(tmp_path / "z")

    assert watching.path() == str(tmp_path / "z")


@pytest.mark.parametrize("how", ["unlink", "move", "with its directory", "to be none"])
def test_what_is_removed_and_comes_again_is_told_again(
    watching: Watching, tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    watching.watch(folder / "*")
    path = arrive(folder / "a")
    first = watching.next()
    if how == "unlink":
        path.unlink()
    elif how == "move":
        path.rename(tmp_path / "elsewhere")
    elif how == "to be none":
        path.unlink()
        path.mkdir()
    else:
        shutil.rmtree(folder)
    said = watching.next()
    with suppress(OSError):
        path.rmdir()
    folder.mkdir(exist_ok=True)
    arrive(path)

    assert said == gone(path)
    assert watching.next()["content"] == first["content"]


@pytest.mark.parametrize("has_mark", [True, False])
def test_what_is_known_is_not_told_again_after_a_restart(
    start: Callable[..., Watching], tmp_path: Path, has_mark: bool
) -> None:
    first = start()
    first.watch(tmp_path / "*")
    known = []
    for name in ("same", "changed", "removed"):
        arrive(tmp_path / name)
        said = first.next()
        known.append([said["job"], said["path"], said["content"], said["mark"]][: 3 + has_mark])
    first.end()
    (tmp_path / "changed").write_bytes(b"y")
    (tmp_path / "removed").unlink()
    arrive(tmp_path / "new")

    second = start()
    second.watch(tmp_path / "*", known=known)

    assert second.next() == gone(tmp_path / "removed")
    assert [Path(second.path()).name for _ in range(2)] == ["changed", "new"]


def test_known_content_is_told_when_another_job_waits_for_it(
    watching: Watching, tmp_path: Path
) -> None:
    path = arrive(tmp_path / "a")
    watching.watch(tmp_path / "*", known=[["export", str(path), content(b"x")]])

    assert watching.path() == str(path)


def test_a_reload_replaces_what_is_watched_and_tells_nothing_twice(
    watching: Watching, tmp_path: Path
) -> None:
    """Even though the runner has not heard of it yet when it says what it knows."""
    watching.watch(tmp_path / "*.csv")
    arrive(tmp_path / "a.csv")
    watching.next()
    watching.watch(tmp_path / "a*", tmp_path / "*.txt")
    arrive(tmp_path / "b.csv")
    arrive(tmp_path / "b.txt")
    first = watching.path()
    (tmp_path / "a.csv").unlink()

    assert (first, watching.next()) == (str(tmp_path / "b.txt"), gone(tmp_path / "a.csv"))


def test_a_line_may_be_long(watching: Watching, tmp_path: Path) -> None:
    known = [["import", f"{tmp_path}/{number}", content(b"x"), number] for number in range(9000)]
    watching.watch(tmp_path / "*", known=known)

    said = [watching.next()["gone"] for _ in known]

    assert sorted(one[:2] for one in known) == said
