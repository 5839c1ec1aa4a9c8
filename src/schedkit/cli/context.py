"""What every verb is given: where the files and the history are, and how to write an answer."""

from __future__ import annotations

import errno
import os
import sys

from schedkit.cli.declaration import Option
from schedkit.errors import ConfigError, SchedError, StoreError
from schedkit.records import Record
from schedkit.typed import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from pathlib import Path

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
        from pathlib import Path

        return tuple(map(Path, self.names))

    # Verbs that answer often work with paths as texts: to import pathlib, with all that it
    # imports, takes as long as the rest of such a verb.

    @property
    def names(self) -> tuple[str, ...]:
        """
        The same as texts.

        Raises: NoFileError.
        """
        if self.config:
            return tuple(map(_normal, self.config))
        if named := os.environ.get("SCHED_CONFIG"):
            return (_normal(named),)
        places = usual_places()
        for place in places:
            if _is_there(place):
                return (place,)
        looked = ", ".join(places)
        raise NoFileError(
            f"no file of schedules: looked for {looked}\n  = help: write one with: sched init"
        )

    def load(self) -> Config:
        """
        Return what the files say.

        Raises: InvalidFileError, NoFileError.
        """
        if "_config" not in self.__dict__:
            from schedkit import compiled

            self.__dict__["_config"] = compiled.load(self.names)
        config: Config = self.__dict__["_config"]
        return config

    def outline(self) -> Outline:
        """
        Return what the files say of which jobs there are, and no more: soon done.

        Raises: InvalidFileError, NoFileError.
        """
        from schedkit import compiled

        return compiled.outline(self.names)

    def state_directory(self, config: Config | None = None) -> Path:
        """
        Return the state directory, which follows the file unless it is named.

        Raises: InvalidFileError, NoFileError when the files have to say it and cannot.
        """
        from pathlib import Path

        return Path(self._state_name(config))

    def _state_name(self, config: Config | None = None) -> str:
        named = self.state or os.environ.get("SCHED_STATE")
        return self._place(None if named else (config or self.outline()).state)

    def state_place(self, asked: str | None) -> Path:
        """
        Return the state directory where the files ask for *asked*, None when they cannot say.

        Raises: NoFileError.
        """
        from pathlib import Path

        return Path(self._place(asked))

    def _place(self, asked: str | None) -> str:
        if named := _normal(self.state or os.environ.get("SCHED_STATE") or ""):
            return named if os.path.isabs(named) else os.path.join(os.getcwd(), named)
        if asked is not None:
            return asked
        if given := os.environ.get("STATE_DIRECTORY"):
            return given.partition(":")[0]
        first = os.path.abspath(self.names[0])
        directory = first if _is_there(f"{first}/") else os.path.dirname(first)
        if f"{directory}/".startswith("/etc/"):
            return "/var/lib/sched"
        return os.path.join(directory, ".sched")

    def state_in_use(self) -> Path:
        """
        Return the state directory as `state_directory` does, also when the files are broken.

        It is then the one that a runner takes, if there is a history in it.

        Raises: InvalidFileError, NoFileError.
        """
        from pathlib import Path

        return Path(self.state_name())

    def state_name(self) -> str:
        """
        Return the same as a text.

        Raises: InvalidFileError, NoFileError.
        """
        from schedkit import compiled

        try:
            return self._state_name()
        except ConfigError:
            before = compiled.outline_before(self.names)
            place = self._place(None if before is None else before.state)
            if not _is_there(os.path.join(place, "history.db")):
                raise
            return place

    def history(self, config: Config | None = None) -> SQLiteReader | None:
        """
        Open the history for reading; None when nothing has run yet.

        Raises: StoreError, PermissionError.
        """
        from schedkit.store.reader import SQLiteReader

        state = self.state_name() if config is None else self._state_name(config)
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


def usual_places() -> list[str]:
    """Return where the file is looked for when none is named, in order."""
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return [
        "schedules.yaml",
        os.path.join(os.path.expanduser(home), "sched", "schedules.yaml"),
        "/etc/sched/schedules.yaml",
    ]


def _normal(path: str) -> str:
    """Return a path as pathlib has it: without `./` and `//`, but with all of its `..`."""
    if not path:
        return path
    begin = "/" if path.startswith("/") else ""
    return begin + "/".join(one for one in path.split("/") if one not in ("", ".")) or "."


def _is_there(path: str) -> bool:
    """
    Return whether there is something; behind a slash, a directory.

    Raises: PermissionError.
    """
    try:
        os.stat(path)
    except (ValueError, FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return False
    return True


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
