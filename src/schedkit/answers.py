"""What becomes of a run by the answer of what is asked before it starts. Pure."""

from __future__ import annotations

import os

from schedkit.conditions import Condition
from schedkit.executor import Result
from schedkit.gate import IN_VAIN
from schedkit.job import Job
from schedkit.planner import Outcome, signal_name
from schedkit.run import State

_OF_GATE = "wait_for: "  # what lines of `gate` begin with, which are no words of `only_if`
_NOT_RUN = (126, 127)  # Source: POSIX.1-2024, "Shell Command Language" 2.8.2


def answer(job: Job | None, result: Result) -> Outcome:
    """
    Return what becomes of a run of *job*: it may start when that SUCCEEDED, QUEUED is ask again.

    *result* is that of the process that asked, which is `gate` where something is waited for. What
    has not been asked is never taken for an answer.
    """
    condition = _condition(job)
    if result.status is None:
        return Outcome(State.QUEUED)
    code, why, said = os.waitstatus_to_exitcode(result.status), result.raised, result.last_line
    if code < 0:
        name = signal_name(-code)
        return Outcome(State.FAILED, f"{condition.keys}: killed by {name}", signal=name)
    if why is not None:
        return Outcome(State.MISSED if code == IN_VAIN else State.FAILED, why, exit_code=code)
    if code == 0:
        return Outcome(State.SUCCEEDED, exit_code=code)
    was_asked = not condition.wait_for or result.result is not None
    asked = f"only_if: {condition.question}" if was_asked else condition.keys
    reason = f"{asked}: exit code {code}"
    if said and not said.startswith(_OF_GATE):
        reason += f": {said}"
    says_no = was_asked and code not in _NOT_RUN
    return Outcome(State.SKIPPED if says_no else State.FAILED, reason, exit_code=code)


def not_asked(job: Job | None, reason: str) -> Outcome:
    """Return what becomes of a run of *job* when nothing could be asked."""
    return Outcome(State.FAILED, f"{_condition(job).keys}: {reason}")


def _condition(job: Job | None) -> Condition:
    """Return what was asked before a run of *job*, which may be gone, or ask nothing by now."""
    found = None if job is None else job.condition
    return found or Condition(only_if="its condition")
