"""`sched audit`: who changed what, and when."""

from __future__ import annotations

import json
import os
import pwd
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from cli.test_terminal import on_terminal
from files import NAME, Answer, Sched, text
from schedkit import loader
from schedkit.run import Change
from schedkit.store import Holder
from schedkit.store.sqlite import SQLiteStore

ME = pwd.getpwuid(os.getuid()).pw_name
BEGAN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HEADER = "TIME\tWHO\tWHAT\tTARGET\tDETAIL\n"
LINES = [
    "2026-03-02T12:06:00+00:00\tbob\ttrigger\tb\t",
    "2026-03-02T12:05:00+00:00\trunner\tload\tthe files\tno job fires otherwise",
    "2026-03-02T12:04:00+00:00\tann\treload\tthe files\t",
    "2026-03-02T12:03:00+00:00\trunner\tload\tthe files\tb is new; a is gone",
    "2026-03-02T12:02:00+00:00\tann\tpause\ta\tno\\x1b[2J disk",
    "2026-03-02T12:00:00+00:00\trunner\tstart\tpid 4711\tsched 1.2; a is new",
]


@pytest.fixture
def past(sched: Sched) -> Sched:
    """Write what a runner and two people did, one thing a minute."""
    (sched.directory / ".sched").mkdir()
    acts: list[Change | tuple[str, str]] = [
        ("start", "a"),
        Change(BEGAN + 2 * MINUTE, "ann", "pause", "a", "no\x1b[2J disk"),
        ("reload", "b"),
        Change(BEGAN + 4 * MINUTE, "ann", "reload", "the files"),
        ("reload", "b"),
        Change(BEGAN + 6 * MINUTE, "bob", "trigger", "b"),
    ]
    with closing(SQLiteStore(sched.directory / ".sched/history.db")) as store:
        store.begin(Holder(4711, "host", "boot", "1.2"), BEGAN)
        for minute, act in zip((0, 2, 3, 4, 5, 6), acts, strict=True):
            if isinstance(act, Change):
                store.note(act)
            else:
                who, job = act
                sched.write(f"jobs: {{{job}: {{command: x, clock: every 1h}}}}\n")
                config = loader.load([sched.directory / NAME])
                store.load(config, who, BEGAN + minute * MINUTE)
    return sched


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ((), 0, 6),
        (("-n", "2"), 0, 2),
        (("-n", "6"), 0, 6),
        (("--since", "2026-03-02T12:03Z"), 0, 4),
        (("--since", "2026-03-02T12:03:00.000001Z"), 0, 3),
        (("--until", "2026-03-02T12:02Z"), 4, 6),
        (("--since", "2026-03-02T12:02Z", "--until", "2026-03-02T12:05Z", "-n", "3"), 1, 4),
        (("--since", "2026-03-02T13:00Z"), 6, 6),
    ],
)
def test_what_was_done_in_a_pipe_the_newest_first(
    past: Sched, words: tuple[str, ...], first: int, last: int
) -> None:
    expected = Answer(0, HEADER + "".join(f"{line}\n" for line in LINES[first:last]), "")

    actual = past("audit", *words)

    assert expected == actual


def test_what_was_done_as_json(past: Sched) -> None:
    keys = ("time", "who", "verb", "target", "detail")
    expected = [dict(zip(keys, line.split("\t"), strict=True)) for line in LINES]
    for row in expected:
        row["detail"] = row["detail"].replace("\\x1b", "\x1b") or None  # type: ignore[assignment]  # none

    actual = json.loads(past("audit", "--json").stdout)

    assert expected == actual


def test_what_was_done_on_a_terminal(past: Sched) -> None:
    expected = text("""
        TIME                 WHO     WHAT     TARGET     DETAIL
        2026-03-02 12:06:00  bob     trigger  b
        2026-03-02 12:05:00  runner  load     the files  no job fires otherwise
        2026-03-02 12:04:00  ann     reload   the files
        2026-03-02 12:03:00  runner  load     the files  b is new; a is gone
        2026-03-02 12:02:00  ann     pause    a          no\\x1b[2J disk
        2026-03-02 12:00:00  runner  start    pid 4711   sched 1.2; a is new
    """)

    actual = on_terminal(past, "audit", NO_COLOR="1")

    assert f"{expected}\n" == actual


def test_of_a_large_load_a_person_sees_the_first_changes(sched: Sched) -> None:
    jobs = ", ".join(f"j{n}: {{command: x, clock: every 1h}}" for n in range(9))
    sched.write(f"jobs: {{{jobs}}}\n")
    (sched.directory / ".sched").mkdir()
    with closing(SQLiteStore(sched.directory / ".sched/history.db")) as store:
        store.begin(Holder(4711, "host", "boot", "1.2"), BEGAN)
        store.load(loader.load([sched.directory / NAME]), "start", BEGAN)
    everything = "; ".join(f"j{n} is new" for n in range(9))

    shown, whole = on_terminal(sched, "audit", NO_COLOR="1"), sched("audit").stdout

    assert shown.splitlines()[1].endswith("sched 1.2; j0 is new; j1 is new; 7 more")
    assert whole.splitlines()[1].endswith(f"\tsched 1.2; {everything}")


def test_of_many_the_newest_are_shown_and_how_to_see_more(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n")
    (sched.directory / ".sched").mkdir()
    with closing(SQLiteStore(sched.directory / ".sched/history.db")) as store:
        store.begin(Holder(4711, "host", "boot", "1.2"), BEGAN)
        for minute in range(21):
            store.note(Change(BEGAN + minute * MINUTE, "ann", "resume", "a"))

    answer = sched("audit")

    assert (21, "there are more: sched audit -n 100\n") == (
        len(answer.stdout.splitlines()), answer.stderr,
    )  # fmt: skip


def test_whatever_is_done_from_the_command_line_is_told(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: {dates: 2026-01-01 00:00}}}\n")
    past = ("--from", "2026-01-01T00:00Z", "--to", "2026-01-01T00:00Z", "--yes")
    time = "2099-01-01T00:00:00+00:00"
    for words in (
        ("trigger", "a"), ("at", time, "a", "--force"), ("backfill", "a", *past, "--parallel", "2"),
        ("cancel", "a"), ("pause", "a", "--reason", "why"), ("resume", "a"),
        ("prune", "--keep-last", "1", "--yes"),
    ):  # fmt: skip
        assert 0 == sched(*words).code
    expected = [
        ("prune", "all jobs", "all but the newest 1"),
        ("resume", "a", None),
        ("pause", "a", "why"),
        ("cancel", "a", None),
        ("backfill", "a", "the fire time 2026-01-01T00:00:00+00:00, 2 at a time"),
        ("at", "a", f"{time}, forced"),
        ("trigger", "a", None),
    ]

    actual = json.loads(sched("audit", "--json").stdout)

    assert expected == [(row["verb"], row["target"], row["detail"]) for row in actual]
    assert {ME} == {row["who"] for row in actual}


def test_without_a_history_nothing_was_done(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h}}\n")

    assert Answer(0, HEADER, "nothing has run yet: sched run\n") == sched("audit")
    assert "[]\n" == sched("audit", "--json").stdout


def test_an_end_before_the_beginning_is_refused(sched: Sched) -> None:
    expected = Answer(2, "", "error: --until is before --since\n")

    assert expected == sched("audit", "--since", "2026-03-02", "--until", "2026-03-01")
