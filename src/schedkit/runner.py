"""
The runner: a thin loop that waits, and lets the dispatcher do what is due.

Signals, files that change, people who ask and children that end all come in here.
"""

from __future__ import annotations

import logging
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from schedkit.claims import Claims
from schedkit.companions import Companions
from schedkit.condition import condition
from schedkit.config import Config
from schedkit.dispatcher import Dispatcher
from schedkit.errors import StoreError
from schedkit.executor import Executor
from schedkit.jobs import Jobs
from schedkit.keeping import Keeping
from schedkit.log import fields
from schedkit.orders import Answer, Orders
from schedkit.records import Record
from schedkit.run import State
from schedkit.schedules import CORRECTION, FileWatch, Schedules
from schedkit.sdnotify import Supervisor
from schedkit.store import Holder, Store
from schedkit.typed import TYPE_CHECKING, Any, Protocol
from schedkit.watch import Signals, Watch

if TYPE_CHECKING:
    from schedkit.reactions import Consequence

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)
_NEVER = timedelta(days=36500)  # by `Watch.elapsed`: no machine is up for so long
_STEP = timedelta(seconds=1)  # of the clock: less is its being kept right
_KILLING = timedelta(minutes=2)  # for the grace of jobs that are ended, and what follows
_DOWN = "no runner was up"
_UNWRITABLE = "the history could not be written"
_ASLEEP = "the runner did not run: the machine was suspended, or the process stopped"
_SET_FORWARD = "the clock was set forward"


class Place(Record):
    """Where a runner works: the files it reads, and the directory for what jobs write."""

    paths: tuple[Path, ...]
    output: Path


class Control(Protocol):
    """Where people ask for something."""

    def descriptors(self) -> list[int]:
        """Return what can be read when somebody asks."""

    def serve(self, ready: set[int]) -> None:
        """Do what was asked for."""


class Runner:
    """
    Runs the jobs of *config*; only those named in *only*, unless it is empty.

    Everything it needs is handed in: a fake watch moves time in tests. *degraded* says why
    *config* is not what the files say now.
    """

    def __init__(
        self,
        config: Config,
        place: Place,
        *,
        store: Store,
        executor: Executor,
        watch: Watch,
        signals: Signals,
        only: Iterable[str] = (),
        files: FileWatch | None = None,
        keep: Callable[[Config], None] | None = None,
        degraded: str | None = None,
    ) -> None:
        self._store = store
        self._executor = executor
        self._watch = watch
        self._signals = signals
        self._control: Control | None = None
        self._supervisor = Supervisor()
        self._claims = Claims(store, executor, watch, Keeping(store, place.output))
        self._dispatcher = Dispatcher(self._claims, store, watch)
        self.companions = Companions()
        self._schedules = Schedules(
            config, place.paths, store=store, claims=self._claims, watch=watch, loop=self,
            only=only, files=files, keep=keep, degraded=degraded,
        )  # fmt: skip
        self.orders = Orders(self._claims, store, watch, self)
        self._holder: Holder | None = None
        self._began = watch.now()
        self._offset = watch.offset()
        self._why_late = _ASLEEP
        self._leaving = False
        self._draining_until: timedelta | None = None
        self._alive_next = watch.elapsed()
        self.interrupted = False

    @property
    def counts(self) -> Counter[State]:
        """How many runs came to each of the terminal states."""
        return self._claims.attempts.counts

    @property
    def waiting(self) -> int:
        """How many runs wait: to be retried, for their turn, for a slot."""
        return len(self._claims.queue)

    def serve(self, control: Control) -> None:
        """Listen to what people ask for from now on."""
        self._control = control

    def run(self, holder: Holder, until: datetime | None = None) -> None:
        """
        Run until a signal ends it or, drained, at *until*.

        Raises: StoreError when the history cannot be taken over.
        """
        now = self._watch.now()
        self._holder = holder
        first = self._store.begin(holder, now)
        self._schedules.take(self._schedules.config, "start", now)
        self._claims.recover(holder.boot)
        self._dispatcher.begin(now, _DOWN, first_of_boot=first)
        self._supervisor.ready()
        while True:
            if until is not None and self._watch.now() >= until:
                self._drain("its time is over")
            self._act()
            if self._done():
                break
            self._wait(until)
        self._claims.record()
        self._executor.close()
        self.companions.close()
        with suppress(StoreError):
            self._store.finish(self._watch.now())

    # ---- the loop

    def _act(self) -> None:
        self._expire()
        self._look_at_the_clock()  # once more: what it finds is the reason of what is decided now
        recording = self._claims.recording
        if self._draining_until is not None:
            self._claims.record()
            self._dispatcher.expect()
            return
        self._dispatcher.turn(_UNWRITABLE if recording.blocked else self._why_late)
        if not recording.blocked:
            self._why_late = _ASLEEP

    def _done(self) -> bool:
        attempts = self._claims.attempts
        # On a disk that stays full for so long, the keepers' journals tell the next runner.
        recorded = not attempts.facts or self._draining_until == _NEVER
        idle = not attempts and recorded
        return self._leaving or (self._draining_until is not None and idle)

    def _wait(self, until: datetime | None) -> None:
        descriptors = [
            self._signals.descriptor, *self._executor.descriptors(),
            *self._schedules.descriptors(), *self.companions.descriptors(),
        ]  # fmt: skip
        if self._control is not None:
            descriptors += self._control.descriptors()
        ready = self._watch.wait(self._next_time(until), self._next_deadline(), descriptors)
        self._look_at_the_clock()
        if self._signals.descriptor in ready:
            for number in self._signals.read():
                self._handle(number)
        draining = self._draining_until is not None
        for pid, status in self._claims.attempts.collect():
            if not self._schedules.ended(pid, status, draining=draining):
                self.companions.ended(pid, status)
        self._schedules.serve(ready)
        self.companions.serve(ready)
        if self._control is not None:
            self._control.serve(ready)

    def _next_time(self, until: datetime | None) -> datetime | None:
        if self._draining_until is not None:
            return None
        times = [until, self.companions.next_time()]
        if not self._claims.recording.blocked:
            times.append(self._dispatcher.next_time())
        return min((time for time in times if time is not None), default=None)

    def _next_deadline(self) -> timedelta | None:
        times = [
            self._claims.attempts.next_deadline,
            self._claims.recording.next_try,
            self._executor.next_check(),
            self._draining_until,
            self._schedules.load_at,
            self.companions.next_deadline(),
            self._dispatcher.next_deadline(),
        ]
        if self._supervisor.watchdog is not None:
            times.append(self._alive_next)
        return min((time for time in times if time is not None), default=None)

    def _expire(self) -> None:
        """Do what is to be done by now on the clock that nobody can set."""
        elapsed = self._watch.elapsed()
        self._claims.attempts.expire()
        if self._draining_until is not None and self._draining_until <= elapsed:
            self._draining_until = _NEVER
            self._supervisor.stopping(_KILLING)
            self._claims.attempts.stop_all("the runner was stopped")
        self._schedules.expire(elapsed)
        watchdog = self._supervisor.watchdog
        if watchdog is not None and self._alive_next <= elapsed:
            self._supervisor.alive()
            self._alive_next = elapsed + watchdog

    def _look_at_the_clock(self) -> None:
        """Take note when the clock was set: what fires late then, or not yet, has that reason."""
        offset = self._watch.offset()
        step = offset - self._offset
        self._offset = offset
        if abs(step) < _STEP:
            return
        log.warning("the clock was set", extra=fields(by=f"{step.total_seconds():+.0f}s"))
        if step > timedelta(0):
            self._why_late = _SET_FORWARD
        elif -step > CORRECTION:
            self._rewind(self._watch.now())

    def _rewind(self, now: datetime) -> None:
        """Let jobs fire again whose clock was far ahead: else they would wait until then."""
        try:
            rewound = self._store.rewind(now + CORRECTION, now)
        except StoreError as error:
            log.error("fire times wait", extra=fields(error=error))  # noqa: TRY400
            return
        if rewound:
            log.warning(
                "the clock was ahead, jobs fire by the new time", extra=fields(jobs=rewound)
            )
            self._schedules.settle(self._schedules.config, anew=True)
            self._claims.wait_anew()
            self._claims.agenda.await_new()

    # ---- the files

    def loading(self, *, begins: bool) -> None:
        """Tell a supervisor that files are loaded, or have been."""
        if begins:
            self._supervisor.reloading()
        else:
            self._supervisor.ready()

    def decide_before(self, now: datetime) -> None:
        """Decide what came due before a load."""
        self._dispatcher.decide_now(now, self._why_late)

    def settled(self, jobs: Jobs, known: Jobs) -> None:
        """Go on with other jobs; all that are *known* listen."""
        self._dispatcher.settle(jobs, known)
        reactions = self._dispatcher.reactions
        if reactions is not None and reactions.of_files:
            from schedkit.incoming import Incoming  # few runners wait for files

            self.companions.need(
                "files", lambda: Incoming(self._store, self._watch, reactions.wake)
            )
        if reactions is not None and (known.telling() or self._store.to_deliver()):
            from schedkit.deliveries import Deliveries  # most tell nobody

            deliveries = Deliveries(self._store, self._watch)
            if self.companions.need("deliveries", lambda: deliveries):
                reactions.deliver = deliveries.wake
        self.companions.settle(jobs)

    # ---- what people ask for

    def reload(self, who: str, answer: Answer) -> None:
        """Load the files again; call *answer* when that has been done."""
        self._schedules.reload(who, answer)

    def react(self, now: datetime) -> Sequence[Consequence]:
        """Let follow what follows from what has happened, unless the runner is stopping."""
        return () if self._draining_until is not None else self._dispatcher.react(now, woken=True)

    def decide(self) -> None:
        """Decide what is due; raises StoreError when that cannot be recorded."""
        self._dispatcher.decide_now(self._watch.now(), self._why_late)

    def status(self) -> dict[str, Any]:
        """Return how the runner is, as plain JSON data."""
        assert self._holder is not None, "asked before it runs"
        draining = self._draining_until is not None
        return condition(
            self._claims, self._holder, self._began,
            degraded=self._schedules.degraded, draining=draining,
        )  # fmt: skip

    # ---- signals

    def _handle(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP:
            self._schedules.load(number.name)
        elif number == signal.SIGQUIT or (number == signal.SIGINT and self.interrupted):
            left = len(self._claims.attempts)
            log.warning("runner leaves", extra=fields(left_running=left))
            self._leaving = True
        elif number in (signal.SIGTERM, signal.SIGINT):
            self.interrupted = self.interrupted or number == signal.SIGINT
            self._drain(f"{number.name} was received")

    def _drain(self, why: str) -> None:
        """Start nothing more; wait for what runs, for as long as the file allows."""
        if self._draining_until is None:
            timeout = self._schedules.config.runner.drain_timeout
            self._draining_until = self._watch.elapsed() + timeout
            self.orders.draining = True
            self._supervisor.stopping(timeout + _KILLING)
            self._claims.attempts.stop_asking("the runner stops")
            said = fields(why=why, running=len(self._claims.attempts) or None)
            log.info("runner stopping", extra=said)
