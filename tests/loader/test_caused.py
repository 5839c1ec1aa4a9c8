"""What is suspicious of what runs a job beside time, and of keys that need a clock."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from files import load, refused, text
from schedkit.loader.checks import check
from schedkit.report import full

DISABLED = "no run of 'off' ends while it is disabled"
NO_CLOCK = "{} has no effect without a clock"


def warned(keys: str) -> list[tuple[int, str, str | None]]:
    """Return the column and the words of what is said of a job, in a line below two others."""
    found = check(
        load(f"""
        jobs:
          on: {{command: x, clock: every 1h, enabled: true}}
          off: {{command: x, clock: every 1h, enabled: false, timeout: 1m}}
          a: {{{keys}, command: x}}
        """)
    )
    return [(one.column, one.message, one.hint) for one in found if one.line == 5]


@pytest.mark.parametrize(
    ("keys", "column", "message"),
    [
        ("after: off", 14, DISABLED),
        ("after: {job: off, state: failed}", 20, DISABLED),
        ("after: {any: [on, off]}", 25, DISABLED),
        ("after: {all: off}", 20, DISABLED),
        (
            "after: {job: on, state: timed_out}", 20,
            "no run of 'on' ends as timed_out: it has no timeout",
        ),
    ],
)  # fmt: skip
def test_a_job_that_ends_no_run_so_is_warned_of(keys: str, column: int, message: str) -> None:
    assert [(column, message, None)] == warned(keys)


@pytest.mark.parametrize(
    "keys",
    [
        "after: on",
        "after: off, enabled: false",
        "after: {any: [on], state: [failed, timed_out]}",
        "on: {event: nobody.emits.it}",
        "on: {path: /tmp/*}",
        "on: {path: '/tmp/*/no/such/*.csv'}",
        "on: {path: in/*}",
        "on: {path: /no/such/*}, enabled: false",
        "on: {event: x}, filters: [weekday, at_time 09:00], grace: 5m, catchup_window: 1h",
        "on: {event: x}, clock: every 1h, catchup: none, never_on: 2020-01-01",
        "on: {event: x}, start: 2020-01-01 00:00, end: 2999-01-01 00:00",
    ],
)
def test_what_can_be_meant_is_not_warned_of(keys: str) -> None:
    Path("in").mkdir()

    assert [] == warned(keys)


@pytest.mark.parametrize(
    ("keys", "column", "where"),
    [
        ("on: {path: /no/such/*.csv}", 18, "/no/such"),
        ("on: [{event: x}, {path: [/tmp/*, /no/such/**/x]}]", 40, "/no/such"),
        ("on: {path: gone/x.csv}", 18, "HERE/gone"),
    ],
)
def test_a_directory_that_is_not_there_is_warned_of(
    keys: str, column: int, where: str, directory: Path
) -> None:
    message = f"{where.replace('HERE', str(directory))} is not a directory"
    hint = "files are waited for all the same, from when it is there"

    assert [(column, message, hint)] == warned(keys)


def test_braces_which_a_shell_would_expand_are_warned_of() -> None:
    message = "braces stand for themselves, and what has a comma for two paths"
    hint = "write a list of them: [in/a.csv, in/b.csv]"

    assert [(18, message, hint)] == warned("on: {path: '/tmp/{a,b}.csv'}")[:1]
    assert [(18, message, hint)] == warned("on: {path: '/tmp/{a}.csv'}")


@pytest.mark.parametrize(
    ("keys", "key", "hint"),
    [
        ("catchup: none", "catchup", "how late what causes it may be is its catchup_window"),
        (
            "never_on: 12-25", "never_on",
            "on which days it may run whatever causes it is asked of its filters",
        ),
    ],
)  # fmt: skip
def test_a_key_without_effect_is_warned_of(keys: str, key: str, hint: str) -> None:
    assert [(7, NO_CLOCK.format(key), hint)] == warned(f"{keys}, after: on")


def test_a_key_of_the_defaults_is_for_those_that_have_a_clock() -> None:
    written = """
        defaults: {catchup: none}
        jobs:
          a: {command: x, on: {event: x}}
    """

    assert [] == check(load(written))


@pytest.mark.parametrize(
    ("filters", "span", "message"),
    [
        ("[weekday, weekend]", (47, 7), "weekday and weekend contradict each other"),
        (
            "[on_date 2020-01-01]", (38, 18),
            "on_date 2020-01-01 admits no time before YEAR",
        ),
    ],
)  # fmt: skip
def test_filters_that_admit_nothing_whatever_causes_it_are_an_error(
    filters: str, span: tuple[int, int], message: str
) -> None:
    line = f"jobs: {{a: {{on: {{event: x}}, filters: {filters}, command: x}}}}"
    column, width = span
    expected = (
        f"schedules.yaml:1:{column}: error: 'a' never fires: {message}\n"
        f"1 | {line}\n"
        f"  | {' ' * (column - 1)}{'^' * width}"
    )

    actual = re.sub(r"before \d{4}", "before YEAR", refused(f"{line}\n"))

    assert expected == actual


def test_what_is_outside_of_its_end_for_ever_is_warned_of() -> None:
    expected = text("""
        schedules.yaml:1:46: warning: 'a' never fires again: its end is past
        1 | jobs: {a: {on: {event: x}, command: x, end:  2020-01-01 00:00}}
          |                                              ^^^^^^^^^^^^^^^^
          = help: take it out, or keep it with enabled: false
    """)

    found = check(load("jobs: {a: {on: {event: x}, command: x, end:  2020-01-01 00:00}}\n"))

    assert expected == "\n".join(map(full, found))
