"""The SQLite file of a history: opened, checked and made; and how it has instants and lengths."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from schedkit.errors import StoreError
from schedkit.store.migrations import AS_NEW, OLDEST, migrate, text
from schedkit.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 5  # of the schema: `PRAGMA user_version`
# Of the log, before it goes into the file. SQLite's 1,000 fill a small disk, on which the file
# cannot grow then: no way out.
_LOG_PAGES = 100
RESTORE = "move it away, or restore a copy"  # the way out of a damaged file
_BUSY = 5.0  # seconds; only a person's sqlite3 shell can hold the lock against us
_UNRESERVED = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"  # in a URI
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(time: datetime) -> int:
    """Return an instant as the file has it."""
    return (time - _EPOCH) // _MICROSECOND


def micros_or_none(time: datetime | None) -> int | None:
    """Return an instant that there may be as the file has it."""
    return None if time is None else to_micros(time)


def instant(number: int) -> datetime:
    """Return an instant (UTC) from what the file has."""
    return _EPOCH + number * _MICROSECOND


def instant_or_none(number: int | None) -> datetime | None:
    """Return an instant (UTC) that there may be from what the file has."""
    return None if number is None else instant(number)


def micros(length: timedelta | None) -> int | None:
    """Return a length of time as the file has it."""
    return None if length is None else length // _MICROSECOND


def length_or_none(number: int | None) -> timedelta | None:
    """Return a length of time that there may be from what the file has."""
    return None if number is None else number * _MICROSECOND


@contextmanager
def as_store_error(path: str | os.PathLike[str]) -> Iterator[None]:
    """
    Turn what SQLite raises within into ours.

    Raises: StoreError.
    """
    try:
        yield
    except sqlite3.Error as error:
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says where it was found
        damaged = kind in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
        way_out = f"; {RESTORE}" if damaged else ""
        raise StoreError(f"{path}: {error}{way_out}") from error


def open_to_write(path: Path) -> sqlite3.Connection:
    """
    Open the file, made when there is none: a commit is on disk when it returns.

    Raises: StoreError when it is damaged, of another program or of another version.
    """
    with as_store_error(path):
        if not os.path.lexists(path):
            _make(path)
        return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    """Make the file under another name: whoever reads meanwhile finds all of it, or none."""
    new = path.with_name(f"{path.name}.new")
    try:
        for place in (new, path):  # one that was not finished, and one that has been removed
            for end in ("", "-wal", "-shm"):
                place.with_name(place.name + end).unlink(missing_ok=True)
        _opened(new).close()
        new.replace(path)
        _sync(path.parent)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{path} cannot be made: {reason}") from error


def _sync(directory: Path) -> None:
    """Have on disk what a directory names."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_to_read(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """
    Open the file read-only.

    Raises: StoreError when there is none, it is damaged, or of another version; PermissionError.
    """
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"{path} is not there: nothing has run yet") from None
    if not os.access(path, os.R_OK):  # which SQLite does not tell from what else can be wrong
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    # Without a log beside it nobody writes; in a directory that we may not write to, SQLite
    # could not make the index that it wants even for reading.
    quiet = "" if os.path.exists(f"{os.fspath(path)}-wal") else "&immutable=1"
    uri = f"file:{_quoted(os.path.abspath(path))}?mode=ro{quiet}"
    with as_store_error(path):
        connection = sqlite3.connect(uri, uri=True, timeout=1.0, isolation_level=None)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            _check(version, path)
            if version < VERSION:
                connection.executescript(AS_NEW)
        except BaseException:
            connection.close()
            raise
    return connection


def _quoted(path: str) -> str:
    """Return a path as it stands in a URI. Source: RFC 3986, 2.3 and 3.3."""
    return "".join(
        chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in os.fsencode(path)
    )


def _check(version: int, path: str | os.PathLike[str]) -> None:
    if version == 0:
        raise StoreError(f"{path} is not a history of sched")
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer sched (schema {version}, this one knows {VERSION}):"
            " install that version again, or move the file away"
        )
    if version < OLDEST:  # those from it on can be read, and are brought up to date to be written
        raise StoreError(
            f"{path} was written by a sched that was never released (schema {version}):"
            " move the file away"
        )


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Check the file, or make it what it has to be."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    empty = version == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone()
    if not empty:
        _check(version, path)
        (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            said = " ".join(verdict.split())  # it has several lines
            raise StoreError(f"{path} is damaged: {said}; {RESTORE}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    db.execute("PRAGMA foreign_keys = ON")
    if not empty:
        migrate(db, version)
    else:
        schema = text("schema.sql") + text("events.sql")
        first_row = f"INSERT INTO store VALUES ('{os.urandom(16).hex()}')"  # our own
        version_now = f"PRAGMA user_version = {VERSION}"
        db.executescript(f"BEGIN IMMEDIATE; {schema} {first_row}; {version_now}; COMMIT;")
