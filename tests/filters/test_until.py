"""How far the answer of a filter holds: what a schedule jumps by."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asking import wall
from schedkit.filters import FILTERS
from written import filters, walls

SECOND = timedelta(seconds=1)
RESOLUTION = datetime.resolution
FAR = timedelta(days=900)
relaxed = settings(deadline=None, derandomize=True, max_examples=300)


def edges(begin: datetime, end: datetime) -> list[datetime]:
    """Return wall times from *begin* up to *end*, dense at first, and about each midnight."""
    end = min(end, begin + FAR)
    first = [begin + timedelta(minutes=7 * n) for n in range(300)]
    midnight = datetime.combine(begin.date(), time())
    for n in range(1, (end - begin).days + 2):
        day = midnight + timedelta(days=n)
        first += [day - RESOLUTION, day, day + timedelta(hours=9, minutes=30)]
    return [shown for shown in [*first, end - RESOLUTION] if begin <= shown < end]


@relaxed
@given(filters, walls)
def test_the_answer_stays_until_then(written: Any, begin: datetime) -> None:
    one = FILTERS.read(written)
    expected = one.admits(begin)

    until = one.until(begin)
    wrong = [shown for shown in edges(begin, until) if one.admits(shown) is not expected]

    assert wrong == []


@relaxed
@given(filters, walls)
def test_the_answer_is_of_some_time(written: Any, begin: datetime) -> None:
    one = FILTERS.read(written)

    until = one.until(begin)

    assert begin < until


@relaxed
@given(filters, walls)
def test_not_turns_every_answer_around(written: Any, begin: datetime) -> None:
    expected = not FILTERS.read(written).admits(begin)

    actual = FILTERS.read({"not": written}).admits(begin)

    assert expected is actual


@relaxed
@given(st.lists(filters, min_size=1, max_size=4), walls)
def test_any_and_all_ask_each_filter(written: list[Any], begin: datetime) -> None:
    answers = [FILTERS.read(one).admits(begin) for one in written]
    expected = (any(answers), all(answers))

    actual = tuple(FILTERS.read({word: written}).admits(begin) for word in ("any", "all"))

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "begin", "expected"),
    [
        ("on_date 02-29", "2026-01-01 10:00", "2028-02-29"),
        ("on_date 02-29", "2096-03-01", "2104-02-29"),
        ("on_date 2026-12-25", "2026-12-25 10:00", "2026-12-26"),
        ("on_date 2026-12-25", "2026-12-26", "9999-12-31 23:59:59.999999"),
        ("between_dates 12-24..01-02", "2026-05-01", "2026-12-24"),
        ("between_dates 12-24..01-02", "2026-12-24 10:00", "2027-01-03"),
        ("between_times 09:30-16:00", "2026-05-01 10:00", "2026-05-01 16:00:00.000001"),
        ("between_times 09:30-16:00", "2026-05-01 08:00", "2026-05-01 09:30"),
        ({"not": "on_date 02-29"}, "2026-01-01 10:00", "2028-02-29"),
        ({"any": ["on_date 02-29", "on_date 12-25"]}, "2026-01-01", "2026-12-25"),
        ({"all": ["on_date 02-29", "weekday"]}, "2026-01-01", "2028-02-29"),
    ],
)
def test_a_filter_that_is_rarely_asked_looks_far_ahead(
    written: Any, begin: str, expected: str
) -> None:
    actual = FILTERS.read(written).until(wall(begin))

    assert wall(expected) == actual


@pytest.mark.parametrize("written", ["weekday", "weekend", "days sun", "on_date 12-31"])
def test_the_last_day_there_is_has_an_end(written: str) -> None:
    actual = FILTERS.read(written).until(datetime(9999, 12, 31, 10))

    assert datetime.max == actual
