"""Jobs that run after others: those must be there, and no job may run after itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schedkit.errors import Problem, did_you_mean
from schedkit.job import Job
from schedkit.loader.placed import Placed


def check(jobs: Mapping[str, Job], entries: Mapping[str, Placed]) -> None:
    """Add to the *entries* of jobs what is wrong with the chains that these make."""
    for name, job in jobs.items():
        for problem in _unknown(job, entries):
            entries[name].add(problem)
    seen: set[str] = set()
    for name in jobs:
        loop = _loop(name, jobs)
        if loop and not seen & {*loop}:
            seen |= {*loop}
            way = " after ".join([*loop, loop[0]])
            hint = "a run that ends would cause the next one for ever: cut it somewhere"
            entries[loop[0]].add(Problem(f"it runs after itself: {way}", hint, ("after",)))


def _unknown(job: Job, entries: Mapping[str, Placed]) -> Iterator[Problem]:
    for key, names in () if job.after is None else (("any", job.after.any), ("all", job.after.all)):
        for place, name in enumerate(names):
            if name not in entries:
                yield _no_job(name, entries, ("after", key, place))
    if job.after is not None and job.after.job is not None and job.after.job not in entries:
        yield _no_job(job.after.job, entries, ("after", "job"))


def _no_job(name: str, entries: Mapping[str, Placed], path: tuple[str | int, ...]) -> Problem:
    hint = did_you_mean(name, entries) or "name a job of these files"
    return Problem(f"no job is named {name!r}", hint, path)


def _loop(start: str, jobs: Mapping[str, Job]) -> list[str]:
    """Return the shortest way from a job over those it runs after back to it; none is empty."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:  # which grows
        job = jobs.get(way[-1])
        for name in () if job is None or job.after is None else job.after.jobs:
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
