"""What a run is, and how it is numbered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import utc
from schedkit.run import AttemptKey, State, first_number, run_id


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0"), (1, "1"), (31, "z"), (32, "10"), (32**5 - 1, "zzzzz"), (32**5, "100000")],
)
def test_an_id_is_in_base_32(number: int, expected: str) -> None:
    assert expected == run_id(number)


@pytest.mark.parametrize("text", ["2021-03-01", "2026-11-21", "2053-12-31"])
def test_an_id_of_this_time_has_six_characters(text: str) -> None:
    assert len(run_id(first_number(utc(text)))) == 6


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_ids_differ_as_their_numbers_do(one: int, other: int) -> None:
    assert (run_id(one) == run_id(other)) == (one == other)


@given(st.integers(32**5, 32**6 - 1), st.integers(32**5, 32**6 - 1))
def test_ids_sort_as_their_numbers_do(one: int, other: int) -> None:
    assert (run_id(one) < run_id(other)) == (one < other)


def test_numbers_count_seconds() -> None:
    start = utc("2026-03-02 12:00")

    numbers = [first_number(start + n * timedelta(milliseconds=500)) for n in range(4)]

    assert [number - numbers[0] for number in numbers] == [0, 0, 1, 1]


@pytest.mark.parametrize("state", list(State))
def test_a_state_is_terminal_unless_more_can_come(state: State) -> None:
    assert state.terminal == (state not in ("queued", "running", "retrying"))


def test_an_attempt_is_named_by_its_run_and_its_number() -> None:
    assert str(AttemptKey(32, 2)) == "10.2"
