"""What is done for a request: the same by a runner and by a verb that has only the history."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, assert_never

from schedkit.control.protocol import Cancel, Pause, Resume, Trigger
from schedkit.operations import Operations

Wish = Trigger | Cancel | Pause | Resume


def answer(request: Wish, operations: Operations, who: str) -> dict[str, Any]:
    """
    Do what *who* asks for and return the answer, as plain data.

    Raises: SchedError.
    """
    match request:
        case Trigger():
            params, force = request.params, request.force
            return asdict(operations.trigger(request.job, who, params, force=force))
        case Cancel():
            return {"runs": operations.cancel(request.target, who, request.signal)}
        case Pause():
            until, reason = request.until, request.reason
            return {"jobs": operations.pause(request.jobs, who, until, reason)}
        case Resume():
            return {"jobs": operations.resume(request.jobs, who)}
        case _:
            assert_never(request)
