"""Where a runner listens: the socket `control` in its state directory, and who may ask there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST = 107  # bytes of a path that a socket address has room for; Source: unix(7)


def socket_path(state: str | os.PathLike[str]) -> str:
    """Return where the runner of a state directory listens."""
    return os.path.join(state, "control")


@contextmanager
def address(path: str | os.PathLike[str]) -> Iterator[str]:
    """Yield what to bind or to connect to: a path too long for it through its directory."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield os.fspath(path)
        return
    directory = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{os.path.basename(path)}"
    finally:
        os.close(directory)


def user_name(uid: int) -> str:
    """Return the name of a user, the number of one without a name."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
