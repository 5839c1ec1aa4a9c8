"""`sched status`: whether a runner is up, and all is well."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from schedkit import durations
from schedkit.cli import health, render
from schedkit.cli.context import Context, NoFileError
from schedkit.cli.declaration import Option
from schedkit.cli.failure import FAILED, NO_RUNNER
from schedkit.cli.health import Health
from schedkit.cli.render import Cell
from schedkit.control.client import GoneError, SilentError, connect
from schedkit.control.protocol import Status
from schedkit.errors import ConfigError
from schedkit.run import Run
from schedkit.texts import safe

_WIDTH = 9  # of the first column
_LONGEST = 12  # runs that are told one by one


def status(
    context: Context,
    check: Annotated[
        bool, Option(("--check",), "Say it in one line; exit 1 unless all is well.")
    ] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """Say what is wrong, if anything is: with the runner, its files, its jobs; 3: no runner."""
    found = _health(context)
    problems = found.problems()
    if json:
        render.write_json(_as_json(found, problems))
    else:
        _write(found, problems, brief=check, colour=context.colour())
        if not found.is_up:
            sys.stderr.write(f"start one with: {context.command('run')}\n")
    if not found.is_up:
        return NO_RUNNER
    return FAILED if check and problems else 0


def _health(context: Context) -> Health:
    now = datetime.now(UTC)
    runner: Mapping[str, Any] | None = None
    silent: str | None = None
    try:
        connection = connect(context.state_in_use())
        if connection is not None:
            with connection:
                runner = connection.ask(Status())
    except (SilentError, GoneError) as error:
        silent = str(error)
    store = context.history()
    if store is None:
        return Health(now, len(_jobs(context) or ()), runner, silent, (), ())
    try:
        jobs = _jobs(context)
        names = sorted(store.jobs()) if jobs is None else jobs
        pauses = health.pauses(store, now)
        failing = health.failing(store, [name for name in names if name not in pauses])
        paused = [pauses[name] for name in names if name in pauses]
    finally:
        store.close()
    return Health(now, len(names), runner, silent, failing, paused)


def _jobs(context: Context) -> list[str] | None:
    """Return the names of the jobs that may fire, None when the files are broken or not there."""
    try:
        return [job.name for job in context.load().jobs if job.enabled]
    except (ConfigError, NoFileError):
        return None


# ---- for people


def _write(found: Health, problems: list[str], *, brief: bool, colour: bool) -> None:
    said = "; ".join(problems) if problems else _all_well(found)
    if not sys.stdout.isatty():
        colour = False
    line = render.painted(safe(said), "red" if problems else "green", wanted=colour)
    sys.stdout.write(f"{line}\n")
    if brief:
        return
    for name, cell in _rows(found):
        if sys.stdout.isatty():
            shown = safe(cell.plain if cell.shown is None else cell.shown)
            shown = render.painted(shown, cell.colour, wanted=colour)
            sys.stdout.write(f"{name:<{_WIDTH}}  {shown}\n")
        else:
            sys.stdout.write(f"{name}\t{safe(cell.plain)}\n")


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
    if runner is not None:
        for one in runner["running"][:_LONGEST]:
            yield "running", _running(one, found.now)
        if len(runner["running"]) > _LONGEST:
            yield "running", Cell(f"... and {len(runner['running']) - _LONGEST} more")
        if runner["waiting"]:
            yield "waiting", Cell(f"{runner['waiting']} for a retry, a slot or an earlier run")
        if runner["next"] is not None:
            yield "next", _next(runner["next"], found.now)
    for run in found.failing:
        yield "failing", _failing(run, found.now)
    for pause in found.pauses:
        text = health.pause_text(pause)
        shown = None if text.shown is None else f"{pause.job} {text.shown}"
        yield "paused", Cell(f"{pause.job} {text.plain}", shown, text.colour)


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


def _failing(run: Run, now: datetime) -> Cell:
    when = render.past(run.fire_time.astimezone(ZoneInfo(run.timezone)), now)
    name, reason = f"{run.job} {run.id} {run.state}", f": {run.reason}" if run.reason else ""
    return Cell(f"{name} {when.plain}{reason}", f"{name} {when.shown}{reason}", "red")


# ---- for programs


def _as_json(found: Health, problems: list[str]) -> dict[str, Any]:
    return {
        "healthy": not problems,
        "problems": problems,
        "jobs": found.jobs,
        "runner": None if found.runner is None else dict(found.runner),
        "failing": [
            {
                "job": run.job,
                "run": run.id,
                "state": run.state,
                "reason": run.reason,
                "fire_time": run.fire_time.astimezone(ZoneInfo(run.timezone)).isoformat(),
            }
            for run in found.failing
        ],
        "paused": [{"job": one.job} | health.pause_as_json(one) for one in found.pauses],
    }
