"""What `sched explain` answers: for people, line by line, and for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from schedkit.cli import heard, render
from schedkit.cli.colours import COLOURS
from schedkit.cli.context import Context
from schedkit.cli.fates import Told, at, beside_the_schedule, counted, state_in_words, what_became
from schedkit.cli.heard import Heard
from schedkit.cli.origins import Link
from schedkit.cli.pauses import pause_as_json
from schedkit.cli.standing import nothing_after
from schedkit.cli.steps import Step, aligned, steps
from schedkit.cli.unrecorded import Known, covering, why_refused
from schedkit.cli.verbs.history import as_json as record_as_json
from schedkit.job import Job
from schedkit.records import Record, field
from schedkit.report import shown
from schedkit.run import Run
from schedkit.texts import safe
from schedkit.traces import Bound, Trace
from schedkit.typed import Any

_TO_COME, _TO_BE_SKIPPED = "to come", "to be skipped"
_MOST = 12  # times told one by one: of more, the first ones


class Asked(Record):
    """
    What is to be explained: the time from *begin* to *end* (UTC), or one *run* alone.

    *job* is None when it is gone from the files.
    """

    name: str
    job: Job | None
    zone: tzinfo
    begin: datetime
    end: datetime
    run: Run | None = None

    def has(self, instant: datetime) -> bool:
        """Whether an instant is of the time that is asked for."""
        return self.begin <= instant <= self.end

    @property
    def when(self) -> str:
        """The day or the time, as it is said."""
        if self.begin == self.end:
            return f"at {at(self.begin, self.zone)}"
        return f"on {self.begin.astimezone(self.zone):%a %Y-%m-%d}"


class Explanation(Record):
    """
    What is told of the time that is *asked* for, each with a *note* where it has no record.

    *known* is None for a job that is gone from the files. *origins* are what has caused runs, by
    their ids. *heard* is what the triggers of the job have heard, where its next run is asked for.
    """

    asked: Asked
    told: Sequence[Told]
    notes: Sequence[str | None]
    known: Known | None
    now: datetime
    origins: Mapping[str, Sequence[Link]] = field(default_factory=dict)
    heard: Sequence[Heard] = ()


# ---- for people


def write(context: Context, found: Explanation, others: Mapping[str, Run]) -> None:
    """Write what is told to stdout, as lines; *others* are runs that records name, by their ids."""
    asked = found.asked
    said: list[Step] = []
    groups = _alike(found.told, found.notes)
    for same, note in groups[:_MOST]:
        said += _steps(found, same[0], note, others)
        if len(same) > 1:
            until = at(same[-1].time, asked.zone)
            said.append(Step("...", f"and {len(same) - 1} more up to {until}"))
    if not found.told and not found.heard and asked.job is not None:
        said.append(Step("next", _next(asked.job, asked)))
    said += _waits(found)
    colour = context.colour() and sys.stdout.isatty()
    lines = [safe(_headline(found))]
    for word, paint, rest in aligned(said):
        lines.append(f"  {render.painted(word, paint, wanted=colour)} {rest}".rstrip())
    if len(groups) > _MOST:
        more = sum(len(same) for same, _ in groups[_MOST:])
        lines.append(f"  ... and {more} more times")
        _say_where(context, found)
    render.write_text("\n".join(lines) + "\n")


def _next(job: Job, asked: Asked) -> str:
    following = next(job.schedule.after(asked.end), None)
    if following is None and job.listens:
        return " or ".join(map(str, job.causes))
    return nothing_after(job, asked.end) if following is None else at(following, asked.zone)


def _waits(found: Explanation) -> Iterator[Step]:
    """Yield what the job waits for beside time, and what would become of it now."""
    yield from heard.steps(found.heard, found.asked.zone, found.now)
    if found.heard and not found.told and found.known is not None:
        refused = why_refused(found.known, found.now)
        if refused is not None:
            yield Step("would skip", refused, colour="yellow")


def _alike(
    told: Sequence[Told], notes: Sequence[str | None]
) -> list[tuple[list[Told], str | None]]:
    """Return what is told, with times of one clock and one fate that follow another as one."""
    groups: list[tuple[list[Told], str | None]] = []
    before: object = None
    for one, note in zip(told, notes, strict=True):
        key = None if one.run is None and note is None else _fate(one, note)
        if key is not None and key == before:
            groups[-1][0].append(one)
        else:
            groups.append(([one], note))
        before = key
    return groups


def _fate(one: Told, note: str | None) -> object:
    """Return what is equal for times that need not be told one by one."""
    if len(one.traces) != 1 or one.traces[0].moves:
        return None
    return one.traces[0].clock, note, None if one.run is None else one.run.id


def _say_where(context: Context, found: Explanation) -> None:
    """Say on stderr what to type to see all of them."""
    asked = found.asked
    since, until = (time.astimezone(asked.zone) for time in (asked.begin, asked.end))
    over = since <= found.now
    words = ["history", asked.name, "--since"] if over else ["next", asked.name, "--from"]
    words += [since.isoformat(), "--until", until.replace(microsecond=0).isoformat()]
    sys.stderr.write(f"all of them: {context.command(*words)}\n")


def _headline(found: Explanation) -> str:
    asked = found.asked
    if asked.run is not None:
        return f"run {asked.run.id} of {asked.name} {asked.when}: {state_in_words(asked.run)}"
    beside = counted(
        state_in_words(one.run) for one in found.told if not one.traces and one.run is not None
    )
    if asked.job is None:
        return f"{asked.name} is not in the files any more; {asked.when}: {beside or 'no record'}"
    if not asked.job.clock:
        return _of_causes(found, asked.job, beside)
    said = _of_schedule(found, asked.job)
    return f"{said}; beside the schedule: {beside}" if beside else said


def _of_causes(found: Explanation, job: Job, beside: str) -> str:
    """Return in a line what became of a job that has no clock, or what it waits for."""
    if found.heard:
        return f"{job.name} runs {' or '.join(map(str, job.causes))}"
    when = found.asked.when
    if beside:
        return f"{job.name} {when}: {beside}"
    over = found.asked.begin <= found.now
    return f"no run {when}: {'nothing has caused one' if over else 'it has no clock'}"


def _of_schedule(found: Explanation, job: Job) -> str:
    """Return in a line what became, or will, of the fire times of the schedule."""
    when = found.asked.when
    states = [
        _state(one, note, one.fire_time > found.now)
        for one, note in zip(found.told, found.notes, strict=True)
        if one.fire_time is not None and found.asked.has(one.fire_time)
    ]
    disabled = "" if job.enabled else " if it were enabled"
    times = "" if len(states) == 1 else f" {len(states)} times"
    if not states:
        reasons = dict.fromkeys(_reason(trace) for one in found.told for trace in one.traces)
        why = "moved" if "moved" in reasons else ", ".join(reasons) or "no clock names a time then"
        return f"no run {when}{disabled}: {why}"
    if set(states) == {_TO_COME}:
        return f"{job.name} runs{times} {when}{disabled}"
    is_over = not {_TO_COME, _TO_BE_SKIPPED} & set(states)
    became = counted(states) if len(states) > 1 else states[0]
    return f"{job.name} {'was' if is_over else 'is'} due{times} {when}: {became}"


def _state(one: Told, note: str | None, comes: object) -> str:
    if one.run is not None:
        return state_in_words(one.run)
    if not comes:
        return "without a record"
    return _TO_COME if note is None else _TO_BE_SKIPPED


def _reason(trace: Trace) -> str:
    """Return in a word why a candidate did not fire where it was."""
    if isinstance(trace.dropped_by, Bound):
        return trace.dropped_by.why
    return "moved" if trace.dropped_by is None else "filtered"


def _steps(
    found: Explanation, one: Told, note: str | None, others: Mapping[str, Run]
) -> Iterator[Step]:
    """Yield the steps by which a time came to be what it is, and what became of it."""
    job, zone, run = found.asked.job, found.asked.zone, one.run
    for trace in one.traces:
        assert job is not None, "what is gone from the files has no schedule"
        yield from steps(job, trace)
    if run is None:
        if note is not None:
            over = one.fire_time is not None and one.fire_time <= found.now
            yield Step("no record" if over else "would skip", note, colour="yellow")
        return
    links = found.origins.get(run.id, ())
    yield from (link.step(zone) for link in links)
    if not one.traces and not links:
        word, what = beside_the_schedule(run, job)
        yield Step(word, what, f"-> {at(run.fire_time, zone)}")
    became = what_became(one, others, zone, found.now)
    yield Step(state_in_words(run), became, colour=COLOURS[run.state])


def warn(context: Context, found: Explanation) -> None:
    """Say on stderr that what comes would be missed, where a runner was up and none is now."""
    known = found.known
    if known is None or known.is_up or not known.has_history or not known.job.enabled:
        return
    for one, note in zip(found.told, found.notes, strict=True):
        comes = one.fire_time is not None and one.fire_time > found.now
        if comes and one.run is None and note is None:
            said = "no runner is up: what is to come would be missed; start one"
            sys.stderr.write(f"{said}: {context.command('run')}\n")
            return
    if found.heard:
        said = "no runner is up: nothing is heard until one is"
        sys.stderr.write(f"{said}: {context.command('run')}\n")


# ---- for programs


def as_json(found: Explanation) -> list[dict[str, Any]]:
    """Return what is told as plain data with stable names: an entry a candidate, or a trigger."""
    entries = [
        entry
        for one, note in zip(found.told, found.notes, strict=True)
        for entry in _entries(found, one, note)
    ]
    return entries + [_of_trigger(found, one) for one in found.heard]


def _of_trigger(found: Explanation, one: Heard) -> dict[str, Any]:
    pause = None if found.known is None else covering(found.known.pause, found.now)
    return {
        "job": found.asked.name,
        **_NO_CANDIDATE,
        "why": one.wait.text,
        "fire_time": None,
        "file": shown(one.wait.job.file),
        "line": one.wait.line,
        "record": None,
        "paused": None if pause is None else pause_as_json(pause),
        "note": None,
        "causes": [],
        "waits": heard.as_json(one),
    }


def _entries(found: Explanation, one: Told, note: str | None) -> Iterator[dict[str, Any]]:
    asked, known, run = found.asked, found.known, one.run
    pause = None if known is None or one.fire_time is None else covering(known.pause, one.fire_time)
    rest = {
        "file": None if asked.job is None else shown(asked.job.file),
        "line": None if asked.job is None else asked.job.line,
        "record": None if run is None else record_as_json(run),
        "paused": None if pause is None else pause_as_json(pause),
        "note": note,
        "causes": [
            link.as_json(asked.zone)
            for link in (() if run is None else found.origins.get(run.id, ()))
        ],
    }
    for trace in one.traces:
        yield {"job": asked.name, **_trace_as_json(trace, asked.zone), **rest}
    if not one.traces and run is not None:
        why = run.cause or beside_the_schedule(run, asked.job)[1]
        fires = run.fire_time.astimezone(asked.zone).isoformat()
        yield {"job": asked.name, **_NO_CANDIDATE, "why": why, "fire_time": fires, **rest}


_NO_CANDIDATE: dict[str, Any] = {
    "candidate": None, "nominal": None, "clock": None, "dropped_by": None, "why": None, "moves": [],
}  # fmt: skip


def _trace_as_json(trace: Trace, zone: tzinfo) -> dict[str, Any]:
    return {
        "candidate": trace.candidate.astimezone(zone).isoformat(),
        "nominal": trace.nominal.isoformat(),
        "clock": str(trace.clock),
        "dropped_by": None if trace.dropped_by is None else str(trace.dropped_by),
        "why": trace.why,
        "moves": [
            {"adjustment": str(move.adjustment), "to": move.wall.isoformat()}
            for move in trace.moves
        ],
        "fire_time": None if trace.time is None else trace.time.astimezone(zone).isoformat(),
    }
