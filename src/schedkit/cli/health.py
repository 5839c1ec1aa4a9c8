"""What is wrong, if anything is: with the runner, with its files, with the jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from schedkit import durations
from schedkit.cli import render
from schedkit.cli.expected import going_on, waits
from schedkit.cli.pauses import pauses
from schedkit.records import Record
from schedkit.run import OpenAttempt, Pause, Run, State, Trigger, Waiting
from schedkit.store import Query, Reader
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedkit.cli.promises import Broken
    from schedkit.job import Job
    from schedkit.store.deliveries import Undelivered

# What a job has come to by its last run that came to anything: one that was skipped or cancelled,
# or goes on, says nothing about it.
_COMES_TO = frozenset({State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.LOST, State.MISSED})
_LATE = timedelta(minutes=1)  # a fire time that a runner has not seen by then, it does not see
_NAMED = 5  # jobs that a sentence names


class Past(Record):
    """
    What the history says of how things are.

    *failing* are the last runs of the jobs that did not succeed, but for those of paused jobs:
    somebody knows of them. *late* are those last runs that started late. *due* is, of each job
    whose fire times nobody decides, the first one. *going_on* and *waiting* are of all jobs.
    *broken* are promises, those of paused jobs among them. *unsent* is what people were not told.
    """

    failing: Sequence[Run] = ()
    late: Sequence[Run] = ()
    pauses: Sequence[Pause] = ()
    due: Sequence[tuple[Job, datetime]] = ()
    going_on: Sequence[OpenAttempt] = ()
    waiting: Sequence[Waiting] = ()
    broken: Sequence[Broken] = ()
    unsent: Sequence[Undelivered] = ()


class Health(Record):
    """
    How things are.

    *runner* is what it says of itself, None when none is up; *silent* when it says nothing.
    *unreadable* is why the history cannot be read, *invalid* why the files cannot be taken.
    """

    now: datetime
    jobs: int
    runner: Mapping[str, Any] | None
    silent: str | None = None
    past: Past = Past()
    unreadable: str | None = None
    invalid: str | None = None

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
        if self.unreadable is not None:
            found.append(f"the history cannot be read: {self.unreadable}")
        if self.runner is not None:
            found += _of_runner(self.runner, self.now)
        if self.invalid is not None and not (self.runner or {}).get("degraded"):
            found.append(f"the files are broken: {self.invalid}")
        found += _of_due(self.past.due, self.now) + _of_jobs(self.past.failing, self.now)
        found += _of_promises(self.past.broken, self.now)
        return found + _of_messages(self.past.unsent, self.now)


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


def _of_due(due: Sequence[tuple[Job, datetime]], now: datetime) -> list[str]:
    if not due:
        return []
    job, first = min(due, key=lambda one: one[1])
    since = f"since {render.past(first.astimezone(job.timezone), now).shown}"
    if len(due) == 1:
        return [f"{job.name} has been due {since}"]
    return [f"{len(due)} jobs have been due, {job.name} {since}"]


def _of_jobs(failing: Sequence[Run], now: datetime) -> list[str]:
    if not failing:
        return []
    if len(failing) == 1:
        (run,) = failing
        when = render.past(local_fire_time(run), now).shown
        reason = f": {run.reason}" if run.reason else ""
        return [f"{run.job} {run.state.replace('_', ' ')} {when}{reason}"]
    names = [run.job for run in failing[:_NAMED]]
    more = f" and {len(failing) - _NAMED} more" if len(failing) > _NAMED else ""
    return [f"{len(failing)} jobs did not succeed last: {', '.join(names)}{more}"]


def _of_promises(broken: Sequence[Broken], now: datetime) -> list[str]:
    if not broken:
        return []
    from schedkit.cli import promises  # few are

    return promises.problems(broken, now)


def _of_messages(unsent: Sequence[Undelivered], now: datetime) -> list[str]:
    if not unsent:
        return []
    from schedkit.cli import unsent as told  # it is rare

    return told.problems(unsent, now)


def local_fire_time(run: Run) -> datetime:
    """Return the fire time of a run in the zone of its job."""
    from zoneinfo import ZoneInfo  # of what went well no run is named

    return run.fire_time.astimezone(ZoneInfo(run.timezone))


def past(
    store: Reader,
    names: Sequence[str],
    jobs: Sequence[Job],
    expecting: Sequence[Job],
    now: datetime,
    asker: str | None = None,
) -> Past:
    """
    Return what the history says of jobs of these *names*; *jobs* are those that may be due.

    None may be that have a runner which sees to them. Those *expecting* promise something. *asker*
    is the job of which a run asks, if one does.
    """
    paused = pauses(store, now)
    running, waiting = going_on(store), waits(store)
    if any(one.job == asker for one in running):
        # One that fails when something is wrong would itself be what is wrong, for ever.
        names = [name for name in names if name != asker]
        expecting = [job for job in expecting if job.name != asker]
    watched = [name for name in names if name not in paused]
    last = store.last_runs(watched)
    return Past(
        failing(store, watched, last),
        [run for run in last.values() if _is_late(run)],
        [paused[name] for name in names if name in paused],
        due(store.cursors(), [job for job in jobs if job.name not in paused], now),
        running,
        waiting,
        _broken(store, expecting, running, waiting, now),
        store.undelivered(now),
    )


def _broken(
    store: Reader,
    jobs: Sequence[Job],
    going_on: Sequence[OpenAttempt],
    waiting: Sequence[Waiting],
    now: datetime,
) -> Sequence[Broken]:
    if not jobs:
        return ()
    from schedkit.cli import promises  # few jobs promise anything

    return promises.broken(store, jobs, going_on, waiting, now)


def _is_late(run: Run) -> bool:
    # What is caught up is late because a runner was not up: that is over.
    if run.trigger is not Trigger.SCHEDULE or run.lateness is None:
        return False
    return run.lateness > _LATE


def due(
    cursors: Mapping[str, tuple[str, datetime]], jobs: Iterable[Job], now: datetime
) -> list[tuple[Job, datetime]]:
    """Return the jobs of which a fire time passed that nobody has decided, with the first one."""
    found = []
    for job in jobs:
        digest, decided = cursors.get(job.name, (None, now))
        if digest != job.schedule_digest or decided >= now:
            continue
        fire = next(job.schedule.known_after(decided, now - decided), None)
        if fire is not None and now - fire > max(_LATE, job.grace):
            found.append((job, fire))
    return found


def failing(store: Reader, jobs: Sequence[str], last: Mapping[str, Run] | None = None) -> list[Run]:
    """Return the *last* runs of jobs of which it did not succeed, in the order of *jobs*."""
    found = []
    last = store.last_runs(jobs) if last is None else last
    for name in jobs:
        run = last.get(name)
        if run is not None and run.state not in _COMES_TO:
            run = next(iter(store.runs(Query(frozenset({name}), _COMES_TO, limit=1))), None)
        if run is not None and run.state is not State.SUCCEEDED:
            found.append(run)
    return found
