"""Runs jobs through keepers: orders their starts, hears how they end, ends them in time."""

from __future__ import annotations

import logging
import select
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from schedkit import processes
from schedkit.errors import ExecutorError
from schedkit.executor import Event, Found, NotStarted
from schedkit.keeper.journal import boottime
from schedkit.keepers.connection import Connection
from schedkit.keepers.journals import Journal, settle
from schedkit.keepers.recovery import Recovery, unanswered
from schedkit.keepers.unattended import Unattended
from schedkit.keepers.watched import Watched
from schedkit.launch import Launch
from schedkit.log import fields
from schedkit.processes import Census, Reaped, Tree, reaped
from schedkit.run import AttemptKey, OpenAttempt

log = logging.getLogger(__name__)

_MOST_KEEPERS = 4  # that may die before they start a process: after that it is to blame
_LARGEST = 1 << 20  # bytes of a journal; what starts later goes through another keeper
_LOOK = timedelta(milliseconds=20)  # for what nobody tells us
_NOW = timedelta(0)


class KeeperExecutor:
    """
    Runs what is in the store with the id *store*, whose state directory is *state*.

    Signals are sent by the next `events`, for which `next_check` asks at once: one look at the
    processes of the machine then does for all of them.
    """

    def __init__(self, state: Path, store: str) -> None:
        self._state = state
        self._store = store
        self._keepers: list[Connection] = []
        self._left: list[Journal] = []  # of earlier runners
        self._buried: list[Connection] = []  # whose journals are still there
        self._watched: dict[AttemptKey, Watched] = {}
        self._running: dict[int, Watched] = {}  # by pid
        self._ended: dict[AttemptKey, Watched] = {}  # perhaps not all that they started
        self._asked: dict[AttemptKey, signal.Signals] = {}
        self._reaped: dict[int, Reaped] = {}  # of which nobody has been told yet
        self._events: list[Event | tuple[int, int]] = []
        self._next: timedelta | None = None
        self._poll = select.epoll()
        self._unattended = Unattended(self._poll)
        processes.become_subreaper()

    # ---- starting

    def start(self, launches: Sequence[Launch]) -> None:
        """Order processes to be started."""
        keeper = self._current()
        for launch in launches:
            self._watched[launch.key] = Watched(
                launch.key, launch.mark, launch.output, launch.result, keeper=keeper, launch=launch
            )
        keeper.start(launches)
        self._listen(keeper)

    def _current(self) -> Connection:
        """Return the keeper for what starts now."""
        for keeper in self._keepers:
            if not keeper.closing:
                if keeper.stories.size < _LARGEST or keeper.unsent:  # closing would wait for it
                    return keeper
                keeper.order_no_more()
        keeper = Connection(self._state / "keepers")
        log.debug("keeper started", extra=fields(pid=keeper.pid))
        self._keepers.append(keeper)
        self._poll.register(keeper.descriptor, select.EPOLLIN)
        return keeper

    def _have_one_ready(self) -> None:
        """Make a keeper before something is to be started, which would be late by its making."""
        with suppress(ExecutorError):  # tried again then, and told of
            self._current()

    def _listen(self, keeper: Connection) -> None:
        """Let us be told when what waits to be sent can be."""
        if not keeper.ended:
            wanted = select.EPOLLIN | (select.EPOLLOUT if keeper.unsent else 0)
            self._poll.modify(keeper.descriptor, wanted)

    # ---- taking over

    def take_over(self, attempts: Sequence[OpenAttempt], boot: str) -> list[Found]:
        """Return what is known of the attempts that an earlier runner left; watch those alive."""
        self._left = list(settle(self._state / "keepers"))
        self._have_one_ready()
        recovery = Recovery(self._left, self._state / "output", self._store, boot)
        found = []
        for one in attempts:
            evidence, watched = recovery.find(one)
            found.append(evidence)
            if watched is not None:
                assert watched.story.pid is not None
                self._watched[watched.key] = self._running[watched.story.pid] = watched
                self._unattended.add(watched)
        return found

    def forget(self) -> None:
        """Remove the journals of keepers that are gone, and of which nothing goes on."""
        if not self._left and not self._buried:
            return
        needed = {
            id(known) for one in self._watched.values() for known in (one.journal, one.former)
        }
        for journal in list(self._left):
            if id(journal) not in needed and journal.read():
                journal.drop()
                self._left.remove(journal)
        for keeper in list(self._buried):
            if id(keeper) not in needed:
                keeper.drop()
                self._buried.remove(keeper)

    # ---- ending

    def stop(self, key: AttemptKey, number: signal.Signals) -> None:
        """Send a signal to an attempt's processes; from then on all of them must be gone."""
        watched = self._watched.get(key)
        if watched is None or watched.story.pid is None:
            return
        if watched.tree is None:
            watched.tree = Tree(
                watched.story.pid, watched.story.started, watched.mark, watched.reapers()
            )
        self._asked[key] = number

    def kill(self, key: AttemptKey) -> None:
        """Kill an attempt's processes, all of them."""
        self.stop(key, signal.SIGKILL)

    def close(self) -> None:
        """Start nothing more; what runs goes on under its keeper."""
        self._signal()
        for keeper in self._keepers:
            if not keeper.closing:
                keeper.order_no_more()
            keeper.close()
        self._unattended.close()
        self._poll.close()

    # ---- what happens

    def descriptors(self) -> list[int]:
        """Return what can be read when `events` may have something, beside SIGCHLD."""
        return [self._poll.fileno()]

    def next_check(self) -> timedelta | None:
        """Return when `events` has to be asked again all the same, by CLOCK_MONOTONIC."""
        if self._asked or self._events:
            return _NOW
        pause = self._unattended.pause()
        times = [self._next, None if pause is None else _elapsed() + timedelta(seconds=pause)]
        return min((one for one in times if one is not None), default=None)

    def events(self) -> Iterator[Event | tuple[int, int]]:
        """Yield what happened since; (pid, status) for a child that nobody here knows."""
        self._next = None
        ready = {descriptor for descriptor, _ in self._poll.poll(0)}
        # Before anything is closed: what is opened after that may have the same number.
        seen = self._unattended.seen(ready)
        for keeper in list(self._keepers):
            if keeper.descriptor in ready:
                self._hear(keeper)
        self._reap()
        for watched in self._unattended.over(seen):
            self._over(watched)
        if self._unattended.undecided:
            self._ask_again()
        self._unattended.trim()
        self._signal()
        self._finish()
        told, self._events = self._events, []
        yield from told

    def _hear(self, keeper: Connection) -> None:
        keeper.send()
        self._take(keeper, keeper.read())
        if keeper.ended:
            self._bury(keeper)
        else:
            self._listen(keeper)
            if keeper.stories.size >= _LARGEST and not keeper.closing:
                self._have_one_ready()

    def _take(self, keeper: Connection, lines: list[tuple[str, AttemptKey]]) -> None:
        """Take note of what a keeper has told."""
        for kind, key in lines:
            watched = self._watched.get(key)
            if watched is None or watched.keeper is not keeper:
                continue
            match kind:
                case "S":
                    watched.story, watched.launch = keeper.stories.of[key], None
                    self._begun(watched)
                case "F":
                    watched.story = keeper.stories.of.pop(key)
                    del self._watched[key]
                    self._events.append(watched.failure())
                case "U":  # the last line of one that has ended
                    self._over(watched)

    def _begun(self, watched: Watched) -> None:
        assert watched.story.pid is not None
        self._running[watched.story.pid] = watched
        self._events.append(watched.begin())

    def _over(self, watched: Watched) -> None:
        """Its process has ended; so has the attempt, unless it was stopped and some are left."""
        if watched.keeper is not None:
            watched.keeper.stories.of.pop(watched.key, None)
        pid = watched.story.pid
        if pid is not None and self._running.get(pid) is watched:
            del self._running[pid]
        self._unattended.drop(watched)
        self._ended[watched.key] = watched

    def _finish(self) -> None:
        """Tell of the attempts of which nothing is left."""
        census: Census | None = None
        for key, watched in list(self._ended.items()):
            if watched.tree is not None:
                census = census or Census(self._running)
                if watched.tree.members(census):
                    if watched.keeper is None:  # which would tell when the last one is reaped
                        self._ask_again()
                    continue
            del self._ended[key], self._watched[key]
            self._events.append(watched.end())

    # ---- keepers and children

    def _reap(self) -> None:
        """Take note of children that have ended: ours, and those of keepers that are dead."""
        while self._collect():
            for keeper in [one for one in self._keepers if one.status is not None]:
                self._bury(keeper)
        for pid, child in self._reaped.items():
            watched = self._running.get(pid)
            if watched is None:
                self._events.append((pid, child.status))
                continue
            story = watched.story
            if story.status is None:
                story.status, story.ended = child.status, boottime()
            story.cpu_time, story.peak_memory_kb = child.cpu_time, child.peak_memory_kb
            self._over(watched)
        self._reaped.clear()

    def _collect(self) -> bool:
        """Reap; return whether a keeper was among them."""
        keepers = {one.pid: one for one in self._keepers}
        found = False
        for child in reaped():
            if child.pid in keepers:
                keepers[child.pid].status = child.status
                found = True
            else:
                self._reaped[child.pid] = child
        return found

    def _bury(self, keeper: Connection) -> None:
        """
        Go on without a keeper that is dead: its processes are children of ours now.

        Nobody is told of a child that was reaped before this is done: it may be one of them.
        """
        if keeper not in self._keepers:
            return
        self._keepers.remove(keeper)
        self._take(keeper, keeper.drain())
        self._poll.unregister(keeper.descriptor)
        keeper.bury()
        self._collect()
        self._buried.append(keeper)
        said = fields(pid=keeper.pid, status=keeper.status, reason=keeper.stories.failure)
        if keeper.closing and not keeper.status:
            log.debug("keeper ended", extra=said)
        else:
            log.warning("keeper died", extra=said)
        theirs = [one for one in self._watched.values() if one.keeper is keeper]
        for watched in theirs:
            watched.keeper, watched.former = None, keeper
            if watched.key not in self._ended:
                self._orphaned(watched, keeper)
        self._start_again([one for one in theirs if one.never_ran])

    def _orphaned(self, watched: Watched, keeper: Connection) -> None:
        story = watched.story
        if story.pid is None:
            if not watched.output.exists():  # made before anything is executed
                watched.never_ran = True
                return
            children = [one.process for one in self._reaped.values() if one.process is not None]
            found = unanswered(watched.mark, keeper.stories, Census(self._running), children)
            if found is None:
                self._over(watched)  # nobody can know how
                return
            story.pid, story.started = found.pid, boottime()
            self._begun(watched)
        if story.status is not None:
            if (child := self._reaped.pop(story.pid, None)) is not None:
                story.cpu_time, story.peak_memory_kb = child.cpu_time, child.peak_memory_kb
            self._over(watched)
        elif story.pid not in self._reaped:
            self._unattended.add(watched)

    def _start_again(self, watched: Sequence[Watched]) -> None:
        """Start what certainly never ran; some times more, not for ever."""
        lost = {one.key: one.keepers_lost + 1 for one in watched}
        again = [
            one.launch
            for one in watched
            if one.launch is not None and lost[one.key] < _MOST_KEEPERS
        ]
        reason = "cannot be started: its keeper died"
        try:
            if again:
                self.start(again)
        except ExecutorError as error:
            again, reason = [], str(error)
        for launch in again:
            self._watched[launch.key].keepers_lost = lost[launch.key]
        for one in watched:
            if one.launch not in again:
                del self._watched[one.key]
                self._events.append(NotStarted(one.key, reason))

    # ---- signals

    def _signal(self) -> None:
        """Send the signals that were asked for."""
        trees: defaultdict[signal.Signals, list[Tree]] = defaultdict(list)
        for key, number in self._asked.items():
            watched = self._watched.get(key)
            if watched is not None and watched.tree is not None:
                trees[number].append(watched.tree)
        self._asked.clear()
        for number, those in trees.items():
            if number == signal.SIGKILL:
                processes.kill(those, self._running)
            else:
                processes.send(those, number, self._running)

    def _ask_again(self) -> None:
        self._next = _elapsed() + _LOOK


def _elapsed() -> timedelta:
    return timedelta(microseconds=time.monotonic_ns() // 1000)
