"""How it is told what it means to go by other files: `plan` and `reload` answer alike."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schedkit import durations
from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.expected import going_on, waits
from schedkit.cli.render import Cell
from schedkit.cli.verbs.list import schedule_text
from schedkit.differences import (
    Differences,
    FireDifference,
    Going,
    JobDifference,
    KeyDifference,
)
from schedkit.job import Job
from schedkit.texts import safe, width
from schedkit.typed import Any, NamedTuple

_COLUMNS = ("JOB", "CHANGE", "WHAT", "BEFORE", "AFTER", "NOTE")
_COLOURS = {"new": "green", "gone": "red", "changed": "yellow", "renamed": "cyan"}
_LISTED = 5  # fire times that are told one by one
_LONG = 60  # characters of a value that are shown on a terminal
_AROUND = 15  # of them before the first that differs
_WIDEST = 24  # characters of a name that others are aligned with


class _Row(NamedTuple):
    """What differs; a note says what that means."""

    what: str
    before: Cell
    after: Cell
    note: Cell = Cell("-", "")


def going(state: Path) -> list[Going]:
    """
    Return the runs that are not over.

    Raises: StoreError, PermissionError.
    """
    from schedkit.run import run_id
    from schedkit.store.reader import SQLiteReader

    opened = SQLiteReader.open_in(state)
    if opened is None:
        return []
    with closing(opened) as store:
        runs = [Going(run_id(one.key.run), one.job, running=True) for one in going_on(store)]
        waiting = waits(store)
    return runs + [Going(run_id(one.key.run), one.job, running=False) for one in waiting]


def write(context: Context, found: Differences) -> None:
    """Write to stdout what changes."""
    rows = _all_rows(found)
    if sys.stdout.isatty():
        _write_aligned(rows, colour=context.colour())
        return
    cells = [(name, kind, row.what, row.before, row.after, row.note) for name, kind, row in rows]
    render.write_table(_COLUMNS, cells, colour=False)


def summary(found: Differences) -> str:
    """Return in a line how much changes."""
    kinds = [job.kind for job in found.jobs]
    parts = [f"{kinds.count(kind)} {kind}" for kind in _COLOURS if kind in kinds]
    parts += [f"{found.same} as before"] if found.same else []
    if any(job.fires_otherwise for job in found.jobs):
        return ", ".join(parts)
    fires = "no job fires otherwise than before"
    return f"{', '.join(parts)}: {fires}" if kinds or found.settings else fires


def as_json(found: Differences) -> dict[str, Any]:
    """Return what changes as plain data with stable names."""
    return {
        "now": found.now.astimezone().isoformat(),
        "until": found.until.astimezone().isoformat(),
        "jobs": [_job_as_json(job) for job in found.jobs],
        "settings": [_key_as_json(one) for one in found.settings],
        "unchanged": found.same,
    }


# ---- for people


def _all_rows(found: Differences) -> list[tuple[str, str, _Row]]:
    rows = [("-", "setting", _of_key(one)) for one in found.settings]
    return rows + [(one.job.name, one.kind, row) for one in found.jobs for row in _rows(one, found)]


def _rows(one: JobDifference, found: Differences) -> Iterator[_Row]:
    if one.kind == "renamed":
        assert one.before is not None
        note = "history and pause stay with the old name"
        yield _Row("name", Cell(one.before.name), Cell(one.job.name), Cell(note))
    elif one.kind in ("new", "gone"):
        was, becomes = (
            Cell("-" if job is None else schedule_text(job)) for job in (one.before, one.after)
        )
        yield _Row("schedule", was, becomes)
    if one.kind == "new":
        yield _Row("command", Cell("-"), _command(one.job))
        if one.fires is None and not one.job.enabled:
            yield _Row("enabled", Cell("-"), Cell("false"))
    for key in one.keys:
        yield _of_key(key)
    if one.fires is not None:
        yield from _of_fires(one, one.fires, found)
    for (run, _, running), effect in one.runs:
        state = "running" if running else "waiting"
        yield _Row(f"run {run}", Cell(state, ""), Cell(effect))


def _command(job: Job) -> Cell:
    command = shlex.join(job.command) if isinstance(job.command, tuple) else job.command
    whole = command or str(job.python)
    return Cell(whole, _shortened(whole, "")[0])


def _of_key(one: KeyDifference) -> _Row:
    was, becomes = _shortened(one.was, one.becomes)
    return _Row(one.key, Cell(one.was, was), Cell(one.becomes, becomes))


def _shortened(was: str, becomes: str) -> tuple[str, str]:
    """Return two texts as they are shown: where they are long, from where they differ."""
    if max(len(was), len(becomes)) <= _LONG:
        return was, becomes
    pairs = zip(was, becomes, strict=False)
    same = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(was), len(becomes)))
    begin = max(same - _AROUND, 0)

    def cut(text: str) -> str:
        end = begin + _LONG
        return ("…" if begin else "") + text[begin:end] + ("…" if len(text) > end else "")

    return cut(was), cut(becomes)


def _of_fires(one: JobDifference, fires: FireDifference, found: Differences) -> Iterator[_Row]:
    before, after = one.before, one.after
    coming = (_next(before, fires.first_before), _next(after, fires.first_after))
    if after is None or fires.first_after is None:
        note = Cell("-", "")
    elif fires.first_before == fires.first_after:
        note = Cell("as before")
    else:
        note = Cell("-", f"in {render.countdown(fires.first_after - found.now)}")
    yield _Row("next fire", *coming, note)
    were, are = (
        Cell("-" if job is None or not job.clock else str(len(times) + fires.kept))
        for job, times in ((before, fires.dropped), (after, fires.added))
    )
    yield _Row("fire times", were, are, Cell(", ".join(_about_fires(one, fires, found))))
    if before is None or after is None or fires.shift is not None:
        return
    if len(fires.dropped) + len(fires.added) <= _LISTED:
        for time in fires.dropped:
            yield _Row("dropped", _moment(time, before), Cell("-", ""))
        for time in fires.added:
            yield _Row("added", Cell("-", ""), _moment(time, after))


def _about_fires(one: JobDifference, fires: FireDifference, found: Differences) -> Iterator[str]:
    if fires.until == found.until:
        days = (found.until - found.now).days
        yield "in the next day" if days == 1 else f"in the next {days} days"
    else:
        until = fires.until.astimezone(one.job.timezone)
        yield f"up to {until:%Y-%m-%d %H:%M:%S %Z}, later ones are too many to look at"
    if one.before is not None and one.after is not None:
        yield _how(fires)
    yield from fires.ends


def _how(fires: FireDifference) -> str:
    if not fires.dropped and not fires.added:
        return "as before"
    if fires.shift is not None:
        later = "later" if fires.shift > timedelta(0) else "earlier"
        return f"each {durations.text(abs(fires.shift))} {later}"
    counted = ((len(fires.dropped), "dropped"), (len(fires.added), "added"))
    return ", ".join(f"{count} {what}" for count, what in counted if count)


def _next(job: Job | None, fire: datetime | None) -> Cell:
    if job is None or not job.clock:
        return Cell("-")
    if fire is not None:
        return _moment(fire, job)
    if not job.enabled:
        return Cell("disabled")
    return Cell("at startup" if job.starts_with_runner else "never")


def _moment(time: datetime, job: Job) -> Cell:
    return render.moment(time.astimezone(job.timezone))


def _write_aligned(rows: Iterable[tuple[str, str, _Row]], *, colour: bool) -> None:
    """Write the rows of each job below its name, as wide as they are."""
    told = [(safe(name), kind, safe(row.what), _said(kind, row)) for name, kind, row in rows]
    widths = [
        min(max((width(row[column]) for row in told), default=0), _WIDEST) for column in range(3)
    ]
    lines = []
    last: str | None = None
    for name, kind, what, said in told:
        first = name != last
        cells = (name if first else "", kind if first else "", what)
        colours = ("bold", _COLOURS.get(kind), "dim")
        shown = (
            render.painted(cell, which, wanted=colour and bool(cell))
            + " " * max(cells_wide - width(cell), 0)
            for cell, which, cells_wide in zip(cells, colours, widths, strict=True)
        )
        lines.append("  ".join((*shown, said)))
        last = name
    render.write_text("".join(f"{line}\n" for line in lines))


def _said(kind: str, row: _Row) -> str:
    before, after, note = (
        safe(cell.plain if cell.shown is None else cell.shown)
        for cell in (row.before, row.after, row.note)
    )
    if kind == "gone" and after == "-":
        said = f"was {before}"
    elif kind == "new" or not before:
        said = after
    elif not after or (before == after and note):
        said = before
    else:
        said = " -> ".join("none" if text == "-" else text for text in (before, after))
    comma = " " if row.what == "fire times" else ", "
    return f"{said}{comma}{note}" if note else said


# ---- for programs


def _job_as_json(one: JobDifference) -> dict[str, Any]:
    renamed = one.before if one.kind == "renamed" else None
    return {
        "job": one.job.name,
        "change": one.kind,
        "renamed_from": None if renamed is None else renamed.name,
        "keys": [_key_as_json(key) for key in one.keys],
        "fires": None if one.fires is None else _fires_as_json(one, one.fires),
        "runs": [
            {"run": run, "state": "running" if running else "waiting", "effect": effect}
            for (run, _, running), effect in one.runs
        ],
    }


def _key_as_json(one: KeyDifference) -> dict[str, Any]:
    return {"key": one.key, "before": one.before, "after": one.after}


def _fires_as_json(one: JobDifference, fires: FireDifference) -> dict[str, Any]:
    def iso(time: datetime | None, job: Job | None) -> str | None:
        zone = UTC if job is None else job.timezone
        return None if time is None else time.astimezone(zone).isoformat()

    return {
        "next_before": iso(fires.first_before, one.before),
        "next_after": iso(fires.first_after, one.after),
        "dropped": [iso(time, one.before) for time in fires.dropped],
        "added": [iso(time, one.after) for time in fires.added],
        "kept": fires.kept,
        "until": iso(fires.until, one.after or one.before),
        "notes": list(fires.ends),
    }
