"""How a job stands: enabled, paused or running, and when it fires next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from schedkit import durations
from schedkit.cli import waiting
from schedkit.cli.pauses import pause_text
from schedkit.cli.render import Cell
from schedkit.cli.when import year_of
from schedkit.errors import CalendarEndsError
from schedkit.job import Job
from schedkit.records import Record
from schedkit.run import OpenAttempt, Pause, run_id
from schedkit.scalars import moment_text
from schedkit.schedule import HORIZON
from schedkit.typed import Any


class Standing(Record):
    """
    How a job stands.

    *fire* is its next fire time (UTC) that would become a run; without one, *why_none* says in a
    word or two why, or what it waits for instead, and *note* in full.
    """

    job: Job
    pause: Pause | None
    running: Sequence[OpenAttempt]
    fire: datetime | None
    why_none: str
    note: str | None

    @property
    def state(self) -> str:
        """In a word, the first that holds of: running, disabled, paused, enabled."""
        if self.running:
            return "running"
        if not self.job.enabled:
            return "disabled"
        return "enabled" if self.pause is None else "paused"

    def cell(self, now: datetime) -> Cell:
        """Return all that holds of it: running for how long, paused by whom and why."""
        cells = [_running(self.job, self.running, now)] if self.running else []
        if not self.job.enabled:
            cells.append(Cell("disabled", colour="yellow"))
        elif self.pause is not None:
            cells.append(pause_text(self.pause))
        elif not cells:
            return Cell("enabled")
        shown = [cell.plain if cell.shown is None else cell.shown for cell in cells]
        return Cell("; ".join(cell.plain for cell in cells), "; ".join(shown), cells[0].colour)


def standing(
    job: Job, pause: Pause | None, running: Sequence[OpenAttempt], now: datetime
) -> Standing:
    """Return how a job stands; *pause* is one that is not over."""
    if not job.enabled:
        return Standing(job, pause, running, None, "-", "disabled")
    if pause is not None and pause.until is None:
        return Standing(job, pause, running, None, "-", "paused")
    start = now if pause is None or pause.until is None else pause.until - datetime.resolution
    try:
        fire = next(job.schedule.after(start), None)
    except CalendarEndsError as error:
        return Standing(job, pause, running, None, "calendar ends", str(error))
    if fire is not None:
        return Standing(job, pause, running, fire, "", None)
    return Standing(job, pause, running, None, *_instead(job, start))


def _instead(job: Job, instant: datetime) -> tuple[str, str]:
    """Return in short and in full what a job waits for that fires no more, or why it does not."""
    if job.starts_with_runner:
        return "at startup", "when the runner starts"
    if job.listens:
        return waiting.briefly(job), " or ".join(map(str, job.causes))
    return "never", nothing_after(job, instant)


def _running(job: Job, running: Sequence[OpenAttempt], now: datetime) -> Cell:
    several = f"{len(running)} " if len(running) > 1 else ""
    started = [one.started for one in running if one.started is not None]
    if not started:
        return Cell(f"{several}starting", colour="cyan")
    first = min(started)
    shown = f"{several}running {durations.brief(now - first)}"
    since = first.astimezone(job.timezone).isoformat()
    return Cell(f"{several}running since {since}", shown, "cyan")


def running_as_json(job: Job, running: Sequence[OpenAttempt]) -> Iterator[dict[str, Any]]:
    """Yield the attempts of a job that go on as plain data with stable names."""
    for one in running:
        started = None if one.started is None else one.started.astimezone(job.timezone)
        yield {
            "id": run_id(one.key.run),
            "attempt": one.key.number,
            "started": None if started is None else started.isoformat(),
            "pid": one.pid,
        }


def nothing_after(job: Job, instant: datetime) -> str:
    """Return up to when a job that does not fire after *instant* was asked about."""
    if job.end is not None:
        return f"no fire up to its end, {moment_text(job.end)}"
    return f"no fire before {year_of(instant, HORIZON)}"
