"""Which files are read, and whether they may be trusted."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from schedkit.config import Stamp
from schedkit.report import Diagnostic, InvalidFileError


def files(paths: Sequence[Path], diagnostics: list[Diagnostic]) -> tuple[list[Path], list[Stamp]]:
    """
    Return the files to read, in order, and the stamps of the directories among *paths*.

    A directory stands for its `*.yaml` in name order. An empty one goes to *diagnostics*, and so
    does what others than root could have written when root reads it.
    """
    directories = [path for path in paths if path.is_dir()]
    found: list[Path] = []
    for path in paths:
        try:
            within = _schedules(path) if path in directories else [path]
        except OSError as error:
            diagnostics.append(_unreadable(path, error))
            continue
        if not within:
            diagnostics.append(Diagnostic.of_file(str(path), "has no file *.yaml in it"))
        found += within
    if os.geteuid() == 0:
        refusals = map(_refusal, dict.fromkeys([*directories, *found]))
        diagnostics += [refusal for refusal in refusals if refusal is not None]
    return found, [stamp(path) for path in directories]


def _schedules(directory: Path) -> list[Path]:
    """Return the `*.yaml` of a directory; hidden ones are what editors leave beside them."""
    # Not by glob, to which a directory that may not be read is an empty one.
    found = (path for path in directory.iterdir() if path.name.endswith(".yaml"))
    return sorted(path for path in found if not path.name.startswith("."))


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    reason = (error.strerror or str(error)).lower()
    return Diagnostic.of_file(str(path), f"cannot be read: {reason}")


def piped(names: Sequence[str]) -> dict[Path, bytes]:
    """
    Return what can be read only once of files of these names: `-`, which is stdin, and pipes.

    Raises: InvalidFileError.
    """
    found: dict[Path, bytes] = {}
    for name in names:
        path = Path(name)
        if name == "-":
            found[path] = contents(path, 0)
        elif _is_pipe(path):
            found[path] = contents(path)
    return found


def _is_pipe(path: Path) -> bool:
    try:
        return path.is_fifo()
    except OSError:
        return False  # whoever reads it will say so


def contents(path: Path, descriptor: int | None = None) -> bytes:
    """
    Read a file, by a *descriptor* of it that is open already if there is one.

    Raises: InvalidFileError.
    """
    try:
        if descriptor is None:
            return path.read_bytes()
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    except OSError as error:
        raise InvalidFileError([_unreadable(path, error)]) from error


def stamped(path: Path, stamps: list[Stamp]) -> bytes:
    """
    Read a file; its stamp goes to *stamps*.

    Raises: InvalidFileError.
    """
    with suppress(OSError):  # before it is read: a change from then on is seen
        stamps.append(stamp(path))
    return contents(path)


def stamp(path: Path) -> Stamp:
    """Return what tells whether *path* is still as it was read."""
    status = path.stat()
    return Stamp(os.fspath(path.absolute()), status.st_mtime_ns, status.st_size, status.st_ino)


def _refusal(path: Path) -> Diagnostic | None:
    """Return why root does not run what *path* says, unless nobody else can have written it."""
    try:
        status = path.stat()
    except OSError:
        return None  # whoever reads it will say so
    writers = writers_of(status.st_mode, status.st_gid)
    if not writers:
        return None
    who = {"o": "anybody", "g": "its group", "go": "anybody"}[writers]
    message = f"{who} can write it (mode {stat.S_IMODE(status.st_mode):04o}), and you are root"
    return Diagnostic.of_file(str(path), message, f"chmod {writers}-w {path}")


def writers_of(mode: int, group: int) -> str:
    """Return who, beside root and the owner, can write: `o` others, `g` the group, `go` both."""
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return ""  # a pipe, say: it comes from whoever opened it
    by_group = "g" if mode & stat.S_IWGRP and group != 0 else ""
    return by_group + ("o" if mode & stat.S_IWOTH else "")
