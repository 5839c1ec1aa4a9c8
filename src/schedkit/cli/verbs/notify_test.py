"""`sched notify-test`: sends a message to everybody who is told, to see whether it arrives."""

from __future__ import annotations

import os
import select
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from schedkit.children import LineChild
from schedkit.cli import render
from schedkit.cli.context import Context
from schedkit.cli.declaration import Argument, Option
from schedkit.cli.failure import FAILED
from schedkit.cli.render import Cell
from schedkit.deliveries import PROCESS, timeout
from schedkit.job import Job
from schedkit.messages import trial, trial_ping
from schedkit.notices import kind
from schedkit.telling import Ping, ordinal
from schedkit.typed import Annotated, Any, NamedTuple

_GRACE = timedelta(seconds=10)  # beyond all timeouts, which the notifier keeps by itself
_SOON = 20  # milliseconds, before it is told the rest of what did not fit into a pipe
_COLUMNS = ("RECEIVER", "RESULT")


class _Trial(NamedTuple):
    """A receiver, by its name without secrets, and what the notifier is told of it."""

    name: str
    line: dict[str, Any]


def notify_test(
    context: Context,
    jobs: Annotated[
        tuple[str, ...], Argument("Who is told of these jobs; of any unless named.", "JOB")
    ] = (),
    json: Annotated[bool, Option(("--json",), "Answer in JSON.")] = False,
) -> int:
    """
    Send a test to everybody who is told of jobs.

    A check gets a log entry, which changes nothing. Exit 1 when one was not sent.
    """
    config = context.load()
    trials = _trials(config.named(jobs), alone=bool(jobs))
    if not trials:
        about = "of these jobs" if jobs else "of any job"
        sys.stderr.write(f"nobody is told {about}: write notify: in the file\n")
        return FAILED
    if sys.stderr.isatty():
        messages = "1 message" if len(trials) == 1 else f"{len(trials)} messages"
        sys.stderr.write(f"sending {messages}, which may take a minute\n")
    answers = _sent(trials)
    results = [answers.get(number) for number in range(len(trials))]
    if json:
        render.write_json([_as_json(*one) for one in zip(trials, results, strict=True)])
    else:
        rows = [_row(*one) for one in zip(trials, results, strict=True)]
        render.write_table(_COLUMNS, rows, colour=context.colour())
    return 0 if all(_error(result) is None for result in results) else FAILED


def _trials(jobs: Iterable[Job], *, alone: bool) -> list[_Trial]:
    """Return what is to be sent, to each receiver once; a job is named where it was asked for."""
    host = os.uname().nodename
    found: dict[str, _Trial] = {}
    for job in jobs:
        for one in (*job.notify, *([job.ping] if job.ping else ())):
            said = trial_ping(job) if isinstance(one, Ping) else trial(
                job if alone else None, one.when[0], host
            )  # fmt: skip
            line = {"kind": kind(one), "to": one.to(), "directory": job.directory}
            rest = {
                "id": len(found), "message": said,
                "timeout_s": timeout(kind(one)).total_seconds(),
            }  # fmt: skip
            found.setdefault(repr(line), _Trial(str(one), {**line, **rest}))
    return _told_apart(found.values())


def _told_apart(trials: Iterable[_Trial]) -> list[_Trial]:
    """Return them with a number where a name, without what may be a secret, is that of several."""
    found, seen = [*trials], Counter[str]()
    often = Counter(one.name for one in found)
    for place, (name, line) in enumerate(found):
        seen[name] += 1
        if often[name] > 1:
            found[place] = _Trial(f"{name} ({ordinal(seen[name])})", line)
    return found


def _sent(trials: Sequence[_Trial]) -> dict[Any, Mapping[str, Any]]:
    """Return the answers that came within all the time that there is, by their ids."""
    child = LineChild(*PROCESS)
    try:
        child.tell(*(one.line for one in trials))
        return _answers(child, trials)
    finally:
        child.close()
        os.waitpid(child.pid, 0)


def _answers(child: LineChild, trials: Sequence[_Trial]) -> dict[Any, Mapping[str, Any]]:
    # A few go at a time: the last one may begin when all before it have had their time.
    most = sum((timedelta(seconds=one.line["timeout_s"]) for one in trials), _GRACE)
    deadline = time.monotonic() + most.total_seconds()
    poll = select.poll()
    poll.register(child.descriptor, select.POLLIN)
    answers: dict[Any, Mapping[str, Any]] = {}
    while len(answers) < len(trials) and (left := deadline - time.monotonic()) > 0:
        if poll.poll(_SOON if child.behind else left * 1000):
            said = child.told()
            answers |= {one["id"]: one for one in said if "id" in one}
            if not said:
                break  # the notifier is gone
        child.flush()
    return answers


def _error(result: Mapping[str, Any] | None) -> str | None:
    if result is None:
        return "the notifier has not answered"
    return None if result.get("sent") else str(result.get("error"))


def _row(one: _Trial, result: Mapping[str, Any] | None) -> list[Cell]:
    error = _error(result)
    told = Cell("sent", colour="green") if error is None else Cell(error, colour="red")
    return [Cell(one.name), told]


def _as_json(one: _Trial, result: Mapping[str, Any] | None) -> dict[str, Any]:
    error = _error(result)
    return {"receiver": one.name, "sent": error is None, "error": error}
