"""Why a fire time of the past has no record, and what one of the future would become."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice, takewhile

from schedkit import planner
from schedkit.cli.fates import at
from schedkit.job import Job
from schedkit.records import Record
from schedkit.run import Pause, Run


class Known(Record):
    """
    What is known of a job beside its schedule.

    *is_up* is whether a runner is; *cursor*, the digest of the schedule that was loaded last and
    until when its fire times are decided, is None when none has loaded the job. *used_up* says
    that it has had its max_runs. *loads* are those since the time that is told which changed
    something about it, oldest first, in the words of the history. *earlier* is whether there is a
    record from before that time.
    """

    job: Job
    now: datetime
    is_up: bool = False
    has_history: bool = False
    cursor: tuple[str, datetime] | None = None
    pause: Pause | None = None
    used_up: str | None = None
    loads: Sequence[tuple[datetime, str]] = ()
    earlier: bool = False


def why_no_record(known: Known, fire: datetime, runs: Sequence[Run] = ()) -> str:
    """Return why a fire time that is over has no record; *runs* are those of the time told."""
    if not known.job.enabled:
        return "the job is disabled"
    if not known.has_history:
        return "no runner has been up yet"
    if known.cursor is None:
        return "no runner has loaded the job yet"
    if fire > known.cursor[1]:
        return _why_undecided(known, fire)
    return _why_passed_over(known, fire, runs)


def _why_passed_over(known: Known, fire: datetime, runs: Sequence[Run]) -> str:
    name, zone = known.job.name, known.job.timezone
    for time, change in known.loads:
        if time <= fire:
            continue
        if change == f"{name} is new":
            return f"the job was not loaded before {at(time, zone)}"
        if change == f"{name} fires anew":
            return f"its schedule was another until {at(time, zone)}"
        break  # it went from the files
    if known.earlier or any(run.fire_time < fire for run in runs):
        return "the job was disabled then"
    return "its record was pruned, or the job was disabled then"


def _why_undecided(known: Known, fire: datetime) -> str:
    if known.cursor is not None and known.cursor[0] != known.job.schedule_digest:
        return "no runner has loaded the schedule as it is now"
    if known.is_up:
        return "the runner has not come to it yet"
    return f"no runner was up; one that starts now {next_runner(known, fire)}"


def next_runner(known: Known, fire: datetime) -> str:
    """Return what a runner does that starts now, with a fire time that is not decided yet."""
    job, late = known.job, known.now - fire
    if late > job.grace and _is_left_out(job, fire, known.now):
        return "counts it as missed"
    if (refused := why_refused(known, fire)) is not None:
        return f"skips it: {refused}"
    return "starts it at once" if late <= job.grace else "runs it late"


def _is_left_out(job: Job, fire: datetime, now: datetime) -> bool:
    """Return whether a fire time that is not on time any more is not caught up either."""
    most = {"none": 0, "latest": 1, "all": job.catchup_limit}[job.catchup]
    # Of what is caught up one by one, what is still on time takes no place.
    until = now - job.grace if job.catchup == "all" else now + datetime.resolution
    later = takewhile(lambda time: time < until, job.schedule.known_after(fire))
    return now - fire > job.catchup_window or sum(1 for _ in islice(later, most)) >= most


def why_refused(known: Known, fire: datetime) -> str | None:
    """Return why a fire time would be skipped, as far as that can be known before it."""
    pause = covering(known.pause, fire)
    if pause is None:
        return known.used_up
    until = "" if pause.until is None else f" until {at(pause.until, known.job.timezone)}"
    reason = f": {pause.reason}" if pause.reason else ""
    return f"paused by {pause.who}{until}{reason}"


def covering(pause: Pause | None, fire: datetime) -> Pause | None:
    """Return a pause if *fire* comes within it."""
    return pause if planner.covers(pause, fire) else None
