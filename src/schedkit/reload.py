"""Loads the files again while the runner goes on: in a child, which may take its time or fail."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

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
        self._compiled: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # open until result
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # likewise
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "schedkit.compiled", str(longest), *map(str, paths)],
            stdin=subprocess.DEVNULL,
            stdout=self._compiled,
            stderr=self._errors,
        )
        self.pid = child.pid
        child.returncode = 0  # the runner reaps it with everything else

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


def load(paths: Sequence[Path]) -> Config:
    """
    Load the files in a child and wait for it.

    Raises: ConfigError, with what the child said, when the files cannot be taken.
    """
    loading = Loading(paths)
    _, status = os.waitpid(loading.pid, 0)
    return loading.result(status)
