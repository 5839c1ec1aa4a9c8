"""How a candidate of a schedule comes to fire or not, step by step, in aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schedkit.cli.fates import at
from schedkit.filters import Filter
from schedkit.job import Job
from schedkit.report import shown
from schedkit.scalars import moment_text
from schedkit.texts import safe, width
from schedkit.traces import Bound, Trace
from schedkit.typed import Any, NamedTuple

_FIRST = 11  # width of the first column
_WIDEST = 60  # of the others: beyond it they are no columns any more


class Step(NamedTuple):
    """
    A line of what is told: a word for it, what it is, when, and where that is written.

    Without both *when* and *place* it is a sentence, and no column of its own; *colour* is the
    word's.
    """

    word: str
    what: str
    when: str = ""
    place: str = ""
    colour: str | None = None


def steps(job: Job, trace: Trace) -> Iterator[Step]:
    """Yield what became of a candidate, each step with its place in the file."""
    lines = job.lines

    def place(line: int) -> str:
        return f"{shown(job.file)}:{line}"

    clock = place(lines.clock[job.clock.index(_as_written(job, trace))])
    yield Step("clock", str(trace.clock), f"-> {at(trace.candidate, job.timezone)}", clock)
    candidate = trace.candidate.astimezone(job.timezone).replace(tzinfo=None)
    if trace.nominal != candidate:
        yield Step("", f"a clock change skips {trace.nominal:%H:%M}")
    if isinstance(trace.dropped_by, Filter):
        why = f"dropped: {trace.why}" if trace.why else "dropped"
        line = lines.filters[_index(job.filters, trace.dropped_by)]
        yield Step("filter", str(trace.dropped_by), f"   {why}", place(line))
    for move in trace.moves:
        line = lines.adjustments[_index(job.adjustments, move.adjustment)]
        moved = f"-> {move.wall:%a %Y-%m-%d %H:%M}"
        if move is trace.moves[-1] and trace.time is not None:
            moved = f"-> {at(trace.time, job.timezone)}"
        yield Step("adjustment", str(move.adjustment), moved, place(line))
    if isinstance(trace.dropped_by, Bound):
        key, wall = trace.dropped_by
        (line,) = lines.start if key == "start" else lines.end
        yield Step(key, moment_text(wall), f"   dropped: {trace.why}", place(line))


def _index(words: tuple[object, ...], word: object) -> int:
    """Return the place of this very word: two may be equal."""
    return next(n for n, one in enumerate(words) if one is word)


def _as_written(job: Job, trace: Trace) -> Any:
    """Return the clock of a trace as the job has it, without its rule for clock changes."""
    return next(clock for clock in job.clock if clock == trace.clock)


def aligned(told: Iterable[Step]) -> Iterator[tuple[str, str | None, str]]:
    """Yield the lines of steps, fit to be shown: the word, its colour, and the rest."""
    found = [one._replace(**{k: safe(getattr(one, k)) for k in _TEXTS}) for one in told]
    columns = [one for one in found if one.when or one.place]
    what = max((width(one.what) for one in columns), default=0)
    when = max((width(one.when) for one in columns if one.place), default=0)
    for one in found:
        rest = one.what
        if one.when or one.place:
            rest = f"{_padded(one.what, what)}  {_padded(one.when, when)}  {one.place}".rstrip()
        yield f"{one.word:<{_FIRST}}", one.colour, rest


_TEXTS = ("word", "what", "when", "place")


def _padded(text: str, cells: int) -> str:
    return text + " " * max(min(cells, _WIDEST) - width(text), 0)
