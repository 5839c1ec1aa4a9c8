"""How single values and lists of them are read, whatever YAML made of them."""

from __future__ import annotations

import pytest

from schedkit import ConfigError
from schedkit.errors import Problem
from schedkit.scalars import WEEKDAYS, weekday
from schedkit.values import Listed, Whole, Written, shape, sorted_once

DAY = Written(int, weekday, lambda day: WEEKDAYS[day], "^[a-z]+$", "mon")
NAME = Written(str, str.upper, str.lower, "^.*$", "abc")
DAYS = Listed(DAY, sorted_once)


def refused(raw: object) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        DAYS.value(raw)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("mon", (0,)),
        ("thu,mon", (0, 3)),
        (" thu , mon ", (0, 3)),
        (["thu", "mon", "thu"], (0, 3)),
        (("mon",), (0,)),
    ],
)
def test_a_list_is_read_from_a_list_or_from_one_text(
    raw: object, expected: tuple[int, ...]
) -> None:
    assert expected == DAYS.value(raw)


@pytest.mark.parametrize(("values", "expected"), [((0,), "mon"), ((0, 3), ["mon", "thu"])])
def test_one_value_is_written_alone_and_more_as_a_list(
    values: tuple[int, ...], expected: object
) -> None:
    assert expected == DAYS.write(values)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("xyz", [Problem("unknown weekday 'xyz'", None, (), (0, 3))]),
        ("mon, xyz", [Problem("unknown weekday 'xyz'", None, (), (5, 8))]),
        ("mon,,thu", [Problem("unknown weekday ''", None, (), (4, 4))]),
        ([], [Problem("the list is empty", "write at least one: mon")]),
        (None, [Problem("nothing stands where a text belongs", "write it as mon")]),
        (2.5, [Problem("float 2.5 stands where a text belongs", "write it as mon")]),
        (True, [Problem("bool True stands where a text belongs", "write it as mon")]),
        ([{"a": 1}], [Problem("a mapping stands where a text belongs", "write it as mon", (0,))]),
    ],
)
def test_each_wrong_entry_is_named(raw: object, expected: list[Problem]) -> None:
    assert expected == refused(raw)


def test_every_wrong_entry_of_a_list_is_named() -> None:
    expected = [("unknown weekday 'x'", (0,)), ("unknown weekday 'y'", (2,))]

    actual = [(problem.message, problem.path) for problem in refused(["x", "mon", "y"])]

    assert expected == actual


def test_a_whole_number_is_read_as_its_text() -> None:
    expected = "15"

    actual = NAME.value(15)

    assert expected == actual


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, "nothing"),
        ({}, "a mapping"),
        ([], "a list"),
        ((), "a list"),
        (5, "int 5"),
        ("x", "the text 'x'"),
    ],
)
def test_what_stands_in_the_wrong_place_is_told_in_words(raw: object, expected: str) -> None:
    assert expected == shape(raw)


@pytest.mark.parametrize(
    ("raw", "expected"), [(3, 3), ("3", 3), (" +10 ", 10), ("-5", -5), ("007", 7)]
)
def test_a_whole_number_is_read_from_a_number_or_its_text(raw: object, expected: int) -> None:
    assert expected == Whole(-5, 10).value(raw)


@pytest.mark.parametrize(
    ("raw", "message", "hint"),
    [
        ("11", "11 is above 10", "write a number from -5 to 10"),
        (-6, "-6 is below -5", "write a number from -5 to 10"),
        ("9" * 1000, f"{'9' * 1000} is above 10", "write a number from -5 to 10"),
        ("1.5", "'1.5' is not a whole number", None),
        ("1_0", "'1_0' is not a whole number", None),
        ("٣", "'٣' is not a whole number", None),
        ("", "'' is not a whole number", None),
        (True, "bool True stands where a whole number belongs", None),
        (2.0, "float 2.0 stands where a whole number belongs", None),
        (None, "nothing stands where a whole number belongs", None),
    ],
)
def test_what_is_no_whole_number_of_the_span_is_refused(
    raw: object, message: str, hint: str | None
) -> None:
    expected = (Problem(message, hint),)

    with pytest.raises(ConfigError) as caught:
        Whole(-5, 10).value(raw)
    actual = caught.value.problems

    assert expected == actual
