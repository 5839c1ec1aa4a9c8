"""Days of a month as sets of bits, against the calendar."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedkit.clocks.monthdays import EVERY_DAY, MON_TO_FRI, DayRule, Days

ALL_MONTHS = (1 << 13) - 2
MONTHS = [
    [date(year, month, day + 1) for day in range(calendar.monthrange(year, month)[1])]
    for year in range(2024, 2028)
    for month in range(1, 13)
]

days = st.builds(
    Days,
    numbers=st.sets(st.integers(1, 31)).map(lambda s: sum(1 << n for n in s)),
    before_last=st.sets(st.integers(0, 30), max_size=4).map(lambda s: sum(1 << n for n in s)),
    nearest=st.sets(st.integers(1, 31), max_size=4).map(lambda s: sum(1 << n for n in s)),
    weekdays=st.integers(0, EVERY_DAY),
    nth=st.lists(
        st.tuples(st.integers(1, EVERY_DAY), st.sampled_from([-5, -2, -1, 1, 2, 3, 4, 5])),
        max_size=2,
    ).map(tuple),
)
months = st.integers(0, ALL_MONTHS // 2).map(lambda bits: bits * 2)


def named(one: Days, month: list[date]) -> set[date]:
    """Return the days of *month* that *one* names, asked of the calendar."""
    working = [day for day in month if day.weekday() < 5]
    found = {day for day in month if one.numbers >> day.day & 1}
    found |= {day for day in month if one.weekdays >> day.weekday() & 1}
    found |= {day for day in month if one.before_last >> (month[-1] - day).days & 1}
    for target in (day for day in month if one.nearest >> day.day & 1):
        found.add(min(working, key=lambda day: abs(day - target)))  # used at once
    for weekdays, n in one.nth:
        alike = [day for day in month if weekdays >> day.weekday() & 1]
        if len(alike) >= abs(n):
            found.add(alike[n - 1 if n > 0 else n])
    return found


@settings(deadline=None, derandomize=True, max_examples=40)
@given(months, st.lists(days, min_size=1, max_size=2))
def test_the_dates_of_a_rule_are_those_that_the_calendar_names(
    in_months: int, all_of: list[Days]
) -> None:
    expected = [
        day
        for month in MONTHS
        if in_months >> month[0].month & 1
        for day in month
        if all(day in named(one, month) for one in all_of)
    ]

    found = DayRule(in_months, tuple(all_of)).dates(MONTHS[0][0], MONTHS[-1][-1])
    actual = list(found)

    assert expected == actual


@settings(deadline=None, derandomize=True, max_examples=200)
@given(months, st.lists(days, min_size=2, max_size=3))
def test_a_rule_never_matches_when_no_day_of_400_years_does(
    in_months: int, all_of: list[Days]
) -> None:
    rule = DayRule(in_months, tuple(all_of))

    first = next(rule.dates(date(2000, 1, 1), date(2399, 12, 31)), None)

    assert rule.never == (first is None)


@pytest.mark.parametrize("weekday", range(7))
def test_each_weekday_comes_on_a_leap_day_at_some_time(weekday: int) -> None:
    leap_day = DayRule(1 << 2, (Days(numbers=1 << 29), Days(weekdays=1 << weekday)))

    assert not leap_day.never


@pytest.mark.parametrize(
    ("numbers", "month"), [(30, 2), (31, 2), (31, 4), (31, 6), (31, 9), (31, 11)]
)
def test_a_day_that_no_such_month_has_never_comes(numbers: int, month: int) -> None:
    assert DayRule(1 << month, (Days(numbers=1 << numbers),)).never


def test_a_rule_without_months_never_comes() -> None:
    assert DayRule(0, (Days(weekdays=EVERY_DAY),)).never


def test_both_ends_are_included() -> None:
    expected = [date(2026, 1, 31), date(2026, 2, 1)]

    rule = DayRule(ALL_MONTHS, (Days(weekdays=EVERY_DAY),))
    actual = list(rule.dates(date(2026, 1, 31), date(2026, 2, 1)))

    assert expected == actual


def test_a_span_that_ends_before_it_begins_has_no_days() -> None:
    expected: list[date] = []

    rule = DayRule(ALL_MONTHS, (Days(weekdays=MON_TO_FRI),))
    actual = list(rule.dates(date(2026, 2, 1), date(2026, 1, 31)))

    assert expected == actual


def test_the_years_of_a_century_are_leap_years_every_fourth_time() -> None:
    expected = [date(2000, 2, 29), date(2096, 2, 29), date(2104, 2, 29)]

    rule = DayRule(1 << 2, (Days(numbers=1 << 29),))
    found = [*rule.dates(date(2000, 1, 1), date(2001, 1, 1))]
    found += rule.dates(date(2096, 1, 1), date(2104, 12, 31))

    assert expected == found


def test_two_sets_of_days_are_joined_in_every_part() -> None:
    expected = Days(0b110, 0b11, 0b11 << 4, 0b11, ((1, 1), (2, -1)))

    actual = Days(0b10, 0b1, 1 << 4, 0b1, ((1, 1),)) | Days(0b100, 0b10, 1 << 5, 0b10, ((2, -1),))

    assert expected == actual
