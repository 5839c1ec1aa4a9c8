"""Loads the files again while the runner goes on: in a child, which may take its time or fail."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from schedkit import stored
from schedkit.compiled import REFUSED
from schedkit.config import Config
from schedkit.errors import ConfigError
from schedkit.form import Form
from schedkit.report import InvalidFileError

_LONGEST = 300  # seconds: files that take longer are a mistake, or a pipe to which nobody writes


class Loading:
    """
    One load of *paths*, under way in a child process until somebody reaps `pid`.

    It gives up after *longest* seconds.
    """

    def __init__(self, paths: Sequence[Path], longest: int = _LONGEST) -> None:
        self._longest = longest
        self._compiled = open(_nameless(), "w+b")  # noqa: SIM115  # open until result
        self._errors = open(_nameless(), "w+b")  # noqa: SIM115  # likewise
        # subprocess and tempfile would do it as well, and stay in memory: a megabyte.
        self.pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", "schedkit.compiled", str(longest), *map(str, paths)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, self._compiled.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, self._errors.fileno(), 2),
            ],
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )

    def result(self, status: int) -> Config:
        """
        Return what was loaded; *status* is the child's, as wait gives it.

        Raises: ConfigError, with what the child said, when the files cannot be taken.
        """
        with self._compiled, self._errors:
            code = os.waitstatus_to_exitcode(status)
            if code == -signal.SIGALRM:
                raise ConfigError.of(f"the files could not be read within {self._longest} seconds")
            if code == 0:
                return stored.config(Form(os.dup(self._compiled.fileno())), ready=True)
            if code == REFUSED:
                self._compiled.seek(0)
                raise InvalidFileError(pickle.load(self._compiled))  # noqa: S301  # our own child
            self._errors.seek(0)
            said = self._errors.read().decode("utf-8", "replace").strip()
            raise ConfigError.of(said or "the files could not be loaded")


def _nameless() -> int:
    """Return a descriptor of a new file without a name, where temporary files go."""
    directory = os.environ.get("TMPDIR", "/tmp")  # noqa: S108  # it has no name there
    try:
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:  # a file system that has none without a name
        import tempfile

        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())


def load(paths: Sequence[Path]) -> Config:
    """
    Load the files in a child and wait for it.

    Raises: ConfigError, with what the child said, when the files cannot be taken.
    """
    loading = Loading(paths)
    _, status = os.waitpid(loading.pid, 0)
    return loading.result(status)
