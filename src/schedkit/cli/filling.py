"""Which past fire times of a job are to run, and how that is shown before it is done."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice, takewhile

from schedkit.cli import render
from schedkit.cli.render import Cell
from schedkit.errors import CalendarEndsError
from schedkit.job import Job
from schedkit.records import Record
from schedkit.run import Pause, Run, State
from schedkit.texts import safe
from schedkit.typed import Any, NamedTuple

MOST = 10_000  # fire times of one backfill
_FIRST, _LAST = 5, 3  # that a person is shown of more


class Planned(NamedTuple):
    """A past fire time: the state of its latest run, if it had one, and whether it *runs* now."""

    fire_time: datetime
    so_far: State | None
    runs: bool


class Plan(Record):
    """What a backfill of *job* does with its past fire times, in their order; *pause* holds now."""

    job: Job
    planned: Sequence[Planned]
    pause: Pause | None = None

    @property
    def number(self) -> int:
        """How many fire times are to run."""
        return sum(one.runs for one in self.planned)

    def in_words(self) -> str:
        """Return it in a line for stderr."""
        name = safe(self.job.name)
        if not self.planned:
            return f"{name}: no fire time in that range has come yet"
        times = f"1 fire time, {self._moment(self.planned[0])}"
        if len(self.planned) > 1:
            first, last = map(self._moment, (self.planned[0], self.planned[-1]))
            times = f"{len(self.planned)} fire times from {first} to {last}"
        return f"{name}: {times}: {self.number} to run{self._left_out()}"

    def _left_out(self) -> str:
        states = Counter(str(one.so_far) for one in self.planned if not one.runs)
        if not states:
            return ""
        why = [f"{number} {state}" for state, number in states.most_common()]
        return f", {states.total()} left out ({', '.join(why if len(why) > 1 else states)})"

    def _moment(self, one: Planned) -> str:
        cell = self._cell(one)
        return cell.shown if cell.shown is not None and sys.stderr.isatty() else cell.plain

    def _cell(self, one: Planned) -> Cell:
        return render.moment(one.fire_time.astimezone(self.job.timezone))

    def _first_and_last(self) -> Iterator[Planned | None]:
        """Yield what a person is shown, None where some are not."""
        left = len(self.planned) - _FIRST - _LAST
        if left <= 1:
            yield from self.planned
            return
        yield from self.planned[:_FIRST]
        yield None
        yield from self.planned[-_LAST:]

    def lines(self) -> str:
        """Return the first and the last fire times in lines for a person at stderr."""
        lines = [
            f"  {self._moment(one)}  {_note(one)}".rstrip() if one is not None else "  ..."
            for one in self._first_and_last()
        ]
        return "".join(f"{line}\n" for line in lines)

    def rows(self) -> list[list[Cell | str]]:
        """Return the rows of a table: on a terminal the first and the last, in a pipe all."""
        shown = self._first_and_last() if sys.stdout.isatty() else iter(self.planned)
        return [
            [Cell("...", colour="dim"), "", ""]
            if one is None
            else [self._cell(one), one.so_far or "-", "run" if one.runs else "left out"]
            for one in shown
        ]

    def as_json(
        self, runs: Mapping[str, datetime] | None = None, states: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return it as plain data with stable names; *runs* were made of it, and have *states*."""
        made = {fire_time: run for run, fire_time in (runs or {}).items()}
        ids = [made.get(one.fire_time) for one in self.planned]
        return {
            "job": self.job.name,
            "fire_times": [
                {
                    "fire_time": one.fire_time.astimezone(self.job.timezone).isoformat(),
                    "so_far": one.so_far,
                    "plan": "run" if one.runs else "left_out",
                    "run": run,
                    "state": None if run is None else (states or {}).get(run, State.QUEUED),
                }
                for one, run in zip(self.planned, ids, strict=True)
            ],
        }


def _note(one: Planned) -> str:
    so_far = one.so_far or ""
    return so_far if one.runs else f"{so_far}, left out"


def past_fires(job: Job, first: datetime, last: datetime) -> list[datetime]:
    """
    Return the fire times of a job (UTC) from *first* to *last*, both included: MOST and one more.

    Raises: CalendarEndsError when a calendar does not know all of that range.
    """
    found: list[datetime] = []
    fires = job.schedule.after(first - datetime.resolution)
    try:
        found += islice(takewhile(lambda fire: fire <= last, fires), MOST + 1)
    except CalendarEndsError as error:  # maybe about what follows alone
        if error.day <= last.astimezone(job.timezone).date():
            raise
    return found


def plan(
    job: Job,
    fires: Iterable[datetime],
    runs: Iterable[Run],
    pause: Pause | None = None,
    *,
    force: bool,
) -> Plan:
    """Return what a backfill does with *fires*, of which there are these *runs*, newest first."""
    states: defaultdict[datetime, list[State]] = defaultdict(list)
    ranges: list[tuple[datetime, datetime, State]] = []
    for run in runs:
        states[run.fire_time].append(run.state)
        if run.last_fire_time is not None:
            ranges.append((run.fire_time, run.last_fire_time, run.state))
    planned = []
    for fire in fires:
        had = states.get(fire) or [state for first, last, state in ranges if first <= fire <= last]
        stands = next((state for state in had if not state.terminal), None)
        if stands is None and not force and State.SUCCEEDED in had:
            stands = State.SUCCEEDED
        planned.append(Planned(fire, stands or next(iter(had), None), stands is None))
    return Plan(job, planned, pause)
