"""Why a cron expression is refused, and where: rules 8, 11 and 12."""

from __future__ import annotations

import pytest

from asking import days, fires, problems
from schedkit.errors import Problem

ORDER = "minute hour day month weekday; of 6 fields the first is the second"
FORMS = "write a value, a range such as 1-5, a step such as */15, or a list of these"
PLACES = "L, L-3, LW and 15W go into the day of month, 5L and 5#2 into the weekday"
ALIASES = "known are: @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"


# ---- what can never fire


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 0 30 2 *", "no month of '2' has a day '30'"),
        ("0 0 31 4,6,9,11 ?", "no month of '4,6,9,11' has a day '31'"),
        ("0 0 L-29 feb *", "no month of 'feb' has a day 'L-29'"),
    ],
)
def test_an_expression_that_can_never_fire_is_refused(expression: str, why: str) -> None:
    message = f"{expression!r} never fires: {why}"
    expected = [Problem(message, path=("clock",), span=(5, 5 + len(expression)))]

    actual = problems(f"cron {expression}")

    assert expected == actual


def test_a_weekday_beside_an_impossible_day_fires() -> None:
    expected = ["02-02", "02-09", "02-16", "02-23"]

    actual = days("0 0 30 2 mon")

    assert expected == actual


def test_days_that_exclude_each_other_are_refused() -> None:
    message = "'0 0 30,31 2 mon' never fires: no day '30,31' of month '2' is a weekday 'mon'"
    expected = [Problem(message, path=("clock", "cron"))]

    actual = problems({"cron": "0 0 30,31 2 mon", "day_or": False})

    assert expected == actual


def test_a_leap_day_on_a_monday_fires_once_in_28_years() -> None:
    expected = ["2044-02-29 00:00:00+00:00", "2072-02-29 00:00:00+00:00"]

    actual = fires({"cron": "0 0 29 2 mon", "day_or": False}, "2026-01-01", count=2)

    assert expected == actual


# ---- what is refused, and where


@pytest.mark.parametrize(
    ("expression", "wrong", "message", "hint"),
    [
        ("60 0 * * *", "60", "minute 60 is outside 0-59", None),
        ("0 24 * * *", "24", "hour 24 is outside 0-23", None),
        ("1 0 0-5 * *", "0-5", "day of month 0 is outside 1-31", None),
        ("1 2 5,32 * *", "32", "day of month 32 is outside 1-31", None),
        ("1 2 * 13 *", "13", "month 13 is outside 1-12", None),
        ("1 2 * * 8", "8", "weekday 8 is outside 0-7", None),
        ("1 2 * * mno", "mno", "unknown weekday 'mno'", "did you mean 'mon'?"),
        ("1 2 * jun-jly *", "jun-jly", "unknown month 'jly'", "did you mean 'jul'?"),
        ("1 2 20-5 * *", "20-5", "20-5 runs backwards", "write 20-31,1-5"),
        ("*/0 * * * *", "*/0", "a step of 0 goes nowhere", "a step is 1 or more"),
        ("1 2,,3 * * *", ",", "the hour field has an empty entry", "remove a comma"),
        ("1 2 5W * 1#6", "1#6", "6 is outside 1-5: a month has at most five of a weekday", None),
        ("1 2 L-31 * *", "L-31", "L-31 is outside L-1 to L-30", None),
        ("1 2 32W * *", "32W", "day of month 32 is outside 1-31", None),
        ("5L 2 * * *", "5L", "'5L' does not belong in the minute field", PLACES),
        ("1 15W * * *", "15W", "'15W' does not belong in the hour field", PLACES),
        ("1 2 5#2 * *", "5#2", "'5#2' does not belong in the day of month field", PLACES),
        ("1--2 * * * *", "1--2", "'1--2' cannot be read in the minute field", FORMS),
        ("-5 * * * *", "-5", "'-5' cannot be read in the minute field", FORMS),
    ],
)
def test_a_wrong_entry_is_named_with_its_place(
    expression: str, wrong: str, message: str, hint: str | None
) -> None:
    text = f"cron {expression}"
    begin = text.index(wrong) + (wrong == ",")
    expected = [Problem(message, hint, ("clock",), (begin, begin + len(wrong)))]

    actual = problems(text)

    assert expected == actual


@pytest.mark.parametrize("expression", ["? * * * *", "* ? * * *", "* * * ? *"])
def test_a_question_mark_stands_in_day_fields_only(expression: str) -> None:
    begin = expression.index("?") + 5
    name = ["minute", "hour", "", "month"][begin // 2 - 2]
    hint = "'?' stands alone, in a day field only"
    message = f"'?' cannot be used so in the {name} field"
    expected = [Problem(message, hint, ("clock",), (begin, begin + 1))]

    actual = problems(f"cron {expression}")

    assert expected == actual


@pytest.mark.parametrize("drawn", ["R", "R/15", "R(0-30)", "r(0-30)/5"])
def test_r_is_refused_because_each_load_would_draw_anew(drawn: str) -> None:
    message = "'R' would fire at another time after each load"
    hint = "write H: it is drawn from the job's name and stays the same"
    expected = [Problem(message, hint, ("clock",), (5, 5 + len(drawn)))]

    actual = problems(f"cron {drawn} 0 * * *")

    assert expected == actual


def test_an_l_alone_names_no_weekday() -> None:
    hint = "write the last Friday as 5L or friL"
    expected = [Problem("'L' names no weekday to be the last", hint, ("clock",), (13, 14))]

    actual = problems("cron 0 0 * * L")

    assert expected == actual


@pytest.mark.parametrize("fields", ["* * * *", "0 0 1 1 * 0 2026"])
def test_other_than_five_or_six_fields_are_refused(fields: str) -> None:
    message = f"{fields!r} has {len(fields.split())} fields, cron takes 5 or 6"
    expected = [Problem(message, ORDER, ("clock",), (5, 5 + len(fields)))]

    actual = problems(f"cron {fields}")

    assert expected == actual


def test_every_wrong_field_is_named_at_once() -> None:
    expected = [
        Problem("minute 60 is outside 0-59", path=("clock", "cron"), span=(1, 3)),
        Problem("hour 24 is outside 0-23", path=("clock", "cron"), span=(4, 6)),
        Problem("weekday 9 is outside 0-7", path=("clock", "cron"), span=(11, 12)),
    ]

    actual = problems({"cron": " 60 24 * * 9"})

    assert expected == actual


@pytest.mark.parametrize(
    ("alias", "hint"),
    [
        ("@hourli", "did you mean '@hourly'?"),
        ("@xyz", ALIASES),
        ("@every 5m", "write the clock 'every', such as: every 5m"),
    ],
)
def test_an_unknown_alias_is_refused(alias: str, hint: str) -> None:
    expected = [Problem(f"unknown alias {alias!r}", hint, ("clock",), (5, 5 + len(alias)))]

    actual = problems(f"cron {alias}")

    assert expected == actual
