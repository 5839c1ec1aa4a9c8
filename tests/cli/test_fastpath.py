"""Two readers of one command line: they say the same, and the fast one is fast."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from files import Sched
from schedkit.cli import fastpath
from schedkit.cli.app import build
from schedkit.cli.fastpath import Call

LINES = [
    "next",
    "next backup",
    "next backup report -n 3",
    "next -n 3 backup --json report",
    "next --number=3",
    "next --from 2026-11-21T00:00Z --until '2026-11-22 00:00+01:00'",
    "next --json --json",
    "next ''",
    "next -",
    "next -n 3 -n 4",
    "-c a.yaml next",
    "-c a.yaml --config b.yaml --state /var/x --color never -q next --json",
    "--config=a.yaml --color=always -v list",
    "-q -v list",
    "explain backup",
    "explain backup '2026-11-20 02:30' --json",
    "explain --json 7k3j88",
    "history",
    "history backup --state failed,missed -n 5 --since 2026-11-21T00:00Z --json",
    "history a b --until 2026-11-21T00:00Z -n 5",
    "events",
    "events 'lead.*' file -n 5 --since 2026-11-21T00:00Z --until 2026-11-22T00:00Z --all --json",
    "list",
    "list 'a*' b",
    "list --json",
    "show backup",
    "show --json backup",
    "validate",
    "validate a.yaml d --strict --format concise",
    "validate --format=json",
    "run",
    "run backup",
    "run --for 10s --only a --only b --dry-run --log-format json",
    "status --check --json",
    "logs",
    "logs -f",
    "logs backup",
    "logs 7k3m2q -f -n 20 --attempt 2",
    "trigger backup --wait",
    "trigger --param A=1 --param B=x=y backup --follow --force",
    "emit lead.opted_in",
    "emit lead.opted_in email=a@b.c lead.id=7 --key 7 --json '{\"n\": 1}' -q",
    "emit --from -",
    "at 2099-01-01T00:00Z backup",
    "at --param A=1 2099-01-01T00:00Z --force backup --param B=x=y",
    "in 1h30m backup",
    "in --force 2d backup --param A=1",
    "backfill backup --from 2026-11-21T00:00Z --to 2026-11-22T00:00Z",
    "backfill --to 2026-11-22T00:00Z a --from 2026-11-21T00:00Z --parallel 4 --dry-run --json",
    "backfill a --from 2026-11-21T00:00Z --to 2026-11-22T00:00Z --yes --force --wait",
    "cancel backup --signal int",
    "pause a b --until 2099-01-01T00:00Z --reason 'no disk'",
    "pause --all",
    "resume a",
    "resume --all",
    "reload",
    "reload --dry-run --json",
    "plan",
    "plan new.yaml --days 30 --json",
    "plan -",
    "audit",
    "audit -n 5 --since 2026-11-21T00:00Z --until 2026-11-22T00:00Z --json",
    "prune --keep-last 5",
    "prune a b --keep 30d --keep-last 5 --dry-run --yes --json",
    "schema",
    "init",
    "init a.yaml --force",
    "init --from-crontab",
    "import crontab",
    "import crontab - a --system",
    "import systemd /etc/systemd/system a.timer",
    "import k8s cron.yaml -",
    "export crontab",
    "export crontab a b --system",
    "export systemd a --into units",
    "export k8s a b --image busybox",
]
LEFT = [
    "", "-h", "--help", "next -h", "next --help", "-V", "--version", "--version list", "frob",
    "next --frob", "nex", "next -n", "next -n x", "next -n 0", "next -n3", "next -njson",
    "next -n=3",
    "next --numb 3", "next --json=yes", "-qv list", "next -- -n", "--", "-- next",
    "validate --format x",
    "validate --format", "schema extra", "--color red list", "history --state bad", "--state",
    "explain", "explain a today b",
    "next --from soon", "history --state ''", "events -n 0",
    "run --for 5", "-c", "trigger", "logs a b", "trigger a b",
    "show", "show a b", "plan a.yaml b.yaml", "plan --days 0", "plan --days 4000", "reload a",
    "import", "import cron", "export", "export cron", "init --from",
    "export k8s --image", "export systemd --into",
    "trigger a --param x", "trigger a --param SCHED_X=1", "cancel a --signal frob",
    "emit run.failed", "emit x y", "emit x --json 1", "emit --from",
    "at", "at 14:30", "at soon a", "at 14:30 a b", "in", "in 90m", "in 90 a", "in -1h a",
    "backfill a", "backfill a --from now", "backfill a --from now --to now --parallel 0",
    "prune --keep 30", "prune --keep-last 0",
    "audit a", "audit -n 0",
]  # fmt: skip


def by_typer(arguments: list[str]) -> Call | None:
    """Return what typer reads; None when it refuses or answers by itself."""
    calls: list[Call] = []

    def execute(call: Call) -> int:
        calls.append(call._replace(before=dict(call.before)))
        return 0

    app: Any = build(execute)
    with pytest.raises(SystemExit):
        app(arguments)
    return calls[0] if calls else None


@pytest.mark.parametrize("line", LINES)
def test_both_read_a_command_line_alike(line: str) -> None:
    expected = by_typer(shlex.split(line))
    assert expected is not None

    actual = fastpath.parse(shlex.split(line))

    assert expected == actual


@pytest.mark.parametrize("line", LEFT)
def test_what_is_not_plain_is_left_to_typer(line: str) -> None:
    expected = None

    actual = fastpath.parse(shlex.split(line))

    assert expected == actual


@pytest.mark.parametrize("line", ["next -n3", "-qv list", "next -- -n", "next --from -2h"])
def test_typer_reads_what_is_left_to_it(line: str) -> None:
    expected = line.partition(" -")[0].split()[-1] if not line.startswith("-") else "list"

    call = by_typer(shlex.split(line))
    actual = None if call is None else call.verb

    assert expected == actual


# ---- what a process imports


# What takes longer to import than most verbs to answer, in some way once or another.
HEAVY = {
    "argparse", "asyncio", "click", "copy", "croniter", "dataclasses", "dateutil", "email",
    "filelock", "fnmatch", "importlib.metadata", "inspect", "logging", "pathlib", "pickle",
    "pydantic", "pydantic_core", "rich", "shlex", "signal", "socketserver", "subprocess",
    "tempfile", "threading", "typer", "typing", "urllib.parse", "yaml",
    "schedkit.loader", "schedkit.cli.app", "schedkit.calendars.reading", "schedkit.commands",
    "schedkit.parts", "schedkit.planner", "schedkit.retry", "schedkit.clocks.rrule",
}  # fmt: skip
# What only those import that need it: to write JSON, to look ahead, to look back, to ask a runner.
JSON = {"json", "re"}
AHEAD = {"schedkit.job", "schedkit.schedule", "schedkit.vocabulary", "_pickle"}
BACK = {"sqlite3", "schedkit.store"}
ASK = {"socket", "schedkit.control"}


@pytest.mark.parametrize(
    ("line", "heavy"),
    [
        ("next", HEAVY | JSON | ASK),
        ("next a -n 3", HEAVY | JSON | ASK),
        ("next --json", HEAVY | ASK),
        ("history", HEAVY | JSON | AHEAD | ASK),
        ("history a --state queued -n 5", HEAVY | JSON | AHEAD | ASK),
        ("history --json", HEAVY | AHEAD | ASK),
        ("events", HEAVY | AHEAD | ASK),
        ("events a -n 5 --json", HEAVY | AHEAD | ASK),
        ("list", HEAVY | ASK),
        ("list a", (HEAVY | ASK) - {"fnmatch"}),
        ("status", HEAVY - {"shlex"}),  # which writes what to type where no runner is up
        ("status --check", HEAVY - {"shlex"}),
    ],
)
def test_a_verb_that_answers_often_imports_nothing_heavy(
    sched: Sched, line: str, heavy: set[str]
) -> None:
    """The file has been compiled by the first call: reading it takes what is heavy."""
    sched.write("jobs: {a: {command: x, clock: daily at 02:30, timezone: Europe/Berlin}}\n")
    sched("trigger", "a")
    sched("emit", "a")
    expected: set[str] = set()

    actual = sched.imports(*shlex.split(line)) & heavy

    assert expected == actual


def test_a_line_that_is_completed_imports_less_than_any_verb(sched: Sched) -> None:
    asked = {"_SCHED_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    sched(**asked, _TYPER_COMPLETE_ARGS="sched ")
    expected: set[str] = set()

    actual = sched.imports(**asked, _TYPER_COMPLETE_ARGS="sched ") & (
        HEAVY | JSON | AHEAD | BACK | ASK
    )

    assert expected == actual


def test_only_the_words_that_a_file_has_are_imported(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h, filters: [weekday]}}\n")
    sched("list")
    expected = {"clock", "every", "filter", "weekdays"}

    found = sched.imports("next")
    actual = {
        name.rpartition(".")[2]
        for name in found
        if name.startswith(("schedkit.clocks.", "schedkit.filters.", "schedkit.adjustments."))
    }

    assert expected == actual
