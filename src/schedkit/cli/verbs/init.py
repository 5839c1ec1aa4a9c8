"""`sched init`: a file to begin with."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import UsageError


def init(
    context: Context,  # noqa: ARG001  # every verb takes one
    path: Annotated[
        str | None, Argument("Where to; schedules.yaml unless it is given.", "PATH")
    ] = None,
    force: Annotated[bool, Option(("--force",), "Replace a file that is there.")] = False,
) -> int:
    """Write a file of schedules to begin with, and its JSON Schema beside it."""
    target = Path(path or "schedules.yaml")
    if target.is_dir():
        target /= "schedules.yaml"
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; to replace it: sched init --force {target}")
    import json

    from schedkit.loader.schema import schema

    text = files("schedkit.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        beside = target.with_name("schedules.schema.json")
        if force or not beside.exists():
            beside.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename}: {(error.strerror or '').lower()}") from error
    option = "" if target == Path("schedules.yaml") else f"-c {target} "
    sys.stdout.write(f"wrote {target} and {beside}\n\n  sched {option}next\n  sched {option}run\n")
    return 0
