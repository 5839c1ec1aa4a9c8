"""The filters `at_time`, `on_datetime` and `between_datetimes`."""

from __future__ import annotations

import pytest

from asking import fires, problems, wall
from schedkit.errors import Problem
from schedkit.filters import FILTERS


@pytest.mark.parametrize(
    ("written", "shown", "expected"),
    [
        ("at_time 09:00", "2026-01-01 09:00", True),
        ("at_time 09:00", "2026-01-01 09:00:59.999999", True),
        ("at_time 09:00", "2026-01-01 09:01", False),
        ("at_time 09:00", "2026-01-01 08:59:59.999999", False),
        ("at_time 09:00:30", "2026-01-01 09:00:30.5", True),
        ("at_time 09:00:30", "2026-01-01 09:00:31", False),
        ("at_time 09:00:30", "2026-01-01 09:00:00", False),
        ({"at_time": ["17:30", "09:00"]}, "2026-01-01 17:30:10", True),
        ("at_time 23:59", "2026-01-01 23:59:59", True),
        ("at_time 23:59", "2026-01-02 00:00", False),
        ("on_datetime 2026-12-24 18:00", "2026-12-24 18:00:59", True),
        ("on_datetime 2026-12-24 18:00", "2026-12-24 18:01", False),
        ("on_datetime 2026-12-24 18:00", "2027-12-24 18:00", False),
        ("on_datetime 2026-12-24 18:00:30", "2026-12-24 18:00:30", True),
        ("on_datetime 2026-12-24 18:00:30", "2026-12-24 18:00", False),
        ({"on_datetime": ["2026-12-24 18:00", "2026-12-31T18:00"]}, "2026-12-31 18:00", True),
        ("between_datetimes 2026-12-24 18:00..2026-12-27 06:00", "2026-12-24 18:00", True),
        ("between_datetimes 2026-12-24 18:00..2026-12-27 06:00", "2026-12-27 06:00", True),
        ("between_datetimes 2026-12-24 18:00..2026-12-27 06:00", "2026-12-24 17:59:59", False),
        ("between_datetimes 2026-12-24 18:00..2026-12-27 06:00", "2026-12-27 06:00:01", False),
        ("between_datetimes 2026-12-24 18:00 .. 2026-12-24 18:00", "2026-12-24 18:00", True),
    ],
)
def test_a_moment_is_admitted_when_it_is_meant(written: object, shown: str, expected: bool) -> None:
    actual = FILTERS.read(written).admits(wall(shown))

    assert expected is actual


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("at_time 09:00", "2026-01-01 08:00", "2026-01-01 09:00"),
        ("at_time 09:00", "2026-01-01 09:00:20", "2026-01-01 09:01"),
        ("at_time 09:00", "2026-01-01 10:00", "2026-01-02 00:00"),
        ("on_datetime 2026-12-24 18:00", "2026-01-01", "2026-12-24 18:00"),
        ("on_datetime 2026-12-24 18:00", "2027-01-01", "9999-12-31 23:59:59.999999"),
        ("between_datetimes 2026-12-24 18:00..2026-12-27 06:00", "2026-01-01", "2026-12-24 18:00"),
    ],
)
def test_they_know_when_they_may_change_their_answer(
    written: str, begin: str, expected: str
) -> None:
    actual = FILTERS.read(written).until(wall(begin))

    assert wall(expected) == actual


def test_a_clock_of_each_second_is_admitted_for_the_whole_minute() -> None:
    expected = ["2026-01-01 09:00:00+00:00", "2026-01-01 09:00:59+00:00"]

    found = fires("every 1s", "2026-01-01", "2026-01-01 10:00", filters="at_time 09:00", count=99)
    actual = [found[0], found[-1]]

    assert (60, expected) == (len(found), actual)


def test_the_last_minute_that_there_is_may_be_meant() -> None:
    expected: list[str] = []

    filters = "on_datetime 9999-12-31 23:59"
    actual = fires("daily at 09:00", "2026-01-01", "2026-02-01", filters=filters)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "wrong", "message", "hint"),
    [
        ("at_time 25:00", "25:00", "hour 25 is outside 0-23", None),
        ("at_time noon", "noon", "'noon' is not a time of day", "write it as 02:30 or 02:30:15"),
        (
            "on_datetime 2026-12-24", "2026-12-24", "'2026-12-24' is not a date and time",
            "write it as 2026-12-24 18:00",
        ),
        (
            "on_datetime 2026-12-24 18:00Z", "2026-12-24 18:00Z",
            "'2026-12-24 18:00Z' names an offset",
            "leave it out: the time is of the job's timezone",
        ),
        (
            "between_datetimes 2026-12-24 18:00", "2026-12-24 18:00",
            "'2026-12-24 18:00' is not a span of time",
            "write it as 2026-12-24 18:00..2026-12-27 06:00",
        ),
        (
            "between_datetimes 2026-12-24 18:00..2026-12-24 17:59",
            "2026-12-24 18:00..2026-12-24 17:59",
            "'2026-12-24 18:00..2026-12-24 17:59' ends before it begins", None,
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place(
    text: str, wrong: str, message: str, hint: str | None
) -> None:
    begin = text.index(wrong)
    expected = [Problem(message, hint, ("filters",), (begin, begin + len(wrong)))]

    actual = problems("hourly", filters=text)

    assert expected == actual
