"""How events are kept, and what follows from them is written: once for each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from schedkit.events import Arrival, Emitted, Event, Gone, Reaction
from schedkit.store.file import instant, to_micros
from schedkit.typed import Any

_COLUMNS = "id, time, name, key, job, run, who, payload"
_EMIT = (
    "INSERT INTO events (time, name, key, job, who, payload) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_KNOWN = "SELECT id FROM events WHERE name = ? AND key = ?"
UNREACTED = (
    f"SELECT {_COLUMNS} FROM events WHERE id > (SELECT until FROM reacted) ORDER BY id LIMIT ?"
)
_LISTED = (
    f"SELECT {_COLUMNS} FROM events WHERE time BETWEEN ? AND ? {{named}} ORDER BY id DESC LIMIT ?"
)
_FORGET = (
    "DELETE FROM events WHERE id IN (SELECT id FROM events"
    " WHERE time < ? AND id <= (SELECT until FROM reacted) ORDER BY time LIMIT ?)"
)
_FORGET_FILE = "DELETE FROM arrivals WHERE job = ? AND path = ?"
_KNOWN_FILE = "SELECT content FROM arrivals WHERE job = ? AND path = ?"
_DELIVERIES = (
    "INSERT INTO deliveries"
    " (event, job, run, reason, kind, receiver, lane, message, created, due)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?9, ?9)"
)


def emit(
    db: sqlite3.Connection, events: Iterable[Emitted], now: datetime
) -> list[tuple[int, bool]]:
    """Keep events; return the number of each, and whether it is new."""
    kept: list[tuple[int, bool]] = []
    for one in events:
        row = db.execute(
            _EMIT,
            (to_micros(one.time or now), one.name, one.key, one.job, one.who, one.payload),
        ).fetchone()
        if row is None:
            (number,) = db.execute(_KNOWN, (one.name, one.key)).fetchone()
            kept.append((number, False))
        else:
            kept.append((row[0], True))
    return kept


def arrive(db: sqlite3.Connection, told: Iterable[Arrival | Gone], now: datetime) -> int:
    """Keep files that came as events, unless they are known; return how many are new."""
    new = 0
    for one in told:
        name = _name(one.path)
        if isinstance(one, Gone):
            db.execute(_FORGET_FILE, (one.job, name))
            continue
        job, _, content, mark, event = one
        known = db.execute(_KNOWN_FILE, (job, name)).fetchone()
        row = (job, name, content, mark)
        db.execute("INSERT OR REPLACE INTO arrivals VALUES (?, ?, ?, ?)", row)
        if known != (content,):
            emit(db, [event], now)
            new += 1
    return new


def forget(db: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Drop events of before a time of which all has followed; return how many, at most *limit*."""
    return db.execute(_FORGET, (to_micros(before), limit)).rowcount


def _name(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")  # any bytes may be a name


def arrivals(db: sqlite3.Connection) -> list[tuple[str, str, str, int]]:
    """Return of each file that came: its job, path, content and mark."""
    return [
        (job, path.decode("utf-8", "surrogateescape"), content, mark)
        for job, path, content, mark in db.execute("SELECT * FROM arrivals")
    ]


def react(db: sqlite3.Connection, reaction: Reaction, now: datetime) -> None:
    """Write what follows from events, and that it has."""
    db.execute("UPDATE reacted SET until = ? WHERE until < ?", (reaction.until,) * 2)
    db.executemany(
        "UPDATE cursors SET progress = ? WHERE job = ?",
        [(progress, job) for job, progress in reaction.progress.items()],
    )
    db.executemany(
        _DELIVERIES,
        [
            (d.event, d.job, d.run, d.reason, d.kind, d.receiver, d.lane, d.message, to_micros(now))
            for d in reaction.deliveries
        ],
    )
    db.executemany(
        "INSERT OR REPLACE INTO streaks (job, failures, detail) VALUES (?, ?, ?)",
        [(job, failures, detail) for job, (failures, detail) in reaction.streaks.items()],
    )


def hear(db: sqlite3.Connection, heard: Mapping[str, bool]) -> None:
    """Make events of the states of runs of these jobs, and of no others."""
    db.execute("DELETE FROM heard")
    db.executemany("INSERT INTO heard (job, begins) VALUES (?, ?)", heard.items())


def listed(
    db: sqlite3.Connection,
    names: Sequence[str],
    limit: int | None,
    first: int,
    last: int,
    *,
    without: Sequence[str] = (),
) -> sqlite3.Cursor:
    """
    Return the rows of events, newest first, between two times.

    Of these names, in which * and ? stand for any characters, or of all for none; never of those
    that are *without* them.
    """
    named = f"AND ({' OR '.join(['name GLOB ?'] * len(names))})" if names else ""
    named += " AND name NOT GLOB ?" * len(without)
    asked = _LISTED.format(named=named)
    return db.execute(asked, (first, last, *names, *without, -1 if limit is None else limit))


def event(row: Sequence[Any]) -> Event:
    """Return the event of a row."""
    import json  # few histories have any

    number, time, name, key, job, run, who, payload = row
    return Event(number, instant(time), name, key, job, run, who, json.loads(payload))
