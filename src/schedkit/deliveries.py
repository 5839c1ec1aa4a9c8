"""
What people are to be told is sent: the runner's side of the notifier, which does it.

At least once: what was sent, and could not be recorded before the runner was killed, is sent again.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from schedkit.children import LineChild
from schedkit.errors import StoreError
from schedkit.jobs import Jobs
from schedkit.log import fields
from schedkit.store import Store
from schedkit.store.deliveries import First, Tried
from schedkit.typed import Any, NamedTuple
from schedkit.watch import Watch

log = logging.getLogger(__name__)

PROCESS = ("-P", "-m", "schedkit.notifier")
_AT_ONCE = 64  # what the notifier has at a time: those that hang are to leave room for others
_TIMEOUTS = {"command": timedelta(seconds=60)}  # one may have to start much
_TIMEOUT = timedelta(seconds=30)
# Beyond a timeout, which the notifier keeps by itself: of so many it begins the last after 14 s
# when all hang, and it gives up 5 s after the end.
_GRACE = timedelta(seconds=30)
_FIRST, _FACTOR = timedelta(seconds=30), 4  # before the second try, and how the pause grows
_LONGEST = timedelta(hours=1)  # to which it does
_WORTH = {"ping": timedelta(hours=1)}  # for so long it is tried: nobody wants older news
_A_DAY = timedelta(days=1)
_AGAIN = timedelta(seconds=5)  # before a store, or a process that ended, is tried again
_SOON = timedelta(milliseconds=20)  # before it is told the rest of what did not fit into a pipe
_FAREWELL = timedelta(seconds=1)  # for answers that are on their way as the runner ends


class _Going(NamedTuple):
    """A delivery that the notifier has, until it answers; *deadline* is by `Watch.elapsed`."""

    first: First
    deadline: timedelta


class Deliveries:
    """
    Has a process send what waits in the store, as long as anything does.

    Of a lane one delivery goes at a time, in order. Whoever makes this reaps its child.
    """

    def __init__(
        self,
        store: Store,
        watch: Watch,
        start: Callable[[], LineChild] = lambda: LineChild(*PROCESS),
    ) -> None:
        self._store = store
        self._watch = watch
        self._start = start
        self._child: LineChild | None = None
        self._leaving: set[int] = set()  # children that were told to end
        self._going: dict[int, _Going] = {}
        self._tried: list[tuple[First, Tried]] = []  # that are not recorded yet
        self._look = True  # whether there may be something to send
        self._not_before = timedelta(0)  # nothing is sent, nor recorded, after a mishap
        self._due: datetime | None = None
        self._failing: dict[str, tuple[str, str | None]] = {}  # by lane, what the log has said

    def wake(self) -> None:
        """Take note that there may be something new to send."""
        self._look = True

    def settle(self, jobs: Jobs) -> None:
        """Do nothing: what is to be sent says to whom."""

    def descriptors(self) -> list[int]:
        """Return what can be read when the notifier has answered."""
        return [] if self._child is None else [self._child.descriptor]

    def next_time(self) -> datetime | None:
        """Return when something is due that waits for another try."""
        return None if self._look or self._tried or self._is_full else self._due

    def next_deadline(self) -> timedelta | None:
        """Return when to look again, or when the notifier has to have answered."""
        now = self._watch.elapsed()
        times = [one.deadline for one in self._going.values()]
        if self._tried or (self._look and not self._is_full):
            times.append(max(now, self._not_before))
        if self._child is not None and self._child.behind:
            times.append(now + _SOON)
        return min(times, default=None)

    @property
    def _is_full(self) -> bool:
        return len(self._going) >= _AT_ONCE

    def serve(self, ready: set[int]) -> None:
        """Take answers, and send what is due."""
        if self._child is not None:
            if self._child.descriptor in ready:
                self._hear(self._child, self._child.told())
            self._expire()
        if self._watch.elapsed() < self._not_before:
            return
        self._record()
        self._send()
        if self._child is not None:
            self._child.flush()

    # ---- what is to be sent

    def _send(self) -> None:
        now = self._watch.now()
        look = self._look or (self._due is not None and _is_due(self._due, now))
        if not look or self._is_full or self._tried:
            return
        try:
            found = self._store.to_deliver()
            self._drop(found)
            busy = {going.first.lane for going in self._going.values()}
            free = [one for one in found if one.lane not in busy]
            chosen = [one for one in free if _is_due(one.due, now)][: _AT_ONCE - len(self._going)]
            contents = self._store.contents([one.id for one in chosen]) if chosen else {}
        except StoreError as error:
            self._pause("notifications wait", error)
            return
        self._look = bool(self._tried)
        self._due = min((one.due for one in free if not _is_due(one.due, now)), default=None)
        if chosen and not self._tried:
            self._tell(chosen, contents)

    def _drop(self, found: Iterable[First]) -> None:
        """Drop the starts that nobody was told of and after which there is other news."""
        self._tried += [
            (one, Tried(one.id, "dropped", one.tries, "it was told of the end instead"))
            for one in found
            if one.superseded and one.tries and one.reason == "start" and one.id not in self._going
        ]

    def _tell(self, chosen: Sequence[First], contents: Mapping[int, tuple[str, str]]) -> None:
        """Tell the notifier, one that is there or a new one, what to send."""
        if self._child is None:
            try:
                self._child = self._start()
            except OSError as error:
                self._pause("the notifier cannot be started", error)
                return
        elapsed = self._watch.elapsed()
        for one in chosen:
            self._going[one.id] = _Going(one, elapsed + timeout(one.kind) + _GRACE)
            self._child.tell(line(one, *contents[one.id], self._store.uuid))

    # ---- what has become of it

    def _hear(self, child: LineChild, answers: Iterable[Mapping[str, Any]]) -> None:
        now = self._watch.now()
        for answer in answers:
            going = self._going.pop(answer.get("id", 0), None)  # no delivery has the id 0
            if going is not None:
                self._tried.append((going.first, outcome(going.first, answer, now)))
        # One that offers to go is taken at its word, unless it has been told something since.
        if any("bye" in answer for answer in answers) and not self._going:
            self._leaving.add(child.pid)
            child.close()
            self._child = None

    def _expire(self) -> None:
        """Kill a notifier that has not answered in time."""
        deadline = min((one.deadline for one in self._going.values()), default=None)
        if self._child is not None and deadline is not None and deadline <= self._watch.elapsed():
            log.warning("the notifier does not answer, it is killed")
            self._child.kill()
            self._fail("the notifier did not answer")
            self._leaving.add(self._child.pid)
            self._child.close()
            self._child = None

    def _fail(self, why: str) -> None:
        """Let everything that the notifier has be tried again."""
        now = self._watch.now()
        for one, _ in self._going.values():
            self._tried.append((one, outcome(one, {"error": why, "again": True}, now)))
        self._going.clear()

    def ended(self, pid: int, status: int) -> bool:
        """Return whether it was a notifier; what it had is tried again."""
        if pid in self._leaving:
            self._leaving.remove(pid)
            return True
        child = self._child
        if child is None or pid != child.pid:
            return False
        self._hear(child, child.told())
        child.close()
        self._child = None
        code = os.waitstatus_to_exitcode(status)
        if self._going or code:
            log.warning("the notifier has ended", extra=fields(exit=code))
            self._fail(f"the notifier ended with exit code {code}")
            self._not_before = self._watch.elapsed() + _AGAIN
        self._look = True
        return True

    def _record(self) -> None:
        if not self._tried:
            return
        try:
            self._store.delivered([tried for _, tried in self._tried], self._watch.now())
        except StoreError as error:
            self._pause("what became of notifications waits to be recorded", error)
            return
        for one, tried in self._tried:
            self._say(one, tried)
        self._tried.clear()
        self._look = True

    def _pause(self, sentence: str, error: Exception) -> None:
        log.error(sentence, extra=fields(error=error))
        self._not_before = self._watch.elapsed() + _AGAIN
        self._look = True

    def _say(self, one: First, tried: Tried) -> None:
        """Log what became of a delivery: of a lane the same only once."""
        said = fields(job=one.job, receiver=one.kind, about=one.reason, error=tried.error)
        if tried.state == "sent":
            level = logging.INFO if self._failing.pop(one.lane, None) else logging.DEBUG
            log.log(level, "notification sent", extra=said)
            return
        if tried.state != "dropped" and self._failing.get(one.lane) != (tried.state, tried.error):
            self._failing[one.lane] = (tried.state, tried.error)
            again = tried.state == "waiting"
            log.warning(
                "notification not sent, it is tried again" if again else "notification not sent",
                extra=said,
            )

    def close(self) -> None:
        """Record the answers that are on their way; the notifier ends when it has sent the rest."""
        child = self._child
        if child is None:
            return
        child.end()
        end = self._watch.elapsed() + _FAREWELL
        while self._going and self._watch.elapsed() < end:
            self._watch.wait(None, end, [child.descriptor])
            answers = child.told()
            self._hear(child, answers)
            if not answers:
                break  # it is too late, or the notifier is gone
        self._record()
        child.close()
        self._child = None


def _is_due(due: datetime, now: datetime) -> bool:
    # What is put off for longer than anything is was put off by a clock that was ahead.
    return due <= now or due > now + _A_DAY


def timeout(kind: str) -> timedelta:
    """Return how long it may take to send something to a receiver of this kind."""
    return _TIMEOUTS.get(kind, _TIMEOUT)


def line(one: First, receiver: str, message: str, store: str) -> dict[str, Any]:
    """Return what the notifier is told of a delivery; *store* is what tells ours from others."""
    said = json.loads(message)
    if one.kind == "ping" and one.run is not None:
        said["rid"] = rid(store, one.run)
    return {
        "id": one.id, "kind": one.kind, **json.loads(receiver), "message": said,
        "timeout_s": timeout(one.kind).total_seconds(),
    }  # fmt: skip


def rid(store: str, run: int) -> str:
    """
    Return the UUID of a run, by which a check knows what belongs together.

    Source: RFC 9562 5.8, "UUID Version 8": bits that are ours, all of one store alike but the last.

    >>> rid("5eed" * 8, 1)
    '5eed5eed-5eed-8eed-8eed-5eed5eed5eec'
    """
    digits = f"{int(store, 16) ^ run:032x}"
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def outcome(one: First, answer: Mapping[str, Any], now: datetime) -> Tried:
    """Return what becomes of a delivery after this answer: whether it is tried again, and when."""
    tries = one.tries + 1
    if answer.get("sent"):
        return Tried(one.id, "sent", tries)
    error = str(answer.get("error") or "no reason is known")
    pause = min(_FIRST * _FACTOR ** min(tries - 1, 9), _LONGEST)
    if answer.get("after_s"):
        pause = timedelta(seconds=min(float(answer["after_s"]), _A_DAY.total_seconds()))
    due = now + pause
    if not answer.get("again") or due > one.created + _WORTH.get(one.kind, _A_DAY):
        return Tried(one.id, "failed", tries, error)
    return Tried(one.id, "waiting", tries, error, due)
