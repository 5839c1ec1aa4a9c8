"""What people want to run beside a schedule, as decisions: with a runner up, or without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile

from schedkit import planner
from schedkit.job import Job
from schedkit.operations import Backfill, Filled, NotNowError, Prune
from schedkit.run import AttemptKey, Decision, Params, Pause, State, Trigger, run_id

MOST = 1000  # fire times that are filled in at once: whoever waits meanwhile does not notice


def check(job: Job, pause: Pause | None, *, force: bool) -> None:
    """
    See to it that a job may run beside its schedule, unless that is wanted by *force*.

    *pause* is one that holds now. Raises: NotNowError.
    """
    if force:
        return
    if not job.enabled:
        raise NotNowError(f"{job.name} is disabled in its file (run it all the same: --force)")
    if pause is not None:
        why = planner.why_paused(pause)
        raise NotNowError(f"{job.name} is {why} (run it all the same: --force)")


def run_now(job: Job, now: datetime, who: str, params: Params) -> Decision:
    """Return the decision to run a job now."""
    fire_time = planner.beside_the_schedule(job, now)
    return Decision(job.name, fire_time, State.QUEUED, Trigger.MANUAL, who=who, params=params)


def run_later(job: Job, time: datetime, who: str, params: Params) -> Decision:
    """
    Return the decision to run a job at *time*.

    When that has come the run waits for its turn as any that waits does: for a place, for the end
    of a pause, and where runs of the job may not overlap for the one that goes on, also with
    `overlap: skip` and `replace`. Somebody wants it: it is never skipped, missed or too late, and
    when no runner is up it starts with the next one.
    """
    fire_time = planner.beside_the_schedule(job, time)
    return Decision(
        job.name, fire_time, State.QUEUED, Trigger.AT, at_once=False, who=who, params=params
    )


def fill_in(job: Job, wish: Backfill, now: datetime, who: str) -> list[Decision]:
    """
    Return the decisions to run a job for its fire times up to now as *wish* has it: the first MOST.

    Raises: NotNowError when the job does not fire as whoever wishes it thinks.
    """
    if job.schedule_digest != wish.digest:
        raise NotNowError(
            f"the runner has another schedule of {job.name} loaded"
            " (let it take the file as it is: sched reload)"
        )
    return [
        Decision(
            job.name, fire, State.QUEUED, Trigger.BACKFILL, due=now, at_once=False, who=who,
            parallel=wish.parallel, repeats=wish.force,
        )
        for fire in islice(fires(job, wish.first, min(wish.last, now)), MOST)
    ]  # fmt: skip


def fires(job: Job, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the fire times of a job (UTC) from *first* to *last*, both included."""
    found = job.schedule.known_after(first - datetime.resolution)
    return takewhile(lambda fire: fire <= last, found)


def filled(
    decisions: Sequence[Decision], standing: Iterable[tuple[AttemptKey | None, Decision]]
) -> Filled:
    """Return what became of decisions of `fill_in`, of which those *standing* were claimed."""
    runs = [(run_id(key.run), one.fire_time) for key, one in standing if key is not None]
    until = decisions[-1].fire_time if len(decisions) == MOST else None
    return Filled(runs, len(decisions) - len(runs), until)


# ---- what is told of them


def at_in_words(job: Job, time: datetime, *, force: bool) -> str:
    """Return when a job is to run: `2026-11-21T14:30:00+01:00, forced`."""
    return time.astimezone(job.timezone).isoformat() + (", forced" if force else "")


def backfill_in_words(job: Job, done: Filled, wish: Backfill) -> str:
    """Return for which fire times a job is to run: `28 fire times from ... to ..., 2 at a time`."""
    begin, end = (
        time.astimezone(job.timezone).isoformat() for _, time in (done.runs[0], done.runs[-1])
    )
    number = f"{len(done.runs)} fire times from {begin} to {end}"
    if len(done.runs) == 1:
        number = f"the fire time {begin}"
    several = f", {wish.parallel} at a time" if wish.parallel > 1 else ""
    return number + several + (", forced" if wish.force else "")


def pruning_in_words(wish: Prune) -> tuple[str, str]:
    """Return of what records are dropped, and which: `ended before ..., all but the newest 5`."""
    which = []
    if wish.before is not None:
        which.append(f"ended before {wish.before.astimezone(UTC).isoformat()}")
    if wish.keep is not None:
        which.append(f"all but the newest {wish.keep}")
    return ", ".join(wish.jobs) or "all jobs", "; ".join(which)
