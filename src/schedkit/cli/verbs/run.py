"""`sched run`: the runner, in the foreground."""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import schedkit
from schedkit import durations
from schedkit.cli.context import Context, make_state_directory
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import UsageError
from schedkit.cli.when import span
from schedkit.errors import ConfigError, LockedError
from schedkit.log import FORMATS, fields
from schedkit.typed import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from schedkit.config import Config
    from schedkit.lock import RunnerLock
    from schedkit.runner import Runner
    from schedkit.watch import Watch

_INTERRUPTED = 130
_PATIENCE = timedelta(seconds=2)  # with who holds the lock and is no runner: a verb takes no longer
_AGAIN = timedelta(milliseconds=50)


def run(
    context: Context,
    extra: Annotated[tuple[str, ...], Argument("", "", hidden=True)] = (),
    duration: Annotated[
        timedelta | None,
        Option(("--for",), "End by itself after this long, drained.", "SPAN", convert=span),
    ] = None,
    only: Annotated[
        tuple[str, ...], Option(("--only",), "Run only this job; may be repeated.", "JOB")
    ] = (),
    dry_run: Annotated[
        bool, Option(("--dry-run",), "Show what would be decided and started, and end.")
    ] = False,
    log_format: Annotated[
        str, Option(("--log-format",), "How to write the log.", "FORMAT", choices=FORMATS)
    ] = "auto",
) -> int:
    """
    Run the jobs in the foreground.

    Until SIGTERM or Ctrl-C; SIGHUP loads the files again.
    """
    if extra:
        raise UsageError(
            f"'run' starts the scheduler; to run one job now: sched trigger {extra[0]}"
        )
    from schedkit import compiled
    from schedkit.reload import load

    config: Config | ConfigError
    try:
        config = compiled.cached(context.paths, ready=True) or load(context.paths)
    except ConfigError as error:
        if dry_run:
            raise
        config = error
    if not isinstance(config, ConfigError):
        config.check(only)
        if dry_run:
            from schedkit.cli.dry_run import show

            return show(context, config, only, duration)
    level = {-1: logging.WARNING, 0: logging.INFO, 1: logging.DEBUG}[context.verbosity]
    from schedkit import log

    log.set_up(log_format, level, colour=context.colour(log.stream()))
    if isinstance(config, ConfigError):
        before = compiled.outline_before(context.paths)
        asked = None if before is None else before.state
    else:
        asked = config.state
    state = context.state_place(asked)
    if isinstance(config, ConfigError) and not state.exists():
        raise config  # it never was good: nothing is made for it
    make_state_directory(state)
    with ExitStack() as held:
        runner, watch = _runner(held, context, config, state, only)
        del config  # or it would stay, jobs and all, whatever the files say later
        return _work(runner, watch, duration)


def _runner(
    held: ExitStack,
    context: Context,
    config: Config | ConfigError,
    state: Path,
    only: tuple[str, ...],
) -> tuple[Runner, Watch]:
    """Return a runner and its clocks; what they hold open is *held*."""
    from schedkit import last_good
    from schedkit.control.server import Server
    from schedkit.file_watch import FileWatch
    from schedkit.keepers import KeeperExecutor
    from schedkit.runner import SIGNALS, Place, Runner
    from schedkit.store.sqlite import SQLiteStore
    from schedkit.watch import Signals, SystemWatch

    watch = held.enter_context(closing(SystemWatch()))
    held.callback(_hold(state, watch).release)
    signals = held.enter_context(closing(Signals(SIGNALS)))
    store = held.enter_context(closing(SQLiteStore(state / "history.db")))
    good, degraded = _good(config, state)
    good.check(only)
    files = held.enter_context(closing(FileWatch()))
    paths = tuple(path.absolute() for path in context.paths)
    runner = Runner(
        good,
        Place(paths, state / "output"),
        store=store,
        executor=KeeperExecutor(state, store.uuid),
        watch=watch,
        signals=signals,
        only=only,
        files=files,
        keep=partial(last_good.keep, state),
        degraded=degraded,
    )
    control = held.enter_context(closing(Server(state / "control", runner.orders)))
    runner.serve(control)
    return runner, watch


def _work(runner: Runner, watch: Watch, duration: timedelta | None) -> int:
    """Let a runner run, to its end; return the exit code."""
    from schedkit import processes
    from schedkit.store import Holder

    began = watch.now()
    me = Holder(os.getpid(), os.uname().nodename, processes.boot_id(), schedkit.__version__)
    gc.freeze()  # it stays: to look through it again would hold up a start by 10 ms
    runner.run(me, None if duration is None else began + duration)
    _summarise(runner, watch.now() - began)
    return _INTERRUPTED if runner.interrupted else 0


def _hold(state: Path, watch: Watch) -> RunnerLock:
    """
    Take the lock of the state directory, from a verb that has it as soon as that is done.

    Raises: LockedError when a runner has it.
    """
    from schedkit.lock import RunnerLock

    deadline = watch.elapsed() + _PATIENCE
    while True:
        try:
            return RunnerLock(state)
        except LockedError:
            if _is_heard(state) or watch.elapsed() >= deadline:
                raise
        watch.wait(None, watch.elapsed() + _AGAIN, ())


def _is_heard(state: Path) -> bool:
    """Return whether a runner listens there: a verb does not."""
    from schedkit.control.client import SilentError, connect

    try:
        runner = connect(state)
    except (SilentError, PermissionError):
        return True
    if runner is None:
        return False
    with runner:
        return True


def _good(config: Config | ConfigError, state: Path) -> tuple[Config, str | None]:
    """
    Return what to go by, and why that is not what the files say now.

    Raises: ConfigError when the files are broken and never were good.
    """
    if not isinstance(config, ConfigError):
        return config, None
    from schedkit.last_good import last_good

    known = last_good(state)
    if known is None:
        raise config
    logging.getLogger(__name__).error(
        "the files are broken, the last good schedule goes on", extra=fields(error=config)
    )
    return known, str(config)


def _summarise(runner: Runner, ran: timedelta) -> None:
    """Write to stdout what the runs of this runner came to."""
    total = sum(runner.counts.values())
    parts = [f"{count} {state.replace('_', ' ')}" for state, count in runner.counts.items()]
    waiting = [f"{runner.waiting} waiting"] if runner.waiting else []
    what = ", ".join(parts + waiting) or "nothing was due"
    runs = f"{total} run{'' if total == 1 else 's'}: " if total else ""
    sys.stdout.write(f"{durations.brief(ran)}, {runs}{what}\n")
