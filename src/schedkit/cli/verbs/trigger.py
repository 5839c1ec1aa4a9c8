"""`sched trigger`: runs a job now."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from schedkit.cli.asking import Asking, NoRunnerError, asking
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED
from schedkit.cli.following import Copying, in_words, look, until_over
from schedkit.cli.params import Params, pairs
from schedkit.control.client import Connection, GoneError, SilentError
from schedkit.control.protocol import Trigger, Wait
from schedkit.run import Run, State, run_number
from schedkit.texts import safe
from schedkit.typed import Annotated

_INTERRUPTED = 130


def trigger(
    context: Context,
    job: Annotated[str, Argument("The job to run.", "JOB")],
    wait: Annotated[
        bool, Option(("--wait",), "Wait for its end; exit 1 unless it succeeds.")
    ] = False,
    follow: Annotated[
        bool, Option(("--follow",), "Likewise, and show what it writes meanwhile.")
    ] = False,
    param: Params = (),
    force: Annotated[
        bool,
        Option(("--force",), "Also while it is paused or disabled, or another run of it goes on."),
    ] = False,
) -> int:
    """
    Run a job now, beside its schedule.

    Write the id of the run.
    """
    wish = Trigger(job, pairs(param), force)
    with asking(context) as one:
        if one.runner is None and (wait or follow):
            raise NoRunnerError(
                "no runner is up that would run it\n"
                f"  = help: let it wait for one with: {context.command('trigger', job)}"
            )
        answer = one.ask(wish)
        run = answer["run"]
        runner = one.runner if wait or follow else None
        try:
            (sys.stderr if follow else sys.stdout).write(f"{run}\n")
            sys.stdout.flush()
            if answer["state"] == State.SKIPPED:
                return _skipped(context, job, answer["reason"])
            if runner is not None:
                return _see_it_through(one, runner, run, follow=follow)
        except KeyboardInterrupt:  # also of whoever has only just read the id
            if runner is None:
                raise
            stop = context.command("cancel", run)
            sys.stderr.write(f"\n{run} goes on; stop it with: {stop}\n")
            return _INTERRUPTED
    _say_what_next(context, one, job, answer["state"], run)
    return 0


def _skipped(context: Context, job: str, reason: str) -> int:
    sys.stderr.write(f"error: {job} was skipped: {safe(reason)}\n")
    again = context.command("trigger", job, "--force")
    sys.stderr.write(f"  = help: run it all the same with: {again}\n")
    return FAILED


def _say_what_next(context: Context, one: Asking, job: str, state: str, run: str) -> None:
    if one.runner is None:
        said = f"no runner is up: {job} runs when one is: {context.command('run')}"
    elif state == State.QUEUED:
        said = f"{job} waits for its turn; see what it writes: {context.command('logs', run, '-f')}"
    else:
        said = f"{job} runs; see what it writes: {context.command('logs', run, '-f')}"
    sys.stderr.write(f"{said}\n")


def _see_it_through(one: Asking, runner: Connection, run: str, *, follow: bool) -> int:
    end = _followed(one.state, run) if follow else _waited_for(one.state, runner, run)
    (sys.stderr if follow else sys.stdout).write(f"{in_words(end)}\n")
    return 0 if end.state is State.SUCCEEDED else FAILED


def _waited_for(state: Path, runner: Connection, run: str) -> Run:
    try:
        runner.ask(Wait(run))
        runner.result()
    except (GoneError, SilentError):
        sys.stderr.write(
            f"the connection to the runner is lost: {run} is watched for in the history\n"
        )
    return until_over(state, run_number(run) or 0, lambda _: None)


def _followed(state: Path, run: str) -> Run:
    number = run_number(run) or 0
    with closing(Copying(state, look(state, number), 1)) as copying:
        return until_over(state, number, copying.copy)
