"""Every decision of the runner, as pure functions: nothing here reads a clock or touches a file."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from schedkit.clocks.startup import Startup
from schedkit.job import Job
from schedkit.run import Decision, OpenAttempt, State, Trigger
from schedkit.timeline import local


@dataclass(frozen=True, slots=True)
class Fires:
    """
    The fire times of a job that have come: those still on time, and those that passed.

    *late* is the latest that passed, *missed* how many there were, *first_missed* the earliest.
    """

    on_time: tuple[datetime, ...]
    late: datetime | None
    first_missed: datetime | None
    before_late: datetime | None
    missed: int


def come(job: Job, cursor: datetime, now: datetime) -> Fires:
    """Return the fire times of *job* after *cursor* up to *now*, both UTC."""
    on_time: list[datetime] = []
    first = late = before = None
    missed = 0
    for fire in job.schedule.known_after(cursor):
        if fire > now:
            break
        if now - fire <= job.grace:
            on_time.append(fire)
        else:
            first = first or fire
            before, late = late, fire
            missed += 1
    return Fires(tuple(on_time), late, first, before, missed)


def at_startup(job: Job, now: datetime, *, first_of_boot: bool) -> bool:
    """Return whether *job* starts with the runner, now, as its filters admit."""
    starts = any(
        isinstance(clock, Startup) and (clock.each == "runner" or first_of_boot)
        for clock in job.clock
    )
    wall = local(now, job.timezone)
    return starts and all(f.admits(wall) for f in job.filters)


def on_due(
    job: Job, fires: Fires, now: datetime, why_late: str, active: str | None
) -> Iterator[Decision]:
    """
    Yield what becomes of the fire times that have come, in their order.

    *why_late* is why those that passed were not seen in time. *active* says, in words, which
    earlier run of the job goes on, None when none does.
    """
    missed = fires.missed
    last_missed = fires.late
    catch_up: datetime | None = None
    if (
        fires.late is not None
        and job.catchup == "latest"
        and not fires.on_time
        and now - fires.late <= job.catchup_window
    ):
        catch_up = fires.late
        missed -= 1
        last_missed = fires.before_late
    if missed and fires.first_missed is not None:
        yield Decision(
            job.name,
            fires.first_missed,
            State.MISSED,
            reason=_why_missed(job, fires, catch_up, why_late),
            last_fire_time=last_missed,
            count=missed,
        )
    due = [(fire, Trigger.SCHEDULE) for fire in fires.on_time]
    if catch_up is not None:
        due.append((catch_up, Trigger.CATCHUP))
    for fire, trigger in due:
        match job.overlap:
            case "skip":
                if active is not None:
                    yield Decision(job.name, fire, State.SKIPPED, trigger, f"overlap: {active}")
                    continue
                active = "an earlier fire time starts now"
            case "allow":
                pass
            case _:
                assert_never(job.overlap)
        yield Decision(job.name, fire, State.QUEUED, trigger)


def _why_missed(job: Job, fires: Fires, catch_up: datetime | None, why_late: str) -> str:
    if catch_up is not None or fires.on_time:
        return f"{why_late}; a later one runs"
    if job.catchup == "latest":
        return f"{why_late}; too late to catch up"
    return why_late


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
        return Outcome(State.LOST, "it ended unseen, after its runner was killed")
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


def retry_at(job: Job, attempt: int, state: State, ended: datetime) -> datetime | None:
    """Return when the attempt after *attempt* (1, 2, ...) is due, None when that was the last."""
    if job.retry is None or state not in (State.FAILED, State.TIMED_OUT):
        return None
    if attempt > job.retry.max_retries:
        return None
    return ended + job.retry.delay_after(attempt)


def most_attempts(job: Job) -> int:
    """Return how many attempts a run of *job* may have."""
    return 1 if job.retry is None else 1 + job.retry.max_retries


def why_lost(
    attempt: OpenAttempt, boot: str, *, alive: bool, never_ran: bool = False
) -> str | None:
    """
    Return why the outcome of an attempt that an earlier runner left open can't be known.

    None when its process still runs: then it is watched until it ends.
    """
    if attempt.boot != boot:
        return "the machine was restarted while it ran"
    if alive:
        return None
    if never_ran:
        return "the runner was killed before it started it, and it is too late to start it now"
    if attempt.pid is None:
        return "the runner was killed as it started it"
    return "the runner was killed while it ran, and it ended before the next one came"
