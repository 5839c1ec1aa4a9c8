"""What the documents say is true of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from schedkit import loader
from schedkit.clocks import CLOCKS
from schedkit.loader import checks

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SNIPPETS = [
    pytest.param(snippet, id=f"{document.name}-{number}")
    for document in DOCUMENTS
    for number, snippet in enumerate(
        re.findall(
            r"^```yaml(?: \S+\.yaml)?\n(.*?)^```",
            document.read_text("utf-8"),
            re.DOTALL | re.MULTILINE,
        )
    )
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_yaml_snippet_loads(snippet: str, tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text(snippet, encoding="utf-8")

    config = loader.load([path])

    assert config.jobs


def test_the_example_has_fourteen_jobs() -> None:
    config = loader.load([ROOT / "schedules.example.yaml"])

    assert 14 == len(config.jobs)


def test_the_example_warns_of_nothing_but_the_programs_that_it_makes_up() -> None:
    config = loader.load([ROOT / "schedules.example.yaml"])

    found = checks.check(config)

    assert ["the program './settle' is not found"] == [one.message for one in found]


def test_the_starter_file_is_valid() -> None:
    starter = ROOT / "src" / "schedkit" / "cli" / "starter.yaml"

    config = loader.load([starter])

    assert ["hello", "nightly"] == [job.name for job in config.jobs]


def test_the_language_page_names_every_clock() -> None:
    page = (ROOT / "docs" / "language.md").read_text("utf-8")

    missing = [word for word in CLOCKS.words if not re.search(rf"`{word}\b", page)]

    assert [] == missing


def test_the_readme_begins_with_the_two_set_up_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    blocks = re.findall(r"^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)

    assert [1, 1] == [len(block.splitlines()) for block in blocks]


def test_the_architecture_names_every_layer() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    modules = [name.strip() for layer in layers for name in re.split(r"[:|]", layer)]

    missing = [name for name in modules if not re.search(rf"\b{name}\b", page)]

    assert (missing, len(modules) > 40) == ([], True)


def test_no_file_of_the_package_is_much_over_400_lines() -> None:
    counts = {
        path.name: len(path.read_text("utf-8").splitlines())
        for path in (ROOT / "src").rglob("*.py")
    }

    long = {name: count for name, count in counts.items() if count > 420}

    assert {} == long
