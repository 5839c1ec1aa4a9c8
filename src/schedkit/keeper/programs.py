"""Where the program of a process is, and what hinders it from being executed."""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Iterator

_USUAL_PATH = b"/bin:/usr/bin"  # where PATH is not set
# Source: execvp(3): these errors of one directory of PATH leave the next one to be tried.
_GO_ON = (errno.ENOENT, errno.ENOTDIR, errno.EACCES)


class NotStartedError(Exception):
    """A *step* failed, with an errno; *name* is what it was about."""

    def __init__(self, step: str, name: bytes, number: int) -> None:
        super().__init__(step, name, number)
        self.step = step
        self.name = name
        self.number = number


def candidates(name: bytes, env: dict[bytes, bytes]) -> Iterator[bytes]:
    """Yield the paths that a program of this name may have, by the PATH of its environment."""
    if b"/" in name:
        yield name
        return
    for directory in env.get(b"PATH", _USUAL_PATH).split(b":"):
        path = os.path.join(directory, name)
        if os.path.exists(path):
            yield path


class Failures:
    """Why none of the candidates could be executed."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._number = errno.ENOENT

    def note(self, path: bytes, error: OSError) -> None:
        """
        Take note that this one could not be.

        Raises: NotStartedError when none after it is to be tried.
        """
        number = error.errno or errno.EINVAL
        if number == errno.ENOENT and os.path.exists(path):
            raise NotStartedError("interpreter", path, number)
        if number not in _GO_ON:
            raise NotStartedError("program", self._name, number)
        if number == errno.EACCES:  # says more than that there is none
            self._number = number

    def error(self) -> NotStartedError:
        """Return what is to be raised when all have been tried."""
        return NotStartedError("program", self._name, self._number)
