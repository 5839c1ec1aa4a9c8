"""`sched backfill`: a job runs for fire times that have passed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schedkit import wishes
from schedkit.cli import filling, pauses, render
from schedkit.cli.asking import NoRunnerError, asking
from schedkit.cli.confirming import is_meant
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED, UsageError
from schedkit.cli.filling import Plan
from schedkit.cli.following import Changes
from schedkit.cli.progress import progress
from schedkit.cli.when import when
from schedkit.config import positive
from schedkit.control.client import connect
from schedkit.errors import SchedError
from schedkit.job import Job
from schedkit.operations import Backfill
from schedkit.records import replace
from schedkit.run import State, run_number
from schedkit.store import Query, SQLiteReader
from schedkit.texts import safe
from schedkit.typed import Annotated
from schedkit.watch import SystemWatch

_INTERRUPTED = 130
_COLUMNS = ("FIRE TIME", "SO FAR", "PLAN")
_AGAIN = timedelta(milliseconds=200)  # between two looks at the history, in which much happens
_DROPPED = "dropped"  # from the history, before it was seen how it ended


def backfill(
    context: Context,
    job: Annotated[str, Argument("The job to run.", "JOB")],
    since: Annotated[
        datetime, Option(("--from",), "The first fire time, included.", "WHEN", convert=when)
    ],
    until: Annotated[
        datetime, Option(("--to",), "The last fire time, included.", "WHEN", convert=when)
    ],
    parallel: Annotated[
        int, Option(("--parallel",), "So many of them at a time.", "N", convert=positive)
    ] = 1,
    force: Annotated[
        bool, Option(("--force",), "Also what has succeeded, and while the job is disabled.")
    ] = False,
    dry_run: Annotated[bool, Option(("--dry-run",), "Show what would run, and end.")] = False,
    yes: Annotated[bool, Option(("--yes",), "Do not ask.")] = False,
    wait: Annotated[
        bool, Option(("--wait",), "Wait for the end of all; exit 1 unless all succeed.")
    ] = False,
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Run a job for fire times of the past.

    Each once; those that have succeeded are left out.
    """
    if since > until:
        raise UsageError("--from is later than --to")
    first, last = since.astimezone(UTC), min(until.astimezone(UTC), datetime.now(UTC))
    plan = _plan(context, job, first, last, force=force)
    sys.stderr.write(f"{plan.in_words()}\n")
    if dry_run or not plan.number:
        return _show(context, plan, table=dry_run, json=json)
    if wait:
        _see_that_one_is_up(context)
    if not yes:
        sys.stderr.write(plan.lines() if sys.stdin.isatty() else "")
        if not is_meant("run them?", "they are to run"):
            return FAILED
    wish = Backfill(job, first, last, plan.job.schedule_digest, parallel, force)
    state = context.state_in_use()
    runs, with_runner = _claimed(context, wish, wait=wait)
    if not json:
        _tell(list(runs))
    if wait:
        return _see_it_through(context, state, plan, runs, json=json)
    if json:
        render.write_json(plan.as_json(runs))
    sys.stderr.write(f"{_what_next(context, plan, runs, with_runner=with_runner)}\n")
    return 0


def _plan(context: Context, job: str, first: datetime, last: datetime, *, force: bool) -> Plan:
    (found,) = context.load().named([job])
    if not found.clock:
        raise _without_clock(context, found)
    wishes.check(found, None, force=force)
    fires = filling.past_fires(found, first, last)
    if len(fires) > filling.MOST:
        raise UsageError(
            f"these are more than {filling.MOST} fire times\n"
            "  = help: narrow the range with --from and --to"
        )
    store = context.history()
    if store is None:
        return filling.plan(found, fires, (), None, force=force)
    with closing(store):
        runs = store.runs(Query(frozenset({job}), since=first, until=last))
        pause = pauses.pauses(store, datetime.now(UTC)).get(job)
    return filling.plan(found, fires, runs, pause, force=force)


def _without_clock(context: Context, job: Job) -> UsageError:
    from schedkit.cli.verbs.list import schedule_text

    return UsageError(
        f"{safe(job.name)} has no clock: it runs {schedule_text(job)}\n"
        f"  = help: run it now: {context.command('trigger', job.name)}"
    )


def _show(context: Context, plan: Plan, *, table: bool, json: bool) -> int:
    """Show what would run, or that nothing has to."""
    if json:
        render.write_json(plan.as_json())
    elif table:
        render.write_table(_COLUMNS, plan.rows(), colour=context.colour())
    return 0


def _claimed(context: Context, wish: Backfill, *, wait: bool) -> tuple[dict[str, datetime], bool]:
    """Have the runs wait for their turn; return their ids and fire times, and if a runner is up."""
    runs: dict[str, datetime] = {}
    until: str | None = ""
    with asking(context) as one:
        if wait and one.runner is None:
            raise _nobody()
        while until is not None:  # a part of them is asked for at a time: a runner has more to do
            try:
                answer = one.ask(wish)
            except SchedError:
                if runs:
                    sys.stderr.write(f"{len(runs)} of them wait for their turn already\n")
                raise
            runs |= {r["run"]: datetime.fromisoformat(r["fire_time"]) for r in answer["runs"]}
            until = answer["until"]
            if until is not None:
                after = datetime.fromisoformat(until) + datetime.resolution
                wish = replace(wish, first=after)
        return runs, one.runner is not None


def _see_that_one_is_up(context: Context) -> None:
    runner = connect(context.state_in_use())
    if runner is None:
        raise _nobody()
    with runner:
        pass  # whoever is to be asked first may take long


def _nobody() -> NoRunnerError:
    return NoRunnerError(
        "no runner is up that would run them\n  = help: let them wait for one, without --wait"
    )


def _tell(runs: Sequence[str]) -> None:
    """Write the ids of the runs; a person is told the first and the last."""
    if not sys.stdout.isatty():
        sys.stdout.write("".join(f"{run}\n" for run in runs))
    elif runs:
        rest = "" if len(runs) == 1 else f" to {runs[-1]}, {len(runs)} runs"
        sys.stdout.write(f"{runs[0]}{rest}\n")
    sys.stdout.flush()


def _what_next(context: Context, plan: Plan, runs: Collection[str], *, with_runner: bool) -> str:
    job = plan.job.name
    if not runs:
        return "none of them had to run any more"
    if not with_runner:
        return f"no runner is up: they run when one is: {context.command('run')}"
    if plan.pause is not None:
        return f"they wait until {safe(job)} is resumed: {context.command('resume', job)}"
    number = context.command("history", job, "-n", str(len(runs)))
    return f"how they do: {number}; stop them with: {context.command('cancel', job)}"


# ---- until all are over


def _see_it_through(
    context: Context, state: Path, plan: Plan, runs: Mapping[str, datetime], *, json: bool
) -> int:
    job = plan.job.name
    try:
        states = _until_over(context, state, job, {run_number(run) or 0: run for run in runs})
    except KeyboardInterrupt:
        sys.stderr.write(f"\nthey go on; stop them with: {context.command('cancel', job)}\n")
        return _INTERRUPTED
    if json:
        render.write_json(plan.as_json(runs, states))
    ends = Counter(states.values())
    if not json:
        said = ", ".join(f"{number} {end.replace('_', ' ')}" for end, number in ends.most_common())
        sys.stdout.write(f"{safe(job)}: {said or 'nothing had to run'}\n")
    wrong = len(runs) - ends[State.SUCCEEDED]
    if not wrong:
        return 0
    sys.stderr.write(f"error: {wrong} of {len(runs)} runs did not succeed\n")
    seen = ",".join(sorted(end for end in ends if end not in (State.SUCCEEDED, _DROPPED)))
    if seen:
        shown = context.command("history", job, "--state", seen, "-n", str(wrong))
        sys.stderr.write(f"  = help: see them with: {shown}\n")
    return FAILED


def _until_over(context: Context, state: Path, job: str, runs: Mapping[int, str]) -> dict[str, str]:
    """Wait until all runs, ids by numbers, are over, whoever the runner is; return their states."""
    states: dict[str, str] = {}
    pending = dict(runs)
    with (
        closing(SystemWatch()) as clock,
        closing(Changes(clock, state)) as changes,
        progress(context, job, len(runs)) as done,
    ):
        while pending:
            changes.watch()
            with closing(SQLiteReader.open(state / "history.db")) as store:
                found = store.states(job, min(pending), max(pending))
            for number in list(pending):
                end = found.get(number)
                if end is None or end.terminal:
                    states[pending.pop(number)] = _DROPPED if end is None else end
            done(len(states))
            if pending:
                changes.wait()
                clock.wait(None, clock.elapsed() + _AGAIN, ())
    return states
