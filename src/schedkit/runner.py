"""
The runner: a thin loop that waits, and lets the dispatcher do what is due.

Signals, files that change, people who ask and children that end all come in here.
"""

from __future__ import annotations

import logging
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from schedkit.compiled import unchanged
from schedkit.condition import condition
from schedkit.config import Config
from schedkit.dispatcher import Dispatcher
from schedkit.errors import ConfigError, StoreError
from schedkit.executor import Executor
from schedkit.jobs import Jobs
from schedkit.keeping import Keeping
from schedkit.log import fields
from schedkit.orders import Answer, Orders
from schedkit.records import Record
from schedkit.reload import Loading
from schedkit.run import State
from schedkit.sdnotify import Supervisor
from schedkit.store import Holder, Store
from schedkit.typed import Any, Protocol
from schedkit.watch import Signals, Watch

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)
_NEVER = timedelta(days=36500)  # by `Watch.elapsed`: no machine is up for so long
_SETTLE = timedelta(milliseconds=500)  # after a file changed: its editor may not be done
_LATER = timedelta(minutes=1)  # before files are loaded again that could not be recorded
_STEP = timedelta(seconds=1)  # of the clock: less is its being kept right
# Source: cron(8) of Debian: a clock set back by more is being corrected, the new time holds.
_CORRECTION = timedelta(hours=3)
_KILLING = timedelta(minutes=2)  # for the grace of jobs that are ended, and what follows
_DOWN = "no runner was up"
_UNWRITABLE = "the history could not be written"
_ASLEEP = "the runner did not run: the machine was suspended, or the process stopped"
_SET_FORWARD = "the clock was set forward"


class Place(Record):
    """Where a runner works: the files it reads, and the directory for what jobs write."""

    paths: tuple[Path, ...]
    output: Path


class FileWatch(Protocol):
    """Tells when files of schedules change."""

    @property
    def descriptor(self) -> int:
        """What can be read when one may have changed."""

    def changed(self) -> bool:
        """Return whether one has changed since."""

    def follow(self, paths: Iterable[Path]) -> None:
        """Watch these files and directories from now on."""


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
        self._config = config
        self._place = place
        self._store = store
        self._executor = executor
        self._watch = watch
        self._signals = signals
        self._only = frozenset(only)
        self._files = files
        self._keep = keep
        self._degraded = degraded
        self._control: Control | None = None
        self._supervisor = Supervisor()
        self._dispatcher = Dispatcher(store, executor, watch, Keeping(store, place.output))
        self.orders = Orders(self._dispatcher, store, watch, self)
        self._holder: Holder | None = None
        self._began = watch.now()
        self._offset = watch.offset()
        self._why_late = _ASLEEP
        self._leaving = False
        self._draining_until: timedelta | None = None
        self._loading: Loading | None = None
        self._load_again = False
        self._load_at: timedelta | None = None
        self._answers: list[tuple[str, Answer]] = []
        self._alive_next = watch.elapsed()
        self.interrupted = False

    @property
    def counts(self) -> Counter[State]:
        """How many runs came to each of the terminal states."""
        return self._dispatcher.attempts.counts

    @property
    def waiting(self) -> int:
        """How many runs wait: to be retried, for their turn, for a slot."""
        return len(self._dispatcher.queue)

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
        self._take(self._config, "start", now)
        self._dispatcher.recover(holder.boot)
        self._dispatcher.begin(now, _DOWN, first_of_boot=first)
        self._supervisor.ready()
        while True:
            if until is not None and self._watch.now() >= until:
                self._drain("its time is over")
            self._act()
            if self._done():
                break
            self._wait(until)
        self._dispatcher.record()
        self._executor.close()
        with suppress(StoreError):
            self._store.finish(self._watch.now())

    # ---- the loop

    def _act(self) -> None:
        self._expire()
        self._look_at_the_clock()  # once more: what it finds is the reason of what is decided now
        dispatcher = self._dispatcher
        if self._draining_until is not None:
            dispatcher.record()
            return
        unwritable = dispatcher.recording.blocked
        dispatcher.turn(_UNWRITABLE if unwritable else self._why_late)
        if not dispatcher.recording.blocked:
            self._why_late = _ASLEEP

    def _done(self) -> bool:
        attempts = self._dispatcher.attempts
        # On a disk that stays full for so long, the keepers' journals tell the next runner.
        recorded = not attempts.facts or self._draining_until == _NEVER
        idle = not attempts and recorded
        return self._leaving or (self._draining_until is not None and idle)

    def _wait(self, until: datetime | None) -> None:
        descriptors = [self._signals.descriptor, *self._executor.descriptors()]
        if self._files is not None:
            descriptors.append(self._files.descriptor)
        if self._control is not None:
            descriptors += self._control.descriptors()
        ready = self._watch.wait(self._next_time(until), self._next_deadline(), descriptors)
        self._look_at_the_clock()
        if self._signals.descriptor in ready:
            for number in self._signals.read():
                self._handle(number)
        for pid, status in self._dispatcher.attempts.collect():
            if self._loading is not None and pid == self._loading.pid:
                self._loaded(self._loading, status)
        if self._files is not None and self._files.descriptor in ready and self._files.changed():
            self._load_at = self._watch.elapsed() + _SETTLE
        if self._control is not None:
            self._control.serve(ready)

    def _next_time(self, until: datetime | None) -> datetime | None:
        if self._draining_until is not None:
            return None
        times = [until]
        if not self._dispatcher.recording.blocked:
            times.append(self._dispatcher.next_time())
        return min((time for time in times if time is not None), default=None)

    def _next_deadline(self) -> timedelta | None:
        times = [
            self._dispatcher.attempts.next_deadline,
            self._dispatcher.recording.next_try,
            self._executor.next_check(),
            self._draining_until,
            self._load_at,
        ]
        if self._supervisor.watchdog is not None:
            times.append(self._alive_next)
        return min((time for time in times if time is not None), default=None)

    def _expire(self) -> None:
        """Do what is to be done by now on the clock that nobody can set."""
        elapsed = self._watch.elapsed()
        self._dispatcher.attempts.expire()
        if self._draining_until is not None and self._draining_until <= elapsed:
            self._draining_until = _NEVER
            self._supervisor.stopping(_KILLING)
            self._dispatcher.attempts.stop_all("the runner was stopped")
        if self._load_at is not None and self._load_at <= elapsed:
            self._load_at = None
            self._load("the file")
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
        elif -step > _CORRECTION:
            self._rewind(self._watch.now())

    def _rewind(self, now: datetime) -> None:
        """Let jobs fire again whose clock was far ahead: else they would wait until then."""
        try:
            rewound = self._store.rewind(now + _CORRECTION, now)
        except StoreError as error:
            log.error("fire times wait", extra=fields(error=error))  # noqa: TRY400
            return
        if rewound:
            log.warning(
                "the clock was ahead, jobs fire by the new time", extra=fields(jobs=rewound)
            )
            self._settle(self._config, anew=True)
            self._dispatcher.wait_anew()
            self._dispatcher.agenda.await_new()

    # ---- the files

    def _take(self, config: Config, who: str, now: datetime) -> None:
        """Go on with what the files say now."""
        changes = self._store.load(config, who, now)
        rewound = self._store.rewind(now + _CORRECTION, now)
        self._settle(config, anew=bool(rewound))
        self._config = config
        if self._keep is not None and self._degraded is None:
            self._keep(config)
        self._follow(config)
        log.info(
            "schedule loaded",
            extra=fields(jobs=len(self._dispatcher.jobs), why=who, degraded=self._degraded),
        )
        if who != "start":
            for change in changes:
                log.info("job changed", extra=fields(change=change))
        for _, answer in self._answers:
            answer({"changes": changes})
        self._answers = []

    def _follow(self, config: Config) -> None:
        """Watch the files, if that is wanted; what changed before they were watched counts."""
        if self._files is None:
            return
        wanted = config.runner.reload_on_change
        self._files.follow([Path(stamp.path) for stamp in config.stamps] if wanted else [])
        if wanted and self._degraded is None and not all(map(unchanged, config.stamps)):
            self._load_at = self._watch.elapsed() + _SETTLE

    def _settle(self, config: Config, *, anew: bool) -> None:
        jobs = config.by_name
        if self._only:
            jobs = Jobs(jobs[name] for name in jobs if name in self._only)
        self._dispatcher.settle(config, jobs, anew=anew)

    def _loaded(self, loading: Loading, status: int) -> None:
        self._loading = None
        now = self._watch.now()
        dispatcher = self._dispatcher
        try:
            config = loading.result(status)
            if self._draining_until is None:
                # What came due before belongs to the schedule that held until now.
                dispatcher.decide_now(now, self._why_late)
            self._degraded = None
            self._take(config, "reload", now)
        except (ConfigError, StoreError) as error:
            self._refuse(error)
        else:
            dispatcher.agenda.await_new()
        if self._load_again:
            self._load("once more")
        else:
            self._supervisor.ready()

    def _refuse(self, error: ConfigError | StoreError) -> None:
        """Go on with the last good files, and say so to whoever looks."""
        self._degraded = str(error)
        if isinstance(error, StoreError):  # no fault of the files
            self._load_at = self._watch.elapsed() + _LATER
        log.error("reload failed, the last good schedule goes on", extra=fields(error=error))
        for _, answer in self._answers:
            answer({"error": str(error)})
        self._answers = []

    def _load(self, why: str) -> None:
        """Load the files in a child; once more after that when it is asked for meanwhile."""
        self._load_again = self._loading is not None
        if self._loading is None:
            log.debug("loading", extra=fields(why=why))
            self._supervisor.reloading()
            self._loading = Loading(self._place.paths)

    # ---- what people ask for

    def reload(self, who: str, answer: Answer) -> None:
        """Load the files again; call *answer* when that has been done."""
        self._answers.append((who, answer))
        self._load(who)

    def decide(self) -> None:
        """Decide what is due; raises StoreError when that cannot be recorded."""
        self._dispatcher.decide_now(self._watch.now(), self._why_late)

    def status(self) -> dict[str, Any]:
        """Return how the runner is, as plain JSON data."""
        assert self._holder is not None, "asked before it runs"
        draining = self._draining_until is not None
        return condition(
            self._dispatcher, self._holder, self._began, degraded=self._degraded, draining=draining
        )

    # ---- signals

    def _handle(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP:
            self._load(number.name)
        elif number == signal.SIGQUIT or (number == signal.SIGINT and self.interrupted):
            left = len(self._dispatcher.attempts)
            log.warning("runner leaves", extra=fields(left_running=left))
            self._leaving = True
        elif number in (signal.SIGTERM, signal.SIGINT):
            self.interrupted = self.interrupted or number == signal.SIGINT
            self._drain(f"{number.name} was received")

    def _drain(self, why: str) -> None:
        """Start nothing more; wait for what runs, for as long as the file allows."""
        if self._draining_until is None:
            timeout = self._config.runner.drain_timeout
            self._draining_until = self._watch.elapsed() + timeout
            self.orders.draining = True
            self._supervisor.stopping(timeout + _KILLING)
            said = fields(why=why, running=len(self._dispatcher.attempts) or None)
            log.info("runner stopping", extra=said)
