"""`sched export`: jobs of ours as files of another scheduler."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED, UsageError

if TYPE_CHECKING:
    from schedkit.interchange.draft import Difference, Exported
    from schedkit.job import Job


def _crontab(jobs: Sequence[Job], *, system: bool) -> Exported:
    import getpass
    from datetime import UTC, datetime

    from schedkit.interchange import crontab_export, crontab_task
    from schedkit.loader.zone import machine_zone

    machine = crontab_task.Machine(machine_zone(), getpass.getuser(), datetime.now(UTC))
    return crontab_export.write(jobs, machine, system=system)


# What writes each format: the jobs, and whether it is for the system.
_WRITERS: dict[str, Callable[..., Exported]] = {"crontab": _crontab}


def export(
    context: Context,
    format: Annotated[  # noqa: A002  # what it is called in the help
        str, Argument("What to write.", "FORMAT", choices=tuple(_WRITERS))
    ],
    jobs: Annotated[tuple[str, ...], Argument("Only these jobs; else all.", "JOB")] = (),
    system: Annotated[
        bool, Option(("--system",), "A crontab with a user in each line, as /etc/crontab.")
    ] = False,
) -> int:
    """Write jobs as files of another scheduler; exit 1 when one of them cannot be expressed."""
    from schedkit.cli.interchanging import plural, tell
    from schedkit.texts import safe

    if system and format != "crontab":
        raise UsageError("--system is about crontabs")
    chosen = context.load().named(jobs)
    exported = _WRITERS[format](chosen, system=system)
    render.write_text(_text(exported))
    sys.stdout.flush()  # before what is said of it, where both go to one place
    tell(_together(exported.differences))
    for job, why in exported.refused:
        sys.stderr.write(f"{safe(job)}: refused\n  = {safe(why)}\n")
    written = len(chosen) - len(exported.refused)
    summary = f"{plural(written, 'job')} of {len(chosen)} written"
    sys.stderr.write(f"{summary}; do not let both schedulers run them\n")
    return FAILED if exported.refused else 0


def _text(exported: Exported) -> str:
    """Return one text; several files each below its name, as systemctl cat has them."""
    files = [f"# {name}\n{text}" for name, text in exported.files.items()]
    return exported.text + "\n".join(files)


def _together(differences: Sequence[Difference]) -> list[Difference]:
    """Return differences with all that have the same said of them in one."""
    places: dict[Difference, list[str]] = {}
    for one in differences:
        places.setdefault(one._replace(place=""), []).append(one.place)
    return [one._replace(place=", ".join(names)) for one, names in places.items()]
