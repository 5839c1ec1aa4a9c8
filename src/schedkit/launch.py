"""What is started for an attempt: arguments, environment and places, from a job."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from schedkit.accounts import Account, account
from schedkit.commands import FromEnv, FromFile, plain_words
from schedkit.errors import ConfigError, ExecutorError
from schedkit.job import Job
from schedkit.keeper import RESULT
from schedkit.limits import Limits
from schedkit.records import Record
from schedkit.run import AttemptKey, Trigger, run_id
from schedkit.typed import Any

# What the runner was told about itself, or by the shell that started it, is not for its jobs.
_NOT_FOR_JOBS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM",
                 "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "INVOCATION_ID",
                 "OLDPWD", "_")  # fmt: skip
OURS = "SCHED_"  # what names of variables begin with that tell a process of its run
_NO_LIMITS = Limits()
# Never imported: what it needs for a function is nothing for a runner.
_ENTRYPOINT = str(Path(__file__).with_name("entrypoint.py"))
_GATE = str(Path(__file__).with_name("gate.py"))
_SHELL = "/bin/sh"  # of which it is known what it would do


class Surroundings(Record):
    """
    What a process gets that is not the runner's own; None is what the runner has.

    Of each limit: its name, its number, from where on the process is warned, and what ends it.
    """

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] | None = None
    nice: int | None = None
    limits: tuple[tuple[str, int, int, int], ...] = ()


class Launch(Record):
    """
    A process to start.

    *env* is what is added to `inherited`. *output* is the file for what it writes, of which
    *max_output* bytes are kept; *result* the one for what a Python function returns. *mark* is
    the entry of its environment that no process of another run has. *script* is started in place
    of *argv* when that turns out to be a script that names no interpreter. *stdin* is what it
    reads there; nothing when it is None.
    """

    key: AttemptKey
    argv: tuple[str, ...]
    env: Mapping[str, str]
    working_dir: Path
    output: Path
    result: Path | None
    mark: str
    script: tuple[str, ...] | None = None
    max_output: int = 10_000_000
    umask: int | None = None
    surroundings: Surroundings | None = None
    stdin: str | None = None


def arguments(job: Job, *, asks: bool = False) -> str:
    """Return what *job* runs, or *asks* first, in a line; never its environment: it has secrets."""
    if asks:
        return str(job.condition or "")
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
    params: Mapping[str, Any] | None = None,
) -> Launch:
    """
    Return what is to be started for an attempt of *job*.

    *store* is the id of the store, *output* the directory of output files. *params* go before
    those of the job. For attempt 0 it is what is asked before it starts, in its surroundings.

    Raises: ExecutorError when a file that the job names cannot be read, or it has a user that it
    cannot have.
    """
    log = output_file(output, key)
    marked = mark(key, store)
    directory = _path(job, job.working_dir)
    told = {name: value for name, value in (params or {}).items() if name.startswith(OURS)}
    given = {**job.params, **{n: value for n, value in (params or {}).items() if n not in told}}
    who = None if job.user is None and job.group is None else account(job.user, job.group)
    asks = not key.number
    argv, script, asked = _asking(job) if asks else (*_argv(job), {})
    env = {
        "PWD": str(directory),
        **_of_user(job, who),
        **dict(_variables(job)),
        **(_texts(given) if job.python is None else {} if asks else _function(given)),
        **_texts(told),
        **asked,
        "SCHED_JOB": job.name,
        "SCHED_RUN_ID": marked.partition("=")[2],
        "SCHED_FIRE_TIME": fire_time.astimezone(job.timezone).isoformat(),
        "SCHED_ATTEMPT": str(key.number),
        "SCHED_TRIGGER": str(trigger),
    }
    for name, value in env.items():
        if not (value.isascii() or _is_text(value)) or "\0" in value:
            what = "a NUL character" if "\0" in value else "half a character"
            raise ExecutorError(f"the variable {name!r} has {what}: no process can have it")
    tells = asked if asks else job.python
    result = log.with_suffix(".json") if tells else None
    return Launch(
        key, argv, env, directory, log, result, marked, script,
        job.output.max_size, job.umask, _surroundings(job, who), told.get("SCHED_EVENT_PAYLOAD"),
    )  # fmt: skip


def inherited() -> dict[str, str]:
    """Return the part of the runner's own environment that its jobs have, too."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_FOR_JOBS}


def output_file(directory: Path, key: AttemptKey) -> Path:
    """Return the file for the output of an attempt: never a job's name, which may be any text."""
    name = str(key)
    return _below(directory, name[:3]) / f"{name}.log"


def _path(job: Job, name: str) -> Path:
    if not name.startswith("~"):
        return _below(job.directory, name)
    try:
        return job.path(name)
    except ConfigError as error:
        raise ExecutorError(error.problems[0].message) from error


@lru_cache(maxsize=100)  # what starts at one time has much of this in common
def _below(directory: Path | str, name: str) -> Path:
    return Path(directory) / name


def _argv(job: Job) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the arguments, and those to fall back on for a script without an interpreter."""
    if job.python is not None:
        return (job.interpreter or sys.executable, _ENTRYPOINT, job.python), None
    assert job.command is not None
    return _command(job.command, job.shell)


def _command(
    command: str | tuple[str, ...], shell: str
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    if not isinstance(command, str):
        return command, None
    by_shell = (shell, "-c", command)
    words = plain_words(command) if shell == _SHELL else None
    return (by_shell, None) if words is None else (words, by_shell)


def _asking(job: Job) -> tuple[tuple[str, ...], tuple[str, ...] | None, dict[str, str]]:
    """Return how what is asked before is started, and what the process that waits is told."""
    condition = job.condition
    assert condition is not None, "nothing is asked"
    if condition.wait_for:
        told = {**condition.specification(job.shell), "result": RESULT}
        return (sys.executable, "-I", "-S", _GATE), None, {"SCHED_GATE": json.dumps(told)}
    assert condition.only_if is not None, "nothing is asked"
    return *_command(condition.only_if, job.shell), {}


def _of_user(job: Job, who: Account | None) -> dict[str, str]:
    """Return the variables that tell a process of its user. Source: crontab(5) of Debian."""
    if who is None or who.name is None:
        return {}
    home = {} if who.home is None else {"HOME": who.home}
    return {"USER": who.name, "LOGNAME": who.name, "SHELL": job.shell, **home}


def _is_text(value: str) -> bool:
    """Return whether a process can have a text: what JSON can write is more than that."""
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def _function(params: Mapping[str, Any]) -> dict[str, str]:
    # Not arguments: those can be read by everybody on the machine.
    return {"SCHED_PARAMS": json.dumps(params), "SCHED_RESULT": str(RESULT)}


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: param if isinstance(param, str) else json.dumps(param)
        for name, param in params.items()
    }


def _surroundings(job: Job, who: Account | None) -> Surroundings | None:
    limits = tuple(_limits(job.limits))
    becomes = who if who is not None and not who.is_the_runners else None
    if becomes is None and job.nice is None and not limits:
        return None
    if becomes is None:
        return Surroundings(nice=job.nice, limits=limits)
    return Surroundings(becomes.uid, becomes.gid, becomes.groups, job.nice, limits)


def _limits(limits: Limits) -> Iterator[tuple[str, int, int, int]]:
    if limits == _NO_LIMITS:
        return
    import resource  # only where limits are

    for name, number, most in (
        ("memory", resource.RLIMIT_AS, limits.memory),
        ("open_files", resource.RLIMIT_NOFILE, limits.open_files),
        ("processes", resource.RLIMIT_NPROC, limits.processes),
    ):
        if most is not None:
            yield name, number, most, most
    if limits.cpu_time is not None:
        seconds = -(-limits.cpu_time // timedelta(seconds=1))  # whole ones, rounded up
        yield "cpu_time", resource.RLIMIT_CPU, seconds, seconds + 1


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
