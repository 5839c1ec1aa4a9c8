"""The command line."""

from __future__ import annotations

import os
import sys

from schedkit.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from schedkit.cli.fastpath import Call


def main() -> None:
    """Run what the command line says, and end the process with its exit code."""
    if "_SCHED_COMPLETE" in os.environ:
        from schedkit.cli import completion

        completion.main()
    from schedkit.cli import fastpath

    if sys.stdout is None:  # closed by whoever started us
        sys.stderr.write("error: the answer cannot be written: standard output is closed\n")
        sys.exit(1)
    call = fastpath.parse(sys.argv[1:])
    if call is not None:
        code = execute(call)
    else:
        from schedkit.cli.app import run

        code = run(sys.argv[1:], execute)
    sys.exit(code)


def execute(call: Call) -> int:
    """Call a verb; return its exit code, or the one that belongs to what went wrong."""
    from schedkit.cli.context import context
    from schedkit.cli.declaration import verb_function
    from schedkit.cli.failure import exit_code, give_up_stdout

    try:
        code = verb_function(call.verb)(context(**call.before), **call.given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the answer has seen enough
        give_up_stdout()
        return 0
    except Exception as error:
        known = exit_code(error)
        if known is None:
            raise
        return known
    return code
