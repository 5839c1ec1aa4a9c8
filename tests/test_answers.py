"""What becomes of a run by the answer of what is asked before it."""

from __future__ import annotations

from signal import SIGKILL

import pytest

from deciding import job
from schedkit.answers import answer, not_asked
from schedkit.executor import Result
from schedkit.job import Job
from schedkit.planner import Outcome
from schedkit.run import AttemptKey, State

ASKS = job("only_if: [test, -f, x]")
WAITS = job("wait_for: {path: x}")
ASKED = "asked"  # what `gate` says before it asks
KEY = AttemptKey(1, 0)
BOTH = job("wait_for: {path: x}, only_if: y")


@pytest.mark.parametrize(
    ("of", "code", "said", "told", "expected"),
    [
        (ASKS, 0, None, None, Outcome(State.SUCCEEDED, exit_code=0)),
        (ASKS, 0, "fine", None, Outcome(State.SUCCEEDED, exit_code=0)),
        (ASKS, 1, None, None, Outcome(State.SKIPPED, "only_if: test -f x: exit code 1", 1)),
        (ASKS, 3, "no!", None, Outcome(State.SKIPPED, "only_if: test -f x: exit code 3: no!", 3)),
        (ASKS, 75, None, None, Outcome(State.SKIPPED, "only_if: test -f x: exit code 75", 75)),
        (ASKS, 126, None, None, Outcome(State.FAILED, "only_if: test -f x: exit code 126", 126)),
        (ASKS, 127, "?", None, Outcome(State.FAILED, "only_if: test -f x: exit code 127: ?", 127)),
        (BOTH, 0, "wait_for: x is there", None, Outcome(State.SUCCEEDED, exit_code=0)),
        (BOTH, 0, None, ASKED, Outcome(State.SUCCEEDED, exit_code=0)),
        (BOTH, 1, "wait_for: ...", ASKED, Outcome(State.SKIPPED, "only_if: y: exit code 1", 1)),
        (BOTH, 75, "gone", ASKED, Outcome(State.SKIPPED, "only_if: y: exit code 75: gone", 75)),
        (BOTH, 127, "?", ASKED, Outcome(State.FAILED, "only_if: y: exit code 127: ?", 127)),
        (BOTH, 1, "MemoryError", None,
         Outcome(State.FAILED, "wait_for and only_if: exit code 1: MemoryError", 1)),
        (BOTH, 75, None, None, Outcome(State.FAILED, "wait_for and only_if: exit code 75", 75)),
        (BOTH, 75, "gone", "wait_for: no", Outcome(State.MISSED, "wait_for: no", 75)),
        (BOTH, 70, None, "wait_for: broken", Outcome(State.FAILED, "wait_for: broken", 70)),
        (BOTH, 127, None, "only_if: none", Outcome(State.FAILED, "only_if: none", 127)),
        (WAITS, 0, "wait_for: x is there", None, Outcome(State.SUCCEEDED, exit_code=0)),
        (WAITS, 75, None, "wait_for: no", Outcome(State.MISSED, "wait_for: no", 75)),
        (WAITS, 1, "Oops", None, Outcome(State.FAILED, "wait_for: exit code 1: Oops", 1)),
        (None, 0, None, None, Outcome(State.SUCCEEDED, exit_code=0)),
        (None, 1, None, None, Outcome(State.SKIPPED, "only_if: its condition: exit code 1", 1)),
        (None, 75, None, "wait_for: no", Outcome(State.MISSED, "wait_for: no", 75)),
    ],
)  # fmt: skip
def test_an_answer(
    of: Job | None, code: int, said: str | None, told: str | None, expected: Outcome
) -> None:
    asked, why = (told, None) if told == ASKED else (None, told)

    assert answer(of, Result(KEY, code << 8, last_line=said, result=asked, raised=why)) == expected


@pytest.mark.parametrize(
    ("of", "keys"),
    [(ASKS, "only_if"), (WAITS, "wait_for"), (BOTH, "wait_for and only_if"), (None, "only_if")],
)
def test_what_is_killed_answers_nothing(of: Job | None, keys: str) -> None:
    expected = Outcome(State.FAILED, f"{keys}: killed by SIGKILL", signal="SIGKILL")

    assert answer(of, Result(KEY, int(SIGKILL), last_line="fine")) == expected


def test_what_ended_unseen_is_asked_again() -> None:
    assert answer(ASKS, Result(KEY, None)) == Outcome(State.QUEUED)


def test_what_cannot_be_started_answers_nothing() -> None:
    assert not_asked(BOTH, "x: not found") == Outcome(
        State.FAILED, "wait_for and only_if: x: not found"
    )
