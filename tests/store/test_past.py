"""What every store tells of the past: of those who changed something, and of what would go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from fakes import HOLDER, load
from histories import at, claim, ended, queued, skipped, started, told
from schedkit.config import Config
from schedkit.run import Change, Load, State
from schedkit.store import Store

Opening = Callable[[], Store]


@pytest.mark.parametrize(
    ("since", "until", "limit", "expected"),
    [
        (None, None, None, [4, 3, 2, 1]),
        (at(2), None, None, [4, 3, 2]),
        (None, at(3), None, [3, 2, 1]),
        (at(2), at(3), 1, [3]),
        (at(2) + datetime.resolution, at(3) - datetime.resolution, None, []),
    ],
)
def test_of_what_was_changed_and_loaded_a_part_can_be_asked_for(
    store: Store,
    tmp_path: Path,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    *,
    expected: list[int],
) -> None:
    for minute in range(1, 5):
        store.note(Change(at(minute), "ann", "pause", str(minute)))
        store.load(load(tmp_path, f"jobs: {{j{minute}: {{command: x, clock: every 1m}}}}"),
                   "reload", at(minute))  # fmt: skip
    since = since or at(1)  # not that of the start

    changes = [int(one.target) for one in store.changes(limit, since, until)]
    loads = [one.changes[0] for one in store.loads(limit, since, until)]

    assert (expected, [f"j{minute} is new" for minute in expected]) == (changes, loads)


def test_a_load_is_told_with_its_runner(opening: Opening, store: Store, config: Config) -> None:
    store.load(config, "reload", at(1))
    store.close()
    again = opening()
    again.begin(replace(HOLDER, pid=2, version="9"), at(2))
    again.load(config, "start", at(2))

    assert [
        Load(at(2), 2, "9", (), again=False),
        Load(at(1), HOLDER.pid, HOLDER.version, (), again=True),
        Load(at(0), HOLDER.pid, HOLDER.version, ("a is new", "b is new"), again=False),
    ] == again.loads()


def test_the_states_of_runs_are_told_by_their_numbers(store: Store, config: Config) -> None:
    first, other, last = started(store, config, "a", 1), *claim(
        store, config, queued("b", 1), queued("a", 2)
    )  # fmt: skip
    assert other is not None
    assert last is not None
    store.record([ended(first, State.FAILED)])

    assert store.states("a", first.run, last.run) == {
        first.run: State.FAILED, last.run: State.QUEUED
    }  # fmt: skip
    assert store.states("a", first.run + 1, last.run - 1) == {}


# ---- what would go


@pytest.mark.parametrize("keep", [None, 0, 1, 2, 5])
@pytest.mark.parametrize("before", [None, at(3), at(30), at(31)])
def test_what_would_go_is_what_goes(
    store: Store, config: Config, keep: int | None, before: datetime | None
) -> None:
    for minute in range(1, 4):
        store.record([ended(started(store, config, "a", minute))])
    claim(store, config, skipped("a", 4), queued("a", 5), queued("a", 6), queued("b", 6))

    would = store.beyond("a", keep, before)

    left = len(told(store))
    dropped = store.prune("a", keep, before, 100)
    assert (would.records, sorted(would.outputs)) == (dropped.records, sorted(dropped.outputs))
    assert len(told(store)) == left - dropped.records
    assert (0, []) == store.beyond("a", keep, before)


def test_what_waits_is_none_of_the_newest_that_stay(store: Store, config: Config) -> None:
    """Else thousands that wait would let go of what has just been."""
    for minute in range(1, 4):
        store.record([ended(started(store, config, "a", minute))])
    claim(store, config, *(queued("a", minute) for minute in range(4, 9)))

    store.prune("a", 2, None, 100)

    assert told(store)[:2] == ["a 12:02 succeeded", "a 12:03 succeeded"]


def test_what_was_decided_while_the_clock_was_ahead_hides_nothing_that_is_old(
    store: Store, config: Config
) -> None:
    claim(store, config, skipped("a", 1000))
    store.rewind(at(10), at(1))
    claim(store, config, skipped("a", 2), skipped("a", 3))
    claim(store, config, skipped("a", 50), skipped("b", 51))

    store.prune("a", None, at(40), 100)

    assert told(store) == ["a 04:40 skipped", "a 12:50 skipped", "b 12:51 skipped"]


# ---- successes


def test_the_last_success_is_the_newest_run_that_succeeded(store: Store, config: Config) -> None:
    store.record([ended(started(store, config, "a", 1))])
    last = started(store, config, "a", 2)
    store.record([ended(last)])
    store.record([ended(started(store, config, "a", 3), State.FAILED)])
    started(store, config, "a", 4)
    store.record([ended(started(store, config, "b", 1), State.FAILED)])

    assert {"a": (last.run, at(30))} == store.last_successes(["a", "b", "gone"])
