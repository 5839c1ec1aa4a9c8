"""What is kept of the past: records and output files beyond a job's `history` are dropped."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from schedkit import events
from schedkit.errors import StoreError
from schedkit.job import Job
from schedkit.log import fields
from schedkit.operations import Freed, Prune
from schedkit.store import Store

log = logging.getLogger(__name__)

_EVERY = 100  # records of a job between two looks at what is beyond its limits
_LONGEST = timedelta(days=1)  # likewise, of one that has few
_HOUR = timedelta(hours=1)  # between two looks at old events
_LOOKS = 8  # in one turn: it must not take long
_AT_ONCE = 100  # records dropped in one turn: likewise. In a long history each takes 0.2 ms
_BLOCK = 512  # bytes; Source: stat(2), st_blocks


class Keeping:
    """Drops what is too old or too much, a little at a time, beside what there is to do anyway."""

    def __init__(self, store: Store, output: Path) -> None:
        self._store = store
        self.output = output
        self._records: Counter[str] = Counter()  # since the last look
        self._looked: dict[str, datetime] = {}
        self._touched: set[str] = set()
        self._forgot: datetime | None = None  # when old events were last looked for

    def touch(self, job: str, count: int = 1) -> None:
        """Take note of so many more records of a job."""
        self._records[job] += count
        self._touched.add(job)

    def tidy(self, jobs: Mapping[str, Job], now: datetime) -> None:
        """Drop what is beyond the limits of jobs that have new records, and old events."""
        self._forget(now)
        left = _AT_ONCE
        for _ in range(min(_LOOKS, len(self._touched))):
            job = jobs.get(self._touched.pop())
            if job is not None and self._wants_a_look(job, now):
                self._records[job.name], self._looked[job.name] = 0, now
                left -= self._look(job, now, left)
                if not left:
                    return

    def _forget(self, now: datetime) -> None:
        """Drop events that are so old that nobody waits for more of them."""
        if self._forgot is not None and timedelta(0) <= now - self._forgot < _HOUR:
            return
        self._forgot = now
        try:
            if self._store.forget_events(now - events.KEPT, _AT_ONCE) == _AT_ONCE:
                self._forgot = None  # there are more
        except StoreError as error:
            log.warning("old events stay", extra=fields(error=error))

    def _wants_a_look(self, job: Job, now: datetime) -> bool:
        looked = self._looked.get(job.name)
        few = self._records[job.name] < min(_EVERY, 1 + job.history.keep_runs // 10)
        return looked is None or not few or now - looked > _LONGEST

    def _look(self, job: Job, now: datetime, limit: int) -> int:
        """Drop at most *limit* records of a job; return how many."""
        days = job.history.keep_days
        before = None if days is None else now - timedelta(days=days)
        try:
            pruned = self._store.prune(job.name, job.history.keep_runs, before, limit)
        except StoreError as error:
            log.warning("old records stay", extra=fields(job=job.name, error=error))
            return 0
        if pruned.records == limit:  # there is more
            del self._looked[job.name]
            self._touched.add(job.name)
        remove(pruned.outputs)
        return pruned.records


def prune(store: Store, wish: Prune) -> Freed:
    """
    Drop what somebody wants dropped: a part of it, so that it does not take long.

    Raises: StoreError.
    """
    names = sorted(set(wish.jobs) or store.jobs())
    names = [name for name in names if wish.after is None or name > wish.after]
    records = output_bytes = 0
    done = wish.after
    for name in names[:_LOOKS]:
        pruned = store.prune(name, wish.keep, wish.before, _AT_ONCE - records)
        output_bytes += remove(pruned.outputs)
        records += pruned.records
        if records == _AT_ONCE:  # there may be more of this one
            return Freed(records, output_bytes, done or "")
        done = name
    return Freed(records, output_bytes, done if len(names) > _LOOKS else None)


def remove(outputs: Iterable[str]) -> int:
    """Remove output files, those that are still there; return how much disk they took."""
    freed = 0
    for output in outputs:
        path = Path(output)
        with suppress(OSError):
            size = size_on_disk(path)
            path.unlink()
            freed += size
            path.parent.rmdir()  # which says no unless it was the last
    return freed


def size_on_disk(path: Path) -> int:
    """Return how many bytes of a file there are: holes in it take none. Raises: OSError."""
    found = path.stat()
    return min(found.st_size, found.st_blocks * _BLOCK)
