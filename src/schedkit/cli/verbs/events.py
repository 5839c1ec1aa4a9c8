"""`sched events`: what has happened beside time, and which runs that has caused."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from schedkit.cli import causation, render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.render import Cell
from schedkit.cli.rows import ROWS, Number, Since, Until, most
from schedkit.events import RUN, Event
from schedkit.run import Run, run_id
from schedkit.typed import Annotated, Any

_CLIPPED = 60  # characters of a payload that a person is shown
_COLUMNS = ("EVENT", "TIME", "NAME", "WHO", "KEY", "RUNS", "PAYLOAD")
# On a terminal that is too narrow, what came of it stays longest.
_GIVING_WAY = (
    ("PAYLOAD", 20), ("KEY", 12), ("WHO", 12), ("PAYLOAD", 10), ("KEY", 0), ("RUNS", 30),
    ("PAYLOAD", 0), ("WHO", 0), ("NAME", 12), ("RUNS", 12),
)  # fmt: skip


def events(
    context: Context,
    names: Annotated[
        tuple[str, ...], Argument("Only of these names; * stands for anything.", "EVENT")
    ] = (),
    number: Number = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[
        bool, Option(("--all",), "Also the ends of runs that other jobs wait for.")
    ] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Show what happened beside time, newest first.

    What was emitted, files that came, promises that were broken; and which runs each has caused.
    """
    limit = most(number, since, until)
    asks_for_runs = everything or any(name.startswith(RUN) for name in names)
    store = context.history()
    found: list[Event] = []
    caused: Mapping[int, Sequence[Run]] = {}
    if store is not None:
        with closing(store):
            without = () if asks_for_runs else (f"{RUN}*",)
            more = None if limit is None else limit + 1  # to know whether there are
            found = store.events(names, more, since, until, without)
            caused = causation.runs_of(found[:limit], store)
    shown = [(event, caused.get(event.id, ())) for event in found[:limit]]
    if json:
        render.write_json([as_json(*one) for one in shown])
    else:
        now = datetime.now(UTC)
        rows = [_row(*one, now) for one in shown]
        render.write_table(_COLUMNS, rows, colour=context.colour(), giving_way=_GIVING_WAY)
    if number is None and len(found) > len(shown):
        words = [*names, *(["--all"] if everything else []), "-n", str(5 * ROWS)]
        sys.stderr.write(f"there are more: {context.command('events', *words)}\n")
    elif not shown and not json:
        filtered = bool(names or since or until)
        sys.stderr.write(f"{_why_empty(context, filtered=filtered)}\n")
    return 0


def _why_empty(context: Context, *, filtered: bool) -> str:
    if filtered:
        return f"no event matches; all there are: {context.command('events', '--all')}"
    return f"nothing has happened yet: {context.command('emit', 'EVENT')}"


def _row(event: Event, runs: Sequence[Run], now: datetime) -> list[Cell | str]:
    payload = _compact(event.payload)
    clipped = payload if len(payload) <= _CLIPPED else f"{payload[: _CLIPPED - 1]}…"
    return [
        Cell(str(event.id), colour="dim"),
        render.past(event.time.astimezone(), now),
        Cell(event.name, colour="bold"),
        _about(event),
        "-" if event.key is None else event.key,
        Cell(causation.runs_text((run.job, run.id, run.state) for run in runs), colour="cyan"),
        Cell(payload, clipped),
    ]


def _about(event: Event) -> str:
    """Return what an event is about: a job and its run, or else who emitted it."""
    if event.job is None:
        return event.who
    return event.job if event.run is None else f"{event.job} {run_id(event.run)}"


def _compact(payload: dict[str, Any]) -> str:
    import json

    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return text if text.isprintable() else json.dumps(payload, separators=(",", ":"))


def as_json(event: Event, runs: Sequence[Run]) -> dict[str, Any]:
    """Return an event as plain data with stable names."""
    return {
        "id": event.id,
        "time": event.time.astimezone().isoformat(),
        "name": event.name,
        "key": event.key,
        "job": event.job,
        "run": None if event.run is None else run_id(event.run),
        "who": event.who,
        "payload": event.payload,
        "runs": [{"job": run.job, "run": run.id, "state": run.state} for run in runs],
    }
