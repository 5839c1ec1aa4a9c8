"""What happens has consequences: jobs run for it and people are told, once for each event."""

from __future__ import annotations

import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

from schedkit.claims import Claims
from schedkit.consequences import Cause, caused, followed_by
from schedkit.errors import StoreError
from schedkit.events import Delivery, Event, Hearing, Reaction
from schedkit.jobs import Jobs
from schedkit.listening import Listener, Mark, Pattern, cause, given, heard, listeners, runs_of
from schedkit.planner import Standing
from schedkit.records import replace
from schedkit.run import AttemptKey, Decision, State, Trigger, run_id
from schedkit.run_queue import SPREAD
from schedkit.silences import Part, Silences
from schedkit.store import Store
from schedkit.typed import Any, NamedTuple

log = logging.getLogger(__name__)

_AT_ONCE = 500  # events of which the consequences are claimed together
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Consequence(NamedTuple):
    """
    What became of a run that the event of this number has caused: None where none starts.

    In the state `counted` it has caused none yet: the reason is how many are there of how many.
    """

    event: int
    job: str
    run: str | None
    state: str
    reason: str | None

    def told(self) -> dict[str, Any]:
        """Return it as plain data, for whoever emitted the event."""
        return {"job": self.job, "run": self.run, "state": self.state, "reason": self.reason}


class _Heard:
    """
    What some events come to: the progress that changes, what they cause, the silences they break.
    """

    def __init__(self) -> None:
        self.progress: dict[Part, tuple[Mark, ...]] = {}
        self.causes: list[tuple[int, Cause]] = []
        self.broken: dict[Part, datetime] = {}
        self.counted: list[Consequence] = []


class Reactions:
    """
    Who listens, what was heard so far, and which silences are awaited.

    *known* jobs listen, those that this runner does not run included: what they are to run waits
    for another runner then.
    """

    def __init__(self, claims: Claims, store: Store) -> None:
        self._claims = claims
        self._store = store
        self.deliver: Callable[[], None] = lambda: None  # called when somebody is to be told
        self._listeners: dict[Part, Listener] = {}
        self._by_name: defaultdict[tuple[str, str | None], list[Listener]] = defaultdict(list)
        self._by_glob: list[Listener] = []
        self._since: dict[str, datetime] = {}
        self._progress: dict[Part, tuple[Mark, ...]] = {}
        self._silences = Silences()
        self._told: set[str] = set()  # jobs of which somebody is told
        self._host = os.uname().nodename
        self._woken = False  # whether there may be events although nobody listens

    @property
    def of_files(self) -> bool:
        """Whether somebody waits for files."""
        return any(one.trigger is Trigger.FILE for one in self._listeners.values())

    @property
    def pending(self) -> bool:
        """Whether there may be events that nobody has looked at."""
        hears = bool(self._listeners) or bool(self._told)
        return self._woken or (hears and self._claims.happened)

    def wake(self) -> None:
        """Take note that there may be new events."""
        self._woken = True

    # ---- who listens

    def settle(self, jobs: Jobs) -> None:
        """
        Let these jobs listen from now on; the store has loaded them.

        Raises: StoreError.
        """
        names = jobs.listening()
        found = [one for name in names for one in listeners(jobs[name])]
        self._listeners = {(one.job, one.part): one for one in found}
        telling = jobs.telling()
        self._told = set(telling)
        self._hear(found, telling)
        hearing = self._store.hearing(names) if names else {}
        self._since = {job: one.since for job, one in hearing.items()}
        self._progress = dict(_marks(self._listeners, hearing))
        self._by_name.clear()
        self._by_glob = []
        for one in found:
            self._index(one)
        self._await_silences()
        self._woken = True

    def _hear(self, found: Iterable[Listener], telling: Mapping[str, bool]) -> None:
        """Have events made of the runs that somebody waits for, or is told of."""
        followed = {
            pattern.about: False
            for one in found
            if one.trigger is Trigger.AFTER
            for pattern in one.patterns
            if pattern.about is not None
        }
        self._store.hear({**followed, **telling})

    def _index(self, one: Listener) -> None:
        names = [(name, pattern.about) for pattern in one.patterns for name in pattern.names]
        if any(sign in name for name, _ in names for sign in "*?["):
            self._by_glob.append(one)
            return
        for name, about in dict.fromkeys(names):
            self._by_name[name, about].append(one)

    def _of(self, event: Event) -> Iterator[Listener]:
        """Yield who may be interested in an event."""
        yield from self._by_name.get((event.name, event.job), ())
        if event.job is not None:
            yield from self._by_name.get((event.name, None), ())
        yield from self._by_glob

    # ---- what follows

    def react(self, now: datetime) -> list[Consequence]:
        """Let everything follow from what has happened up to now; return what did."""
        done: list[Consequence] = []
        try:
            while self.pending and not self._claims.recording.blocked:
                events = self._store.unreacted(_AT_ONCE)
                followed = self._follow(events, now) if events else []
                if followed is None:
                    break
                done += followed
                # What was decided may be an event, too.
                self._woken = self._claims.happened = bool(events)
            if not self._claims.recording.blocked:  # else events may break them
                self._end_silences(now)
        except StoreError as error:
            self._claims.recording.block(error)
        return done

    def _follow(self, events: Sequence[Event], now: datetime) -> list[Consequence] | None:
        """Claim what follows from events; None when that cannot be recorded."""
        found = _Heard()
        for event in events:
            for one in self._of(event):
                if event.time >= self._since.get(one.job, now):
                    self._listen(one, event, found)
        deliveries, streaks = self._tell(events, now)
        reaction = Reaction(events[-1].id, self._dumped(found.progress), deliveries, streaks)
        done = self._claim(found.causes, now, reaction)
        if done is None:
            return None
        self._progress |= found.progress
        for part, time in found.broken.items():
            self._silences.begin(part, time)
        if deliveries:
            self.deliver()
        return [*done, *found.counted]

    def _listen(self, one: Listener, event: Event, found: _Heard) -> None:
        """Add what a listener makes of an event to what was *found* so far."""
        part = (one.job, one.part)
        if one.lasts is not None:
            if one.patterns[0].admits(event):
                since = found.broken.get(part, self._silences.since(part))
                if since is not None and event.time - since >= one.lasts:
                    # It began and ended while nobody looked.
                    found.causes.append((0, self._silence(one, since)))
                found.broken[part] = max(event.time, since or event.time)
            return
        before = found.progress.get(part, self._progress.get(part, ()))
        marks, left = heard(one, before, event)
        if not one.alone and left != before:
            found.progress[part] = left
            if not marks:
                so_far = f"{len(left)} of {one.wants}"
                found.counted.append(Consequence(event.id, one.job, None, "counted", so_far))
        if marks:
            found.causes.append((event.id, self._cause(one, marks, event)))

    def _tell(
        self, events: Sequence[Event], now: datetime
    ) -> tuple[tuple[Delivery, ...], dict[str, tuple[int, str | None]]]:
        """Return whom events are told to, and how the jobs that they are about do after them."""
        about = [event for event in events if event.job in self._told]
        if not about:
            return (), {}
        from schedkit.notices import Streak, told  # most runners tell nobody

        known = self._store.streaks(sorted({str(event.job) for event in about}))
        streaks = {job: Streak.parse(*kept) for job, kept in known.items()}
        deliveries: list[Delivery] = []
        for event in about:
            job = self._claims.known[str(event.job)]
            run = None if event.run is None else self._store.run(event.run)
            streak = streaks.get(job.name, Streak())
            said = told(job, event, run, streak, now, host=self._host)
            deliveries += said.deliveries
            streaks[job.name] = said.streak
        changed = {job: one.dump() for job, one in streaks.items()}
        return tuple(deliveries), {
            job: dumped for job, dumped in changed.items() if dumped != known.get(job, (0, None))
        }

    def _cause(self, one: Listener, marks: Sequence[Mark], event: Event) -> Cause:
        text, zone = cause(one, marks, event, event.job), self._claims.known[one.job].timezone
        if one.trigger is not Trigger.AFTER:
            params, problem = given(one, event, zone)
            return Cause(one.job, text, event.time, one.trigger, params, problem)
        run = self._store.run(event.run or 0)
        params = () if run is None else (
            ("SCHED_CAUSE_RUN_ID", run.id),
            ("SCHED_CAUSE_RUN_IDS", " ".join(runs_of(marks))),
            ("SCHED_CAUSE_JOB", run.job),
            ("SCHED_CAUSE_STATE", str(run.state)),
            ("SCHED_CAUSE_FIRE_TIME", run.fire_time.astimezone(zone).isoformat()),
            ("SCHED_CAUSE_OUTPUT", run.output or ""),
        )  # fmt: skip
        lasting = None if one.all_of else one.within
        return Cause(one.job, text, event.time, one.trigger, params, lasting=lasting)

    def _claim(
        self, causes: Iterable[tuple[int, Cause]], now: datetime, reaction: Reaction | None
    ) -> list[Consequence] | None:
        decisions: list[Decision] = []
        events: dict[Part, int] = {}
        standings: dict[str, Standing] = {}
        late = count()
        for number, one in causes:
            job = self._claims.known[one.job]
            standing = standings.get(one.job) or self._standing(one.job, now)
            decision = caused(job, one, now, standing)
            if decision.state is State.QUEUED and now - one.time > job.grace:
                # One after the other: what came while no runner was up may be much.
                due = now + next(late) * SPREAD
                decision = replace(decision, at_once=False, due=due)
            if one.job not in self._claims.jobs:  # it is left to another runner
                decision = replace(decision, at_once=False)
            standings[one.job] = followed_by(standing, decision)
            events[one.job, one.text] = number
            decisions.append(decision)
        stand = self._claims.claim(decisions, now, reaction=reaction)
        if stand is None:
            return None
        return [
            _consequence(events[decision.job, decision.cause or ""], key, decision)
            for key, decision in stand
        ]

    def _standing(self, name: str, now: datetime) -> Standing:
        job = self._claims.known[name]
        counted = 0
        if job.max_runs is not None:
            counted = self._store.counted([name]).get(name, 0)
        return self._claims.standing(name, now, counted)

    def _dumped(self, progress: Mapping[Part, Sequence[Mark]]) -> dict[str, str | None]:
        """Return the progress of the jobs of which some changes, as it is kept."""
        own: dict[str, dict[str, Any]] = {job: {} for job, _ in progress}
        for (job, part), marks in ({**self._progress, **progress} if own else {}).items():
            if marks and job in own:
                own[job][part] = [[m.event, _micros(m.time), m.pattern, m.run] for m in marks]
        return {job: json.dumps(parts) if parts else None for job, parts in own.items()}

    # ---- silence

    def next_time(self) -> datetime | None:
        """Return when a silence has lasted for so long that somebody runs for it."""
        first = self._silences.first()
        return None if first is None else first.due

    def _await_silences(self) -> None:
        """Go on from the last event of each that was looked at: later ones may break it yet."""
        silent = {part: one for part, one in self._listeners.items() if one.lasts is not None}
        until = self._store.reacted() if silent else 0
        since: dict[Part, datetime] = {}
        for part, one in silent.items():
            pattern, begin = one.patterns[0], self._since[one.job]
            admits = partial(_before, until, pattern)
            last = self._store.last_event(pattern.names, begin, admits)
            since[part] = begin if last is None else last.time
        lasts = {part: one.lasts or timedelta(0) for part, one in silent.items()}
        self._silences.settle(lasts, since)

    def _end_silences(self, now: datetime) -> None:
        """
        Let follow what follows from silences that have lasted long enough.

        Raises: StoreError.
        """
        while (first := self._silences.first()) is not None and first.due <= now:
            found = self._silence(self._listeners[first.part], first.since)
            if self._claim([(0, found)], now, None) is None:
                return
            self._silences.over(first.part)

    def _silence(self, one: Listener, since: datetime) -> Cause:
        """Return a silence that has lasted as what causes a run."""
        assert one.lasts is not None
        text = f"no {' or '.join(one.patterns[0].names)} since {since.isoformat()}"
        told = since.astimezone(self._claims.known[one.job].timezone).isoformat()
        params = (("SCHED_EVENT_ABSENT_SINCE", told),)
        return Cause(one.job, text, since + one.lasts, one.trigger, params)


def _before(until: int, pattern: Pattern, event: Event) -> bool:
    return event.id <= until and pattern.admits(event)


def _consequence(event: int, key: AttemptKey | None, decision: Decision) -> Consequence:
    run = None if key is None else run_id(key.run)
    state = "running" if key is not None and decision.at_once else str(decision.state)
    return Consequence(event, decision.job, run, state, decision.reason)


def _marks(
    known: Mapping[Part, Listener], hearing: Mapping[str, Hearing]
) -> Iterator[tuple[Part, tuple[Mark, ...]]]:
    """Yield what jobs have heard so far, as it was kept."""
    for job, (_, progress) in hearing.items():
        said: dict[str, Any] = json.loads(progress) if progress else {}
        for part, marks in said.items():
            if (job, part) in known:
                yield (job, part), tuple(Mark(e, _instant(t), p, r) for e, t, p, r in marks)


def _micros(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
