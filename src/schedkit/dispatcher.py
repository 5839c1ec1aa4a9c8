"""
What is due is decided: a hundred jobs at a time, each claimed before it starts.

What started and what ended is recorded in one transaction a turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count

from schedkit import planner
from schedkit.claims import Claims
from schedkit.errors import StoreError
from schedkit.job import Job
from schedkit.planner import Fires
from schedkit.records import Record, replace
from schedkit.run import Decision
from schedkit.run_queue import spread
from schedkit.store import Store
from schedkit.watch import Watch

_PART = 100  # jobs whose fire times are claimed at once: they start while the next are claimed


class _Beginning(Record):
    """What a runner does first: *why_late* is why it did not see what came before."""

    why_late: str
    first_of_boot: bool


class Dispatcher:
    """Decides what becomes of the fire times of jobs as they come."""

    def __init__(self, claims: Claims, store: Store, watch: Watch) -> None:
        self.claims = claims
        self._store = store
        self._watch = watch
        self._beginning: _Beginning | None = None  # until that is claimed

    def turn(self, why_late: str) -> None:
        """Decide what has come, start what may start, and record all of it."""
        claims = self.claims
        claims.record()
        if claims.recording.blocked:
            return
        now = self._watch.now()
        self.decide(claims.agenda.come(now), now, why_late)
        claims.end_pauses(now)  # not before: what came within them is skipped
        claims.start_waiting(now)
        while claims.attempts.ended and claims.recording.next_try is None:
            claims.record()
            claims.start_waiting(now)  # what could not even be started has left its slot
        claims.record()

    def next_time(self) -> datetime | None:
        """Return when a turn has something to do, as far as it is known now."""
        claims = self.claims
        unrecorded = claims.attempts.ended or claims.attempts.again
        if unrecorded and claims.recording.next_try is None:
            return self._watch.now()
        ends = (pause.until for pause in claims.pauses.values())
        times = (claims.agenda.next_time(), claims.queue.next_time(), *ends)
        return min((time for time in times if time is not None), default=None)

    def begin(self, now: datetime, why_late: str, *, first_of_boot: bool) -> None:
        """Decide what came before and what starts with the runner, all of it in one claim."""
        claims = self.claims
        self._beginning = _Beginning(why_late, first_of_boot)
        claims.agenda.await_new()
        starting = {name for name in claims.jobs if claims.jobs.starts_with_runner(name)}
        wanted = starting.union(claims.agenda.come(now))
        claims.agenda.drop(starting)
        self.decide([name for name in claims.jobs if name in wanted], now, why_late)

    def decide(self, names: Sequence[str], now: datetime, why_late: str) -> None:
        """Decide and record every fire time of these jobs up to now, then start what is to."""
        claims = self.claims
        claims.give_up(now)  # before that: what is skipped for it would be skipped in vain
        beginning = self._beginning
        why_late = why_late if beginning is None else beginning.why_late
        whole = beginning or claims.slots.bounded  # of all, the best get the slots
        size = len(names) or 1 if whole else _PART
        turns = count()
        for start in range(0, len(names), size):
            if not self._decide(names[start : start + size], now, why_late, turns):
                claims.agenda.put_back(names[start:], now)
                return
        self._beginning = None

    def _decide(
        self, names: Sequence[str], now: datetime, why_late: str, turns: Iterator[int]
    ) -> bool:
        """Do so in one claim; return whether it could be recorded."""
        claims = self.claims
        decisions: list[Decision] = []
        jobs = [claims.jobs[name] for name in names]  # held until they have started
        try:
            counted = self._store.counted([job.name for job in jobs if job.max_runs is not None])
        except StoreError as error:
            claims.recording.block(error)
            return False
        came = {job.name: self._come(job, now) for job in jobs if job.enabled}
        for name, fires in came.items():
            standing = claims.standing(name, now, counted.get(name, 0))
            decisions += planner.on_due(claims.jobs[name], fires, why_late, standing)
        if claims.claim(list(spread(decisions, now, turns)), now) is None:
            return False
        claims.agenda.await_fires(names, {name: fires.later for name, fires in came.items()})
        return True

    def decide_now(self, now: datetime, why_late: str) -> None:
        """
        Decide what is due.

        Raises: StoreError when that cannot be recorded; it stays due.
        """
        if not self.claims.recording.blocked:
            self.decide(self.claims.agenda.come(now), now, why_late)
        self.claims.recording.check()

    def _come(self, job: Job, now: datetime) -> Fires:
        """Return the fire times of a job that have come, the start of the runner being one."""
        cursor, beginning = self.claims.agenda.cursor(job.name), self._beginning
        fires = planner.come(job, cursor, now)
        if beginning is None or now in fires.on_time:
            return fires
        if not planner.at_startup(job, now, first_of_boot=beginning.first_of_boot):
            return fires
        # Later than what is decided: a job's cursor begins when it is loaded, now.
        start = max(now, cursor + datetime.resolution)
        return replace(fires, on_time=(*fires.on_time, start))
