"""Whoever is about to change much is asked first."""

from __future__ import annotations

import sys

from schedkit.cli.failure import UsageError


def is_meant(question: str, what: str) -> bool:
    """
    Ask on the terminal whether something is to be done; return whether it is.

    Raises: UsageError when nobody is there to be asked whether *what*.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        asked = f"nobody is there to be asked whether {what}"
        raise UsageError(f"{asked}\n  = help: say so with --yes")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:  # the end of the input, where a line was to come
        sys.stderr.write("\n")
    meant = answer.strip().lower() in {"y", "yes"}
    if not meant:
        sys.stderr.write("nothing was changed\n")
    return meant
