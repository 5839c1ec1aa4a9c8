"""A runner whose time is moved by hand and whose jobs are made up; its store is the real one."""

from __future__ import annotations

import heapq
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from fake_executor import FakeExecutor
from flaky import FlakyStore, KilledError
from schedkit import loader
from schedkit.config import Config
from schedkit.errors import ConfigError, SchedError
from schedkit.orders import Orders
from schedkit.run import Run
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
        self.waits = 0
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
        self.waits += 1
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


class FakeControl:
    """Where people ask for something."""

    def __init__(self, watch: FakeWatch) -> None:
        self._wishes: list[Callable[[], object]] = []
        watch.readable[-2] = lambda: bool(self._wishes)

    def ask(self, wish: Callable[[], object]) -> None:
        self._wishes.append(wish)

    def descriptors(self) -> list[int]:
        return [-2]

    def serve(self, ready: set[int]) -> None:
        if -2 in ready:
            wishes, self._wishes = self._wishes, []
            for wish in wishes:
                wish()


class FakeLoading:
    """A load of the files that takes a second and reads them when it begins."""

    world: World  # of the test

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
    """
    A directory, a watch, an executor and a store: what a runner needs. May be run again.

    *killed_at* are the steps, from 1, at which the runner is killed: before or after it writes
    something or asks for something to be started.
    """

    directory: Path
    watch: FakeWatch = field(default_factory=FakeWatch)
    killed_at: frozenset[int] = frozenset()
    steps: int = 0
    answers: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = self.directory / "schedules.yaml"
        self.signals = FakeSignals(self.watch)
        self.control = FakeControl(self.watch)
        self.executor = FakeExecutor(self.watch, lambda: f"{self.watch.now():%T}")
        self.store = FlakyStore(self.directory / "history.db")
        self.store.step = self.executor.step = self._step
        self.runner: Runner | None = None

    def _step(self) -> None:
        self.steps += 1
        if self.steps in self.killed_at:
            raise KilledError

    def write(self, text: str) -> None:
        """Write the file of schedules."""
        self.path.write_text(text, encoding="utf-8")

    def run(
        self,
        length: timedelta,
        *,
        only: Iterable[str] = (),
        boot: str = "boot-1",
        degraded: str | None = None,
    ) -> Runner:
        """Run a runner for *length*, drained."""
        self.runner = Runner(
            loader.load([self.path]),
            Place((self.path,), self.directory / "output"),
            store=self.store,
            executor=self.executor,
            watch=self.watch,
            signals=self.signals,
            only=only,
            degraded=degraded,
        )
        self.runner.serve(self.control)
        self.runner.run(self.holder(boot), self.watch.now() + length)
        return self.runner

    def holder(self, boot: str = "boot-1", *, runs: bool = True) -> Holder:
        """Return who holds the store: a runner, or a verb that runs nothing."""
        return Holder(HOLDER.pid, HOLDER.host, boot, HOLDER.version, runs=runs)

    def other_store(self) -> SQLiteStore:
        """Return the store as another process has it open; whoever asks for it lets it go."""
        return SQLiteStore(self.directory / "history.db")

    def kill(self) -> None:
        """Kill the runner, now."""
        raise KilledError

    def reopen(self) -> None:
        """Open the store anew, as another process does."""
        self.store.close()
        self.store = FlakyStore(self.directory / "history.db")
        self.store.step = self._step

    def run_for(self, length: timedelta) -> Runner:
        """Run a runner for *length*, drained, whatever the wall clock is set to meanwhile."""
        self.send(length, signal.SIGTERM)
        return self.run(timedelta(days=36500))

    def run_or_be_killed(self, length: timedelta) -> bool:
        """Run a runner for *length*, or until it is killed; return whether it was."""
        try:
            self.run(length)
        except KilledError:
            return True
        return False

    def after(self, length: timedelta, act: Callable[[], object]) -> None:
        """Do something when *length* has passed."""
        self.watch.after(length, act)

    def send(self, length: timedelta, number: signal.Signals) -> None:
        """Send a signal when *length* has passed."""
        self.watch.after(length, lambda: self.signals.send(number))

    def reload_after(self, length: timedelta, text: str) -> None:
        """Write another file and say so, when *length* has passed: it is taken a second later."""
        self.after(length, lambda: self.write(text))
        self.send(length, signal.SIGHUP)

    def ask(self, length: timedelta, wish: Callable[[Orders], object]) -> None:
        """Ask the runner for something when *length* has passed; its answer is in *answers*."""

        def asked() -> None:
            assert self.runner is not None
            try:
                self.answers.append(wish(self.runner.orders))
            except SchedError as error:
                self.answers.append(f"{type(error).__name__}: {error}")

        self.watch.after(length, lambda: self.control.ask(asked))

    def runs(self) -> list[Run]:
        """Return the records, oldest first."""
        return self.store.runs(Query())[::-1]

    def told(self) -> list[str]:
        """Return the records in short, oldest first: job, fire time, state."""
        return [f"{run.job} {run.fire_time:%T} {run.state}" for run in self.runs()]

    def reasons(self) -> list[str]:
        """Return the records with their reasons, oldest first."""
        return [f"{told}: {run.reason}" for told, run in zip(self.told(), self.runs(), strict=True)]


def load(directory: Path, text: str) -> Config:
    """Return what a file says."""
    path = directory / "schedules.yaml"
    path.write_text(text, encoding="utf-8")
    return loader.load([path])
