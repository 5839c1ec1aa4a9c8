"""What every verb has in common: files, states, wrong use, exit codes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest

from files import Answer, Sched, text
from schedkit.cli.declaration import GROUPS

READERS = ("next", "list", "run", "history", "status", "reload")
ONE = "jobs: {a: {command: x, clock: {dates: 2099-01-01 00:00}}}\n"
BROKEN = "jobs:\n  a: {command: x, clock: evry 5m}\n  b: {clock: every 1h}\n"


def names(answer: Answer) -> list[str]:
    """Return the jobs that `list --json` names."""
    return [job["job"] for job in json.loads(answer.stdout)]


# ---- help and wrong use


def test_the_version_is_that_of_the_package(sched: Sched) -> None:
    expected = [Answer(0, "sched 0.1.0\n", "")] * 2

    actual = [sched("-V"), sched("--version")]

    assert expected == actual


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("run", ""),
        ("validate", " [PATH]..."),
        ("next", " [JOB]..."),
        ("history", " [JOB]..."),
        ("list", " [PATTERN]..."),
        ("status", ""),
        ("logs", " [JOB|RUN]"),
        ("explain", " JOB|RUN [WHEN]"),
        ("trigger", " JOB"),
        ("cancel", " RUN|JOB"),
        ("pause", " [JOB]..."),
        ("resume", " [JOB]..."),
        ("reload", ""),
        ("plan", " [PATH]"),
        ("schema", ""),
        ("init", " [PATH]"),
    ],
)
def test_each_verb_has_a_help(sched: Sched, verb: str, arguments: str) -> None:
    """Some versions of typer put what has to be given into braces."""
    expected = (0, f"Usage: python -m schedkit {verb} [OPTIONS]{arguments}", "")

    answer = sched(verb, "-h")
    usage = answer.stdout.strip().splitlines()[0].strip()
    actual = (answer.code, usage.translate({ord("{"): None, ord("}"): None}), answer.stderr)

    assert expected == actual


def test_the_help_names_every_verb_in_its_group_on_one_line(sched: Sched) -> None:
    shown = sched("--help").stdout
    actual = {}
    for group in GROUPS:
        panel = shown.partition(f"─ {group} ─")[2].partition("╰")[0]
        actual[group] = tuple(re.findall(r"^│ (.{12})", panel, re.MULTILINE))

    expected = {group: tuple(f"{verb:<12}" for verb in verbs) for group, verbs in GROUPS.items()}
    assert expected == actual


@pytest.mark.parametrize(
    "line",
    [
        "frob",
        "next --frob",
        "--frob next",
        "schema extra",
        "next -n",
        "next --json=yes",
        "init --x",
        "trigger",
        "trigger a b",
        "trigger a --param x",
        "logs a b",
        "cancel a --signal FROB",
        "pause",
        "pause a --all",
        "pause a --until yesterday",
        "resume",
        "reload a",
    ],
)
def test_what_is_unknown_is_a_wrong_use(sched: Sched, line: str) -> None:
    expected = (2, "")

    answer = sched(*shlex.split(line))
    actual = (answer.code, answer.stdout)

    assert expected == actual


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("list -c a.yaml", "-c stands before the verb: sched -c ... list"),
        ("next a --state=x", "--state stands before the verb: sched --state ... next"),
        ("history --color never", "--color stands before the verb: sched --color ... history"),
        ("history --state failed --frob", None),
        ("list --frob", None),
    ],
)
def test_an_option_of_all_verbs_behind_one_is_said_to_stand_before_it(
    sched: Sched, line: str, hint: str | None
) -> None:
    answer = sched(*line.split())

    assert (2, "") == (answer.code, answer.stdout)
    assert ([f"  = help: {hint}"] if hint else []) == answer.stderr.splitlines()[5:]


def test_run_with_a_job_says_how_to_run_one(sched: Sched) -> None:
    expected = Answer(
        2,
        "",
        "error: 'run' starts the scheduler; to run one job now: sched trigger backup\n",
    )

    actual = sched("run", "backup")

    assert expected == actual


# ---- files


@pytest.mark.parametrize("verb", READERS)
def test_a_broken_file_is_said_whole_by_every_verb(sched: Sched, verb: str) -> None:
    sched.write(BROKEN)
    expected = Answer(
        78,
        "",
        text("""
            schedules.yaml:2:26: error: unknown clock 'evry'
            2 |   a: {command: x, clock: evry 5m}
              |                          ^^^^
              = help: did you mean 'every'?

            schedules.yaml:3:3: error: job 'b': neither 'command' nor 'python' is there
            3 |   b: {clock: every 1h}
              |   ^
              = help: write what is to run, such as: command: ./backup.sh

            2 problems
        """)
        + "\n",
    )

    actual = sched(verb)

    assert expected == actual


@pytest.mark.parametrize("verb", [*READERS, "validate"])
def test_no_file_is_said_with_the_places_looked_at(sched: Sched, verb: str) -> None:
    home = sched.directory / "home"
    expected = Answer(
        78,
        "",
        f"error: no file of schedules: looked for schedules.yaml,"
        f" {home}/.config/sched/schedules.yaml, /etc/sched/schedules.yaml\n"
        "  = help: write one with: sched init\n",
    )

    actual = sched(verb)

    assert expected == actual


def test_a_file_that_is_not_there_is_said(sched: Sched) -> None:
    expected = Answer(
        78,
        "",
        "gone.yaml: error: cannot be read: no such file or directory\n\n1 problem\n",
    )

    actual = sched("-c", "gone.yaml", "next")

    assert expected == actual


def test_the_file_is_looked_for_in_order(sched: Sched) -> None:
    expected = [["config"], ["here"], ["environment"], ["option"], ["option", "environment"]]

    sched.write(ONE.replace("a:", "config:", 1), "home/.config/sched/schedules.yaml")
    answers = [sched("list", "--json")]
    sched.write(ONE.replace("a:", "here:", 1))
    answers.append(sched("list", "--json"))
    sched.write(ONE.replace("a:", "environment:", 1), "e.yaml")
    answers.append(sched("list", "--json", SCHED_CONFIG="e.yaml"))
    sched.write(ONE.replace("a:", "option:", 1), "o.yaml")
    answers.append(sched("-c", "o.yaml", "list", "--json", SCHED_CONFIG="e.yaml"))
    answers.append(sched("-c", "o.yaml", "-c", "e.yaml", "list", "--json"))
    actual = [names(answer) for answer in answers]

    assert expected == actual


def test_a_place_of_configuration_of_ones_own_goes_before_home(sched: Sched) -> None:
    sched.write(ONE, "home/.config/sched/schedules.yaml")
    sched.write(ONE.replace("a:", "own:", 1), "own/sched/schedules.yaml")
    expected = ["own"]

    actual = names(sched("list", "--json", XDG_CONFIG_HOME=str(sched.directory / "own")))

    assert expected == actual


def test_a_directory_of_files_is_one_namespace(sched: Sched) -> None:
    sched.write(ONE, "d/1.yaml")
    sched.write(ONE.replace("a:", "b:", 1), "d/2.yaml")
    expected = ["a", "b"]

    actual = names(sched("-c", "d", "list", "--json"))

    assert expected == actual


# ---- pipes


def shell(sched: Sched, line: str) -> Answer:
    """Run a line of a shell in which $SCHED is the command."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=sched.directory,
        env=sched.environment | {"SCHED": f"{shlex.quote(sys.executable)} -m schedkit"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "verb", ["next -n 20000", "next -n 20000 --json", "validate --format json"]
)
def test_a_pipe_that_is_closed_is_no_error(sched: Sched, verb: str) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1s}}\n")
    expected = (0, 1, "")

    answer = shell(sched, f"$SCHED {verb} | head -1; exit ${{PIPESTATUS[0]}}")
    actual = (answer.code, len(answer.stdout.splitlines()), answer.stderr)

    assert expected == actual


def test_a_pipe_that_is_closed_from_the_start_is_no_error(sched: Sched) -> None:
    sched.write(ONE)
    expected = Answer(0, "", "")

    actual = shell(sched, "$SCHED list > >(exec true); exit $?")

    assert expected == actual


@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_an_answer_that_cannot_be_written_is_no_bug_of_ours(sched: Sched, where: str) -> None:
    sched.write(ONE)
    expected = (False, "error: ")

    answer = shell(sched, f"$SCHED list {where}")
    actual = (answer.code == 0, answer.stderr[: len("error: ")])

    assert expected == actual


# ---- colour


def test_a_pipe_has_no_colour_though_it_is_forced(sched: Sched) -> None:
    """An answer for programs is the same for all of them."""
    sched.write(ONE.replace("command", "enabled: false, command"))
    expected = sched("list")

    actual = [sched("--color", "always", "list"), sched("list", FORCE_COLOR="1")]

    assert [expected, expected] == actual
