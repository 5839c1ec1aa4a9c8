"""What a job runs: how commands, functions, variables, signals and exit codes are written."""

from __future__ import annotations

from collections.abc import Mapping

from schedkit.errors import ConfigError
from schedkit.regex import re
from schedkit.typed import Annotated, Any, ClassVar, NamedTuple
from schedkit.values import Form, Listed, Written, shape

_SIGNALS = ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "KILL")


def _signal(text: str) -> int:
    import signal  # it makes enums of all that is in it, which a job that was read does not need

    name = text.strip().upper().removeprefix("SIG")
    if name not in _SIGNALS:
        raise ConfigError.of(
            f"{text!r} is no signal to stop with", f"one of: {', '.join(_SIGNALS)}"
        )
    return int(signal.Signals[f"SIG{name}"])


def signal_name(number: int) -> str:
    """Return the name of a signal as it is written: `TERM`."""
    import signal

    return signal.Signals(number).name.removeprefix("SIG")


StopSignal = Annotated[int, Written(int, _signal, signal_name, r"^[A-Za-z0-9]+$", "TERM")]


def _exit_code(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text.strip(), re.ASCII) or int(text) > 255:
        raise ConfigError.of(f"{text!r} is no exit code", "an exit code is a number from 0 to 255")
    return int(text)


ExitCodes = Annotated[tuple[int, ...], Listed(Written(int, _exit_code, str, r"^\d{1,3}$", "0"))]


def _entry_point(text: str) -> str:
    module, colon, function = text.strip().partition(":")
    if not colon or not all(
        part.isidentifier() for part in [*module.split("."), *function.split(".")]
    ):
        raise ConfigError.of(f"{text!r} names no function", "write package.module:function")
    return text.strip()


EntryPoint = Annotated[
    str, Written(str, _entry_point, str, r"^[^\s:]+:[^\s:]+$", "package.module:function")
]


def _nul() -> ConfigError:
    return ConfigError.of("a NUL character stands here: no process can be given one")


class FromFile(NamedTuple):
    """The contents of a file, without the newline at its end: how a secret is passed."""

    path: str


class FromEnv(NamedTuple):
    """A variable of the runner's own environment."""

    name: str


class _Variable(Form):
    """The value of an environment variable: a text, or where to take it from."""

    _SOURCES: ClassVar[dict[str, type[FromFile | FromEnv]]] = {
        "from_file": FromFile,
        "from_env": FromEnv,
    }

    def value(self, raw: object) -> str | FromFile | FromEnv:
        """Return the text, or where it is to be taken from."""
        if isinstance(raw, str) and "\0" in raw:
            raise _nul()
        if isinstance(raw, (str, FromFile, FromEnv)):
            return raw
        if isinstance(raw, (int, float)):
            return str(raw)
        hint = "write a text, {from_file: PATH} or {from_env: NAME}"
        if not isinstance(raw, Mapping):
            raise ConfigError.of(f"{shape(raw)} stands where a text belongs", hint)
        if len(raw) != 1 or next(iter(raw)) not in self._SOURCES:
            raise ConfigError.of("this says nowhere to take the value from", hint)
        ((key, place),) = raw.items()
        if not isinstance(place, str):
            raise ConfigError.of(f"{shape(place)} stands where a text belongs").within(key)
        if "\0" in place:
            raise _nul().within(key)
        return self._SOURCES[key](place)

    def write(self, value: str | FromFile | FromEnv) -> str | dict[str, str]:
        """Return the text, or the mapping that says where to take it from."""
        if isinstance(value, FromFile):
            return {"from_file": value.path}
        return {"from_env": value.name} if isinstance(value, FromEnv) else value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {
            "type": ["string", "number", "boolean", "object"],
            "properties": {
                key: {"type": "string", "description": source.__doc__}
                for key, source in self._SOURCES.items()
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }


def is_elsewhere(raw: object) -> bool:
    """Return whether *raw* is a mapping that says where to take a text from, and no more."""
    return isinstance(raw, Mapping) and list(raw) in (["from_file"], ["from_env"])


# Words that a shell does not take for a program of that name, beside `true` and `false`, which
# do the same either way. Source: POSIX.1-2024, "Shell Command Language" 2.4, 2.9.1.4, 2.15;
# dash(1), "Builtins"; bash(1), "SHELL BUILTIN COMMANDS", "RESERVED WORDS".
_OF_A_SHELL = """
    . : alias bg bind break builtin caller case cd chdir command compgen complete compopt continue
    coproc declare dirs disown do done echo elif else enable esac eval exec exit export fc fg fi
    for function getopts hash help history if in jobs kill let local logout mapfile popd printf
    pushd pwd read readarray readonly return select set shift shopt source suspend test then time
    times trap type typeset ulimit umask unalias unset until wait while
""".split()  # noqa: SIM905  # this is read as what it is
_PLAIN = re.compile(r"[\w@%+:,./ \t-][\w@%+=:,./ \t-]*")


def plain_words(command: str) -> tuple[str, ...] | None:
    """
    Return the words of a command which a shell would only split at blanks and execute, else None.

    Source: GNU make manual, "Execution": such a line is executed without a shell.

    >>> plain_words("/bin/backup --to=/mnt  -v")
    ('/bin/backup', '--to=/mnt', '-v')
    >>> plain_words("echo $HOME") or plain_words("A=1 env") or plain_words("cd /tmp")
    """
    if not _PLAIN.fullmatch(command):
        return None
    words = tuple(re.split(r"[ \t]+", command.strip(" \t")))
    return None if "=" in words[0] or words[0] in _OF_A_SHELL else words


class _Command(Form):
    """A text for a shell, or a program with its arguments."""

    def value(self, raw: object) -> str | tuple[str, ...]:
        """Return the text or the arguments; neither of them empty."""
        if isinstance(raw, str):
            if not raw.strip():
                raise ConfigError.of("the command is empty")
            if "\0" in raw:
                raise _nul()
            return raw
        if not isinstance(raw, (list, tuple)):
            hint = "write a text, or a list of a program and its arguments"
            raise ConfigError.of(f"{shape(raw)} stands where a command belongs", hint)
        for position, part in enumerate(raw):
            if not isinstance(part, (str, int, float)) or isinstance(part, bool):
                wrong = ConfigError.of(
                    f"{shape(part)} stands where a text belongs", "put it in quotes"
                )
                raise wrong.within(position)
            if "\0" in str(part):
                raise _nul().within(position)
        if not raw or not str(raw[0]):
            raise ConfigError.of("the command names no program")
        return tuple(map(str, raw))

    def write(self, value: str | tuple[str, ...]) -> str | list[str]:
        """Return the text or the list."""
        return value if isinstance(value, str) else list(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        part = {"type": ["string", "number", "boolean"]}
        return {
            "anyOf": [
                {"type": "string", "pattern": r"\S"},
                {"type": "array", "items": part, "minItems": 1},
            ]
        }


Command = Annotated[str | tuple[str, ...], _Command()]
VARIABLE = _Variable()
Variable = Annotated[str | FromFile | FromEnv, VARIABLE]
