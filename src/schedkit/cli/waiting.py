"""What jobs wait for that is no time: in words, and when it comes next as far as that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from schedkit.cli import render
from schedkit.cli.pauses import pause_as_json
from schedkit.cli.render import Cell
from schedkit.errors import CalendarEndsError
from schedkit.job import Job
from schedkit.jobs import Jobs
from schedkit.run import Pause
from schedkit.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from schedkit.causes import After


class Wait(NamedTuple):
    """
    One of the triggers of a job: its *text*, and the line of the job's file on which it stands.

    *time* is when a run comes after which it runs, None where nobody knows.
    """

    job: Job
    text: str
    line: int
    time: datetime | None = None

    @property
    def why(self) -> Cell:
        """What it waits for, and when that comes."""
        if self.time is None:
            return Cell(self.text)
        time = render.moment(self.time.astimezone(self.job.timezone))
        return Cell(f"{self.text}, next {time.plain}", f"{self.text}, next {time.shown}")


def briefly(job: Job) -> str:
    """Return in two or three words what a job waits for, where that stands in full elsewhere."""
    if job.after is not None:
        return f"after {job.after.job or 'others'}"
    words = {"path": "on a file", "absent": "on silence"}
    return words.get(job.on[0].WORD, "on an event")


def waits(jobs: Iterable[Job], known: Jobs, now: datetime) -> Iterator[Wait]:
    """Yield what *jobs* wait for, of all that are *known*; nothing for one that is disabled."""
    chains = _Chains(known, now)
    for job in jobs:
        if not job.listens:
            continue
        if job.after is not None:
            yield Wait(job, str(job.after), job.lines.after[0], chains.after(job.after))
        for told, line in zip(job.on, job.lines.on, strict=True):
            yield Wait(job, str(told), line)


def next_after(after: After, known: Jobs, now: datetime) -> datetime | None:
    """Return when the jobs of *after* run next, by clocks and after others; None if unknown."""
    return _Chains(known, now).after(after)


class _Chains:
    """When jobs run next, by their own clocks and after others; each is looked at once."""

    def __init__(self, jobs: Jobs, now: datetime) -> None:
        self._jobs = jobs
        self._now = now
        self._times: dict[str, datetime | None] = {}

    def after(self, after: After) -> datetime | None:
        """Return when the jobs that somebody runs after run next: all of them, or the first."""
        self._look_at(_awaited(after))
        return self._of(after)

    def _of(self, after: After) -> datetime | None:
        times = [self._times[name] for name in _awaited(after)]
        known = [time for time in times if time is not None]
        if not after.all:
            return min(known, default=None)
        return max(known, default=None) if len(known) == len(times) else None

    def _look_at(self, names: Iterable[str]) -> None:
        """Find out about jobs, those before each first: a chain may be of any length."""
        ahead = list(names)
        while ahead:
            name = ahead[-1]
            if name in self._times:
                ahead.pop()
                continue
            after = self._after(name)
            first = [one for one in _awaited(after) if one not in self._times]
            if first:
                ahead += first
            else:
                self._times[name] = self._looked_up(name, after)

    def _after(self, name: str) -> After | None:
        there = name in self._jobs and self._jobs.enabled(name)
        return self._jobs[name].after if there else None

    def _looked_up(self, name: str, after: After | None) -> datetime | None:
        if name not in self._jobs or not self._jobs.enabled(name):
            return None
        try:
            own = self._jobs.next_fire(name, self._now)
        except CalendarEndsError:
            own = None
        times = [own, None if after is None else self._of(after)]
        return min((time for time in times if time is not None), default=None)


def _awaited(after: After | None) -> tuple[str, ...]:
    """Return the jobs of which a success is awaited: another end is nothing to be waited for."""
    return after.jobs if after is not None and "succeeded" in after.states else ()


def why(wait: Wait, pause: Pause | None) -> Cell:
    """Return what a job waits for, when that comes, and what becomes of it if anything else."""
    said = wait.why
    if pause is None:
        return said
    from schedkit import planner  # no pause, no need of it

    paused = planner.why_paused(pause)
    shown = None if said.shown is None else f"{said.shown}, {paused}"
    return Cell(f"{said.plain}, {paused}", shown, "dim")


def row(wait: Wait, pause: Pause | None) -> list[Cell | str]:
    """Return the row of `next` for what a job waits for; *pause* is one of the job."""
    job = Cell(wait.job.name, colour="bold" if pause is None else "dim")
    return ["-", "-", job, why(wait, pause)]


def as_json(wait: Wait, pause: Pause | None) -> dict[str, Any]:
    """Return what a job waits for as plain data, with the names that fire times have."""
    zone = wait.job.timezone
    answer = {
        "job": wait.job.name,
        "fire_time": None,
        "timezone": str(zone),
        "clock": None,
        "moved_from": None,
        "note": None,
        "cause": wait.text,
        "cause_time": None if wait.time is None else wait.time.astimezone(zone).isoformat(),
    }
    return answer if pause is None else answer | {"paused": pause_as_json(pause)}
