"""What Tab offers: by what is printed for each shell, and at the prompt of real ones."""

from __future__ import annotations

import inspect
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files import Sched
from past import Past, write_past
from prompting import SHELLS, Prompt
from schedkit.cli import shells
from schedkit.cli.declaration import VERBS, parameters, verb_function
from schedkit.cli.shells import Answer, Line
from schedkit.run import State

JOBS = r"""
jobs:
  backup: {command: x, clock: every 1h, description: Dump the shop}
  report: {command: x, clock: every 1h, enabled: false}
  my job: {command: x, clock: every 1h, description: "A job: with blanks"}
  "a:b": {command: x, clock: every 1h}
  it's $HOME: {command: x, clock: every 1h}
  back\slash: {command: x, clock: every 1h}
  double  blank: {command: x, clock: every 1h}
  "star*": {command: x, clock: every 1h}
  bücher: {command: x, clock: every 1h}
"""
TWO = "jobs: {a: {command: x, clock: every 1h}, b: {command: x, clock: every 1h}}\n"
HEAVY = {"typer", "click", "pydantic", "yaml", "croniter", "rich", "sqlite3", "inspect",
         "schedkit.cli.declaration", "schedkit.cli.verbs.trigger"}  # fmt: skip


def asked(sched: Sched, line: str, **environment: str) -> list[str]:
    """Return what fish is told, the plainest of them, of a line up to the cursor."""
    done = sched(
        _SCHED_COMPLETE="complete_fish",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS=line,
        **environment,
    )
    assert (0, "") == (done.code, done.stderr)
    return done.stdout.splitlines()


def texts(sched: Sched, line: str, **environment: str) -> list[str]:
    """Return likewise what is offered, without what is said of it."""
    return [one.partition("\t")[0] for one in asked(sched, line, **environment)]


def takes_files(sched: Sched, line: str) -> bool:
    """Return whether fish is told to offer files."""
    done = sched(
        _SCHED_COMPLETE="complete_fish",
        _TYPER_COMPLETE_FISH_ACTION="is-args",
        _TYPER_COMPLETE_ARGS=line,
    )
    assert ("", "") == (done.stdout, done.stderr)
    return bool(done.code)


@dataclass(frozen=True)
class Quick(Sched):
    """The command in a directory of its own, with a cache that the others of its kind have too."""

    shared: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        places = {"XDG_CACHE_HOME": str(self.shared), "HOME": str(self.shared)}
        return super().environment | places


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def sched(tmp_path: Path, shared: Path) -> Sched:
    """Return the command, in an empty directory."""
    return Quick(tmp_path, shared)


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of jobs with names of all sorts."""
    sched.write(JOBS)
    return sched


# ---- verbs and options


def test_every_verb_is_offered_with_what_it_does(sched: Sched) -> None:
    expected = [
        f"{verb}\t{_summary(verb)}"
        for verb in VERBS
    ]  # fmt: skip

    actual = asked(sched, "sched ")

    assert expected == actual


def _summary(verb: str) -> str:
    documented = inspect.getdoc(verb_function(verb)) or ""
    return documented.partition("\n\n")[0].replace("\n", " ")


def test_what_may_stand_before_a_verb_is_offered(sched: Sched) -> None:
    expected = [
        "-c", "--config", "--state", "--color", "-q", "--quiet", "-v", "--verbose", "-V",
        "--version", "--install-completion", "--show-completion", "-h", "--help",
    ]  # fmt: skip

    actual = texts(sched, "sched -")

    assert expected == actual


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_offered_with_its_help(sched: Sched, verb: str) -> None:
    expected = [
        f"{name}\t{one.how.help}"
        for one in parameters(verb_function(verb))
        for name in getattr(one.how, "names", ())
    ]

    actual = asked(sched, f"sched {verb} -")

    assert [
        *expected,
        "-h\tShow this message and exit.",
        "--help\tShow this message and exit.",
    ] == (actual)


def test_an_option_that_is_given_is_not_offered_again_unless_it_may_be(sched: Sched) -> None:
    expected = {"-c", "--config", "--color"}

    actual = set(texts(sched, "sched -c a.yaml --state x -"))

    assert expected <= actual
    assert not {"--state"} & actual


def test_a_verb_that_takes_no_word_has_its_options_offered(sched: Sched) -> None:
    expected = ["--dry-run", "--json", "-h", "--help"]

    actual = texts(sched, "sched reload ")

    assert expected == actual


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sched --color ", ["auto", "always", "never"]),
        ("sched --color=al", ["--color=auto", "--color=always", "--color=never"]),
        ("sched next --from ", ["now", "today", "yesterday", "tomorrow"]),
        ("sched validate --format ", ["full", "concise", "json", "github"]),
        ("sched cancel a --signal T", ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "KILL"]),
        ("sched history --state failed,missed,q", [f"failed,missed,{state}" for state in State
                                                   if state not in ("failed", "missed")]),
        ("sched next -n ", []),
        ("sched --color=red list ", []),
        ("sched nonsense ", []),
        ("sched next --nonsense=", []),
        ("sched next --json=", []),
    ],
)  # fmt: skip
def test_the_values_of_an_option_are_offered(sched: Sched, line: str, expected: list[str]) -> None:
    actual = texts(sched, line)

    assert expected == actual


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sched -c ", True),
        ("sched --config=", True),
        ("sched --state ", True),
        ("sched validate ", True),
        ("sched init ", True),
        ("sched trigger ", False),
        ("sched ", False),
        ("sched next -n ", False),
    ],
)
def test_files_are_offered_where_they_belong(sched: Sched, line: str, expected: bool) -> None:
    actual = takes_files(sched, line)

    assert expected == actual


# ---- jobs


def test_jobs_are_offered_with_what_they_are_for(filled: Sched) -> None:
    expected = [
        "backup\tDump the shop", "report\tdisabled", "my job\tA job: with blanks", "a:b",
        "it's $HOME", "back\\slash", "double  blank", "star*", "bücher",
    ]  # fmt: skip

    actual = asked(filled, "sched trigger ")

    assert expected == actual


@pytest.mark.parametrize("verb", ["next", "list", "history", "pause", "resume", "logs", "explain"])
def test_every_verb_that_takes_a_job_offers_them(sched: Sched, verb: str) -> None:
    sched.write(TWO)
    expected = ["a", "b"]

    actual = texts(sched, f"sched {verb} ")

    assert expected == actual


def test_a_job_that_is_given_is_not_offered_again(sched: Sched) -> None:
    sched.write(TWO)
    expected = [["b"], []]

    actual = [texts(sched, "sched pause a "), texts(sched, "sched trigger a --force --wait x")]

    assert expected == actual


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sched -c other.yaml trigger ", ["other"]),
        ("sched --config=other.yaml trigger ", ["other"]),
        ("sched -c ~/mine.yaml trigger ", ["mine"]),
        ("sched -c $HOME/mine.yaml trigger ", ["mine"]),
        ("sched -c 'with blank.yaml' trigger ", ["blank"]),
        (r"sched -c with\ blank.yaml trigger ", ["blank"]),
        ("sched -c other.yaml -c 'with blank.yaml' trigger ", ["other", "blank"]),
        ("sched -c nowhere.yaml trigger ", []),
        ("sched --state x -q trigger ", ["a", "b"]),
        ("sched trigger -- ", ["a", "b"]),
    ],
)
def test_jobs_are_those_of_the_files_in_effect(
    sched: Sched, line: str, expected: list[str]
) -> None:
    sched.write(TWO)
    for name, job in (
        ("other.yaml", "other"),
        ("home/mine.yaml", "mine"),
        ("with blank.yaml", "blank"),
    ):
        sched.write(f"jobs: {{{job}: {{command: x, clock: every 1h}}}}\n", name)

    actual = texts(sched, line, HOME=str(sched.directory / "home"))

    assert expected == actual


def test_the_file_that_the_environment_names_is_in_effect(sched: Sched) -> None:
    sched.write(TWO)
    sched.write("jobs: {other: {command: x, clock: every 1h}}\n", "other.yaml")
    expected = ["other"]

    actual = texts(sched, "sched trigger ", SCHED_CONFIG="other.yaml")

    assert expected == actual


def test_a_file_that_has_changed_is_read_again(sched: Sched) -> None:
    sched.write(TWO)
    assert ["a", "b"] == texts(sched, "sched trigger ")
    sched.write("jobs: {new: {command: x, clock: every 1h}}\n")
    expected = ["new"]

    actual = texts(sched, "sched trigger ")

    assert expected == actual


def test_a_file_that_is_broken_has_the_jobs_that_it_had(sched: Sched) -> None:
    sched.write(TWO)
    sched("list")
    sched.write("jobs: {a: {comand: x}}\n")
    expected = ["a", "b"]

    actual = texts(sched, "sched trigger ")

    assert expected == actual


@pytest.mark.parametrize("written", [None, "jobs: {a: {comand: x}}\n", "jobs: [\n", "\0"])
def test_where_no_job_is_known_nothing_is_said(sched: Sched, written: str | None) -> None:
    if written is not None:
        sched.write(written)
    expected: list[str] = []

    actual = texts(sched, "sched trigger ")

    assert expected == actual


# ---- runs


def test_runs_are_offered_the_newest_first(sched: Sched) -> None:
    sched.write(TWO)
    first, second = write_past(sched, [Past("a", State.FAILED), Past("b", State.SUCCEEDED)])
    expected = [
        "a",
        "b",
        f"{second}\tb succeeded Mon 2026-03-02 02:31:00",
        f"{first}\ta failed Mon 2026-03-02 02:30:00",
    ]

    actual = asked(sched, "sched logs ")

    assert expected == actual


def test_no_more_than_twenty_runs_are_offered(sched: Sched) -> None:
    sched.write(TWO)
    runs = write_past(sched, [Past("a", State.SUCCEEDED)] * 25)
    expected = ["a", "b", *runs[:4:-1]]

    actual = texts(sched, "sched logs ")

    assert expected == actual


def test_what_is_over_is_not_offered_to_be_cancelled(sched: Sched) -> None:
    sched.write(TWO)
    past = [Past("a", State.QUEUED), Past("b", State.SUCCEEDED), Past("a", State.RUNNING)]
    waits, _, runs = write_past(sched, past)
    expected = ["a", runs, waits]

    actual = texts(sched, "sched cancel ")

    assert expected == actual


def test_runs_are_those_of_the_state_directory_that_is_named(sched: Sched) -> None:
    sched.write(TWO)
    write_past(sched, [Past("a", State.FAILED)])
    (sched.directory / ".sched").rename(sched.directory / "else where")
    expected = [2, 3]

    actual = [
        len(texts(sched, line)) for line in ("sched logs ", "sched --state 'else where' logs ")
    ]

    assert expected == actual


def test_a_history_that_cannot_be_read_is_none(sched: Sched) -> None:
    sched.write(TWO)
    sched.write("this is no database", ".sched/history.db")
    expected = ["a", "b"]

    actual = texts(sched, "sched logs ")

    assert expected == actual


# ---- events


WAITING = """
jobs:
  build: {command: x, clock: every 1h}
  ship: {command: x, after: build}
  a: {command: x, on: {event: [lead.opted_in, lead.*]}}
  b: {command: x, on: [{absent: heartbeat, for: 15m}, {all: [lead.opted_in, paid]}]}
  c: {command: x, on: {any: [{event: paid, match: {sum: "*"}}, {event: free}]}}
  d: {command: x, on: {path: /srv/in/*}}
  e: {command: x, on: {event: never}, enabled: false}
"""


def test_events_are_offered_with_the_jobs_that_wait_for_them(sched: Sched) -> None:
    sched.write(WAITING)
    expected = [
        "lead.opted_in\tfor a, b", "heartbeat\tfor b", "paid\tfor b, c", "free\tfor c",
    ]  # fmt: skip

    actual = asked(sched, "sched emit ")

    assert expected == actual
    assert [] == texts(sched, "sched emit paid ")


def test_of_a_broken_file_no_event_is_offered(sched: Sched) -> None:
    sched.write("jobs: [")

    assert [] == texts(sched, "sched emit ")


# ---- shells


def of_bash(sched: Sched, *pieces: str) -> str:
    """Return what bash is told of a line that it has made pieces of, the last at the cursor."""
    done = sched(
        _SCHED_COMPLETE="complete_bash",
        COMP_WORDS="\n".join(pieces),
        COMP_CWORD=str(len(pieces) - 1),
    )
    assert (0, "") == (done.code, done.stderr)
    return done.stdout


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("sched", "trigger", "b"), "backup\nback\\\\slash\nbücher\n"),
        (("sched", "trigger", "my\\ "), "my\\ job\n"),
        (("sched", "trigger", '"my j'), "my job\n"),
        (("sched", "trigger", "'my"), "my job\n"),
        (("sched", "trigger", "it"), "it\\'s\\ \\$HOME\n"),
        (("sched", "trigger", '"it'), "it's \\$HOME\n"),
        (("sched", "trigger", "'it"), "it'\\''s $HOME\n"),
        (("sched", "trigger", "a", ":"), "b\n"),
        (("sched", "trigger", "a", ":", "b"), "b\n"),
        (("sched", "trigger", "a:"), "a:b\n"),
        (("sched", "trigger", "dou"), "double\\ \\ blank\n"),
        (("sched", "--color", "=", "a"), "auto\nalways\n"),
        (("sched", "--color", "="), "auto\nalways\nnever\n"),
        (
            ("sched", "--config", "=", "schedules.yaml", "trigger", "back"),
            "backup\nback\\\\slash\n",
        ),
        (("sched", "-c", ""), ""),
    ],
)
def test_bash_is_told_words_as_they_stand_in_a_command_line(
    filled: Sched, pieces: tuple[str, ...], expected: str
) -> None:
    actual = of_bash(filled, *pieces)

    assert expected == actual


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sched -c ", "_files\n"),
        ("sched --state ", "_files -/\n"),
        ("sched --config=", "compset -P '*='; _files\n"),
        ("sched next -n ", ("_message -r $'How\\x20many\\x3b\\x2010\\x2c\\x20or\\x20all\\x20up"
         "\\x20to\\x20--until.'\n")),
        ("sched --color=", ("compset -P '*='; local -a offers; offers=($'auto' $'always' $'never');"
         " _describe -V sched offers\n")),
        ("sched trigger ", ("local -a offers; offers=($'a\\x5c\\x3ab\\x3aA\\x20\\x24\\x28date"
         "\\x29'); _describe -V sched offers\n")),
        ("sched nonsense ", ""),
    ],
)  # fmt: skip
def test_zsh_is_told_code(sched: Sched, line: str, expected: str) -> None:
    """All that somebody wrote is in quotes: zsh runs it."""
    sched.write('jobs: {"a:b": {command: x, clock: every 1h, description: A $(date)}}\n')

    done = sched(_SCHED_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line)

    assert (0, expected, "") == done


@pytest.mark.parametrize(
    "environment",
    [
        {"_SCHED_COMPLETE": "complete_bash", "COMP_WORDS": "sched\ntrigger", "COMP_CWORD": "x"},
        {"_SCHED_COMPLETE": "complete_bash", "COMP_WORDS": "", "COMP_CWORD": "7"},
        {"_SCHED_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": ""},
        {"_SCHED_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "sched '"},
        {"_SCHED_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "sched trigger \\"},
        {"_SCHED_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "\udcff \udcff"},
    ],
)
def test_nothing_is_ever_said_to_somebody_at_a_prompt(
    sched: Sched, environment: dict[str, str]
) -> None:
    done = sched(**environment)

    assert "" == done.stderr


def test_other_shells_are_left_to_typer(sched: Sched) -> None:
    done = sched(
        _SCHED_COMPLETE="complete_powershell",
        _TYPER_COMPLETE_ARGS="sched sta",
        _TYPER_COMPLETE_WORD_TO_COMPLETE="sta",
    )

    assert "" == done.stderr


def test_what_is_declared_is_asked_for_once(sched: Sched) -> None:
    """What is heavy is not imported again: somebody waits."""
    sched.write(TWO)
    texts(sched, "sched trigger ")
    expected: set[str] = set()

    actual = HEAVY & sched.imports(
        _SCHED_COMPLETE="complete_fish",
        _TYPER_COMPLETE_ARGS="sched trigger ",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )

    assert expected == actual


def test_a_cache_that_is_damaged_is_made_again(sched: Sched) -> None:
    cache = sched.directory / "cache"
    expected = texts(sched, "sched ", XDG_CACHE_HOME=str(cache))
    path = cache / "sched" / "completion"
    path.write_bytes(path.read_bytes()[:50])

    actual = [texts(sched, "sched ", XDG_CACHE_HOME=str(cache)) for _ in range(2)]

    assert [expected, expected] == actual


def test_it_is_completed_where_no_cache_can_be_kept(sched: Sched) -> None:
    expected = texts(sched, "sched ")

    actual = texts(sched, "sched ", XDG_CACHE_HOME="/proc/nowhere")

    assert expected == actual


# ---- names of all sorts

names = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from("  '\"\\$`!*?[](){}<>|&;#~:=^%"),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip())
bounded = settings(deadline=None, max_examples=40, derandomize=True)


def evaluated(*command: str) -> list[str]:
    """Return the words that a shell made of code; each ends with a NUL."""
    done = subprocess.run(command, capture_output=True, timeout=30, check=True)
    return done.stdout.decode().split("\0")[:-1]


@bounded
@given(st.lists(names, min_size=1, max_size=20), st.sampled_from(["", "'", '"']))
def test_bash_reads_back_every_name(found: list[str], quote: str) -> None:
    expected = found

    told = shells.written(Line("bash", (), "", quote), Answer([(name, "") for name in found]))
    code = " ".join(f"{quote}{line}{quote}" for line in told.splitlines())
    actual = evaluated("bash", "-c", f"printf '%s\\0' {code}")

    assert expected == actual


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
@bounded
@given(st.lists(st.tuples(names, names | st.just("")), min_size=1, max_size=20))
def test_zsh_reads_back_every_name(found: list[tuple[str, str]]) -> None:
    def escaped(name: str) -> str:
        return name.replace("\\", "\\\\").replace(":", "\\:")

    expected = [
        escaped(name) + (f":{' '.join(about.split())}" if about else "") for name, about in found
    ]

    code = shells.written(Line("zsh", (), ""), Answer(found))
    program = '_describe() { printf "%s\\0" "${offers[@]}" }; f() { eval $(cat) }; f'
    done = subprocess.run(
        ["zsh", "-f", "-c", program],
        input=code.encode(),
        capture_output=True,
        timeout=30,
        check=True,
    )
    actual = done.stdout.decode().split("\0")[:-1]

    assert expected == actual


@bounded
@given(st.lists(names, min_size=1, max_size=5))
def test_a_line_is_read_as_a_shell_reads_it(words: list[str]) -> None:
    quoted = [
        shells.written(Line("bash", (), "", quote), Answer([(word, "")]))
        .rstrip("\n")
        .join([quote] * 2)
        for word, quote in zip(words, ["", "'", '"', "", "'"], strict=False)
    ]
    expected = Line("fish", words, "")

    line = f"sched {' '.join(quoted)} "
    actual = shells.asked({shells.ASKED: "complete_fish", "_TYPER_COMPLETE_ARGS": line})

    assert expected == actual


# ---- at a prompt


@pytest.fixture(scope="module", params=SHELLS)
def prompt(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prompt]:
    """A real shell, beside a file of jobs with names of all sorts."""
    sched = Sched(tmp_path_factory.mktemp(request.param))
    sched.write(JOBS)
    made = Prompt(request.param, sched)
    yield made
    made.close()


@pytest.mark.xdist_group("prompt")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sched tri\tmy\t", ["trigger", "my job"]),
        ("sched trigger a:\t", ["trigger", "a:b"]),
        ("sched trigger a\t", ["trigger", "a:b"]),
        ('sched trigger "my j\t', ["trigger", "my job"]),
        ("sched trigger 'my\t", ["trigger", "my job"]),
        ("sched trigger my\\ \t", ["trigger", "my job"]),
        ("sched trigger it\t", ["trigger", "it's $HOME"]),
        ("sched trigger back\\\\\t", ["trigger", "back\\slash"]),
        ("sched trigger dou\t", ["trigger", "double  blank"]),
        ("sched trigger st\t", ["trigger", "star*"]),
        ("sched trigger bü\t", ["trigger", "bücher"]),
        ("sched --col\talw\tli\tbacku\t", ["--color", "always", "list", "backup"]),
        ("sched --color=alw\tlist", ["--color=always", "list"]),
        ("sched -c sched\tlist backu\t", ["-c", "schedules.yaml", "list", "backup"]),
        ("sched --config=sched\tlist rep\t", ["--config=schedules.yaml", "list", "report"]),
        ("sched history --state failed,mis\t", ["history", "--state", "failed,missed"]),
        ("sched pause backup rep\t", ["pause", "backup", "report"]),
        ("sched next --from tod\t", ["next", "--from", "today"]),
        ("sched reload --dr\t", ["reload", "--dry-run"]),
    ],
)
def test_a_word_is_completed_at_a_prompt(prompt: Prompt, line: str, expected: list[str]) -> None:
    actual = prompt.ran(line)

    assert expected == actual


def test_the_script_for_zsh_is_not_typers(sched: Sched) -> None:
    """A command of zsh itself has that name."""
    expected = shells.ZSH

    done = sched(_SCHED_COMPLETE="source_zsh")

    assert (0, expected, "") == done
    assert "disable sched" in expected
