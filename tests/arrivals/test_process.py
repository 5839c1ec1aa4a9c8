"""What the process says of its troubles, and how it lives and ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from arriving import Watching, arrive
from running import LIMIT, pass_time, without

pytestmark = pytest.mark.system


def test_what_cannot_be_read_is_said_once_and_arrives_when_it_can(
    start: Callable[..., Watching], tmp_path: Path
) -> None:
    watching = start(*without("dac_override", "dac_read_search"))
    closed, open_one = tmp_path / "closed", tmp_path / "open"
    for folder in (closed, open_one):
        folder.mkdir()
        arrive(folder / "a")
    closed.chmod(0)
    watching.watch(tmp_path / "*" / "*")
    said = [watching.next(), watching.next()["path"]]
    closed.chmod(0o111)
    arrive(open_one / "b")
    said.append(watching.next()["path"])
    closed.chmod(0o555)

    warning = {"warning": f"{closed} cannot be read: Permission denied"}
    assert said == [warning, str(open_one / "a"), str(open_one / "b")]
    assert watching.path() == str(closed / "a")


def test_a_file_that_cannot_be_read_is_said_and_arrives_when_it_can(
    start: Callable[..., Watching], tmp_path: Path
) -> None:
    watching = start(*without("dac_override", "dac_read_search"))
    watching.watch(tmp_path / "*")
    path = tmp_path / "a"
    path.touch(0)
    warning = watching.next()
    arrive(tmp_path / "b")
    first = watching.path()
    path.chmod(0o600)

    assert warning == {"warning": f"{str(path)!r} cannot be read: Permission denied"}
    assert (first, watching.path()) == (str(tmp_path / "b"), str(path))


def test_where_nobody_says_who_writes_a_file_counts_when_it_has_settled(
    start: Callable[..., Watching], tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give a file to another user")
    watching = start(*without("lease"))
    path = tmp_path / "a"
    with path.open("wb", buffering=0) as file:
        os.chown(path, 1, -1)
        file.write(b"half")
        watching.watch(tmp_path / "*")
        half = watching.next()["size"]
        file.write(b" and half")

    assert (half, watching.next()["size"]) == (4, 13)


def test_nobody_wakes_up_while_nothing_happens(watching: Watching, tmp_path: Path) -> None:
    def sleeps() -> int:
        status = Path(f"/proc/{watching.pid}/status").read_text(encoding="ascii")
        return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])

    watching.watch(tmp_path / "**" / "*")
    arrive(tmp_path / "a")
    watching.next()
    counts = [sleeps()]
    while len(counts) < 10 and len(counts) == len(set(counts)):
        pass_time(timedelta(seconds=1))  # others may make and remove directories beside ours
        counts.append(sleeps())

    assert counts[-1] == counts[-2]


def test_it_ends_when_nothing_more_is_to_be_heard(watching: Watching, tmp_path: Path) -> None:
    watching.watch(tmp_path / "*")

    assert watching.end() == 0


def test_it_ends_while_it_reads_a_huge_file(watching: Watching, tmp_path: Path) -> None:
    huge = tmp_path / "a"
    huge.touch()
    os.truncate(huge, 1 << 40)
    watching.watch(tmp_path / "*", settle_s=0)
    deadline = time.monotonic() + LIMIT
    while str(huge) not in _opened(watching.pid):
        assert time.monotonic() < deadline, "it does not read"

    assert watching.end() == 0


def _opened(pid: int) -> set[str]:
    opened = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # it is closed by now
            opened.add(str(one.readlink()))
    return opened


def test_it_ends_when_nobody_hears_it(watching: Watching, tmp_path: Path) -> None:
    assert watching.process.stdout is not None
    watching.process.stdout.close()
    watching.watch(tmp_path / "*")
    arrive(tmp_path / "a")

    assert watching.process.wait(LIMIT) == 0


def test_it_gives_way_to_others_and_holds_no_directory(watching: Watching, tmp_path: Path) -> None:
    watching.watch(tmp_path / "*")
    arrive(tmp_path / "a")
    watching.next()

    assert os.getpriority(os.PRIO_PROCESS, watching.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10
    assert str(Path(f"/proc/{watching.pid}/cwd").readlink()) == "/"


def _within(watching: Watching, *command: object) -> None:
    """Run a command where the process has mounts of its own."""
    program = ["nsenter", "--target", str(watching.pid), "--mount", *map(str, command)]
    answer = subprocess.run(program, capture_output=True, text=True, check=False, timeout=LIMIT)
    if answer.returncode:
        pytest.skip(f"a file system cannot be mounted here: {answer.stderr.strip()}")


def test_what_is_mounted_later_is_watched_and_what_is_unmounted_is_not_gone(
    start: Callable[..., Watching], tmp_path: Path
) -> None:
    if os.geteuid() != 0 or shutil.which("nsenter") is None:
        pytest.skip("only root may mount, with nsenter and unshare")
    place = tmp_path / "in"
    place.mkdir()
    arrive(place / "below")
    watching = start("unshare", "--mount", "--propagation", "private")
    watching.watch(place / "*")
    told = [watching.path()]
    _within(watching, "mount", "-t", "tmpfs", "tmpfs", place)
    _within(watching, "touch", place / "above")
    told.append(watching.path())
    _within(watching, "umount", place)
    arrive(place / "z")
    told.append(watching.path())

    assert told == [str(place / name) for name in ("below", "above", "z")]
