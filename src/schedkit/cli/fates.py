"""What a schedule says of a time, joined with what the history has of it: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from schedkit import durations
from schedkit.cli.verbs.history import asked_by
from schedkit.job import Job
from schedkit.regex import re
from schedkit.run import Run, State, Trigger, run_number
from schedkit.traces import Trace
from schedkit.typed import NamedTuple

_NOTICED = timedelta(milliseconds=1)  # less is not late
# As the runner names the run on account of which it skipped another.
_OTHER = re.compile(r"overlap: (?P<run>[0-9a-z]{5,13}) (?P<what>still running|(still )?waits\b.*)")


class Told(NamedTuple):
    """
    What is told of one time: the candidates that fire then, or a dropped one, and their record.

    Without *traces* it is a record that the schedule as it is now has no candidate for, or that
    somebody wished for beside it.
    """

    time: datetime
    traces: tuple[Trace, ...]
    run: Run | None

    @property
    def fire_time(self) -> datetime | None:
        """The fire time of the candidates (UTC), None without one."""
        return self.traces[0].time if self.traces else None


def told(
    traces: Iterable[Trace],
    runs: Iterable[Run],
    begin: datetime,
    end: datetime,
    is_fire_time: Callable[[datetime], bool],
) -> list[Told]:
    """
    Return what is to be told of the time from *begin* to *end*, both included, in order.

    Each trace is told once, those that fire together as one; each record of the time asked for,
    or of a fire time told, once; a range of missed ones with each of its fire times. A range all
    around that time is left out where nothing is told of it and it is of *is_fire_time*s.
    """
    together: dict[object, list[Trace]] = {}
    for place, trace in enumerate(traces):
        together.setdefault(place if trace.time is None else trace.time, []).append(trace)
    runs = list(runs)
    exact = {run.fire_time: run for run in runs if run.trigger.by_schedule}
    ranges = [run for run in runs if run.last_fire_time is not None]
    found = []
    for same in together.values():
        fire = same[0].time
        run = None if fire is None else exact.get(fire) or _covering(ranges, fire)
        inside = fire is not None and begin <= fire <= end
        shown = fire if fire is not None and inside else same[0].candidate
        found.append(Told(shown, tuple(same), run))
    used = {one.run.id for one in found if one.run is not None}
    for run in runs:
        if run.id in used:
            continue
        last = run.last_fire_time or run.fire_time
        around = run.fire_time < begin and end < last
        if around and not (is_fire_time(run.fire_time) and is_fire_time(last)):
            found.append(Told(begin, (), run))
        elif not around and (run.fire_time in together or (run.fire_time <= end and last >= begin)):
            found.append(Told(max(run.fire_time, begin), (), run))
    return sorted(found, key=lambda one: one.time)


def _covering(ranges: Sequence[Run], fire: datetime) -> Run | None:
    return next((run for run in ranges if run.fire_time <= fire <= _last(run)), None)


def _last(run: Run) -> datetime:
    return run.last_fire_time or run.fire_time


# ---- in words


def counted(states: Iterable[str]) -> str:
    """Return how many there are of each, the most of them first: `20 succeeded, 1 failed`."""
    counts: dict[str, int] = {}
    for state in states:
        counts[state] = counts.get(state, 0) + 1
    ordered = sorted(counts.items(), key=lambda one: -one[1])
    return ", ".join(f"{count} {state}" for state, count in ordered)


def state_in_words(run: Run) -> str:
    """Return the state of a run as people say it."""
    return run.state.replace("_", " ")


def what_became(one: Told, others: Mapping[str, Run], zone: tzinfo, now: datetime) -> str:
    """Return what is to be said of a record beside its state; *others* are runs that it names."""
    run = one.run
    assert run is not None, "what has no record did not become anything"
    match run.state:
        case State.SKIPPED:
            said = _why_skipped(run, others, zone) or "nobody wrote down why"
        case State.MISSED:
            said = _why_missed(run, one.time, zone)
        case State.QUEUED:
            usual = "waits to be started" if run.due <= now else "waits for its time"
            said = run.reason or usual
        case _:
            said = ", ".join(_went(run, now))
            said += f": {run.reason}" if run.reason else ""
    return f"{run.id}: {said}"


def _went(run: Run, now: datetime) -> list[str]:
    """Return how a run went that was started, in pieces."""
    parts = []
    if run.state is State.RUNNING and run.started is not None:
        parts.append(f"for {durations.brief(now - run.started)} so far")
    elif run.duration is not None:
        parts.append(f"after {durations.brief(run.duration)}")
    if run.exit_code:
        parts.append(f"exit {run.exit_code}")
    if run.signal is not None and run.reason is None:
        parts.append(run.signal)
    if run.attempts > 1 or run.state is State.RETRYING:
        parts.append(f"attempt {run.attempts} of {run.most_attempts}")
    if run.lateness is not None and run.lateness >= _NOTICED:
        caught_up = "caught up " if run.trigger is Trigger.CATCHUP else ""
        parts.append(f"{caught_up}{durations.brief(run.lateness)} late")
    return parts or (["not started"] if run.started is None else ["on time"])


def _why_missed(run: Run, beside: datetime, zone: tzinfo) -> str:
    why = run.reason or "nobody wrote down why"
    if run.count < 2 or run.last_fire_time is None:
        return why
    begin, end = (_clock(time, beside, zone) for time in (run.fire_time, run.last_fire_time))
    return f"one of {run.count} fire times missed between {begin} and {end}: {why}"


def beside_the_schedule(run: Run, job: Job | None) -> tuple[str, str]:
    """Return in a word, and in more, why there is a run for which there is no candidate."""
    if (asked := asked_by(run)) is not None:
        return ("by hand" if run.trigger is Trigger.MANUAL else str(run.trigger)), asked
    if job is None:
        return "clock", "its job is gone from the files"
    if job.starts_with_runner:
        return "startup", "the runner was started"
    return "clock", "the schedule was another then"


def other_run(run: Run) -> int | None:
    """Return the number of the run on account of which one was skipped, as its reason names it."""
    found = _OTHER.match(run.reason or "")
    return None if found is None else run_number(found["run"])


def _why_skipped(run: Run, others: Mapping[str, Run], zone: tzinfo) -> str | None:
    found = _OTHER.match(run.reason or "")
    other = None if found is None else others.get(found["run"])
    if found is None or other is None or other.job != run.job:
        return run.reason
    what = found["what"].replace("waits", "waited", 1).replace("still running", "was still running")
    ended = "" if other.ended is None else f", ended {_clock(other.ended, run.fire_time, zone)}"
    now = "" if other.ended is None else f" ({state_in_words(other)})"
    fired = _clock(other.fire_time, run.fire_time, zone)
    return f"run {other.id} of {fired} {what}{ended}{now}"


def at(time: datetime, zone: tzinfo) -> str:
    """Return a time of *zone* in full, its seconds but for zero."""
    local = time.astimezone(zone)
    seconds = f":{local:%S}" if local.second else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds} {local.tzname()}"


def _clock(time: datetime, beside: datetime, zone: tzinfo) -> str:
    """Return a time of *zone*, in short where it is of the same day as the one *beside* it."""
    local = time.astimezone(zone)
    if local.date() != beside.astimezone(zone).date():
        return at(time, zone)
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
