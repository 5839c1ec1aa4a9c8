"""How a verb has something done: by the runner that is up, or with none up in the history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from schedkit.cli.context import Context, make_state_directory
from schedkit.control.client import Connection, SilentError, connect
from schedkit.errors import ConfigError, LockedError, SchedError
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedkit.config import Config
    from schedkit.control.protocol import Wish
    from schedkit.lock import RunnerLock
    from schedkit.offline import StoreOperations
    from schedkit.store import Store

PATIENCE = timedelta(seconds=5)  # for a runner that holds the lock and does not listen yet
_AGAIN = timedelta(milliseconds=50)


class NoRunnerError(SchedError):
    """No runner is up, and only a runner could do it."""


@dataclass
class Asking:
    """What can be asked: a *runner*, or the history of *state*, None of the former being up."""

    context: Context
    state: Path
    runner: Connection | None
    _offline: tuple[Store, StoreOperations] | None = None

    def ask(self, wish: Wish) -> dict[str, Any]:
        """
        Have something done; return the answer.

        Raises: SchedError.
        """
        if self.runner is not None:
            return self.runner.ask(wish)
        from schedkit.control import dispatch, protocol
        from schedkit.control.address import user_name

        protocol.read_request(protocol.request_line(wish))  # its bounds hold here too
        return dispatch.answer(wish, self._operations(), user_name(os.getuid()))

    def close(self) -> None:
        """Let go of the history, once nothing more is asked."""
        if self._offline is not None:
            store, operations = self._offline
            try:
                operations.close()
            finally:
                store.close()

    def _operations(self) -> StoreOperations:
        """Return the operations on the history, opened when something is asked first."""
        if self._offline is not None:
            return self._offline[1]
        import platform
        from datetime import UTC, datetime

        import schedkit
        from schedkit import processes
        from schedkit.offline import StoreOperations
        from schedkit.store import Holder
        from schedkit.store.sqlite import SQLiteStore

        jobs = _config(self.context, self.state).by_name
        me = Holder(
            os.getpid(), platform.node(), processes.boot_id(), schedkit.__version__, runs=False
        )
        store = SQLiteStore(self.state / "history.db")
        try:
            operations = StoreOperations(store, jobs, me, datetime.now(UTC))
        except BaseException:
            store.close()
            raise
        self._offline = store, operations
        return operations


@contextmanager
def asking(context: Context) -> Iterator[Asking]:
    """
    Yield what can be asked; with no runner up none starts until that is done.

    Raises: SilentError when a runner is up and does not answer, NoFileError, PermissionError.
    """
    state = context.state_in_use()
    reached = _reach(state)
    if isinstance(reached, Connection):
        with reached:
            yield Asking(context, state, reached)
        return
    with ExitStack() as held:
        held.callback(reached.release)
        asked = Asking(context, state, None)
        held.callback(asked.close)
        yield asked


def _reach(state: Path) -> Connection | RunnerLock:
    """Return a connection to the runner; the lock that it would hold, with none up."""
    from schedkit.lock import RunnerLock
    from schedkit.watch import SystemWatch

    make_state_directory(state)
    watch = SystemWatch()
    deadline = watch.elapsed() + PATIENCE
    try:
        while True:
            connection = connect(state)
            if connection is not None:
                return connection
            try:
                return RunnerLock(state)
            except LockedError as error:  # it is about to listen, or a verb is about to be done
                if watch.elapsed() >= deadline:
                    raise SilentError(f"{error}, and it does not listen") from error
            watch.wait(None, watch.elapsed() + _AGAIN, ())
    finally:
        watch.close()


def _config(context: Context, state: Path) -> Config:
    """Return what the files say; when they are broken, what a runner would go on with."""
    try:
        return context.load()
    except ConfigError:
        from schedkit.last_good import last_good

        known = last_good(state)
        if known is None:
            raise
        return known
