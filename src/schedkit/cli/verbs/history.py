"""`sched history`: what happened."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from schedkit import durations
from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.when import when
from schedkit.config import UnknownJobError, positive
from schedkit.errors import ConfigError, did_you_mean
from schedkit.run import Run, State, Trigger
from schedkit.store import Query

_ROWS = 20
COLOURS = {
    State.SUCCEEDED: "green",
    State.FAILED: "red",
    State.TIMED_OUT: "red",
    State.LOST: "red",
    State.CANCELLED: "yellow",
    State.MISSED: "yellow",
    State.SKIPPED: "yellow",
    State.RUNNING: "cyan",
    State.RETRYING: "cyan",
    State.QUEUED: "cyan",
}
_COLUMNS = ("RUN", "JOB", "STATE", "FIRE TIME", "LATE", "TOOK", "TRY", "EXIT", "NOTE")


def _states(text: str) -> frozenset[State]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in list(State):
            hint = did_you_mean(name, map(str, State)) or f"known are: {', '.join(State)}"
            raise ConfigError.of(f"unknown state {name!r}", hint)
    return frozenset(map(State, names))


def history(
    context: Context,
    jobs: Annotated[tuple[str, ...], Argument("Only these jobs.", "JOB")] = (),
    number: Annotated[
        int | None,
        Option(("-n", "--number"), "How many; 20, or all since --since.", "N", convert=positive),
    ] = None,
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
    """Show what happened to the fire times that came, newest first."""
    limit = number if number is not None else None if since is not None else _ROWS
    store = context.history()
    runs: list[Run] = []
    known: set[str] = set()
    if store is not None:
        runs = store.runs(Query(frozenset(jobs), state or frozenset(), since, until, limit))
        known = store.jobs() if jobs else set()
        store.close()
    unknown = [name for name in jobs if name not in known]
    if unknown:
        known |= {job.name for job in context.load().jobs}
    for name in unknown:
        if name not in known:
            raise UnknownJobError(name, did_you_mean(name, known))
    if json:
        render.write_json([_as_json(run) for run in runs])
        return 0
    now = datetime.now(UTC)
    if store is None:
        sys.stderr.write("nothing has run yet: sched run\n")
    rows = [_row(run, now) for run in runs]
    render.write_table(_COLUMNS, rows, colour=context.colour())
    return 0


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
    if run.trigger is Trigger.MANUAL:
        said.append(f"triggered by {run.who}")
    if run.dropped_bytes:
        said.append(f"{run.dropped_bytes} bytes of output dropped")
    return render.Cell("; ".join(said))


def _as_json(run: Run) -> dict[str, Any]:
    zone = ZoneInfo(run.timezone)

    def iso(time: datetime | None) -> str | None:
        return None if time is None else time.astimezone(zone).isoformat()

    return {
        "id": run.id,
        "job": run.job,
        "fire_time": iso(run.fire_time),
        "trigger": run.trigger,
        "who": run.who,
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
