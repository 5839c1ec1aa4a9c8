"""What events have caused, and by what runs were caused: in words, and from the words of causes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from schedkit.cli import render
from schedkit.cli.render import Cell
from schedkit.events import FILE, RUN, Event, path_text
from schedkit.run import Run
from schedkit.typed import TYPE_CHECKING

if TYPE_CHECKING:  # of a few verbs alone
    from schedkit.listening import Listener
    from schedkit.store import Reader

_BEGUN = f"{RUN}running"
_SINCE = " since "  # behind the names of events that did not come


def text(event: Event) -> str:
    """Return the cause that a run has which an event, alone or as the last of some, caused."""
    assert not event.name.startswith(RUN)
    if event.name == FILE:
        return f"file {path_text(event)} {event.id}"
    return f"event {event.name} {event.id}"


def runs_of(events: Sequence[Event], store: Reader) -> dict[int, Sequence[Run]]:
    """Return the runs that events have caused, by the numbers of those."""
    of_runs = [event for event in events if event.name.startswith(RUN)]
    ends = {one.id: one.run for one in of_runs if one.run is not None and one.name != _BEGUN}
    words = {one.id: text(one) for one in events if one not in of_runs}
    followed, caused = store.followed([*ends.values()]), store.caused([*words.values()])
    found: dict[int, Sequence[Run]] = {number: caused.get(words[number], ()) for number in words}
    found |= {number: followed.get(run, ()) for number, run in ends.items()}
    return found


def silence(listener: Listener) -> str:
    """Return how the cause begins of a run that a silence has caused: up to since when."""
    return f"no {' or '.join(listener.patterns[0].names)}"


def runs_text(runs: Iterable[tuple[str, str | None, str]]) -> str:
    """Return in a column what an event has caused: of each run its job, its id and its state."""
    said = (f"{job} {'' if run is None else f'{run} '}{state}" for job, run, state in runs)
    return "; ".join(said) or "-"


def note(run: Run, now: datetime) -> Cell | None:
    """Return in a few words what has caused a run, None where that is a time or a person."""
    cause = run.cause
    if cause is None:
        return None
    if cause.startswith("file "):
        path = cause.removeprefix("file ").rpartition(" ")[0]
        return Cell(f"file {path}", f"file {path.rpartition('/')[2]}")
    names, since, time = cause.rpartition(_SINCE)
    if since and cause.startswith("no "):
        begin = datetime.fromisoformat(time).astimezone(ZoneInfo(run.timezone))
        when = render.past(begin, now)
        return Cell(f"{names}{_SINCE}{when.plain}", f"{names}{_SINCE}{when.shown}")
    return Cell(cause)
