"""What every verb is given: where the files and the history are, and how to write an answer."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path

from schedkit.cli.declaration import Option
from schedkit.errors import ConfigError, SchedError, StoreError
from schedkit.records import Record
from schedkit.typed import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from schedkit.compiled import Outline
    from schedkit.config import Config
    from schedkit.store import SQLiteReader

_COLOURS = ("auto", "always", "never")


class NoFileError(SchedError):
    """There is no file of schedules to be found."""


class Context(Record):
    """The options that stand before every verb."""

    config: tuple[str, ...]
    state: str | None
    color: str
    verbosity: int

    @property
    def paths(self) -> tuple[Path, ...]:
        """
        The files and directories to read.

        Raises: NoFileError when none is named and none is where one is looked for.
        """
        if self.config:
            return tuple(map(Path, self.config))
        if named := os.environ.get("SCHED_CONFIG"):
            return (Path(named),)
        places = usual_places()
        for place in places:
            if place.exists():
                return (place,)
        looked = ", ".join(map(str, places))
        raise NoFileError(
            f"no file of schedules: looked for {looked}\n  = help: write one with: sched init"
        )

    def load(self) -> Config:
        """
        Return what the files say.

        Raises: InvalidFileError, NoFileError.
        """
        return self._config

    @cached_property
    def _config(self) -> Config:
        from schedkit import compiled

        return compiled.load(self.paths)

    def outline(self) -> Outline:
        """
        Return what the files say of which jobs there are, and no more: soon done.

        Raises: InvalidFileError, NoFileError.
        """
        from schedkit import compiled

        return compiled.outline(self.paths)

    def state_directory(self, config: Config | None = None) -> Path:
        """
        Return the state directory, which follows the file unless it is named.

        Raises: InvalidFileError, NoFileError when the files have to say it and cannot.
        """
        named = self.state or os.environ.get("SCHED_STATE")
        return self.state_place(None if named else (config or self.outline()).state)

    def state_place(self, asked: str | None) -> Path:
        """
        Return the state directory where the files ask for *asked*, None when they cannot say.

        Raises: NoFileError.
        """
        if named := self.state or os.environ.get("SCHED_STATE"):
            return Path(named).absolute()
        if asked is not None:
            return Path(asked)
        if given := os.environ.get("STATE_DIRECTORY"):
            return Path(given.partition(":")[0])
        first = Path(os.path.normpath(self.paths[0].absolute()))
        directory = first if first.is_dir() else first.parent
        if Path("/etc") in (directory, *directory.parents):
            return Path("/var/lib/sched")
        return directory / ".sched"

    def state_in_use(self) -> Path:
        """
        Return the state directory as `state_directory` does, also when the files are broken.

        It is then the one that a runner takes, if there is a history in it.

        Raises: InvalidFileError, NoFileError.
        """
        from schedkit import compiled

        try:
            return self.state_directory()
        except ConfigError:
            before = compiled.outline_before(self.paths)
            place = self.state_place(None if before is None else before.state)
            if not (place / "history.db").exists():
                raise
            return place

    def history(self, config: Config | None = None) -> SQLiteReader | None:
        """
        Open the history for reading; None when nothing has run yet.

        Raises: StoreError, PermissionError.
        """
        from schedkit.store.reader import SQLiteReader

        state = self.state_in_use() if config is None else self.state_directory(config)
        return SQLiteReader.open_in(state)

    def command(self, *words: str) -> str:
        """Return what to type to run another verb on the same files and history."""
        import shlex

        options = [word for path in self.config for word in ("-c", path)]
        options += ["--state", self.state] if self.state is not None else []
        return shlex.join(["sched", *options, *words])

    def colour(self, stream: object = None) -> bool:
        """Return whether to colour what goes to *stream*, stdout unless it is given."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        isatty = getattr(stream or sys.stdout, "isatty", None)
        return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def make_state_directory(state: Path) -> None:
    """
    Make the state directory, unless it is there.

    Raises: PermissionError, StoreError.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except PermissionError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{state} cannot be the state directory: {reason}") from error


def usual_places() -> list[Path]:
    """Return where the file is looked for when none is named, in order."""
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return [
        Path("schedules.yaml"),
        Path(home).expanduser() / "sched" / "schedules.yaml",
        Path("/etc/sched/schedules.yaml"),
    ]


def context(
    config: Annotated[
        tuple[str, ...],
        Option(("-c", "--config"), "A file or directory of schedules; may be repeated.", "PATH"),
    ] = (),
    state: Annotated[
        str | None,
        Option(("--state",), "The directory that holds history, lock and output.", "DIR"),
    ] = None,
    color: Annotated[
        str,
        Option(("--color",), "When to colour the answer.", "WHEN", choices=_COLOURS),
    ] = "auto",
    quiet: Annotated[bool, Option(("-q", "--quiet"), "Log warnings and errors only.")] = False,
    verbose: Annotated[bool, Option(("-v", "--verbose"), "Log more.")] = False,
) -> Context:
    """Return the context of a verb: what stands before it on the command line."""
    return Context(tuple(config), state, color, int(verbose) - int(quiet))
