"""`sched explain`: why a job does or does not run at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from schedkit.calendars import CalendarEndsError
from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import UsageError
from schedkit.cli.verbs.next import nothing_after
from schedkit.cli.when import day_or_time
from schedkit.errors import ConfigError
from schedkit.filters import Filter
from schedkit.job import Job
from schedkit.report import shown
from schedkit.scalars import moment_text
from schedkit.texts import safe
from schedkit.traces import Bound, Trace

_STEP, _WHAT, _WHEN = 11, 36, 27  # widths of the columns; the place comes last
_MOST = 12  # candidates told one by one: of more, the first ones


def explain(
    context: Context,
    job_and_when: Annotated[
        tuple[str, ...], Argument("A job and, as needed, a day or time of its zone.", "JOB [WHEN]")
    ] = (),
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """Explain why a job does or does not run on a day or at a time; else, its next run."""
    if not 1 <= len(job_and_when) <= 2:
        raise UsageError("explain takes a job and, as needed, a time: sched explain JOB [WHEN]")
    name, *times = job_and_when
    (job,) = context.load().named([name])
    try:
        return _explain(job, times, json=json)
    except CalendarEndsError as error:
        if json:
            render.write_json([])
        sys.stderr.write(f"{job.name}: {error}\n")
        return 0


def _explain(job: Job, times: list[str], *, json: bool) -> int:
    schedule = job.schedule
    if times:
        begin, end = _asked(times[0], job)
    else:
        fire = next(schedule.after(datetime.now(UTC)), None)
        if fire is None:
            sys.stdout.write(f"{job.name} never runs: {nothing_after(job, datetime.now(UTC))}\n")
            return 0
        begin = end = fire
    traces = schedule.explain(begin, end)
    if json:
        render.write_json([as_json(job, trace) for trace in traces])
        return 0
    lines = [_headline(job, traces, begin, end)]
    for trace in traces[:_MOST]:
        lines += steps(job, trace)
    if len(traces) > _MOST:
        lines.append(f"  ... and {len(traces) - _MOST} more times")
    if not traces:
        following = next(schedule.after(end), None)
        comes = nothing_after(job, end) if following is None else _time(job, following)
        lines.append(f"  next        {comes}")
    sys.stdout.write("\n".join(map(safe, lines)) + "\n")
    return 0


def _asked(text: str, job: Job) -> tuple[datetime, datetime]:
    try:
        return day_or_time(text, job.timezone)
    except ConfigError as error:
        raise UsageError(str(error)) from None


def _headline(job: Job, traces: list[Trace], begin: datetime, end: datetime) -> str:
    local = begin.astimezone(job.timezone)
    when = f"on {local:%a %Y-%m-%d}" if end != begin else f"at {_time(job, begin)}"
    fires = {t.time for t in traces if t.time is not None and begin <= t.time <= end}
    disabled = "" if job.enabled else " if it were enabled"
    if fires:
        count = "runs" if len(fires) == 1 else f"runs {len(fires)} times"
        return f"{job.name} {count} {when}{disabled}"
    reasons = dict.fromkeys(map(_reason, traces))
    why = "moved" if "moved" in reasons else ", ".join(reasons) or "no clock names a time then"
    return f"no run {when}{disabled}: {why}"


def _reason(trace: Trace) -> str:
    """Return in a word why a candidate did not fire where it was."""
    if isinstance(trace.dropped_by, Bound):
        return trace.dropped_by.why
    return "moved" if trace.dropped_by is None else "filtered"


def steps(job: Job, trace: Trace) -> Iterator[str]:
    """Yield the lines that tell what became of a candidate, each with its place in the file."""
    lines = job.lines
    place = lines.clock[job.clock.index(_as_written(job, trace))]
    yield _line(job, "clock", str(trace.clock), f"-> {_time(job, trace.candidate)}", place)
    candidate = trace.candidate.astimezone(job.timezone).replace(tzinfo=None)
    if trace.nominal != candidate:
        yield _line(job, "", f"a clock change skips {trace.nominal:%H:%M}", "", None)
    if isinstance(trace.dropped_by, Filter):
        why = f"dropped: {trace.why}" if trace.why else "dropped"
        place = lines.filters[_index(job.filters, trace.dropped_by)]
        yield _line(job, "filter", str(trace.dropped_by), f"   {why}", place)
    for move in trace.moves:
        place = lines.adjustments[_index(job.adjustments, move.adjustment)]
        moved = f"-> {move.wall:%a %Y-%m-%d %H:%M}"
        if move is trace.moves[-1] and trace.time is not None:
            moved = f"-> {_time(job, trace.time)}"
        yield _line(job, "adjustment", str(move.adjustment), moved, place)
    if isinstance(trace.dropped_by, Bound):
        key, wall = trace.dropped_by
        (place,) = lines.start if key == "start" else lines.end
        yield _line(job, key, moment_text(wall), f"   dropped: {trace.why}", place)


def _index(words: tuple[object, ...], word: object) -> int:
    """Return the place of this very word: two may be equal."""
    return next(n for n, one in enumerate(words) if one is word)


def _as_written(job: Job, trace: Trace) -> Any:
    """Return the clock of a trace as the job has it, without its rule for clock changes."""
    return next(clock for clock in job.clock if clock == trace.clock)


def _line(job: Job, step: str, what: str, when: str, line: int | None) -> str:
    place = f"{shown(job.file)}:{line}" if line else ""
    return f"  {step:<{_STEP}} {what:<{_WHAT}} {when:<{_WHEN}}  {place}".rstrip()


def _time(job: Job, instant: datetime) -> str:
    local = instant.astimezone(job.timezone)
    seconds = f":{local:%S}" if local.second else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds} {local.tzname()}"


def as_json(job: Job, trace: Trace) -> dict[str, Any]:
    """Return what became of a candidate as plain data with stable names."""
    fires = None if trace.time is None else trace.time.astimezone(job.timezone).isoformat()
    return {
        "job": job.name,
        "candidate": trace.candidate.astimezone(job.timezone).isoformat(),
        "nominal": trace.nominal.isoformat(),
        "clock": str(trace.clock),
        "dropped_by": None if trace.dropped_by is None else str(trace.dropped_by),
        "why": trace.why,
        "moves": [
            {"adjustment": str(move.adjustment), "to": move.wall.isoformat()}
            for move in trace.moves
        ],
        "fire_time": fires,
        "file": shown(job.file),
        "line": job.line,
    }
