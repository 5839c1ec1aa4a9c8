"""`sched prune`: the past is forgotten, as far as nobody needs it any more."""

from __future__ import annotations

import json
import os
import pwd
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.test_terminal import on_terminal
from conversing import conversation
from files import Answer, Sched, text
from past import FIRED, Past, write_past
from schedkit.operations import Freed, Prune
from schedkit.run import State
from schedkit.store import Query, SQLiteReader
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name
JOBS = "jobs: {a: {command: x, clock: every 1h}, b: {command: x, clock: every 1h}}\n"
WITH_GONE = JOBS.replace("}}\n", "}, gone: {command: x, clock: every 1h}}\n")
LAST = ("--keep-last", "1")


@dataclass(frozen=True)
class Kept:
    """A history, and the files with what its runs wrote."""

    sched: Sched

    def runs(self) -> list[tuple[str, str]]:
        """Return the jobs and the states of the runs, oldest first."""
        with closing(SQLiteReader.open(self.sched.directory / ".sched/history.db")) as store:
            return [(run.job, run.state.value) for run in store.runs(Query())][::-1]

    def output(self) -> list[Path]:
        """Return the output files that there are."""
        return sorted((self.sched.directory / ".sched/output").rglob("*.log"))


@pytest.fixture(autouse=True)
def kept(sched: Sched) -> Kept:
    """Write what runs of three jobs came to, one of which is gone from the file."""
    sched.write(WITH_GONE)
    write_past(
        sched,
        [
            Past("a", State.SUCCEEDED, (b"12345",)),
            Past("gone", State.FAILED, (b"12345", b"1" * 1500)),
            Past("b", State.RUNNING, (b"123",)),
            Past("a", State.QUEUED),
            Past("gone", State.SKIPPED),
            Past("a", State.FAILED, (b"1234567",)),
            Past("a", State.SUCCEEDED, (b"",)),
            Past("b", State.SKIPPED),
        ],
    )
    sched.write(JOBS)
    return Kept(sched)


# ---- what would go


def test_what_would_go_in_a_pipe(sched: Sched, kept: Kept) -> None:
    expected = Answer(
        0,
        "JOB\tRECORDS\tOUTPUT\na\t2\t12\ngone\t1\t1505\n",
        "3 records of 2 jobs and 1.5 KB of output are to go\n",
    )

    actual = sched("prune", *LAST, "--dry-run")

    assert expected == actual
    assert (8, 5) == (len(kept.runs()), len(kept.output()))


def test_what_would_go_as_json(sched: Sched) -> None:
    expected = {
        "records": 3,
        "output_bytes": 1517,
        "jobs": [
            {"job": "a", "records": 2, "output_bytes": 12},
            {"job": "gone", "records": 1, "output_bytes": 1505},
        ],
    }

    answer = sched("prune", *LAST, "--dry-run", "--json")

    assert expected == json.loads(answer.stdout)


def test_what_would_go_on_a_terminal(sched: Sched) -> None:
    expected = text("""
        JOB   RECORDS  OUTPUT
        a     2        12 bytes
        gone  1        1.5 KB
    """)

    actual = on_terminal(sched, "prune", *LAST, "--dry-run", NO_COLOR="1")

    assert f"{expected}\n" == actual


def test_by_age_what_ended_longer_ago_goes(sched: Sched) -> None:
    since = (datetime.now(UTC) - FIRED - timedelta(minutes=2)) // timedelta(seconds=1)

    answers = [
        sched("prune", "--keep", keep, "--dry-run").stdout for keep in (f"{since}s", "1000d")
    ]

    assert ["JOB\tRECORDS\tOUTPUT\na\t1\t5\ngone\t1\t1505\n", "JOB\tRECORDS\tOUTPUT\n"] == answers


def test_of_the_jobs_that_are_named_alone(sched: Sched) -> None:
    answer = sched("prune", "gone", *LAST, "--dry-run")

    assert "JOB\tRECORDS\tOUTPUT\ngone\t1\t1505\n" == answer.stdout


def test_what_somebody_else_has_deleted_takes_no_disk(sched: Sched, kept: Kept) -> None:
    for path in kept.output():
        path.unlink()

    answer = sched("prune", *LAST, "--dry-run")

    assert "3 records of 2 jobs and 0 bytes of output are to go\n" == answer.stderr


# ---- none is up


def test_without_a_runner_it_is_done_at_once(sched: Sched, kept: Kept) -> None:
    expected = Answer(
        0,
        "RECORDS\tOUTPUT\n3\t1517\n",
        "3 records of 2 jobs and 1.5 KB of output are to go\nwhat is left: sched history\n",
    )

    actual = sched("prune", *LAST, "--yes")

    left = [("b", "running"), ("a", "queued"), ("gone", "skipped"), ("a", "succeeded")]
    assert expected == actual
    assert [*left, ("b", "skipped")] == kept.runs()
    assert 1 == len(kept.output())  # what runs writes on


def test_whoever_did_it_is_on_record(sched: Sched) -> None:
    sched("prune", "a", "gone", "--keep", "1d", *LAST, "--yes")

    with closing(SQLiteReader.open(sched.directory / ".sched/history.db")) as store:
        (change,) = store.changes()
    assert (ME, "prune", "a, gone") == (change.who, change.verb, change.target)
    assert change.detail is not None
    assert change.detail.startswith("ended before 20")
    assert change.detail.endswith("; all but the newest 1")


def test_what_was_pruned_is_not_there_a_second_time(sched: Sched) -> None:
    sched("prune", *LAST, "--yes")

    assert Answer(0, "", "nothing of the past is to go\n") == sched("prune", *LAST)


def test_the_newest_record_of_all_stays_that_its_number_is_not_given_again(
    sched: Sched, kept: Kept
) -> None:
    sched("prune", "--keep", "0s", "--yes")

    assert [("b", "running"), ("a", "queued"), ("b", "skipped")] == kept.runs()


def test_what_was_freed_as_json(sched: Sched) -> None:
    answer = sched("prune", "gone", *LAST, "--yes", "--json")

    expected = {
        "records": 1,
        "output_bytes": 1505,
        "jobs": [{"job": "gone", "records": 1, "output_bytes": 1505}],
    }
    assert expected == json.loads(answer.stdout)


def test_a_broken_file_does_not_matter(sched: Sched, kept: Kept) -> None:
    sched.write("jobs: [")

    dry = sched("prune", *LAST, "--dry-run")

    assert (0, 8) == (dry.code, len(kept.runs()))


# ---- a runner is up


def test_a_runner_is_asked_part_by_part(sched: Sched, runner: Answering) -> None:
    runner.operations.freed = [Freed(2, 10, ""), Freed(1, 5, "a"), Freed(0, 0)]

    answer = sched("prune", *LAST, "--yes")

    assert "RECORDS\tOUTPUT\n3\t15\n" == answer.stdout
    expected = [("prune", Prune([], None, 1, after), ME) for after in (None, "", "a")]
    assert expected == runner.operations.asked


# ---- asked first


PROMPT = "3 records of 2 jobs and 1.5 KB of output are to go\nforget them? [y/N] "


def test_who_says_yes_is_told_what_was_freed(sched: Sched, kept: Kept) -> None:
    table = "RECORDS  OUTPUT\n3        1.5 KB\n"
    expected = (0, f"{PROMPT}y\n{table}what is left: sched history\n")

    actual = conversation(sched, "prune", *LAST, says="y\n", NO_COLOR="1")

    assert (expected, 5) == (actual, len(kept.runs()))


def test_whoever_does_not_say_yes_changes_nothing(sched: Sched, kept: Kept) -> None:
    expected = (1, f"{PROMPT}no\nnothing was changed\n")

    actual = conversation(sched, "prune", *LAST, says="no\n")

    assert (expected, 8) == (actual, len(kept.runs()))


def test_in_a_pipe_nothing_is_forgotten_unasked(sched: Sched, kept: Kept) -> None:
    expected = Answer(
        2,
        "",
        "3 records of 2 jobs and 1.5 KB of output are to go\n"
        "error: nobody is there to be asked whether they are to go\n"
        "  = help: say so with --yes\n",
    )

    actual = sched("prune", *LAST)

    assert (expected, 8) == (actual, len(kept.runs()))


# ---- what cannot be meant


def test_one_has_to_say_what_is_to_stay(sched: Sched) -> None:
    expected = Answer(
        2,
        "",
        "error: prune takes --keep or --keep-last, or both\n"
        "  = help: --keep 30d forgets runs that ended longer ago, --keep-last 100 all but the last"
        " 100 of each job\n",
    )

    actual = sched("prune", "--yes")

    assert expected == actual


def test_an_unknown_job_is_named_with_the_nearest(sched: Sched) -> None:
    said = "error: no job is named 'goen'\n  = help: did you mean 'gone'?\n"

    assert Answer(4, "", said) == sched("prune", "a", "goen", *LAST, "--yes")


def test_without_a_history_nothing_is_to_go(tmp_path: Path) -> None:
    other = Sched(tmp_path / "other")
    other.write(JOBS)
    said = "nothing of the past is to go\n"

    actual = [other("prune", *LAST), other("prune", "a", *LAST), other("prune", "x", *LAST).code]

    assert [Answer(0, "", said), Answer(0, "", said), 4] == actual


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--keep", "30"), "Invalid value for '--keep': a duration needs a unit: '30' has none"),
        (("--keep-last", "0"), "Invalid value for '--keep-last': '0' is not a number above 0"),
    ],
)
def test_what_is_no_bound_is_a_wrong_use(sched: Sched, words: tuple[str, ...], said: str) -> None:
    answer = sched("prune", *words)

    assert 2 == answer.code
    assert answer.complaint.startswith(said)
