"""
The runner: a thin loop that asks the planner, and tells the store and the executor.

Everything due at one instant is claimed in one transaction before any of it starts; what started
and what ended is recorded in one transaction a turn.
"""

from __future__ import annotations

import heapq
import logging
import signal
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from schedkit import planner
from schedkit.attempts import Attempts
from schedkit.calendars import CalendarEndsError
from schedkit.config import Config
from schedkit.errors import ConfigError, StoreError
from schedkit.executor import Executor
from schedkit.job import Job
from schedkit.log import fields
from schedkit.reload import Loading
from schedkit.run import Decision, PendingRetry, State
from schedkit.sdnotify import Supervisor
from schedkit.store import Holder, Store
from schedkit.watch import Signals, Watch

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)
_PAUSE = timedelta(seconds=5)  # before a store that could not be written is tried again
_NEVER = timedelta(days=36500)  # by `Watch.elapsed`: no machine is up for so long
_DOWN = "no runner was up"
_UNWRITABLE = "the history could not be written"
_ASLEEP = "the runner was asleep: the machine was suspended, or its clock set forward"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a runner works: the files it reads, and the directory for what jobs write."""

    paths: tuple[Path, ...]
    output: Path


class Runner:
    """
    Runs the jobs of *config*; only those named in *only*, unless it is empty.

    Everything it needs is handed in: a fake watch moves time in tests.
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
    ) -> None:
        self._config = config
        self._place = place
        self._store = store
        self._executor = executor
        self._watch = watch
        self._signals = signals
        self._only = frozenset(only)
        self._supervisor = Supervisor()
        self._attempts = Attempts(executor, watch, place.output, store.uuid)
        self._jobs: dict[str, Job] = {}
        self._cursors: dict[str, datetime] = {}  # up to where each job's fires are decided
        self._due: list[tuple[datetime, str]] = []
        self._paused_until: timedelta | None = None
        self._why_late = _ASLEEP
        self._leaving = False
        self._draining_until: timedelta | None = None
        self._loading: Loading | None = None
        self._load_again = False
        self._alive_next = watch.elapsed()
        self.interrupted = False

    @property
    def counts(self) -> Counter[State]:
        """How many runs came to each of the terminal states."""
        return self._attempts.counts

    @property
    def waiting(self) -> int:
        """How many runs wait to be retried."""
        return self._attempts.waiting

    def run(self, holder: Holder, until: datetime | None = None) -> None:
        """
        Run until a signal ends it or, drained, at *until*.

        Raises: StoreError when the history cannot be taken over.
        """
        now = self._watch.now()
        first = self._store.begin(holder, now)
        self._take(self._config, "start", now)
        self._recover(holder.boot)
        self._decide(list(self._jobs), now, _DOWN)
        self._start_up(first_of_boot=first, now=now)
        self._supervisor.ready()
        while True:
            if until is not None and self._watch.now() >= until:
                self._drain("its time is over")
            self._act()
            if self._done():
                break
            self._wait(until)
        self._supervisor.stopping()
        self._record()
        with suppress(StoreError):
            self._store.finish(self._watch.now())

    # ---- the loop

    def _act(self) -> None:
        if not self._is_paused() and self._draining_until is None:
            now = self._watch.now()
            self._decide(self._come(now), now, self._why_late)
            self._why_late = _ASLEEP
            self._retry(now)
        self._expire()
        self._record()

    def _done(self) -> bool:
        idle = not self._attempts.running and not self._attempts.facts
        return self._leaving or (self._draining_until is not None and idle)

    def _wait(self, until: datetime | None) -> None:
        descriptors = [self._signals.descriptor, *self._executor.descriptors()]
        ready = self._watch.wait(self._next_time(until), self._next_deadline(), descriptors)
        if self._signals.descriptor in ready:
            for number in self._signals.read():
                self._handle(number)
        for pid, status in self._attempts.collect():
            if self._loading is not None and pid == self._loading.pid:
                self._loaded(self._loading, status)

    def _next_time(self, until: datetime | None) -> datetime | None:
        if self._draining_until is not None:
            return None
        times = [until]
        if self._paused_until is None:
            times += [self._due[0][0] if self._due else None, self._attempts.next_retry]
        return min((time for time in times if time is not None), default=None)

    def _next_deadline(self) -> timedelta | None:
        times = [self._attempts.next_deadline, self._draining_until, self._paused_until]
        if self._supervisor.watchdog is not None:
            times.append(self._alive_next)
        return min((time for time in times if time is not None), default=None)

    def _expire(self) -> None:
        """Do what is to be done by now on the clock that nobody can set."""
        elapsed = self._watch.elapsed()
        self._attempts.expire()
        if self._draining_until is not None and self._draining_until <= elapsed:
            self._draining_until = _NEVER
            self._attempts.stop_all("the runner was stopped")
        watchdog = self._supervisor.watchdog
        if watchdog is not None and self._alive_next <= elapsed:
            self._supervisor.alive()
            self._alive_next = elapsed + watchdog

    # ---- fire times and retries

    def _come(self, now: datetime) -> list[str]:
        """Take the names of the jobs that are due from the heap."""
        names = []
        while self._due and self._due[0][0] <= now:
            names.append(heapq.heappop(self._due)[1])
        return names

    def _decide(self, names: Sequence[str], now: datetime, why_late: str) -> None:
        """Decide and record every fire time of these jobs up to now, then start what is to."""
        decisions: list[Decision] = []
        for name in names:
            job = self._jobs[name]
            if job.enabled:
                fires = planner.come(job, self._cursors[name], now)
                going_on = self._attempts.going_on(name)
                decisions += planner.on_due(job, fires, now, why_late, going_on)
        if self._claim(decisions, now):
            self._await_fires(names)
        else:
            for name in names:
                heapq.heappush(self._due, (now, name))

    def _claim(self, decisions: Sequence[Decision], now: datetime) -> bool:
        """Record decisions, then start what is to start; nothing when they cannot be recorded."""
        try:
            standing = self._store.claim(decisions, self._jobs, now) if decisions else []
        except StoreError as error:
            self._pause(error)
            return False
        for key, decision in standing:
            if key is None:
                self._tell(decision)
            else:
                job = self._jobs[decision.job]
                self._attempts.start(key, job, decision.fire_time, decision.trigger)
        for decision in decisions:
            decided = decision.last_fire_time or decision.fire_time
            self._cursors[decision.job] = max(self._cursors[decision.job], decided)
        return True

    def _await_fires(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                fire = self._jobs[name].next_fire(self._cursors[name])
            except CalendarEndsError as error:
                log.warning("job fires no more", extra=fields(job=name, reason=error))
                continue
            if fire is not None:
                heapq.heappush(self._due, (fire, name))

    def _start_up(self, *, first_of_boot: bool, now: datetime) -> None:
        """Start the jobs that are to start with the runner, or with the first one after a boot."""
        decisions: list[Decision] = []
        for name, job in self._jobs.items():
            if job.enabled and planner.at_startup(job, now, first_of_boot=first_of_boot):
                going_on = self._attempts.going_on(name)
                # Later than what is decided: a job's cursor begins when it is loaded, now.
                fire = max(now, self._cursors[name] + datetime.resolution)
                fires = planner.Fires((fire,), None, None, None, 0)
                decisions += planner.on_due(job, fires, now, _DOWN, going_on)
        self._claim(decisions, now)

    def _tell(self, decision: Decision) -> None:
        self.counts[decision.state] += decision.count
        zone, last = self._jobs[decision.job].timezone, decision.last_fire_time
        said = fields(
            job=decision.job,
            fire_time=decision.fire_time.astimezone(zone).isoformat(),
            last_fire_time=last.astimezone(zone).isoformat() if last is not None else None,
            count=decision.count if decision.count > 1 else None,
            reason=decision.reason,
        )
        if decision.state is State.MISSED:
            log.warning("run missed", extra=said)
        else:
            log.info("run skipped", extra=said)

    def _retry(self, now: datetime) -> None:
        due = self._attempts.due_retries(now)
        if not due:
            return
        try:
            claimed = self._store.claim_retries(due, now)
        except StoreError as error:
            self._pause(error)
            for retry in due:
                self._attempts.wait_for(retry)
            return
        for retry in claimed:
            job = self._jobs[retry.job]
            self._attempts.start(retry.key, job, retry.fire_time, retry.trigger)

    def _recover(self, boot: str) -> None:
        """Take over what an earlier runner left: attempts without an end, and retries."""
        for attempt in self._store.open_attempts():
            self._attempts.recover(attempt, self._jobs.get(attempt.job), boot)
        self._record()
        for retry in self._store.pending_retries():
            if retry.job in self._jobs:
                self._attempts.wait_for(retry)
            elif not self._left_out(retry.job):
                self._abandon([retry])

    def _abandon(self, retries: Sequence[PendingRetry]) -> None:
        """End runs whose job is gone; when that cannot be recorded, the next runner does."""
        try:
            if retries:
                self._store.abandon(retries, "its job is gone from the file")
        except StoreError as error:
            said = fields(runs=len(retries), error=error)
            log.warning("runs whose job is gone still wait", extra=said)

    # ---- the files

    def _take(self, config: Config, who: str, now: datetime) -> None:
        """Go on with what the files say now."""
        changes = self._store.load(config, who, now)
        known = self._store.cursors()
        self._config = config
        self._jobs = {job.name: job for job in config.jobs if not self._left_out(job.name)}
        self._cursors = {name: known[name][1] for name in self._jobs}
        self._due = []
        self._abandon(self._attempts.rename(self._jobs))
        log.info("schedule loaded", extra=fields(jobs=len(self._jobs), why=who))
        if who == "reload":
            for change in changes:
                log.info("job changed", extra=fields(change=change))

    def _loaded(self, loading: Loading, status: int) -> None:
        self._loading = None
        now = self._watch.now()
        if self._draining_until is None and not self._is_paused():
            # What came due before belongs to the schedule that held until now.
            self._decide(self._come(now), now, self._why_late)
        try:
            self._take(loading.result(status), "reload", now)
        except (ConfigError, StoreError) as error:
            log.error(  # noqa: TRY400  # what a user or the world did has no traceback
                "reload failed, the last good schedule goes on", extra=fields(error=error)
            )
        else:
            self._await_fires(self._jobs)
        if self._load_again:
            self._load()
        else:
            self._supervisor.ready()

    def _load(self) -> None:
        """Load the files in a child; once more after that when it is asked for meanwhile."""
        self._load_again = self._loading is not None
        if self._loading is None:
            self._supervisor.reloading()
            self._loading = Loading(self._place.paths)

    def _left_out(self, name: str) -> bool:
        return bool(self._only) and name not in self._only

    # ---- signals

    def _handle(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP:
            self._load()
        elif number == signal.SIGQUIT or (number == signal.SIGINT and self.interrupted):
            log.warning("runner leaves", extra=fields(left_running=self._attempts.running))
            self._leaving = True
        elif number in (signal.SIGTERM, signal.SIGINT):
            self.interrupted = self.interrupted or number == signal.SIGINT
            self._drain(f"{number.name} was received")

    def _drain(self, why: str) -> None:
        """Start nothing more; wait for what runs, for as long as the file allows."""
        if self._draining_until is None:
            timeout = self._config.runner.drain_timeout
            self._draining_until = self._watch.elapsed() + timeout
            said = fields(why=why, running=self._attempts.running or None)
            log.info("runner stopping", extra=said)

    # ---- a store that cannot be written

    def _is_paused(self) -> bool:
        if self._paused_until is not None and self._watch.elapsed() >= self._paused_until:
            self._paused_until = None
            self._why_late = _UNWRITABLE
        return self._paused_until is not None

    def _pause(self, error: StoreError) -> None:
        """Start nothing for a while: what cannot be recorded must not run."""
        log.error("the history cannot be written, nothing is started", extra=fields(error=error))
        self._paused_until = self._watch.elapsed() + _PAUSE

    def _record(self) -> None:
        """Record what started and ended; kept, in order, when that fails."""
        if not self._attempts.facts or self._is_paused():
            return
        try:
            self._store.record(self._attempts.facts)
            self._attempts.facts = []
        except StoreError as error:
            self._pause(error)
