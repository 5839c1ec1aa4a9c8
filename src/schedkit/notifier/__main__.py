"""Runs a notifier: see the package."""

from __future__ import annotations

import os
import signal

from schedkit.notifier.loop import Notifier

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Send what stdin says, until it ends."""
    source, sink = os.dup(0), os.dup(1)
    # Whatever a library prints is no answer of ours, and what it reads no delivery.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    os.set_blocking(sink, True)
    os.chdir("/")  # so that the parent's directory can be unmounted
    # What ends the runner is sent to its whole group, and it is the runner that says when we end.
    # Handlers that do nothing: what is ignored would be ignored by the commands as well.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _nothing)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    Notifier(source, sink).run()
    os._exit(0)  # a thread that waits for a name server would be waited for


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass


if __name__ == "__main__":
    main()
