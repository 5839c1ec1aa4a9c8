"""`sched next`: the fire times to come, and the runs that somebody asked for beside them."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile

from schedkit.cli import render, waiting
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.expected import Beside, Expected, beside
from schedkit.cli.failure import UsageError
from schedkit.cli.pauses import pause_as_json
from schedkit.cli.when import when
from schedkit.config import positive
from schedkit.errors import CalendarEndsError
from schedkit.job import Job
from schedkit.run import Pause
from schedkit.scalars import moment_text
from schedkit.texts import safe
from schedkit.timeline import local, resolved
from schedkit.traces import Bound, Fire, Trace
from schedkit.typed import Annotated, Any, NamedTuple

_ROWS = 10


class Coming(NamedTuple):
    """
    A fire time of a job, a time that a filter drops, or a run that waits for its time.

    Ordered by time, then as the file has the jobs.
    """

    time: datetime
    place: int
    job: Job
    what: Fire | Trace | Expected

    @property
    def trace(self) -> Trace | None:
        """What became of the candidate of a clock; None for a run that waits."""
        if isinstance(self.what, Fire):
            time, clock, candidate = self.what
            nominal = next(iter(clock.nominals(candidate, self.job.timezone)))
            return Trace(candidate, clock, nominal, None, None, (), time)
        return self.what if isinstance(self.what, Trace) else None


def next_(
    context: Context,
    jobs: Annotated[tuple[str, ...], Argument("Only these jobs.", "JOB")] = (),
    number: Annotated[
        int | None,
        Option(("-n", "--number"), "How many; 10, or all up to --until.", "N", convert=positive),
    ] = None,
    since: Annotated[
        datetime | None,
        Option(("--from",), "From this on; now unless it is given.", "WHEN", convert=when),
    ] = None,
    until: Annotated[
        datetime | None,
        Option(("--until",), "Up to this, included.", "WHEN", convert=when),
    ] = None,
    skipped: Annotated[
        bool, Option(("--skipped",), "Show as well what filters drop and adjustments move.")
    ] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Show the fire times to come.

    And the runs that wait for theirs, then what jobs wait for that is no time. No runner is needed.
    """
    now = datetime.now(UTC)
    start = now if since is None else _just_before(since)
    if until is not None and until < start:
        raise UsageError("--until is before " + ("--from" if since else "now: give --from as well"))
    config = context.load()
    asked = config.named(jobs)
    known = beside(context, config, {job.name for job in asked}, start)
    said: dict[str, str] = {}
    fires = coming(asked, start, said, skipped=skipped, expected=known.expected)
    if until is not None:
        fires = takewhile(lambda one: one.time <= until, fires)
    limit = number if number is not None else None if until is not None else _ROWS
    found = [(one, _pause(one, known)) for one in islice(fires, limit)]
    # What has no time comes in no stretch of time that somebody names.
    waits = waiting.waits(asked, config.by_name, now) if since is until is None else ()
    others = [(one, known.pause(one.job.name, now)) for one in islice(waits, limit)]
    if json:
        answer = [as_json(*one) for one in found]
        render.write_json(answer + [waiting.as_json(*one) for one in others])
        return 0
    render.write_table(
        ("NEXT", "IN", "JOB", "WHY"),
        [*(_row(*one, now) for one in found), *(waiting.row(*one) for one in others)],
        colour=context.colour(),
    )
    shown = {one.job.name for one, _ in found}
    shown |= {job.name for job in asked if job.listens} if since is until is None else set()
    _say_why_not(asked, said, shown, start, skipped=skipped)
    return 0


def _say_why_not(
    asked: Iterable[Job],
    said: dict[str, str],
    shown: Collection[str],
    start: datetime,
    *,
    skipped: bool,
) -> None:
    """Say on stderr why jobs have nothing to come: what is *said* of them, or not *shown*."""
    for job in asked:
        if not job.clock and job.listens and job.name not in shown:
            said |= {job.name: " or ".join(map(str, job.causes))}
        elif skipped and job.enabled and job.name not in {*shown, *said}:
            none = next(job.schedule.known_after(start), None) is None
            said |= {job.name: _why_none(job, start)} if none else {}
        if job.name in said:
            sys.stderr.write(f"{job.name}: {safe(said[job.name])}\n")


def _just_before(instant: datetime) -> datetime:
    first = datetime.min.replace(tzinfo=UTC)
    return instant - datetime.resolution if instant > first else instant


def coming(
    jobs: Iterable[Job],
    start: datetime,
    said: dict[str, str] | None = None,
    *,
    skipped: bool = False,
    expected: Sequence[Expected] = (),
) -> Iterator[Coming]:
    """
    Yield the fire times of all *jobs* later than *start*, in order of time, then of the file.

    With *skipped* also what filters drop, and what is moved at the time it is moved from. Among
    them what is *expected* beside the schedules. Of each job one fire time more is looked for than
    is yielded. A job that has none, or whose calendar ends, is then in *said*, with why.
    """
    why = {} if said is None else said
    places = {job.name: (place, job) for place, job in enumerate(jobs)}
    sources = [_of(place, job, start, why, skipped=skipped) for place, job in places.values()]
    extra = (Coming(one.due, *places[one.run.job], one) for one in expected)
    return heapq.merge(*sources, extra, key=lambda one: one[:2])


def _of(
    place: int, job: Job, start: datetime, said: dict[str, str], *, skipped: bool
) -> Iterator[Coming]:
    if not job.enabled:
        said[job.name] = "disabled"
        return
    fires = False
    try:
        if skipped:
            for trace in job.schedule.traces(start):
                time = trace.candidate if trace.candidate > start else _landed(trace, job)
                yield Coming(time, place, job, trace)
        else:
            for fire in job.schedule.fires(start):
                fires = True
                yield Coming(fire.time, place, job, fire)
    except CalendarEndsError as error:
        said[job.name] = str(error)
    else:
        if not fires and not skipped and (job.clock or not job.listens):
            said[job.name] = _why_none(job, start)


def _pause(coming: Coming, known: Beside) -> Pause | None:
    trace = coming.trace
    dropped = trace is not None and trace.dropped_by is not None
    return None if dropped else known.pause(coming.job.name, coming.time)


def _landed(trace: Trace, job: Job) -> datetime:
    """Return when what was moved fires, or would have if the job did not start or end."""
    return trace.time or resolved(trace.moves[-1].wall, job.timezone)


def _row(coming: Coming, pause: Pause | None, now: datetime) -> list[render.Cell | str]:
    job, trace = coming.job, coming.trace
    dims = pause is not None or (trace is not None and trace.dropped_by is not None)
    return [
        render.moment(coming.time.astimezone(job.timezone)),
        render.Cell(render.countdown(coming.time - now), colour="dim" if dims else "cyan"),
        render.Cell(job.name, colour="dim" if dims else "bold"),
        render.Cell(why(coming, pause), colour="dim" if dims else None),
    ]


def why(coming: Coming, pause: Pause | None) -> str:
    """Return why a run comes, and what becomes of it if anything else does."""
    trace = coming.trace
    if trace is None:
        assert isinstance(coming.what, Expected)
        said = [str(coming.what), f"run {coming.what.run.id}"]
    else:
        note = _note(trace, coming.job)
        said = [str(trace.clock), *_became(coming, trace), *([] if note is None else [note])]
    if pause is not None:
        from schedkit import planner

        said.append(planner.why_paused(pause))
    return ", ".join(said)


def _became(coming: Coming, trace: Trace) -> Iterator[str]:
    """Yield what became of a candidate other than that it fires."""
    job = coming.job
    if trace.dropped_by is not None and not isinstance(trace.dropped_by, Bound):
        yield f"dropped by {trace.dropped_by}" + (f" ({trace.why})" if trace.why else "")
        return
    landed = _landed(trace, job) if trace.moves else trace.time
    if landed is not None and landed != coming.time:
        to = landed.astimezone(job.timezone)
        words = ", ".join(str(move.adjustment) for move in trace.moves)
        yield f"moved to {to:%a %Y-%m-%d %H:%M} by {words}"
    elif (moved := _moved_from(coming, trace)) is not None:
        yield f"moved from {moved:%a %Y-%m-%d %H:%M}"
    if isinstance(trace.dropped_by, Bound):
        yield f"{trace.why} {moment_text(trace.dropped_by.wall)}"


def _moved_from(coming: Coming, trace: Trace) -> datetime | None:
    fires = trace.time or coming.time
    return None if trace.candidate == fires else trace.candidate.astimezone(coming.job.timezone)


def _note(trace: Trace, job: Job) -> str | None:
    """Return what a clock change did to the fire time, if it did anything."""
    if trace.nominal == local(trace.candidate, job.timezone):
        return None
    return f"a clock change skips {trace.nominal:%H:%M}"


def as_json(coming: Coming, pause: Pause | None) -> dict[str, Any]:
    """Return what comes as plain data with stable names."""
    job, trace = coming.job, coming.trace
    moved = None if trace is None else _moved_from(coming, trace)
    time = coming.time if trace is None else trace.time
    answer = {
        "job": job.name,
        "fire_time": None if time is None else time.astimezone(job.timezone).isoformat(),
        "timezone": str(job.timezone),
        "clock": None if trace is None else str(trace.clock),
        "moved_from": None if moved is None else moved.isoformat(),
        "note": str(coming.what) if trace is None else _note(trace, job),
    }
    if isinstance(coming.what, Expected):
        answer["run"] = coming.what.run.id
    if trace is not None and trace.dropped_by is not None:
        candidate = trace.candidate.astimezone(job.timezone).isoformat()
        answer |= {"skipped": candidate, "dropped_by": str(trace.dropped_by), "why": trace.why}
    return answer if pause is None else answer | {"paused": pause_as_json(pause)}


def _why_none(job: Job, start: datetime) -> str:
    """Return why a job that is enabled has no fire time after *start*."""
    from schedkit.cli.standing import nothing_after  # most jobs have one

    return "when the runner starts" if job.starts_with_runner else nothing_after(job, start)
