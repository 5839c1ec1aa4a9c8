"""`sched import`: what another scheduler runs, as a file of ours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED, UsageError
from schedkit.typed import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from schedkit.interchange.draft import Imported

_STDIN = "-"
_SYSTEM = (Path("/etc/crontab"), Path("/etc/cron.d"))


def _crontab(files: tuple[str, ...], *, system: bool) -> Imported:
    from schedkit.interchange import crontab_file

    places = [Path(name).absolute() for name in files]
    if any(place in _SYSTEM or place.parent in _SYSTEM for place in places):
        system = True  # in these a user stands in each line, whoever reads them
    return crontab_file.read_all(list(texts(files, "crontab")), system=system)


def _systemd(files: tuple[str, ...], *, system: bool) -> Imported:  # noqa: ARG001  # of crontabs
    from zoneinfo import ZoneInfo

    from schedkit.interchange import systemd_units
    from schedkit.loader.zone import machine_zone

    local = ZoneInfo(machine_zone())
    if files not in ((), (_STDIN,)):
        try:
            return systemd_units.read(files, local)
        except PermissionError:
            raise
        except OSError as error:
            raise UsageError(f"{error.filename}: {(error.strerror or '').lower()}") from error
    if not files and sys.stdin.isatty():
        raise UsageError(f"name timers, {systemd_units.WHERE}")
    ((text, _),) = texts(files, "stdin")
    return systemd_units.read_stream(text, local)


def _kubernetes(files: tuple[str, ...], *, system: bool) -> Imported:  # noqa: ARG001
    from schedkit.interchange import cronjobs

    return cronjobs.read(list(texts(files, "stdin")))


# What reads each format: files as they were named, and whether they are the system's.
_READERS: dict[str, Callable[..., Imported]] = {
    "crontab": _crontab, "systemd": _systemd, "k8s": _kubernetes,
}  # fmt: skip


def import_(
    context: Context,  # noqa: ARG001  # every verb takes one
    format: Annotated[  # noqa: A002  # what it is called in the help
        str, Argument("What it is.", "FORMAT", choices=tuple(_READERS))
    ],
    files: Annotated[tuple[str, ...], Argument("What to read; stdin for - or none.", "FILE")] = (),
    system: Annotated[
        bool, Option(("--system",), "A crontab with a user in each line, as /etc/crontab.")
    ] = False,
) -> int:
    """
    Write what another scheduler runs as a file of ours.

    Exit 1 when a part is not taken.
    """
    from schedkit.cli.interchanging import plural, tell
    from schedkit.interchange.draft import to_yaml

    if system and format != "crontab":
        raise UsageError("--system is about crontabs")
    imported = _READERS[format](files, system=system)
    render.write_text(to_yaml(imported))
    sys.stdout.flush()  # before what is said of it, where both go to one place
    tell(imported.differences)
    lost = len({one.place for one in imported.differences if not one.taken})
    summary = plural(len(imported.jobs), "job")
    summary += f", {plural(lost, 'place')} not taken" if lost else ", everything taken"
    sys.stderr.write(f"{summary}; once this is in schedules.yaml: sched validate\n")
    return FAILED if lost else 0


def texts(files: tuple[str, ...], stdin: str) -> Iterator[tuple[str, str]]:
    """
    Yield the text of each file, and its name; *stdin* is what that is called.

    Bytes that are no UTF-8 stand in it as surrogates. Raises: UsageError, PermissionError.
    """
    for name in files or (_STDIN,):
        if name == _STDIN:
            if sys.stdin.isatty():
                sys.stderr.write("reading from the terminal: Ctrl-D ends it\n")
            yield sys.stdin.buffer.read().decode("utf-8", "surrogateescape"), stdin
            continue
        try:
            yield Path(name).read_bytes().decode("utf-8", "surrogateescape"), name
        except PermissionError:
            raise
        except (OSError, ValueError) as error:  # a NUL in the path
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"{name}: {reason.lower()}") from error
