"""What people are told of a run, in words and as plain data. Pure: nothing here reads a clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedkit import durations
from schedkit.events import RUN, SLA, Event
from schedkit.job import Job
from schedkit.records import Record
from schedkit.run import Run, State, run_id
from schedkit.telling import ordinal
from schedkit.texts import safe
from schedkit.typed import Any

_FAILED = {
    State.FAILED: "failed",
    State.TIMED_OUT: "timed out",
    State.LOST: "was lost",
}
_BROKEN = {
    "sla.late_after": "is late: it has not started {limit} after it was due",
    "sla.max_runtime": "takes too long: it has been running for {limit}",
    "sla.succeeded_within": "is overdue: it has not succeeded for {limit}",
}
_LONGEST = 300  # characters of a reason in a title


class Subject(Record):
    """
    What a message is about: an *event* of a *job*, its *run* if that is known, and why it is told.

    *failures* are those in a row up to now, with this one; of a recovery, those before it.
    """

    job: Job
    event: Event
    run: Run | None
    reason: str
    failures: int = 0
    host: str = ""


def message(about: Subject, left_out: str | None = None) -> dict[str, Any]:
    """Return what a notifier is given; *left_out* says what was not told meanwhile."""
    run, job = about.run, about.job
    found = {
        "when": about.reason,
        "title": title(about),
        "text": text(about, left_out),
        "job": job.name,
        "state": None if run is None else str(run.state),
        "run": _run(about),
        "reason": None if run is None or run.reason is None else safe(run.reason),
        "fire_time": None if run is None else run.fire_time.astimezone(job.timezone).isoformat(),
        "attempt": None if run is None else run.attempts,
        "exit_code": None if run is None else run.exit_code,
        "signal": None if run is None else run.signal,
        "duration_s": _seconds(None if run is None else run.duration),
        "host": about.host,
        "output": None if run is None else run.output,
    }
    return {key: value for key, value in found.items() if value is not None}


def ping(about: Subject, signal: str) -> dict[str, Any]:
    """Return what a check is told: *signal* is start, success, fail or log."""
    run = about.run
    found = {
        "signal": signal,
        "job": about.job.name,
        "run": _run(about),
        "reason": None if run is None or run.reason is None else safe(run.reason),
        "exit_code": None if run is None else run.exit_code,
        "output": None if run is None or signal == "start" else run.output,
    }
    return {key: value for key, value in found.items() if value is not None}


def trial(job: Job | None, when: str, host: str) -> dict[str, Any]:
    """Return a message that tells of nothing, to see whether it arrives."""
    about = "this file" if job is None else f"the job {safe(job.name)}"
    words = "nothing has happened: somebody wants to know whether this arrives"
    return {
        "when": when,
        "title": f"a test of the notifications of {about}",
        "text": f"{words}\nhost: {safe(host)}\nsent by: sched notify-test",
        "job": "notify-test" if job is None else job.name,
        "state": "succeeded",
        "host": host,
    }


def trial_ping(job: Job) -> dict[str, Any]:
    """Return an entry of the log of a check that says nothing of its job."""
    return {"signal": "log", "job": job.name, "reason": "a test by sched notify-test"}


# ---- the title


def title(about: Subject) -> str:
    """Return what it is about in one line, harmless on a terminal."""
    return safe(f"{about.job.name} {_what(about)}")


def _what(about: Subject) -> str:
    name = about.event.name
    if name in _BROKEN:
        limit = timedelta(seconds=float(about.event.payload.get("limit_s", 0)))
        return _BROKEN[name].format(limit=durations.text(limit))
    state = State(name.removeprefix(RUN))
    if state in _FAILED:
        return _failed(about, state)
    if state is State.MISSED:
        return _missed(about)
    if about.reason == "recovery":
        often = "a failure" if about.failures == 1 else f"{about.failures} failures"
        return f"has recovered: it succeeded after {often}"
    return "succeeded" if state is State.SUCCEEDED else f"was {state}{_because(about)}"


def _failed(about: Subject, state: State) -> str:
    run = about.run
    row = f" for the {ordinal(about.failures)} time in a row" if about.failures > 1 else ""
    if run is not None and run.exit_code and state is State.FAILED:
        return f"{_FAILED[state]}{row}: exit code {run.exit_code}"
    return f"{_FAILED[state]}{row}{_because(about)}"


def _missed(about: Subject) -> str:
    run = about.run
    if run is None:
        return "missed a fire time"
    first = _time(about, run.fire_time)
    if run.count > 1 and run.last_fire_time is not None:
        last = _time(about, run.last_fire_time)
        return f"missed {run.count} fire times from {first} to {last}{_because(about)}"
    return f"missed its fire time {first}{_because(about)}"


def _because(about: Subject) -> str:
    reason = None if about.run is None else about.run.reason
    if not reason:
        return ""
    return f": {reason if len(reason) <= _LONGEST else f'{reason[:_LONGEST]}…'}"


def _time(about: Subject, time: datetime) -> str:
    return f"{time.astimezone(about.job.timezone):%Y-%m-%d %H:%M:%S %Z}"


# ---- the text


def text(about: Subject, left_out: str | None = None) -> str:
    """Return what is known, a line each, and what to type for more."""
    job, run, id_ = about.job, about.run, _run(about)
    said = {
        "job": f"{job.name}: {job.description}" if job.description else job.name,
        "run": id_,
        **({} if run is None else _of_run(about, run)),
        **_promised(about),
        "host": about.host,
        "file": f"{job.file}:{job.line}",
        "not told": left_out,
        "output": f"sched logs {id_}" if run is not None and run.output else None,
        "history": f"sched history {job.name}",
    }
    return "\n".join(f"{name}: {safe(value)}" for name, value in said.items() if value)


def _of_run(about: Subject, run: Run) -> dict[str, str | None]:
    missed = run.state is State.MISSED
    attempts = f"{run.attempts} of {run.most_attempts}" if run.most_attempts > 1 else None
    lateness = run.lateness
    late = lateness is not None and lateness >= timedelta(seconds=1)
    return {
        "state": str(run.state).replace("_", " "),
        "fire time": _time(about, run.fire_time),
        "last fire time": None if run.last_fire_time is None else _time(about, run.last_fire_time),
        "fire times": str(run.count) if run.count > 1 else None,
        "started": None if run.started is None else _time(about, run.started),
        "late": durations.brief(lateness) if lateness is not None and late else None,
        "ended": None if run.ended is None or missed else _time(about, run.ended),
        "took": None if run.duration is None else durations.brief(run.duration),
        "attempts": None if run.started is None else attempts,
        "exit code": None if run.exit_code is None else str(run.exit_code),
        "signal": run.signal,
        "reason": run.reason,
        "cause": run.cause,
        "by": run.who if run.who != "runner" else None,
    }


def _promised(about: Subject) -> dict[str, str | None]:
    """Return what is known of a promise that is broken."""
    payload = about.event.payload
    if not about.event.name.startswith(SLA) or about.run is not None:
        return {}
    names = ("fire_time", "due", "started", "attempt", "since", "last_success")
    return {
        name.replace("_", " "): _said(about, payload[name])
        for name in names
        if payload.get(name) is not None
    }


def _said(about: Subject, value: object) -> str:
    try:
        return _time(about, datetime.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _run(about: Subject) -> str | None:
    if about.event.run is not None:
        return run_id(about.event.run)
    found = about.event.payload.get("run")
    return None if found is None else str(found)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
