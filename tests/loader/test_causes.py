"""What runs a job beside time, as it is written, and what is refused of it."""

from __future__ import annotations

import pytest

from files import diagnostics
from schedkit import values
from schedkit.job import Keys


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        ("on: {absent: x, lasts: 5m}", "unknown key 'lasts'", "write for"),
        ("on: {absent: x}", "'for' is missing", None),
        (
            "on: {event: x, params: {SCHED_EVENT: payload.a}}",
            "'SCHED_EVENT' is set by the runner",
            "choose another name: these are what a run is told of itself",
        ),
        (
            "on: {path: x, params: {'a=b': payload.path}}",
            "'a=b' is no name of a variable",
            None,
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(keys: str, message: str, hint: str | None) -> None:
    (problem,) = diagnostics(f"jobs: {{a: {{command: x, {keys}}}}}\n")

    assert (message, hint) == (problem.message, problem.hint)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("build", "after build"),
        ({"job": "build", "within": "1h"}, "after build within 1h"),
        ({"all": ["a", "b"], "state": "failed", "within": "1h"}, "after a and b failed within 1h"),
    ],
)
def test_a_chain_says_how_late_it_starts_at_most(after: object, said: str) -> None:
    keys = values.read(Keys, {"command": "x", "after": after})

    assert said == str(keys.after)
