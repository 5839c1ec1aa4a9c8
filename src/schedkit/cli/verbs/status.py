"""`sched status`: whether a runner is up, and all is well."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from schedkit import durations
from schedkit.cli import health, pauses, render
from schedkit.cli.context import Context, NoFileError
from schedkit.cli.declaration import Option
from schedkit.cli.failure import FAILED, INVALID_FILE, NO_PERMISSION, NO_RUNNER, NO_STORE
from schedkit.cli.health import Health
from schedkit.cli.render import Cell
from schedkit.control.client import GoneError, SilentError, connect
from schedkit.control.protocol import Status
from schedkit.errors import ConfigError, StoreError
from schedkit.records import replace
from schedkit.run import Run, run_id
from schedkit.texts import safe
from schedkit.typed import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from schedkit.cli.promises import Broken
    from schedkit.job import Job
    from schedkit.store.deliveries import Undelivered

_WIDTH = 9  # of the first column
_LONGEST = 12  # runs that are told one by one


def status(
    context: Context,
    check: Annotated[
        bool, Option(("--check",), "Say it in one line; exit 1 unless all is well.")
    ] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Say what is wrong, if anything is.

    With the runner, its files, its jobs. Exit 3 when no runner is up.
    """
    try:
        found, code = _health(context)
    except (ConfigError, NoFileError, PermissionError) as error:
        if not check or json:
            raise
        said, code = _unknown(error)
        _say(said, "red", colour=context.colour())
        return code
    problems = found.problems()
    if json:
        render.write_json(_as_json(found, problems))
    else:
        _write(found, problems, brief=check, colour=context.colour())
        if code == NO_RUNNER:
            sys.stderr.write(f"start one with: {context.command('run')}\n")
    return FAILED if check and problems and not code else code


def _unknown(error: ConfigError | NoFileError | PermissionError) -> tuple[str, int]:
    """Return in a line why nothing can be known, and the exit code."""
    match error:
        case PermissionError():
            return f"{error.filename}: permission denied", NO_PERMISSION
        case ConfigError():
            return f"the files are broken: {_in_short(error)}", INVALID_FILE
        case _:
            return str(error).partition("\n")[0], INVALID_FILE


def _in_short(error: ConfigError) -> str:
    more = len(error.problems) - 1
    others = {0: "", 1: " and 1 more problem"}.get(more, f" and {more} more problems")
    return f"{error.problems[0].message}{others}"


def _health(context: Context) -> tuple[Health, int]:
    """Return how things are, and the exit code where they are so that it is not 0 in any case."""
    now = datetime.now(UTC)
    state = context.state_name()
    names, invalid = _names(context)
    try:
        runner, silent = _asked(state)
    except NotADirectoryError:
        unreadable = f"{state} is not a directory"
        return Health(now, len(names or ()), None, unreadable=unreadable, invalid=invalid), NO_STORE
    code = 0 if runner is not None or silent is not None else NO_RUNNER
    # With broken files a runner goes on with those before, and the history knows some jobs.
    jobs = runner["jobs"] if runner is not None and names is None else len(names or ())
    found = Health(now, jobs, runner, silent, invalid=invalid)
    try:
        store = context.history()
        if store is None:
            return found, code
        with closing(store):
            known = sorted(store.jobs()) if names is None else names
            undecided = _enabled(context) if runner is None and names is not None else ()
            asker = os.environ.get("SCHED_JOB")
            past = health.past(store, known, undecided, _expecting(context), now, asker)
    except StoreError as error:
        return replace(found, unreadable=str(error)), NO_STORE
    return replace(found, jobs=jobs or len(known), past=past), code


def _asked(state: str) -> tuple[Mapping[str, Any] | None, str | None]:
    """Return what the runner says of itself; why it does not, when one is up."""
    try:
        connection = connect(state)
        if connection is None:
            return None, None
        with connection:
            return connection.ask(Status()), None
    except (SilentError, GoneError) as error:
        return None, str(error)


def _enabled(context: Context) -> list[Job]:
    """Return the jobs that may fire."""
    return [job for job in context.load().jobs if job.enabled]


def _expecting(context: Context) -> list[Job]:
    """Return the jobs that promise something; none when the files are broken or gone."""
    try:
        names = context.outline().expecting
        jobs = context.load().by_name if names else {}
    except (ConfigError, NoFileError):
        return []
    return [jobs[name] for name in names]


def _names(context: Context) -> tuple[list[str] | None, str | None]:
    """Return those of the jobs that may fire; none, and why, when the files are broken or gone."""
    try:
        return [name for name, _, enabled in context.outline().jobs if enabled], None
    except ConfigError as error:
        return None, _in_short(error)
    except NoFileError as error:
        return None, str(error).partition("\n")[0]


# ---- for people


def _write(found: Health, problems: list[str], *, brief: bool, colour: bool) -> None:
    said = "; ".join(problems) if problems else _all_well(found)
    _say(said, "red" if problems else "green", colour=colour)
    if brief:
        return
    for name, cell in _rows(found):
        if sys.stdout.isatty():
            shown = safe(cell.plain if cell.shown is None else cell.shown)
            shown = render.painted(shown, cell.colour, wanted=colour)
            sys.stdout.write(f"{name:<{_WIDTH}}  {shown}\n")
        else:
            sys.stdout.write(f"{name}\t{safe(cell.plain)}\n")


def _say(said: str, paint: str, *, colour: bool) -> None:
    line = render.painted(safe(said), paint, wanted=colour and sys.stdout.isatty())
    sys.stdout.write(f"{line}\n")


def _all_well(found: Health) -> str:
    assert found.runner is not None, "without a runner something is wrong"
    jobs = "1 job" if found.jobs == 1 else f"{found.jobs} jobs"
    coming = found.runner["next"]
    if coming is None:
        return f"all is well: {jobs}, none of which is due ever again"
    wait = render.countdown(datetime.fromisoformat(coming["fire_time"]) - found.now)
    return f"all is well: {jobs}, next {coming['job']} in {wait}"


def _rows(found: Health) -> Iterator[tuple[str, Cell]]:
    runner = found.runner
    if runner is not None:
        started = datetime.fromisoformat(runner["started"])
        up = durations.brief(found.now - started)
        who = f"pid {runner['pid']}, sched {runner['version']}"
        yield "runner", Cell(f"{who}, since {runner['started']}", f"{who}, up {up}")
    yield "jobs", Cell(str(found.jobs))
    yield from _shortened("running", [_running(one, found.now) for one in _going_on(found)])
    yield from _waiting(found)
    if runner is not None and runner["next"] is not None:
        yield "next", _next(runner["next"], found.now)
    yield from _shortened("due", [_due(*one, found.now) for one in found.past.due])
    for run in found.past.failing:
        yield "failing", _failing(run, found.now)
    yield from _shortened("sla", _broken(found))
    yield from _shortened("unsent", _unsent(found))
    yield from _shortened("late", [_late(run, found.now) for run in found.past.late])
    for pause in found.past.pauses:
        text = pauses.pause_text(pause)
        shown = None if text.shown is None else f"{pause.job} {text.shown}"
        yield "paused", Cell(f"{pause.job} {text.plain}", shown, text.colour)


def _shortened(name: str, cells: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    for cell in cells[:_LONGEST]:
        yield name, cell
    if len(cells) > _LONGEST:
        yield name, Cell(f"... and {len(cells) - _LONGEST} more")


def _unsent(found: Health) -> Sequence[Cell]:
    if not found.past.unsent:
        return ()
    from schedkit.cli import unsent  # it is rare

    return [*unsent.cells(found.past.unsent, found.now)]


def _broken(found: Health) -> Sequence[Cell]:
    if not found.past.broken:
        return ()
    from schedkit.cli import promises  # few are

    return [*promises.cells(found.past.broken, found.now)]


def _going_on(found: Health) -> Sequence[Mapping[str, Any]]:
    """Return the runs that go on, as a runner says it; without one, those that outlived it."""
    if found.runner is not None:
        running: Sequence[Mapping[str, Any]] = found.runner["running"]
        return running
    return [
        {
            "run": run_id(one.key.run),
            "job": one.job,
            "since": None if one.started is None else one.started.isoformat(),
        }
        for one in found.past.going_on
    ]


def _waiting(found: Health) -> Iterator[tuple[str, Cell]]:
    """Yield how many runs wait and since when the first of them is due."""
    count = len(found.past.waiting) if found.runner is None else found.runner["waiting"]
    if not count:
        return
    said = f"{count} for a {'later time, a slot or an earlier run' if found.runner else 'runner'}"
    first = next((one for one in found.past.waiting if one.due <= found.now), None)
    if first is None:
        yield "waiting", Cell(said)
        return
    since = render.past(first.due.astimezone(), found.now)
    name = f"{said}, first {first.job} {run_id(first.key.run)} since"
    yield "waiting", Cell(f"{name} {since.plain}", f"{name} {since.shown}")


def _running(one: Mapping[str, Any], now: datetime) -> Cell:
    name = f"{one['job']} {one['run']}"
    if one["since"] is None:
        return Cell(f"{name}, about to start", colour="cyan")
    since = datetime.fromisoformat(one["since"])
    shown = f"{name}, for {durations.brief(now - since)}"
    return Cell(f"{name}, since {one['since']}", shown, "cyan")


def _next(coming: Mapping[str, Any], now: datetime) -> Cell:
    fire = datetime.fromisoformat(coming["fire_time"])
    shown = f"{coming['job']} in {render.countdown(fire - now)}"
    return Cell(f"{coming['job']} {coming['fire_time']}", shown)


def _due(job: Job, fire: datetime, now: datetime) -> Cell:
    since = render.past(fire.astimezone(job.timezone), now)
    return Cell(f"{job.name} since {since.plain}", f"{job.name} since {since.shown}", "red")


def _late(run: Run, now: datetime) -> Cell:
    assert run.lateness is not None, "what has not started is not late"
    when = render.past(health.local_fire_time(run), now)
    name, late = f"{run.job} {run.id}", f"{durations.brief(run.lateness)} late"
    return Cell(f"{name} {when.plain} {late}", f"{name} {when.shown} {late}", "yellow")


def _failing(run: Run, now: datetime) -> Cell:
    when = render.past(health.local_fire_time(run), now)
    name, reason = f"{run.job} {run.id} {run.state}", f": {run.reason}" if run.reason else ""
    return Cell(f"{name} {when.plain}{reason}", f"{name} {when.shown}{reason}", "red")


# ---- for programs


def _as_json(found: Health, problems: list[str]) -> dict[str, Any]:
    past = found.past
    return {
        "healthy": not problems,
        "problems": problems,
        "jobs": found.jobs,
        "runner": None if found.runner is None else dict(found.runner),
        "history_error": found.unreadable,
        "files_error": found.invalid,
        "due": [
            {"job": job.name, "since": fire.astimezone(job.timezone).isoformat()}
            for job, fire in past.due
        ],
        "failing": [_run_as_json(run) | {"reason": run.reason} for run in past.failing],
        "sla": [*map(_broken_as_json, past.broken)],
        "unsent": [*map(_unsent_as_json, past.unsent)],
        "late": [_run_as_json(run) | {"lateness": _seconds(run.lateness)} for run in past.late],
        "paused": [{"job": one.job} | pauses.pause_as_json(one) for one in past.pauses],
    }


def _unsent_as_json(one: Undelivered) -> dict[str, Any]:
    from schedkit.cli import unsent  # it is rare

    return unsent.as_json(one)


def _broken_as_json(one: Broken) -> dict[str, Any]:
    from schedkit.cli import promises  # few are

    return promises.as_json(one)


def _run_as_json(run: Run) -> dict[str, Any]:
    fire_time = health.local_fire_time(run).isoformat()
    return {"job": run.job, "run": run.id, "state": run.state, "fire_time": fire_time}


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
