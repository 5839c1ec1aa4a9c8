"""How a word finds its class, and what is said of one that finds none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from schedkit import ConfigError
from schedkit.adjustments import ADJUSTMENTS
from schedkit.clocks import CLOCKS
from schedkit.errors import Problem
from schedkit.filters import FILTERS
from schedkit.vocabulary import Many, Vocabulary, word_of
from written import adjustments, clocks, filters

KNOWN = f"one of: {', '.join(CLOCKS.words)}"
relaxed = settings(deadline=None, derandomize=True, max_examples=200)


def refused(read: Callable[[object], object], raw: object) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        read(raw)
    return list(caught.value.problems)


# ---- one rule for words


@pytest.mark.parametrize(
    ("class_name", "word"),
    [("Cron", "cron"), ("NextWeekday", "next_weekday"), ("MarketOpen", "market_open")],
)
def test_a_word_is_the_name_of_its_class(class_name: str, word: str) -> None:
    assert word == word_of(class_name)


@pytest.mark.parametrize("vocabulary", [CLOCKS, FILTERS, ADJUSTMENTS])
def test_each_word_names_a_class_of_that_name(vocabulary: Vocabulary[Any]) -> None:
    expected = vocabulary.words

    actual = [word_of(vocabulary.class_of(word).__name__) for word in vocabulary.words]

    assert expected == actual


@pytest.mark.parametrize(
    ("vocabulary", "text", "mapping"),
    [
        (CLOCKS, "daily at 02:30", {"daily": "02:30"}),
        (CLOCKS, "every 5m", {"every": "5m"}),
        (CLOCKS, "weekly mon,thu at 09:00", {"weekly": ["mon", "thu"], "at": "09:00"}),
        (CLOCKS, "monthly last fri at 18:00", {"monthly": "last fri", "at": "18:00"}),
        (CLOCKS, "monthly 15", {"monthly": 15}),
        (CLOCKS, "cron 0 9 * * mon-fri", {"cron": "0 9 * * mon-fri"}),
        (CLOCKS, "  every   5m  ", {"every": "5m"}),
        (FILTERS, "weekday", {"weekday": None}),
        (FILTERS, "days mon-fri", {"days": ["mon-wed", "thu", "fri"]}),
        (FILTERS, "not weekday", {"not": {"weekday": None}}),
        (ADJUSTMENTS, "next_weekday", {"next_weekday": None}),
        (ADJUSTMENTS, "add -5d", {"add": "-5d"}),
    ],
)
def test_a_text_and_a_mapping_mean_the_same(
    vocabulary: Vocabulary[Any], text: str, mapping: dict[str, object]
) -> None:
    expected = vocabulary.read(mapping)

    actual = vocabulary.read(text)

    assert expected == actual


def test_what_was_read_already_is_read_as_it_is() -> None:
    expected = CLOCKS.read("daily at 02:30")

    actual = CLOCKS.read(expected)

    assert expected is actual


@pytest.mark.parametrize(
    ("vocabulary", "text", "expected"),
    [
        (CLOCKS, "daily at 2:30", {"daily": "02:30"}),
        (CLOCKS, "weekly mon,thu at 09:00,17:00", {"weekly": "mon,thu", "at": ["09:00", "17:00"]}),
        (CLOCKS, "weekly mon", {"weekly": "mon"}),
        (CLOCKS, "every 90m", {"every": "1h30m"}),
        (FILTERS, "weekday", {"weekday": None}),
        (FILTERS, "not on_date 12-25", {"not": {"on_date": "12-25"}}),
        (ADJUSTMENTS, "add 7d", {"add": "1w"}),
    ],
)
def test_a_word_is_written_as_a_mapping_without_what_goes_without_saying(
    vocabulary: Vocabulary[Any], text: str, expected: dict[str, object]
) -> None:
    actual = vocabulary.written(vocabulary.read(text))

    assert expected == actual


@relaxed
@given(clocks)
def test_a_clock_written_reads_back_as_the_same(written: Any) -> None:
    expected = CLOCKS.read(written)

    actual = CLOCKS.read(json.loads(json.dumps(CLOCKS.written(expected))))

    assert expected == actual


@relaxed
@given(filters)
def test_a_filter_written_reads_back_as_the_same(written: Any) -> None:
    expected = FILTERS.read(written)

    actual = FILTERS.read(json.loads(json.dumps(FILTERS.written(expected))))

    assert expected == actual


@relaxed
@given(adjustments)
def test_an_adjustment_written_reads_back_as_the_same(written: str) -> None:
    expected = ADJUSTMENTS.read(written)

    actual = ADJUSTMENTS.read(json.loads(json.dumps(ADJUSTMENTS.written(expected))))

    assert expected == actual


@relaxed
@given(clocks)
def test_the_text_of_a_clock_is_one_that_reads_back_as_the_same(written: Any) -> None:
    """Clock says so of str; day_or, anchors and long lists of dates have no text."""
    expected = CLOCKS.read(written)
    if isinstance(written, dict):
        return

    actual = CLOCKS.read(str(expected))

    assert expected == actual


def test_settings_beside_the_value_are_written_too() -> None:
    expected = {"cron": "0 0 13 * 5", "day_or": False, "seed": "x"}

    actual = CLOCKS.written(CLOCKS.read(expected))

    assert expected == actual


# ---- what is refused


@pytest.mark.parametrize(
    ("vocabulary", "raw", "expected"),
    [
        (CLOCKS, "evry 5m", Problem("unknown clock 'evry'", "did you mean 'every'?", (), (0, 4))),
        (CLOCKS, "  evry", Problem("unknown clock 'evry'", "did you mean 'every'?", (), (2, 6))),
        (
            CLOCKS,
            {"evry": "5m"},
            Problem("unknown clock 'evry'", "did you mean 'every'?", ("evry",), on_key=True),
        ),
        (
            FILTERS,
            "zzz",
            Problem("unknown filter 'zzz'", f"known are: {', '.join(FILTERS.words)}", (), (0, 3)),
        ),
        (
            ADJUSTMENTS,
            "next_weekdays",
            Problem(
                "unknown adjustment 'next_weekdays'", "did you mean 'next_weekday'?", (), (0, 13)
            ),
        ),
        (CLOCKS, "every", Problem("'every' needs a value", "such as: every 15m")),
        (
            CLOCKS,
            {"every": None},
            Problem("'every' needs a value", "such as: every 15m", ("every",), on_key=True),
        ),
        (FILTERS, "weekday mon", Problem("'weekday' takes no value", None, (), (8, 11))),
        (FILTERS, {"weekday": "mon"}, Problem("'weekday' takes no value", None, ("weekday",))),
        (
            CLOCKS,
            {"weekly": "mon", "att": "09:00"},
            Problem("unknown key 'att'", "did you mean 'at'?", ("att",), on_key=True),
        ),
        (
            CLOCKS,
            {"cron": "0 0 * * *", "expression": "0 0 * * *"},
            Problem("unknown key 'expression'", None, ("expression",), on_key=True),
        ),
        (
            CLOCKS,
            {"cron": "0 0 * * *", "recurrence": "x"},
            Problem("unknown key 'recurrence'", None, ("recurrence",), on_key=True),
        ),
        (
            CLOCKS,
            {"daily": "02:30", "weekly": "mon"},
            Problem(
                "'weekly' is a second clock in one mapping",
                "write a list: - daily: ... and - weekly: ...",
                ("weekly",),
                on_key=True,
            ),
        ),
        (CLOCKS, "", Problem("a clock is missing", KNOWN)),
        (CLOCKS, {}, Problem("a clock is missing", KNOWN)),
        (CLOCKS, None, Problem("nothing stands where a clock belongs", f"write {KNOWN}")),
        (CLOCKS, 5, Problem("int 5 stands where a clock belongs", f"write {KNOWN}")),
        (CLOCKS, ["daily"], Problem("a list stands where a clock belongs", f"write {KNOWN}")),
        (
            CLOCKS,
            {"cron": "0 0 * * *", "day_or": "maybe"},
            Problem("'maybe' is neither true nor false", None, ("day_or",)),
        ),
    ],
)
def test_what_is_no_word_is_refused(
    vocabulary: Vocabulary[Any], raw: object, expected: Problem
) -> None:
    actual = refused(vocabulary.read, raw)

    assert [expected] == actual


@pytest.mark.parametrize(
    ("text", "hint"),
    [("@daily", "write: cron @daily"), ("*/5 * * * *", "write: cron */5 * * * *")],
)
def test_a_cron_expression_without_its_word_is_recognised(text: str, hint: str) -> None:
    expected = [Problem(f"{text!r} does not name its clock", hint)]

    actual = refused(CLOCKS.read, text)

    assert expected == actual


def test_all_that_is_wrong_with_a_mapping_is_named() -> None:
    expected = [
        ("hour 25 is outside 0-23", ("daily", 0)),
        ("'x' is not a time of day", ("daily", 1)),
        ("unknown key 'foo'", ("foo",)),
    ]

    found = refused(CLOCKS.read, {"daily": ["25:00", "x"], "foo": 1})
    actual = [(problem.message, problem.path) for problem in found]

    assert expected == actual


# ---- lists of words


def test_a_word_alone_is_a_list_of_one() -> None:
    expected = (FILTERS.read("weekday"),)

    actual = Many(FILTERS).value("weekday")

    assert expected == actual


def test_all_that_is_wrong_in_a_list_is_named_with_its_position() -> None:
    expected = [
        Problem("unknown filter 'wekday'", "did you mean 'weekday'?", (1,), (0, 6)),
        Problem("hour 25 is outside 0-23", None, (2,), (14, 19)),
    ]

    found = refused(Many(FILTERS).value, ["weekday", "wekday", "between_times 25:00-26:00"])

    assert expected[0] == found[0]
    assert [p.message for p in expected] == [p.message for p in found]


def test_a_list_that_needs_a_word_may_not_be_empty() -> None:
    expected = [Problem("a clock is missing: the list is empty")]

    actual = refused(Many(CLOCKS, at_least=1).value, [])

    assert expected == actual
