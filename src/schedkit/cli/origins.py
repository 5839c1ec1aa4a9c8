"""What has caused a run, link by link, back to what has no cause: a time, a person, an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from schedkit.cli import causation
from schedkit.cli.fates import at, beside_the_schedule, state_in_words
from schedkit.cli.steps import Step
from schedkit.errors import CalendarEndsError
from schedkit.events import FILE, Event
from schedkit.job import Job
from schedkit.listening import Listener, listeners
from schedkit.report import shown
from schedkit.run import Run, run_number
from schedkit.store import Reader
from schedkit.typed import Any, NamedTuple

_MOST = 100  # links: a run of a chain that goes on for ever is no way to understand anything


class Link(NamedTuple):
    """
    Something that has caused a run of *job*: a *run* that ended, an *event*, or a first cause.

    *word* is what kind of cause it is, *text* it in words, *time* when it was, and *line* where the
    file of *job* says that it is one, 0 where no file does any more.
    """

    word: str
    text: str
    time: datetime
    job: Job | None
    line: int = 0
    run: Run | None = None
    event: Event | None = None

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{shown(self.job.file)}:{self.line}" if self.job and self.line else ""

    def step(self, zone: tzinfo) -> Step:
        """Return it as a line of what is told."""
        return Step(self.word, self.text, f"-> {at(self.time, zone)}", self.place)

    def as_json(self, zone: tzinfo) -> dict[str, Any]:
        """Return it as plain data with stable names."""
        run, event = self.run, self.event
        return {
            "cause": self.word,
            "text": self.text,
            "time": self.time.astimezone(zone).isoformat(),
            "job": None if run is None else run.job,
            "run": None if run is None else run.id,
            "state": None if run is None else run.state,
            "event": None if event is None else event.id,
            "who": run.who if run is not None else None if event is None else event.who,
            "file": shown(self.job.file) if self.job and self.line else None,
            "line": self.line or None,
        }


def links(run: Run, jobs: Mapping[str, Job], store: Reader) -> list[Link]:
    """Return what has caused a run, then what has caused that; nothing for one without a cause."""
    found: list[Link] = []
    if run.cause is None:
        return found
    one: Run | None = run
    while one is not None and len(found) < _MOST:
        found += _links(one, jobs.get(one.job), store)
        # Of several runs the last one that ended made it enough.
        one = found[-1].run if one.cause is not None else None
    return found


def _links(run: Run, job: Job | None, store: Reader) -> Iterator[Link]:
    """Yield what has caused a run itself; of one without a cause, why there is one all the same."""
    word, _, rest = (run.cause or "").partition(" ")
    if run.cause is None:
        yield _first(run, job)
    elif word == "after":
        yield from _ends(run, job, rest, store)
    elif word in {"event", FILE}:
        yield _event(run, job, word, rest, store)
    else:
        yield _silence(run, job, run.cause)


def _silence(run: Run, job: Job | None, cause: str) -> Link:
    names, since, time = cause.rpartition(" since ")
    begin = at(datetime.fromisoformat(time), ZoneInfo(run.timezone))
    own = (n for one, n in triggers(job) if one.lasts and causation.silence(one) == names)
    return Link("on", f"{names}{since}{begin}", run.fire_time, job, next(own, 0))


def triggers(job: Job | None) -> Iterator[tuple[Listener, int]]:
    """Yield the triggers of a job that listens, with their lines; of one that is gone, none."""
    if job is not None:
        yield from zip(listeners(job), (*job.lines.after[:1], *job.lines.on), strict=True)


def _first(run: Run, job: Job | None) -> Link:
    if run.trigger.by_schedule and job is not None:
        try:
            traces = job.schedule.explain(run.fire_time, run.fire_time)
            trace = next((one for one in traces if one.time == run.fire_time), None)
        except CalendarEndsError:
            trace = None
        if trace is not None:
            place = next(n for n, clock in enumerate(job.clock) if clock == trace.clock)
            line = job.lines.clock[place]
            return Link("clock", str(trace.clock), run.fire_time, job, line, run)
    word, text = beside_the_schedule(run, job)
    return Link(word, text, run.fire_time, job, 0, run)


def _ends(run: Run, job: Job | None, rest: str, store: Reader) -> Iterator[Link]:
    """Yield the runs whose ends have caused one; those that are pruned as they are named."""
    line = 0 if job is None or job.after is None else job.lines.after[0]
    *others, last = rest.split(" ")
    names = [last] if _is_job(" ".join(others), last, store) else [*others, last]
    for name in names:
        ended = _run(name, store)
        if ended is None:
            gone = f"{rest if len(names) == 1 else name}, which is no more in the history"
            yield Link("after", gone, run.fire_time, job, line)
        else:
            text = f"{ended.job} {ended.id} {state_in_words(ended)}"
            yield Link("after", text, ended.ended or ended.fire_time, job, line, ended)


def _is_job(text: str, run: str, store: Reader) -> bool:
    """Return whether a text before the id of a *run* is its job, and not the ids of others."""
    found = _run(run, store)
    return text == found.job if found is not None else text.count(" ") == 0


def _run(name: str, store: Reader) -> Run | None:
    number = run_number(name)
    return None if number is None else store.run(number)


def _event(run: Run, job: Job | None, word: str, rest: str, store: Reader) -> Link:
    """Return the event that has caused a run, which is of that very time."""
    what, _, number = rest.rpartition(" ")
    names = (FILE if word == FILE else what,)
    found = store.events(names, since=run.fire_time, until=run.fire_time)
    event = next((one for one in found if str(one.id) == number), None)
    if event is None:
        return Link(word, f"{rest}, which is no more in the history", run.fire_time, job)
    line = next((line for one, line in triggers(job) if admits(one, event)), 0)
    text = what if word == FILE else f"{rest} by {event.job or event.who}"
    return Link(word, text, event.time, job, line, None, event)


def admits(one: Listener, event: Event) -> bool:
    """Return whether a trigger waits for an event, or for none like it."""
    return any(pattern.admits(event) for pattern in one.patterns)
