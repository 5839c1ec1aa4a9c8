"""Starts a process of another user, or with limits: what posix_spawn cannot do."""

from __future__ import annotations

import errno
import marshal
import os

from schedkit.keeper import RESULT
from schedkit.keeper.programs import Failures, NotStartedError, candidates

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from schedkit.keeper.messages import Limit, Order
else:
    import _signal as signal  # `signal` makes enums of what is in it: they take half a megabyte

OUTPUT = os.O_WRONLY | os.O_CREAT | os.O_APPEND
REPLACE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
MODE = 0o600
NOTHING = b"/dev/null"  # for who reads nothing
_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


def fork(
    order: Order, argv: list[bytes], env: dict[bytes, bytes], stdin: bytes, ignored: list[int]
) -> int:
    """
    Start a process that reads the file *stdin*, and return its pid.

    What is *ignored* here is not ignored there.

    Raises: NotStartedError.
    """
    told, tell = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        _become(tell, order, argv, env, stdin, ignored)
    os.close(tell)
    failure = b""
    while data := os.read(told, 65536):  # ends when the process executes: that closes the pipe
        failure += data
    os.close(told)
    if not failure:
        return pid
    os.waitpid(pid, 0)
    raise NotStartedError(*marshal.loads(failure))  # noqa: S302  # ours


def _become(  # noqa: PLR0917  # what `fork` has
    tell: int,
    order: Order,
    argv: list[bytes],
    env: dict[bytes, bytes],
    stdin: bytes,
    ignored: list[int],
) -> NoReturn:
    """Do what was ordered in this process, or tell which step failed."""
    failure = ("program", argv[0], errno.EINVAL)
    try:
        if tell == RESULT:
            tell = os.dup(tell)
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (*ignored, *_HANDLED):
            signal.signal(number, signal.SIG_DFL)
        for step, name, act in _steps(order, stdin):
            try:
                act()
            except OSError as error:
                raise NotStartedError(step, name, error.errno or errno.EINVAL) from None
        _execute(argv, env)
    except NotStartedError as error:
        failure = (error.step, error.name, error.number)
    except MemoryError:
        failure = ("program", argv[0], errno.ENOMEM)
    finally:  # whatever it is: a second keeper must not go on from here
        os.write(tell, marshal.dumps(failure))
        os._exit(127)


def _steps(order: Order, stdin: bytes) -> Iterator[tuple[str, bytes, Callable[[], object]]]:
    """Yield what is to be done, in an order in which the rights to do it are still there."""
    _, _, _, cwd, output, _, result, _, umask, surroundings, _ = order
    uid, gid, groups, nice, limits = surroundings or (None, None, None, None, ())
    yield "output", stdin, lambda: _open(0, stdin, os.O_RDONLY)
    yield "output", output, lambda: _open(1, output, OUTPUT)
    yield "output", output, lambda: os.dup2(1, 2)
    if result is not None:
        yield "output", result, lambda: _open(RESULT, result, REPLACE)
    if nice is not None:
        yield "nice", b"%d" % nice, lambda: os.setpriority(os.PRIO_PROCESS, 0, nice)
    for limit in limits:
        yield f"limits.{limit[0]}", b"%d" % limit[2], _restricting(limit)
    if groups is not None:
        yield "user", b"%d" % (uid or 0), lambda: os.setgroups(groups)
    if gid is not None:
        yield "group", b"%d" % gid, lambda: os.setresgid(gid, gid, gid)
    if uid is not None:
        yield "user", b"%d" % uid, lambda: os.setresuid(uid, uid, uid)
    yield "working_dir", cwd, lambda: os.chdir(cwd)
    if umask is not None:
        yield "umask", b"%o" % umask, lambda: os.umask(umask)


def _open(descriptor: int, path: bytes, flags: int) -> None:
    os.dup2(os.open(path, flags, MODE), descriptor)


def _restricting(limit: Limit) -> Callable[[], object]:
    return lambda: _restrict(limit)


def _restrict(limit: Limit) -> None:
    import resource  # only where limits are

    _, number, warns, ends = limit
    most = resource.getrlimit(number)[1]
    if most != resource.RLIM_INFINITY:  # which only root may raise
        ends = max(warns, min(ends, most))
    try:
        resource.setrlimit(number, (warns, ends))
    except ValueError:  # what it makes of EPERM and EINVAL
        raise OSError(errno.EPERM if ends > most else errno.EINVAL, "") from None


def _execute(argv: list[bytes], env: dict[bytes, bytes]) -> NoReturn:
    failures = Failures(argv[0])
    for path in candidates(argv[0], env):
        try:
            os.execve(path, argv, env)  # noqa: S606  # what the job is
        except OSError as error:
            failures.note(path, error)
    raise failures.error()
