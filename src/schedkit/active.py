"""An attempt that goes on, and what the log says of it, or of a fire time that has none."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, tzinfo

from schedkit import durations
from schedkit.executor import Result
from schedkit.job import Job
from schedkit.log import fields
from schedkit.planner import Outcome
from schedkit.run import AttemptKey, Decision, Params, State, Trigger, Waiting, run_id

log = logging.getLogger(__name__)

_ZERO = timedelta(0)
_LATE = timedelta(seconds=1)  # a start that is later than this is worth a word
_RUN_ENDED = {
    State.SKIPPED: "run skipped",
    State.SUCCEEDED: "run succeeded",
    State.FAILED: "run failed",
    State.TIMED_OUT: "run timed out",
    State.CANCELLED: "run cancelled",
    State.LOST: "run lost",
    State.MISSED: "run missed",
}
_ANSWERS = {State.SUCCEEDED: "condition met", State.QUEUED: "condition to be asked again"}
_ATTEMPT_ENDED = {
    State.FAILED: "attempt failed",
    State.TIMED_OUT: "attempt timed out",
    State.LOST: "attempt lost",
}


class Active:
    """
    An attempt that goes on. *job* is None when no file that was read knows it; *gone* is true
    when the file that holds now does not, or somebody cancelled it: then it is not retried.

    `began` and `deadline`, when something is to be done about it, are times of `Watch.elapsed`;
    `began` is None until it is known to have started. *pool* is where it has its slot, unless it
    only asks whether its run may start.
    """

    __slots__ = (
        "began", "deadline", "due", "fire_time", "first_start", "gone", "job", "key", "name",
        "parallel", "params", "pool", "stopped_as", "trigger", "why_stopped",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917  # a run that waits has them in this order
        self,
        key: AttemptKey,
        name: str,
        job: Job | None,
        fire_time: datetime,
        trigger: Trigger = Trigger.SCHEDULE,
        params: Params = (),
        due: datetime | None = None,
        first_start: datetime | None = None,
        parallel: int = 1,
        pool: str | None = None,
        *,
        gone: bool = False,
    ) -> None:
        self.key = key
        self.name = name
        self.job = job
        self.fire_time = fire_time
        self.trigger = trigger
        self.params = params
        self.due = due
        self.first_start = first_start
        self.parallel = parallel
        self.pool = pool
        self.gone = gone
        self.began: timedelta | None = None
        self.deadline: timedelta | None = None
        self.stopped_as: State | None = None
        self.why_stopped: str | None = None

    @property
    def asks(self) -> bool:
        """Whether it only asks whether its run may start."""
        return not self.key.number

    @property
    def how(self) -> str:
        """How it is, after the id of its run: still running, or waiting for something."""
        if not self.asks:
            return "still running"
        condition = None if self.job is None else self.job.condition
        return f"still waits for {condition or 'its condition'}"

    def waiting(self, number: int, due: datetime, *, met: bool = False) -> Waiting:
        """Return the run as one that waits for its attempt of this number, its condition *met*."""
        return Waiting(
            AttemptKey(self.key.run, number), self.name, self.fire_time, self.trigger, due,
            self.first_start, self.params, self.parallel, met,
        )  # fmt: skip


def tell_start(active: Active, started: datetime, pid: int) -> None:
    """Say that the process of an attempt was started."""
    if not log.isEnabledFor(logging.INFO):  # to find the words costs more than all the rest
        return
    if active.asks:
        condition = None if active.job is None else active.job.condition
        said = fields(job=active.name, run=run_id(active.key.run), condition=condition, pid=pid)
        log.info("condition asked", extra=said)
        return
    late = started - (active.due or active.fire_time)
    first = active.key.number == 1
    said = fields(
        job=active.name,
        run=run_id(active.key.run),
        attempt=active.key.number if not first else None,
        trigger=active.trigger if active.trigger is not Trigger.SCHEDULE else None,
        late=durations.brief(late) if first and late >= _LATE else None,
        pid=pid,
    )
    log.info("run started", extra=said)


def tell_end(
    active: Active,
    outcome: Outcome,
    took: timedelta | None,
    result: Result | None,
    *,
    retry_in: timedelta | None,
) -> None:
    """Say how an attempt ended; *retry_in* is None where no other one follows."""
    level = _level(outcome.state, again=retry_in is not None)
    if not log.isEnabledFor(level):
        return
    if active.asks:
        said = fields(job=active.name, run=run_id(active.key.run), reason=outcome.reason)
        log.log(level, _ANSWERS.get(outcome.state) or _RUN_ENDED[outcome.state], extra=said)
        return
    number = active.key.number
    said = fields(
        job=active.name,
        run=run_id(active.key.run),
        attempt=number if number > 1 or retry_in is not None else None,
        took=None if took is None else durations.brief(took),
        exit=outcome.exit_code or None,
        reason=outcome.reason,
        returned=result.result if result else None,
        dropped=result.dropped_bytes or None if result else None,
        retry_in=None if retry_in is None else durations.brief(max(retry_in, _ZERO)),
    )
    words = _RUN_ENDED if retry_in is None else _ATTEMPT_ENDED
    log.log(level, words[outcome.state], extra=said)


def tell_unstarted(decision: Decision, zone: tzinfo) -> None:
    """Say that fire times were missed or skipped; *zone* is that of their job."""
    last = decision.last_fire_time
    said = fields(
        job=decision.job,
        fire_time=decision.fire_time.astimezone(zone).isoformat(),
        last_fire_time=last.astimezone(zone).isoformat() if last is not None else None,
        count=decision.count if decision.count > 1 else None,
        reason=decision.reason,
    )
    if decision.state is State.MISSED:
        log.warning("run missed", extra=said)
    elif decision.state is State.FAILED:
        log.error("run failed", extra=said)
    else:
        log.info("run skipped", extra=said)


def tell_queued(one: Waiting) -> None:
    """Say that a run waits; of those that are filled in thousands may come at once."""
    if one.trigger is not Trigger.BACKFILL and log.isEnabledFor(logging.INFO):
        log.info("run queued", extra=fields(job=one.job, run=run_id(one.key.run)))


def tell_given_up(one: Waiting, state: State, reason: str) -> None:
    """Say that a run which waited will not start."""
    said = fields(job=one.job, run=run_id(one.key.run), reason=reason)
    log.warning(f"run {state}", extra=said)  # noqa: G004  # one of two constant sentences


def _level(state: State, *, again: bool) -> int:
    if state in (State.SUCCEEDED, State.SKIPPED, State.QUEUED):
        return logging.INFO
    if state is State.MISSED:
        return logging.WARNING
    # Of what was lost nobody knows what it did: always an error.
    return logging.WARNING if again and state is not State.LOST else logging.ERROR
