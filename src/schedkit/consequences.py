"""What becomes of a run that something causes which is no time: a decision, pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedkit import durations, planner
from schedkit.job import Job
from schedkit.planner import Standing
from schedkit.records import Record, replace
from schedkit.run import Decision, Params, State, Trigger
from schedkit.timeline import local


class Cause(Record):
    """
    What causes a run of *job*: at *time*, described by *text*, which no other cause of it has.

    *params* are what the run is given, *problem* why it cannot be given what it wants. *lasting*
    is how long after its time it may still cause one, where the job's own window does not say it.
    """

    job: str
    text: str
    time: datetime
    trigger: Trigger
    params: Params = ()
    problem: str | None = None
    lasting: timedelta | None = None


def caused(job: Job, cause: Cause, now: datetime, standing: Standing) -> Decision:
    """Return what becomes of the run of *job* that *cause* causes."""
    wish = Decision(
        job.name, cause.time, State.QUEUED, cause.trigger, params=cause.params, cause=cause.text,
        due=now if cause.time > now else None,
    )  # fmt: skip
    if (reason := _not_wanted(job, cause, standing)) is not None:
        return replace(wish, state=State.SKIPPED, reason=reason, params=())
    if (reason := _too_late(job, cause, now)) is not None:
        return replace(wish, state=State.MISSED, reason=reason, params=())
    if cause.problem is not None:
        return replace(wish, state=State.FAILED, reason=cause.problem, params=())
    return planner.overlapping(job, wish, standing.going_on, standing.waits)


def followed_by(standing: Standing, decision: Decision) -> Standing:
    """Return how things are with a job when one more of its runs has been decided."""
    if decision.state is not State.QUEUED:
        return standing
    counted = standing.counted + 1
    if decision.at_once:
        return replace(standing, going_on="an earlier one starts now", counted=counted)
    return replace(standing, waits="an earlier one waits", counted=counted)


def _not_wanted(job: Job, cause: Cause, standing: Standing) -> str | None:
    pause = standing.pause
    if pause is not None and planner.covers(pause, cause.time):
        return planner.why_paused(pause)
    if job.max_runs is not None and standing.counted >= job.max_runs:
        return f"max_runs: it has had {job.max_runs}"
    if not job.schedule.covers(cause.time):
        return "it is outside of start and end"
    wall = local(cause.time, job.timezone)
    refused = next((one for one in job.filters if not one.admits(wall)), None)
    return None if refused is None else f"filter: {refused} does not admit it"


def _too_late(job: Job, cause: Cause, now: datetime) -> str | None:
    window, key = cause.lasting, "within"
    if window is None:
        window, key = max(job.catchup_window, job.grace), "catchup_window"
    late = now - cause.time
    if late <= window:
        return None
    ago = durations.text(late - late % timedelta(seconds=1))
    return f"{key}: what causes it was {ago} ago, more than {durations.text(window)}"
