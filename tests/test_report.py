"""What is wrong with a file, as programs read it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit.report import Diagnostic, concise, github, shown

_COMMAND = re.compile(r"::(?P<name>[a-z]+) (?P<properties>[^\r\n]*?)::(?P<message>[^\r\n]*)")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """
    Read a workflow command as GitHub's runner does.

    It splits properties at commas and equals signs, then undoes the escapes.
    """
    match = _COMMAND.fullmatch(line)
    assert match is not None, line
    properties = dict(one.split("=", 1) for one in match["properties"].split(","))
    named = {name: unquote(value) for name, value in properties.items()}
    return match["name"], named, unquote(match["message"])


@given(file=st.text(min_size=1), message=st.text(), hint=st.none() | st.text(min_size=1))
def test_whatever_is_in_a_message_github_reads_it_back(
    file: str, message: str, hint: str | None
) -> None:
    diagnostic = Diagnostic("error", file, 3, 5, 4, message, hint, "")
    properties = {"file": file, "line": "3", "col": "5", "endColumn": "9", "title": "sched"}
    expected = ("error", properties, f"{message} ({hint})" if hint else message)

    actual = parsed(github(diagnostic))

    assert expected == actual


def test_a_file_as_such_has_no_line() -> None:
    expected = "::error file=a%2Cb%3A1%25.yaml,title=sched::cannot be read: 100%25"

    actual = github(Diagnostic.of_file("a,b:1%.yaml", "cannot be read: 100%"))

    assert expected == actual


def test_one_line_stays_one_line() -> None:
    diagnostic = Diagnostic("warning", "a\nb.yaml", 3, 5, 4, "no\x1b[2J\n", "so\r", "")
    expected = "a\\nb.yaml:3:5: warning: no\\x1b[2J\\n (so\\r)"

    actual = concise(diagnostic)

    assert expected == actual


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("{here}/a.yaml", "a.yaml"),
        ("a.yaml", "a.yaml"),
        ("{here}/d/a.yaml", "d/a.yaml"),
        ("{here}/..a.yaml", "..a.yaml"),
        ("{here}/../a.yaml", "{above}/a.yaml"),
        ("../a.yaml", "{above}/a.yaml"),
        ("{above}/a.yaml", "{above}/a.yaml"),
    ],
)
def test_a_file_is_shown_by_one_name_however_it_was_named(
    file: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    actual = shown(file.format(here=here, above=tmp_path))

    assert expected.format(here=here, above=tmp_path) == actual
