"""What people should have been told and were not, as `sched status` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from schedkit.cli import render
from schedkit.cli.render import Cell
from schedkit.store.deliveries import Undelivered
from schedkit.typed import Any


def problems(found: Sequence[Undelivered], now: datetime) -> list[str]:
    """Return what was not sent in a sentence, for one receiver with the reason."""
    if not found:
        return []
    if len(found) == 1:
        (one,) = found
        return [f"{_messages(one)} {_state(one)} since {_since(one, now).shown}{_why(one)}"]
    total = sum(one.count for one in found)
    return [f"{total} messages to {len(found)} receivers are not sent"]


def cells(found: Sequence[Undelivered], now: datetime) -> Iterator[Cell]:
    """Yield what was not sent to each receiver."""
    for one in found:
        since = _since(one, now)
        begin, why = f"{_messages(one)} {_state(one)} since", _why(one)
        colour = "red" if one.failed else "yellow"
        yield Cell(f"{begin} {since.plain}{why}", f"{begin} {since.shown}{why}", colour)


def as_json(one: Undelivered) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "receiver": one.kind,
        "job": one.job,
        "about": one.reason,
        "messages": one.count,
        "since": one.since.astimezone().isoformat(),
        "failed": one.failed,
        "error": one.error,
    }


def _messages(one: Undelivered) -> str:
    word = "ping" if one.kind == "ping" else "message"
    how = f"{word}{'' if one.count == 1 else 's'}"
    how += "" if one.kind == "ping" else f" by {one.kind}"
    about = one.job if one.jobs == 1 else f"{one.jobs} jobs"
    return f"{one.count} {how} about {about}"


def _state(one: Undelivered) -> str:
    return "not sent" if one.failed else "waiting"


def _since(one: Undelivered, now: datetime) -> Cell:
    return render.past(one.since.astimezone(), now)


def _why(one: Undelivered) -> str:
    return f": {one.error}" if one.error else ""
