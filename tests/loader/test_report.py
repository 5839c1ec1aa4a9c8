"""How a problem is said: to a person, in a line, to GitHub, to a program."""

from __future__ import annotations

from files import diagnostics, text
from schedkit.loader import Diagnostic
from schedkit.report import InvalidFileError, as_json, concise, full, github

ERROR = Diagnostic(
    severity="error",
    file="schedules.yaml",
    line=8,
    column=5,
    length=7,
    message="unknown key 'timzone' in job 'backup'",
    hint="did you mean 'timezone'?",
    text="    timzone: Europe/Paris",
)
WARNING = Diagnostic("warning", "a,b:c.yaml", 12, 2, 1, "100% odd, is: x", None, "\tx: 1")
OF_FILE = Diagnostic.of_file("d", "has no file *.yaml in it", "write one")


def test_a_problem_of_a_file_is_data() -> None:
    expected = [ERROR]

    actual = diagnostics("""\
        jobs:

          backup:
            command: x
            clock: every 1h


            timzone: Europe/Paris
    """)

    assert expected == actual


def test_a_problem_has_its_line_a_caret_and_a_way_out() -> None:
    expected = text("""
        schedules.yaml:8:5: error: unknown key 'timzone' in job 'backup'
        8 |     timzone: Europe/Paris
          |     ^^^^^^^
          = help: did you mean 'timezone'?
    """)

    actual = full(ERROR)

    assert expected == actual


def test_a_tab_does_not_move_the_caret() -> None:
    expected = "a,b:c.yaml:12:2: warning: 100% odd, is: x\n12 |  x: 1\n   |  ^"

    actual = full(WARNING)

    assert expected == actual


def test_a_wide_character_does_not_move_the_caret() -> None:
    """A terminal shows 日 in two cells; the caret has to begin after both."""
    expected = "f:1:3: error: m\n1 | 日: x\n  |    ^"

    actual = full(Diagnostic("error", "f", 1, 3, 1, "m", None, "日: x"))

    assert expected == actual


def test_a_line_that_would_move_the_cursor_is_shown_harmless() -> None:
    """Whoever may write a file must not be able to rewrite what an administrator sees of it."""
    expected = "f:1:1: error: m\n1 | a\\u202eb\n  | ^"

    actual = full(Diagnostic("error", "f", 1, 1, 1, "m", None, "a\u202eb"))

    assert expected == actual


def test_a_problem_of_a_file_as_such_has_no_line() -> None:
    expected = "d: error: has no file *.yaml in it\n  = help: write one"

    actual = full(OF_FILE)

    assert expected == actual


def test_concise_is_one_line() -> None:
    expected = [
        (
            "schedules.yaml:8:5: error: unknown key 'timzone' in job 'backup'"
            " (did you mean 'timezone'?)"
        ),
        "a,b:c.yaml:12:2: warning: 100% odd, is: x",
        "d: error: has no file *.yaml in it (write one)",
    ]

    actual = [concise(ERROR), concise(WARNING), concise(OF_FILE)]

    assert expected == actual


def test_github_is_a_workflow_command() -> None:
    expected = [
        (
            "::error file=schedules.yaml,line=8,col=5,endColumn=12,title=sched::"
            "unknown key 'timzone' in job 'backup' (did you mean 'timezone'?)"
        ),
        "::warning file=a%2Cb%3Ac.yaml,line=12,col=2,endColumn=3,title=sched::100%25 odd, is: x",
        "::error file=d,title=sched::has no file *.yaml in it (write one)",
    ]

    actual = [github(ERROR), github(WARNING), github(OF_FILE)]

    assert expected == actual


def test_json_has_every_part_by_name() -> None:
    expected = [
        {
            "severity": "error",
            "file": "schedules.yaml",
            "line": 8,
            "column": 5,
            "length": 7,
            "message": "unknown key 'timzone' in job 'backup'",
            "hint": "did you mean 'timezone'?",
            "text": "    timzone: Europe/Paris",
        }
    ]

    actual = as_json([ERROR])

    assert expected == actual


def test_problems_are_in_the_order_of_file_line_and_column() -> None:
    expected = [WARNING, OF_FILE, ERROR]

    actual = InvalidFileError([ERROR, OF_FILE, WARNING]).diagnostics

    assert expected == actual


def test_an_invalid_file_says_all_as_an_exception() -> None:
    expected = (
        "d: has no file *.yaml in it (write one); schedules.yaml:8:5:"
        " unknown key 'timzone' in job 'backup' (did you mean 'timezone'?)"
    )

    actual = str(InvalidFileError([ERROR, OF_FILE]))

    assert expected == actual
