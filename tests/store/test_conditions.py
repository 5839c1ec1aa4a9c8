"""What every store promises about what is asked before a run starts: it is as an attempt 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from histories import at, begin, claim, due, ended, gone, queued, started, told
from schedkit.config import Config
from schedkit.run import (
    AttemptKey,
    Decision,
    Ended,
    Started,
    State,
    Trigger,
    Unclaimed,
    Waiting,
)
from schedkit.store import Query, Store

Opening = Callable[[], Store]


def _wish() -> Decision:
    return replace(due("a", 1), at_once=False, asks=True, reason="waits for x")


def asked(store: Store, config: Config) -> AttemptKey:
    """Claim a fire time of which the condition is asked at once, and that it began."""
    (key,) = claim(store, config, _wish())
    assert key is not None
    store.record([Started(key, at(2), 4711, 7, "x", "/out")])
    return key


def _first(key: AttemptKey, *, met: bool) -> Waiting:
    """Return the run as it waits for its first attempt."""
    first = AttemptKey(key.run, 1)
    return Waiting(first, "a", at(1), Trigger.SCHEDULE, at(1), met=met)


def _reasons(store: Store) -> list[str]:
    return [f"{run.state}: {run.reason}" for run in store.runs(Query())]


def test_a_run_that_asks_is_queued_and_says_why(store: Store, config: Config) -> None:
    key = asked(store, config)

    assert key.number == 0
    assert (_reasons(store), store.waiting()) == (["queued: waits for x"], [])
    (attempt,) = store.open_attempts()
    assert (attempt.key, attempt.due, attempt.first_start) == (key, at(1), None)


def test_a_run_whose_condition_is_met_waits_for_its_first_attempt(
    store: Store, config: Config
) -> None:
    key = asked(store, config)

    store.record([replace(ended(key), reason=None)])

    assert _reasons(store) == ["queued: None"]
    assert (store.waiting(), store.open_attempts()) == ([_first(key, met=True)], [])


def test_what_is_asked_counts_as_no_attempt(store: Store, config: Config) -> None:
    key = asked(store, config)
    store.record([ended(key)])
    (one,) = store.claim_attempts(store.waiting(), at(40))
    store.record([Started(one.key, at(41), 1, 1, "x", "/x"), ended(one.key)])

    (run,) = store.runs(Query())

    assert (run.state, run.attempts, run.started, run.lateness) == (
        "succeeded", 1, at(41), at(41) - at(1),
    )  # fmt: skip
    (outcome,) = store.outcomes(["a"], 5)["a"]
    assert outcome.state is State.SUCCEEDED


@pytest.mark.parametrize("state", [State.SKIPPED, State.MISSED, State.FAILED, State.TIMED_OUT])
def test_a_run_ends_with_what_was_asked(store: Store, config: Config, state: State) -> None:
    key = asked(store, config)

    store.record([Ended(key, at(30), state, "why", 1, output_bytes=5)])

    (run,) = store.runs(Query())
    assert (run.state, run.reason, run.ended, run.attempts) == (state, "why", at(30), 0)
    assert (run.exit_code, run.output, run.started, run.pid) == (None, None, None, None)
    assert (store.waiting(), store.open_attempts()) == ([], [])


def test_what_it_wrote_goes_with_its_run(store: Store, config: Config) -> None:
    key = asked(store, config)
    store.record([Ended(key, at(30), State.SKIPPED, "why", 1, output_bytes=5)])
    started(store, config, "b", 40)

    pruned = store.prune("a", 0, None, 10)

    assert (pruned.records, pruned.outputs) == (1, ["/out"])


def test_a_run_that_waits_asks_once(store: Store, config: Config) -> None:
    claim(store, config, queued("a", 1))
    (waits,) = store.waiting()
    wanted = replace(waits, key=AttemptKey(waits.key.run, 0), reason="waits for x")

    claimed = [store.claim_attempts([wanted], at(2)) for _ in range(2)]

    assert claimed == [[wanted], []]
    assert (_reasons(store), store.waiting()) == (["queued: waits for x"], [])


def test_nothing_is_asked_of_a_run_that_has_begun_or_is_over(store: Store, config: Config) -> None:
    running, over = started(store, config, "a", 1), started(store, config, "b", 1)
    store.record([ended(over)])
    claim(store, config, queued("a", 2))
    (waits,) = store.waiting()
    store.record([gone(waits.key)])

    wanted = [replace(waits, key=AttemptKey(key.run, 0)) for key in (running, over, waits.key)]
    assert store.claim_attempts(wanted, at(2)) == []


@pytest.mark.parametrize("began", [True, False])
def test_what_is_to_be_asked_again_waits_as_before(
    store: Store, config: Config, began: bool
) -> None:
    if began:
        key = asked(store, config)
    else:
        (claimed,) = claim(store, config, _wish())
        assert claimed is not None
        key = claimed

    store.record([Unclaimed(key, at(3))])

    assert (_reasons(store), store.waiting()) == (["queued: None"], [_first(key, met=False)])


def test_an_attempt_that_never_began_waits_again_with_its_condition_met(
    store: Store, config: Config
) -> None:
    key = asked(store, config)
    store.record([ended(key)])
    (one,) = store.claim_attempts(store.waiting(), at(40))

    store.record([Unclaimed(one.key, at(41))])

    assert store.waiting() == [_first(key, met=True)]


def test_the_reason_of_a_failure_stays_while_it_is_tried_again(
    store: Store, config: Config
) -> None:
    key = started(store, config, "a", 1)
    store.record([ended(key, State.FAILED, at(31))])

    store.claim_attempts(store.waiting(), at(31))

    assert _reasons(store) == ["running: failed"]


def test_only_what_begins_and_ends_is_heard(store: Store, config: Config) -> None:
    store.hear({"a": True})

    def heard() -> list[str]:
        return [event.name for event in store.events()][::-1]

    key = asked(store, config)
    store.record([ended(key)])
    before = heard()
    store.claim_attempts(store.waiting(), at(40))

    assert (before, heard()) == ([], ["run.running"])


def test_another_runner_finds_what_was_asked(
    store: Store, config: Config, opening: Opening
) -> None:
    key = asked(store, config)

    other = begin(opening(), config, 5)

    assert [(one.key, one.pid) for one in other.open_attempts()] == [(key, 4711)]
    assert (other.waiting(), told(other)) == ([], ["a 12:01 queued"])
