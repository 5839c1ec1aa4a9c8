"""The pages lead somewhere, say what a terminal shows, and use one word for each thing."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

import generate
from generators import answers
from generators.markdown import anchor
from schedkit.cli import fastpath
from schedkit.cli.declaration import VERBS

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *DOCS, ROOT / "benchmarks" / "README.md"]
_FENCED = re.compile(r"^```(\S*).*?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
# What style.md calls otherwise, and how; in prose alone.
_TERMS = {"task": "job", "execution": "run", "worker": "runner"}


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return _FENCED.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """Return where links to within a page may lead."""
    return {anchor(heading) for heading in _HEADING.findall(prose(page))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:", link):
            continue
        path, _, place = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (place and place not in anchors(target)):
            broken.append(link)

    assert [] == broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_two_headings_of_a_page_have_one_anchor(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        pytest.skip("each version has the same headings")
    headings = [anchor(heading) for heading in _HEADING.findall(prose(page))]

    assert sorted(set(headings)) == sorted(headings)


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")

    missing = [page.name for page in DOCS if f"({page.name})" not in index]

    assert ["README.md"] == missing


@pytest.mark.system
@pytest.mark.timeout(300)  # the commands of a page, one after the other, some in real time
@pytest.mark.parametrize("page", generate.typed(), ids=lambda page: page.name)
def test_every_answer_is_what_a_terminal_shows(page: Path) -> None:
    if not answers.can_be_asked():
        pytest.skip("libfaketime is not installed")
    if os.geteuid() != 0:
        pytest.skip("the answers are those that root gets: they say who did what")
    pytest.importorskip("holidays")
    pytest.importorskip("exchange_calendars")

    wrong = [
        f"$ {one.command}\n{one.stated}--- is:\n{one.shown}"
        for one in answers.asked(page.read_text("utf-8"))
        if not one.holds
    ]

    assert [] == wrong, "\n".join(["run: python docs/generate.py", *wrong])


def calls(page: Path) -> list[str]:
    """Return what a page has people type to a shell that begins with sched."""
    blocks = [text for kind, text in _FENCED.findall(page.read_text("utf-8")) if kind == "sh"]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    inline = re.findall(r"(?<!`)`(sched [^`\n]+)`(?!`)", prose(page))
    typed = [line.strip() for line in lines if line.startswith("sched ")] + inline
    return [call for call in typed if not re.match("sched --(install|show)-completion", call)]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_call_is_one_that_sched_takes(page: Path) -> None:
    whole = [call for call in calls(page) if "..." not in call and "\\" not in call]
    plain = [re.split(r" #|[|>;&]", call)[0] for call in whole]

    wrong = [call for call in plain if not _is_taken(call)]

    assert [] == wrong


def _is_taken(call: str) -> bool:
    """Return whether sched takes a call; a verb alone stands for any use of it."""
    _, *words = shlex.split(call)
    return words in ([verb] for verb in VERBS) or fastpath.parse(words) is not None


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_one_thing_has_one_word(page: Path) -> None:
    plain = re.sub(r"`[^`]*`", "", prose(page))

    found = [word for word in _TERMS if re.search(rf"\b{word}s?\b", plain, re.IGNORECASE)]

    assert [] == found


def test_an_answer_may_leave_lines_out() -> None:
    page = "```console\n$ printf 'a\\nb\\nc\\n'\na\n...\nc\n$ echo one\ntwo\n```\n"
    if not answers.can_be_asked():
        pytest.skip("libfaketime is not installed")

    held = [one.holds for one in answers.asked(page)]

    assert [True, False] == held
    assert page.replace("two", "one") == answers.answered(page)


def test_in_real_time_ids_and_times_may_differ() -> None:
    page = (
        "```console live\n$ echo 12:30:01 run=6fkyh6 took=3ms\n09:00:00 run=7aaaa1 took=1.2s\n```\n"
    )

    (one,) = answers.asked(page)

    assert one.holds
    assert "12:30:01 run=6fkyh6 took=3ms\n" == one.shown
