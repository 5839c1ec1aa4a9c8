"""Which jobs of ours cron can run, and what is then not the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import TZPATH

from schedkit.clocks.cron import Cron
from schedkit.clocks.startup import Startup
from schedkit.errors import ConfigError, Problem
from schedkit.interchange.crontab_file import POSIX_SHELLS
from schedkit.interchange.crontab_line import without_input
from schedkit.interchange.crontab_times import REBOOT, times
from schedkit.job import Job, Keys

# Of the keys of a job: those that a line says, and those that say neither when nor how it runs.
_SAID = {"description", "command", "python", "interpreter", "shell", "params", "enabled", "clock",
         "timezone", "dst", "env", "working_dir", "user"}  # fmt: skip
_SILENT = {"stop_signal", "kill_grace", "success", "priority", "catchup_window", "catchup_limit",
           "grace", "start_deadline", "output", "history", "expect", "never_on",
           "alert_on_failure"}  # fmt: skip
# Those that a line does without, and what is said of them.
LEFT = {
    "after": "cron starts nothing when something else has ended",
    "on": "cron hears of nothing but the time",
    "notify": "cron tells nobody; it mails what a command writes to MAILTO",
    "ping": "cron tells nobody; the command can: && curl URL",
    "sla": "cron does not look at it",
}
_FLOCK = "cron starts it beside a run that goes on; to keep it from that: flock"
_MISSED = "cron runs nothing late that was missed"
TOLD = {
    ("overlap", "skip"): f"{_FLOCK} -n FILE COMMAND",
    ("overlap", "queue_one"): f"{_FLOCK} FILE COMMAND",
    ("overlap", "queue_all"): f"{_FLOCK} FILE COMMAND",
    ("overlap", "replace"): "cron starts it beside a run that goes on, and ends none",
    ("catchup", "latest"): _MISSED,
    ("catchup", "all"): _MISSED,
    ("on_interrupted", "rerun"): "cron does not run again what was lost with the machine",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a crontab takes from where it is: the zone, whose it is, and what time it is (UTC)."""

    zone: str
    user: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """
    A job as cron would run it: at each of *times*, *command*, which reads *data*.

    *env* is what is set beside `SHELL`. *zone* is that of its times, *user* the one it runs as.
    """

    job: Job
    times: tuple[str, ...]
    command: str
    data: str
    env: dict[str, str]
    zone: str
    user: str


def task(job: Job, machine: Machine, *, system: bool) -> Task:
    """
    Return what cron is to run.

    Raises: ConfigError, with every reason why it cannot.
    """
    problems = [*_unknown(job), *_about_user(job, machine, system=system)]
    if problems:
        raise ConfigError(*problems)
    command, data = _command(job)
    at = tuple(_times(job, machine.now))
    zone = str(job.timezone)
    if set(at) == {REBOOT} or _same_zone(zone, machine.zone):
        zone = machine.zone
    env = {name: value for name, value in job.env.items() if isinstance(value, str)}
    for name, value in job.params.items():
        env[name] = value if isinstance(value, str) else json.dumps(value)
    return Task(job, at, command, data, env, zone, job.user or machine.user)


def _unknown(job: Job) -> Iterator[Problem]:
    """Yield what a job has that cron knows nothing of."""
    if job.python is not None:
        yield Problem("it calls a Python function, and cron runs commands")
    if not job.enabled:
        yield Problem("it is not enabled")
    if not job.clock:
        yield Problem("it has no clock, and cron starts nothing else")
    known = _SAID | _SILENT | {*LEFT} | {key for key, _ in TOLD}
    names = [
        field.name
        for field in fields(Keys)
        if field.name not in known and getattr(job, field.name) != _usual(field)
    ]
    if names:
        yield Problem(f"cron has nothing like {', '.join(names)}")
    for name, value in job.env.items():
        if not isinstance(value, str):
            yield Problem(f"{name} is taken from elsewhere, and cron sets variables to texts")


def _usual(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _about_user(job: Job, machine: Machine, *, system: bool) -> Iterator[Problem]:
    if job.user is None or (job.user == machine.user and not system):
        return
    if not system:
        yield Problem(f"it runs as {job.user}, which takes a crontab of the system", "--system")
    elif job.user.isdecimal() or job.user.split() != [job.user]:
        yield Problem(f"it runs as {job.user!r}, and cron knows users by their names")


def _command(job: Job) -> tuple[str, str]:
    """Return the command in one line, and what it reads."""
    assert job.command is not None
    if not isinstance(job.command, str):
        return shlex.join(job.command), ""
    command = job.command.strip("\n").lstrip(" \t")
    if command.endswith("\\"):  # which would have joined the next line to it
        command = job.command
    if PurePosixPath(job.shell).name not in POSIX_SHELLS:
        return command, ""
    return without_input(command)


def _times(job: Job, now: datetime) -> Iterator[str]:
    """Yield the times of the lines of a job, no moment of which is in two of them."""
    found: list[list[str]] = []
    for clock in job.schedule.clocks:
        found.append(times(clock, job.timezone, now))
        earlier = {moment for lines in found[:-1] for moment in _moments(lines)}
        if earlier & set(_moments(found[-1])):
            raise ConfigError.of("two of its clocks may fire at once, and cron would start both")
        yield from found[-1]


def _moments(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the hours and minutes at which lines fire, on whatever day; @reboot has none."""
    for line in lines:
        if line == REBOOT:
            yield -1, -1
            continue
        for hour, minutes, _ in Cron(line).recurrence.times:
            yield from ((hour, minute) for minute in minutes)


def reboots(job: Job) -> bool:
    """Return whether it fires each time the runner starts, which is not when the machine does."""
    return any(isinstance(clock, Startup) and clock.each == "runner" for clock in job.clock)


@cache
def _same_zone(name: str, other: str) -> bool:
    """Return whether two names are those of one zone, as UTC and Etc/UTC are."""
    return name == other or _data(name) == _data(other)


def _data(name: str) -> bytes | str:
    """Return what the tz database of the machine has under a name; the name if it has nothing."""
    places = (Path(directory, name) for directory in TZPATH)
    place = next((place for place in places if place.is_file()), None)
    return name if place is None else place.read_bytes()
