"""Writes what files say as a compiled form: each job by itself, and what is asked of all."""

from __future__ import annotations

import marshal
import pickle
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import IO, Any

from schedkit import __version__, form
from schedkit.calendars.calendar import Calendar
from schedkit.config import Config
from schedkit.errors import CalendarEndsError
from schedkit.form import (
    BEGINS,
    ENABLED,
    EXPECTS,
    LISTENS,
    NONE,
    TELLS,
    UNKNOWN,
    WITH_RUNNER,
    Header,
)
from schedkit.job import Job
from schedkit.timeline import EPOCH

_MICROSECOND = timedelta(microseconds=1)


def write(said: Config, key: str, file: IO[bytes]) -> None:
    """Write what files say as a compiled form, with the first fire times after now."""
    now = datetime.now(UTC)
    modules: set[str] = set()
    jobs = said.jobs
    shared = _Shared(jobs)
    pickles = [_pickled(job, shared, modules) for job in jobs]
    offsets = [0]
    for one in pickles:
        offsets.append(offsets[-1] + len(one))
    parts = {
        "names": marshal.dumps(tuple(job.name for job in jobs)),
        "descriptions": marshal.dumps(tuple(job.description for job in jobs)),
        "flags": bytes(map(_flags, jobs)),
        "first fires": _whole_numbers(_first(job, now) for job in jobs),
        "digests": marshal.dumps(tuple(job.schedule_digest for job in jobs)),
        "settings": pickle.dumps((said.runner, said.pools), pickle.HIGHEST_PROTOCOL),
        "shared": _pickled(shared.values, None, modules),
        "offsets": _whole_numbers(offsets),
        "jobs": b"".join(pickles),
    }
    header = Header(
        key, __version__, said.state, said.digest, tuple(stamp[:] for stamp in said.stamps),
        _micros(now), tuple(sorted(modules)), {}, 0,
    )  # fmt: skip
    form.write(file, header, parts)


def _flags(job: Job) -> int:
    return (
        ENABLED * job.enabled
        | WITH_RUNNER * job.starts_with_runner
        | LISTENS * job.listens
        | TELLS * job.tells
        | EXPECTS * job.expects
        | BEGINS * job.tells_begin
    )


def _first(job: Job, now: datetime) -> int:
    try:
        fire = job.next_fire(now)
    except CalendarEndsError:
        return UNKNOWN
    return NONE if fire is None else _micros(fire)


def _micros(instant: datetime) -> int:
    return (instant - EPOCH) // _MICROSECOND


def _whole_numbers(values: Iterable[int]) -> bytes:
    return b"".join(value.to_bytes(8, sys.byteorder, signed=True) for value in values)


def _pickled(value: object, shared: _Shared | None, modules: set[str]) -> bytes:
    buffer = BytesIO()
    _Pickler(buffer, shared, modules).dump(value)
    return buffer.getvalue()


class _Shared:
    """What several jobs have in common and is large: calendars, and whom the file tells of them."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        told = Counter(id(job.notify) for job in jobs if job.notify)
        self._often = {one for one, count in told.items() if count > 1}
        self._places: dict[int, int] = {}
        self.values: list[Any] = []

    def place(self, value: object) -> int | None:
        """Return where a value is among those that are shared; None when it is none of them."""
        if not isinstance(value, Calendar) and id(value) not in self._often:
            return None
        place = self._places.setdefault(id(value), len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return place


class _Pickler(pickle.Pickler):
    """Puts aside what is shared; notes what has to be imported."""

    def __init__(self, buffer: BytesIO, shared: _Shared | None, modules: set[str]) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self._shared, self._modules = shared, modules

    def persistent_id(self, obj: Any) -> int | None:
        if isinstance(obj, type):
            self._modules.add(obj.__module__)
        return None if self._shared is None else self._shared.place(obj)
