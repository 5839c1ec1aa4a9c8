"""Chains of jobs that come back to where they began."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import diagnostics
from schedkit.loader.chains import loops

_NAMES = "abcdefg"
_CHAINS = st.dictionaries(
    st.sampled_from(_NAMES), st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3)
)


def _reached(start: str, before: dict[str, list[str]]) -> dict[str, int]:
    """Return by job in how many steps one comes to it, at least one."""
    found: dict[str, int] = {}
    names, steps = {start}, 0
    while names:
        steps += 1
        names = {other for name in names for other in before.get(name, ())} - found.keys()
        found |= dict.fromkeys(names, steps)
    return found


@given(_CHAINS)
def test_each_loop_is_a_shortest_way_back_to_its_job(before: dict[str, list[str]]) -> None:
    for loop in loops(before):
        assert all(other in before[name] for name, other in pairwise([*loop, loop[0]]))
        assert len(loop) == _reached(loop[0], before)[loop[0]]


@given(_CHAINS)
def test_what_runs_after_itself_meets_a_loop_and_nothing_else_is_in_one(
    before: dict[str, list[str]],
) -> None:
    found = [*loops(before)]
    named = {name for loop in found for name in loop}
    around = {name for name in before if name in _reached(name, before)}

    assert len(named) == sum(map(len, found))
    assert named <= around
    for name in around:
        mutual = {o for o in _reached(name, before) if name in _reached(o, before)}
        assert named & mutual


@pytest.mark.parametrize("closed", [False, True])
def test_a_chain_of_many_jobs_is_looked_through_once(*, closed: bool) -> None:
    before = {str(n): [str(n - 1)] for n in range(1, 20_000)}
    if closed:
        before["0"] = ["19999"]

    found = [*loops(before)]

    assert [20_000] * closed == list(map(len, found))


def test_of_a_long_loop_both_ends_are_shown() -> None:
    names = [f"j{n}" for n in range(30)]
    jobs = ", ".join(
        f"{name}: {{command: x, after: {names[n - 1]}}}" for n, name in enumerate(names)
    )
    expected = (
        "it runs after itself: j0 after j29 after j28 after j27 after j26 after j25 after ..."
        " after j5 after j4 after j3 after j2 after j1 after j0"
    )

    (problem,) = diagnostics(f"jobs: {{{jobs}}}\n")

    assert expected == problem.message
