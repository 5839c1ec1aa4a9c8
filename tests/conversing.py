"""A person at a terminal who is asked something by a command, and answers."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable

from files import Sched

_LONGEST = 30.0  # seconds; what has not been said by then never will be


def conversation(
    sched: Sched,
    *arguments: str,
    asks: str = "[y/N] ",
    says: str | Callable[[subprocess.Popen[bytes]], object] = "",
    **environment: str,
) -> tuple[int, str]:
    """
    Run a command whose input and output is a terminal of 100 columns.

    When it has shown *asks* it is told what is typed, or what is done to its process. Returns its
    exit code and all that the terminal was sent, with what was typed.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "schedkit", *arguments],
        cwd=sched.directory,
        env=sched.environment | {"COLUMNS": "100"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, end, asked = b"", time.monotonic() + _LONGEST, False
    try:
        while select.select([ours], [], [], max(end - time.monotonic(), 0))[0]:
            shown += os.read(ours, 65536)
            if asks.encode() in shown and not asked:
                asked = True
                if isinstance(says, str):
                    os.write(ours, says.encode())
                else:
                    says(process)
    except OSError:  # how Linux says that the other end is closed
        pass
    code = process.wait(_LONGEST)
    os.close(ours)
    return code, shown.decode().replace("\r\n", "\n")
