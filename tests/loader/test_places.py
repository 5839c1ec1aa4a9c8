"""Where a problem is shown: the characters that are wrong, however the value is written."""

from __future__ import annotations

import pytest

from files import diagnostics, text


def places(written: str) -> list[str]:
    """Return what the carets stand below, for each problem."""
    return [
        f"{one.line}: {one.text[one.column - 1 : one.column - 1 + one.length]}"
        for one in diagnostics(written)
    ]


def in_job(lines: str) -> list[str]:
    """Return what the carets stand below in a job whose keys begin on line 4."""
    indented = "".join(f"    {line}\n" for line in text(lines).split("\n"))
    clock = "" if "clock:" in lines else "    clock: every 1h\n"
    return places(f"jobs:\n  a:\n    command: x\n{indented}{clock}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("clock: cron 0 25 * * *", ["4: 25"]),
        ("clock: 'cron 0 25 * * *'", ["4: 25"]),
        ('clock: "cron 0 25 * * *"', ["4: 25"]),
        ("clock: {cron: 0 25 * * *}", ["4: 25"]),
        ("clock: {cron: '0 25 * * *'}", ["4: 25"]),
        ("clock:   cron   0   25 * * *", ["4: 25"]),
        ("clock: evry 5m", ["4: evry"]),
        ("clock: {evry: 5m}", ["4: evry"]),
        ("clock: 'evry 5m'", ["4: evry"]),
        ("clock: every 5x", ["4: 5x"]),
        ("clock: daily at 25:00", ["4: 25:00"]),
        ("clock: daily at 02:30,25:00", ["4: 25:00"]),
        ("clock: {daily: ['02:30', '25:00']}", ["4: '25:00'"]),
        ("clock: weekly mon,tux at 09:00", ["4: tux"]),
        ("clock: {weekly: [mon, tux], at: 25:00}", ["4: tux", "4: 25:00"]),
        ("clock: daily", ["4: daily"]),
        ("clock: {daily: }", ["4: daily"]),
        ("clock: {daily: '02:30', weekly: mon}", ["4: weekly"]),
        ("clock: []", ["4: []"]),
        ("clock: [daily at 02:30, evry 5m, {cron: 60 * * * *}]", ["4: evry", "4: 60"]),
        ("clock:\n- daily at 02:30\n- evry 5m", ["6: evry"]),
        ("filters: wekday", ["4: wekday"]),
        ("filters: {any: [weekend, not wekday]}", ["4: wekday"]),
        ("filters: {any: [weekend, 'not wekday']}", ["4: wekday"]),
        ("filters: [weekday, {any: [weekend, {not: {all: [{on_date: 13-01}]}}]}]", ["4: 13-01"]),
        ("filters:\n- any:\n  - weekend\n  - not:\n      on_date: 02-30", ["8: 02-30"]),
        ("adjustments: [add 5d, add 5, next_weekdy]", ["4: 5", "4: next_weekdy"]),
        ("timeout: 5", ["4: 5"]),
        ("timeout: '5'", ["4: '5'"]),
        ("timezone: Europe/Berlni", ["4: Europe/Berlni"]),
        ("retry: {max_retries: 1, delay: 5}", ["4: 5"]),
        ("retry: {max_retries: 1, dely: 5s}", ["4: dely"]),
        ("retry: {}", ["4: {}"]),
        ("retry: x", ["4: x"]),
        ("retry: -1", ["4: -1"]),
        ("success: {exit_codes: [0, 256]}", ["4: 256"]),
        ("success: {exit_codes: '0, 256'}", ["4: 256"]),
        ("env: {A: b, C: [d]}", ["4: [d]"]),
        ("env: {A: {from_file: [d]}}", ["4: [d]"]),
        ("env: {A: {from: d}}", ["4: {from: d}"]),
        ("env: {'A=': d}", ["4: 'A='"]),
        ("stop_signal: STOP", ["4: STOP"]),
        ("overlap: wait", ["4: wait"]),
        ("enabled: maybe", ["4: maybe"]),
        ("python: a:b", ["4: python"]),
        ("interpreter: python3", ["4: interpreter"]),
    ],
)
def test_what_is_wrong_is_shown_and_nothing_else(written: str, expected: list[str]) -> None:
    actual = in_job(written)

    assert expected == actual


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('clock: "cron 0 \\x325 * * *"', ['4: "cron 0 \\x325 * * *"']),
        ("clock: |\n  cron 0 25 * * *", ["4: |"]),
        ("clock: >-\n  cron 0\n  25 * * *", ["4: >-"]),
        ("clock: cron 0\n  25 * * *", ["4: cron 0"]),
        ("clock: 'cron 0\n  25 * * *'", ["4: 'cron 0"]),
    ],
)
def test_a_value_whose_text_is_not_that_of_the_file_is_shown_from_its_beginning(
    written: str, expected: list[str]
) -> None:
    actual = in_job(written)

    assert expected == actual


def test_a_problem_behind_an_alias_is_shown_where_it_was_written() -> None:
    expected = ["1: &c evry 5m"]

    actual = places("x-c: &c evry 5m\njobs: {a: {command: x, clock: *c}}\n")

    assert expected == actual


def test_a_value_that_is_not_there_is_shown_where_it_belongs() -> None:
    expected = [(4, 11, 1)]

    found = diagnostics("jobs:\n  a:\n    command: x\n    clock:\n    timeout: 5m\n")
    actual = [(one.line, one.column, one.length) for one in found]

    assert expected == actual
