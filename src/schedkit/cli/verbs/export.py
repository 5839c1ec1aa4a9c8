"""`sched export`: jobs of ours as files of another scheduler."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED, UsageError
from schedkit.typed import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from schedkit.interchange.draft import Difference, Exported
    from schedkit.job import Job


def _crontab(jobs: Sequence[Job], *, system: bool, **_: object) -> Exported:
    import getpass
    from datetime import UTC, datetime

    from schedkit.interchange import crontab_export, crontab_task
    from schedkit.loader.zone import machine_zone

    machine = crontab_task.Machine(machine_zone(), getpass.getuser(), datetime.now(UTC))
    return crontab_export.write(jobs, machine, system=system)


def _systemd(jobs: Sequence[Job], **_: object) -> Exported:
    from schedkit.interchange import systemd_export

    return systemd_export.write(jobs)


def _kubernetes(jobs: Sequence[Job], *, image: str | None, **_: object) -> Exported:
    from schedkit.interchange import cronjobs_export

    if image is None:
        raise UsageError("k8s takes --image IMAGE: the one that has the programs of the jobs")
    return cronjobs_export.write(jobs, image)


# What writes each format: the jobs, and the options of the verb.
_WRITERS: dict[str, Callable[..., Exported]] = {
    "crontab": _crontab, "systemd": _systemd, "k8s": _kubernetes,
}  # fmt: skip


def export(
    context: Context,
    format: Annotated[  # noqa: A002  # what it is called in the help
        str, Argument("What to write.", "FORMAT", choices=tuple(_WRITERS))
    ],
    jobs: Annotated[tuple[str, ...], Argument("Only these jobs; else all.", "JOB")] = (),
    system: Annotated[
        bool, Option(("--system",), "A crontab with a user in each line, as /etc/crontab.")
    ] = False,
    image: Annotated[
        str | None, Option(("--image",), "The image that CronJobs run in.", "IMAGE")
    ] = None,
    into: Annotated[
        str | None, Option(("--into",), "Write files of systemd into this directory.", "DIR")
    ] = None,
) -> int:
    """
    Write jobs as files of another scheduler.

    Exit 1 when one of them cannot be expressed.
    """
    from schedkit.cli.interchanging import plural, tell
    from schedkit.texts import safe

    if system and format != "crontab":
        raise UsageError("--system is about crontabs")
    if image is not None and format != "k8s":
        raise UsageError("--image is about CronJobs")
    if into is not None and format != "systemd":
        raise UsageError("--into is about units of systemd")
    chosen = context.load().named(jobs)
    exported = _WRITERS[format](chosen, system=system, image=image)
    if into is None:
        render.write_text(_text(exported))
    else:
        _put(exported.files, Path(into))
    sys.stdout.flush()  # before what is said of it, where both go to one place
    tell(_together(exported.differences))
    for job, why in exported.refused:
        sys.stderr.write(f"{safe(job)}: refused\n  = {safe(why)}\n")
    written = len(chosen) - len(exported.refused)
    summary = f"{plural(written, 'job')} of {len(chosen)} written"
    sys.stderr.write(
        f"{summary}; {_to_enable(exported) if into else ''}do not let both schedulers run them\n"
    )
    return FAILED if exported.refused else 0


def _to_enable(exported: Exported) -> str:
    kinds = [kind for kind in ("timer", "path") if any(f.endswith(kind) for f in exported.files)]
    units = " and ".join(f"{kind}s" for kind in kinds)
    return f"systemctl daemon-reload, and enable --now their {units}; " if units else ""


def _text(exported: Exported) -> str:
    """Return one text; several files each below its name, as systemctl cat has them."""
    files = [f"# {name}\n{text}" for name, text in exported.files.items()]
    return exported.text + "\n".join(files)


def _put(files: Mapping[str, str], directory: Path) -> None:
    """
    Write files into a directory.

    Raises: UsageError, PermissionError; when there is another file already, before any is written.
    """
    try:
        if not directory.is_dir():
            raise UsageError(f"{directory}: no such directory")
        for name, text in files.items():
            file = directory / name
            if file.is_symlink() or (file.exists() and file.read_text(errors="replace") != text):
                raise UsageError(f"{file} is there already and says something else")
        for name, text in files.items():
            (directory / name).write_text(text, encoding="utf-8")
    except PermissionError:
        raise
    except OSError as error:
        raise UsageError(f"{error.filename}: {(error.strerror or '').lower()}") from error


def _together(differences: Sequence[Difference]) -> list[Difference]:
    """Return differences with all that have the same said of them in one."""
    places: dict[Difference, list[str]] = {}
    for one in differences:
        places.setdefault(one._replace(place=""), []).append(one.place)
    return [one._replace(place=", ".join(names)) for one, names in places.items()]
