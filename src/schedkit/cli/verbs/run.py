"""`sched run`: the runner, in the foreground."""

from __future__ import annotations

import logging
import os
import platform
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import schedkit
from schedkit import durations
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import UsageError
from schedkit.cli.when import span
from schedkit.errors import StoreError
from schedkit.log import FORMATS

if TYPE_CHECKING:
    from schedkit.config import Config
    from schedkit.runner import Runner

_INTERRUPTED = 130


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
    """Run the jobs in the foreground, until SIGTERM or Ctrl-C; SIGHUP loads the files again."""
    if extra:
        raise UsageError(
            f"'run' starts the scheduler; to run nothing but {extra[0]}, when it is due:"
            f" sched run --only {extra[0]}"
        )
    from schedkit import compiled
    from schedkit.reload import load

    config = compiled.cached(context.paths) or load(context.paths)
    config.named(only)
    state = context.state_directory(config)
    if dry_run:
        from schedkit.cli.dry_run import show

        return show(context, config, only, duration)
    level = {-1: logging.WARNING, 0: logging.INFO, 1: logging.DEBUG}[context.verbosity]
    from schedkit import log

    log.set_up(log_format, level, colour=context.colour(sys.stderr))
    return _run(context, config, state, only, duration)


def _run(
    context: Context,
    config: Config,
    state: Path,
    only: tuple[str, ...],
    duration: timedelta | None,
) -> int:
    from schedkit import processes
    from schedkit.executor import ChildExecutor
    from schedkit.lock import RunnerLock
    from schedkit.runner import SIGNALS, Place, Runner
    from schedkit.store import Holder
    from schedkit.store.sqlite import SQLiteStore
    from schedkit.watch import Signals, SystemWatch

    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except PermissionError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{state} cannot be the state directory: {reason}") from error
    lock = RunnerLock(state)
    signals = Signals(SIGNALS)
    watch = SystemWatch()
    try:
        store = SQLiteStore(state / "history.db")
        began = watch.now()
        runner = Runner(
            config,
            Place(tuple(path.absolute() for path in context.paths), state / "output"),
            store=store,
            executor=ChildExecutor(),
            watch=watch,
            signals=signals,
            only=only,
        )
        me = Holder(os.getpid(), platform.node(), processes.boot_id(), schedkit.__version__)
        runner.run(me, None if duration is None else began + duration)
        store.close()
        _summarise(runner, watch.now() - began)
    finally:
        watch.close()
        signals.close()
        lock.release()
    return _INTERRUPTED if runner.interrupted else 0


def _summarise(runner: Runner, ran: timedelta) -> None:
    """Write to stdout what the runs of this runner came to."""
    total = sum(runner.counts.values())
    parts = [f"{count} {state.replace('_', ' ')}" for state, count in runner.counts.items()]
    waiting = [f"{runner.waiting} waiting to be retried"] if runner.waiting else []
    what = ", ".join(parts + waiting) or "nothing was due"
    runs = f"{total} run{'' if total == 1 else 's'}: " if total else ""
    sys.stdout.write(f"{durations.brief(ran)}, {runs}{what}\n")
