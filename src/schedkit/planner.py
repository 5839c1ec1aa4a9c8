"""Every decision of the runner, as pure functions: nothing here reads a clock or touches a file."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from schedkit.clocks.startup import Startup
from schedkit.executor import Found
from schedkit.job import Job
from schedkit.records import Record, replace
from schedkit.run import AttemptKey, Decision, OpenAttempt, Pause, State, Trigger, Waiting
from schedkit.timeline import local
from schedkit.typed import NamedTuple, assert_never

_UNSEEN = "it ended unseen: its runner and its keeper were killed"
_UNCERTAIN = "its runner and its keeper were killed as it was started"
_RANGE = 2**64
_GOLDEN = 0x9E3779B97F4A7C15  # the range by the golden ratio
_FAR_APART = 1_000_003  # what is the second attempt of one run is the first of none beside it


class Fires(Record):
    """
    The fire times of a job that have come: still on time, to be caught up, and missed.

    All that were missed come before all that are caught up: *missed* of them, from *first_missed*
    to *last_missed*. *later* is the first one that has not come, None when none is known.
    """

    on_time: tuple[datetime, ...] = ()
    caught_up: tuple[datetime, ...] = ()
    first_missed: datetime | None = None
    last_missed: datetime | None = None
    missed: int = 0
    later: datetime | None = None


def come(job: Job, cursor: datetime, now: datetime) -> Fires:
    """Return the fire times of *job* after *cursor* up to *now*, both UTC."""
    most = {"none": 0, "latest": 1, "all": job.catchup_limit}[job.catchup]
    on_time: list[datetime] = []
    late: deque[datetime] = deque()
    missed: list[datetime] = []  # the first and the last
    count = 0
    later = None
    for fire in job.schedule.known_after(cursor):
        if fire > now:
            later = fire
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
    return Fires(tuple(on_time), tuple(late), first, last, count, later)


def beside_the_schedule(job: Job, now: datetime) -> datetime:
    """Return *now*, or what comes right after it, so that it is no fire time of *job*."""
    for fire in job.schedule.known_after(now - datetime.resolution):
        if fire > now:
            break
        now += datetime.resolution
    return now


def at_startup(job: Job, now: datetime, *, first_of_boot: bool) -> bool:
    """Return whether *job* starts with the runner, now, as its filters admit."""
    starts = any(
        isinstance(clock, Startup) and (clock.each == "runner" or first_of_boot)
        for clock in job.clock
    )
    wall = local(now, job.timezone)
    return starts and job.schedule.covers(now) and all(f.admits(wall) for f in job.filters)


class Standing(Record):
    """
    How things are with a job when a fire time comes.

    *going_on* says in words which run of it is not over, *waits* which one has not started;
    *counted* is how many runs it has had. *pause* may be over by now: what came within it counts.
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
    decisions = _decided(job, fires, standing or Standing())
    if fires.missed and fires.first_missed is not None:
        yield Decision(
            job.name,
            fires.first_missed,
            State.MISSED,
            reason=_why_missed(job, decisions, why_late),
            last_fire_time=fires.last_missed if fires.missed > 1 else None,
            count=fires.missed,
        )
    yield from decisions


def _decided(job: Job, fires: Fires, standing: Standing) -> list[Decision]:
    """Return what becomes of what is caught up and what is on time."""
    pause, going_on, waits = standing.pause, standing.going_on, standing.waits
    left = None if job.max_runs is None else job.max_runs - standing.counted
    last = next((fire for fire in reversed(fires.on_time) if not covers(pause, fire)), None)
    decisions: list[Decision] = []
    for wish in _wishes(job, fires):
        refused = _refused(job, wish, pause, left)
        if refused is not None:
            decision = _skipped(wish, refused)
        elif wish.trigger is Trigger.CATCHUP:
            decision = _made_up_for(job, wish, going_on)
        elif job.overlap == "replace" and wish.fire_time != last:
            decision = _skipped(wish, "overlap: a later fire time starts instead")
        else:
            decision = overlapping(job, wish, going_on, waits)
        decisions.append(decision)
        if decision.state is not State.QUEUED:
            continue
        left = None if left is None else left - 1
        if decision.at_once:
            going_on = "an earlier fire time starts now"
        elif decision.trigger is not Trigger.CATCHUP:
            waits = "an earlier fire time waits"
    return decisions


def _wishes(job: Job, fires: Fires) -> Iterator[Decision]:
    for fire in fires.caught_up:
        yield Decision(job.name, fire, State.QUEUED, Trigger.CATCHUP, at_once=False)
    for fire in fires.on_time:
        yield Decision(job.name, fire, State.QUEUED)


def _refused(job: Job, wish: Decision, pause: Pause | None, left: int | None) -> str | None:
    if pause is not None and covers(pause, wish.fire_time):
        return why_paused(pause)
    if left is not None and left <= 0:
        return f"max_runs: it has had {job.max_runs}"
    return None


def covers(pause: Pause | None, instant: datetime) -> bool:
    """Return whether what comes at *instant* comes while its job is paused."""
    if pause is None or instant < pause.since:
        return False
    return pause.until is None or instant < pause.until


def why_paused(pause: Pause) -> str:
    """Return in words that a job is paused, by whom and why."""
    return f"paused by {pause.who}" + (f": {pause.reason}" if pause.reason else "")


def _skipped(decision: Decision, reason: str) -> Decision:
    return replace(decision, state=State.SKIPPED, reason=reason, at_once=True)


def _made_up_for(job: Job, decision: Decision, going_on: str | None) -> Decision:
    if job.overlap != "skip" or going_on is None:
        return decision
    # All that was missed is to be made up for: that waits for its turn instead.
    return decision if job.catchup == "all" else _skipped(decision, f"overlap: {going_on}")


def overlapping(job: Job, decision: Decision, going_on: str | None, waits: str | None) -> Decision:
    """Return what becomes of a run of *job* that is to start, as its overlap has it."""
    other = going_on or waits
    if other is None:
        return decision
    match job.overlap:
        case "skip":
            return _skipped(decision, f"overlap: {other}")
        case "queue_one" if waits is not None:
            return _skipped(decision, f"overlap: {waits}")
        case "queue_one" | "queue_all":
            return replace(decision, at_once=False)
        case "replace":
            return replace(decision, at_once=False, replaces=True)
        case "allow":
            return decision
        case _:
            assert_never(job.overlap)


def _why_missed(job: Job, decisions: Sequence[Decision], why_late: str) -> str:
    runs = [decision for decision in decisions if decision.state is State.QUEUED]
    late = sum(decision.trigger is Trigger.CATCHUP for decision in runs)
    if late and job.catchup == "all":
        return f"{why_late}; the latest {late} run"
    if runs:
        return f"{why_late}; a later one runs"
    if job.catchup != "none" and not decisions:
        return f"{why_late}; too late to catch up"
    return why_late


# ---- turns


class Company(NamedTuple):
    """
    The other runs of a job, as one of them that waits sees them.

    So many *backfills* go on, and *others*; so many wait to be tried again, *retried_backfills*
    and *retried*. *come* is whether the time of one has come that is no backfill.
    """

    others: int = 0
    backfills: int = 0
    retried: int = 0
    retried_backfills: int = 0
    come: bool = False


def gives_way(job: Job, one: Waiting, company: Company) -> bool:
    """
    Return whether a run of *job* that waits must let another one of its job go first.

    Runs of a backfill go beside each other, as many as it was allowed, whatever the overlap of
    the job; to all others they are as any run, behind those whose time has come. A run that is
    not over has its place until it is, also between two attempts.
    """
    first = not one.begun
    backfill = one.trigger is Trigger.BACKFILL
    if backfill:
        taken = company.backfills + (company.retried_backfills if first else 0)
        if taken >= one.parallel:
            return True
    if job.overlap == "allow":
        return False
    if backfill:
        return company.others > 0 or (first and (company.retried > 0 or company.come))
    if company.others or company.backfills:
        return True
    return first and company.retried + company.retried_backfills > 0


# ---- ends


class Outcome(Record):
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
        return Outcome(State.LOST, _UNSEEN)
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
    if not 0 < key.number < most_attempts(job) or not _wants_another(job, end):
        return None
    retry = job.retry
    if retry is None:
        return ended  # it was lost, and is to run again
    due = ended + retry.delay_after(key.number) + _share(key) * retry.jitter
    if retry.within is not None and first_start is not None and due - first_start > retry.within:
        return None
    return due


def _wants_another(job: Job, end: Outcome) -> bool:
    if end.state is State.LOST:
        return job.on_interrupted == "rerun"
    if end.state not in {State.FAILED, State.TIMED_OUT} or job.retry is None:
        return False
    return not job.retry.on_exit_codes or end.exit_code in job.retry.on_exit_codes


def _share(key: AttemptKey) -> float:
    """Return a number from 0 to 1 that is the attempt's own, whoever asks and whenever."""
    # Source: Knuth, The Art of Computer Programming, 6.4: so multiplied, consecutive numbers, as
    # runs of one instant have, lie as far apart as can be.
    return (key.run + key.number * _FAR_APART) * _GOLDEN % _RANGE / _RANGE


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
    asks = not attempt.key.number  # it can be asked again, whatever became of it
    if attempt.boot != boot and not asks:
        # What nobody wrote down to stay proves nothing: it may have run.
        return Verdict.LOST, "the machine was restarted while it ran"
    if found.alive and attempt.boot == boot:
        return Verdict.ADOPTED, None
    began = found.spawned is not None or attempt.pid is not None
    if (began or found.output) and not asks:
        return Verdict.LOST, _UNSEEN if began else _UNCERTAIN
    return _never_ran(attempt, job, now)


def _never_ran(attempt: OpenAttempt, job: Job | None, now: datetime) -> tuple[Verdict, str | None]:
    if attempt.cancelled_by is not None:
        return Verdict.CANCELLED, f"cancelled by {attempt.cancelled_by}"
    if job is None:
        return Verdict.CANCELLED, "its job is gone from the file"
    if attempt.key.number <= 1 and too_late(job, attempt.fire_time, attempt.trigger, now):
        return Verdict.MISSED, "its runner was killed before it started it; too late to start it"
    return Verdict.AGAIN, None


def too_late(job: Job, fire_time: datetime, trigger: Trigger, now: datetime) -> bool:
    """Return whether a run that a runner left before it began is too old to begin now."""
    if not trigger.by_schedule:
        return False  # somebody wants it
    window = job.grace if job.catchup == "none" else max(job.catchup_window, job.grace)
    return now - fire_time > window
