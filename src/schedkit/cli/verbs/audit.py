"""`sched audit`: who changed, paused, triggered, reloaded what, and when."""

from __future__ import annotations

import heapq
import sys
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Option
from schedkit.cli.render import Cell
from schedkit.cli.rows import ROWS, Number, Since, Until, most
from schedkit.run import Change, Load
from schedkit.store import Reader
from schedkit.typed import Annotated, Any, NamedTuple

_NAMED = 3  # changes of one load that a person is shown
_COLUMNS = ("TIME", "WHO", "WHAT", "TARGET", "DETAIL")


class _Act(NamedTuple):
    """Something that was done at a time (UTC), and in how many words it may be told."""

    time: datetime
    who: str
    verb: str
    target: str
    details: tuple[str, ...]


def audit(
    context: Context,
    number: Number = None,
    since: Since = None,
    until: Until = None,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """Show who changed, paused, triggered what, newest first."""
    limit = most(number, since, until)
    store = context.history()
    acts: list[_Act] = []
    if store is not None:
        with closing(store):
            acts = _acts(store, None if limit is None else limit + 1, since, until)
    more = limit is not None and len(acts) > limit
    acts = acts[:limit]
    if json:
        render.write_json([_as_json(one) for one in acts])
        return 0
    now = datetime.now(UTC)
    render.write_table(_COLUMNS, [_row(one, now) for one in acts], colour=context.colour())
    if store is None:
        sys.stderr.write(f"nothing has run yet: {context.command('run')}\n")
    elif more and number is None:
        sys.stderr.write(f"there are more: {context.command('audit', '-n', str(5 * ROWS))}\n")
    return 0


def _acts(
    store: Reader, limit: int | None, since: datetime | None, until: datetime | None
) -> list[_Act]:
    changes = map(_of_change, store.changes(limit, since, until))
    loads = map(_of_load, store.loads(limit, since, until))
    return list(islice(heapq.merge(changes, loads, key=lambda one: one.time, reverse=True), limit))


def _of_change(change: Change) -> _Act:
    details = () if change.detail is None else (change.detail,)
    return _Act(change.time, change.who, change.verb, change.target, details)


def _of_load(load: Load) -> _Act:
    if load.again:
        details = load.changes or ("no job fires otherwise",)
        return _Act(load.time, "runner", "load", "the files", details)
    details = (f"sched {load.version}", *load.changes)
    return _Act(load.time, "runner", "start", f"pid {load.pid}", details)


def _row(one: _Act, now: datetime) -> list[Cell]:
    few = one.details
    if len(few) > _NAMED + 1:
        few = (*few[:_NAMED], f"{len(few) - _NAMED} more")
    return [
        render.past(one.time.astimezone(), now),
        Cell(one.who),
        Cell(one.verb, colour="cyan"),
        Cell(one.target, colour="bold"),
        Cell("; ".join(one.details), "; ".join(few)),
    ]


def _as_json(one: _Act) -> dict[str, Any]:
    return {
        "time": one.time.astimezone().isoformat(),
        "who": one.who,
        "verb": one.verb,
        "target": one.target,
        "detail": "; ".join(one.details) or None,
    }
