"""
Waits for what a run waits for, then becomes what it asks.

Run as a file by the runner's own Python, in the surroundings of the job:

    SCHED_GATE='{"wait_for": [{"what": "host db:5432", "host": "db", "port": 5432,
                               "until_s": 1800, "every_s": 5, "in_vain": "..."}],
                 "only_if": ["/bin/sh", "-c", "test -f ready"], "result": 3}' python gate.py

What it is to wait for is no argument: everybody on a machine can read those. It comes one after
the other, each until so long after the beginning; at its turn each is looked for once at least.

It ends with 0 when all of it was there and nothing is asked, else as `only_if` ends, which it
becomes: before that it writes {"returned": "asked"} to the descriptor `result`, which what it
becomes has not. When something was not there in time it ends with 75 and writes {"raised": why};
what went wrong otherwise is written likewise. Whatever it ends with when nothing is written, it is
no answer.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # as far as the type checker believes: typing is not worth its import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

IN_VAIN = 75  # Source: sysexits.h, EX_TEMPFAIL
_BROKEN = 70  # Source: sysexits.h, EX_SOFTWARE
_NOT_FOUND = 127  # as a shell has it
_CONNECTING = 10.0  # seconds for one connection: lost packets are sent again a few times in that
_LEAST = 1.0  # seconds for one look, also at the very end
_KILLED = 1.0  # seconds in which what is killed is gone, unless the kernel does not let it go
_TAIL = 4096  # bytes of what a look writes that its last line is taken from
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # by every Python, and by nothing that it becomes


def main() -> None:
    """Do what the environment says."""
    said = json.loads(os.environ.pop("SCHED_GATE"))
    result = said["result"]
    os.set_inheritable(result, False)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it ends as any process does
    try:
        began = time.monotonic()
        for one in said["wait_for"]:
            if not _comes(one, began + one["until_s"]):
                _end(result, one["in_vain"], IN_VAIN)
        if said["only_if"] is not None:
            _become(said["only_if"], result)
    except Exception as error:  # noqa: BLE001  # whatever it is, no answer of `only_if` is it
        _end(result, f"wait_for: {type(error).__name__}: {error}", _BROKEN)


def _comes(one: dict[str, Any], deadline: float) -> bool:
    """Wait until something is there; return whether it was in time."""
    told = None
    while True:
        looked = time.monotonic()
        why = _look(one, max(deadline - looked, _LEAST))
        if why is None:
            if told is not None:
                _say(f"{one['what']} {'succeeded' if 'command' in one else 'is there'}")
            return True
        if why != told:
            _say(f"{one['what']}: {why}")
            told = why
        now = time.monotonic()
        if now >= deadline:
            return False
        select.select((), (), (), max(min(looked + one["every_s"], deadline) - now, 0))


def _say(text: str) -> None:
    sys.stdout.write(f"wait_for: {text}\n")
    sys.stdout.flush()


def _look(one: dict[str, Any], limit: float) -> str | None:
    """
    Return why something is not there, None when it is.

    A process looks, which is killed after *limit* seconds: names that nobody resolves and file
    systems that are gone let nobody go who asks for them.
    """
    read, write = os.pipe2(os.O_CLOEXEC)
    try:
        pid = _run(one["command"], write) if "command" in one else _fork(_looker(one), write)
    except OSError as error:
        os.close(read)
        return f"cannot be started: {_reason(error)}"
    finally:
        os.close(write)
    ended, said = _watch(pid, read, limit)
    os.close(read)
    if ended is None:
        return f"no answer within {limit:.0f}s"
    if ended == 0:
        return None
    how = f"killed by signal {-ended}" if ended < 0 else f"exit code {ended}"
    if "command" in one:
        return f"{how}: {said}" if said else how
    return said or how


# ---- who looks


def _looker(one: dict[str, Any]) -> Callable[[], object]:
    if "path" in one:
        return lambda: os.stat(os.path.expanduser(one["path"]))
    return lambda: _connect(one["host"], one["port"])


def _connect(host: str, port: int) -> None:
    import socket  # not for a path

    socket.create_connection((host, port), _CONNECTING).close()


def _fork(look: Callable[[], object], write: int) -> int:
    """Let a process look; it writes why nothing is there."""
    pid = os.fork()
    if pid:
        return pid
    code = _BROKEN
    try:
        os.setpgid(0, 0)
        look()
        code = 0
    except Exception as error:  # noqa: BLE001  # no name of a host may be one, say
        code = 1
        os.write(write, _reason(error).encode())
    finally:  # whatever it is: a second one must not go on from here
        os._exit(code)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()


def _run(argv: list[str], write: int) -> int:
    return os.posix_spawnp(
        argv[0], argv, os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, write, 1),
            (os.POSIX_SPAWN_DUP2, write, 2),
        ],
        setpgroup=0, setsigdef=_IGNORED,
    )  # fmt: skip


def _watch(pid: int, read: int, limit: float) -> tuple[int | None, str]:
    """Return the exit code of a process, None for one that took too long, and its last line."""
    os.set_blocking(read, False)
    deadline = time.monotonic() + limit
    process = os.pidfd_open(pid)
    waits, tail = {process, read}, b""
    try:
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select(waits, (), (), left)
            if read in waits and ready:
                data = _available(read)
                tail = (tail + (data or b""))[-_TAIL:]
                if data == b"":
                    waits.discard(read)
            if process in ready:
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), _last_line(tail)
        _kill(pid)
        if select.select([process], (), (), _KILLED)[0]:
            os.waitpid(pid, 0)
        return None, ""
    finally:
        os.close(process)


def _available(descriptor: int) -> bytes | None:
    """Return what a pipe holds, all of it; None when that is nothing so far."""
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return None


def _kill(pid: int) -> None:
    """Kill a process and its group, which may not be one yet."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _last_line(data: bytes) -> str:
    lines = reversed(data.decode("utf-8", "replace").splitlines())
    return next((line.strip() for line in lines if line.strip()), "")


# ---- the end


def _become(argv: list[str], result: int) -> NoReturn:
    _tell(result, {"returned": "asked"})
    for number in _IGNORED:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)  # noqa: S606  # what the file says
    except OSError as error:
        why = f"only_if: cannot be started: program {argv[0]}: {_reason(error)}"
        _end(result, why, _NOT_FOUND)


def _end(result: int, why: str, code: int) -> NoReturn:
    _tell(result, {"raised": why})
    sys.exit(code)


def _tell(result: int, content: dict[str, str]) -> None:
    """Write this, in place of what was written before."""
    os.ftruncate(result, 0)
    os.pwrite(result, json.dumps(content).encode(), 0)


if __name__ == "__main__":
    main()
