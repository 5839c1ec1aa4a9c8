"""The one place where YAML says of what type a value is: 1.2, core schema."""

from __future__ import annotations

import math
from typing import Any

import pytest

from files import diagnostics, job


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("NO", "NO"), ("y", "y"),
        ("true", True), ("True", True), ("TRUE", True), ("tRUE", "tRUE"), ("false", False),
        ("null", None), ("~", None), ("", None), ("Null", None), ("none", "none"),
        ("5", 5), ("-3", -3), ("+5", 5), ("0755", 755), ("0o17", 15), ("0x1F", 31),
        ("1_000", "1_000"), ("12:30", "12:30"), ("-0x1F", "-0x1F"), ("0b1", "0b1"), ("٣", "٣"),
        ("1e3", 1000.0), ("1.10", 1.1), (".5", 0.5), ("1.", 1.0), ("-1.5E-2", -0.015),
        (".inf", math.inf), ("-.Inf", -math.inf), ("1.2.3", "1.2.3"), ("inf", "inf"), (".", "."),
        ("2026-01-01", "2026-01-01"), ("2026-01-01 09:00", "2026-01-01 09:00"),
        ("'5'", "5"), ('"true"', "true"), ("'~'", "~"), ("''", ""),
        ("[1, no, [true]]", [1, "no", [True]]), ("{a: {b: 1}}", {"a": {"b": 1}}), ("[]", []),
    ],
)  # fmt: skip
def test_a_param_is_typed_by_yaml_1_2(written: str, expected: Any) -> None:
    actual = job(f"python: m:f\nparams: {{a: {written} }}").params

    assert ({"a": expected}, type(expected)) == (actual, type(actual["a"]))


def test_not_a_number_is_a_number() -> None:
    expected = "nan"

    actual = str(job("python: m:f\nparams: {a: .nan}").params["a"])

    assert expected == actual


def test_a_block_is_a_text() -> None:
    expected = {"a": "5\n", "b": "true"}

    actual = job("python: m:f\nparams:\n  a: |\n    5\n  b: >-\n    true").params

    assert expected == actual


def test_the_names_of_params_are_texts() -> None:
    expected = {"1": 1, "true": 2, "0755": 3}

    actual = job("python: m:f\nparams: {1: 1, true: 2, 0755: 3}").params

    assert expected == actual


def test_a_number_too_long_to_read_is_refused() -> None:
    """Python reads 4300 digits, by default, and raises ValueError for more."""
    expected = 1

    digits = "9" * 5000
    actual = len(
        diagnostics(f"jobs: {{a: {{python: m:f, clock: every 1h, params: {{a: {digits}}}}}}}")
    )

    assert expected == actual
