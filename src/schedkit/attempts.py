"""The attempts that run: started, watched, ended in time, and retried."""

from __future__ import annotations

import heapq
import logging
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from schedkit import durations, planner
from schedkit.errors import ExecutorError
from schedkit.executor import Executor, Result
from schedkit.job import Job
from schedkit.launch import arguments, launch, mark, output_file
from schedkit.log import fields
from schedkit.planner import Outcome
from schedkit.run import (
    AttemptKey,
    Ended,
    OpenAttempt,
    PendingRetry,
    Started,
    State,
    Trigger,
    run_id,
)
from schedkit.watch import Watch

log = logging.getLogger(__name__)

_AGAIN = timedelta(seconds=1)  # before what should be dead is killed again
_LATE = timedelta(seconds=1)  # a start later than this is worth a word in the log


@dataclass(slots=True)
class Active:
    """
    An attempt that goes on. *job* is None when no file that was read knows it; *gone* is true
    when the file that holds now does not: then it is not retried.

    *began* and *deadline*, when something is to be done about it, are times of `Watch.elapsed`.
    """

    key: AttemptKey
    name: str
    job: Job | None
    fire_time: datetime
    began: timedelta | None = None
    deadline: timedelta | None = None
    stopped_as: State | None = None
    why_stopped: str | None = None
    trigger: Trigger = Trigger.SCHEDULE
    gone: bool = False


class Attempts:
    """
    What runs, and what waits to be tried again.

    It writes nothing: what happened since is in *facts*, for the runner to record.
    """

    def __init__(self, executor: Executor, watch: Watch, output: Path, store: str) -> None:
        self._executor = executor
        self._watch = watch
        self._output = output
        self._store = store
        self._active: dict[AttemptKey, Active] = {}
        self._deadlines: list[tuple[timedelta, AttemptKey]] = []
        self._retries: list[tuple[datetime, AttemptKey, PendingRetry]] = []
        self.facts: list[Started | Ended] = []
        self.counts: Counter[State] = Counter()

    @property
    def running(self) -> int:
        """How many attempts run."""
        return len(self._active)

    @property
    def waiting(self) -> int:
        """How many runs wait to be retried."""
        return len(self._retries)

    @property
    def next_deadline(self) -> timedelta | None:
        """When, by `Watch.elapsed`, `expire` has something to do; None when nothing runs."""
        return self._deadlines[0][0] if self._deadlines else None

    @property
    def next_retry(self) -> datetime | None:
        """When the first run that waits is to be retried."""
        return self._retries[0][0] if self._retries else None

    def going_on(self, job: str) -> str | None:
        """Return which run of *job* is not over, in words; None when there is none."""
        for active in self._active.values():
            if active.name == job:
                return f"{run_id(active.key.run)} still running"
        for _, _, retry in self._retries:
            if retry.job == job:
                return f"{run_id(retry.key.run)} waits to be retried"
        return None

    def rename(self, jobs: Mapping[str, Job]) -> list[PendingRetry]:
        """Take over other definitions of the jobs; return the retries whose job is gone."""
        for active in self._active.values():
            active.gone = active.name not in jobs
            active.job = jobs.get(active.name, active.job)
        gone = [retry for _, _, retry in self._retries if retry.job not in jobs]
        self._retries = [entry for entry in self._retries if entry[2].job in jobs]
        heapq.heapify(self._retries)
        return gone

    # ---- beginning

    def start(self, key: AttemptKey, job: Job, fire_time: datetime, trigger: Trigger) -> None:
        """Start an attempt that has been claimed; that it cannot be started ends it."""
        active = Active(key, job.name, job, fire_time, trigger=trigger)
        try:
            what = launch(job, key, fire_time, trigger, store=self._store, output=self._output)
            spawned = self._executor.start(what)
        except ExecutorError as error:
            self._end(active, Outcome(State.FAILED, str(error)))
            return
        now = self._watch.now()
        self._watch_over(active, self._watch.elapsed())
        self.facts.append(
            Started(key, now, spawned.pid, spawned.process_start, arguments(job), str(what.output))
        )
        late = now - fire_time
        said = fields(
            job=job.name,
            run=run_id(key.run),
            attempt=key.number if key.number > 1 else None,
            trigger=trigger if trigger is not Trigger.SCHEDULE else None,
            late=durations.brief(late) if key.number == 1 and late >= _LATE else None,
            pid=spawned.pid,
        )
        log.info("run started", extra=said)

    def recover(self, attempt: OpenAttempt, job: Job | None, boot: str) -> None:
        """Take over an attempt that an earlier runner left, or end it as lost."""
        key, output = attempt.key, output_file(self._output, attempt.key)
        same_boot = attempt.boot == boot
        alive = same_boot and self._executor.adopt(attempt, mark(key, self._store), output)
        # The file is made before the process: without it, it certainly never ran.
        never_ran = same_boot and attempt.pid is None and not alive and not output.exists()
        late = self._watch.now() - attempt.fire_time
        if never_ran and job is not None and late <= job.catchup_window:
            self.start(key, job, attempt.fire_time, attempt.trigger)
            return
        why_lost = planner.why_lost(attempt, boot, alive=alive, never_ran=never_ran)
        active = Active(key, attempt.job, job, attempt.fire_time, trigger=attempt.trigger)
        if why_lost is not None:
            self._end(active, Outcome(State.LOST, why_lost))
            return
        ran = self._watch.now() - (attempt.started or attempt.claimed)
        self._watch_over(active, self._watch.elapsed() - ran)
        log.info("run adopted", extra=fields(job=attempt.job, run=run_id(attempt.key.run)))

    def wait_for(self, retry: PendingRetry) -> None:
        """Keep a retry until it is due."""
        heapq.heappush(self._retries, (retry.due, retry.key, retry))

    def due_retries(self, now: datetime) -> list[PendingRetry]:
        """Take the retries that are due; they have to be claimed, or kept again."""
        due = []
        while self._retries and self._retries[0][0] <= now:
            due.append(heapq.heappop(self._retries)[2])
        return due

    def _watch_over(self, active: Active, began: timedelta) -> None:
        active.began = began
        self._active[active.key] = active
        if active.job is not None and active.job.timeout is not None:
            self._do_at(active, began + active.job.timeout)

    # ---- ending

    def collect(self) -> list[tuple[int, int]]:
        """Take note of what ended; return (pid, status) of children that are no attempt's."""
        others: list[tuple[int, int]] = []
        for result in self._executor.results():
            if not isinstance(result, Result):
                others.append(result)
                continue
            active = self._active.pop(result.key)
            said = result.raised or result.last_line
            outcome = planner.outcome(active.job, result.status, said)
            if active.stopped_as is not None:
                outcome = Outcome(
                    active.stopped_as, active.why_stopped, outcome.exit_code, outcome.signal
                )
            self._end(active, outcome, result)
        return others

    def expire(self) -> None:
        """Stop what has run for too long, and kill what was asked to stop and did not."""
        elapsed = self._watch.elapsed()
        while self._deadlines and self._deadlines[0][0] <= elapsed:
            deadline, key = heapq.heappop(self._deadlines)
            active = self._active.get(key)
            if active is None or active.deadline != deadline:
                continue  # over, or something else is to be done about it by now
            if active.stopped_as is None:
                assert active.job is not None
                timeout = durations.text(active.job.timeout or timedelta())
                self._stop(active, State.TIMED_OUT, f"timeout: it ran for {timeout}")
            else:
                self._executor.kill(key)
                self._do_at(active, elapsed + _AGAIN)

    def stop_all(self, reason: str) -> None:
        """Stop everything that runs."""
        for active in self._active.values():
            if active.stopped_as is None:
                self._stop(active, State.CANCELLED, reason)

    def _stop(self, active: Active, state: State, reason: str) -> None:
        """Ask an attempt's processes to end; they are killed when its grace is over."""
        active.stopped_as, active.why_stopped = state, reason
        number = signal.SIGTERM if active.job is None else active.job.stop_signal
        grace = timedelta(seconds=10) if active.job is None else active.job.kill_grace
        self._executor.stop(active.key, number)
        self._do_at(active, self._watch.elapsed() + grace)
        said = fields(job=active.name, run=run_id(active.key.run), reason=reason)
        log.info("run stopping", extra=said)

    def _do_at(self, active: Active, deadline: timedelta) -> None:
        active.deadline = deadline
        heapq.heappush(self._deadlines, (deadline, active.key))

    def _end(self, active: Active, outcome: Outcome, result: Result | None = None) -> None:
        key, now = active.key, self._watch.now()
        took = None if active.began is None else self._watch.elapsed() - active.began
        retry_at = None
        if active.job is not None and not active.gone:
            retry_at = planner.retry_at(active.job, key.number, outcome.state, now)
        self.facts.append(
            Ended(
                key,
                now,
                outcome.state,
                outcome.reason,
                outcome.exit_code,
                outcome.signal,
                took,
                result.peak_memory_kb if result else None,
                result.cpu_time if result else None,
                result.output_bytes if result else None,
                result.result if result else None,
                retry_at,
            )
        )
        said = fields(
            job=active.name,
            run=run_id(key.run),
            attempt=key.number if key.number > 1 or retry_at is not None else None,
            took=None if took is None else durations.brief(took),
            exit=outcome.exit_code or None,
            reason=outcome.reason,
            returned=result.result if result else None,
            retry_in=None if retry_at is None else durations.brief(retry_at - now),
        )
        if retry_at is not None:
            again = AttemptKey(key.run, key.number + 1)
            retry = PendingRetry(again, active.name, active.fire_time, active.trigger, retry_at)
            self.wait_for(retry)
            log.warning(_ATTEMPT_ENDED[outcome.state], extra=said)
            return
        self.counts[outcome.state] += 1
        good = outcome.state is State.SUCCEEDED
        log.log(logging.INFO if good else logging.ERROR, _RUN_ENDED[outcome.state], extra=said)


_RUN_ENDED = {
    State.SUCCEEDED: "run succeeded",
    State.FAILED: "run failed",
    State.TIMED_OUT: "run timed out",
    State.CANCELLED: "run cancelled",
    State.LOST: "run lost",
}
_ATTEMPT_ENDED = {State.FAILED: "attempt failed", State.TIMED_OUT: "attempt timed out"}
