"""Jobs and files as they are before and after somebody has edited them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fakes import load
from schedkit.config import Config
from schedkit.job import Job


def config(text: str) -> Config:
    """Return what a file says, as if it stood where all the others of a test do."""
    with TemporaryDirectory() as directory:
        found = load(Path(directory), text)
    for job in found.jobs:
        object.__setattr__(job, "directory", "/etc/sched")
    return found


def jobs(*written: str, text: str = "") -> tuple[Job, ...]:
    """Return the jobs that lines make, each in a file of its own; or those of a whole *text*."""
    if text:
        return config(text).jobs
    return tuple(job for line in written for job in config(f"jobs: {{{line}}}").jobs)


def a(keys: str) -> str:
    """Return a line that says the job `a`: *keys*, and what must be there."""
    missing = [
        key for key in ("command: x", "clock: every 1h") if key.partition(" ")[0] not in keys
    ]
    return f"a: {{{', '.join(filter(None, [keys, *missing]))}}}"
