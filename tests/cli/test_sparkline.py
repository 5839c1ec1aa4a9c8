"""The last runs of a job in a few characters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schedkit.cli.sparkline import sparkline
from schedkit.run import State
from schedkit.store import Outcome


def runs(*given: tuple[State, float | None]) -> list[Outcome]:
    """Return the runs of a job, given the oldest first, the latest first."""
    time = datetime(2026, 3, 2, tzinfo=UTC)
    lengths = [None if took is None else timedelta(seconds=took) for _, took in given]
    states = [state for state, _ in given]
    return [Outcome(1, state, time, took) for state, took in zip(states, lengths, strict=True)][
        ::-1
    ]


def glyphs(*given: tuple[State, float | None], colour: bool = True) -> str:
    return "".join(part.text for part in sparkline(runs(*given), colour=colour).parts)


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([], "-"),
        ([5], "█"),
        ([0], "▁"),
        ([None], "▁"),
        ([0.001, 100, None], "▁█▁"),
        ([1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█"),
    ],
)
def test_a_bar_is_as_high_as_the_run_took_long_beside_the_longest(
    lengths: list[float | None], expected: str
) -> None:
    assert expected == glyphs(*((State.SUCCEEDED, took) for took in lengths))


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_one_glyph_and_a_colour(state: State) -> None:
    (part,) = sparkline(runs((state, 1)), colour=True).parts

    assert (1, True) == (len(part.text), bool(part.colour))


@pytest.mark.parametrize("state", [State.FAILED, State.TIMED_OUT, State.LOST, State.CANCELLED])
def test_without_colour_what_did_not_succeed_is_a_mark(state: State) -> None:
    assert ("█", "x") == (glyphs((state, 1)), glyphs((state, 1), colour=False))


def test_skipped_and_missed_are_told_apart_from_each_other_and_from_bars() -> None:
    states = (State.SKIPPED, State.MISSED, State.SUCCEEDED)

    assert "·○▁" == glyphs(*((state, None) for state in states))


def test_in_a_pipe_the_states_stand_with_commas_the_oldest_first() -> None:
    expected = "failed,skipped,succeeded"

    found = sparkline(
        runs((State.FAILED, 1), (State.SKIPPED, None), (State.SUCCEEDED, 2)), colour=False
    )

    assert expected == found.plain
