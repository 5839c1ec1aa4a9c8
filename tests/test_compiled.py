"""The compiled form of files: used while nothing changed, and never a reason to fail."""

from __future__ import annotations

import marshal
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from files import NAME, load
from schedkit import compiled, compiling, stored
from schedkit.config import Config
from schedkit.form import Form
from schedkit.jobs import Jobs
from schedkit.loader import InvalidFileError
from schedkit.report import shown

ONE = "jobs: {a: {command: x, clock: every 1h, timezone: local}}\n"
TWO = "jobs: {b: {command: x, clock: every 1h, timezone: local}}\n"
FILE = (Path(NAME),)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the cache, in a working directory with one file of schedules."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TZ", "UTC")
    Path(NAME).write_text(ONE, encoding="utf-8")
    return tmp_path / "cache" / "sched"


def names(config: Config | None) -> list[str] | None:
    """Return the names of the jobs; None when there is nothing in the cache."""
    return None if config is None else list(config.by_name)


def kept(cache: Path) -> Path:
    """Return the compiled form in the cache, beside which its lock may be."""
    (file,) = (one for one in cache.iterdir() if one.suffix != ".lock")
    return file


def rewritten(text: str) -> None:
    """Write other contents of the same length, and leave the file as old as it was."""
    status = Path(NAME).stat()
    Path(NAME).write_text(text, encoding="utf-8")
    os.utime(NAME, ns=(status.st_atime_ns, status.st_mtime_ns))


# ---- used


def test_what_was_read_is_read_no_more() -> None:
    """Seen by what no stamp tells: contents that changed while size, time and inode did not."""
    compiled.load(FILE)
    rewritten(TWO)
    expected = ["a"]

    actual = names(compiled.load(FILE))

    assert expected == actual


def test_the_cache_says_what_the_loader_says() -> None:
    compiled.load(FILE)
    expected = load(ONE)

    compiled.load(FILE)
    actual = compiled.cached(FILE)

    assert expected == actual


def test_before_the_first_reading_there_is_nothing() -> None:
    expected = None

    actual = compiled.cached(FILE)

    assert expected == actual


def test_the_cache_is_for_its_owner_alone(cache: Path) -> None:
    compiled.load(FILE)
    expected = (0o700, 0)

    file = kept(cache)
    actual = (cache.stat().st_mode & 0o777, file.stat().st_mode & 0o022)

    assert expected == actual


def test_a_file_named_from_elsewhere_is_said_to_be_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What leads to a file from one directory may not lead to it from another."""
    compiled.load(FILE)
    expected = ["work/schedules.yaml"]

    monkeypatch.chdir("..")
    actual = [shown(job.file) for job in compiled.load((Path("work", NAME),)).jobs]

    assert expected == actual


# ---- not used


def test_other_contents_are_read() -> None:
    compiled.load(FILE)
    Path(NAME).write_text(TWO + "# longer\n", encoding="utf-8")
    expected = ["b"]

    actual = names(compiled.load(FILE))

    assert expected == actual


def test_contents_of_the_same_length_are_read_when_the_time_is_another() -> None:
    compiled.load(FILE)
    rewritten(TWO)
    os.utime(NAME, ns=(0, 1))
    expected = ["b"]

    actual = names(compiled.load(FILE))

    assert expected == actual


def test_a_file_put_in_place_of_another_is_read() -> None:
    compiled.load(FILE)
    status = Path(NAME).stat()
    Path("new").write_text(TWO, encoding="utf-8")
    os.utime("new", ns=(status.st_atime_ns, status.st_mtime_ns))
    Path("new").replace(NAME)
    expected = ["b"]

    actual = names(compiled.load(FILE))

    assert expected == actual


def test_a_file_that_is_gone_is_an_error() -> None:
    compiled.load(FILE)
    Path(NAME).unlink()

    with pytest.raises(InvalidFileError):
        compiled.load(FILE)


def test_a_new_file_in_a_directory_is_read() -> None:
    Path("d").mkdir()
    Path("d/1.yaml").write_text(ONE, encoding="utf-8")
    compiled.load((Path("d"),))
    Path("d/2.yaml").write_text(TWO, encoding="utf-8")
    expected = ["a", "b"]

    actual = names(compiled.load((Path("d"),)))

    assert expected == actual


def test_a_file_that_left_a_directory_is_read_no_more() -> None:
    Path("d").mkdir()
    Path("d/1.yaml").write_text(ONE, encoding="utf-8")
    Path("d/2.yaml").write_text(TWO, encoding="utf-8")
    compiled.load((Path("d"),))
    Path("d/1.yaml").unlink()
    expected = ["b"]

    actual = names(compiled.load((Path("d"),)))

    assert expected == actual


def test_another_zone_of_the_machine_is_another_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.load(FILE)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    expected = ["Asia/Tokyo"]

    actual = [str(job.timezone) for job in compiled.load(FILE).jobs]

    assert expected == actual


def test_other_files_have_a_cache_of_their_own() -> None:
    Path("other.yaml").write_text(TWO, encoding="utf-8")
    expected = [["a"], ["b"], ["a", "b"]]

    other = Path("other.yaml")
    actual = [names(compiled.load(paths)) for paths in (FILE, (other,), (*FILE, other))]

    assert expected == actual


def test_a_broken_file_is_not_kept() -> None:
    Path(NAME).write_text("jobs: []\n", encoding="utf-8")
    with pytest.raises(InvalidFileError):
        compiled.load(FILE)
    expected = None

    actual = compiled.cached(FILE)

    assert expected == actual


def test_a_file_that_broke_since_is_an_error() -> None:
    compiled.load(FILE)
    Path(NAME).write_text("jobs: []\n", encoding="utf-8")

    with pytest.raises(InvalidFileError):
        compiled.load(FILE)


def test_of_a_file_that_broke_since_it_is_known_where_its_state_was() -> None:
    Path(NAME).write_text(f"state: elsewhere\n{ONE}", encoding="utf-8")
    compiled.load(FILE)
    Path(NAME).write_text("jobs: []\n", encoding="utf-8")

    before = compiled.outline_before(FILE)

    assert before is not None
    assert before.state == str(Path("elsewhere").absolute())


def test_of_a_file_that_was_never_read_no_state_is_known() -> None:
    assert compiled.outline_before(FILE) is None


# ---- what somebody else put there


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"garbage",
        b"\x80\x04",
        pickle.dumps("text"),
        pickle.dumps(None),
        marshal.dumps(None),
        (5).to_bytes(4, "little") + marshal.dumps(None),
    ],
)
def test_a_cache_of_something_else_is_ignored(contents: bytes, cache: Path) -> None:
    compiled.load(FILE)
    file = kept(cache)
    file.write_bytes(contents)
    expected = ["a"]

    actual = names(compiled.load(FILE))

    assert expected == actual


def test_a_cache_that_is_a_directory_is_ignored(cache: Path) -> None:
    compiled.load(FILE)
    file = kept(cache)
    file.unlink()
    file.mkdir()
    expected = ["a"]

    actual = names(compiled.load(FILE))

    assert expected == actual


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a file of another user")
def test_a_cache_of_another_user_is_ignored(cache: Path) -> None:
    """What is unpickled runs: it must be the user's own."""
    config = compiled.load(FILE)
    file = kept(cache)
    (job,) = config.jobs
    with file.open("r+b") as written:
        key = Form(os.dup(written.fileno())).header.key
        written.truncate(0)
        compiling.write(config._replace(by_name=Jobs([replace(job, name="evil")])), key, written)
    assert ["evil"] == names(compiled.cached(FILE))
    os.chown(file, 65534, 65534)
    expected = ["a"]

    actual = names(compiled.load(FILE))

    assert expected == actual


def test_a_cache_that_is_cut_off_is_ignored(cache: Path) -> None:
    compiled.load(FILE)
    file = kept(cache)
    os.truncate(file, file.stat().st_size - 1)

    assert ["a"] == names(compiled.load(FILE))


# ---- the outline


def test_the_outline_names_the_jobs_and_the_place_of_the_history() -> None:
    text = "{command: x, clock: every 1h, description: Copies, enabled: false}"
    Path(NAME).write_text(f"state: there\njobs: {{a: {text}}}\n", encoding="utf-8")
    expected = (str(Path("there").absolute()), (("a", "Copies", False),))

    first = compiled.outline(FILE)
    again = compiled.outline(FILE)

    assert expected == first[:2]
    assert first == again


def test_the_outline_is_read_without_the_jobs(cache: Path) -> None:
    """Seen by a cache that has zeros in their place."""
    compiled.load(FILE)
    file = kept(cache)
    (job,) = compiled.load(FILE).jobs
    length = Form(os.open(file, os.O_RDONLY)).header.lengths["jobs"]
    whole = file.read_bytes()
    file.write_bytes(whole[:-length] + bytes(length))
    assert compiled.cached(FILE) is None

    assert ((job.name, "", True),) == compiled.outline(FILE).jobs


def test_the_outline_of_a_file_that_changed_is_new() -> None:
    compiled.outline(FILE)
    Path(NAME).write_text(TWO + "# longer\n", encoding="utf-8")

    assert ("b",) == tuple(name for name, _, _ in compiled.outline(FILE).jobs)


def test_a_broken_file_has_no_outline_but_the_one_before() -> None:
    expected = compiled.outline(FILE)
    Path(NAME).write_text("jobs: []\n", encoding="utf-8")

    with pytest.raises(InvalidFileError):
        compiled.outline(FILE)

    assert expected == compiled.outline_before(FILE)


# ---- no cache


@pytest.mark.parametrize("place", ["/proc/none", "/dev/null", "relative"])
def test_a_cache_that_cannot_be_written_is_no_error(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    expected = (["a"], None)

    actual = (names(compiled.load(FILE)), names(compiled.cached(FILE)))

    assert expected == actual


def test_nothing_half_written_stays_behind(cache: Path) -> None:
    compiled.load(FILE)
    compiled.load(FILE)
    file = kept(cache)

    assert {file, file.with_suffix(".lock")} == set(cache.iterdir())


# ---- beside others

_TELL = f"""
import sys
from schedkit import compiled, loader
read = loader.load
loader.load = lambda paths: (print("read"), read(paths))[1]
sys.stdin.read()
print(*compiled.load(({NAME!r},)).by_name)
"""


def test_of_those_that_want_a_file_at_once_one_reads_it() -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    said = [process.stdout.read() for process in processes if process.stdout is not None]
    codes = [process.wait(30) for process in processes]
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()

    assert (["a\n"] * 3 + ["read\na\n"], [0] * 4) == (sorted(said), codes)


def test_a_file_that_cannot_be_locked_is_read_all_the_same(cache: Path) -> None:
    cache.parent.write_text("no directory", encoding="utf-8")

    assert ["a"] == names(compiled.load(FILE))


def test_who_holds_the_lock_for_too_long_is_not_waited_for(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled.load(FILE)
    file = kept(cache)
    file.unlink()
    monkeypatch.setattr(compiled, "_PATIENCE", 0.05)

    with FileLock(f"{file}.lock"):
        assert ["a"] == names(compiled.load(FILE))


# ---- in a process of its own


def compile_file() -> tuple[int, bytes, str]:
    """Run the module as the runner does when it loads a file again."""
    done = subprocess.run(
        [sys.executable, "-m", "schedkit.compiled", "60", NAME],
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


def test_the_compiled_form_comes_out_of_a_child() -> None:
    expected = (0, ["a"], "")

    code, stdout, stderr = compile_file()
    Path("form").write_bytes(stdout)
    config = stored.config(Form(os.open("form", os.O_RDONLY)))

    assert expected == (code, names(config), stderr)


def test_what_is_wrong_with_a_file_comes_out_of_it_too() -> None:
    Path(NAME).write_text("jobs: []\n", encoding="utf-8")
    expected = (compiled.REFUSED, ["a list stands where the jobs belong"], "")

    code, stdout, stderr = compile_file()

    assert expected == (code, [found.message for found in pickle.loads(stdout)], stderr)
