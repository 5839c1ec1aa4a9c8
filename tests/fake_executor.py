"""An executor that starts nothing: its processes are made up, and outlive the runner."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from schedkit.errors import ExecutorError
from schedkit.executor import Event, Found, NotStarted, Result, Spawned
from schedkit.launch import Launch
from schedkit.run import AttemptKey, OpenAttempt

Other = tuple[int, int]  # pid and status of a child that is no attempt's


class Time(Protocol):
    """What moves the time of tests."""

    def elapsed(self) -> timedelta: ...

    def after(self, length: timedelta, act: Callable[[], object]) -> None: ...


@dataclass(frozen=True)
class Plan:
    """What an attempt does: how long it lasts, how it ends, whether it heeds what it is told."""

    lasts: float = 1.0  # seconds
    code: int = 0
    says: str | None = None
    raised: str | None = None
    heeds: bool = True
    starts: bool = True
    answered: float = 0.0  # seconds until its start is told


@dataclass
class Process:
    """What became of a launch; *began* and *ended* are by `Watch.elapsed`."""

    name: str
    key: AttemptKey
    plan: Plan
    began: timedelta
    spawned: Spawned
    ended: timedelta | None = None
    result: Result | None = None
    answered: bool = False
    gone: bool = False  # with its keeper: nobody knows how it ended


class FakeExecutor:
    """Attempts end as they are planned, by job and in order, the last plan for ever."""

    def __init__(self, watch: Time, clock: Callable[[], str]) -> None:
        self._watch = watch
        self._clock = clock
        self._over: list[Event | Other] = []
        self._refused: dict[AttemptKey, NotStarted] = {}
        self.plans: dict[str, list[Plan]] = {}
        self.processes: dict[AttemptKey, Process] = {}
        self.launches: list[Launch] = []
        self.starts: list[str] = []
        self.told: list[str] = []
        self.found: dict[AttemptKey, Found] = {}
        self.alive: set[int] = set()
        self.forgot = 0
        self.refuses = 0  # so many times nobody can be asked
        self.step: Callable[[], None] = lambda: None

    # ---- starting

    def start(self, launches: Sequence[Launch]) -> None:
        self.step()
        if self.refuses:
            self.refuses -= 1
            raise ExecutorError("there is no keeper")
        for launch in launches:
            self._start(launch)
        self.step()

    def _start(self, launch: Launch) -> None:
        name, key = launch.env["SCHED_JOB"], launch.key
        plans = self.plans.get(name, [Plan()])
        plan = plans.pop(0) if len(plans) > 1 else plans[0]
        if not plan.starts:
            self._refused[key] = NotStarted(key, "cannot be started: no such program")
            self._tell(self._refused[key])
            return
        assert key not in self.processes, f"{key} starts twice"
        self.launches.append(launch)
        self.starts.append(f"{name} {self._clock()}")
        spawned = Spawned(key, 1000 + len(self.launches), 7)
        self.processes[key] = Process(name, key, plan, self._watch.elapsed(), spawned)
        self._watch.after(timedelta(seconds=plan.lasts), lambda: self._end(key, plan.code << 8))
        if plan.answered:
            self._watch.after(timedelta(seconds=plan.answered), lambda: self._answer(key))
        else:
            self._answer(key)

    def _answer(self, key: AttemptKey) -> None:
        process = self.processes[key]
        if not process.answered:
            process.answered = True
            ago = self._watch.elapsed() - process.began
            self._tell(Spawned(key, process.spawned.pid, 7, ago))

    # ---- taking over

    def take_over(self, attempts: Sequence[OpenAttempt], boot: str) -> list[Found]:
        assert boot
        self._over.clear()  # it was for a runner that is no more
        return [self._find(attempt) for attempt in attempts]

    def _find(self, attempt: OpenAttempt) -> Found:
        key = attempt.key
        if key in self.found:
            return self._adopted(attempt, self.found[key])
        if key in self._refused:
            return Found(key, not_started=self._refused[key], output=True)
        if key in self.processes:
            return self._evidence(self.processes[key])
        return self._adopted(attempt, Found(key, alive=attempt.pid in self.alive))

    def _adopted(self, attempt: OpenAttempt, found: Found) -> Found:
        """Watch what some earlier executor started, if it is alive."""
        if found.alive:
            key, pid = attempt.key, attempt.pid or 0
            spawned = Spawned(key, pid, attempt.process_start or 0)
            began = self._watch.elapsed()
            self.processes[key] = Process(attempt.job, key, Plan(), began, spawned)
        return found

    def _evidence(self, process: Process) -> Found:
        now = self._watch.elapsed()
        spawned = Spawned(process.key, process.spawned.pid, 7, now - process.began)
        if process.gone or process.result is None or process.ended is None:
            return Found(process.key, spawned, alive=not process.gone, output=True)
        result = process.result
        told = Result(
            process.key, result.status, ago=now - process.ended, last_line=result.last_line,
            raised=result.raised,
        )  # fmt: skip
        return Found(process.key, spawned, ended=told, output=True)

    def power_off(self) -> None:
        """Let the machine lose its power: nothing runs any more, and nobody wrote that down."""
        for process in self.processes.values():
            process.gone = process.gone or process.result is None

    def forget(self) -> None:
        self.forgot += 1

    # ---- ending

    def end(self, key: AttemptKey, status: int | None = None) -> None:
        """End an adopted attempt; nobody knows how unless its keeper tells."""
        self._end(key, status)

    def other(self, pid: int) -> None:
        """End a child that is no attempt's."""
        self._tell((pid, 0))

    def stop(self, key: AttemptKey, number: signal.Signals) -> None:
        process = self.processes[key]
        self.told.append(f"{process.name} {number.name} {self._clock()}")
        if process.plan.heeds:
            self._end(key, number)

    def kill(self, key: AttemptKey) -> None:
        self.told.append(f"{self.processes[key].name} kill {self._clock()}")
        self._end(key, signal.SIGKILL)

    def descriptors(self) -> list[int]:
        return []

    def next_check(self) -> timedelta | None:
        return None

    def events(self) -> Iterator[Event | Other]:
        while self._over:
            yield self._over.pop(0)

    def close(self) -> None:
        pass

    def _end(self, key: AttemptKey, status: int | None) -> None:
        process = self.processes[key]
        if process.result is None and not process.gone:
            if process.plan.answered:
                self._answer(key)
            process.ended = self._watch.elapsed()
            plan = process.plan
            process.result = Result(key, status, last_line=plan.says, raised=plan.raised)
            self._tell(process.result)

    def _tell(self, event: Event | Other) -> None:
        """Let whoever waits see that something happened, as SIGCHLD or a descriptor would."""
        self._over.append(event)
        self._watch.after(timedelta(0), lambda: None)

    # ---- what it saw

    def most_at_once(self, *names: str) -> int:
        """Return how many processes of these jobs, or of all, went on at one time at most."""
        mine = [p for p in self.processes.values() if not names or p.name in names]
        return max(
            (sum(q.began <= p.began < (q.ended or timedelta.max) for q in mine) for p in mine),
            default=0,
        )
