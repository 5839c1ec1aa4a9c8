"""
The services of systemd, as the keys of a job that say what is run, where and how long.

Source: systemd.service(5), systemd.exec(5), systemd.kill(5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from schedkit import durations
from schedkit.errors import ConfigError
from schedkit.interchange import unit_commands, unit_values
from schedkit.interchange.draft import Difference
from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_commands import SHELL, Command
from schedkit.interchange.unit_files import Setting, Unit
from schedkit.limits import account, size_text, umask, umask_text

_SECTION = "Service"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PREFIXES = {
    "@": "it is called by the name of its program",
    "+": "it runs as the user of the job, without more privileges",
    "!": "it runs as the user of the job, without more privileges",
    "|": "no shell of the user is in between",
}
_WHOSE = "it has no User=: of the system it would run as root, here it runs as the runner does"


def one_shot(unit: Unit) -> bool:
    """Return whether the service is over when its commands are."""
    kind = unit.last(_SECTION, "Type")
    return kind is not None and kind.value == "oneshot"


# ---- what is run


def command(unit: Unit, specifiers: Mapping[str, str], told: Telling) -> dict[str, Any]:
    """
    Return the keys that say what is run.

    Raises: ConfigError when the unit cannot be a job.
    """
    kind = unit.last(_SECTION, "Type")
    if kind is not None and kind.value in ("forking", "notify", "notify-reload", "dbus"):
        told.say(
            kind, "a run ends with the process that it starts: what this leaves behind goes on"
        )
    elif kind is not None and kind.value == "idle":
        told.say(kind, "it does not wait until others have started", taken=True)
    is_one_shot = one_shot(unit)
    main = _commands(unit, "ExecStart", specifiers, told)
    if not main:
        raise ConfigError.of("its service has no ExecStart=")
    if len(main) > 1 and not is_one_shot:
        raise ConfigError.of("its service has several ExecStart=, which takes Type=oneshot")
    before = _commands(unit, "ExecStartPre", specifiers, told)
    after = _commands(unit, "ExecStartPost", specifiers, told) if is_one_shot else []
    if not is_one_shot:
        for setting in unit.all(_SECTION, "ExecStartPost"):
            told.say(setting, "systemd runs it beside the command, not after it")
    keys = unit_commands.keys([*before, *main, *after])
    conditions = _commands(unit, "ExecCondition", specifiers, told)
    if not conditions:
        return keys
    told.say(unit.all(_SECTION, "ExecCondition")[0], _other_codes(unit), taken=True)
    return keys | {"only_if": unit_commands.condition(conditions, keys.get("shell", SHELL))}


def _other_codes(unit: Unit) -> str:
    """Return which exit codes of a condition mean something else here."""
    message = "exit code 255 leaves the run out, 126 and 127 fail it; systemd has it the other way"
    if unit.all(_SECTION, "SuccessExitStatus"):
        message += "; all but 0 leave it out, also those of SuccessExitStatus="
    return message


def _commands(unit: Unit, name: str, specifiers: Mapping[str, str], told: Telling) -> list[Command]:
    found: list[Command] = []
    for setting in unit.all(_SECTION, name):
        try:
            commands = list(unit_commands.commands(setting.value, specifiers))
        except ConfigError as error:
            raise ConfigError.of(f"{name}={setting.value}: {error}") from error
        for one in commands:
            for prefix in dict.fromkeys(one.prefix):
                if prefix in _PREFIXES:
                    told.say(setting, f"{prefix}: {_PREFIXES[prefix]}", taken=True)
            if one.splits:
                message = "the shell splits $NAME at blanks: quotes and wildcards in it count less"
                told.say(setting, message, taken=True)
        found += commands
    return found


# ---- its surroundings


def surroundings(unit: Unit, specifiers: Mapping[str, str], told: Telling) -> dict[str, Any]:
    """Return the keys that say in which environment, where and as whom it is run."""
    env = dict(_environment(unit, specifiers, told))
    files = list(_environment_files(unit, specifiers, told, both=bool(env)))
    user = _account(unit, "User", specifiers, told)
    if user is None and unit.user is False:
        user = "root"
    elif user is None and unit.user is None:
        told.append(Difference(unit.path, unit.name, _WHOSE))
    values = {
        "env": env,
        "env_file": files,
        "working_dir": _working_dir(unit, specifiers, told, user),
        "user": user,
        "group": _account(unit, "Group", specifiers, told),
        "umask": told.read(unit.last(_SECTION, "UMask"), lambda text: umask_text(umask(text))),
        "nice": told.read(unit.last(_SECTION, "Nice"), _nice),
        "limits": dict(_limits(unit, told)),
    }
    passed = unit.all(_SECTION, "PassEnvironment")
    for setting in passed:
        told.say(setting, "a job has the environment of the runner", taken=True)
    return {key: value for key, value in values.items() if value not in (None, {}, [])}


def _expanded(setting: Setting | None, specifiers: Mapping[str, str], told: Telling) -> str | None:
    return told.read(setting, lambda text: unit_values.expanded(text, specifiers))


def _account(unit: Unit, name: str, specifiers: Mapping[str, str], told: Telling) -> str | None:
    setting = unit.last(_SECTION, name)
    return told.read(setting, lambda text: account(unit_values.expanded(text, specifiers)))


def _environment(
    unit: Unit, specifiers: Mapping[str, str], told: Telling
) -> Iterator[tuple[str, str]]:
    for setting in unit.all(_SECTION, "Environment"):
        for word in told.read(setting, unit_values.words) or ():
            try:
                name, equals, value = unit_values.expanded(word, specifiers).partition("=")
            except ConfigError as error:
                told.say(setting, str(error))
                continue
            if equals and _VARIABLE.fullmatch(name):
                yield name, value
            else:
                told.say(setting, f"{word!r} sets no variable")


def _environment_files(
    unit: Unit, specifiers: Mapping[str, str], told: Telling, *, both: bool
) -> Iterator[str]:
    for setting in unit.all(_SECTION, "EnvironmentFile"):
        path = _expanded(setting, specifiers, told)
        if path is None:
            continue
        name = path.removeprefix("-")
        if any(character in name for character in "*?["):
            told.say(setting, "a wildcard: write each file under env_file")
            continue
        if name != path and not Path(name).exists():
            told.say(setting, "it is not there now, and a file of env_file has to be")
            continue
        if name != path:
            told.say(setting, "it has to be there; systemd would go on without it", taken=True)
        if both:
            told.say(setting, "what env says goes before it; for systemd the file does", taken=True)
        yield name


def _working_dir(unit: Unit, specifiers: Mapping[str, str], told: Telling, user: str | None) -> str:
    setting = unit.last(_SECTION, "WorkingDirectory")
    path = _expanded(setting, specifiers, told)
    if path is None or setting is None:
        return "~" if unit.user else "/"
    if path.startswith("-"):
        told.say(setting, "it has to be there; systemd would go on without it", taken=True)
    name = path.removeprefix("-")
    return f"~{user or ''}" if name == "~" else name


def _nice(text: str) -> int:
    if not re.fullmatch(r"[-+]?\d{1,2}", text, re.ASCII) or not -20 <= int(text) <= 19:
        raise ConfigError.of(f"{text!r} is outside -20 to 19")
    return int(text)


def _limits(unit: Unit, told: Telling) -> Iterator[tuple[str, Any]]:
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "LimitAS": ("memory", _bytes),
        "LimitCPU": ("cpu_time", _cpu_time),
        "LimitNOFILE": ("open_files", _number),
        "LimitNPROC": ("processes", _number),
    }
    for name, (key, reader) in readers.items():
        setting = unit.last(_SECTION, name)
        if setting is None:
            continue
        soft, colon, hard = setting.value.partition(":")
        if soft == "infinity":
            told.say(setting, "it has the limit of the runner")
            continue
        if colon and hard != soft:
            told.say(setting, f"{soft} is the limit: it cannot raise it itself", taken=True)
        value = told.read(setting._replace(value=soft), reader)
        if value is not None:
            yield key, value


def _bytes(text: str) -> str:
    size = unit_values.size(text)
    assert size is not None  # which is infinity
    return size_text(size)


def _number(text: str) -> int:
    size = unit_values.size(text)
    if not size:
        raise ConfigError.of(f"{text!r} is nothing at all")
    return size


def _cpu_time(text: str) -> str:
    length = unit_values.span(text)
    if length is None or length < timedelta(seconds=1):
        raise ConfigError.of("a second is the least")
    return durations.text(length)
