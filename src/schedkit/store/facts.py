"""How what happens is written: the first start and the first end of an attempt stand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from schedkit.run import AttemptKey, Ended, Fact, Started, State, Unclaimed, Unstarted
from schedkit.store.file import micros, micros_or_none, to_micros
from schedkit.typed import assert_never

_START = (
    "UPDATE attempts SET started = ?, pid = ?, process_start = ?, command = ?, output = ?"
    " WHERE run = ? AND number = ? AND started IS NULL AND ended IS NULL"
)
# With its start, where that is not written yet: of most that are short, both come together.
_END = (
    "UPDATE attempts SET ended = ?, state = ?, reason = ?, exit_code = ?, signal = ?,"
    " duration = ?, peak_memory_kb = ?, cpu_time = ?, output_bytes = ?, dropped_bytes = ?,"
    " result = ?, started = coalesce(started, ?), pid = coalesce(pid, ?),"
    " process_start = coalesce(process_start, ?), command = coalesce(command, ?),"
    " output = iif(? = 0, NULL, coalesce(output, ?))"
    " WHERE run = ? AND number = ? AND ended IS NULL"
)
# Before the end of the attempt is written: one that has an end changes its run no more.
_END_OF_RUN = (
    "UPDATE runs SET state = ?1, reason = ?2, retry_at = ?3, ended = ?4 WHERE id = ?5"
    " AND EXISTS (SELECT 1 FROM attempts WHERE run = ?5 AND number = ?6 AND ended IS NULL)"
)
_START_COLUMNS = 5


def write(db: sqlite3.Connection, facts: Iterable[Fact]) -> None:
    """Write facts, those of one attempt in their order; what is written already stays."""
    starts: dict[AttemptKey, Started] = {}
    ends: dict[AttemptKey, Ended] = {}
    others: list[Unstarted | Unclaimed] = []
    for fact in facts:
        match fact:
            case Started():
                if fact.key not in ends:
                    starts.setdefault(fact.key, fact)
            case Ended():
                ends.setdefault(fact.key, fact)
            case _:
                others.append(fact)
    begun = {key: _start(fact) for key, fact in starts.items()}
    db.executemany(_START, [(*row, *key) for key, row in begun.items() if key not in ends])
    db.executemany(_END_OF_RUN, map(_end_of_run, ends.values()))
    unknown = (None,) * _START_COLUMNS
    db.executemany(_END, [_end(fact, begun.get(key, unknown)) for key, fact in ends.items()])
    for other in others:
        match other:
            case Unstarted():
                _write_no_start(db, other)
            case Unclaimed():
                _take_back(db, other)
            case _:
                assert_never(other)


def _start(fact: Started) -> tuple[object, ...]:
    return (to_micros(fact.time), fact.pid, fact.process_start, fact.command, fact.output)


def _end(fact: Ended, start: tuple[object, ...]) -> tuple[object, ...]:
    *begun, output = start
    return (
        to_micros(fact.time), fact.state, fact.reason, fact.exit_code, fact.signal,
        micros(fact.duration), fact.peak_memory_kb, micros(fact.cpu_time), fact.output_bytes,
        fact.dropped_bytes, fact.result, *begun, fact.output_bytes, output, *fact.key,
    )  # fmt: skip


def _end_of_run(fact: Ended) -> tuple[object, ...]:
    state = State.QUEUED if fact.meets else fact.state if fact.is_last else State.RETRYING
    return (
        state,
        fact.reason,
        micros_or_none(fact.retry_at),
        to_micros(fact.time) if fact.is_last else None,
        *fact.key,
    )


def _write_no_start(db: sqlite3.Connection, fact: Unstarted) -> None:
    db.execute(
        "UPDATE runs SET state = ?, reason = ?, ended = ?, retry_at = NULL"
        " WHERE id = ? AND state IN ('queued', 'retrying')",
        (fact.state, fact.reason, to_micros(fact.time), fact.run),
    )


def _take_back(db: sqlite3.Connection, fact: Unclaimed) -> None:
    cursor = db.execute(
        "DELETE FROM attempts WHERE run = ?1 AND number = ?2"
        " AND (started IS NULL OR ?2 = 0) AND ended IS NULL",
        fact.key,
    )
    if cursor.rowcount == 1:
        first = fact.key.number <= 1
        db.execute(
            "UPDATE runs SET state = ?, retry_at = ?, reason = iif(?, NULL, reason) WHERE id = ?",
            (
                State.QUEUED if first else State.RETRYING,
                None if first else to_micros(fact.time),
                first,
                fact.key.run,
            ),
        )
