"""What is wrong, if anything is: with the runner, with its files, with the jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schedkit import durations
from schedkit.cli import render
from schedkit.run import Pause, Run, State
from schedkit.store import Query, Reader

# What a job has come to by its last run that came to anything: one that was skipped or cancelled,
# or goes on, says nothing about it.
_COMES_TO = frozenset({State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.LOST, State.MISSED})
_LATE = timedelta(minutes=1)  # a fire time that a runner has not seen by then, it does not see
_NAMED = 5  # jobs that a sentence names


@dataclass(frozen=True)
class Health:
    """
    How things are.

    *runner* is what it says of itself, None when none is up; *silent* when it says nothing.
    *failing* are the last runs of the jobs that did not succeed, but for those of paused jobs:
    somebody knows of them.
    """

    now: datetime
    jobs: int
    runner: Mapping[str, Any] | None
    silent: str | None
    failing: Sequence[Run]
    pauses: Sequence[Pause]

    @property
    def is_up(self) -> bool:
        """Whether a runner is up, be it silent."""
        return self.runner is not None or self.silent is not None

    def problems(self) -> list[str]:
        """Return what is wrong, in sentences without an end, the worst first."""
        found = []
        if self.silent is not None:
            found.append(self.silent)
        elif self.runner is None:
            found.append("no runner is up")
        else:
            found += _of_runner(self.runner, self.now)
        return found + _of_jobs(self.failing, self.now)


def _of_runner(runner: Mapping[str, Any], now: datetime) -> Iterable[str]:
    if runner.get("store_error"):
        yield f"nothing is started, the history cannot be written: {runner['store_error']}"
    if runner.get("draining"):
        yield "the runner is stopping: it starts nothing more"
    if runner.get("degraded"):
        yield f"the files are broken, the last good schedule goes on: {runner['degraded']}"
    coming = runner.get("next")
    if coming is not None and not runner.get("draining"):
        late = now - datetime.fromisoformat(coming["fire_time"])
        if late > _LATE:
            yield f"{coming['job']} has been due for {durations.brief(late)}"


def _of_jobs(failing: Sequence[Run], now: datetime) -> list[str]:
    if not failing:
        return []
    if len(failing) == 1:
        (run,) = failing
        when = render.past(run.fire_time.astimezone(ZoneInfo(run.timezone)), now).shown
        reason = f": {run.reason}" if run.reason else ""
        return [f"{run.job} {run.state.replace('_', ' ')} {when}{reason}"]
    names = [run.job for run in failing[:_NAMED]]
    more = f" and {len(failing) - _NAMED} more" if len(failing) > _NAMED else ""
    return [f"{len(failing)} jobs did not succeed last: {', '.join(names)}{more}"]


def failing(store: Reader, jobs: Sequence[str]) -> list[Run]:
    """Return the last runs of jobs of which it did not succeed, in the order of *jobs*."""
    found = []
    last = store.last_runs(jobs)
    for name in jobs:
        run = last.get(name)
        if run is not None and run.state not in _COMES_TO:
            run = next(iter(store.runs(Query(frozenset({name}), _COMES_TO, limit=1))), None)
        if run is not None and run.state is not State.SUCCEEDED:
            found.append(run)
    return found


def pauses(store: Reader, now: datetime) -> dict[str, Pause]:
    """Return the pauses that are not over, by the names of their jobs."""
    return {
        name: pause
        for name, pause in store.pauses().items()
        if pause.until is None or pause.until > now
    }


def pause_text(pause: Pause) -> render.Cell:
    """Return that a job is paused, by whom, until when and why."""
    said = f"paused by {pause.who}" + (f": {pause.reason}" if pause.reason else "")
    if pause.until is None:
        return render.Cell(said, colour="yellow")
    until = pause.until.astimezone()
    shown = f"{said} (until {until:%a %Y-%m-%d %H:%M})"
    return render.Cell(f"{said} (until {until.isoformat()})", shown, "yellow")


def pause_as_json(pause: Pause) -> dict[str, Any]:
    """Return a pause as plain data with stable names."""
    return {
        "who": pause.who,
        "since": pause.since.astimezone(UTC).isoformat(),
        "until": None if pause.until is None else pause.until.astimezone(UTC).isoformat(),
        "reason": pause.reason,
    }
