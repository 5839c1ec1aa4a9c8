"""
What runs a job of ours beside time, as systemd has it: services that start others, and paths.

Source: systemd.unit(5), "OnFailure=" and "OnSuccess="; systemd.path(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from schedkit.causes import After, OnAbsent, OnPath, Trigger
from schedkit.errors import ConfigError
from schedkit.interchange import unit_texts
from schedkit.interchange.leftover import Left
from schedkit.job import Job

_FAILURES = ("failed", "timed_out", "cancelled")  # what a unit that has failed may be here
_NOT_MADE_UP = "it starts at once or not at all: what a shutdown keeps from starting stays out"
_BY_GLOB = "a file that is there starts it again and again, complete or not: the job is to move it"
_BY_CHANGE = (
    "each change starts it, whatever is in the file, also when that goes; none while it runs, or"
    " while nobody watches"
)
_UNHEARD = "nothing there hears of events: who emits it can say systemctl start"
_MAGIC = frozenset("*?[")


class Causes(NamedTuple):
    """
    What systemd can be told of the causes of a job, and what is to be said of them.

    *after* are the settings that start it, by the jobs whose services have them. *paths* are the
    settings of its path unit.
    """

    after: Mapping[str, tuple[str, ...]]
    paths: tuple[str, ...]
    left: tuple[Left, ...]

    @property
    def start_it(self) -> bool:
        """Whether anything of them does."""
        return bool(self.after or self.paths)


def causes(job: Job, written: Mapping[str, Job]) -> Causes:
    """Return what of the causes of *job* can be said where the services of jobs are *written*."""
    left: list[Left] = []
    if not job.listens or job.filters:
        why = "its filters ask when it happens, and nothing there does"
        why = why if job.enabled else "it is not enabled, and nothing is written that starts it"
        return Causes({}, (), tuple(Left(str(one), why) for one in job.causes))
    after = {} if job.after is None else dict(_after(job.after, written, left))
    paths: list[str] = []
    for trigger in job.on:
        try:
            paths += _paths(job, trigger, left)
        except ConfigError as error:
            left.append(Left(str(trigger), str(error)))
    return Causes(after, tuple(paths), tuple(dict.fromkeys(left)))


# ---- the ends of other jobs


def _after(
    after: After, written: Mapping[str, Job], left: list[Left]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the jobs whose services start it, each with the settings; tell what is *left*."""
    if len(after.all) > 1:
        left.append(Left(str(after), "nothing there waits for several"))
        return
    missed = sorted(after.states & {"skipped", "missed"})
    if missed:
        message = f"nothing is started there after what is {' or '.join(missed)}"
        left.append(Left(str(after), message))
    for name in after.jobs:
        if name not in written:
            left.append(Left(str(after), f"{name} is not written, after which it runs"))
            continue
        settings = [
            *(["OnSuccess"] if "succeeded" in after.states else []),
            *(["OnFailure"] if after.states & {*_FAILURES, "lost"} else []),
        ]
        if settings:
            left += _about_ends(after, written[name])
            yield name, tuple(settings)


def _about_ends(after: After, other: Job) -> Iterator[Left]:
    yield Left(str(after), _NOT_MADE_UP, taken=True)
    if "succeeded" in after.states and other.only_if is not None:
        message = f"it starts as well when {other.name} was left out by its only_if"
        yield Left(str(after), message, taken=True)
    more = [state for state in _FAILURES if state not in after.states]
    if more and after.states & {*_FAILURES, "lost"}:
        message = f"OnFailure= is any end but a success: {' and '.join(more)} as well"
        yield Left(str(after), message, taken=True)


# ---- events and files


def _paths(job: Job, trigger: Trigger, left: list[Left]) -> list[str]:
    """
    Return the settings that watch for files.

    Raises: ConfigError when systemd cannot do what *trigger* says.
    """
    if isinstance(trigger, OnAbsent):
        raise ConfigError.of("nothing there notices what does not come")
    if not isinstance(trigger, OnPath):
        raise ConfigError.of(f"{_UNHEARD} {unit_texts.unit_name(job.name)}")
    if trigger.params:
        raise ConfigError.of("its params are of the file, of which no service there is told")
    settings = [_setting(job, path) for path in trigger.path]
    kinds = {setting.partition("=")[0] for setting in settings}
    if "PathExistsGlob" in kinds:
        left.append(Left(str(trigger), _BY_GLOB, taken=True))
    if "PathChanged" in kinds:
        left.append(Left(str(trigger), _BY_CHANGE, taken=True))
    return settings


def _setting(job: Job, path: str) -> str:
    written = unit_texts.path(job, path)
    if not _MAGIC & set(written):
        return f"PathChanged={written}"
    if "**" in written:
        raise ConfigError.of(f"{path!r} is of any directory, and no pattern there is")
    if {"{", "\\"} & set(written):
        raise ConfigError.of(f"systemd takes {path!r} for another pattern")
    return f"PathExistsGlob={written}"
