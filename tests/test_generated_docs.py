"""The generated pages are what the declarations say, and what stands beside them is true."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import generate
from generators import cli, commands, man, markdown, reference
from generators.examples import EXAMPLES
from schedkit.cli import failure, fastpath
from schedkit.cli.declaration import VERBS
from schedkit.loader.schema import schema

ROOT = Path(__file__).parents[1]
# What is set for programs that sched starts, not by whoever starts sched.
_OF_OUR_OWN = {"SCHED_GATE", "SCHED_PARAMS", "SCHED_RESULT"}
# What others set for reasons of their own: systemd, GitHub, shells and their completion.
_OF_OTHERS = {"WATCHDOG_PID", "WATCHDOG_USEC", "GITHUB_WORKSPACE", "TERM", "HOME", "SHELL"}
_OF_SPECIFIERS = {"XDG_RUNTIME_DIR"}  # of units that are imported
_OF_COMPLETION = {"COMP_WORDS", "COMP_CWORD"}


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_page_is_what_is_generated(name: str) -> None:
    pytest.importorskip("holidays")
    pytest.importorskip("exchange_calendars")

    written = (ROOT / "docs" / name).read_text("utf-8")

    assert written == generate.PAGES[name](), "run: python docs/generate.py"


def test_every_word_has_a_section_of_its_own() -> None:
    page = (ROOT / "docs" / "reference.md").read_text("utf-8")
    words = {word for one in reference.VOCABULARIES.values() for word in one.words}

    sections = re.findall(r"^### (\w+)$", page, re.MULTILINE)

    assert words <= set(sections)
    assert len(sections) == len(set(sections))


def test_every_key_of_a_file_is_there() -> None:
    assert set(schema()["properties"]) == set(reference.OF_FILE)


def test_every_verb_has_examples() -> None:
    assert list(VERBS) == [verb for verb in VERBS if EXAMPLES.get(verb)]


def _of_sched(command: str) -> str:
    """Return the part of a command line of a shell that calls sched."""
    parts = re.split(r"[|>;]", command)
    return next(part for part in parts if part.strip().startswith("sched"))


@pytest.mark.parametrize("verb", VERBS)
def test_every_example_is_a_command_line_that_sched_takes(verb: str) -> None:
    for example in EXAMPLES[verb]:
        _, *arguments = shlex.split(_of_sched(example.command))

        call = fastpath.parse(arguments)

        assert call is not None, example
        assert call.verb == verb


def test_every_exit_code_is_there() -> None:
    known = {value for name, value in vars(failure).items() if name.isupper()}

    assert {0, *known, 130} == set(commands.EXIT_CODES)


def test_every_variable_that_is_asked_for_is_there() -> None:
    source = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "src" / "schedkit").rglob("*.py")
        if "keeper" not in path.parts
    )

    asked = set(re.findall(r"environ(?:\.get\(|\.pop\(|\[)\s*\"(\w+)\"", source))

    others = _OF_OUR_OWN | _OF_OTHERS | _OF_COMPLETION | _OF_SPECIFIERS
    assert {name for name in asked - others if name[0] != "_"} == set(commands.ENVIRONMENT)


def test_every_variable_of_a_job_is_there() -> None:
    source = (ROOT / "src" / "schedkit" / "launch.py").read_text("utf-8")

    set_there = set(re.findall(r'"(SCHED_(?:JOB|RUN_ID|FIRE_TIME|ATTEMPT|TRIGGER|\w+))":', source))

    assert set_there - _OF_OUR_OWN == set(commands.OF_A_JOB)


@pytest.mark.parametrize(
    ("modules", "variables"),
    [
        (("reactions.py", "listening.py"), commands.OF_A_CAUSE),
        (("notifier/command.py",), commands.OF_A_NOTIFIER),
    ],
)
def test_every_variable_of_a_cause_or_a_notifier_is_there(
    modules: tuple[str, ...], variables: dict[str, str]
) -> None:
    sources = [(ROOT / "src" / "schedkit" / name).read_text("utf-8") for name in modules]

    set_there = {name for source in sources for name in re.findall(r'"(SCHED_\w+)"', source)}

    assert set_there == set(variables)


def test_a_heading_has_the_anchor_that_a_site_gives_it() -> None:
    headings = ["sched next", "What it runs, and how", "A `key` of [a job](#a-job)", "market_open"]

    anchors = [markdown.anchor(heading) for heading in headings]

    assert ["sched-next", "what-it-runs-and-how", "a-key-of-a-job", "market_open"] == anchors


def test_a_table_keeps_a_pipe_within_its_cell() -> None:
    expected = "| a | |\n|---|---|\n| `x\\|y` | two lines |".replace("|---|---|", "| --- | --- |")

    assert expected == markdown.table(("a", ""), [("`x|y`", "two\nlines")])


def test_the_manual_page_names_every_verb_and_option() -> None:
    page = man.page()

    missing = [
        given.written
        for verb in commands.verbs()
        for given in (*verb.arguments, *verb.options)
        if rf"\fB{man.escaped(given.written)}\fR" not in page
    ]

    assert [] == missing


def test_both_pages_have_the_same_verbs() -> None:
    on_page = re.findall(r"^## sched (\S+)$", cli.page(), re.MULTILINE)
    in_manual = re.findall(r"^\.SS (\S+)$", man.page().replace("\\-", "-"), re.MULTILINE)

    assert list(VERBS) == on_page == in_manual


def test_roff_takes_no_offence_at_the_manual_page() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")

    checked = subprocess.run(
        ["groff", "-man", "-ww", "-z", ROOT / "docs" / "man" / "sched.1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "", "") == (checked.returncode, checked.stdout, checked.stderr)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with the wheel in it."""
    pytest.importorskip("hatchling")
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    venv.create(place / "venv")
    # Never without --python: pip would take the package out of the environment of the tests.
    pip = [sys.executable, "-m", "pip", "--python", str(place / "venv/bin/python"), "install"]
    options = ["--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, *options, str(wheel)], check=True, capture_output=True)
    return place / "venv"


@pytest.mark.system
def test_a_wheel_brings_the_manual_page(installed: Path) -> None:
    page = installed / "share" / "man" / "man1" / "sched.1"

    assert (ROOT / "docs" / "man" / "sched.1").read_bytes() == page.read_bytes()


@pytest.mark.system
def test_man_finds_the_page_of_an_environment(installed: Path) -> None:
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    path = f"{installed / 'bin'}:{os.environ['PATH']}"

    found = subprocess.run(
        ["man", "-w", "sched"], env={"PATH": path}, capture_output=True, text=True, check=False
    )

    assert f"{installed / 'share' / 'man' / 'man1' / 'sched.1'}\n" == found.stdout
