"""Runs a command that tells somebody, with the message on its stdin and in its environment."""

from __future__ import annotations

import json
import os
import select
import subprocess

from schedkit.notifier.delivery import NotSentError
from schedkit.notifier.output import cleaned
from schedkit.notifier.sending import too_late

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from schedkit.notifier.deadline import Deadline
    from schedkit.notifier.sending import Sending

_VARIABLES = {
    "SCHED_NOTIFY_WHEN": "when",
    "SCHED_JOB": "job",
    "SCHED_STATE": "state",
    "SCHED_RUN_ID": "run",
    "SCHED_FIRE_TIME": "fire_time",
    "SCHED_REASON": "reason",
    "SCHED_TITLE": "title",
}
# What the runner was told about itself, or by the shell that started it, is not for its commands.
_NOT_FOR_COMMANDS = ("NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", "JOURNAL_STREAM",
                     "INVOCATION_ID", "OLDPWD")  # fmt: skip
_LONGEST = 8_000  # characters of a variable: a process is not started with too many
_KEPT = 2_048  # bytes of what it writes
_PIPE = 65_536  # bytes that one holds; Source: pipe(7)
_LOOK = 50  # milliseconds between two looks, where no descriptor tells that it ended
_NOT_THERE = (126, 127)  # Source: POSIX.1-2024, "Shell Command Language" 2.8.2


def send(sending: Sending) -> None:
    """
    Run it.

    Raises: NotSentError.
    """
    argv = _argv(sending)
    message = {**sending.message, "output_tail": sending.output_tail()}
    environment = _environment(sending)
    # A file and no pipe: nobody waits for a command that does not read it.
    stdin = os.memfd_create("message")
    try:
        with open(stdin, "wb", closefd=False) as file:
            file.write(json.dumps(message).encode("ascii"))
        os.lseek(stdin, 0, os.SEEK_SET)
        process = _start(argv, sending.directory, environment, stdin)
    finally:
        os.close(stdin)
    said = _watched(process, sending.deadline)
    _judge(process.returncode, f": {said}" if said else "", sending.deadline)


def _argv(sending: Sending) -> list[str]:
    if isinstance(sending.to.raw("command"), list):
        return sending.to.texts("command")
    return ["/bin/sh", "-c", sending.to.text("command")]


def _environment(sending: Sending) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_FOR_COMMANDS) and name != "_"
    }
    own = {name: sending.said(key).replace("\0", "")[:_LONGEST] for name, key in _VARIABLES.items()}
    return {**inherited, "PWD": sending.directory, **sending.to.mapping("env"), **own}


def _start(
    argv: list[str], directory: str, environment: dict[str, str], stdin: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv, cwd=directory, env=environment, stdin=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0, start_new_session=True,
        )  # fmt: skip
    except ValueError:
        reason = "a NUL character, or a name of a variable that none can have"
        raise NotSentError(f"cannot be started: {reason}", again=False) from None
    except OSError as error:
        reason = (error.strerror or "no reason is known").lower()
        if os.path.isdir(directory):
            raise NotSentError(f"cannot be started: {reason}", again=False) from None
        raise NotSentError(f"cannot be started in {directory}: {reason}", again=True) from None


def _watched(process: subprocess.Popen[bytes], deadline: Deadline) -> str:
    """Wait until it has ended, and return the last that it wrote until then, in one line."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    try:
        ended = os.pidfd_open(process.pid)
    except OSError:  # a kernel, or a container, that does not have it
        ended = None
    with deadline.leading(process.pid):
        data = _read(pipe, ended, process.pid)
    process.wait()
    process.stdout.close()  # though somebody that it started may still have it
    if ended is not None:
        os.close(ended)
    lines = cleaned(data.decode("utf-8", "replace")).split("\n")
    return " | ".join(line.strip() for line in lines if line.strip())


def _read(pipe: int, ended: int | None, pid: int) -> bytes:
    """Return the last bytes that come until the process has ended, which stays to be reaped."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    if ended is not None:
        poll.register(ended, select.POLLIN)
    kept, is_open = b"", True
    while True:
        over = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        if is_open:
            try:
                data = os.read(pipe, _PIPE)
            except BlockingIOError:
                data = None
            if data == b"":  # it would be ready from now on
                is_open = False
                poll.unregister(pipe)
            kept = (kept + (data or b""))[-_KEPT:]
        if over:  # read once more, and only once: what it left behind may write for ever
            return kept
        poll.poll(None if ended is not None else _LOOK)


def _judge(code: int, said: str, deadline: Deadline) -> None:
    if code == 0:
        return
    if deadline.is_cut:
        raise NotSentError(f"{too_late(deadline).text}, killed{said}", again=True)
    if code < 0:
        raise NotSentError(f"ended by signal {-code}{said}", again=True)
    raise NotSentError(f"exited with {code}{said}", again=code not in _NOT_THERE)
