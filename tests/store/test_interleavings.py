"""Whatever happens in whatever order: one record for a fire time, and what is over stays over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
)

from fakes import load
from histories import JOBS, at, begin, claim, due, ended, missed, queued, skipped
from schedkit.errors import StoreError
from schedkit.run import (
    AttemptKey,
    Decision,
    Pause,
    Run,
    Started,
    State,
    Trigger,
    Unstarted,
    Waiting,
)
from schedkit.store import Query, Store
from schedkit.store.sqlite import SQLiteStore

_JOBS = st.sampled_from(["a", "b"])
_MINUTES = st.integers(1, 6)
_ENDS = st.sampled_from([State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.LOST])
_HOW = st.sampled_from([due, queued, skipped])


def _covers(one: Decision | Run, minute: int) -> bool:
    return one.fire_time <= at(minute) <= (one.last_fire_time or one.fire_time)


class Interleavings(RuleBasedStateMachine):
    """
    A runner and its store, which crashes now and then, and people who ask for things.

    What was claimed, waited and ended once is tried again and again: the store must refuse.
    """

    attempts: Bundle[AttemptKey] = Bundle("attempts")
    waiting: Bundle[Waiting] = Bundle("waiting")

    def __init__(self) -> None:
        super().__init__()
        self._directory = TemporaryDirectory()
        directory = Path(self._directory.name)
        self._path = directory / "history.db"
        self._config = load(directory, JOBS)
        self._store = self._opened()
        begin(self._store, self._config)
        self._over: dict[str, State] = {}
        self._starts: Counter[AttemptKey] = Counter()
        self._decided: Counter[tuple[str, int]] = Counter()  # dropped since or not
        self._paused: dict[str, Pause] = {}
        self._fenced: list[Store] = []

    def _opened(self) -> SQLiteStore:
        store = SQLiteStore(self._path)
        store._db.execute("PRAGMA synchronous = OFF")  # faster, and no power fails here
        return store

    def teardown(self) -> None:
        for store in (self._store, *self._fenced):
            store.close()
        self._directory.cleanup()

    def _claim(self, *decisions: Decision) -> list[AttemptKey]:
        jobs = {job.name: job for job in self._config.jobs}
        stands = self._store.claim(decisions, jobs, at(20))
        self._decided.update(
            (decision.job, minute)
            for _, decision in stands
            for minute in range(20)
            if _covers(decision, minute) and decision.trigger is not Trigger.MANUAL
        )
        found = [key for key, _ in stands if key is not None]
        open_now = {one.key for one in self._store.open_attempts()}
        self._starts.update(key for key in found if key in open_now)
        return found

    # ---- the runner

    @rule(target=attempts, job=_JOBS, how=_HOW, minutes=st.lists(_MINUTES, min_size=1, max_size=3))
    def claim_due(
        self, job: str, how: Callable[[str, float], Decision], minutes: list[int]
    ) -> MultipleResults[AttemptKey]:
        return multiple(*self._claim(*(how(job, minute) for minute in sorted(minutes))))

    @rule(job=_JOBS, first=_MINUTES, more=st.integers(0, 3))
    def claim_missed(self, job: str, first: int, more: int) -> None:
        cursor = self._store.cursors()[job][1]
        if at(first) > cursor:  # a runner never asks for what it has decided
            self._claim(missed(job, first, first + more, more + 1))

    @rule(target=attempts, job=_JOBS, minute=_MINUTES, how=st.sampled_from([due, queued]))
    def trigger(
        self, job: str, minute: int, how: Callable[[str, float], Decision]
    ) -> MultipleResults[AttemptKey]:
        moment = how(job, minute + 0.5)  # no fire time
        return multiple(*self._claim(replace(moment, trigger=Trigger.MANUAL)))

    @rule(target=waiting)
    def look_at_what_waits(self) -> MultipleResults[Waiting]:
        return multiple(*self._store.waiting())

    @rule(one=waiting)
    def claim_what_waited(self, one: Waiting) -> None:
        claimed = self._store.claim_attempts([one], at(31))
        self._starts.update(found.key for found in claimed)

    @rule(key=attempts)
    def start(self, key: AttemptKey) -> None:
        self._store.record([Started(key, at(1), 4711, 7, "x", "/out")])

    @rule(key=attempts, more=st.integers(0, 2), state=_ENDS)
    def end(self, key: AttemptKey, more: int, state: State) -> None:
        self._store.record([ended(AttemptKey(key.run, key.number + more), state)])

    @rule(key=attempts, more=st.integers(0, 2))
    def fail_for_now(self, key: AttemptKey, more: int) -> None:
        again = AttemptKey(key.run, key.number + more)
        self._store.record([ended(again, State.FAILED, at(31))])

    @rule(one=waiting, state=st.sampled_from([State.CANCELLED, State.MISSED]))
    def wait_in_vain(self, one: Waiting, state: State) -> None:
        self._store.record([Unstarted(one.key.run, at(30), state, "in vain")])

    @rule(job=_JOBS, keep=st.integers(1, 5), minute=st.none() | st.integers(25, 35))
    def prune(self, job: str, keep: int, minute: int | None) -> None:
        before = None if minute is None else at(minute)
        open_now = self._states(State.QUEUED, State.RUNNING, State.RETRYING)

        self._store.prune(job, keep, before, 3)

        assert open_now == self._states(State.QUEUED, State.RUNNING, State.RETRYING)
        left = {run.id for run in self._store.runs(Query())}
        self._over = {run: state for run, state in self._over.items() if run in left}

    def _states(self, *states: State) -> dict[str, State]:
        found = self._store.runs(Query(states=frozenset(states)))
        return {run.id: run.state for run in found}

    @rule(killed=st.booleans())
    def crash_and_recover(self, *, killed: bool) -> None:
        waiting, open_now = self._store.waiting(), self._store.open_attempts()
        if killed:
            self._fenced.append(self._store)  # it is not quite dead
        else:
            self._store.close()
        self._store = self._opened()
        begin(self._store, self._config, 20)

        assert (waiting, open_now) == (self._store.waiting(), self._store.open_attempts())
        self._store.record([ended(one.key, State.LOST) for one in open_now])

    @rule(key=attempts)
    def write_what_an_earlier_runner_would(self, key: AttemptKey) -> None:
        for store in self._fenced:
            with pytest.raises(StoreError, match="another runner has taken over"):
                store.record([ended(key)])
            with pytest.raises(StoreError, match="another runner has taken over"):
                claim(store, self._config, due("a", 12))

    # ---- people

    @rule(job=_JOBS, minute=_MINUTES)
    def pause(self, job: str, minute: int) -> None:
        self._paused[job] = Pause(job, "ann", at(minute))
        self._store.pause([self._paused[job]])

    @rule(job=_JOBS)
    def resume(self, job: str) -> None:
        self._paused.pop(job, None)
        self._store.resume([job])

    @rule(key=attempts)
    def ask_to_cancel(self, key: AttemptKey) -> None:
        self._store.ask_to_cancel(key.run, "ann")

    # ---- what holds

    @invariant()
    def each_fire_time_is_decided_once_for_all_time(self) -> None:
        assert set(self._decided.values()) <= {1}

    @invariant()
    def each_fire_time_has_one_record(self) -> None:
        covered = Counter(
            (run.job, minute)
            for run in self._store.runs(Query())
            for minute in range(20)
            if _covers(run, minute) and run.trigger is not Trigger.MANUAL
        )
        assert set(covered.values()) <= {1}
        assert covered.keys() <= self._decided.keys()

    @invariant()
    def nothing_starts_twice(self) -> None:
        assert set(self._starts.values()) <= {1}
        assert {one.key for one in self._store.open_attempts()} <= self._starts.keys()

    @invariant()
    def what_is_over_stays_as_it_is(self) -> None:
        states = {run.id: run.state for run in self._store.runs(Query())}
        assert self._over.items() <= states.items()
        self._over = {number: state for number, state in states.items() if state.terminal}

    @invariant()
    def a_run_is_where_its_attempts_are(self) -> None:
        """What runs has an open attempt, what waits has none and is found, the rest neither."""
        states = {run.id: run.state for run in self._store.runs(Query())}
        open_now = {str(one.key).partition(".")[0] for one in self._store.open_attempts()}
        waiting = {str(one.key).partition(".")[0] for one in self._store.waiting()}
        assert open_now == {run for run, state in states.items() if state is State.RUNNING}
        assert waiting == {
            run for run, state in states.items() if state in (State.QUEUED, State.RETRYING)
        }

    @invariant()
    def who_is_paused_stays_paused(self) -> None:
        assert self._paused == self._store.pauses()


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
