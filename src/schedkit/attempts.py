"""The attempts that go on: started, watched, ended in time, and what comes after them."""

from __future__ import annotations

import heapq
import logging
import signal
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from schedkit import durations, planner
from schedkit.active import Active, tell_end, tell_start
from schedkit.errors import ExecutorError
from schedkit.executor import Executor, Found, NotStarted, Result, Spawned
from schedkit.job import Job
from schedkit.launch import Launch, arguments, launch, output_file
from schedkit.log import fields
from schedkit.planner import Outcome, Verdict
from schedkit.run import (
    AttemptKey,
    Ended,
    Fact,
    OpenAttempt,
    Started,
    State,
    Unclaimed,
    Waiting,
    run_id,
)
from schedkit.run_queue import PATIENT, Slots
from schedkit.watch import Watch

log = logging.getLogger(__name__)

_AGAIN = timedelta(seconds=1)  # before what should be dead is killed again
_UNANSWERED = timedelta(seconds=10)  # a start that takes longer is worth a word in the log
_DEFAULT_GRACE = timedelta(seconds=10)  # of a job that no file knows any more


class Attempts:
    """
    What goes on.

    It writes nothing: what happened since is in *facts*, for whoever has the store to record, and
    the runs that are to be tried again are in *again*.
    """

    def __init__(
        self, executor: Executor, watch: Watch, slots: Slots, output: Path, store: str
    ) -> None:
        self._executor = executor
        self._watch = watch
        self._slots = slots
        self._output = output
        self._store = store
        self._active: dict[AttemptKey, Active] = {}
        self._of_job: defaultdict[str, dict[AttemptKey, Active]] = defaultdict(dict)
        self._deadlines: list[tuple[timedelta, AttemptKey]] = []
        self.facts: list[Fact] = []
        self.again: list[Waiting] = []
        self.ended: Counter[str] = Counter()  # the jobs of which attempts ended, how many
        self.counts: Counter[State] = Counter()

    def __len__(self) -> int:
        return len(self._active)

    def __iter__(self) -> Iterator[Active]:
        return iter(self._active.values())

    @property
    def next_deadline(self) -> timedelta | None:
        """When, by `Watch.elapsed`, `expire` has something to do."""
        while self._deadlines:
            deadline, key = self._deadlines[0]
            active = self._active.get(key)
            if active is not None and active.deadline == deadline:
                return deadline
            heapq.heappop(self._deadlines)  # it is over: nobody has to wake up for it
        return None

    def of(self, job: str) -> list[Active]:
        """Return the attempts of a job that go on."""
        return list(self._of_job[job].values()) if job in self._of_job else []

    def rename(self, jobs: Mapping[str, Job]) -> None:
        """Take over other definitions of the jobs."""
        for active in self._active.values():
            active.gone = active.name not in jobs
            active.job = jobs.get(active.name, active.job)

    # ---- beginning

    def start(self, actives: Iterable[Active]) -> None:
        """Start attempts that have been claimed and have their slots."""
        launches: list[Launch] = []
        for active in actives:
            assert active.job is not None
            self._add(active)
            try:
                launches.append(
                    launch(
                        active.job, active.key, active.fire_time, active.trigger,
                        store=self._store, output=self._output, params=dict(active.params),
                    )
                )  # fmt: skip
            except ExecutorError as error:
                self._not_started(active, str(error))
                continue
            self._do_at(active, self._watch.elapsed() + _UNANSWERED)
        if not launches:
            return
        try:
            self._executor.start(launches)
        except ExecutorError as error:
            for one in launches:
                self._not_started(self._active[one.key], str(error))

    def recover(
        self, attempt: OpenAttempt, found: Found, job: Job | None, boot: str, *, paused: bool
    ) -> None:
        """
        Take over an attempt that an earlier runner left, or end it with what is known.

        One that never began starts now, unless its job is *paused*: it waits again then. So does
        what was asked before one, in any case.
        """
        active = Active(
            attempt.key, attempt.job, job, attempt.fire_time, attempt.trigger, attempt.params,
            due=attempt.due, first_start=attempt.first_start, parallel=attempt.parallel,
            pool=job.pool if job is not None else None,
            gone=job is None or attempt.cancelled_by is not None,
        )  # fmt: skip
        said, why = planner.verdict(attempt, found, job, boot, self._watch.now())
        if said is Verdict.AGAIN and (paused or active.asks):
            self._wait_again(active)
            return
        if not active.asks:
            self._slots.take(active.pool)
        if said is Verdict.AGAIN:
            self.start([active])
            return
        self._add(active)
        if found.spawned is not None:
            self._spawned(active, found.spawned, recorded=attempt.pid is not None)
        match said:
            case Verdict.ADOPTED:
                self._adopted(active, attempt)
            case Verdict.ENDED:
                assert found.ended is not None
                unheeded = found.ended.status == 0 and not active.asks
                if attempt.cancelled_by is not None and not unheeded:
                    active.stopped_as = State.CANCELLED
                    active.why_stopped = f"cancelled by {attempt.cancelled_by}"
                self._over(active, found.ended)
            case Verdict.NOT_STARTED:
                self._not_started(active, why or "")
            case _:
                self._end(active, Outcome(State(said), why))

    def _wait_again(self, active: Active) -> None:
        """Let a run wait whose attempt was claimed and never began."""
        now, number = self._watch.now(), active.key.number
        self.facts.append(Unclaimed(active.key, now))
        if active.asks:
            self.again.append(active.waiting(1, active.due or now))
            return
        met = active.job is not None and active.job.condition is not None
        self.again.append(active.waiting(number, now, met=met))

    def _adopted(self, active: Active, attempt: OpenAttempt) -> None:
        if active.began is None:  # its start was recorded, or it was found by its mark
            ran = self._watch.now() - (attempt.started or attempt.claimed)
            self._watch_over(active, self._watch.elapsed() - ran)
        log.info("run adopted", extra=fields(job=active.name, run=run_id(active.key.run)))
        if attempt.cancelled_by is not None:
            self.stop(active, State.CANCELLED, f"cancelled by {attempt.cancelled_by}")

    def _add(self, active: Active) -> None:
        self._active[active.key] = self._of_job[active.name][active.key] = active

    def _spawned(self, active: Active, event: Spawned, *, recorded: bool = False) -> None:
        started = self._watch.now() - event.ago
        if not active.asks:
            active.first_start = active.first_start or started
        self._watch_over(active, self._watch.elapsed() - event.ago)
        if not recorded:
            command = "" if active.job is None else arguments(active.job, asks=active.asks)
            output = str(output_file(self._output, active.key))
            self.facts.append(
                Started(active.key, started, event.pid, event.process_start, command, output)
            )
            tell_start(active, started, event.pid)
        if active.stopped_as is not None:  # before it was known to have started
            self._ask_to_end(active)

    def _watch_over(self, active: Active, began: timedelta) -> None:
        active.began, active.deadline = began, None
        longest, left = _longest(active), _left(active, self._watch.now())
        times = [began + longest] if longest is not None else []
        times += [self._watch.elapsed() + left] if left is not None else []
        if times:
            self._do_at(active, min(times))

    # ---- ending

    def collect(self) -> list[tuple[int, int]]:
        """Take note of what happened; return (pid, status) of children that are no attempt's."""
        others: list[tuple[int, int]] = []
        for event in self._executor.events():
            match event:
                case Spawned():
                    self._spawned(self._active[event.key], event)
                case NotStarted():
                    self._not_started(self._active[event.key], event.reason)
                case Result():
                    self._over(self._active[event.key], event)
                case _:
                    others.append(event)
        return others

    def expire(self) -> None:
        """Stop what has run for too long, and kill what was asked to stop and did not."""
        elapsed = self._watch.elapsed()
        while (deadline := self.next_deadline) is not None and deadline <= elapsed:
            key = heapq.heappop(self._deadlines)[1]
            active = self._active[key]
            if active.began is None and active.stopped_as is None:
                said = fields(job=active.name, run=run_id(key.run), after=_UNANSWERED)
                log.warning("start not answered", extra=said)
                active.deadline = None
            elif active.stopped_as is None:
                self.stop(active, *_too_long(active, elapsed - (active.began or elapsed)))
            else:
                self._executor.kill(key)
                self._do_at(active, elapsed + _AGAIN)

    def stop_all(self, reason: str) -> None:
        """Stop everything that runs; what only asks is asked again by the next runner."""
        self.stop_asking(reason)
        for active in self._active.values():
            if not active.asks:
                self.stop(active, State.CANCELLED, reason)

    def stop_asking(self, reason: str) -> None:
        """Stop what only asks: nothing of its runs has begun, they wait again."""
        for active in self._active.values():
            if active.asks:
                self.stop(active, State.QUEUED, reason)

    def stop(
        self, active: Active, state: State, reason: str, number: signal.Signals | None = None
    ) -> None:
        """
        Ask an attempt's processes to end, by *number* or its job's `stop_signal`.

        They are killed when its grace is over. What stops already goes on stopping.
        """
        if active.stopped_as is State.QUEUED and state is State.CANCELLED:
            active.stopped_as, active.why_stopped = state, reason  # it shall not wait again
        if active.stopped_as is not None:
            return
        active.stopped_as, active.why_stopped = state, reason
        said = fields(job=active.name, run=run_id(active.key.run), reason=reason)
        log.info("run stopping", extra=said)
        self._ask_to_end(active, number)

    def _ask_to_end(self, active: Active, number: signal.Signals | None = None) -> None:
        grace = _DEFAULT_GRACE
        if active.job is not None:
            number, grace = number or signal.Signals(active.job.stop_signal), active.job.kill_grace
        self._executor.stop(active.key, number or signal.SIGTERM)
        self._do_at(active, self._watch.elapsed() + grace)

    def _do_at(self, active: Active, deadline: timedelta) -> None:
        active.deadline = deadline
        heapq.heappush(self._deadlines, (deadline, active.key))

    def _not_started(self, active: Active, reason: str) -> None:
        outcome = Outcome(State.FAILED, reason)
        if active.asks:
            from schedkit.answers import not_asked  # few jobs ask anything

            outcome = not_asked(active.job, reason)
        self._end(active, outcome)

    def _over(self, active: Active, result: Result) -> None:
        if active.asks:
            from schedkit.answers import answer  # few jobs ask anything

            outcome = answer(active.job, result)
        else:
            outcome = planner.outcome(active.job, result.status, result.raised or result.last_line)
        if active.stopped_as is not None:
            outcome = Outcome(
                active.stopped_as, active.why_stopped, outcome.exit_code, outcome.signal
            )
        self._end(active, outcome, result)

    def _end(self, active: Active, outcome: Outcome, result: Result | None = None) -> None:
        key, now = active.key, self._watch.now()
        del self._active[key], self._of_job[active.name][key]
        if not self._of_job[active.name]:
            del self._of_job[active.name]
        self.ended[active.name] += 1
        if not active.asks:
            self._slots.give_back(active.pool)
        elif outcome.state is State.QUEUED:
            self._wait_again(active)
            tell_end(active, outcome, None, None, retry_in=None)
            return
        ended = now if result is None else now - result.ago
        took = result.took if result is not None else None
        if took is None and active.began is not None:
            took = self._watch.elapsed() - active.began - (result.ago if result else _ZERO)
        retry_at = None
        if active.job is not None and not active.gone:
            retry_at = planner.retry_at(active.job, key, outcome, ended, active.first_start)
        fact = _fact(key, outcome, ended, took, result, retry_at=retry_at)
        self.facts.append(fact)
        if fact.meets:
            self.again.append(active.waiting(1, active.due or active.fire_time, met=True))
        elif retry_at is not None:
            self.again.append(active.waiting(key.number + 1, retry_at))
        else:
            self.counts[outcome.state] += 1
        retry_in = None if retry_at is None else retry_at - now
        tell_end(active, outcome, took, result, retry_in=retry_in)


def _longest(active: Active) -> timedelta | None:
    """Return how long an attempt may go on, None for any length."""
    job = active.job
    if job is None or not active.asks:
        return None if job is None else job.timeout
    return None if job.condition is None else job.condition.longest(job.timeout)


def _left(active: Active, now: datetime) -> timedelta | None:
    """Return how long a run that asks may still wait for its start, None for any length."""
    job = active.job
    if not active.asks or job is None or job.start_deadline is None or active.due is None:
        return None
    return None if active.trigger in PATIENT else active.due + job.start_deadline - now


def _too_long(active: Active, ran: timedelta) -> tuple[State, str]:
    """Return what an attempt is that ran for too long, and why."""
    job, longest = active.job, _longest(active)
    assert job is not None
    if not active.asks or job.condition is None:
        return State.TIMED_OUT, f"timeout: it ran for {durations.text(longest or _ZERO)}"
    if longest is not None and ran >= longest:
        return State.TIMED_OUT, f"{job.condition.keys}: no answer within {durations.text(longest)}"
    waited = durations.text(job.start_deadline or _ZERO)
    return State.MISSED, f"start_deadline: it waited {waited} for {job.condition}"


def _fact(
    key: AttemptKey,
    outcome: Outcome,
    ended: datetime,
    took: timedelta | None,
    result: Result | None,
    *,
    retry_at: datetime | None,
) -> Ended:
    return Ended(
        key,
        ended,
        outcome.state,
        outcome.reason,
        outcome.exit_code,
        outcome.signal,
        took,
        result.peak_memory_kb if result else None,
        result.cpu_time if result else None,
        result.output_bytes if result else None,
        result.dropped_bytes if result else None,
        result.result if result and key.number else None,
        retry_at,
    )


_ZERO = timedelta(0)
