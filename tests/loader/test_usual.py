"""What is taken straight from the parser, against what is taken from nodes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files import VALID
from schedkit.loader import usual
from schedkit.loader.document import TOLD, Document
from schedkit.report import InvalidFileError

USUAL = VALID.replace("&mornings", "").replace("<<: *mornings", "enabled: no")
PIECES = [
    *"[]{}:-?*&!|>'\"%@`#,<~\t\n ", "&x ", "*x", "<<: *x\n", "!!str ", "null", '""', "? ", "- ",
    "...", "---\n", "jobs:\n", "params: {a: 1, b: 'true', c: [~, 0x1f, on]}", "clock:\n", "é",
    "9" * 4301,
]  # fmt: skip
positions = st.integers(0, len(USUAL))
changes = st.lists(st.tuples(positions, st.integers(0, 12), st.sampled_from(PIECES)), max_size=3)


def said(document: Document) -> Any:
    """Return all that is known of a document without a look at a place."""
    plain = document.plain()
    jobs = plain.get("jobs") if isinstance(plain, dict) else None
    if not isinstance(jobs, dict):
        return plain, document.diagnostics
    lines = {name: document.lines("jobs", name) for name in jobs}
    typed = {
        name: document.typed("jobs", name, "params")
        for name, keys in jobs.items()
        if isinstance(keys, dict) and "params" in keys
    }
    return plain, lines, repr(typed), document.diagnostics


def check(text: str) -> None:
    known = usual.read(text, TOLD)
    if known is None:
        return
    expected = said(Document("x", text))

    actual = said(Document("x", text, known))

    assert expected == actual


@pytest.mark.parametrize(
    "text",
    [
        USUAL,
        "jobs:\n",
        "jobs: {a: , b: [c], d: x}",
        "jobs:\n  a:\n    clock: [x,\n  y]\n    params: {n: 1.5, t: 'x', l: [yes, {k: ~}]}\n",
        "a: |\n  text\nb: >-\n  more\n  text\n'c': \"d\"\n",
    ],
)
def test_what_is_usual_is_what_nodes_say(text: str) -> None:
    assert usual.read(text, TOLD) is not None

    check(text)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(changes)
def test_what_is_taken_for_usual_is_what_nodes_say(made: list[tuple[int, int, str]]) -> None:
    text = USUAL
    for position, length, piece in made:
        text = text[:position] + piece + text[position + length :]

    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "- a\n", "a", "a: &b c\n", "a: &b {}\n", "x: &b c\na: *b\n", "<<: {}\n", "a: <<\n",
        "a: !!str b\n", "a: ! b\n", "a: !!map {}\n", "!!str a: b\n", "~: a\n", "[a]: b\n", "? {}\n",
        "a: b\na: c\n", "a: {b: c, b: d}\n", "a: b\n---\na: b\n", f"a: {'9' * 4301}\n",
        f"a: {'[' * 51}{']' * 51}\n", "a: [\n", "a: \x07\n", "a: 'b\n", "jobs: {a: {b: c, b: d}}\n",
        "jobs: {a: {}, a: {}}\n", "jobs: {&x a: {}}\n", "jobs: !!map {}\n", "jobs: {a: !!map {}}\n",
    ],
)  # fmt: skip
def test_what_is_unusual_is_left_to_nodes(text: str) -> None:
    assert usual.read(text, TOLD) is None


def test_what_is_no_yaml_is_told_with_its_place() -> None:
    with pytest.raises(InvalidFileError):
        Document("x", "a: [", usual.read("a: [", TOLD))
