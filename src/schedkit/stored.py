"""
The jobs of a compiled form: each a pickle of its own, read when it is asked for.

A process that holds ten thousand jobs holds their names, and the few jobs that it works with.
"""

from __future__ import annotations

import weakref
from _pickle import Unpickler, loads  # pickle, which is these, imports re and more first
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO

from schedkit.config import Config, Stamp
from schedkit.form import BEGINS, ENABLED, EXPECTS, LISTENS, NONE, TELLS, UNKNOWN, WITH_RUNNER, Form
from schedkit.jobs import Jobs
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedkit.job import Job

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RECENT = 256  # jobs that are kept although nobody holds them: those that fire all the time


class StoredJobs(Jobs):
    """The jobs of a compiled form; one that is in use is there once."""

    def __init__(self, found: Form) -> None:
        self.form = found
        self._places = {name: place for place, name in enumerate(found.texts("names"))}
        self._in_use: weakref.WeakValueDictionary[str, Job] = weakref.WeakValueDictionary()
        self._recent: deque[Job] = deque(maxlen=_RECENT)
        self._flags = found.part("flags")
        self._firsts = memoryview(found.part("first fires")).cast("q")
        self._offsets = memoryview(found.part("offsets")).cast("q")
        self._compiled = _EPOCH + timedelta(microseconds=found.header.compiled)

    def __getitem__(self, name: str) -> Job:
        job = self._in_use.get(name)
        if job is None:
            place = self._places[name]
            begin = self._offsets[place]
            pickled = self.form.read("jobs", begin, self._offsets[place + 1] - begin)
            job = self._in_use[name] = _Unpickler(pickled, self).load()
            self._recent.append(job)
        return job

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __len__(self) -> int:
        return len(self._places)

    def digests(self) -> Iterator[tuple[str, str]]:
        """Yield what `Jobs.digests` yields, from one part for all."""
        return zip(self, self.form.texts("digests"), strict=True)

    def enabled(self, name: str) -> bool:
        """Return whether a job fires, from its flags."""
        return bool(self._flags[self._places[name]] & ENABLED)

    def starts_with_runner(self, name: str) -> bool:
        """Return whether a job runs when the runner starts, from its flags."""
        return bool(self._flags[self._places[name]] & WITH_RUNNER)

    def listening(self) -> list[str]:
        """Return what `Jobs.listening` returns, from the flags."""
        return self._flagged(LISTENS)

    def telling(self) -> dict[str, bool]:
        """Return what `Jobs.telling` returns, from the flags."""
        begin = set(self._flagged(BEGINS))
        return {name: name in begin for name in self._flagged(TELLS)}

    def expecting(self) -> list[str]:
        """Return what `Jobs.expecting` returns, from the flags."""
        return self._flagged(EXPECTS)

    def _flagged(self, flag: int) -> list[str]:
        return [name for name, flags in zip(self, self._flags, strict=True) if flags & flag]

    def next_fire(self, name: str, instant: datetime) -> datetime | None:
        """
        Return what `Jobs.next_fire` returns; until the first one has come, that which is kept.

        Raises: CalendarEndsError.
        """
        first = self._firsts[self._places[name]]
        if first == UNKNOWN or instant < self._compiled:
            return super().next_fire(name, instant)
        if first == NONE:
            return None
        fire = _EPOCH + timedelta(microseconds=first)
        return fire if instant < fire else super().next_fire(name, instant)

    @cached_property
    def shared(self) -> list[Any]:
        """What several jobs have in common and is large."""
        found: list[Any] = loads(self.form.part("shared"))
        return found


def config(found: Form, *, ready: bool = False) -> Config:
    """
    Return what the files said; *ready*: with all code that its jobs need.

    Code that is replaced while a process runs must not be mixed with what the process has.
    """
    header = found.header
    if ready:
        for name in header.modules:
            __import__(name)
    runner, pools = loads(found.part("settings"))
    stamps = tuple(Stamp(*stamp) for stamp in header.stamps)
    return Config(StoredJobs(found), runner, header.state, stamps, header.digest, pools)


class _Unpickler(Unpickler):
    def __init__(self, pickled: bytes, jobs: StoredJobs) -> None:
        super().__init__(BytesIO(pickled))
        self._jobs = jobs

    def persistent_load(self, pid: Any) -> Any:
        return self._jobs.shared[pid]
