"""
Jobs of ours as a crontab that does the same, as far as cron can.

Written for Debian's cron, by whose rules `crontab_line` reads.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from schedkit.errors import ConfigError
from schedkit.interchange.crontab_file import PATH, POSIX_SHELLS, SHELL
from schedkit.interchange.crontab_line import (
    LONGEST,
    assigning,
    assignment,
    collapses,
    entry,
    escaped,
)
from schedkit.interchange.crontab_task import LEFT, TOLD, Machine, Task, reboots, task
from schedkit.interchange.draft import Difference, Exported, Refusal
from schedkit.job import Job
from schedkit.texts import safe

_HEADER = "# Written by sched export crontab."
_OWN = ("SHELL", "LOGNAME", "CRON_TZ")  # what cron takes for itself


def write(jobs: Sequence[Job], machine: Machine, *, system: bool = False) -> Exported:
    """
    Return the crontab, and which jobs it cannot hold.

    *system*: with a user in each line, as in /etc/crontab and the files of /etc/cron.d.
    """
    tasks: list[Task] = []
    refused: dict[str, str] = {}
    for job in jobs:
        try:
            tasks.append(task(job, machine, system=system))
        except ConfigError as error:
            refused[job.name] = str(error)
    lines = [_HEADER]
    differences: list[Difference] = []
    state = {"SHELL": SHELL, "PATH": PATH, "CRON_TZ": machine.zone}
    for place, one in enumerate(tasks, 1):
        try:
            written = _Written(one, state, tasks[place:], system=system)
        except ConfigError as error:
            refused[one.job.name] = str(error)
            continue
        lines += ["", *written.lines]
        state |= written.assigned
        differences += _differences(one, written, machine, system=system)
    told = tuple(Refusal(job.name, refused[job.name]) for job in jobs if job.name in refused)
    return Exported("\n".join([*lines, ""]), {}, told, tuple(differences))


class _Written:
    """
    The lines of one job, below those of others.

    A crontab can set a variable, for all lines below, and not take it away again: so only what
    every later job sets as well stands in a line of its own, and the rest in the command.
    """

    def __init__(
        self, one: Task, state: Mapping[str, str], later: Sequence[Task], *, system: bool
    ) -> None:
        self.assigned: dict[str, str] = {}
        self._prefix: list[str] = []
        assignments = []
        for name, value in _variables(one).items():
            if state.get(name) == value:
                continue
            stays = name in state or all(name in other.env for other in later)
            line = assigning(name, value) if stays else None
            if line is None:
                self._export(name, value)
            else:
                self.assigned[name] = value
                assignments.append(line)
        for name in one.env:
            if name in _OWN and (name != "SHELL" or one.env[name] != one.job.shell):
                self._export(name, one.env[name])
        self._enter(one, {**state, **self.assigned}, system=system)
        self.command = self._command(one)
        comment = safe(" ".join((one.job.description or one.job.name).split()))
        who = [one.user] if system else []
        entries = [" ".join([at, *who, self.command]) for at in one.times]
        for at, line in zip(one.times, entries, strict=True):
            _check(line, (at, one.user if system else None, self.command), system=system)
        self.lines = [f"# {comment}", *assignments, *entries]

    def _export(self, name: str, value: str) -> None:
        if not name.isidentifier() or not name.isascii():
            raise ConfigError.of(f"neither cron nor a shell sets a variable {name!r}")
        self._prefix.append(f"export {name}={shlex.quote(value)}; ")

    def _enter(self, one: Task, state: Mapping[str, str], *, system: bool) -> None:
        """Change into the directory of the job, unless cron does: to HOME."""
        job = one.job
        if "HOME" in state:
            there = job.working_dir == state["HOME"]
        else:
            homes = {f"~{one.user}"} | ({"~"} if job.user is None or not system else set())
            there = job.working_dir in homes
        if not there:
            self._prefix.append(f"cd {shlex.quote(str(job.path(job.working_dir)))} || exit; ")

    def _command(self, one: Task) -> str:
        if self._prefix and PurePosixPath(one.job.shell).name not in POSIX_SHELLS:
            raise ConfigError.of(f"{one.job.shell} cannot be told where it runs, or its variables")
        command = "".join(self._prefix) + one.command
        written = escaped(command, one.data)
        if written is None and "\n" in command:
            raise ConfigError.of("its command has more than one line, a crontab has one for it")
        if written is None:
            raise ConfigError.of("what it reads has a line that ends with a backslash")
        if len(written.encode()) > LONGEST:
            raise ConfigError.of(
                f"its command is longer than {LONGEST} bytes, with which Debian's cron refuses "
                "the whole crontab"
            )
        return written


def _variables(one: Task) -> dict[str, str]:
    """Return what lines are to set before those of a job."""
    env = {name: value for name, value in one.env.items() if name not in _OWN}
    return {"SHELL": one.job.shell, "PATH": PATH, **env, "CRON_TZ": one.zone}


def _check(line: str, meant: tuple[str, str | None, str], *, system: bool) -> None:
    """Refuse a line that cron would take for something else."""
    try:
        if assignment(line) is None and entry(line, system=system)[:3] == meant:
            return
    except ConfigError:
        pass
    raise ConfigError.of("cron would take its command for something else")


def _differences(
    one: Task, written: _Written, machine: Machine, *, system: bool
) -> Iterator[Difference]:
    job = one.job
    yield from _about_keys(job)
    if one.zone != machine.zone:
        message = f"CRON_TZ is cronie's: Debian's cron takes {machine.zone} all the same"
        yield Difference(job.name, f"timezone: {one.zone}", message)
    if "PATH" not in one.env:
        message = f"no PATH is set: cron looks for programs in {PATH} alone"
        yield Difference(job.name, "env", message)
    if reboots(job):
        message = "cron starts it when the machine has started, not whenever a runner does"
        yield Difference(job.name, "startup", message)
    if system and job.user is None:
        message = f"no user is set: it is written to run as {one.user}"
        yield Difference(job.name, "user", message)
    if "SCHED_" in one.command:
        yield Difference(job.name, "command", "cron sets no variables SCHED_...")
    if collapses(written.command):
        message = "Debian's cron makes one backslash of two, as it is written for; cronie does not"
        yield Difference(job.name, "command", message)


def _about_keys(job: Job) -> Iterator[Difference]:
    for key in ("overlap", "catchup", "on_interrupted"):
        value = getattr(job, key)
        if (key, value) in TOLD:
            yield Difference(job.name, f"{key}: {value}", TOLD[key, value])
    for key, message in LEFT.items():
        if getattr(job, key):
            yield Difference(job.name, key, message, taken=False)
