"""What YAML itself cannot read, with the place that a person has to look at and a way out."""

from __future__ import annotations

import pytest

from files import diagnostics, refused


def with_value(key: str, value: str) -> str:
    """Return a file of a job with a value that YAML cannot read."""
    lines = {"command": "x", "clock": "every 1h"} | {key: value}
    return "jobs:\n  a:\n" + "".join(f"    {name}: {text}\n" for name, text in lines.items())


@pytest.mark.parametrize("expression", ["*/5 * * * *", "* * * * *", "*/15 9-17 * * mon-fri"])
def test_a_cron_expression_that_yaml_takes_for_an_alias_gets_its_word(expression: str) -> None:
    expected = (
        "schedules.yaml:4:12: error: '*' begins an alias in YAML\n"
        f"4 |     clock: {expression}\n"
        "  |            ^\n"
        f"  = help: write: cron {expression}"
    )

    actual = refused(with_value("clock", expression))

    assert expected == actual


@pytest.mark.parametrize(
    ("expression", "clock"),
    [("@daily", "cron @daily"), ("@reboot", "startup boot"), ("@every 5m", "every 5m")],
)
def test_an_alias_of_cron_that_yaml_keeps_for_itself_gets_its_word(
    expression: str, clock: str
) -> None:
    expected = (
        "schedules.yaml:4:12: error: YAML keeps '@' for itself\n"
        f"4 |     clock: {expression}\n"
        "  |            ^\n"
        f"  = help: write: {clock}"
    )

    actual = refused(with_value("clock", expression))

    assert expected == actual


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("@daily  # each night", "write: cron @daily"),
        ("*/5 * * * *  # often", "write: cron */5 * * * *"),
        ("[*/5 * * * *]", "write: cron */5 * * * *"),
        ("[@daily]", "write: cron @daily"),
        ("[@daily, daily at 02:30]", "write: cron @daily"),
    ],
)
def test_what_to_write_ends_where_the_expression_does(value: str, hint: str) -> None:
    expected = [hint]

    actual = [one.hint for one in diagnostics(with_value("clock", value))]

    assert expected == actual


@pytest.mark.parametrize("value", ["*.sh", "@x"])
def test_what_to_write_for_a_command_is_no_cron(value: str) -> None:
    """Only a clock is a cron expression; everything else that YAML cannot read wants quotes."""
    expected = ["put it in quotes"]

    actual = [one.hint for one in diagnostics(with_value("command", value))]

    assert expected == actual


def test_a_merged_alias_with_a_typo_is_no_cron() -> None:
    expected = [("the alias '*bsae' is not defined", "did you mean '*base'?")]

    found = diagnostics("x-base: &base {command: x}\njobs:\n  a:\n    <<: *bsae\n")
    actual = [(one.message, one.hint) for one in found]

    assert expected == actual


def test_a_colon_within_a_text_gets_quotes() -> None:
    expected = (
        "schedules.yaml:3:20: error: mapping values are not allowed in this context\n"
        "3 |     command: echo a: b\n"
        "  |                    ^\n"
        "  = help: put a text that has ': ' in it into quotes"
    )

    actual = refused(with_value("command", "echo a: b"))

    assert expected == actual


@pytest.mark.parametrize(
    ("value", "shown"), [("'x", "'x"), ('"x', '"x'), ("[x, y", "[x, y"), ("{x: y", "{x: y")]
)
def test_what_is_opened_and_not_closed_is_shown_where_it_opens(value: str, shown: str) -> None:
    """YAML notices it at the end of the file, where there is nothing to see."""
    expected = [(3, 14, f"    command: {shown}")]

    found = diagnostics(f"jobs:\n  a:\n    command: {value}\n")
    actual = [(one.line, one.column, one.text) for one in found]

    assert expected == actual


@pytest.mark.parametrize("value", ["%x", "`date`"])
def test_a_character_that_yaml_reserves_gets_quotes(value: str) -> None:
    expected = (
        f"schedules.yaml:3:14: error: YAML keeps {value[0]!r} for itself\n"
        f"3 |     command: {value}\n"
        "  |              ^\n"
        "  = help: put it in quotes"
    )

    actual = refused(with_value("command", value))

    assert expected == actual


def test_a_line_that_is_not_indented_as_the_ones_beside_it_is_refused() -> None:
    expected = (
        "schedules.yaml:4:4: error: did not find expected key\n4 |    clock: every 1h\n  |    ^"
    )

    actual = refused("jobs:\n  a:\n    command: x\n   clock: every 1h\n")

    assert expected == actual


def test_a_line_that_goes_on_and_on_is_not_shown_whole() -> None:
    """A person wants the place; 200,000 characters hide it."""
    shown = refused("[" * 200_000)
    expected = True

    actual = len(shown) < 2000

    assert expected == actual
