"""The SQLite file: what is done about one that is damaged, newer, foreign or held."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from fakes import HOLDER, load
from flaky import FlakyStore
from histories import JOBS, at, begin, claim, due, ended, started, told
from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.run import State
from schedkit.store import Query, SQLiteReader
from schedkit.store.sqlite import SQLiteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(tmp_path, JOBS)


@pytest.fixture
def store(path: Path, config: Config) -> Iterator[SQLiteStore]:
    made = SQLiteStore(path)
    begin(made, config)
    yield made
    made.close()


def test_terminal_states_never_change_whoever_writes(store: SQLiteStore, config: Config) -> None:
    store.record([ended(started(store, config, "a", 1), State.FAILED)])

    with (
        closing(sqlite3.connect(store._path)) as other,
        pytest.raises(sqlite3.IntegrityError, match="a run that is over never changes"),
    ):
        other.execute("UPDATE runs SET state = 'succeeded'")


def test_a_commit_is_on_disk_when_it_returns(store: SQLiteStore) -> None:
    modes = [
        store._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]

    assert modes == ["wal", 2, 1]


# ---- readers


def test_a_reader_reads_beside_the_writer(store: SQLiteStore, config: Config, path: Path) -> None:
    claim(store, config, due("a", 1))
    reader = SQLiteReader.open(path)
    claim(store, config, due("a", 2))

    found = told_by(reader)

    assert found == ["12:01", "12:02"]


def test_a_reader_reads_without_a_writer(store: SQLiteStore, config: Config, path: Path) -> None:
    claim(store, config, due("a", 1))
    store.close()

    assert told_by(SQLiteReader.open(path)) == ["12:01"]


def test_a_reader_reads_what_a_killed_writer_left(config: Config, path: Path) -> None:
    """A copy of the files, taken while the writer is at work, is what a crash leaves."""
    store = SQLiteStore(path)
    begin(store, config)
    claim(store, config, due("a", 1))
    copy = path.with_name("copy.db")
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes(
            path.with_name(path.name + suffix).read_bytes()
        )
    store.close()

    assert told_by(SQLiteReader.open(copy)) == ["12:01"]


def test_a_reader_leaves_nothing_behind(store: SQLiteStore, path: Path) -> None:
    store.close()
    before = sorted(path.parent.iterdir()), path.read_bytes()

    told_by(SQLiteReader.open(path))

    assert before == (sorted(path.parent.iterdir()), path.read_bytes())


def test_a_reader_reads_in_a_directory_that_it_may_not_write_to(
    store: SQLiteStore, config: Config, path: Path
) -> None:
    claim(store, config, due("a", 1))
    store.close()
    path.chmod(0o400)
    path.parent.chmod(0o500)

    found = told_by(SQLiteReader.open(path))

    path.parent.chmod(0o700)
    assert found == ["12:01"]


def told_by(reader: SQLiteReader) -> list[str]:
    with closing(reader):
        return [f"{run.fire_time:%H:%M}" for run in reader.runs(Query())][::-1]


# ---- files that are not what they should be


def _newer(path: Path) -> bytes:
    SQLiteStore(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    return path.read_bytes()


def test_a_newer_file_is_refused_untouched(path: Path) -> None:
    before = _newer(path)

    with pytest.raises(StoreError, match="was written by a newer sched"):
        SQLiteStore(path)
    assert (before, sorted(path.parent.iterdir())) == (path.read_bytes(), [path])


def test_a_newer_file_is_not_read(path: Path) -> None:
    before = _newer(path)

    with pytest.raises(StoreError, match="was written by a newer sched"):
        SQLiteReader.open(path)
    assert before == path.read_bytes()


@pytest.mark.parametrize("opening", [SQLiteStore, SQLiteReader.open])
def test_what_is_no_database_is_refused_untouched(path: Path, opening: type[SQLiteStore]) -> None:
    path.write_bytes(b"the shopping list, " * 400)
    before = path.read_bytes()

    with pytest.raises(StoreError, match="file is not a database"):
        opening(path)
    assert before == path.read_bytes()


def test_the_database_of_another_program_is_refused_untouched(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE shopping (item)")
    before = path.read_bytes()

    with pytest.raises(StoreError):
        SQLiteStore(path)
    assert before == path.read_bytes()


def _damage(store: SQLiteStore, config: Config, path: Path) -> None:
    for minute in range(1, 300):
        started(store, config, "a", minute)
    store.close()
    data = bytearray(path.read_bytes())
    data[8192 : len(data) // 2] = b"\xff" * (len(data) // 2 - 8192)
    path.write_bytes(data)


def test_a_damaged_file_is_refused(store: SQLiteStore, config: Config, path: Path) -> None:
    _damage(store, config, path)

    with pytest.raises(StoreError):
        SQLiteStore(path)


def test_a_damaged_file_that_is_read_is_an_error_with_its_path(
    store: SQLiteStore, config: Config, path: Path
) -> None:
    _damage(store, config, path)

    with closing(SQLiteReader.open(path)) as reader, pytest.raises(StoreError, match=str(path)):
        reader.runs(Query())


def test_whoever_reads_while_it_is_made_finds_all_of_it_or_none(tmp_path: Path) -> None:
    states = [tmp_path / str(number) for number in range(20)]
    for state in states:
        state.mkdir()

    def make() -> None:
        for state in states:
            SQLiteStore(state / "history.db").close()

    with ThreadPoolExecutor() as pool:
        made = pool.submit(make)
        for state in states:
            while (reader := SQLiteReader.open_in(state)) is None:
                pass
            with closing(reader):
                assert [] == reader.runs(Query())
        made.result()

    assert not list(tmp_path.rglob("*.new*"))


def test_what_a_history_that_was_removed_left_behind_is_no_part_of_a_new_one(
    store: SQLiteStore, config: Config, path: Path
) -> None:
    started(store, config, "a", 1)  # it is in the log, which is there as long as it is open
    path.unlink()

    with closing(SQLiteStore(path)) as made:
        assert [] == made.runs(Query())


@pytest.mark.parametrize(
    ("wrong", "read"),
    [
        ("runs SET state = 'frob'", lambda reader: reader.runs(Query())),
        ("runs SET state = 'frob'", lambda reader: reader.last_runs(["a"])),
        ("runs SET state = 'frob'", lambda reader: reader.outcomes(["a"], 5)),
        ("runs SET trigger = x'00'", lambda reader: reader.runs(Query())),
        ("runs SET fire_time = 1 << 62", lambda reader: reader.runs(Query())),
        ("runs SET due = 'soon'", lambda reader: reader.runs(Query())),
        ("runs SET params = '{'", lambda reader: reader.open_attempts()),
        ("attempts SET claimed = 'soon'", lambda reader: reader.open_attempts()),
        ("cursors SET decided_until = x'00'", lambda reader: reader.cursors()),
    ],
)
def test_a_record_that_nobody_wrote_so_is_an_error_with_its_path(
    store: SQLiteStore,
    config: Config,
    path: Path,
    wrong: str,
    read: Callable[[SQLiteReader], object],
) -> None:
    started(store, config, "a", 1)
    store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {wrong}")

    with closing(SQLiteReader.open(path)) as reader:
        expected = f"^{path}: a record is damaged: .*; move it away, or restore a copy$"
        with pytest.raises(StoreError, match=expected):
            read(reader)


def test_a_file_that_ends_too_early_is_refused(
    store: SQLiteStore, config: Config, path: Path
) -> None:
    for minute in range(1, 300):
        started(store, config, "a", minute)
    store.close()
    path.write_bytes(path.read_bytes()[:10_000])

    with pytest.raises(StoreError):
        SQLiteStore(path)


@pytest.mark.parametrize("opening", [SQLiteStore, SQLiteReader.open])
def test_a_directory_is_refused(path: Path, opening: type[SQLiteStore]) -> None:
    path.mkdir()

    with pytest.raises(StoreError, match=str(path)):
        opening(path)


def test_nothing_to_read_is_an_error(path: Path) -> None:
    with pytest.raises(StoreError, match="nothing has run yet"):
        SQLiteReader.open(path)


def test_a_file_that_another_writer_holds_is_an_error_and_loses_nothing(
    store: SQLiteStore, config: Config, path: Path
) -> None:
    store._db.execute("PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            claim(store, config, due("a", 1))

    assert len(claim(store, config, due("a", 1))) == 1
    assert told(store) == ["a 12:01 running"]


def test_a_disk_that_is_full_is_an_error_and_loses_nothing(
    store: SQLiteStore, config: Config
) -> None:
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match="full"):
        claim(store, config, *(due("a", n) for n in range(1, 1000)))

    store._db.execute("PRAGMA max_page_count = 100000")
    assert told(store) == []
    assert len(claim(store, config, due("a", 1))) == 1


def test_a_load_that_could_not_be_written_was_none(path: Path, config: Config) -> None:
    with closing(FlakyStore(path)) as store:
        store.begin(HOLDER, at(0))
        store.broken = {store.writes + 1}
        with pytest.raises(StoreError, match="the disk is full"):
            store.load(config, "start", at(0))

        assert store.load(config, "start", at(1)) == ["a is new", "b is new"]
        assert store.load(config, "reload", at(2)) == []


def test_an_empty_file_becomes_a_history(path: Path) -> None:
    path.write_bytes(b"")

    store = SQLiteStore(path)
    store.begin(HOLDER, at(0))

    assert store.runs(Query()) == []
    store.close()
