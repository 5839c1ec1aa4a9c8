"""`sched init`: a file to begin with."""

from __future__ import annotations

import shlex
import sys
from importlib.resources import files
from pathlib import Path

from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED, UsageError
from schedkit.errors import SchedError
from schedkit.typed import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from schedkit.interchange.draft import Imported

_HEADER = """\
yaml-language-server: $schema=schedules.schema.json

What `crontab -l` said. Preview it with `sched next`, start it with `sched run`."""


def init(
    context: Context,  # noqa: ARG001  # every verb takes one
    path: Annotated[
        str | None, Argument("Where to; schedules.yaml unless it is given.", "PATH")
    ] = None,
    from_crontab: Annotated[
        bool, Option(("--from-crontab",), "Begin with what your crontab has.")
    ] = False,
    force: Annotated[bool, Option(("--force",), "Replace a file that is there.")] = False,
) -> int:
    """
    Write a file of schedules to begin with.

    And its JSON Schema beside it.
    """
    if path == "-":
        raise UsageError("init writes a file and one beside it: name where to")
    target = Path(path or "schedules.yaml")
    if target.is_dir():
        target /= "schedules.yaml"
    if target.exists() and not force:
        named = shlex.quote(str(target))
        raise UsageError(f"{target} is there already; to replace it: sched init --force {named}")
    imported = _crontab() if from_crontab else None
    beside, is_new = _write(target, _text(imported), force=force)
    option = "" if target == Path("schedules.yaml") else f"-c {shlex.quote(str(target))} "
    both = f"{target} and {beside}" if is_new else f"{target}; {beside} stays as it is"
    sys.stdout.write(f"wrote {both}\n\n  sched {option}next\n  sched {option}run\n")
    return 0 if imported is None else _told(imported)


def _text(imported: Imported | None) -> str:
    if imported is None:
        return files("schedkit.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    from schedkit.interchange.draft import to_yaml

    return to_yaml(imported, _HEADER)


def _write(target: Path, text: str, *, force: bool) -> tuple[Path, bool]:
    """Write the file, and its schema unless one is there; return that and whether it is new."""
    import json

    from schedkit.loader.schema import schema

    beside = target.with_name("schedules.schema.json")
    is_new = force or not beside.exists()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        if is_new:
            beside.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
    except PermissionError:
        raise
    except OSError as error:
        raise UsageError(f"{error.filename}: {(error.strerror or '').lower()}") from error
    return beside, is_new


def _crontab() -> Imported:
    """
    Return what the crontab of the user says.

    Raises: SchedError when there is none, or nothing to ask for it.
    """
    import subprocess

    from schedkit.interchange import crontab_file
    from schedkit.texts import safe

    try:
        asked = subprocess.run(
            ["crontab", "-l"],  # noqa: S607  # wherever it is
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "of a file that you have: sched import crontab FILE"
        raise SchedError(f"crontab cannot be asked: {reason}\n  = help: {hint}") from error
    if asked.returncode:
        said = safe(asked.stderr.decode("utf-8", "backslashreplace").strip())
        raise SchedError(f"crontab -l: {said or f'exit code {asked.returncode}'}")
    text = asked.stdout.decode("utf-8", "surrogateescape")
    return crontab_file.read(text, "crontab")


def _told(imported: Imported) -> int:
    """Say on stderr what is not the same, and return the exit code."""
    from schedkit.cli.interchanging import tell

    tell(imported.differences)
    sys.stderr.write("cron still runs these jobs, too; take them out there: crontab -e\n")
    return FAILED if any(not one.taken for one in imported.differences) else 0
