"""
Who hears what: which events a job waits for, and when it has heard enough. Pure.

A listener is one trigger of a job. What it has heard that is not enough alone is its progress:
marks of events, which are kept with the job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from schedkit.causes import After, OnAbsent, OnAll, OnAny, OnEvent, OnPath, Wanted
from schedkit.causes import Trigger as Told
from schedkit.events import FILE, RUN, Event, path_text
from schedkit.job import Job
from schedkit.records import Record
from schedkit.run import Trigger, run_id
from schedkit.typed import TYPE_CHECKING, Any, NamedTuple, assert_never

if TYPE_CHECKING:
    import re

_MISSING = object()
_PART = "part"  # in the payload of a file: the trigger that it is for


class Pattern(NamedTuple):
    """Events of these *names*, about the job *about* where one is named, that *match*."""

    names: tuple[str, ...]
    about: str | None = None
    match: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def admits(self, event: Event) -> bool:
        """Return whether an event is one of these."""
        if self.about is None:
            if event.name.startswith(RUN) or event.name == FILE:
                return False  # a job that hears of all events would hear of its own runs
        elif event.job != self.about:
            return False
        if not any(glob(name, event.name) for name in self.names):
            return False
        return all(_has(event.payload, key, texts) for key, texts in self.match)


class Mark(NamedTuple):
    """An event that was heard: its number, when it was, by which pattern, and its run, if any."""

    event: int
    time: datetime
    pattern: int
    run: int | None = None


class Listener(Record):
    """
    A trigger of *job*, the *part* of it.

    It has heard enough with *count* events, or with one of each pattern when it wants *all_of*
    them; *within* bounds how far apart they are. With *lasts* it is silence for so long that it
    waits for. *params* are what a run is given: names, and where their values are.
    """

    job: str
    part: str
    patterns: tuple[Pattern, ...]
    trigger: Trigger
    all_of: bool = False
    count: int = 1
    within: timedelta | None = None
    lasts: timedelta | None = None
    params: tuple[tuple[str, str], ...] = ()

    @property
    def alone(self) -> bool:
        """Whether one event is enough."""
        return self.count == 1 and not self.all_of

    @property
    def wants(self) -> int:
        """How many events are enough."""
        return len(self.patterns) if self.all_of else self.count


def listeners(job: Job) -> Iterator[Listener]:
    """Yield the triggers of a job."""
    if job.after is not None:
        yield _after(job.name, job.after)
    for place, told in enumerate(job.on):
        yield _on(job.name, f"on.{place}", told)


def _after(job: str, after: After) -> Listener:
    names = tuple(sorted(RUN + state for state in after.states))
    patterns = tuple(Pattern(names, name) for name in after.jobs)
    return Listener(
        job, "after", patterns, Trigger.AFTER, all_of=len(after.all) > 1, within=after.within
    )


def _on(job: str, part: str, told: Told) -> Listener:
    match told:
        case OnEvent():
            return Listener(
                job, part, (_pattern(told),), Trigger.EVENT,
                count=told.count, within=told.within, params=tuple(told.params.items()),
            )  # fmt: skip
        case OnAny():
            return Listener(
                job, part, tuple(map(_pattern, told.any)), Trigger.EVENT,
                count=told.count, within=told.within, params=tuple(told.params.items()),
            )  # fmt: skip
        case OnAll():
            patterns = tuple(dict.fromkeys(map(_pattern, told.all)))
            return Listener(
                job, part, patterns, Trigger.EVENT, all_of=len(patterns) > 1,
                within=told.within, params=tuple(told.params.items()),
            )  # fmt: skip
        case OnAbsent():
            silent = Pattern(told.absent, None, tuple(told.match.items()))
            return Listener(job, part, (silent,), Trigger.EVENT, lasts=told.lasts)
        case OnPath():
            # Which job and which of its triggers a file is for, whoever found it says.
            arrived = Pattern((FILE,), job, ((_PART, (part,)),))
            return Listener(job, part, (arrived,), Trigger.FILE, params=tuple(told.params.items()))
        case _:
            assert_never(told)


def _pattern(told: OnEvent | Wanted) -> Pattern:
    return Pattern(told.event, None, tuple(told.match.items()))


def heard(
    listener: Listener, progress: Sequence[Mark], event: Event
) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """
    Return what has been heard together with an event: enough for a run, and what is left of it.

    One of the two is empty; both are when the event is none of the listener's.
    """
    places = [n for n, one in enumerate(listener.patterns) if one.admits(event)]
    if not places:
        return (), tuple(progress)
    own = [Mark(event.id, event.time, place, event.run) for place in places]
    if listener.alone:
        return (own[0],), ()
    near = [one for one in progress if _close(listener, one, own[0])]
    if listener.all_of:
        marks = (*(one for one in near if one.pattern not in places), *own)
    else:
        marks = (*near, own[0])
    return (marks, ()) if len(marks) >= listener.wants else ((), marks)


def _close(listener: Listener, one: Mark, other: Mark) -> bool:
    return listener.within is None or abs(other.time - one.time) <= listener.within


# ---- what a run is given of its cause


class Given(NamedTuple):
    """What a run is given of an event, or *problem*: why it cannot be."""

    params: tuple[tuple[str, Any], ...]
    problem: str | None = None


def given(listener: Listener, event: Event, zone: tzinfo) -> Given:
    """
    Return the variables and parameters that a run gets of the event that caused it.

    Its time is that in *zone*, the one of the job.
    """
    import json  # few runs have a cause

    if listener.trigger is Trigger.FILE:  # for which trigger it is, is for us alone
        told = {key: value for key, value in event.payload.items() if key != _PART}
        event = event._replace(payload=told)
    variables: dict[str, Any] = {
        "SCHED_EVENT": event.name,
        "SCHED_EVENT_ID": str(event.id),
        "SCHED_EVENT_TIME": event.time.astimezone(zone).isoformat(),
        "SCHED_EVENT_PAYLOAD": json.dumps(event.payload),
    }
    if listener.trigger is Trigger.FILE:
        variables["SCHED_FILE"] = event.payload["path"]
    for name, reference in listener.params:
        value = _referred(event, reference, zone)
        if value is _MISSING:
            what = f"the payload of {event.name} (event {event.id})"
            return Given(tuple(variables.items()), f"{what} has no {reference.partition('.')[2]!r}")
        variables[name] = value
    return Given(tuple(variables.items()))


def _referred(event: Event, reference: str, zone: tzinfo) -> Any:
    """Return what `payload.key.key` or `event.name` means, _MISSING where there is nothing."""
    first, _, rest = reference.partition(".")
    if first == "event":
        about = {"name": event.name, "id": event.id, "key": event.key, "who": event.who,
                 "time": event.time.astimezone(zone).isoformat()}  # fmt: skip
        return about if not rest else about.get(rest, _MISSING)
    return _at(event.payload, rest)


def _at(payload: Any, path: str) -> Any:
    for key in path.split(".") if path else ():
        if not isinstance(payload, dict) or key not in payload:
            return _MISSING
        payload = payload[key]
    return payload


def _has(payload: dict[str, Any], key: str, texts: tuple[str, ...]) -> bool:
    value = _at(payload, key)
    if value is _MISSING:
        return False
    import json

    text = value if isinstance(value, str) else json.dumps(value)
    # Brackets are no set of signs here, as in names: somebody writes "[ALERT] disk is full".
    return any(glob(one.replace("[", "[[]"), text) for one in texts)


def glob(pattern: str, text: str) -> bool:
    """Return whether *text* is *pattern*, in which * and ? stand for any characters."""
    if not any(sign in pattern for sign in "*?["):
        return pattern == text
    return _expression(pattern).match(text) is not None


@lru_cache(maxsize=1000)
def _expression(pattern: str) -> re.Pattern[str]:
    import re
    from fnmatch import translate

    return re.compile(translate(pattern))


def runs_of(marks: Iterable[Mark]) -> list[str]:
    """Return the ids of the runs that marks are of, in order, each once."""
    found = {mark.run: None for mark in sorted(marks) if mark.run is not None}
    return [run_id(run) for run in found]


def cause(listener: Listener, marks: Sequence[Mark], event: Event, about: str | None) -> str:
    """
    Return in words what causes a run, the same whenever it is asked: `after build 7k3m2q`.

    *event* is the last of *marks*; *about* is the job whose run has ended.
    """
    if listener.trigger is Trigger.AFTER:
        runs = " ".join(runs_of(marks))
        return f"after {about} {runs}" if len(marks) == 1 else f"after {runs}"
    if listener.trigger is Trigger.FILE:
        return f"file {path_text(event)} {event.id}"
    return f"event {event.name} {event.id}"
