"""Whatever happens in whatever order: one record for a fire time, and what is over stays over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from fakes import load
from histories import JOBS, at, begin, claim, due, ended, gone, missed, retry
from schedkit.run import AttemptKey, Decision, Started, State
from schedkit.store import Query
from schedkit.store.sqlite import SQLiteStore

_JOBS = st.sampled_from(["a", "b"])
_MINUTES = st.integers(1, 12)
_ENDS = st.sampled_from([State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.LOST])


class Interleavings(RuleBasedStateMachine):
    """A runner and its store, which crashes now and then."""

    attempts: Bundle[AttemptKey] = Bundle("attempts")
    waiting: Bundle[AttemptKey] = Bundle("waiting")

    def __init__(self) -> None:
        super().__init__()
        self._directory = TemporaryDirectory()
        directory = Path(self._directory.name)
        self._path = directory / "history.db"
        self._config = load(directory, JOBS)
        self._store = SQLiteStore(self._path)
        begin(self._store, self._config)
        self._over: dict[str, State] = {}
        self._starts: Counter[AttemptKey] = Counter()

    def teardown(self) -> None:
        self._store.close()
        self._directory.cleanup()

    def _claim(self, *decisions: Decision) -> list[AttemptKey]:
        keys = claim(self._store, self._config, *decisions)
        found = [key for key in keys if key is not None]
        self._starts.update(found)
        return found

    @rule(target=attempts, job=_JOBS, minutes=st.lists(_MINUTES, min_size=1, max_size=3))
    def claim_due(self, job: str, minutes: list[int]) -> MultipleResults[AttemptKey]:
        return multiple(*self._claim(*(due(job, minute) for minute in sorted(minutes))))

    @rule(job=_JOBS, first=_MINUTES, more=st.integers(0, 3))
    def claim_missed(self, job: str, first: int, more: int) -> None:
        cursor = self._store.cursors()[job][1]
        if at(first) > cursor:  # a runner never asks for what it has decided
            self._claim(missed(job, first, first + more, more + 1))

    @rule(key=attempts)
    def start(self, key: AttemptKey) -> None:
        self._store.record([Started(key, at(1), 4711, 7, "x", "/out")])

    @rule(key=attempts, state=_ENDS)
    def end(self, key: AttemptKey, state: State) -> None:
        self._store.record([ended(key, state)])

    @rule(target=waiting, key=consumes(attempts))
    def fail_for_now(self, key: AttemptKey) -> MultipleResults[AttemptKey]:
        self._store.record([ended(key, State.FAILED, at(31))])
        pending = [one for one in self._store.waiting() if one.key.run == key.run]
        return multiple(*(AttemptKey(key.run, one.key.number - 1) for one in pending))

    @rule(target=attempts, key=waiting)
    def try_again(self, key: AttemptKey) -> MultipleResults[AttemptKey]:
        pending = {one.key: one for one in self._store.waiting()}
        again = retry(key)
        if again.key not in pending:
            return multiple()
        claimed = [one.key for one in self._store.claim_attempts([again], at(31))]
        self._starts.update(claimed)
        return multiple(*claimed)

    @rule()
    def abandon(self) -> None:
        self._store.record([gone(one.key) for one in self._store.waiting()])

    @rule()
    def crash_and_recover(self) -> None:
        self._store.close()
        self._store = SQLiteStore(self._path)
        begin(self._store, self._config, 20)
        left = [ended(one.key, State.LOST) for one in self._store.open_attempts()]
        self._store.record(left)

    @invariant()
    def each_fire_time_has_one_record(self) -> None:
        covered = Counter(
            (run.job, at(minute))
            for run in self._store.runs(Query())
            for minute in range(20)
            if run.fire_time <= at(minute) <= (run.last_fire_time or run.fire_time)
        )
        assert set(covered.values()) <= {1}

    @invariant()
    def nothing_starts_twice(self) -> None:
        assert set(self._starts.values()) <= {1}

    @invariant()
    def what_is_over_stays_as_it_is(self) -> None:
        states = {run.id: run.state for run in self._store.runs(Query())}
        assert self._over.items() <= states.items()
        self._over = {number: state for number, state in states.items() if state.terminal}


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
