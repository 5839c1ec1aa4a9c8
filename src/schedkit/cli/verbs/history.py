"""`sched history`: what happened."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from schedkit import durations
from schedkit.cli import causation, render
from schedkit.cli.colours import COLOURS
from schedkit.cli.context import Context, NoFileError
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.rows import ROWS, Number, most
from schedkit.cli.when import when
from schedkit.config import UnknownJobError
from schedkit.errors import ConfigError, did_you_mean
from schedkit.records import replace
from schedkit.run import Run, State, Trigger
from schedkit.store import Query
from schedkit.typed import Annotated, Any

# On a terminal that is too narrow for all, why goes before how often and how late.
_GIVING_WAY = (
    ("NOTE", 20), ("TRY", 0), ("LATE", 0), ("JOB", 16), ("NOTE", 12), ("EXIT", 0), ("NOTE", 0),
    ("TOOK", 0), ("JOB", 8), ("STATE", 7),
)  # fmt: skip
_ASKED = {
    Trigger.MANUAL: "triggered",
    Trigger.AT: "asked for",
    Trigger.BACKFILL: "backfilled",
}
_COLUMNS = ("RUN", "JOB", "STATE", "FIRE TIME", "LATE", "TOOK", "TRY", "EXIT", "NOTE")


def _states(text: str) -> frozenset[State]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:  # an empty variable in a script, say: not all of them
        raise ConfigError.of("no state is named", f"known are: {', '.join(State)}")
    for name in names:
        if name not in list(State):
            hint = did_you_mean(name, map(str, State)) or f"known are: {', '.join(State)}"
            raise ConfigError.of(f"unknown state {name!r}", hint)
    return frozenset(map(State, names))


def history(
    context: Context,
    jobs: Annotated[tuple[str, ...], Argument("Only these jobs.", "JOB")] = (),
    number: Number = None,
    since: Annotated[
        datetime | None,
        Option(("--since",), "Fire times from this on.", "WHEN", convert=when),
    ] = None,
    until: Annotated[
        datetime | None,
        Option(("--until",), "Fire times up to this.", "WHEN", convert=when),
    ] = None,
    state: Annotated[
        frozenset[State] | None,
        Option(("--state",), "Only these states: failed,missed.", "STATE,...", convert=_states),
    ] = None,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Show what happened to the fire times that came, newest first.

    The note says what has caused a run that is of no fire time.
    """
    limit = most(number, since, until)
    query = Query(frozenset(jobs), state or frozenset(), since, until, limit)
    if number is None and limit is not None:
        query = replace(query, limit=limit + 1)  # to know whether there are more
    store = context.history()
    runs: list[Run] = []
    known: set[str] = set()
    if store is not None:
        with closing(store):
            runs = store.runs(query)
            known = store.jobs() if jobs else set()
    _check(context, jobs, known)
    more = number is None and limit is not None and len(runs) > limit
    runs = runs[:limit]
    if json:
        render.write_json([as_json(run) for run in runs])
    else:
        now = datetime.now(UTC)
        rows = [_row(run, now) for run in runs]
        colour = context.colour()
        render.write_table(_COLUMNS, rows, colour=colour, giving_way=_GIVING_WAY)
    if more:
        sys.stderr.write(f"there are more: {_again(context, query, 5 * ROWS)}\n")
    elif not runs and not json:
        sys.stderr.write(f"{_why_empty(context, query, is_there=store is not None)}\n")
    return 0


def _check(context: Context, jobs: Sequence[str], known: set[str]) -> None:
    """Refuse the name of a job that is neither in the history nor in the files."""
    unknown = [name for name in jobs if name not in known]
    if not unknown:
        return
    with suppress(ConfigError, NoFileError):
        known |= context.load().by_name.keys()
    for name in unknown:
        if name not in known:
            raise UnknownJobError(name, did_you_mean(name, known))


def _again(context: Context, query: Query, number: int) -> str:
    """Return what to type to be shown more of the same."""
    words = ["history", *sorted(query.jobs), "-n", str(number)]
    if query.states:
        words += ["--state", ",".join(sorted(query.states))]
    if query.until is not None:
        words += ["--until", query.until.isoformat()]
    return context.command(*words)


def _why_empty(context: Context, query: Query, *, is_there: bool) -> str:
    """Return why nothing is shown, of a history that *is_there* or not, and what to type."""
    jobs = sorted(query.jobs)
    if not is_there or not (jobs or query.states or query.since or query.until):
        return f"nothing has run yet: {context.command('run')}"
    if query.states or query.since or query.until:
        return f"no record matches; all there are: {context.command('history', *jobs)}"
    return f"{' and '.join(jobs)} has no record yet: {context.command('next', *jobs)}"


def _row(run: Run, now: datetime) -> list[render.Cell | str]:
    fire_time = run.fire_time.astimezone(ZoneInfo(run.timezone))
    took = run.duration
    if run.state is State.RUNNING and run.started is not None:
        took = now - run.started
    return [
        render.Cell(run.id, colour="dim"),
        render.Cell(run.job, colour="bold"),
        render.Cell(run.state, colour=COLOURS[run.state]),
        render.past(fire_time, now),
        "-" if run.lateness is None else f"+{durations.brief(run.lateness)}",
        "-" if took is None else durations.brief(took),
        _tries(run),
        "-" if run.exit_code is None and run.signal is None else str(run.signal or run.exit_code),
        note(run, now),
    ]


def _tries(run: Run) -> str:
    if not run.attempts:
        return "-"
    retried = run.attempts > 1 or run.state is State.RETRYING
    return f"{run.attempts}/{run.most_attempts}" if retried else str(run.attempts)


def note(run: Run, now: datetime) -> render.Cell:
    """Return in a few words what is to be said of a run beside its state."""
    if run.count > 1 and run.last_fire_time is not None:
        last = render.past(run.last_fire_time.astimezone(ZoneInfo(run.timezone)), now)
        plain = f"{run.count} fire times until {last.plain}: {run.reason}"
        return render.Cell(plain, f"{run.count} fire times until {last.shown}: {run.reason}")
    said = [run.reason] if run.reason else []
    if run.result is not None and not run.reason:
        said.append(f"returned {run.result}")
    if run.trigger is Trigger.CATCHUP and not said:
        said.append("late: caught up")
    if (asked := asked_by(run)) is not None:
        said.append(asked)
    if run.dropped_bytes:
        said.append(f"{run.dropped_bytes} bytes of output dropped")
    caused = None if said else causation.note(run, now)
    return render.Cell("; ".join(said)) if caused is None else caused


def asked_by(run: Run) -> str | None:
    """Return in words who asked for a run that the schedule did not."""
    asked = _ASKED.get(run.trigger)
    return None if asked is None else f"{asked} by {run.who}"


def as_json(run: Run) -> dict[str, Any]:
    """Return a record as plain data with stable names."""
    zone = ZoneInfo(run.timezone)

    def iso(time: datetime | None) -> str | None:
        return None if time is None else time.astimezone(zone).isoformat()

    return {
        "id": run.id,
        "job": run.job,
        "fire_time": iso(run.fire_time),
        "trigger": run.trigger,
        "who": run.who,
        "cause": run.cause,
        "state": run.state,
        "reason": run.reason,
        "attempts": run.attempts,
        "exit_code": run.exit_code,
        "signal": run.signal,
        "due": iso(run.due),
        "started": iso(run.started),
        "ended": iso(run.ended),
        "duration": None if run.duration is None else run.duration.total_seconds(),
        "lateness": None if run.lateness is None else run.lateness.total_seconds(),
        "output": run.output,
        "output_bytes": run.output_bytes,
        "dropped_bytes": run.dropped_bytes,
        "peak_memory_kb": run.peak_memory_kb,
        "cpu_time": None if run.cpu_time is None else run.cpu_time.total_seconds(),
        "result": run.result,
        "last_fire_time": iso(run.last_fire_time),
        "count": run.count,
    }
