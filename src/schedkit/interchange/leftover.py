"""What of a job another scheduler cannot be told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from typing import NamedTuple

from schedkit.errors import ConfigError, Problem
from schedkit.job import Job, Keys

_CHECKS = {"expect", "never_on"}  # which say nothing of how it runs
_NOTHING = "nothing there does that"


# What to say of a key, or of a key with one of its values; None for nothing.
Told = Mapping[tuple[str, ...], str | None]


class Left(NamedTuple):
    """A setting, what is to be said of it, and whether something of it is written."""

    text: str
    message: str
    taken: bool = False


def refuse(job: Job, reasons: Mapping[str, str]) -> None:
    """
    Refuse a job that has one of the keys that *reasons* names.

    Raises: ConfigError, with every reason.
    """
    set_keys = {key for key, _ in _set(job)}
    problems = [Problem(reason) for key, reason in reasons.items() if key in set_keys]
    if problems:
        raise ConfigError(*problems)


def leftover(job: Job, said: Collection[str], told: Told) -> Iterator[Left]:
    """Yield what is set of a job beside the keys that are *said* over there."""
    for key, value in _set(job):
        message = told.get((key, str(value)), told.get((key,), _NOTHING))
        if message is None or key in said or key in _CHECKS:
            continue
        yield Left(f"{key}: {value}" if isinstance(value, (str, int)) else key, message)


def _set(job: Job) -> Iterator[tuple[str, object]]:
    """Yield the keys of a job that have another value than they have unless they are set."""
    for field in fields(Keys):
        usual = field.default
        if usual is MISSING:
            usual = None if field.default_factory is MISSING else field.default_factory()
        value = getattr(job, field.name)
        if value != usual:
            yield field.name, value
