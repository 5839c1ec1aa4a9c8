"""What an editor shows of a file: by the language server that editors use, with our schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from any_words import CALENDARS, Words
from editor import Editor, Offer, Said, server
from files import VALID
from schedkit.adjustments import ADJUSTMENTS
from schedkit.clocks import CLOCKS
from schedkit.filters import FILTERS
from schedkit.job import Keys
from schedkit.loader.schema import schema

ROOT = Path(__file__).parents[2]
MODELINE = "# yaml-language-server: $schema=schedules.schema.json\n"
STARTER = (ROOT / "src/schedkit/cli/starter.yaml").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SNIPPETS = {
    f"{document.name}-{number}": snippet
    for document in DOCUMENTS
    for number, snippet in enumerate(
        re.findall(r"^```yaml\n(.*?)^```", document.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )
}
JOB = "jobs:\n  a:\n    command: x\n"

pytestmark = [
    pytest.mark.system,
    pytest.mark.xdist_group("language server"),
    pytest.mark.skipif(server() is None, reason="there is no yaml-language-server"),
]


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor in a directory that has the schema, as `sched init` writes it there."""
    directory = tmp_path_factory.mktemp("files")
    text = json.dumps(schema(), indent=2)
    (directory / "schedules.schema.json").write_text(text, encoding="utf-8")
    made = Editor(server() or "", directory)
    yield made
    made.close()


# ---- no false alarm


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(STARTER, id="starter"),
        pytest.param(MODELINE + (ROOT / "schedules.example.yaml").read_text("utf-8"), id="example"),
        pytest.param(MODELINE + VALID, id="valid"),
        *(pytest.param(MODELINE + text, id=name) for name, text in SNIPPETS.items()),
    ],
)
def test_a_file_that_is_right_has_no_squiggle(editor: Editor, written: str) -> None:
    expected: list[Said] = []

    actual = editor.problems(written)

    assert expected == actual


def test_no_word_in_any_of_its_forms_has_a_squiggle(editor: Editor) -> None:
    words = Words("editor")
    jobs = "".join(f"  j{number}: {words.job()}\n" for number in range(300))
    expected: list[Said] = []

    actual = editor.problems(f"{MODELINE}{CALENDARS}jobs:\n{jobs}")

    assert expected == actual


@pytest.mark.parametrize(
    "written",
    [
        "jobs:\n",
        "x-mine: {anything: [1]}\njobs:\n",
        "x-office: &office\n  clock: daily at 07:00\njobs: {a: {<<: *office, command: x}}\n",
        "x-o: &o {clock: daily at 7:00}\nx-p: &p {command: x}\njobs: {a: {<<: [*o, *p]}}\n",
        "defaults: {clock: every 1h}\njobs: {a: {command: x}}\n",
        "defaults: {python: 'm:f'}\njobs: {a: {clock: every 1h}}\n",
        "defaults: {retry: {delay: 5m}}\njobs: {a: {command: x, clock: every 1h, retry: 3}}\n",
        f"{JOB}    clock: {{market_open: XNYS, offset: -5m}}\n",
        f"{JOB}    clock: every 1h\n    umask: 027\n    nice: -5\n    user: 1000\n",
        f"{JOB}    clock: every 1h\n    enabled: no\n    timezone: local\n    timeout: null\n",
        f"{JOB}    clock: every 1h\n    env: {{A: 1, B: no, C: {{from_env: D}}, E: 12:30}}\n",
    ],
)
def test_what_the_loader_takes_has_no_squiggle(editor: Editor, written: str) -> None:
    expected: list[Said] = []

    actual = editor.problems(MODELINE + written)

    assert expected == actual


# ---- one sentence at the right place

CLOCK_WORDS = ", ".join(CLOCKS.words)
WRONG = [
    ("jobz: {}\n", 1, "jobz", "Property jobz is not allowed."),
    ("jobs: [a]\n", 1, "[a]", "jobs: write a mapping"),
    ("jobs:\n  a: x\n", 2, "x", "a job is a mapping: write its keys below its name"),
    (JOB, 2, "a", "a job needs a clock, such as: clock: daily at 02:30"),
    (
        "jobs:\n  a:\n    clock: every 1h\n",
        2,
        "a",
        "a job needs something to run, such as: command: ./backup.sh",
    ),
    (
        f"{JOB}    clock: every 1h\n    python: m:f\n",
        3,
        "x",
        "command and python are both there: keep one",
    ),
    (f"{JOB}    clock: evry 5m\n", 4, "evry 5m", f"unknown clock: known are {CLOCK_WORDS}"),
    (f"{JOB}    clock: {{evry: 5m}}\n", 4, "evry", f"unknown clock: known are {CLOCK_WORDS}"),
    (
        f"{JOB}    clock:\n      - every 5m\n      - evry 5m\n",
        6,
        "evry 5m",
        f"unknown clock: known are {CLOCK_WORDS}",
    ),
    (
        f"{JOB}    clock:\n",
        4,
        "",
        "clock: write a clock such as cron 0 9 * * mon-fri, or a list of them",
    ),
    (f"{JOB}    clock: every 5\n", 4, "every 5", "write it as every 15m"),
    (f"{JOB}    clock: {{every: 5}}\n", 4, "5", "every: write it as 15m"),
    (f"{JOB}    clock: {{every: 5m, anchr: x}}\n", 4, "anchr", "Property anchr is not allowed."),
    (f"{JOB}    clock: daily at 25:00\n", 4, "daily at 25:00", "write it as daily at 02:30"),
    (f"{JOB}    clock: {{daily: '25:00'}}\n", 4, "'25:00'", "daily: write it as 02:30"),
    (f"{JOB}    clock: {{rrule: FREQ=DAILY}}\n", 4, "clock", 'Missing property "dtstart".'),
    (
        f"{JOB}    clock: {{market_open: XNYS, offset: 5}}\n",
        4,
        "5",
        "offset: write it as 5d",
    ),
]
OF_A_JOB = [
    ("comand: x", "comand", "Property comand is not allowed."),
    ("timeout: 5", "5", "timeout: write it as 1h30m"),
    ("timeout: 5 minutes", "5 minutes", "timeout: write it as 1h30m"),
    ("start: 2026-12-24", "2026-12-24", "start: write it as 2026-12-24 18:00"),
    (
        "overlap: wait",
        "wait",
        ('Value is not accepted. Valid values: "skip", "queue_one", "queue_all", "replace",'
        ' "allow".'),
    ),
    ("enabled: maybe", "maybe", "enabled: write true or false"),
    ("priority: 1001", "1001", "Value is above the maximum of 1000."),
    ("nice: much", "much", "nice: write a whole number"),
    ("retry: {dely: 5s}", "dely", "Property dely is not allowed."),
    ("retry: often", "often", "retry: write a mapping or a whole number"),
    ("env: {A: [1]}", "[1]", "env: write a text or a mapping"),
    ("limits: {memory: lots}", "lots", "memory: write it as 10 MB"),
    ("filters: [weekday, not: {on_date: 13-25}]", "13-25", "on_date: write it as 12-25"),
    ("filters: [weekday at noon]", "weekday at noon", "write it as weekday"),
    ("adjustments: add 5x", "add 5x", "write it as add 5d"),
    ("adjustments: 5", "5", "adjustments: write an adjustment such as add 5d, or a list of them"),
    ("never_on: 13-25", "13-25", "write it as 12-25"),
    ("expect: [2026-12-24]", "2026-12-24", "expect: write it as 2026-12-24 18:00"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "line", "at", "message"), WRONG)
def test_what_is_wrong_is_said_once(
    editor: Editor, written: str, line: int, at: str, message: str
) -> None:
    expected = [Said(line + 1, at, message)]

    actual = editor.problems(MODELINE + written)

    assert expected == actual


@pytest.mark.parametrize(("key", "at", "message"), OF_A_JOB)
def test_what_is_wrong_in_a_key_of_a_job_is_said_once(
    editor: Editor, key: str, at: str, message: str
) -> None:
    expected = [Said(6, at, message)]

    actual = editor.problems(f"{MODELINE}{JOB}    clock: every 1h\n    {key}\n")

    assert expected == actual


# ---- completion


def labels(offers: list[Offer]) -> list[str]:
    return [offer.label for offer in offers]


def test_every_key_of_a_file_is_offered(editor: Editor) -> None:
    expected = ["timezone", "defaults", "calendars", "pools", "notify", "runner", "state", "jobs"]

    offers = editor.offers(f"{MODELINE}|\n")

    assert expected == labels(offers)
    assert all(offer.about for offer in offers)


@pytest.mark.parametrize("above", ["jobs:\n  x:\n    ", "defaults:\n  "])
def test_every_key_of_a_job_is_offered(editor: Editor, above: str) -> None:
    expected = [field.name for field in fields(Keys)]

    offers = editor.offers(f"{MODELINE}{above}|\n")

    assert expected == labels(offers)
    assert all(offer.about for offer in offers)


@pytest.mark.parametrize(
    ("key", "inserts"),
    [
        ("command", "command: "),
        ("clock", "clock: "),
        ("timeout", "timeout: ${1:1h30m}"),
        ("enabled", "enabled: ${1:true}"),
        ("retry", "retry:\n  "),
    ],
)
def test_a_key_is_completed_with_what_comes_after_it(
    editor: Editor, key: str, inserts: str
) -> None:
    expected = [inserts]

    offers = editor.offers(f"{MODELINE}jobs:\n  x:\n    |\n")
    actual = [offer.inserts for offer in offers if offer.label == key]

    assert expected == actual


@pytest.mark.parametrize(
    ("key", "vocabulary"),
    [("clock", CLOCKS), ("filters", FILTERS), ("adjustments", ADJUSTMENTS)],
)
@pytest.mark.parametrize("place", [" |", "\n      |", "\n      - |", " [|]"])
def test_every_word_is_offered_with_an_example(
    editor: Editor, key: str, vocabulary: type[object], place: str
) -> None:
    words: list[str] = getattr(vocabulary, "words")  # noqa: B009  # three of different kinds

    offers = editor.offers(f"{MODELINE}{JOB}    {key}:{place}\n")
    told = {re.split(r"[ :]", one.label.lstrip("{"))[0] for one in offers if one.about}

    assert set() == set(words) - told


def test_a_word_is_completed_with_its_value_to_type_over(editor: Editor) -> None:
    expected = Offer("daily at 02:30", "daily ${1:at 02:30}", "Every day, at one time or more.")

    offers = editor.offers(f"{MODELINE}{JOB}    clock: |\n")

    assert expected in offers


@pytest.mark.parametrize("place", ["\n      every: 5m\n      |", "\n      - every: 5m\n        |"])
def test_a_word_that_is_there_leaves_its_settings_alone(editor: Editor, place: str) -> None:
    expected = ["anchor"]

    actual = labels(editor.offers(f"{MODELINE}{JOB}    clock:{place}\n"))

    assert expected == actual


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("overlap", ["skip", "queue_one", "queue_all", "replace", "allow"]),
        ("catchup", ["none", "latest", "all"]),
        ("on_interrupted", ["fail", "rerun"]),
        ("enabled", ["true", "false"]),
    ],
)
def test_the_values_of_a_key_are_offered(editor: Editor, key: str, expected: list[str]) -> None:
    actual = labels(editor.offers(f"{MODELINE}{JOB}    {key}: |\n"))

    assert expected == actual


# ---- hover


def said_of(part: str) -> str:
    """Return what is shown of a word or key, without what the server adds to everything."""
    return re.sub(r"^#### sched\n\n|\n\nSource: .*$", "", part)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("j|obs: {}\n", "The jobs, by name."),
        ("def|aults: {timeout: 5m}\n", "Keys of jobs, merged under those of every job."),
        ("jobs: {x: {com|mand: y}}\n", ("A text, run as a shell would, or a list of a program and"
         " its arguments, without a shell.")),
        ("jobs: {x: {clo|ck: [every 5m]}}\n", ("When it fires: a clock, or a list of clocks, which"
         " is their union.")),
        ("jobs: {x: {clock: eve|ry 5m}}\n", ("When it fires, every: every so long, counted from an"
         " anchor: never from when a process started.")),
        ("jobs: {x: {clock: {ev|ery: 5m}}}\n", ("Every so long, counted from an anchor: never from"
         " when a process started.\n\nHow long from one to the next: 90s, 15m, 6h, 2d, 2w.\n\n"
         "Example:\n\n```yaml\n15m\n```")),
        ("jobs: {x: {clock: {weekly: mon, a|t: '10:00'}}}\n", ("Times of day; midnight unless it is"
         " set (default: 00:00).\n\nExample:\n\n```yaml\n02:30\n```")),
        ("jobs: {x: {filters: [{n|ot: {weekday: }}]}}\n", ("What another filter does not admit."
         "\n\nThe filter to turn around.")),
        ("jobs: {x: {retry: {fac|tor: 3}}}\n", ("What an exponential delay is multiplied with each"
         " time (default: 2.0).")),
        ("jobs: {x: {kill_|grace: 3s}}\n", ("How long after that signal it is killed (default:"
         " 10s).\n\nExample:\n\n```yaml\n1h30m\n```")),
        ("jobs: {x: {catch|up: all}}\n", ("Which of the fire times missed while no runner was up"
         " are run late (default: latest).\n\nAllowed Values:\n\n* `all`: All of them are.\n"
         "* `none`: None of them is.\n* `latest`: The latest of them is.")),
        ("calendars: {x: {cou|ntry: DE}}\n", "Whose public holidays: DE, US."),
    ],
)  # fmt: skip
def test_what_a_key_means_is_shown(editor: Editor, written: str, expected: str) -> None:
    actual = said_of(editor.hover(MODELINE + written).rstrip("\n"))

    assert expected == actual


@pytest.mark.parametrize("key", [field.name for field in fields(Keys)])
def test_every_key_of_a_job_has_something_to_show(editor: Editor, key: str) -> None:
    value = {"command": "y", "clock": "{every: 5m}"}.get(key, "x")

    actual = said_of(editor.hover(f"{MODELINE}jobs:\n  x:\n    |{key}: {value}\n"))

    assert len(actual) > 10
