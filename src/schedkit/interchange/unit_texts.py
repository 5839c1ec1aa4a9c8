"""
What is written into the unit files of systemd: names, quoting, and the service of a job.

Source: systemd.unit(5), "String Escaping for Inclusion in Unit Names"; systemd.syntax(7);
systemd.exec(5).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from schedkit import durations
from schedkit.commands import FromEnv, FromFile, signal_name
from schedkit.errors import ConfigError
from schedkit.interchange.exported_command import command_words, variables, words
from schedkit.job import Job
from schedkit.limits import umask_text

_LONGEST_NAME = 255 - len(".service")  # bytes
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./~^-]+")
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PREFIXES = "-@:+!|"  # what says before a program how it is run


def unit_name(name: str) -> str:
    r"""
    Return the name of a unit for a job of this name, without its kind.

    >>> unit_name("nightly-backup"), unit_name("to Köln")
    ('nightly-backup', 'to\\x20K\\xc3\\xb6ln')

    Raises: ConfigError when it is too long.
    """
    escaped = re.sub(r"[^A-Za-z0-9:_.-]|^\.", _escaped_name, name)
    if len(escaped) > _LONGEST_NAME:
        raise ConfigError.of(f"its name takes more than {_LONGEST_NAME} bytes as that of a unit")
    return escaped


def _escaped_name(match: re.Match[str]) -> str:
    return "".join(f"\\x{octet:02x}" for octet in match[0].encode())


def text(value: str) -> str:
    """Return a value that goes on to the end of its line, as that line has it."""
    return " ".join(value.split()).replace("%", "%%")


def word(value: str) -> str:
    """Return a word, in quotes where it needs them, with nothing in it standing for anything."""
    doubled = value.replace("%", "%%")
    if _PLAIN.fullmatch(value):
        return doubled
    return '"' + "".join(map(_character, doubled)) + '"'


def _character(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    is_control = ord(character) < 32 or ord(character) == 127
    return f"\\x{ord(character):02x}" if is_control else character


# ---- the service


def service(job: Job, starts: Sequence[str] = ()) -> str:
    """
    Return the service of a job; *starts* are settings that say which others it starts.

    Raises: ConfigError when systemd cannot run it.
    """
    unit = [f"Description={text(job.description or job.name)}", *starts]
    settings = ["Type=oneshot", *_commands(job), *_surroundings(job), *_ends(job)]
    return "\n".join(["[Unit]", *unit, "", "[Service]", *settings, ""])


def _commands(job: Job) -> Iterator[str]:
    if job.only_if is not None:
        yield f"ExecCondition={_command(job, words(job.only_if, job.shell))}"
    yield f"ExecStart={_command(job, command_words(job))}"


def _command(job: Job, argv: Sequence[str]) -> str:
    program, *arguments = argv
    if "/" in program:
        program = os.path.normpath(job.path(job.working_dir) / program)
    if program[0] in _PREFIXES:
        raise ConfigError.of(f"its program {program!r} begins with what systemd takes for a sign")
    # A colon: nothing in it stands for a variable of the environment.
    literal = ":" if any("$" in argument for argument in arguments) else ""
    return literal + " ".join(map(word, (program, *arguments)))


def _surroundings(job: Job) -> Iterator[str]:
    for name, value in variables(job).items():
        if not _VARIABLE.fullmatch(name):
            raise ConfigError.of(f"{name!r} is no name that systemd takes for a variable")
        if isinstance(value, FromEnv):
            if value.name != name:
                raise ConfigError.of(f"{name} is taken from {value.name}, under another name")
            yield f"PassEnvironment={name}"
        elif isinstance(value, FromFile):
            raise ConfigError.of(f"{name} is the contents of a file, which no variable there is")
        else:
            yield f"Environment={word(f'{name}={value}')}"
    for name in job.env_file:
        written = path(job, name)
        if any(character in written for character in "*?["):
            raise ConfigError.of(f"systemd takes the path {written!r} for several")
        yield f"EnvironmentFile={written}"
    yield f"WorkingDirectory={path(job, job.working_dir)}"
    accounts = (("User", job.user), ("Group", job.group))
    yield from (f"{name}={text(account)}" for name, account in accounts if account is not None)
    if job.umask is not None:
        yield f"UMask={umask_text(job.umask)}"
    if job.nice is not None:
        yield f"Nice={job.nice}"
    yield from _limits(job)


def path(job: Job, name: str) -> str:
    """
    Return the path that *name* means, as a line has it.

    Raises: ConfigError when none can.
    """
    found = os.path.normpath(job.path(name))
    if found != found.strip() or not found.isprintable() or found.endswith("\\"):
        raise ConfigError.of(f"no unit file can hold the path {found!r}")
    return found.replace("%", "%%")


def _limits(job: Job) -> Iterator[str]:
    limits = job.limits
    if limits.memory is not None:
        yield f"LimitAS={limits.memory}"
    if limits.cpu_time is not None:
        yield f"LimitCPU={-(-limits.cpu_time // timedelta(seconds=1))}"
    if limits.open_files is not None:
        yield f"LimitNOFILE={limits.open_files}"
    if limits.processes is not None:
        yield f"LimitNPROC={limits.processes}"


def _ends(job: Job) -> Iterator[str]:
    if job.timeout is not None:
        yield f"TimeoutStartSec={durations.text(job.timeout)}"
    # 0 would be for as long as it takes.
    yield f"TimeoutStopSec={durations.text(job.kill_grace) if job.kill_grace else '1us'}"
    name = signal_name(job.stop_signal)
    if name != "TERM":
        yield f"KillSignal=SIG{name}"
    codes: Sequence[int] = job.success.exit_codes
    if 0 not in codes:
        raise ConfigError.of("exit code 0 is a failure of it, which it never is for systemd")
    others = sorted(set(codes) - {0})
    if others:
        yield f"SuccessExitStatus={' '.join(map(str, others))}"
