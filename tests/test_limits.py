"""Sizes and masks, and what they are refused for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit import ConfigError
from schedkit.errors import Problem
from schedkit.limits import Account, Size, Umask, account, size, size_text, umask, umask_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 B", 1),
        ("10 MB", 10 * 1000**2),
        ("10MB", 10 * 1000**2),
        ("10mb", 10 * 1000**2),
        ("1KB", 1000),
        ("1 GB", 1000**3),
        ("1 TB", 1000**4),
        ("512MiB", 512 * 1024**2),
        ("512 mib", 512 * 1024**2),
        ("1KiB", 1024),
        (" 2G ", 2 * 1024**3),
        ("64k", 64 * 1024),
        ("1T", 1024**4),
    ],
)
def test_a_size_is_a_number_with_a_unit(text: str, expected: int) -> None:
    assert expected == size(text)


UNIT = "write a number with a unit: 10 MB, 512 MiB, 2G"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("10", "a size needs a unit: '10' has none", "did you mean 10 MB?"),
        ("MB", "'MB' is not a size", UNIT),
        ("1.5 GB", "'1.5 GB' is not a size", UNIT),
        ("-1 MB", "'-1 MB' is not a size", UNIT),
        ("10 MiBB", "'10 MiBB' is not a size", UNIT),
        ("10 PB", "'10 PB' is not a size", UNIT),
        ("٣ MB", "'٣ MB' is not a size", UNIT),
        ("", "'' is not a size", UNIT),
        ("0 MB", "'0 MB' is nothing at all", "a size is at least 1 B"),
        ("99999999 TB", "'99999999 TB' is more than any machine has", None),
        (f"{'9' * 5000} MB", f"'{'9' * 5000} MB' is not a size", UNIT),
    ],
)
def test_what_is_no_size_is_refused(text: str, message: str, hint: str | None) -> None:
    expected = (Problem(message, hint),)

    with pytest.raises(ConfigError) as caught:
        size(text)
    actual = caught.value.problems

    assert expected == actual


@pytest.mark.parametrize(
    ("number", "expected"),
    [(10_000_000, "10 MB"), (2**29, "512 MiB"), (2**31, "2 GiB"), (1001, "1001 B"), (1000, "1 KB")],
)
def test_a_size_is_written_in_the_largest_unit_that_divides_it(number: int, expected: str) -> None:
    assert expected == size_text(number)


@given(st.integers(1, 2**63 - 1) | st.builds(pow, st.sampled_from([1000, 1024]), st.integers(0, 4)))
def test_a_size_written_reads_back_as_the_same(expected: int) -> None:
    assert expected == size(size_text(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("027", 0o27), ("27", 0o27), ("0o27", 0o27), ("0027", 0o27), ("777", 0o777), ("0", 0)],
)
def test_a_umask_is_octal_digits(text: str, expected: int) -> None:
    assert expected == umask(text)


@pytest.mark.parametrize("text", ["028", "1000", "7777", "-27", "rwx", "", "0x17", "٣"])
def test_what_is_no_umask_is_refused(text: str) -> None:
    expected = (Problem(f"{text!r} is no umask", "write octal digits from 000 to 777: 027"),)

    with pytest.raises(ConfigError) as caught:
        umask(text)
    actual = caught.value.problems

    assert expected == actual


@given(st.integers(0, 0o777))
def test_a_umask_written_reads_back_as_the_same(expected: int) -> None:
    assert expected == umask(umask_text(expected))


@pytest.mark.parametrize("text", ["backup", " backup ", "1000", "A\\b c", "b@example.org"])
def test_a_user_is_named_by_name_or_number(text: str) -> None:
    expected = text.strip()

    actual = account(text)

    assert expected == actual


@pytest.mark.parametrize("text", ["", " ", "a\0", "a\nb", "a:b"])
def test_what_no_user_is_named_is_refused(text: str) -> None:
    expected = (Problem(f"{text!r} is no name of a user or group"),)

    with pytest.raises(ConfigError) as caught:
        account(text)
    actual = caught.value.problems

    assert expected == actual


@pytest.mark.parametrize(
    ("annotated", "texts"),
    [
        (Size, ["10 MB", "512MiB", "2g", "1 B", " 5 kib "]),
        (Umask, ["027", "0o27", "0"]),
        (Account, ["a", " 1000 ", "A\\b c"]),
    ],
)
def test_what_is_read_fits_the_pattern_that_an_editor_knows(
    annotated: object, texts: list[str]
) -> None:
    (form,) = annotated.__metadata__  # type: ignore[attr-defined]  # of Annotated

    assert all(re.search(form.pattern, text) for text in texts)
