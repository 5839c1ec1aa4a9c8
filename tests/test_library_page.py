"""The examples of docs/library.md, section by section in one namespace."""

from __future__ import annotations

import doctest
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schedkit import Schedule

PAGE = (Path(__file__).parents[1] / "docs" / "library.md").read_text("utf-8")
_CODE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _failures(section: str, namespace: dict[str, Any]) -> list[str]:
    """Return the reports of the examples of *section* that answer something else."""
    code, title = "\n".join(_CODE.findall(section)), section.partition("\n")[0]
    examples = doctest.DocTestParser().get_doctest(code, namespace, title, None, None)
    reports: list[str] = []
    doctest.DocTestRunner().run(examples, out=reports.append, clear_globs=False)
    namespace.update(examples.globs)
    return reports


def test_every_example_answers_what_the_page_says() -> None:
    sections = PAGE.split("\n## ")
    namespace: dict[str, Any] = {}

    failures = [
        failure
        for section in sections
        if not section.startswith("Public holidays")
        for failure in _failures(section, namespace)
    ]

    assert len(sections) > 4
    assert [] == failures


def test_the_examples_with_public_holidays_do_too() -> None:
    pytest.importorskip("holidays")
    (section,) = (part for part in PAGE.split("\n## ") if part.startswith("Public holidays"))
    namespace: dict[str, Any] = {"UTC": UTC, "datetime": datetime, "Schedule": Schedule}

    assert [] == _failures(section, namespace)
