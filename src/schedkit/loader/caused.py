"""What is likely not meant of what runs a job beside time, and of keys that need a clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from schedkit.causes import OnPath
from schedkit.errors import ConfigError, Problem
from schedkit.job import Job
from schedkit.loader.document import Document
from schedkit.loader.lints import Finding

_MAGIC = frozenset("*?[")
_BRACES = Problem(
    "braces stand for themselves, and what has a comma for two paths",
    "write a list of them: [in/a.csv, in/b.csv]",
)
_WITHOUT_EFFECT = {
    "catchup": "how late what causes it may be is its catchup_window",
    "never_on": "on which days it may run whatever causes it is asked of its filters",
}


def lints(job: Job, jobs: Mapping[str, Job], read: Document) -> Iterator[Finding]:
    """Yield what is suspicious about the causes of *job*; *read* has it, *jobs* are all by name."""
    if not job.clock:
        for key, hint in _WITHOUT_EFFECT.items():
            if read.has("jobs", job.name, key):
                message = f"{key} has no effect without a clock"
                yield Finding((key,), Problem(message, hint, on_key=True))
    if not job.listens:
        return
    yield from _ends(job, jobs)
    for place, trigger in enumerate(job.on):
        if isinstance(trigger, OnPath):
            braces = next((n for n, one in enumerate(trigger.path) if set("{}") & set(one)), None)
            if braces is not None:
                yield Finding(("on", place, "path", braces), _BRACES)
            for n, pattern in enumerate(trigger.path):
                problem = _directory(job, pattern)
                if problem is not None:
                    yield Finding(("on", place, "path", n), problem)


def _ends(job: Job, jobs: Mapping[str, Job]) -> Iterator[Finding]:
    """Look for jobs it runs after of which no run ends so."""
    if job.after is None:
        return
    key = next(key for key in ("job", "any", "all") if getattr(job.after, key))
    for place, name in enumerate(job.after.jobs):
        why = _never(jobs[name], job.after.states)
        if why is not None:
            yield Finding(("after", key, place), Problem(f"no run of {name!r} ends {why}"))


def _never(other: Job, states: frozenset[str]) -> str | None:
    if not other.enabled:
        return "while it is disabled"
    if states == {"timed_out"} and other.timeout is None:
        return "as timed_out: it has no timeout"
    return None


def _directory(job: Job, pattern: str) -> Problem | None:
    """Return that the directory is not there in which files of *pattern* are to arrive."""
    try:
        whole = os.path.normpath(job.path(pattern))
    except (ConfigError, ValueError) as error:
        return Problem(str(error))
    parts = os.path.dirname(whole).split("/")  # noqa: PTH120  # of a pattern
    literal = next((n for n, part in enumerate(parts) if _MAGIC & set(part)), len(parts))
    directory = "/".join(parts[:literal]) or "/"
    if os.path.isdir(directory):  # noqa: PTH112
        return None
    hint = "files are waited for all the same, from when it is there"
    return Problem(f"{directory} is not a directory", hint)
