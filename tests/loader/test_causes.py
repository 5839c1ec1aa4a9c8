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
        (
            "on: {path: in/}", "'in/' is a directory: it is files that arrive",
            "for the files in it write in/*",
        ),
        (
            "on: {path: [in/x, /]}", "'/' is a directory: it is files that arrive",
            "for the files in it write /*",
        ),
        (
            "on: {path: in/..}", "'in/..' is a directory: it is files that arrive",
            "for the files in it write in/../*",
        ),
        (
            'on: {path: "a\\0b"}', "the path has a NUL character: no file can have it", None,
        ),
        (
            "on: lead.in", "the text 'lead.in' stands where a mapping belongs",
            "write {event: lead.in}",
        ),
        (
            "on: /srv/in/*.csv", "the text '/srv/in/*.csv' stands where a mapping belongs",
            "write {path: /srv/in/*.csv}",
        ),
        ("on: ''", "the text '' stands where a mapping belongs", "write {event: ...}"),
        (
            "after: [a, b]", "a list does not say whether one is enough",
            "write any: [a, b], or all: [a, b]",
        ),
        (
            "after: [a, {job: b, state: failed}]", "a list does not say whether one is enough",
            "write any: [...], or all: [...]",
        ),
        (
            "clock: after a", "unknown clock 'after'",
            "'after' is a key of the job, beside clock or in place of it",
        ),
    ],
)  # fmt: skip
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


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("command: x, aftr: b", ["unknown key 'aftr' in job 'a'"]),
        ("command: x, clok: daily at 02:30", ["unknown key 'clok' in job 'a'"]),
        ("command: x, frob: b", ["job 'a': 'clock' is missing", "unknown key 'frob' in job 'a'"]),
        (
            "comand: x, aftr: b",
            ["unknown key 'comand' in job 'a'", "unknown key 'aftr' in job 'a'"],
        ),
    ],
)
def test_what_is_missing_for_a_typo_alone_is_not_told_as_well(
    keys: str, expected: list[str]
) -> None:
    found = diagnostics(f"jobs: {{a: {{{keys}}}, b: {{command: x, clock: every 1h}}}}")

    assert sorted(expected) == sorted(one.message for one in found)
