"""What a problem says, and how its place is kept while it goes outwards."""

from __future__ import annotations

import pytest

import schedkit
from schedkit import ConfigError, SchedError
from schedkit.errors import Problem, did_you_mean


def test_a_problem_reads_as_its_message_and_its_hint() -> None:
    expected = "unknown clock 'evry' (did you mean 'every'?)"

    actual = str(Problem("unknown clock 'evry'", "did you mean 'every'?"))

    assert expected == actual


def test_an_error_reads_as_all_of_its_problems() -> None:
    expected = "one; two (so)"

    actual = str(ConfigError(Problem("one"), Problem("two", "so")))

    assert expected == actual


def test_from_outside_the_path_is_longer() -> None:
    expected = (Problem("wrong", path=("jobs", "a", "clock", 0)),)

    actual = ConfigError(Problem("wrong", path=("clock", 0))).within("jobs", "a").problems

    assert expected == actual


def test_in_a_longer_text_the_place_is_shifted() -> None:
    expected = (Problem("wrong", span=(6, 8)), Problem("all of it"))

    actual = ConfigError(Problem("wrong", span=(1, 3)), Problem("all of it")).shifted(5).problems

    assert expected == actual


@pytest.mark.parametrize("name", ["ConfigError", "StoreError", "ExecutorError", "LockedError"])
def test_every_error_is_a_sched_error(name: str) -> None:
    assert issubclass(getattr(schedkit, name), SchedError)


@pytest.mark.parametrize(
    ("word", "expected"), [("evry", "did you mean 'every'?"), ("zzz", None), ("", None)]
)
def test_a_near_word_is_offered(word: str, expected: str | None) -> None:
    actual = did_you_mean(word, ["every", "daily"])

    assert expected == actual
