"""
The last good schedule, kept in the state directory: what the runner goes by, or the last one did.

A runner that starts while the files are broken goes on with it, and other files are compared with
it. It is the compiled form, pickled: nobody takes it from another user than root.
"""

from __future__ import annotations

import gc
import os
import pickle
import pwd
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from schedkit import __version__
from schedkit.config import Config
from schedkit.errors import StoreError

_NAME = "last-good"


class Loaded(NamedTuple):
    """What files said when they were loaded, and when that was (UTC)."""

    config: Config
    time: datetime


def keep(state: Path, config: Config) -> None:
    """
    Keep what the files say, in place of what they said before.

    Raises: OSError.
    """
    temporary = state / f"{_NAME}.new"
    temporary.touch(mode=0o600)
    temporary.write_bytes(pickle.dumps((__version__, config), pickle.HIGHEST_PROTOCOL))
    temporary.replace(state / _NAME)


def loaded(state: Path) -> Loaded | None:
    """
    Return what the files said when a runner loaded them last; None when none ever did.

    Raises: StoreError when it cannot be told, PermissionError.
    """
    path = state / _NAME
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            trusted = status.st_uid in (0, os.getuid())  # what is unpickled may be code
            gc.disable()  # it would look through ever more objects, none of which is garbage
            version, config = pickle.load(file) if trusted else (None, None)  # noqa: S301
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise
    except Exception as error:
        raise StoreError(_strange(path)) from error
    finally:
        gc.enable()
    if not trusted:
        raise StoreError(_whose(path, status.st_uid))
    if version != __version__ or not isinstance(config, Config):
        raise StoreError(_strange(path))
    return Loaded(config, datetime.fromtimestamp(status.st_mtime, UTC))


def last_good(state: Path) -> Config | None:
    """Return what the files said when they were good; None when that cannot be told."""
    try:
        known = loaded(state)
    except (StoreError, OSError):  # whatever is wrong with it, there is none to go on with
        return None
    return None if known is None else known.config


def _whose(path: Path, owner: int) -> str:
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"#{owner}"
    return f"{path} belongs to {name}\n  = help: ask as that user: sudo -u {name} sched ..."


def _strange(path: Path) -> str:
    return (
        f"{path} was not written by this version of sched\n"
        "  = help: the next runner that starts writes it anew"
    )
