"""`sched cancel`: stops what runs, and what waits to run."""

from __future__ import annotations

import signal as signals
import sys

from schedkit.cli.asking import asking
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.control.protocol import Cancel
from schedkit.errors import ConfigError, did_you_mean
from schedkit.typed import Annotated


def _signal(text: str) -> signals.Signals:
    name = f"SIG{text.strip().upper().removeprefix('SIG')}"
    try:
        return signals.Signals[name]
    except KeyError:
        known = [one.name for one in signals.Signals]
        hint = did_you_mean(name, known) or "write it as INT or SIGINT"
        raise ConfigError.of(f"unknown signal {text!r}", hint) from None


def cancel(
    context: Context,
    target: Annotated[str, Argument("A run, or a job: all its runs.", "RUN|JOB")],
    signal: Annotated[
        signals.Signals | None,
        Option(
            ("--signal",), "Stop it with this, not its own stop_signal.", "SIG", convert=_signal
        ),
    ] = None,
) -> int:
    """
    Stop a run, or all runs of a job.

    With everything that it started; also while it waits.
    """
    with asking(context) as one:
        runs = one.ask(Cancel(target, signal))["runs"]
        offline = one.runner is None
    sys.stdout.write("".join(f"{run}\n" for run in runs))
    if offline:
        sys.stderr.write("no runner is up: what waited is over, what runs the next one stops\n")
    else:
        sys.stderr.write(f"how it ends: {context.command('history', '-n', str(len(runs)))}\n")
    return 0
