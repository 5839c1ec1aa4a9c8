"""A runner whose time is moved by hand and whose jobs are made up; its store is the real one."""

from __future__ import annotations

import heapq
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from schedkit import loader
from schedkit.config import Config
from schedkit.errors import ConfigError, StoreError
from schedkit.executor import Event, Found, NotStarted, Result, Spawned
from schedkit.job import Job
from schedkit.launch import Launch
from schedkit.run import (
    AttemptKey,
    Decision,
    Ended,
    OpenAttempt,
    Run,
    Started,
    Unstarted,
    Waiting,
)
from schedkit.runner import Place, Runner
from schedkit.store import Holder, Query
from schedkit.store.sqlite import SQLiteStore
from schedkit.watch import Signals

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOLDER = Holder(1, "here", "boot-1", "0")
_TURNS = 200  # of a loop in which no time passes: it would turn for ever


class FakeWatch:
    """Time that passes only while somebody waits, and as far as he waits for."""

    def __init__(self, start: datetime = START) -> None:
        self._wall = start
        self._slept = timedelta(0)
        self._elapsed = timedelta(0)
        self._events: list[tuple[timedelta, int, Callable[[], object]]] = []
        self._numbers = count()
        self._turns = 0
        self.readable: dict[int, Callable[[], bool]] = {}

    def now(self) -> datetime:
        return self._wall

    def elapsed(self) -> timedelta:
        return self._elapsed

    def after(self, length: timedelta, act: Callable[[], object]) -> None:
        """Do something when *length* has passed from now; whoever waits then is woken."""
        heapq.heappush(self._events, (self._elapsed + length, next(self._numbers), act))

    def offset(self) -> timedelta:
        return self._wall - _EPOCH - self._elapsed - self._slept

    def set_clock(self, by: timedelta) -> None:
        """Set the wall clock forward or back."""
        self._wall += by

    def sleep(self, length: timedelta) -> None:
        """Suspend the machine: time passes, and nothing sees it."""
        self._wall += length
        self._slept += length

    def wait(
        self, until: datetime | None, elapsed: timedelta | None, descriptors: Iterable[int]
    ) -> set[int]:
        times = [] if until is None else [self._elapsed + (until - self._wall)]
        times += [] if elapsed is None else [elapsed]
        times += [self._events[0][0]] if self._events else []
        assert times, "nothing would ever end this wait"
        passed = max(min(times) - self._elapsed, timedelta(0))
        self._turns = 0 if passed else self._turns + 1
        assert self._turns < _TURNS, "the loop turns without any time passing"
        self._elapsed += passed
        self._wall += passed
        while self._events and self._events[0][0] <= self._elapsed:
            heapq.heappop(self._events)[2]()
        return {one for one in descriptors if one in self.readable and self.readable[one]()}


class FakeSignals(Signals):
    """Signals that are sent by calling `send`."""

    def __init__(self, watch: FakeWatch) -> None:
        self.descriptor = -1
        self._came: list[signal.Signals] = []
        watch.readable[self.descriptor] = lambda: bool(self._came)

    def send(self, number: signal.Signals) -> None:
        self._came.append(number)

    def read(self) -> list[signal.Signals]:
        came, self._came = self._came, []
        return came

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Plan:
    """What an attempt does: how long it lasts, how it ends, whether it heeds what it is told."""

    lasts: float = 1.0  # seconds
    code: int = 0
    says: str | None = None
    heeds: bool = True
    starts: bool = True


class FakeExecutor:
    """Starts nothing: attempts end as they are planned, by job and in order, the last for ever."""

    def __init__(self, watch: FakeWatch) -> None:
        self._watch = watch
        self._over: list[Event | tuple[int, int]] = []
        self._plans: dict[AttemptKey, Plan] = {}
        self._names: dict[AttemptKey, str] = {}
        self.plans: dict[str, list[Plan]] = {}
        self.launches: list[Launch] = []
        self.starts: list[str] = []
        self.told: list[str] = []
        self.found: dict[AttemptKey, Found] = {}
        self.alive: set[int] = set()
        self.forgot = 0

    def start(self, launches: Sequence[Launch]) -> None:
        for launch in launches:
            self._start(launch)

    def _start(self, launch: Launch) -> None:
        name = launch.env["SCHED_JOB"]
        plans = self.plans.get(name, [Plan()])
        plan = plans.pop(0) if len(plans) > 1 else plans[0]
        self._wake()
        if not plan.starts:
            self._over.append(NotStarted(launch.key, "cannot be started: no such program"))
            return
        self.launches.append(launch)
        self.starts.append(f"{name} {self._watch.now():%T}")
        self._plans[launch.key], self._names[launch.key] = plan, name
        end = timedelta(seconds=plan.lasts)
        self._watch.after(end, lambda: self._end(launch.key, plan.code << 8))
        self._over.append(Spawned(launch.key, 1000 + len(self.launches), 7))

    def take_over(self, attempts: Sequence[OpenAttempt], boot: str) -> list[Found]:
        assert boot
        return [self._find(attempt) for attempt in attempts]

    def _find(self, attempt: OpenAttempt) -> Found:
        self._names[attempt.key] = attempt.job
        self._plans[attempt.key] = Plan()
        known = self.found.get(attempt.key)
        return known or Found(attempt.key, alive=attempt.pid in self.alive)

    def forget(self) -> None:
        self.forgot += 1

    def end(self, key: AttemptKey, status: int | None = None) -> None:
        """End an adopted attempt; nobody knows how unless its keeper tells."""
        self._end(key, status)

    def other(self, pid: int) -> None:
        """End a child that is no attempt's."""
        self._over.append((pid, 0))

    def stop(self, key: AttemptKey, number: signal.Signals) -> None:
        self.told.append(f"{self._names[key]} {number.name} {self._watch.now():%T}")
        if self._plans[key].heeds:
            self._end(key, number)

    def kill(self, key: AttemptKey) -> None:
        self.told.append(f"{self._names[key]} kill {self._watch.now():%T}")
        self._end(key, signal.SIGKILL)

    def descriptors(self) -> list[int]:
        return []

    def next_check(self) -> timedelta | None:
        return None

    def events(self) -> Iterator[Event | tuple[int, int]]:
        while self._over:
            yield self._over.pop(0)

    def close(self) -> None:
        pass

    def _end(self, key: AttemptKey, status: int | None) -> None:
        plan = self._plans.pop(key, None)
        if plan is not None:
            self._over.append(Result(key, status, last_line=plan.says))
            self._wake()

    def _wake(self) -> None:
        """Let whoever waits see that something happened, as SIGCHLD or a descriptor would."""
        self._watch.after(timedelta(0), lambda: None)


class FlakyStore(SQLiteStore):
    """A store of which the next so many calls of a method fail, without any effect."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.fails: Counter[str] = Counter()

    def _try(self, name: str) -> None:
        if self.fails[name]:
            self.fails[name] -= 1
            raise StoreError("the disk is full")

    def claim(
        self, decisions: Sequence[Decision], jobs: Mapping[str, Job], now: datetime
    ) -> list[tuple[AttemptKey | None, Decision]]:
        self._try("claim")
        return super().claim(decisions, jobs, now)

    def claim_attempts(self, waiting: Sequence[Waiting], now: datetime) -> list[Waiting]:
        self._try("claim_attempts")
        return super().claim_attempts(waiting, now)

    def record(self, facts: Iterable[Started | Ended | Unstarted]) -> None:
        self._try("record")
        super().record(facts)


class FakeLoading:
    """A load of the files that takes a second and reads them when it begins."""

    world: World

    def __init__(self, paths: Sequence[Path]) -> None:
        self.pid = 99
        self._config: Config | ConfigError
        try:
            self._config = loader.load(paths)
        except ConfigError as error:
            self._config = error
        self.world.watch.after(timedelta(seconds=1), lambda: self.world.executor.other(self.pid))

    def result(self, status: int) -> Config:
        assert status == 0
        if isinstance(self._config, ConfigError):
            raise self._config
        return self._config


@dataclass
class World:
    """A directory, a watch, an executor and a store: what a runner needs. May be run again."""

    directory: Path
    watch: FakeWatch = field(default_factory=FakeWatch)

    def __post_init__(self) -> None:
        self.path = self.directory / "schedules.yaml"
        self.signals = FakeSignals(self.watch)
        self.executor = FakeExecutor(self.watch)
        self.store = FlakyStore(self.directory / "history.db")
        self.runner: Runner | None = None

    def write(self, text: str) -> None:
        """Write the file of schedules."""
        self.path.write_text(text, encoding="utf-8")

    def run(self, length: timedelta, *, only: Iterable[str] = (), boot: str = "boot-1") -> Runner:
        """Run a runner for *length*, drained."""
        self.runner = Runner(
            loader.load([self.path]),
            Place((self.path,), self.directory / "output"),
            store=self.store,
            executor=self.executor,
            watch=self.watch,
            signals=self.signals,
            only=only,
        )
        holder = Holder(HOLDER.pid, HOLDER.host, boot, HOLDER.version)
        self.runner.run(holder, self.watch.now() + length)
        return self.runner

    def after(self, length: timedelta, act: Callable[[], object]) -> None:
        """Do something when *length* has passed."""
        self.watch.after(length, act)

    def send(self, length: timedelta, number: signal.Signals) -> None:
        """Send a signal when *length* has passed."""
        self.watch.after(length, lambda: self.signals.send(number))

    def runs(self) -> list[Run]:
        """Return the records, oldest first."""
        return self.store.runs(Query())[::-1]

    def told(self) -> list[str]:
        """Return the records in short, oldest first: job, fire time, state."""
        return [f"{run.job} {run.fire_time:%T} {run.state}" for run in self.runs()]


def load(directory: Path, text: str) -> Config:
    """Return what a file says."""
    path = directory / "schedules.yaml"
    path.write_text(text, encoding="utf-8")
    return loader.load([path])
