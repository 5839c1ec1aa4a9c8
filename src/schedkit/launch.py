"""What is started for an attempt: arguments, environment and places, from a job."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schedkit import entrypoint
from schedkit.commands import FromEnv, FromFile
from schedkit.errors import ConfigError, ExecutorError
from schedkit.job import Job
from schedkit.run import AttemptKey, Trigger, run_id

# What the runner was told about itself is not for its jobs.
_NOT_FOR_JOBS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM",
                 "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "INVOCATION_ID")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Launch:
    """
    A process to start.

    *output* is the file for what it writes, *result* the one for what a Python function returns.
    *mark* is the entry of its environment that no process of another run has.
    """

    key: AttemptKey
    argv: tuple[str, ...]
    env: Mapping[str, str]
    working_dir: Path
    output: Path
    result: Path | None
    mark: str


def arguments(job: Job) -> str:
    """Return what *job* runs, in a line; never its environment, which may hold secrets."""
    if job.python is not None:
        params = ", ".join(f"{name}={value!r}" for name, value in job.params.items())
        return f"{job.python}({params})"
    assert job.command is not None
    if isinstance(job.command, str):
        return job.command
    import shlex

    return shlex.join(job.command)


def mark(key: AttemptKey, store: str) -> str:
    """Return the entry that the environment of a run's processes has, and of no other run's."""
    return f"SCHED_RUN_ID={run_id(key.run)}-{store[:12]}"


def launch(
    job: Job,
    key: AttemptKey,
    fire_time: datetime,
    trigger: Trigger,
    *,
    store: str,
    output: Path,
    params: Mapping[str, str] | None = None,
) -> Launch:
    """
    Return what is to be started for an attempt of *job*.

    *store* is the id of the store, *output* the directory of output files.

    Raises: ExecutorError when a file that the job names cannot be read.
    """
    log = output_file(output, key)
    result = log.with_suffix(".json")
    ours = {
        "SCHED_JOB": job.name,
        "SCHED_RUN_ID": mark(key, store).partition("=")[2],
        "SCHED_FIRE_TIME": fire_time.astimezone(job.timezone).isoformat(),
        "SCHED_ATTEMPT": str(key.number),
        "SCHED_TRIGGER": str(trigger),
    }
    directory = _path(job, job.working_dir)
    env = {**_inherited(), **dict(_variables(job)), **ours}
    is_python = job.python is not None
    return Launch(
        key, tuple(_argv(job, result)), env, directory, log,
        result if is_python else None, mark(key, store),
    )  # fmt: skip


def output_file(directory: Path, key: AttemptKey) -> Path:
    """Return the file for the output of an attempt: never a job's name, which may be any text."""
    return directory / run_id(key.run)[:3] / f"{key}.log"


def _path(job: Job, name: str) -> Path:
    try:
        return job.path(name)
    except ConfigError as error:
        raise ExecutorError(error.problems[0].message) from error


def _argv(job: Job, result: Path) -> list[str]:
    if job.python is not None:
        interpreter = job.interpreter or sys.executable
        return [interpreter, entrypoint.__file__, job.python, json.dumps(job.params), str(result)]
    if isinstance(job.command, str):
        return [job.shell, "-c", job.command]
    assert job.command is not None
    return list(job.command)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _NOT_FOR_JOBS}


def _variables(job: Job) -> Iterator[tuple[str, str]]:
    for name in job.env_file:
        yield from _env_file(_path(job, name))
    for name, value in job.env.items():
        if isinstance(value, FromFile):
            yield name, _read(_path(job, value.path)).removesuffix("\n")
        elif isinstance(value, FromEnv):
            if value.name not in os.environ:
                raise ExecutorError(f"the runner has no variable {value.name!r} for {name!r}")
            yield name, os.environ[value.name]
        else:
            yield name, value
    if job.python is None:
        for name, param in job.params.items():
            yield name, param if isinstance(param, str) else json.dumps(param)


def _env_file(path: Path) -> Iterator[tuple[str, str]]:
    """
    Yield the variables of a file of NAME=value lines.

    Source: systemd.exec(5), "EnvironmentFile=": comments begin with # or ;, quotes go.
    """
    for number, line in enumerate(_read(path).splitlines(), 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        name, equals, value = text.removeprefix("export ").partition("=")
        name = name.strip()
        if not equals or not name or any(character.isspace() for character in name):
            raise ExecutorError(f"{path}:{number}: not NAME=value")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        yield name, value


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ExecutorError(f"{path} cannot be read: {(error.strerror or '').lower()}") from error
    except UnicodeDecodeError as error:
        raise ExecutorError(f"{path} is not UTF-8") from error
    except ValueError as error:  # a NUL in the path
        raise ExecutorError(f"{str(path)!r} cannot be read: {error}") from error
