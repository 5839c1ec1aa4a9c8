"""
What is due is decided: a hundred jobs at a time, each claimed before it starts.

What started and what ended is recorded in one transaction a turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
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
from schedkit.typed import TYPE_CHECKING
from schedkit.watch import Watch

if TYPE_CHECKING:
    from schedkit.events import Emitted
    from schedkit.expecting import Expecting
    from schedkit.jobs import Jobs
    from schedkit.reactions import Consequence, Reactions

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
        self.reactions: Reactions | None = None  # as long as nobody waits for anything else
        self.expecting: Expecting | None = None  # as long as nothing is promised
        self._beginning: _Beginning | None = None  # until that is claimed

    def settle(self, jobs: Jobs, known: Jobs) -> None:
        """
        Let all jobs that are *known* hear of what happens, and expect of *jobs* what they promise.

        Raises: StoreError.
        """
        self._listen(known)
        if self.expecting is None:
            if not jobs.expecting():
                return
            from schedkit.expecting import Expecting  # most jobs promise nothing

            self.expecting = Expecting(self._store, self._watch, self.claims, self._emit)
            self.claims.touched = self.expecting.touch
        self.expecting.settle(jobs)

    def _emit(self, events: Sequence[Emitted]) -> None:
        self._store.emit(events, self._watch.now())
        assert self.reactions is not None, "who expects something is heard of"
        self.reactions.wake()

    def _listen(self, known: Jobs) -> None:
        if self.reactions is None:
            if not (known.listening() or known.telling() or known.expecting()):
                return
            from schedkit.reactions import Reactions  # most runners react to time alone

            self.reactions = Reactions(self.claims, self._store)
        self.reactions.settle(known)

    def react(self, now: datetime, *, woken: bool = False) -> Sequence[Consequence]:
        """Let follow what follows from what has happened; *woken*: by an event beside the runs."""
        if self.reactions is None:
            return ()
        if woken:
            self.reactions.wake()
        return self.reactions.react(now)

    def turn(self, why_late: str) -> None:
        """Decide what has come, start what may start, and record all of it."""
        claims = self.claims
        claims.record()
        if claims.recording.blocked:
            return
        now = self._watch.now()
        self.decide(claims.agenda.come(now), now, why_late)
        self.react(now)
        claims.end_pauses(now)  # not before: what came within them is skipped
        claims.start_waiting(now)
        while claims.attempts.ended and claims.recording.next_try is None:
            claims.record()
            self.react(now)
            claims.start_waiting(now)  # what could not even be started has left its slot
        claims.record()
        self.expect()

    def expect(self) -> None:
        """Tell of the promises that are broken by now."""
        if self.expecting is not None:
            self.expecting.look(self._watch.now())

    def next_time(self) -> datetime | None:
        """Return when a turn has something to do, as far as it is known now."""
        claims = self.claims
        reactions = self.reactions
        left = bool(claims.attempts.ended or claims.attempts.again)
        left = left or (reactions is not None and reactions.pending)
        if left and claims.recording.next_try is None:
            return self._watch.now()
        ends = (pause.until for pause in claims.pauses.values())
        agenda, queue = claims.agenda.next_time(), claims.queue.next_time()
        silence = None if reactions is None else reactions.next_time()
        promised = None if self.expecting is None else self.expecting.next_time()
        times = (agenda, queue, silence, promised, *ends)
        return min((time for time in times if time is not None), default=None)

    def next_deadline(self) -> timedelta | None:
        """Return when a turn has something to do, by `Watch.elapsed`."""
        return None if self.expecting is None else self.expecting.next_deadline()

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
