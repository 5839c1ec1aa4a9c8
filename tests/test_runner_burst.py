"""Many jobs due at one instant: claimed in parts, so that the first start while the last wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from fakes import World

MINUTE = timedelta(minutes=1)


def _jobs(count: int, keys: str = "", top: str = "") -> str:
    jobs = "".join(f"  j{n:03}: {{command: x, clock: every 1h{keys}}}\n" for n in range(count))
    return f"{top}\njobs:\n{jobs}"


@pytest.fixture
def steps(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is claimed and started, in order: "claim 100", "start 100"."""
    done: list[str] = []

    def note(where: object, name: str) -> None:
        act = getattr(where, name)

        def noted(these: Sequence[object], *others: object) -> object:
            done.append(f"{name} {len(these)}")
            return act(these, *others)

        monkeypatch.setattr(where, name, noted)

    note(world.store, "claim")
    note(world.executor, "start")
    return done


def test_what_is_claimed_starts_while_the_next_is_claimed(world: World, steps: list[str]) -> None:
    world.write(_jobs(250))

    world.run(62 * MINUTE)

    assert steps == ["claim 100", "start 100", "claim 100", "start 100", "claim 50", "start 50"]
    assert len({start.split()[0] for start in world.executor.starts}) == 250


def test_what_could_not_be_claimed_waits_alone(world: World) -> None:
    world.write(_jobs(250))
    world.store.broken = {world.store.writes + 5}  # after begin, load, rewind and a first claim
    expected = ["13:00:00"] * 100 + ["13:00:05"] * 150

    world.run(62 * MINUTE)

    assert [start.split()[1] for start in world.executor.starts] == expected
    assert {run.state for run in world.runs()} == {"succeeded"}
    assert len(world.runs()) == 250


@pytest.mark.parametrize("top", ["runner: {max_parallel: 300}", "pools: {p: 1}"])
def test_where_there_are_slots_all_are_claimed_at_once_for_the_best_to_get_them(
    world: World, steps: list[str], top: str
) -> None:
    world.write(_jobs(250, top=top))

    world.run(62 * MINUTE)

    assert steps == ["claim 250", "start 250"]


def test_those_that_are_caught_up_start_one_after_the_other_also_by_the_hundred(
    world: World,
) -> None:
    world.write(_jobs(250, keys=", catchup: latest"))
    world.after(30 * MINUTE, lambda: world.watch.sleep(2 * 60 * MINUTE))

    world.run(4 * 60 * MINUTE)

    caught_up = sorted(start.split()[1] for start in world.executor.starts)[:250]
    assert Counter(caught_up) == Counter({f"14:30:{second:02}": 10 for second in range(25)})


def test_a_burst_takes_few_commits(world: World) -> None:
    world.write(_jobs(300))

    world.run(62 * MINUTE)

    assert len(world.runs()) == 300
    assert world.store.writes < 30
