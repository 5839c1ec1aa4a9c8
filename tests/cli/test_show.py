"""`sched show`: everything about one job."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched, text
from past import FIRED, Past, write_past
from schedkit.run import Pause, State, Trigger

JOBS = """\
timezone: Europe/Berlin
defaults:
  retry: {max_retries: 4, delay: 5m}
jobs:
  report:
    description: "Send\\tthe \\e[31m report"
    command: ./report --all
    clock: {dates: 2099-01-01 12:00}
    env: {TOKEN: {from_file: token}}
  日本: {command: x, clock: startup, enabled: false}
"""
WRITTEN = """\
description\tSend\\tthe \\x1b[31m report\tschedules.yaml:6
command\t./report --all\tschedules.yaml:7
clock\tdates 2099-01-01 12:00\tschedules.yaml:8
env.TOKEN.from_file\ttoken\tschedules.yaml:9
retry.max_retries\t4\tschedules.yaml:3
retry.delay\t5m\tschedules.yaml:3
timezone\tEurope/Berlin\tschedules.yaml:1
"""
HEADER = "KEY\tVALUE\tPLACE\njob\treport\tschedules.yaml:5\n"
SCHEDULE = "schedule\tdates 2099-01-01 12:00, Europe/Berlin\t\n"
DUE = datetime(2098, 12, 30, 12, tzinfo=UTC)


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of two jobs."""
    sched.write(JOBS)
    sched.write("secret", "token")
    return sched


def timeless(answer: Answer) -> Answer:
    """Return an answer without how long it is from now to the times of its rows `next`."""
    lines = answer.stdout.splitlines()
    kept = [_without_countdown(line) if line.startswith("next\t2") else line for line in lines]
    return answer._replace(stdout="".join(f"{line}\n" for line in kept))


def _without_countdown(line: str) -> str:
    time, _, why = line.split(" ", 2)
    return f"{time} {why}"


def test_all_that_is_written_is_shown_with_its_place(filled: Sched) -> None:
    expected = Answer(
        0,
        f"{HEADER}state\tenabled\t\n{SCHEDULE}health\tnothing has come of it yet\t\n{WRITTEN}"
        "next\t2099-01-01T12:00:00+01:00 dates 2099-01-01 12:00\t\n",
        "",
    )

    actual = timeless(filled("show", "report"))

    assert expected == actual


def test_what_a_history_knows_is_shown(filled: Sched) -> None:
    runs = [
        Past("report", State.SUCCEEDED, duration=timedelta(seconds=9)),
        Past("日本", State.FAILED),
        Past("report", State.FAILED, (b"", b""), duration=timedelta(minutes=2)),
        Past("report", State.SKIPPED),
        Past("report", State.RUNNING),
        Past("report", State.QUEUED, due=DUE, trigger=Trigger.MANUAL, who="alice"),
    ]
    good, _, bad, skipped, running, waiting = write_past(
        filled, runs, [Pause("report", "bob", FIRED, None, "disk\x1b full")]
    )
    day = "2026-03-02T03"
    expected = Answer(
        0,
        f"{HEADER}state\trunning since {day}:34:00+01:00; paused by bob: disk\\x1b full\t\n"
        f"{SCHEDULE}"
        f"health\tfailed {day}:32:00+01:00: no luck; last succeeded {day}:30:00+01:00\t\n"
        f"{WRITTEN}"
        f"running\t{running}, attempt 1, since {day}:34:00+01:00, pid 1\t\n"
        f"waiting\t{waiting}, manual, by alice, for 2098-12-30T13:00:00+01:00\t\n"
        f"last\t{waiting} queued {day}:35:00+01:00 - triggered by alice\t\n"
        f"last\t{running} running {day}:34:00+01:00 TOOK\t\n"
        f"last\t{skipped} skipped {day}:33:00+01:00 - for a reason\t\n"
        f"last\t{bad} failed {day}:32:00+01:00 2m00s no luck\t\n"
        f"last\t{good} succeeded {day}:30:00+01:00 9.0s\t\n"
        f"next\t2098-12-30T13:00:00+01:00 manual, by alice, run {waiting}, paused by bob:"
        " disk\\x1b full\t\n"
        "next\t2099-01-01T12:00:00+01:00 dates 2099-01-01 12:00, paused by bob:"
        " disk\\x1b full\t\n",
        "",
    )

    answer = timeless(filled("show", "report"))
    (took,) = [line for line in answer.stdout.splitlines() if " running 2026" in line]
    actual = answer._replace(stdout=answer.stdout.replace(took.rpartition("+01:00 ")[2], "TOOK\t"))

    assert expected == actual


def test_on_a_terminal_keys_and_places_are_aligned(filled: Sched) -> None:
    (run,) = write_past(filled, [Past("日本", State.FAILED, duration=timedelta(seconds=9))])
    expected = text(f"""
        job                日本           schedules.yaml:10
        state              disabled
        schedule           startup, Europe/Berlin
        health             failed 2026-03-02 03:30:00: no luck; has never succeeded

        command            x              schedules.yaml:10
        clock              startup        schedules.yaml:10
        enabled            false          schedules.yaml:10

        retry.max_retries  4              schedules.yaml:3 (defaults)
        retry.delay        5m             schedules.yaml:3 (defaults)
        timezone           Europe/Berlin  schedules.yaml:1 (file)

        last               {run}  failed  2026-03-02 03:30:00  9.0s  no luck

        next               disabled
    """)

    actual = on_terminal(filled, "show", "日本", NO_COLOR="1")

    assert f"{expected}\n" == actual


def test_on_a_terminal_places_are_dim_and_what_is_wrong_is_coloured(filled: Sched) -> None:
    filled.write("jobs: {a: {command: x, clock: startup}}\n")
    write_past(filled, [Past("a", State.FAILED)])
    place = "\x1b[2mschedules.yaml:1\x1b[0m"
    expected = [
        f"job       \x1b[1ma\x1b[0m        {place}",
        "state     enabled",
        "schedule  startup, UTC",
        "health    \x1b[31mfailed 2026-03-02 02:30:00: no luck; has never succeeded\x1b[0m",
        "",
        f"command   x        {place}",
        f"clock     startup  {place}",
    ]

    actual = on_terminal(filled, "show", "a").splitlines()[: len(expected)]

    assert expected == actual


def test_a_long_value_is_not_cut_and_moves_no_place_but_its_own(sched: Sched) -> None:
    name, description = "n" * 200, "d" * 3000
    sched.write(f"jobs: {{{name}: {{command: x, clock: startup, description: {description}}}}}\n")
    place = "schedules.yaml:1"
    expected = [
        f"description  {description}  {place}",
        f"command      x{' ' * 59}  {place}",
    ]

    lines = on_terminal(sched, "show", name, NO_COLOR="1").splitlines()
    actual = sorted((line for line in lines if line[:4] in ("desc", "comm")), reverse=True)

    assert expected == actual


def test_a_long_value_leaves_the_places_of_others_on_a_narrow_terminal(sched: Sched) -> None:
    sched.write(f"jobs:\n  a:\n    command: {'x' * 50}\n    clock: startup\n", "schedules/a.yaml")
    expected = [
        f"command   {'x' * 50}  schedules/a.yaml:3",
        f"clock     startup{' ' * 25}  schedules/a.yaml:4",
    ]

    lines = on_terminal(
        sched, "-c", "schedules", "show", "a", NO_COLOR="1", COLUMNS="62"
    ).splitlines()
    actual = [line for line in lines if line[:5] in ("comma", "clock")]

    assert expected == actual


def test_json_is_one_object(filled: Sched) -> None:
    (run,) = write_past(filled, [Past("日本", State.RETRYING, (b"", b""), due=DUE)])
    due = "2098-12-30T13:00:00+01:00"
    expected = {
        "job": "日本",
        "description": "",
        "file": "schedules.yaml",
        "line": 10,
        "enabled": False,
        "state": "disabled",
        "paused": None,
        "schedule": "startup",
        "timezone": "Europe/Berlin",
        "failing": False,
        "health": "nothing has come of it yet",
        "settings": [
            {"key": key, "value": value, "from": origin, "file": "schedules.yaml", "line": line}
            for key, value, origin, line in (
                ("command", "x", "job", 10),
                ("clock", "startup", "job", 10),
                ("enabled", "false", "job", 10),
                ("retry.max_retries", "4", "defaults", 3),
                ("retry.delay", "5m", "defaults", 3),
                ("timezone", "Europe/Berlin", "file", 1),
            )
        ],
        "running": [],
        "waiting": [{"id": run, "trigger": "schedule", "who": "runner", "attempt": 3, "due": due}],
        "next": [
            {
                "job": "日本",
                "fire_time": due,
                "timezone": "Europe/Berlin",
                "clock": None,
                "moved_from": None,
                "note": "retry 2 of 4",
                "run": run,
            }
        ],
        "note": "disabled",
    }

    actual = json.loads(filled("show", "日本", "--json").stdout)
    runs = actual.pop("runs")

    assert expected == actual
    assert json.loads(filled("history", "日本", "--json").stdout) == runs


def test_of_many_runs_the_last_five_are_shown_and_of_fire_times_the_next_three(
    sched: Sched,
) -> None:
    sched.write("jobs: {a: {command: x, clock: daily at 02:30}}\n")
    ids = write_past(sched, [Past("a", State.SUCCEEDED)] * 7)

    shown = json.loads(sched("show", "a", "--json").stdout)

    assert (ids[:1:-1], 3) == ([run["id"] for run in shown["runs"]], len(shown["next"]))


def test_what_a_secret_is_is_never_shown(filled: Sched) -> None:
    answers = [filled("show", "report"), filled("show", "report", "--json")]

    assert [0, 0] == ["".join(answer).count("secret") for answer in map(str, answers)]


@pytest.mark.parametrize(
    ("name", "stderr"),
    [
        ("reprot", "error: no job is named 'reprot'\n  = help: did you mean 'report'?\n"),
        ("zzz", "error: no job is named 'zzz'\n  = help: see them: sched list\n"),
    ],
)
def test_an_unknown_job_is_named_with_the_nearest(filled: Sched, name: str, stderr: str) -> None:
    expected = Answer(4, "", stderr)

    actual = filled("show", name)

    assert expected == actual


def test_a_broken_file_is_said_where_it_is_broken(sched: Sched) -> None:
    sched.write("jobs: {a: {comand: x, clock: startup}}\n")
    expected = text("""
        schedules.yaml:1:12: error: unknown key 'comand' in job 'a'
        1 | jobs: {a: {comand: x, clock: startup}}
          |            ^^^^^^
          = help: did you mean 'command'?

        1 problem
    """)

    actual = sched("show", "a")

    assert Answer(78, "", f"{expected}\n") == actual


def test_without_a_file_there_is_nothing_to_show(sched: Sched) -> None:
    answer = sched("show", "a")

    assert (78, "") == (answer.code, answer.stdout)
    assert answer.stderr.startswith("error: no file of schedules: looked for schedules.yaml, ")


@pytest.mark.parametrize("arguments", [(), ("report", "日本"), ("report", "--frob")])
def test_what_cannot_be_meant_is_a_wrong_use(filled: Sched, arguments: tuple[str, ...]) -> None:
    answer = filled("show", *arguments)

    assert (2, "") == (answer.code, answer.stdout)


@pytest.mark.parametrize(
    "arguments", [("show", "report"), ("list",), ("next", "-n", "2")], ids=lambda words: words[0]
)
def test_a_history_that_is_being_written_is_read_all_the_same(
    filled: Sched, arguments: tuple[str, ...]
) -> None:
    """A runner that writes keeps nobody from reading what was written before."""
    past = [Past("report", State.SUCCEEDED), Past("report", State.QUEUED, due=DUE)]
    write_past(filled, past, [Pause("report", "bob", FIRED)])
    before = filled(*arguments, "--json")
    with closing(sqlite3.connect(filled.directory / ".sched/history.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM pauses")

        during = filled(*arguments, "--json")

    assert before == during
