"""`sched schema`: the JSON Schema of files of schedules."""

from __future__ import annotations

from schedkit.cli import render
from schedkit.cli.context import Context


def schema(context: Context) -> int:  # noqa: ARG001  # every verb takes one
    """
    Write the JSON Schema of a file of schedules.

    For an editor to complete and check with.
    """
    from schedkit.loader.schema import schema as of_a_file

    render.write_json(of_a_file())
    return 0
