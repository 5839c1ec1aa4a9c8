"""The filters `any`, `all` and `not`."""

from __future__ import annotations

from asking import fires, problems
from schedkit.errors import Problem
from schedkit.filters import FILTERS


def days(filters: object) -> list[str]:
    """Return the first days of 2026 that are admitted."""
    return [text[5:10] for text in fires("daily at 12:00", "2026-01-01", count=4, filters=filters)]


def test_any_admits_what_one_admits() -> None:
    expected = ["01-03", "01-04", "01-07", "01-10"]

    actual = days({"any": ["weekend", "on_date 01-07"]})

    assert expected == actual


def test_all_admits_what_every_one_admits() -> None:
    expected = ["01-03", "01-10", "01-17", "01-24"]

    actual = days({"all": ["weekend", "days sat,mon"]})

    assert expected == actual


def test_filters_in_a_list_must_all_admit() -> None:
    expected = days({"all": ["weekend", "days sat,mon"]})

    actual = days(["weekend", "days sat,mon"])

    assert expected == actual


def test_not_admits_what_the_other_refuses() -> None:
    expected = ["01-02", "01-05", "01-06", "01-07"]

    actual = days({"not": {"any": ["weekend", "on_date 01-01"]}})

    assert expected == actual


def test_not_may_be_written_as_a_text() -> None:
    expected = days({"not": "weekend"})

    actual = days("not weekend")

    assert expected == actual


def test_one_filter_needs_no_list() -> None:
    expected = days({"any": ["weekend"]})

    actual = days({"any": "weekend"})

    assert expected == actual


def test_a_problem_deep_inside_is_named_with_its_path() -> None:
    known = f"known are: {', '.join(FILTERS.words)}"
    path = ("filters", 0, "not", "any")
    expected = [
        Problem("unknown filter 'wekday'", "did you mean 'weekday'?", (*path, 0), (0, 6)),
        Problem("unknown filter 'zzz'", known, (*path, 1, "all", 0), (0, 3)),
    ]

    actual = problems("daily at 12:00", filters=[{"not": {"any": ["wekday", {"all": ["zzz"]}]}}])

    assert expected == actual


def test_an_empty_list_is_refused() -> None:
    message = "a filter is missing: the list is empty"
    expected = [Problem(message, path=("filters", "any"))]

    actual = problems("daily at 12:00", filters={"any": []})

    assert expected == actual
