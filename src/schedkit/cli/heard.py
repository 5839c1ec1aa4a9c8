"""What the triggers of a job have heard lately, what came of it, and how far they have come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from schedkit import durations
from schedkit.cli import causation
from schedkit.cli.colours import COLOURS
from schedkit.cli.fates import Told, at, state_in_words, what_became
from schedkit.cli.origins import Link, admits, triggers
from schedkit.cli.steps import Step
from schedkit.cli.verbs.history import as_json as record_as_json
from schedkit.cli.waiting import Wait
from schedkit.events import Hearing
from schedkit.listening import Listener, Mark
from schedkit.records import Record
from schedkit.report import shown
from schedkit.run import Run, State, Trigger
from schedkit.store import Query, Reader
from schedkit.store.file import instant
from schedkit.typed import Any

_LATELY = 1000  # events among which the last one that matches is looked for
_RUNS = 50  # of the job, among which what came of it is looked for


class Heard(Record):
    """
    What a trigger has heard *since* a time, None when no runner has loaded its job.

    *last* is the last that matches, *runs* what came of it; *so_far* is how far it has come with
    what is not enough alone, *due* when a silence will have lasted long enough.
    """

    wait: Wait
    since: datetime | None = None
    last: Link | None = None
    runs: Sequence[Run] = ()
    so_far: str | None = None
    due: datetime | None = None


def heard(waits: Sequence[Wait], store: Reader | None, now: datetime) -> list[Heard]:
    """Return what each trigger of one job has heard; *waits* are all of them, in order."""
    hearing = None
    if store is not None and waits:
        hearing = store.hearing([waits[0].job.name]).get(waits[0].job.name)
    if store is None or hearing is None:
        return [Heard(one) for one in waits]
    marks = _marks(hearing)
    own = [listener for listener, _ in triggers(waits[0].job)]
    return [
        _heard(wait, one, hearing.since, marks.get(one.part, ()), store, now)
        for wait, one in zip(waits, own, strict=True)
    ]


def _marks(hearing: Hearing) -> Mapping[str, Sequence[Mark]]:
    import json

    said: dict[str, Any] = json.loads(hearing.progress or "{}")
    return {
        part: [Mark(event, instant(time), pattern, run) for event, time, pattern, run in marks]
        for part, marks in said.items()
    }


def _heard(
    wait: Wait,
    one: Listener,
    since: datetime,
    marks: Sequence[Mark],
    store: Reader,
    now: datetime,
) -> Heard:
    last = _ended(wait, since, store) if one.trigger is Trigger.AFTER else None
    if one.trigger is not Trigger.AFTER:
        last = _event(wait, one, since, store)
    silent = max(since, since if last is None else last.time)
    due = None if one.lasts is None else silent + one.lasts
    return Heard(
        wait, since, last,
        _came(wait, one, last, silent, store),
        so_far=_so_far(one, marks, now),
        due=due if due is not None and due > now else None,
    )  # fmt: skip


def _ended(wait: Wait, since: datetime, store: Reader) -> Link | None:
    """Return the last run that has ended as a job waits for, since it hears."""
    after = wait.job.after
    assert after is not None
    query = Query(frozenset(after.jobs), frozenset(map(State, after.states)), limit=1)
    run = next(iter(store.runs(query)), None)
    time = None if run is None else run.ended or run.fire_time
    if run is None or time is None or time < since:
        return None
    text = f"{run.job} {run.id} {state_in_words(run)}"
    return Link("after", text, time, wait.job, wait.line, run)


def _event(wait: Wait, one: Listener, since: datetime, store: Reader) -> Link | None:
    """Return the last event that matches, since a job hears."""
    names = tuple(dict.fromkeys(name for pattern in one.patterns for name in pattern.names))
    lately = store.events(names, _LATELY, since)
    event = next((event for event in lately if admits(one, event)), None)
    if event is None:
        return None
    text = f"{event.name} {event.id} by {event.who}"
    if one.trigger is Trigger.FILE:
        text = str(event.payload.get("path"))
    return Link("event", text, event.time, wait.job, wait.line, None, event)


def _came(
    wait: Wait, one: Listener, last: Link | None, silent: datetime, store: Reader
) -> list[Run]:
    """Return what came of the last that was heard; of a silence, what came of it."""
    name = wait.job.name
    if one.lasts is not None:
        cause = f"{causation.silence(one)} since {silent.isoformat()}"
    elif last is not None and last.event is not None:
        cause = causation.text(last.event)
    elif last is not None and last.run is not None:
        lately = store.runs(Query(frozenset({name}), limit=_RUNS))
        found = [run for run in lately if run.trigger is Trigger.AFTER]
        return [run for run in found if last.run.id in (run.cause or "").split(" ")]
    else:
        return []
    return [run for run in store.caused([cause]).get(cause, ()) if run.job == name]


def _so_far(one: Listener, marks: Sequence[Mark], now: datetime) -> str | None:
    """Return how far a trigger has come that wants several; what is too old does not count."""
    if one.alone or one.lasts is not None:
        return None
    near = [mark for mark in marks if one.within is None or now - mark.time <= one.within]
    within = "" if one.within is None else f" within {durations.text(one.within)}"
    if not one.all_of:
        return f"{len(near)} of {one.wants}{within}"
    there = {mark.pattern for mark in near}
    missing = [
        pattern.about or " or ".join(pattern.names)
        for place, pattern in enumerate(one.patterns)
        if place not in there
    ]
    said = [f"{len(there)} of {one.wants}{within}"]
    said += [f"waits for {' and '.join(missing)}"] if there else []
    return ", ".join(said)


# ---- told


def steps(found: Sequence[Heard], zone: tzinfo, now: datetime) -> Iterator[Step]:
    """Yield what the triggers of a job wait for and have heard, and since when they hear."""
    for one in found:
        word, _, what = one.wait.text.partition(" ")
        place = f"{shown(one.wait.job.file)}:{one.wait.line}" if one.wait.line else ""
        comes = one.wait.time or one.due
        yield Step(word, what, "" if comes is None else f"-> {at(comes, zone)}", place)
        if one.so_far is not None:
            yield Step("so far", one.so_far)
        if one.last is not None:
            yield Step("heard", one.last.text, f"-> {at(one.last.time, zone)}")
        for run in one.runs:
            became = what_became(Told(run.fire_time, (), run), {}, zone, now)
            yield Step(state_in_words(run), became, colour=COLOURS[run.state])
    if found:
        since = found[0].since
        said = "no runner has loaded it yet" if since is None else f"since {at(since, zone)}"
        yield Step("hears", said, colour="yellow" if since is None else None)


def as_json(one: Heard) -> dict[str, Any]:
    """Return what a trigger waits for and has heard as plain data with stable names."""
    zone = one.wait.job.timezone

    def iso(time: datetime | None) -> str | None:
        return None if time is None else time.astimezone(zone).isoformat()

    return {
        "cause": one.wait.text,
        "cause_time": iso(one.wait.time or one.due),
        "since": iso(one.since),
        "so_far": one.so_far,
        "heard": None if one.last is None else one.last.as_json(zone),
        "records": [record_as_json(run) for run in one.runs],
    }
