"""Who hears what, and when it has heard enough."""

from __future__ import annotations

import fnmatch
import json
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import START
from schedkit.causes import TRIGGERS
from schedkit.events import Event
from schedkit.listening import Listener, Mark, Pattern, _on, cause, glob, heard
from schedkit.listening import given as given_of
from schedkit.run import Trigger

MINUTE = timedelta(minutes=1)


def event(number: int, name: str = "e", minutes: int = 0, **payload: Any) -> Event:
    return Event(number, START + minutes * MINUTE, name, None, None, None, "ann", payload)


def listener(said: dict[str, Any]) -> Listener:
    (told,) = TRIGGERS.value(said)
    return _on("a", "on.0", told)


def fires(one: Listener, events: list[Event]) -> list[list[int]]:
    """Return the events that each run is for."""
    progress: tuple[Mark, ...] = ()
    found = []
    for happened in events:
        marks, progress = heard(one, progress, happened)
        if marks:
            found.append([mark.event for mark in marks])
    return found


# ---- one event


@given(pattern=st.text("ab*?[].", min_size=1, max_size=6), text=st.text("ab.[]", max_size=6))
def test_a_name_is_matched_as_a_shell_matches_a_file(pattern: str, text: str) -> None:
    assert glob(pattern, text) == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("match", "payload", "expected"),
    [
        ({}, {}, True),
        ({"a": "x"}, {"a": "x"}, True),
        ({"a": "x*"}, {"a": "xyz"}, True),
        ({"a": "[x]*"}, {"a": "[x] y"}, True),
        ({"a": "[x]*"}, {"a": "x y"}, False),
        ({"a": "[x]"}, {"a": "[x]"}, True),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": "x"}, {"a": "y"}, False),
        ({"a": "x", "b": "y"}, {"a": "x"}, False),
        ({"a.b": "x"}, {"a": {"b": "x"}}, True),
        ({"a.b": "x"}, {"a": "x"}, False),
        ({"n": "1"}, {"n": 1}, True),
        ({"n": "true"}, {"n": True}, True),
        ({"n": "null"}, {"n": None}, True),
        ({"n": "*"}, {"n": None}, True),
        ({"n": "*"}, {}, False),
    ],
)
def test_what_a_payload_has_to_have(
    match: dict[str, Any], payload: dict[str, Any], expected: bool
) -> None:
    one = listener({"event": "e", "match": match})

    assert bool(fires(one, [event(1, **payload)])) is expected


@pytest.mark.parametrize("name", ["run.succeeded", "file"])
def test_what_is_ours_is_heard_by_whom_it_is_about_alone(name: str) -> None:
    happened = Event(1, START, name, None, "b", 7, "runner", {})

    assert not Pattern(("*",)).admits(happened)
    assert Pattern((name,), "b").admits(happened)
    assert not Pattern((name,), "c").admits(happened)


# ---- several, against brute force

_STEPS = st.lists(st.tuples(st.integers(0, 8), st.sampled_from("ef")), max_size=12)


def _events(steps: list[tuple[int, str]]) -> list[Event]:
    minute, found = 0, []
    for number, (step, name) in enumerate(steps, 1):
        minute += step
        found.append(event(number, name, minute))
    return found


@given(steps=_STEPS, count=st.integers(2, 4), within=st.none() | st.integers(1, 10))
def test_so_many_events_are_each_in_one_run_and_close_together(
    steps: list[tuple[int, str]], count: int, within: int | None
) -> None:
    events = [one for one in _events(steps) if one.name == "e"]
    expected, used = [], 0
    for place in range(len(events)):
        # The latest of them, as far as no earlier run has them.
        group = events[max(used, place - count + 1) : place + 1]
        span = group[-1].time - group[0].time
        if len(group) == count and (within is None or span <= within * MINUTE):
            expected.append([one.id for one in group])
            used = place + 1

    said = {"event": "e", "count": count}
    actual = fires(listener(said | ({} if within is None else {"within": f"{within}m"})), events)

    assert expected == actual


@given(steps=_STEPS, within=st.none() | st.integers(1, 10))
def test_all_of_several_are_the_latest_of_each_since_the_last_run(
    steps: list[tuple[int, str]], within: int | None
) -> None:
    events = _events(steps)
    expected, used = [], 0
    for place, happened in enumerate(events):
        other = [
            one
            for one in events[used:place]
            if one.name != happened.name
            and (within is None or happened.time - one.time <= within * MINUTE)
        ]
        if other:
            expected.append([other[-1].id, happened.id])
            used = place + 1

    said: dict[str, Any] = {"all": ["e", "f"]}
    actual = fires(listener(said | ({} if within is None else {"within": f"{within}m"})), events)

    assert expected == actual


# ---- what a run is told

_HAPPENED = Event(
    7, START, "paid", "k", None, None, "ann", {"who": {"mail": "a@b.c"}, "n": 3, "gone": None}
)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("payload.who.mail", "a@b.c"),
        ("payload.who", {"mail": "a@b.c"}),
        ("payload.n", 3),
        ("payload.gone", None),
        ("payload", _HAPPENED.payload),
        ("event.name", "paid"),
        ("event.id", 7),
        ("event.key", "k"),
        ("event.who", "ann"),
    ],
)
def test_a_parameter_is_what_stands_there_with_its_type(reference: str, expected: Any) -> None:
    found = given_of(listener({"event": "paid", "params": {"x": reference}}), _HAPPENED, UTC)

    assert (dict(found.params)["x"], found.problem) == (expected, None)


@pytest.mark.parametrize("reference", ["payload.mail", "payload.who.name", "payload.n.m"])
def test_what_is_not_there_is_a_problem_that_names_it(reference: str) -> None:
    found = given_of(listener({"event": "paid", "params": {"x": reference}}), _HAPPENED, UTC)

    key = reference.partition(".")[2]
    assert found.problem == f"the payload of paid (event 7) has no {key!r}"


def test_a_cause_is_in_words_and_always_the_same() -> None:
    told = listener({"event": "paid"})
    after = Listener("a", "after", (Pattern(("run.succeeded",), "b"),), Trigger.AFTER)
    marks = (Mark(9, START, 1, 34), Mark(8, START, 0, 33))
    ended = Event(9, START, "run.succeeded", None, "b", 34, "runner", {})

    assert cause(told, (Mark(7, START, 0),), _HAPPENED, None) == "event paid 7"
    assert cause(after, marks[:1], ended, "b") == "after b 12"
    assert cause(after, marks, ended, "b") == "after 11 12"


def test_a_run_is_not_told_for_which_trigger_a_file_is() -> None:
    one = listener({"path": "/in/*", "params": {"all": "payload"}})
    payload = {"path": "/in/a", "size": 1, "part": "on.0"}
    arrived = Event(3, START, "file", None, "a", None, "runner", payload)

    told = dict(given_of(one, arrived, UTC).params)

    assert told["all"] == json.loads(told["SCHED_EVENT_PAYLOAD"]) == {"path": "/in/a", "size": 1}
    assert told["SCHED_FILE"] == "/in/a"
