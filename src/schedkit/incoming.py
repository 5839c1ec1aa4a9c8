"""Files that arrive are events: the runner's side of the process that watches for them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schedkit.causes import OnPath
from schedkit.children import LineChild
from schedkit.errors import ConfigError, StoreError
from schedkit.events import FILE, Arrival, Emitted, Gone
from schedkit.jobs import Jobs
from schedkit.log import fields
from schedkit.store import Store
from schedkit.typed import Any
from schedkit.watch import Watch

log = logging.getLogger(__name__)

# By its path: it is to import as little as it can.
_PROCESS = ("-I", "-S", str(Path(__file__).parent / "arrivals" / "__main__.py"))
_AGAIN = timedelta(seconds=5)  # before a process that ended is started anew, or a store is tried
_SOON = timedelta(milliseconds=20)  # before it is told the rest of what did not fit into a pipe
_AT_ONCE = 500  # files of one transaction


class Incoming:
    """
    Has files watched for by a process of its own, as long as a job waits for any.

    *happened* is called when new events were kept. Whoever makes this reaps its child.
    """

    def __init__(
        self,
        store: Store,
        watch: Watch,
        happened: Callable[[], None],
        start: Callable[[], LineChild] = lambda: LineChild(*_PROCESS),
    ) -> None:
        self._store = store
        self._watch = watch
        self._happened = happened
        self._start = start
        self._child: LineChild | None = None
        self._wanted: list[dict[str, Any]] = []
        self._asked = True  # whether the process has been told what is wanted
        self._untold: list[dict[str, Any]] = []  # that are not kept yet
        self._again: timedelta | None = None  # when what has failed is tried again
        self._closed = False

    def settle(self, jobs: Jobs) -> None:
        """Watch for the files that these jobs wait for."""
        names = jobs.listening()
        hearing = self._store.hearing(names) if names else {}
        self._wanted = [
            {**one, "since": hearing[name].since.timestamp()}
            for name in names
            for one in _wanted(jobs, name)
        ]
        self._ask()

    def _ask(self) -> None:
        """Tell the process what is wanted; in a while, when that cannot be done."""
        self._asked = not self._wanted
        if self._asked:
            self._let_go()
            return
        try:
            known = [[*one] for one in self._store.arrivals()]
            if self._child is None:
                self._child = self._start()
        except (StoreError, OSError) as error:
            self._pause("files are not watched for", error)
            return
        self._child.tell({"watch": self._wanted, "known": known})
        self._asked = True

    def _pause(self, what: str, error: Exception) -> None:
        log.warning(what, extra=fields(error=error))  # one of two constant sentences
        self._again = self._watch.elapsed() + _AGAIN

    def _let_go(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    def descriptors(self) -> list[int]:
        """Return what can be read when a file has arrived."""
        return [] if self._child is None else [self._child.descriptor]

    def next_time(self) -> datetime | None:
        """Return None: nothing here goes by the clock."""
        return None

    def next_deadline(self) -> timedelta | None:
        """Return when something is tried again, or when the process is told the rest."""
        times = [] if self._again is None else [self._again]
        if self._child is not None and self._child.behind:
            times.append(self._watch.elapsed() + _SOON)
        return min(times, default=None)

    def serve(self, ready: set[int]) -> None:
        """Keep what the process has told; start it anew when it has ended."""
        if self._again is not None and self._again <= self._watch.elapsed():
            self._again = None
            if not self._asked:
                self._ask()
        if self._child is not None:
            self._child.flush()
            if self._child.descriptor in ready:
                told = self._child.told()
                self._untold += told
                _warn(told)
        if self._again is None:
            self._keep()

    def _keep(self) -> None:
        """Keep files as events, each together with that it has been told of."""
        while self._untold:
            part = self._untold[:_AT_ONCE]
            try:
                kept = self._store.arrive(list(_told(part)), self._watch.now())
            except StoreError as error:
                self._pause("files wait to be recorded", error)
                return
            del self._untold[: len(part)]
            if kept:
                self._happened()

    def ended(self, pid: int, status: int) -> bool:
        """Return whether it was the process that watches; a new one is started in a while."""
        if self._child is None or pid != self._child.pid:
            return False
        self._let_go()
        if not self._closed:
            code = os.waitstatus_to_exitcode(status)
            log.warning("the process that watches for files has ended", extra=fields(exit=code))
            self._asked, self._again = False, self._watch.elapsed() + _AGAIN
        return True

    def close(self) -> None:
        """Let it end."""
        self._closed = True
        self._let_go()


def _wanted(jobs: Jobs, name: str) -> Iterator[dict[str, Any]]:
    """Yield what a job waits for, as the process is told of it."""
    job = jobs[name]
    for place, told in enumerate(job.on):
        if isinstance(told, OnPath):
            try:
                patterns = [str(job.path(path)) for path in told.path]
            except ConfigError as error:
                log.warning("files cannot be watched", extra=fields(job=name, why=error))
                continue
            yield {
                "job": name, "part": place, "patterns": patterns,
                "settle_s": told.settle.total_seconds(),
            }  # fmt: skip


def _warn(told: Iterable[dict[str, Any]]) -> None:
    for one in told:
        if "warning" in one:
            log.warning("files cannot be watched", extra=fields(why=one["warning"]))


def _told(said: Iterable[dict[str, Any]]) -> Iterator[Arrival | Gone]:
    for one in said:
        if "gone" in one:
            yield Gone(*one["gone"])
        elif "content" in one:
            yield _arrival(one)


def _arrival(said: dict[str, Any]) -> Arrival:
    job, path = said["job"], said["path"]
    payload = {
        "path": path,
        "size": said["size"],
        "modified": datetime.fromtimestamp(said["modified"], UTC).isoformat(),
        "part": f"on.{said['part']}",
    }
    event = Emitted(FILE, json.dumps(payload), job=job)
    return Arrival(job, path, said["content"], said["mark"], event)
