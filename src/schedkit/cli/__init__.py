"""The command line."""

from __future__ import annotations

import gc
import os
import sys

from schedkit.typed import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from schedkit.cli.fastpath import Call


# The verbs that look something up and are done.
_BRIEF = frozenset(("list", "next", "status", "history", "show", "explain", "audit", "events"))


def main() -> None:
    """Run what the command line says, and end the process with its exit code."""
    gc.disable()  # it would look through what is imported, none of which is garbage
    if "_SCHED_COMPLETE" in os.environ:
        from schedkit.cli import completion

        completion.main()
    from schedkit.cli import fastpath

    if sys.stdout is None:  # closed by whoever started us
        sys.stderr.write("error: the answer cannot be written: standard output is closed\n")
        sys.exit(1)
    call = fastpath.parse(sys.argv[1:])
    if call is not None and call.verb in _BRIEF:
        end(execute(call))
    gc.enable()
    if call is not None:
        code = execute(call)
    else:
        from schedkit.cli.app import run

        code = run(sys.argv[1:], execute)
    sys.exit(code)


def end(code: int) -> NoReturn:
    """
    End a process that has written its answer.

    Python would first free, one by one, all objects that there are, which takes as long as half
    of what a verb does: the kernel frees them at once.
    """
    if sys.stderr is not None:
        sys.stderr.flush()
    os._exit(code)


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
