"""The end of an output, fit to be read anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit.notifier.output import cleaned, end, last, tail


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("10%\r20%\r30%", "30%"),
        ("\x1b[1;31mred\x1b[0m \x1b[?25lx", "red x"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        ("\x1b]0;never ends\nb", "\nb"),
        ("\x1b(Ba\x1bMb\x1bPq...\x1b\\c", "abc"),
        ("\x9b31mred\x9d0;t\x9cx\x85y", "redxy"),
        ("a\0\0b\a\b\x7f", "ab"),
        ("\x1b", ""),
    ],
)
def test_what_moves_a_terminal_goes(text: str, shown: str) -> None:
    assert shown == cleaned(text)


@given(st.text(alphabet=st.one_of(st.sampled_from("\x1b[]\r\n\x9bm;\a"), st.characters())))
def test_no_control_character_stays_but_newline_and_tab(text: str) -> None:
    shown = cleaned(text)

    assert not {c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160} - {"\n", "\t"}
    assert shown.count("\n") == text.count("\n")


@given(st.text(), st.integers(3, 100))
def test_what_is_cut_fits_and_is_the_end(text: str, limit: int) -> None:
    kept = last(text, limit)

    assert len(kept.encode()) <= max(limit, 3)
    assert text == kept or (kept[0] == "…" and text.endswith(kept[1:]))


def test_the_last_twenty_lines_are_the_tail(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("".join(f"line {number}\n" for number in range(100)), encoding="utf-8")

    assert "\n".join(f"line {number}" for number in range(80, 100)) == tail(str(path))


def test_of_long_lines_four_kilobytes_are_the_tail(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("ü" * 100_000, encoding="utf-8")

    found = tail(str(path))

    assert 4_090 < len(found.encode()) <= 4_096
    assert "…" + "ü" * (len(found) - 1) == found


def test_a_character_that_the_cut_goes_through_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("€€€", encoding="utf-8")

    assert ["€", "€", "€€"] == [end(str(path), size) for size in (4, 5, 6)]


def test_what_is_not_utf_8_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"caf\xe9 \xff\n")

    assert tail(str(path)) == "caf\ufffd \ufffd"


@pytest.mark.parametrize("name", ["none", "", "a\0b"])
def test_where_there_is_no_file_there_is_no_tail(tmp_path: Path, name: str) -> None:
    assert tail(f"{tmp_path}/{name}") == ""
