"""Every decision of the runner, as pure functions: nothing here reads a clock or touches a file."""

from __future__ import annotations

import os
import signal
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from schedkit.clocks.startup import Startup
from schedkit.executor import Found
from schedkit.job import Job
from schedkit.run import AttemptKey, Decision, OpenAttempt, Pause, State, Trigger
from schedkit.timeline import local

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Fires:
    """
    The fire times of a job that have come: still on time, to be caught up, and missed.

    All that were missed come before all that are caught up: *missed* of them, from *first_missed*
    to *last_missed*.
    """

    on_time: tuple[datetime, ...] = ()
    caught_up: tuple[datetime, ...] = ()
    first_missed: datetime | None = None
    last_missed: datetime | None = None
    missed: int = 0


def come(job: Job, cursor: datetime, now: datetime) -> Fires:
    """Return the fire times of *job* after *cursor* up to *now*, both UTC."""
    most = {"none": 0, "latest": 1, "all": job.catchup_limit}[job.catchup]
    on_time: list[datetime] = []
    late: deque[datetime] = deque()
    missed: list[datetime] = []  # the first and the last
    count = 0
    for fire in job.schedule.known_after(cursor):
        if fire > now:
            break
        if now - fire <= job.grace:
            on_time.append(fire)
            continue
        late.append(fire)
        if len(late) > most or now - fire > job.catchup_window:
            missed[1:] = [late.popleft()]
            count += 1
    if job.catchup == "latest" and on_time and late:  # the one on time is the latest
        missed[1:] = [late.popleft()]
        count += 1
    first, last = (missed[0], missed[-1]) if missed else (None, None)
    return Fires(tuple(on_time), tuple(late), first, last, count)


def at_startup(job: Job, now: datetime, *, first_of_boot: bool) -> bool:
    """Return whether *job* starts with the runner, now, as its filters admit."""
    starts = any(
        isinstance(clock, Startup) and (clock.each == "runner" or first_of_boot)
        for clock in job.clock
    )
    wall = local(now, job.timezone)
    return starts and job.schedule.covers(now) and all(f.admits(wall) for f in job.filters)


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How things are with a job when a fire time comes.

    *going_on* says in words which run of it is not over, *waits* which one has not started;
    *counted* is how many runs it has had.
    """

    going_on: str | None = None
    waits: str | None = None
    pause: Pause | None = None
    counted: int = 0


def on_due(
    job: Job, fires: Fires, why_late: str, standing: Standing | None = None
) -> Iterator[Decision]:
    """
    Yield what becomes of the fire times that have come, in their order.

    *why_late* is why those that passed were not seen in time.
    """
    standing = standing or Standing()
    if fires.missed and fires.first_missed is not None:
        yield Decision(
            job.name,
            fires.first_missed,
            State.MISSED,
            reason=_why_missed(job, fires, why_late),
            last_fire_time=fires.last_missed if fires.missed > 1 else None,
            count=fires.missed,
        )
    left = None if job.max_runs is None else job.max_runs - standing.counted
    for decision in _by_overlap(job, fires, standing):
        refused = _refused(job, standing.pause, left)
        if decision.state is not State.QUEUED or refused is None:
            yield decision
        else:
            yield _skipped(decision, refused)
        if left is not None and decision.state is State.QUEUED:
            left -= 1


def _refused(job: Job, pause: Pause | None, left: int | None) -> str | None:
    if pause is not None:
        return why_paused(pause)
    if left is not None and left <= 0:
        return f"max_runs: it has had {job.max_runs}"
    return None


def why_paused(pause: Pause) -> str:
    """Return in words that a job is paused, by whom and why."""
    return f"paused by {pause.who}" + (f": {pause.reason}" if pause.reason else "")


def _skipped(decision: Decision, reason: str) -> Decision:
    return Decision(
        decision.job, decision.fire_time, State.SKIPPED, decision.trigger, reason,
        who=decision.who, params=decision.params,
    )  # fmt: skip


def _by_overlap(job: Job, fires: Fires, standing: Standing) -> Iterator[Decision]:
    """Yield what becomes of what is caught up and what is on time, were there no other rules."""
    going_on = standing.going_on
    for fire in fires.caught_up:
        queued = Decision(job.name, fire, State.QUEUED, Trigger.CATCHUP, at_once=False)
        # All that was missed is to be made up for: that waits for its turn instead.
        skips = job.overlap == "skip" and job.catchup != "all" and going_on is not None
        yield _skipped(queued, f"overlap: {going_on}") if skips else queued
    waits = standing.waits
    for fire in fires.on_time:
        decision = overlapping(job, Decision(job.name, fire, State.QUEUED), going_on, waits)
        if fire != fires.on_time[-1] and job.overlap == "replace":
            decision = _skipped(decision, "overlap: a later fire time starts instead")
        yield decision
        if decision.state is State.QUEUED:
            if decision.at_once:
                going_on = "an earlier fire time starts now"
            else:
                waits = "an earlier fire time waits"


def overlapping(
    job: Job, decision: Decision, going_on: str | None, waits: str | None
) -> Decision:
    """Return what becomes of a run of *job* that is to start, as its overlap has it."""
    match job.overlap:
        case "skip":
            other = going_on or waits
            return decision if other is None else _skipped(decision, f"overlap: {other}")
        case "queue_one":
            if waits is not None:
                return _skipped(decision, f"overlap: {waits}")
            return decision if going_on is None else _later(decision)
        case "queue_all":
            return decision if going_on is None and waits is None else _later(decision)
        case "replace":
            if going_on is None and waits is None:
                return decision
            return _later(decision, replaces=True)
        case "allow":
            return decision
        case _:
            assert_never(job.overlap)


def _later(decision: Decision, *, replaces: bool = False) -> Decision:
    return Decision(
        decision.job, decision.fire_time, State.QUEUED, decision.trigger,
        at_once=False, replaces=replaces, who=decision.who, params=decision.params,
    )  # fmt: skip


def _why_missed(job: Job, fires: Fires, why_late: str) -> str:
    if fires.caught_up and job.catchup == "all":
        return f"{why_late}; the latest {len(fires.caught_up)} run"
    if fires.caught_up or fires.on_time:
        return f"{why_late}; a later one runs"
    if job.catchup != "none":
        return f"{why_late}; too late to catch up"
    return why_late


# ---- ends


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, and why where that is not plain."""

    state: State
    reason: str | None = None
    exit_code: int | None = None
    signal: str | None = None


def outcome(job: Job | None, status: int | None, said: str | None) -> Outcome:
    """
    Return how an attempt ended that nobody stopped.

    *status* is that of its process as wait gives it, None when nobody can know it; *said* what it
    said last. Without its *job*, which may be gone from the file, 0 alone is success.
    """
    if status is None:
        return Outcome(State.LOST, "it ended unseen: its runner and its keeper were killed")
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        name = signal_name(-code)
        return Outcome(State.FAILED, f"killed by {name}", signal=name)
    if code in (job.success.exit_codes if job is not None else (0,)):
        return Outcome(State.SUCCEEDED, exit_code=code)
    return Outcome(State.FAILED, said, exit_code=code)


def signal_name(number: int) -> str:
    """Return the name of a signal: SIGKILL; the real-time ones have none but their number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def retry_at(
    job: Job, key: AttemptKey, end: Outcome, ended: datetime, first_start: datetime | None
) -> datetime | None:
    """Return when the attempt after *key* is due, None when that was the last."""
    retry = job.retry
    if end.state is State.LOST:
        if job.on_interrupted == "fail":
            return None
        if retry is None:
            return ended if key.number == 1 else None
    elif end.state not in (State.FAILED, State.TIMED_OUT):
        return None
    elif retry is None or (retry.on_exit_codes and end.exit_code not in retry.on_exit_codes):
        return None
    if key.number > retry.max_retries:
        return None
    due = ended + retry.delay_after(key.number) + _share(key) * retry.jitter
    if retry.within is not None and first_start is not None and due - first_start > retry.within:
        return None
    return due


def _share(key: AttemptKey) -> float:
    """Return a number from 0 to 1 that is the attempt's own, whoever asks and whenever."""
    return zlib.crc32(str(key).encode()) / 0xFFFFFFFF


def most_attempts(job: Job) -> int:
    """Return how many attempts a run of *job* may have."""
    if job.retry is not None:
        return 1 + job.retry.max_retries
    return 1 if job.on_interrupted == "fail" else 2


# ---- what an earlier runner left


class Verdict(StrEnum):
    """What is to be done about an attempt that an earlier runner left open."""

    ADOPTED = "adopted"
    ENDED = "ended"
    NOT_STARTED = "not_started"
    AGAIN = "again"
    CANCELLED = "cancelled"
    MISSED = "missed"
    LOST = "lost"


def verdict(
    attempt: OpenAttempt, found: Found, job: Job | None, boot: str, now: datetime
) -> tuple[Verdict, str | None]:
    """
    Return what is to be done about an attempt of which so much was *found*, and why.

    *boot* is that of the machine now; *job* is None when it is gone from the file.
    """
    if found.ended is not None:
        return Verdict.ENDED, None
    if found.not_started is not None:
        return Verdict.NOT_STARTED, found.not_started.reason
    if attempt.boot != boot:
        # What nobody wrote down to stay proves nothing: it may have run.
        return Verdict.LOST, "the machine was restarted while it ran"
    if found.alive:
        return Verdict.ADOPTED, None
    if found.spawned is not None or attempt.pid is not None:
        return Verdict.LOST, "it ended unseen: its runner and its keeper were killed"
    if found.output:
        return Verdict.LOST, "its runner and its keeper were killed as it was started"
    if attempt.cancelled_by is not None:
        return Verdict.CANCELLED, f"cancelled by {attempt.cancelled_by}"
    if job is None:
        return Verdict.CANCELLED, "its job is gone from the file"
    if attempt.key.number == 1 and now - attempt.fire_time > max(job.catchup_window, job.grace):
        return Verdict.MISSED, "its runner was killed before it started it; too late to start it"
    return Verdict.AGAIN, None
