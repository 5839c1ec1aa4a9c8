"""The command line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schedkit.cli.fastpath import Call


def main() -> None:
    """Run what the command line says, and end the process with its exit code."""
    from schedkit.cli import fastpath

    call = fastpath.parse(sys.argv[1:])
    if call is not None:
        code = execute(call)
    else:
        from schedkit.cli.app import build

        code = build(execute)(standalone_mode=True) or 0
    _end(code)


def execute(call: Call) -> int:
    """Call a verb; return its exit code, or the one that belongs to what went wrong."""
    from schedkit.cli.context import context
    from schedkit.cli.declaration import verb_function
    from schedkit.cli.failure import exit_code

    try:
        return verb_function(call.verb)(context(**call.before), **call.given)
    except BrokenPipeError:
        # Whoever read the answer has seen enough. Nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        return code


def _end(code: int) -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
