"""Which promises of a job are broken, when they will be, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import utc
from deciding import job
from schedkit.expectations import (
    Breach,
    Going,
    Promise,
    Success,
    breaches,
    goes_on,
    promise,
    prospects,
    waits,
)
from schedkit.records import replace
from schedkit.run import AttemptKey, OpenAttempt, Trigger, Waiting
from schedkit.sla import Sla

DUE = utc("2026-03-02T12:00")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
KEY = AttemptKey(7, 1)
LATE = Promise("a", Sla(late_after=5 * MINUTE))
LONG = Promise("a", Sla(max_runtime=HOUR))
SILENT = Promise("a", Sla(succeeded_within=26 * HOUR))


def at(minutes: float) -> datetime:
    """Return the instant so many minutes after the run was due."""
    return DUE + minutes * MINUTE


def waiting(number: int = 1, started: datetime | None = None) -> Going:
    """Return a run that waits for an attempt."""
    return Going(AttemptKey(7, number), DUE, DUE, started)


def running(started: float, now: float, number: int = 1, *, first: float | None = None) -> Going:
    """Return a run with an attempt that goes on, by minutes after it was due."""
    begun = at(started if first is None else first)
    return Going(AttemptKey(7, number), DUE, DUE, begun, at(now) - at(started))


def broken(said: Promise, runs: Sequence[Going], now: float, last: Success | None = None) -> bool:
    """Return whether a promise is broken so many minutes after the run was due."""
    return bool(breaches(said, runs, last, at(now)))


# ---- late_after


@pytest.mark.parametrize(
    ("run", "now", "expected"),
    [
        (waiting(), 4.99, False),
        (waiting(), 5, True),
        (running(4.99, 8), 8, False),
        (running(5, 8), 8, True),  # runner was down, or busy: it started late in one go
        (Going(KEY, DUE, DUE), 5, True),  # claimed, and not known to have started
        (waiting(2, at(1)), 60, False),  # it has started, and is to be tried again
        (waiting(2, at(6)), 60, True),
        (waiting(2), 60, False),  # its first start has failed: that is told
        (running(60, 61, 2, first=1), 61, False),
        (Going(KEY, DUE, None), 60, False),
    ],
)
def test_a_run_is_late_that_has_not_started_so_long_after_it_was_due(
    run: Going, now: float, *, expected: bool
) -> None:
    assert broken(LATE, [run], now) is expected


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (Trigger.SCHEDULE, DUE),
        (Trigger.CATCHUP, DUE),  # though it waits for its turn from now on
        (Trigger.MANUAL, at(30)),
        (Trigger.AT, at(30)),
        (Trigger.AFTER, at(30)),
        (Trigger.EVENT, at(30)),
        (Trigger.BACKFILL, None),
    ],
)
def test_what_is_caught_up_was_due_at_its_fire_time_and_what_is_filled_in_never(
    trigger: Trigger, expected: datetime | None
) -> None:
    assert waits(Waiting(KEY, "a", DUE, trigger, at(30))).due == expected


# ---- max_runtime


@pytest.mark.parametrize(
    ("run", "now", "expected"),
    [
        (running(0, 59.99), 59.99, False),
        (running(0, 60), 60, True),
        (running(70, 80, 2, first=0), 80, False),  # an attempt, not the run
        (waiting(), 600, False),
    ],
)
def test_an_attempt_takes_too_long_that_goes_on_for_so_long(
    run: Going, now: float, *, expected: bool
) -> None:
    assert broken(LONG, [run], now) is expected


def test_how_long_it_goes_on_is_known_without_a_runner_too() -> None:
    attempt = OpenAttempt(KEY, "a", DUE, Trigger.SCHEDULE, DUE, at(1), 1, 1, "boot", at(1))
    expected = Going(KEY, DUE, DUE, at(1), 60 * MINUTE)

    assert expected == goes_on(attempt, at(61))


# ---- succeeded_within


@pytest.mark.parametrize(
    ("hours", "begin", "end", "expected"),
    [
        (25.99, None, None, False),
        (26, None, None, True),
        (27, 2, None, False),  # it fires from then on
        (28, 2, None, True),
        (26, None, 26, True),
        (900, None, 25.99, False),  # it was over before: nothing is to come
    ],
)
def test_there_is_to_be_a_success_so_long_after_the_last_one_within_the_span_of_a_job(
    hours: float, begin: float | None, end: float | None, *, expected: bool
) -> None:
    bounds = (None if one is None else DUE + one * HOUR for one in (begin, end))
    said = Promise("a", SILENT.sla, *bounds)

    assert broken(said, [], 60 * hours, Success(7, DUE)) is expected


def test_where_nobody_knows_since_when_nothing_is_promised() -> None:
    assert not broken(SILENT, [], 60 * 1000)


# ---- which jobs promise something


def test_a_job_promises_successes_from_its_start_to_its_end() -> None:
    made = job(
        "sla: {late_after: 5m}, start: 2026-03-01 00:00, end: 2026-04-01 00:00,"
        " timezone: Europe/Berlin"
    )
    expected = Promise("a", LATE.sla, utc("2026-02-28T23:00"), utc("2026-03-31T22:00"))

    assert expected == promise(made)


@pytest.mark.parametrize("keys", ["overlap: skip", "sla: {late_after: 5m}, enabled: false"])
def test_without_promises_and_when_disabled_it_promises_nothing(keys: str) -> None:
    assert promise(job(keys)) is None


# ---- events


def told(breach: Breach) -> tuple[str, str | None, str | None, datetime | None, object]:
    """Return what is to be kept of a breach."""
    event = breach.event(at(90))
    return event.name, event.key, event.job, event.time, json.loads(event.payload)


def only(said: Promise, *runs: Going, last: Success | None = None) -> Breach:
    """Return the one promise that is broken long after the run was due."""
    (breach,) = breaches(said, runs, last, at(60 * 40))
    return breach


@pytest.mark.parametrize(
    ("breach", "name", "key", "more"),
    [
        (
            only(LATE, waiting()), "late_after", "7",
            {"run": "7", "fire_time": DUE.isoformat(), "due": DUE.isoformat(), "limit_s": 300.0},
        ),
        (
            only(LONG, running(10, 60 * 40, 2)), "max_runtime", "7.2",
            {"run": "7", "attempt": 2, "started": at(10).isoformat(), "limit_s": 3600.0},
        ),
        (
            only(SILENT, last=Success(7, at(1))), "succeeded_within", "a 7",
            {"last_success": "7", "since": at(1).isoformat(), "limit_s": 93600.0},
        ),
        (
            only(SILENT, last=Success(None, at(1))), "succeeded_within",
            f"a none since {at(1).isoformat()}",
            {"last_success": None, "since": at(1).isoformat(), "limit_s": 93600.0},
        ),
    ],
)  # fmt: skip
def test_a_breach_is_an_event_that_is_one_however_often_it_is_told(
    breach: Breach, name: str, key: str, more: dict[str, object]
) -> None:
    assert told(breach) == (f"sla.{name}", key, "a", at(90), {"job": "a"} | more)


# ---- whatever comes

_MINUTES = st.integers(0, 200)
_LENGTHS = st.none() | st.integers(1, 90).map(lambda minutes: minutes * MINUTE)
_SLAS = st.tuples(_LENGTHS, _LENGTHS, _LENGTHS).filter(any).map(lambda some: Sla(*some))


@st.composite
def runs(draw: st.DrawFn) -> Going:
    """Return a run of this moment, 200 minutes after the first can have been due."""
    due, start = sorted(draw(st.tuples(_MINUTES, _MINUTES)))
    key = AttemptKey(draw(st.integers(1, 9)), draw(st.integers(1, 2)))
    going = Going(key, at(due), draw(st.none() | st.just(at(due))))
    if draw(st.booleans()):
        return replace(going, first_start=at(start), ran=at(200) - at(start))
    return going


def passes(runs: Sequence[Going], length: timedelta) -> list[Going]:
    """Return the runs of which nothing becomes for so long but that attempts go on."""
    return [one if one.ran is None else replace(one, ran=one.ran + length) for one in runs]


@given(
    st.builds(Promise, st.just("a"), _SLAS, st.none() | _MINUTES.map(at), st.none()),
    st.lists(runs(), max_size=4, unique_by=lambda one: one.key.run),
    st.none() | st.builds(Success, st.none() | st.integers(1, 9), _MINUTES.map(at)),
)
def test_a_promise_is_broken_when_what_is_left_has_passed_and_not_before(
    said: Promise, going: list[Going], last: Success | None
) -> None:
    def is_broken(breach: Breach, passed: timedelta) -> bool:
        found = breaches(said, passes(going, passed), last, at(200) + passed)
        return (breach.word, breach.key) in {(one.word, one.key) for one in found}

    for breach, left in prospects(said, going, last, at(200)):
        assert is_broken(breach, max(left, timedelta(0)))
        assert left <= timedelta(0) or not is_broken(breach, left - datetime.resolution)
