"""
Starts a process: by posix_spawn, or by a fork where something is to be done that it cannot do.

The process itself makes its output file before it executes its program: without that file, it
was never started.
"""

from __future__ import annotations

import errno
import os

from schedkit.keeper import RESULT
from schedkit.keeper.forking import MODE, NOTHING, OUTPUT, REPLACE, fork
from schedkit.keeper.programs import Failures, NotStartedError, candidates

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    import signal

    from schedkit.keeper.messages import Order
else:
    import _signal as signal  # `signal` makes enums of what is in it: they take half a megabyte


class Spawner:
    """
    Starts processes with this environment and what is added to it.

    To be made while no signal is handled yet: what is ignored then, the jobs shall not ignore.
    """

    def __init__(self, environment: dict[bytes, bytes]) -> None:
        self._environment = environment
        self._ignored = [
            number for number in range(1, signal.NSIG) if signal.getsignal(number) == signal.SIG_IGN
        ]
        self._cwd: bytes | None = None  # where we are, for the next one that starts there

    def leave(self) -> None:
        """Be in no job's directory: it could not be unmounted."""
        os.chdir("/")
        self._cwd = None

    def start(self, order: Order) -> int:
        """
        Start a process and return its pid; the working directory is its own until `leave`.

        Raises: NotStartedError.
        """
        _, argv, added, _, _, _, _, script, _, _, stdin = order
        env = {**self._environment, **added}
        given = None if stdin is None else _kept(stdin)
        try:
            return self._start(order, argv, env, given)
        except NotStartedError as error:
            if error.number != errno.ENOEXEC or script is None:
                raise
            return self._start(order, script, env, given)
        finally:
            if given is not None:
                os.close(given)

    def _start(
        self, order: Order, argv: list[bytes], env: dict[bytes, bytes], given: int | None
    ) -> int:
        stdin = NOTHING if given is None else b"/proc/self/fd/%d" % given
        try:
            return self._begin(order, argv, env, stdin)
        except NotStartedError as error:
            if (error.step, error.number) != ("output", errno.ENOENT):
                raise
        # Made here and only now: to look for the directory each time would cost each start.
        output = order[4]
        try:
            os.makedirs(os.path.dirname(output), 0o700, exist_ok=True)
        except OSError as error:
            raise NotStartedError("output", output, error.errno or 0) from None
        return self._begin(order, argv, env, stdin)

    def _begin(self, order: Order, argv: list[bytes], env: dict[bytes, bytes], stdin: bytes) -> int:
        _, _, _, _, _, _, _, _, umask, surroundings, _ = order
        try:
            # A umask that takes rights from the owner would take them from the output file, too.
            if surroundings is not None or (umask is not None and umask & MODE):
                return fork(order, argv, env, stdin, self._ignored)
            return self._spawn(order, argv, env, stdin)
        except ValueError:  # a NUL where none can be
            raise NotStartedError("program", argv[0], errno.EINVAL) from None

    def _spawn(self, order: Order, argv: list[bytes], env: dict[bytes, bytes], stdin: bytes) -> int:
        _, _, _, cwd, output, _, result, _, umask, _, _ = order
        if cwd != self._cwd:
            try:
                os.chdir(cwd)
            except OSError as error:
                raise NotStartedError("working_dir", cwd, error.errno or 0) from None
            self._cwd = cwd
        files = [
            (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, output, OUTPUT, MODE),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        if result is not None:
            files.append((os.POSIX_SPAWN_OPEN, RESULT, result, REPLACE, MODE))
        former = None if umask is None else os.umask(umask)
        failures = Failures(argv[0])
        try:
            for path in candidates(argv[0], env):
                try:
                    return os.posix_spawn(
                        path, argv, env,
                        file_actions=files, setpgroup=0, setsigdef=self._ignored,
                    )  # fmt: skip
                except OSError as error:
                    for made in (output, result):
                        if made is not None and not os.path.exists(made):
                            raise NotStartedError("output", made, error.errno or 0) from None
                    failures.note(path, error)
        finally:
            if former is not None:
                os.umask(former)
        raise failures.error()


def _kept(data: bytes) -> int:
    """Return a file in memory alone that holds *data*: each who opens it reads all of it."""
    descriptor = os.memfd_create("stdin")
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError as error:
        os.close(descriptor)
        raise NotStartedError("stdin", b"", error.errno or 0) from None
    return descriptor
