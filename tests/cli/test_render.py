"""Answers as people and programs read them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from files import text
from schedkit.cli.render import (
    Cell,
    countdown,
    moment,
    painted,
    past,
    write_json,
    write_table,
)
from schedkit.texts import safe

BERLIN = ZoneInfo("Europe/Berlin")
Rows = Sequence[Sequence[Cell | str]]


class Screen(io.StringIO):
    """A terminal that remembers what it showed."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def forty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the width of the terminal."""
    monkeypatch.setenv("COLUMNS", "40")


def on_screen(columns: Sequence[str], rows: Rows, *, colour: bool = False) -> str:
    """Return what a terminal shows of a table."""
    screen = Screen()
    with redirect_stdout(screen):
        write_table(columns, rows, colour=colour)
    return screen.getvalue()


# ---- tables


def test_a_table_in_a_pipe_has_tabs_and_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    wide = "x" * 500
    expected = f"A\tB\n2026\t{wide}\n\\t\\n\\x1b[31m\t\n"

    write_table(["A", "B"], [[Cell("2026", "shown"), wide], ["\t\n\x1b[31m", ""]], colour=True)
    actual = capsys.readouterr().out

    assert expected == actual


def test_a_table_without_rows_is_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    expected = "A\tB\n"

    write_table(["A", "B"], [], colour=False)
    actual = capsys.readouterr().out

    assert expected == actual


def test_columns_are_aligned_on_a_terminal() -> None:
    expected = text("""
        JOB     STATE   NOTE
        backup  failed  exit code 1
        日本    ok
        é       ok      x
    """)

    rows: Rows = [
        ["backup", Cell("1", "failed"), "exit code 1"],
        ["日本", "ok", ""],
        ["é", "ok", "x"],
    ]
    actual = on_screen(["JOB", "STATE", "NOTE"], rows)

    assert f"{expected}\n" == actual


def test_colour_does_not_count_as_width() -> None:
    expected = (
        "\x1b[1mJOB     STATE\x1b[0m\n"
        "\x1b[1mbackup\x1b[0m  \x1b[31mfailed\x1b[0m\n"
        "\x1b[1ma\x1b[0m       ok\n"
    )

    rows: Rows = [
        [Cell("backup", colour="bold"), Cell("failed", colour="red")],
        [Cell("a", colour="bold"), "ok"],
    ]
    actual = on_screen(["JOB", "STATE"], rows, colour=True)

    assert expected == actual


@pytest.mark.parametrize(
    "rows",
    [
        [["backup", "x" * 100]],
        [["x" * 100, "exit code 1"]],
        [["x" * 100, "y" * 100]],
        [["日" * 50, "本" * 50]],
    ],
)
def test_no_line_is_wider_than_the_terminal(rows: Rows) -> None:
    expected = 40

    lines = on_screen(["A", "B"], rows).splitlines()
    actual = max(sum(2 if c in "日本" else 1 for c in line) for line in lines)

    assert actual <= expected


def test_what_is_cut_ends_with_an_ellipsis() -> None:
    expected = f"A       B\nbackup  {'x' * 31}…\n"

    actual = on_screen(["A", "B"], [["backup", "x" * 100]])

    assert expected == actual


def test_a_control_character_on_a_terminal_is_made_visible() -> None:
    expected = "A            B\n\\x1b[2J\\r\\n  x\n"

    actual = on_screen(["A", "B"], [["\x1b[2J\r\n", "x"]])

    assert expected == actual


def test_json_is_indented_and_keeps_what_is_not_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    expected = '[\n  {\n    "a": "é\\u001b",\n    "b": null\n  }\n]\n'

    write_json([{"a": "é\x1b", "b": None}])
    actual = capsys.readouterr().out

    assert expected == actual


def test_json_holds_no_character_that_a_terminal_acts_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = ["é", "\x1b[2J", "\x9b2J", "\u202e"]

    write_json(answer)

    shown = capsys.readouterr().out
    assert answer == json.loads(shown)
    assert shown.replace("\n", "").isprintable()


# ---- texts


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain text", "plain text"),
        ("é 日 😀", "é 日 😀"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\x9b", "\\x9b"),
        ("é\n", "é\\n"),
        ("", ""),
    ],
)
def test_what_would_move_the_cursor_is_made_visible(raw: str, expected: str) -> None:
    actual = safe(raw)

    assert expected == actual


@pytest.mark.parametrize(
    ("colour", "wanted", "expected"),
    [("red", True, "\x1b[31mx\x1b[0m"), ("red", False, "x"), (None, True, "x")],
)
def test_a_text_is_painted_when_that_is_wanted(
    colour: str | None,
    wanted: bool,  # a case
    expected: str,
) -> None:
    actual = painted("x", colour, wanted=wanted)

    assert expected == actual


# ---- times


def test_a_time_to_come_has_its_day_and_zone() -> None:
    expected = Cell("2026-11-21T14:30:00+01:00", "Sat 2026-11-21 14:30:00 CET")

    actual = moment(datetime(2026, 11, 21, 14, 30, tzinfo=BERLIN))

    assert expected == actual


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-11-21 14:30", "today 14:30:00"),
        ("2026-11-21 23:59", "today 23:59:00"),
        ("2026-11-20 00:00", "yesterday 00:00:00"),
        ("2026-11-22 00:00", "tomorrow 00:00:00"),
        ("2026-11-19 23:59", "2026-11-19 23:59:00"),
    ],
)
def test_a_time_that_is_over_is_said_by_its_day(time: str, expected: str) -> None:
    """The day is that of the job's zone: it is past midnight there, and not yet in London."""
    now = datetime(2026, 11, 20, 23, 30, tzinfo=ZoneInfo("Europe/London"))

    actual = past(datetime.fromisoformat(time).replace(tzinfo=BERLIN), now).shown

    assert expected == actual


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(seconds=12.4), "12s"),
        (timedelta(seconds=59.6), "1min"),
        (timedelta(minutes=9, seconds=59), "9min"),
        (timedelta(hours=5), "5h"),
        (timedelta(hours=5, minutes=10), "5h 10min"),
        (timedelta(days=2, hours=1, minutes=59), "2d 1h"),
        (timedelta(days=3), "3d"),
        (timedelta(days=23, hours=5), "23d"),
        (timedelta(0), "0s"),
    ],
)
def test_a_countdown_has_two_units_at_most(length: timedelta, expected: str) -> None:
    actual = countdown(length)

    assert expected == actual


def test_a_countdown_to_what_is_over_says_so() -> None:
    """`sched next --from 2020-01-01` is not in 0 seconds."""
    expected = "-"

    actual = countdown(timedelta(days=-300))

    assert expected == actual
