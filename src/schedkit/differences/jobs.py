"""What becomes of jobs, and of their runs, when the files say something else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from schedkit.config import Config
from schedkit.differences.fires import FireDifference, fire_difference
from schedkit.differences.keys import (
    KeyDifference,
    changed_keys,
    key_differences,
    plain_difference,
    setting_differences,
)
from schedkit.job import Job
from schedkit.records import Record
from schedkit.typed import Literal, NamedTuple, Protocol

Kind = Literal["new", "gone", "changed", "renamed"]

_MOST = 20_000  # fire times of a job that are looked at: a week of minutes has 10,080
_MOST_OF_ALL = 500_000  # likewise of all jobs together: a second or two
_FEWEST = 50  # of a job, however many jobs there are
_FIRES = {"clock", "filters", "adjustments", "timezone", "dst", "start", "end", "enabled"}
# What an attempt is started with, and what holds as well for one that goes on already.
_AT_START = (
    "command", "python", "shell", "interpreter", "params", "env", "env_file", "working_dir",
    "directory", "user", "group", "umask", "nice", "limits", "timeout", "output", "pool",
)  # fmt: skip
_AT_ONCE = (
    "stop_signal", "kill_grace", "success", "retry", "on_interrupted", "sla", "notify", "ping",
)  # fmt: skip
_WHILE_WAITING = ("start_deadline", "priority", "wait_for", "only_if")


class Going(NamedTuple):
    """A run that is not over: its id, its job, and whether an attempt of it goes on."""

    run: str
    job: str
    running: bool


class Touched(NamedTuple):
    """A run that is not over, and in words what becomes of it."""

    going: Going
    effect: str


class JobDifference(Record):
    """
    What becomes of a job: *before* is None when it is new, *after* when it is gone.

    *fires* is None when nothing is changed of what says when it fires, and when no time does.
    """

    kind: Kind
    before: Job | None
    after: Job | None
    keys: tuple[KeyDifference, ...]
    fires: FireDifference | None
    runs: tuple[Touched, ...]

    @property
    def job(self) -> Job:
        """The job as it becomes; one that is gone as it was."""
        job = self.after or self.before
        assert job is not None
        return job

    @property
    def fires_otherwise(self) -> bool:
        """Whether it fires otherwise than before, or something else causes its runs."""
        other_times = self.fires is not None and not self.fires.same
        return other_times or _heard(self.before) != _heard(self.after)


def _heard(job: Job | None) -> object:
    """Return what causes runs of a job beside time, None when nothing does."""
    if job is None or not job.listens:
        return None
    return job.causes, job.filters


class Differences(Record):
    """
    What becomes of the jobs, those that are gone last, and of the settings beside them.

    Fire times are compared later than *now* up to *until*. *same* is how many jobs are what they
    were.
    """

    now: datetime
    until: datetime
    jobs: tuple[JobDifference, ...]
    settings: tuple[KeyDifference, ...]
    same: int


def differences(
    before: Config | None,
    after: Config,
    now: datetime,
    length: timedelta,
    going: Sequence[Going] = (),
    *,
    in_place: bool = True,
) -> Differences:
    """
    Return what it means to go by *after* and no more by *before*, which is None for nothing.

    Fire times are compared later than *now* (UTC) up to *length* on. Unless *after* stands
    *in_place* of *before*, the directories of the two say nothing.
    """
    pairs = _pairs(before.jobs if before is not None else (), after.jobs)
    runs: dict[str, list[Going]] = defaultdict(list)
    for one in going:
        runs[one.job].append(one)
    unequal = [pair for pair in pairs if not _same(*pair, in_place=in_place)]
    most = min(_MOST, max(_FEWEST, _MOST_OF_ALL // max(len(unequal), 1)))
    fires = partial(_fires, now=now, end=now + length, most=most)
    found = [_difference(pair, runs, fires, in_place=in_place) for pair in unequal]
    settings = () if before is None else setting_differences(before, after, in_place=in_place)
    same = len(pairs) - len(unequal)
    return Differences(now, now + length, tuple(found), tuple(settings), same)


_Pair = tuple[Job | None, Job | None]


def _pairs(before: Sequence[Job], after: Sequence[Job]) -> list[_Pair]:
    """Return what each job was and becomes, in the order of *after*; those gone come last."""
    old = {job.name: job for job in before}
    names = {job.name for job in after}
    gone = [job for job in before if job.name not in names]
    renamed = _renamed(gone, [job for job in after if job.name not in old])
    pairs: list[_Pair] = [(old.get(job.name) or renamed.get(job.name), job) for job in after]
    found_again = {job.name for job in renamed.values()}
    return pairs + [(job, None) for job in gone if job.name not in found_again]


def _renamed(gone: Sequence[Job], new: Sequence[Job]) -> dict[str, Job]:
    """Return what new jobs were before, where there is no doubt: of a sort there is one each."""
    old = _by_sort(gone)
    return {
        jobs[0].name: old[sort][0]
        for sort, jobs in _by_sort(new).items()
        if len(jobs) == 1 and len(old.get(sort, ())) == 1
    }


def _by_sort(jobs: Sequence[Job]) -> dict[object, list[Job]]:
    """Return jobs by what they do and when."""
    found: dict[object, list[Job]] = defaultdict(list)
    for job in jobs:
        given = repr(job.params) if job.python is not None else None
        found[job.schedule_digest, job.command, job.python, given].append(job)
    return found


def _same(before: Job | None, after: Job | None, *, in_place: bool) -> bool:
    """Return whether a job is what it was."""
    if before is None or after is None:
        return False
    return (before.digest, before.name) == (after.digest, after.name) and (
        before.directory == after.directory or not in_place
    )


class _Compare(Protocol):
    def __call__(self, before: Job | None, after: Job | None) -> FireDifference | None: ...


def _fires(
    before: Job | None, after: Job | None, now: datetime, end: datetime, most: int
) -> FireDifference | None:
    if not any(job is not None and job.clock for job in (before, after)):
        return None
    return fire_difference(before, after, now, end, most)


def _difference(
    pair: _Pair, going: Mapping[str, Sequence[Going]], fires: _Compare, *, in_place: bool
) -> JobDifference:
    before, after = pair
    if after is None:
        assert before is not None
        ended = _of_gone(going.get(before.name, ()))
        return JobDifference("gone", before, None, (), fires(before, None), ended)
    if before is None:
        return JobDifference("new", None, after, (), fires(None, after), ())
    changed = changed_keys(before, after)
    keys = list(key_differences(before, after, changed))
    if in_place and before.directory != after.directory:
        keys.append(plain_difference("directory", before.directory, after.directory))
        changed.append("directory")
    compared = None if _FIRES.isdisjoint(changed) else fires(before, after)
    if before.name != after.name:
        ended = _of_gone(going.get(before.name, ()))
        return JobDifference("renamed", before, after, tuple(keys), compared, ended)
    touched = _of_changed(going.get(after.name, ()), changed, after)
    return JobDifference("changed", before, after, tuple(keys), compared, touched)


# ---- runs


def _of_gone(going: Sequence[Going]) -> tuple[Touched, ...]:
    """Return what becomes of the runs of a job of whose name there is none any more."""
    ends = "goes on to its end, and is not tried again"
    return tuple(Touched(one, ends if one.running else "is cancelled") for one in going)


def _of_changed(going: Sequence[Going], changed: Sequence[str], after: Job) -> tuple[Touched, ...]:
    """Return what becomes of the runs of a job, as far as the keys *changed* are about them."""
    if not going:
        return ()
    at_start, at_once, waiting = (
        [key for key in keys if key in changed]
        for keys in (_AT_START, _AT_ONCE, (*_AT_START, *_AT_ONCE, *_WHILE_WAITING))
    )
    running = []
    if at_start:
        again = ", another attempt has the new" if after.retry is not None else ""
        running.append(f"goes on with the {_and(at_start)} it began with{again}")
    if at_once:
        running.append(f"has the new {_and(at_once)} from now on")
    waits = [f"starts with the new {_and(waiting)}"] if waiting else []
    if "enabled" in changed and not after.enabled:
        running, waits = running or ["goes on all the same"], waits or ["starts all the same"]
    words = {True: "; ".join(running), False: "; ".join(waits)}
    return tuple(Touched(one, words[one.running]) for one in going if words[one.running])


def _and(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
