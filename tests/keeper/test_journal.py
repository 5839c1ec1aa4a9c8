"""The lines that a keeper writes, as the runner reads them."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit.keeper import journal


def test_a_line_is_its_words() -> None:
    assert journal.line("S", "1.2", 3, 4) == b"S 1.2 3 4\n"


@given(st.binary())
def test_any_text_is_one_word_and_comes_back(text: bytes) -> None:
    word = journal.quoted(text)

    assert word.split() == [word]
    assert word.isascii()
    assert journal.unquoted(word) == text


@pytest.mark.parametrize("name", ["", " ", "a b\nc", "ü", "\udcff"])
def test_any_name_of_a_file_is_one_word(name: str) -> None:
    assert os.fsdecode(journal.unquoted(journal.quoted(os.fsencode(name)))) == name


def test_times_go_on_while_the_machine_sleeps() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    assert before <= journal.boottime() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)
