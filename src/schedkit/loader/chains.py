"""Jobs that run after others: those must be there, and no job may run after itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from schedkit.errors import Problem, did_you_mean
from schedkit.job import Job
from schedkit.loader.placed import Placed

_SHOWN = 12  # jobs of a loop; a longer one is cut in the middle


def check(jobs: Mapping[str, Job], entries: Mapping[str, Placed]) -> None:
    """Add to the *entries* of jobs what is wrong with the chains that these make."""
    for name, job in jobs.items():
        for problem in _unknown(job, entries):
            entries[name].add(problem)
    before = {
        name: [one for one in job.after.jobs if one in jobs]
        for name, job in jobs.items()
        if job.after is not None
    }
    hint = "a run that ends would cause the next one for ever: cut it somewhere"
    for loop in loops(before):
        shown = [*loop, loop[0]]
        if len(shown) > _SHOWN:
            shown[_SHOWN // 2 : -_SHOWN // 2] = ["..."]
        message = f"it runs after itself: {' after '.join(shown)}"
        entries[loop[0]].add(Problem(message, hint, ("after",)))


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


def loops(before: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """
    Yield ways from jobs over those *before* them back to themselves, none that meets another one.

    Of each job the shortest, in the order of jobs.
    """
    left = _on_both_sides(before)
    seen: set[str] = set()
    for name in before:
        if name in left and name not in seen:
            loop = _loop(name, before, left)
            if loop and not seen & {*loop}:
                seen |= {*loop}
                yield loop


def _on_both_sides(before: Mapping[str, Sequence[str]]) -> set[str]:
    """
    Return the jobs that have a loop before them and one behind: mostly none.

    To look from each job for a way back would take a long chain minutes.
    """
    behind: dict[str, list[str]] = {}
    for name, others in before.items():
        for other in others:
            behind.setdefault(other, []).append(name)
    return _on_loops(before, behind) & _on_loops(behind, before)


def _on_loops(before: Mapping[str, Sequence[str]], behind: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the jobs that one would never come to who waits for all those before each."""
    waits = {name: len(others) for name, others in before.items() if others}
    ready = [name for name in behind if name not in waits]
    for name in ready:  # which grows
        for other in behind.get(name, ()):
            waits[other] -= 1
            if not waits[other]:
                del waits[other]
                ready.append(other)
    return set(waits)


def _loop(start: str, before: Mapping[str, Sequence[str]], left: set[str]) -> list[str]:
    """Return the shortest way from a job over those *left* back to it; empty if there is none."""
    after: dict[str, str] = {}  # by job the one that leads to it
    ready = [start]
    for name in ready:  # which grows
        for other in before.get(name, ()):
            if other == start:
                way = [name]
                while way[-1] != start:
                    way.append(after[way[-1]])
                return way[::-1]
            if other in left and other not in after:
                after[other] = name
                ready.append(other)
    return []
