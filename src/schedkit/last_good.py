"""
The last good schedule, kept in the state directory: what the runner goes by, or the last one did.

A runner that starts while the files are broken goes on with it, and other files are compared with
it. It is the compiled form, pickled: nobody takes it from another user than root.
"""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime
from pathlib import Path

from schedkit import __version__, stored
from schedkit.config import Config
from schedkit.errors import StoreError
from schedkit.form import Form, StrangeError
from schedkit.stored import StoredJobs
from schedkit.typed import NamedTuple

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
    with temporary.open("wb") as file:
        if isinstance(config.by_name, StoredJobs):
            config.by_name.form.copy(file.fileno())
        else:
            from schedkit import compiling  # no runner has use for it

            compiling.write(config, "", file)
    temporary.replace(state / _NAME)


def loaded(state: Path) -> Loaded | None:
    """
    Return what the files said when a runner loaded them last; None when none ever did.

    Raises: StoreError when it cannot be told, PermissionError.
    """
    path = state / _NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise
    except OSError as error:
        raise StoreError(_strange(path)) from error
    status = os.fstat(descriptor)
    if status.st_uid not in (0, os.getuid()):  # what is unpickled may be code
        os.close(descriptor)
        raise StoreError(_whose(path, status.st_uid))
    try:
        form = Form(descriptor)
        form.check()
        config = stored.config(form, ready=True) if form.header.version == __version__ else None
    except StrangeError as error:
        raise StoreError(_strange(path)) from error
    if config is None:
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
