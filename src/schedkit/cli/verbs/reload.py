"""`sched reload`: the runner takes the files as they are now."""

from __future__ import annotations

import sys

from schedkit.cli.asking import NoRunnerError
from schedkit.cli.context import Context
from schedkit.control.client import connect
from schedkit.control.protocol import Reload
from schedkit.texts import safe


def reload(context: Context) -> int:
    """Let the runner load the files again, and show what changed; exit 78 when they are broken."""
    runner = connect(context.state_in_use())
    if runner is None:
        raise NoRunnerError(
            "no runner is up: the next one takes the files as they are then\n"
            f"  = help: check them with: {context.command('validate')}"
        )
    with runner:
        runner.ask(Reload())
        changes = runner.result()["changes"]
    sys.stdout.write("".join(f"{safe(change)}\n" for change in changes))
    if not changes:
        sys.stderr.write("no job fires otherwise than before\n")
    return 0
