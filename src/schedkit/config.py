"""What a file of schedules says, once it has been read: plain data that a process can be handed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.texts import quoted
from schedkit.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # a verb that looks at the history alone needs none of them
    from schedkit.job import Job
    from schedkit.jobs import Jobs
    from schedkit.settings import RunnerSettings


class Stamp(NamedTuple):
    """What tells whether a file, or the list of files of a directory, is still as it was read."""

    path: str
    modified_ns: int
    size: int
    inode: int


class Config(NamedTuple):
    """
    The jobs, in the order in which they are written, and the settings beside them.

    *state* is the state directory that the file asks for, absolute. *stamps* are those of every
    path that was read. *digest* stands for the contents. *pools* are the slots of each pool.
    """

    by_name: Jobs
    runner: RunnerSettings
    state: str | None
    stamps: tuple[Stamp, ...]
    digest: str
    pools: dict[str, int]

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs, loaded."""
        return tuple(self.by_name.values())

    def named(self, names: Sequence[str]) -> tuple[Job, ...]:
        """
        Return the jobs of these names, in the file's order; all of them for no name.

        Raises: UnknownJobError.
        """
        self.check(names)
        return tuple(self.by_name[name] for name in self.by_name if not names or name in names)

    def check(self, names: Iterable[str]) -> None:
        """Raise UnknownJobError when one of these is no name of a job."""
        for name in names:
            if name not in self.by_name:
                raise UnknownJobError(name, did_you_mean(name, self.by_name))


class UnknownJobError(ConfigError):
    """There is no job of this name."""

    def __init__(self, name: str, hint: str | None) -> None:
        super().__init__(Problem(f"no job is named {quoted(name)}", hint or "see them: sched list"))


def positive(text: str) -> int:
    """
    Read a number of things, for an option.

    Raises: ConfigError.
    """
    if not _is_number(text) or not int(text):
        raise ConfigError.of(f"{text[:20]!r} is not a number above 0")
    return int(text)


def not_negative(text: str) -> int:
    """
    Read a number of things that may be none, for an option.

    Raises: ConfigError.
    """
    if not _is_number(text):
        raise ConfigError.of(f"{text[:20]!r} is not a number")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
