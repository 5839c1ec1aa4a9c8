"""What is said of an error, and the exit code that it has in every verb."""

from __future__ import annotations

import errno
import os
import sys

from schedkit.errors import ConfigError, LockedError, Problem, SchedError, StoreError

FAILED = 1
USAGE = 2
NO_RUNNER = 3
NO_SUCH_JOB = 4
NO_STORE = 69
LOCKED = 75
NO_PERMISSION = 77
INVALID_FILE = 78


class UsageError(SchedError):
    """What stands on the command line cannot be meant so."""


def exit_code(error: Exception) -> int | None:
    """Say on stderr what went wrong and return its exit code; None for a bug of ours."""
    from schedkit.cli.asking import NoRunnerError
    from schedkit.cli.context import NoFileError
    from schedkit.config import UnknownJobError
    from schedkit.control.client import SilentError
    from schedkit.control.protocol import RefusedError
    from schedkit.operations import NoSuchRunError

    if isinstance(error, RefusedError):
        _say((Problem(_safe(str(error)), error.hint and _safe(error.hint)),))
        return error.code
    codes: dict[type[Exception], int] = {
        UnknownJobError: NO_SUCH_JOB,  # before ConfigError, which it is as well
        NoSuchRunError: NO_SUCH_JOB,
        NoRunnerError: NO_RUNNER,
        SilentError: LOCKED,
        ConfigError: INVALID_FILE,
        NoFileError: INVALID_FILE,
        UsageError: USAGE,
        LockedError: LOCKED,
        StoreError: NO_STORE,
        PermissionError: NO_PERMISSION,
        SchedError: FAILED,  # after those of its kinds that have one of their own
    }
    code = next((code for kind, code in codes.items() if isinstance(error, kind)), None)
    if code is None and isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO):
        give_up_stdout()
        sys.stderr.write(f"error: the answer cannot be written: {_lower(error)}\n")
        return 1
    if code is None and isinstance(error, FileNotFoundError) and _is_nowhere():
        _say((Problem("the current directory was deleted", "go to another one: cd"),))
        return INVALID_FILE
    if isinstance(error, ConfigError):
        _say_invalid(error)
    elif isinstance(error, NoSuchRunError):
        _say((Problem(str(error), error.hint),))
    elif isinstance(error, PermissionError):
        sys.stderr.write(f"error: {error.filename}: permission denied\n")
    elif code is not None:
        sys.stderr.write(f"error: {error}\n")
    return code


def _is_nowhere() -> bool:
    """Return whether no relative path leads anywhere."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _lower(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _safe(text: str) -> str:
    """Return what another process says, fit to be seen: it may quote what anybody wrote."""
    from schedkit.texts import safe

    return "\n".join(map(safe, text.split("\n")))


def give_up_stdout() -> None:
    """Let what is still to be written go nowhere: at its end, Python would try once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        sys.stderr.write(f"error: {problem.message}\n")
        if problem.hint:
            sys.stderr.write(f"  = help: {problem.hint}\n")


def _say_invalid(error: ConfigError) -> None:
    diagnostics = getattr(error, "diagnostics", None)
    if diagnostics is None:
        _say(error.problems)
        return
    from schedkit.report import full

    sys.stderr.write("\n\n".join(map(full, diagnostics)) + "\n")
    count = len(diagnostics)
    sys.stderr.write(f"\n{count} problem{'s' if count > 1 else ''}\n")
