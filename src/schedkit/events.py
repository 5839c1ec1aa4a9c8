"""What happens beside time: an event, which may cause runs and be told to people."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta

from schedkit.errors import ConfigError
from schedkit.records import Record, field
from schedkit.regex import re
from schedkit.typed import Any, NamedTuple

RUN = "run."  # what the names of events begin with that are states of runs
SLA = "sla."  # and those that are promises which were broken
FILE = "file"  # the name of those that are files which arrived
OURS = (RUN, SLA)  # nobody but a runner emits them

KEPT = timedelta(days=30)  # so long, at least

NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,99}$")
LONGEST_PAYLOAD = 32_768  # bytes of JSON: it has to fit into one variable of a process


class Event(NamedTuple):
    """
    An event as it is kept: *id* says in which order they came.

    *job* and *run* are what it is about, None where it is about none; *payload* is plain JSON data.
    """

    id: int
    time: datetime
    name: str
    key: str | None
    job: str | None
    run: int | None
    who: str
    payload: dict[str, Any]


class Emitted(Record):
    """
    An event as somebody emits it, to be kept once: one more of its name and *key* is none.

    Without a key it is one of its own.
    """

    name: str
    payload: str = "{}"
    key: str | None = None
    job: str | None = None
    time: datetime | None = None
    who: str = "runner"


class Arrival(NamedTuple):
    """
    A file that has arrived for a job, by its path and what is in it, and the *event* that it is.

    *mark* is what it looks like from outside; for whoever watches for files alone.
    """

    job: str
    path: str
    content: str
    mark: int
    event: Emitted


class Gone(NamedTuple):
    """A file of which a job has been told is no longer there: one like it is new again."""

    job: str
    path: str


class Delivery(Record):
    """
    Something that a receiver is to be told: a notification or a ping.

    *reason* is why, *event* what it is about. *receiver* and *message* are JSON, for whatever sends
    it; of one *lane* they are sent one after the other.
    """

    event: int | None
    job: str
    run: int | None
    reason: str
    kind: str
    receiver: str
    lane: str
    message: str


class Reaction(Record):
    """
    What follows from the events up to the one of the number *until*, beside runs.

    *progress* is by job what it has heard so far that has no consequence alone, *streaks* by job
    how often in a row it has failed, with a detail: each as JSON or None.
    """

    until: int
    progress: Mapping[str, str | None] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()
    streaks: Mapping[str, tuple[int, str | None]] = field(default_factory=dict)


class Hearing(NamedTuple):
    """Since when a job hears of events, and its progress as JSON, if any."""

    since: datetime
    progress: str | None


def path_text(event: Event) -> str:
    """Return the path of a file that has arrived, with a sign for each byte that is no text."""
    return os.fsencode(event.payload["path"]).decode("utf-8", "replace")


def check_name(name: str) -> None:
    """Raise ConfigError unless somebody may emit an event of this name."""
    if name.startswith(OURS) or name == FILE:
        hint = "choose another name: those of runs, promises and files are sched's own"
        raise ConfigError.of(f"nobody emits {name!r} but a runner", hint)
    if not NAME.fullmatch(name):
        hint = "letters, digits and _ . : / -, at most 100: lead.opted_in"
        raise ConfigError.of(f"{name[:120]!r} is no name of an event", hint)
