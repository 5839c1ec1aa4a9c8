"""What is done for a request: the same by a runner and by a verb that has only the history."""

from __future__ import annotations

from schedkit.control.protocol import (
    At,
    Cancel,
    Emit,
    Pause,
    Resume,
    Trigger,
    Wish,
)
from schedkit.operations import Backfill, Filled, Operations, Prune
from schedkit.records import as_dict, replace
from schedkit.typed import Any, assert_never


def answer(request: Wish, operations: Operations, who: str) -> dict[str, Any]:
    """
    Do what *who* asks for and return the answer, as plain data.

    Raises: SchedError.
    """
    said: dict[str, Any]
    match request:
        case Trigger(job, params, force):
            said = as_dict(operations.trigger(job, who, params, force=force))
        case At(job, time, params, force):
            said = as_dict(operations.at(job, who, time, params, force=force))
        case Backfill():
            said = _told(operations.backfill(request, who))
        case Prune():
            said = as_dict(operations.prune(request, who))
        case Emit(events):
            kept = operations.emit([replace(one, who=who) for one in events])
            said = {"events": [as_dict(one) for one in kept]}
        case Cancel(target, number):
            said = {"runs": operations.cancel(target, who, number)}
        case Pause(jobs, until, reason):
            said = {"jobs": operations.pause(jobs, who, until, reason)}
        case Resume(jobs):
            said = {"jobs": operations.resume(jobs, who)}
        case _:
            assert_never(request)
    return said


def _told(filled: Filled) -> dict[str, Any]:
    return {
        "runs": [{"run": run, "fire_time": time.isoformat()} for run, time in filled.runs],
        "left_out": filled.left_out,
        "until": None if filled.until is None else filled.until.isoformat(),
    }
