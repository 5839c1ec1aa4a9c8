"""What a run waits for, or asks, before it starts: paths, hosts and commands, as a file says it."""

from __future__ import annotations

from datetime import timedelta

from schedkit import durations
from schedkit.alternatives import Alternative, OneOf
from schedkit.commands import Command
from schedkit.errors import ConfigError, Problem
from schedkit.records import Record
from schedkit.regex import re
from schedkit.scalars import Duration
from schedkit.typed import Annotated, Any, ClassVar
from schedkit.values import Written

# There is one: a run that waited for ever would keep its job from running, and tell nobody.
_USUALLY_UNTIL = timedelta(hours=1)
_USUALLY_EVERY = timedelta(seconds=5)
_LEAST_EVERY = timedelta(milliseconds=100)  # each look is a process
_GRACE = timedelta(seconds=10)  # in which what waits says itself that it was in vain
_LONGEST = 100  # characters of a command that a reason takes over
_PORTS = 65535
_IN_BRACKETS = re.compile(r"^\[[0-9A-Fa-f:.%a-z]+\]$")  # an address of IPv6: it has colons


def _host(text: str) -> str:
    name, colon, port = text.strip().rpartition(":")
    if not colon or (":" in name and not _IN_BRACKETS.fullmatch(name)):
        raise ConfigError.of(f"{text!r} names no port", "write it as db.example:5432")
    if not name or any(character.isspace() for character in name):
        raise ConfigError.of(f"{text!r} names no host", "write it as db.example:5432")
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _PORTS):
        raise ConfigError.of(f"{port!r} is no port", f"a port is a number from 1 to {_PORTS}")
    return f"{name}:{int(port)}"


def _path(text: str) -> str:
    if not text.strip():
        raise ConfigError.of("the path is empty")
    if "\0" in text:
        raise ConfigError.of("a NUL character stands here: no path has one")
    return text.strip()


Host = Annotated[str, Written(str, _host, str, r"^\S+:[0-9]+$", "db.example:5432")]
Awaited = Annotated[str, Written(str, _path, str, r"^.+$", "/mnt/nas/ready")]


class WaitForPath(Alternative):
    """A file or directory that has to be there."""

    WORD: ClassVar[str] = "path"

    path: Awaited
    """The path, from the working directory of the job."""
    until: Duration = _USUALLY_UNTIL
    """So long it is waited for; then the run is missed."""
    every: Duration = _USUALLY_EVERY
    """So often it is looked for."""

    def __post_init__(self) -> None:
        _check(self.until, self.every)

    def __str__(self) -> str:
        return f"path {self.path}"

    def looked_for(self, _shell: str) -> dict[str, Any]:
        """Return how it is looked for, as `gate` reads it."""
        return {"path": self.path}


class WaitForHost(Alternative):
    """A host that has to accept connections."""

    WORD: ClassVar[str] = "host"

    host: Host
    """Its name or address, and the port: a TCP connection has to succeed."""
    until: Duration = _USUALLY_UNTIL
    """So long it is waited for; then the run is missed."""
    every: Duration = _USUALLY_EVERY
    """So often it is tried."""

    def __post_init__(self) -> None:
        _check(self.until, self.every)

    def __str__(self) -> str:
        return f"host {self.host}"

    def looked_for(self, _shell: str) -> dict[str, Any]:
        """Return how it is looked for, as `gate` reads it."""
        name, _, port = self.host.rpartition(":")
        return {"host": name.strip("[]"), "port": int(port)}


class WaitForCommand(Alternative):
    """A command that has to succeed."""

    WORD: ClassVar[str] = "command"

    command: Command
    """The command, run as that of the job: it has to exit with 0."""
    until: Duration = _USUALLY_UNTIL
    """So long it is waited for; then the run is missed."""
    every: Duration = _USUALLY_EVERY
    """So often it is run."""

    def __post_init__(self) -> None:
        _check(self.until, self.every)

    def __str__(self) -> str:
        return f"command {in_a_line(self.command)}"

    def looked_for(self, shell: str) -> dict[str, Any]:
        """Return how it is looked for, as `gate` reads it; a text is run by *shell*."""
        return {"command": argv(self.command, shell)}


WaitFor = WaitForPath | WaitForHost | WaitForCommand
WAITS = OneOf("thing to wait for", (WaitForPath, WaitForHost, WaitForCommand), several=True)


class Condition(Record):
    """
    What is asked before a run starts: first *wait_for*, one after the other, then *only_if*.

    One of the two is there.
    """

    wait_for: tuple[WaitFor, ...] = ()
    only_if: str | tuple[str, ...] | None = None

    def __str__(self) -> str:
        if self.wait_for:
            return " and ".join(map(str, self.wait_for))
        return f"only_if: {self.question}"

    @property
    def keys(self) -> str:
        """The keys that say it, for the beginning of a reason."""
        said = [name for name in self._fields if getattr(self, name)]
        return " and ".join(said)

    @property
    def question(self) -> str:
        """What `only_if` runs, in a line."""
        return "" if self.only_if is None else in_a_line(self.only_if)

    def longest(self, timeout: timedelta | None) -> timedelta | None:
        """Return how long it may take, `only_if` no longer than *timeout*; None for any length."""
        if self.only_if is not None and timeout is None:
            return None
        waits = max((one.until for one in self.wait_for), default=-_GRACE) + _GRACE
        return waits if self.only_if is None else waits + (timeout or timedelta())

    def specification(self, shell: str) -> dict[str, Any]:
        """Return it as `gate` reads it; a command that is a text is run by *shell*."""
        return {
            "wait_for": [
                {
                    "what": str(one),
                    "in_vain": _in_vain(one),
                    "until_s": one.until.total_seconds(),
                    "every_s": one.every.total_seconds(),
                    **one.looked_for(shell),
                }
                for one in self.wait_for
            ],
            "only_if": None if self.only_if is None else argv(self.only_if, shell),
        }


def argv(command: str | tuple[str, ...], shell: str) -> tuple[str, ...]:
    """Return the arguments of a command, of which a text is run by *shell*."""
    return (shell, "-c", command) if isinstance(command, str) else command


def in_a_line(command: str | tuple[str, ...]) -> str:
    """Return a command as a reason names it."""
    if not isinstance(command, str):
        import shlex  # few are lists

        command = shlex.join(command)
    text = " ".join(command.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _in_vain(one: WaitFor) -> str:
    failed = "did not succeed" if isinstance(one, WaitForCommand) else "was not there"
    return f"wait_for: {one} {failed} within {durations.text(one.until)}"


def _check(until: timedelta, every: timedelta) -> None:
    problems = []
    if not until:
        problems.append(Problem("until is zero", "to ask once write only_if", ("until",)))
    if every < _LEAST_EVERY:
        problems.append(Problem("every is less than 100ms", path=("every",)))
    if problems:
        raise ConfigError(*problems)
