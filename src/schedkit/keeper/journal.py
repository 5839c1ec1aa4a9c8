"""
The lines that a keeper writes, to its journal and to its runner alike.

    K 1 <pid> <time> <boot id>            born
    S <attempt> <pid> <time> <bytes>      started; pid is its process group, too; of its output
                                          so many bytes are kept
    F <attempt> <errno> <step> <name>     never executed: *step*, about *name*, failed
    E <attempt> <wait status> <time>      ended; written before the process is reaped
    U <attempt> <user us> <system us> <peak memory KB>
    D <attempt> <bytes>                   so many bytes of its output were cut out of the middle
    Z                                     the runner is gone: no S or F will follow
    X <text>                              the keeper failed
    O                                     a process was reaped that is no attempt's: not written
                                          to the journal

Times are nanoseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps.
"""

from __future__ import annotations

import time

VERSION = 1
ORPHAN = b"O\n"


def line(*words: object) -> bytes:
    """Return a line of these words, none of which has a space or is empty."""
    return " ".join(map(str, words)).encode("ascii") + b"\n"


def quoted(text: bytes) -> str:
    """Return any text as one word."""
    escaped = text.decode("latin-1").encode("unicode_escape").decode("ascii")
    return "=" + escaped.replace(" ", "\\x20")


def unquoted(word: str) -> bytes:
    """Return the text that was quoted."""
    return word[1:].encode("ascii").decode("unicode_escape").encode("latin-1")


def boottime() -> int:
    """Return the time since the machine was started, in nanoseconds."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
