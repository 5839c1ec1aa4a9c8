"""`sched show`: everything about one job."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from schedkit import durations
from schedkit.cli import health, pauses, render, waiting
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.expected import Beside, Expected, expected, going_on
from schedkit.cli.render import Cell
from schedkit.cli.standing import Standing, running_as_json, standing
from schedkit.cli.verbs import history
from schedkit.cli.verbs import next as coming_up
from schedkit.cli.verbs.list import schedule_text
from schedkit.job import Job
from schedkit.records import Record
from schedkit.report import shown
from schedkit.run import OpenAttempt, Pause, Run, State, run_id
from schedkit.store import Query, Reader
from schedkit.texts import safe, width
from schedkit.typed import TYPE_CHECKING, Annotated, Any, NamedTuple

if TYPE_CHECKING:  # it brings YAML
    from schedkit.loader.written import Setting

_LAST, _NEXT = 5, 3
# Columns of a value that its place stands below those of others for: more are not wanted, less
# only where the terminal is wide enough for no line at all.
_WIDEST, _NARROWEST = 60, 12


class Row(NamedTuple):
    """A line: what it is about, what is so, and where that is written."""

    key: str
    value: Cell
    place: str = ""
    origin: str = ""


class _Past(Record):
    """What the history knows of a job."""

    runs: Sequence[Run] = ()
    failing: Run | None = None
    succeeded: Run | None = None
    running: Sequence[OpenAttempt] = ()
    waiting: Sequence[Expected] = ()
    pause: Pause | None = None


class _Known(Record):
    """All that is known of a job."""

    stands: Standing
    settings: Sequence[Setting]
    past: _Past
    coming: Sequence[tuple[coming_up.Coming, Pause | None]]
    waits: Sequence[tuple[waiting.Wait, Pause | None]]
    now: datetime

    @property
    def job(self) -> Job:
        """The job."""
        return self.stands.job


def show(
    context: Context,
    job: Annotated[str, Argument("The job.", "JOB")],
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Show all there is to know of a job.

    Its settings and where they are written, its last runs, its next fire times.
    """
    known = _known(context, job)
    if json:
        render.write_json(_as_json(known))
        return 0
    groups = [list(group) for group in _groups(known)]
    _write([group for group in groups if group], colour=context.colour())
    return 0


def _known(context: Context, name: str) -> _Known:
    config = context.load()
    (job,) = config.named([name])
    from schedkit.loader.written import settings

    now = datetime.now(UTC)
    store = context.history(config)
    past = _Past()
    if store is not None:
        with closing(store):
            past = _past(store, name, now)
    beside = Beside(
        [one for one in past.waiting if one.due > now],
        {} if past.pause is None else {name: past.pause},
    )
    fires = islice(coming_up.coming([job], now, expected=beside.expected), _NEXT)
    return _Known(
        standing(job, past.pause, past.running, now),
        settings(job, context.paths),
        past,
        [(one, beside.pause(name, one.time)) for one in fires],
        [(one, beside.pause(name, now)) for one in waiting.waits([job], config.by_name, now)],
        now,
    )


def _past(store: Reader, name: str, now: datetime) -> _Past:
    def last(*states: State, limit: int = 1) -> list[Run]:
        return store.runs(Query(frozenset({name}), frozenset(states), limit=limit))

    return _Past(
        last(limit=_LAST),
        next(iter(health.failing(store, [name])), None),
        next(iter(last(State.SUCCEEDED)), None),
        [one for one in going_on(store) if one.job == name],
        expected(store, {name}),
        pauses.pauses(store, now).get(name),
    )


# ---- for people


def _groups(known: _Known) -> Iterator[Iterator[Row]]:
    yield _at_a_glance(known)
    yield (_setting(one) for one in known.settings if one.origin == "job")
    yield (_setting(one) for one in known.settings if one.origin != "job")
    yield _going_on(known)
    last = [_run(run, known.now) for run in known.past.runs]
    yield (Row("last", cell) for cell in _table(last))
    yield _next(known)


def _at_a_glance(known: _Known) -> Iterator[Row]:
    job = known.job
    yield Row("job", Cell(job.name, colour="bold"), f"{shown(job.file)}:{job.line}")
    yield Row("state", known.stands.cell(known.now))
    yield Row("schedule", Cell(f"{schedule_text(job)}, {job.timezone}"))
    yield Row("health", _health(known))


def _setting(setting: Setting) -> Row:
    origin = "" if setting.origin == "job" else f" ({setting.origin})"
    return Row(setting.key, Cell(setting.value), setting.place, origin)


def _health(known: _Known) -> Cell:
    """Return in a sentence how the last run went that came to anything."""
    failing, succeeded = known.past.failing, known.past.succeeded
    if failing is None and succeeded is None:
        return Cell("nothing has come of it yet")
    said, plain = [], []
    for run in (failing, succeeded):
        if run is None:
            continue
        when = _past_time(run, known.now)
        state = run.state.replace("_", " ")
        words = "{} {}" if failing is run else "last {} {}"
        reason = f": {run.reason}" if run is failing and run.reason else ""
        plain.append(words.format(state, when.plain) + reason)
        said.append(words.format(state, when.shown) + reason)
    if failing is not None and succeeded is None:
        plain.append("has never succeeded")
        said.append("has never succeeded")
    return Cell("; ".join(plain), "; ".join(said), "green" if failing is None else "red")


def _past_time(run: Run, now: datetime) -> Cell:
    return render.past(run.fire_time.astimezone(ZoneInfo(run.timezone)), now)


def _going_on(known: _Known) -> Iterator[Row]:
    for one in known.past.running:
        name = f"{run_id(one.key.run)}, attempt {one.key.number}"
        if one.started is None:
            yield Row("running", Cell(f"{name}, about to start", colour="cyan"))
            continue
        pid = f", pid {one.pid}"
        since = one.started.astimezone(known.job.timezone).isoformat()
        text = f"{name}, for {durations.brief(known.now - one.started)}{pid}"
        yield Row("running", Cell(f"{name}, since {since}{pid}", text, "cyan"))
    for wait in known.past.waiting:
        due = render.moment(wait.due.astimezone(known.job.timezone))
        name, left = f"{wait.run.id}, {wait}", render.countdown(wait.due - known.now)
        when = "for its turn" if left == "-" else f"for {due.shown}, in {left}"
        yield Row("waiting", Cell(f"{name}, for {due.plain}", f"{name}, {when}", "cyan"))


def _run(run: Run, now: datetime) -> list[Cell]:
    took = run.duration
    if run.state is State.RUNNING and run.started is not None:
        took = now - run.started
    return [
        Cell(run.id),
        Cell(run.state),
        _past_time(run, now),
        Cell("-" if took is None else durations.brief(took)),
        history.note(run, now),
    ]


def _next(known: _Known) -> Iterator[Row]:
    waits = [waiting.why(*one) for one in known.waits]
    if not known.coming and not waits:
        none = known.stands.note or "nothing"
        yield Row("next", Cell(none, colour="yellow"))
        return
    rows = [
        [
            render.moment(one.time.astimezone(known.job.timezone)),
            Cell(render.countdown(one.time - known.now)),
            Cell(coming_up.why(one, pause)),
        ]
        for one, pause in known.coming
    ]
    yield from (Row("next", cell) for cell in (*_table(rows), *waits))


def _table(rows: Sequence[Sequence[Cell]]) -> Iterator[Cell]:
    """Yield each row as one cell: in a pipe with blanks between, on a terminal aligned."""
    texts = [[safe(c.plain if c.shown is None else c.shown) for c in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    for row, text in zip(rows, texts, strict=True):
        padded = (one + " " * (most - width(one)) for one, most in zip(text, widths, strict=True))
        plain = " ".join(cell.plain for cell in row).rstrip()
        yield Cell(plain, "  ".join(padded).rstrip())


def _write(groups: Sequence[Sequence[Row]], *, colour: bool) -> None:
    rows = [row for group in groups for row in group]
    if not sys.stdout.isatty():
        table = [[Cell(row.key), row.value, Cell(row.place)] for row in rows]
        render.write_table(("KEY", "VALUE", "PLACE"), table, colour=False)
        return
    keys = max(width(safe(row.key)) for row in rows)
    places = max(width(safe(row.place + row.origin)) for row in rows)
    room = min(_WIDEST, max(render.terminal_width() - keys - places - 4, _NARROWEST))
    values = max(min(width(_shown(row)), room) for row in rows if row.place)
    blocks = [
        "\n".join(_line(row, keys, values, colour=colour) for row in group) for group in groups
    ]
    render.write_text("\n\n".join(blocks) + "\n")


def _shown(row: Row) -> str:
    return safe(row.value.plain if row.value.shown is None else row.value.shown)


def _line(row: Row, keys: int, values: int, *, colour: bool) -> str:
    key, text = safe(row.key), _shown(row)
    line = key + " " * (keys - width(key) + 2)
    line += render.painted(text, row.value.colour, wanted=colour and bool(text))
    if row.place:
        place = render.painted(safe(row.place + row.origin), "dim", wanted=colour)
        line += " " * (max(values - width(text), 0) + 2) + place
    return line.rstrip()


# ---- for programs


def _as_json(known: _Known) -> dict[str, Any]:
    job, past = known.job, known.past
    return {
        "job": job.name,
        "description": job.description,
        "file": shown(job.file),
        "line": job.line,
        "enabled": job.enabled,
        "state": known.stands.state,
        "paused": None if past.pause is None else pauses.pause_as_json(past.pause),
        "schedule": schedule_text(job),
        "timezone": str(job.timezone),
        "failing": past.failing is not None,
        "health": _health(known).plain,
        "settings": [
            {
                "key": one.key,
                "value": one.value,
                "from": one.origin,
                "file": one.file,
                "line": one.line,
            }
            for one in known.settings
        ],
        "running": list(running_as_json(job, past.running)),
        "waiting": [
            {
                "id": one.run.id,
                "trigger": one.run.trigger,
                "who": one.run.who,
                "attempt": one.attempt,
                "due": one.due.astimezone(job.timezone).isoformat(),
            }
            for one in past.waiting
        ],
        "runs": [history.as_json(run) for run in past.runs],
        "next": [
            *(coming_up.as_json(*one) for one in known.coming),
            *(waiting.as_json(*one) for one in known.waits),
        ],
        "note": known.stands.note,
    }
