"""`sched reload`: the runner takes the files as they are now."""

from __future__ import annotations

import json
import re

import pytest

from files import Answer, Sched
from past import write_past
from schedkit import last_good, loader
from talking import Answering

LOADED = "jobs: {a: {command: x, clock: {dates: 2099-01-01 00:00}}}\n"
EDITED = LOADED.replace("01-01", "01-02")
BROKEN = LOADED.replace("dates", "date")
DIFFERENCE = """\
JOB	CHANGE	WHAT	BEFORE	AFTER	NOTE
a	changed	clock	dates 2099-01-01 00:00	dates 2099-01-02 00:00	-
a	changed	next fire	2099-01-01T00:00:00+00:00	2099-01-02T00:00:00+00:00	-
a	changed	fire times	0	0	in the next 7 days, as before
"""
COLUMNS = DIFFERENCE.partition("\n")[0]
FULL = """\
schedules.yaml:1:32: error: unknown clock 'date'
1 | jobs: {a: {command: x, clock: {date: 2099-01-01 00:00}}}
  |                                ^^^^
  = help: did you mean 'dates'?

1 problem
the runner goes on with what it had loaded before
"""


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(LOADED)


def take(sched: Sched) -> None:
    """Keep what the file says, as a runner does that has loaded it."""
    config = loader.load([sched.directory / "schedules.yaml"])
    last_good.keep(sched.directory / ".sched", config)


@pytest.fixture
def loading(sched: Sched, runner: Answering) -> Answering:
    """A runner that has loaded the file, and takes it again whenever it is asked to."""
    take(sched)
    runner.operations.reloaded = {"changes": ["in its own words"]}
    runner.operations.reloads = lambda: take(sched)
    return runner


@pytest.mark.usefixtures("loading")
def test_the_answer_is_what_changed(sched: Sched) -> None:
    sched.write(EDITED)
    expected = Answer(0, DIFFERENCE, "1 changed; what comes now: sched next\n")

    actual = sched("reload")

    assert expected == actual


@pytest.mark.usefixtures("loading")
def test_json_is_that_of_a_plan(sched: Sched) -> None:
    sched.write(EDITED)
    planned = json.loads(sched("plan", "--json").stdout)

    answer = sched("reload", "--json")
    actual = json.loads(answer.stdout)

    assert (0, "") == (answer.code, answer.stderr)
    assert list(planned) == list(actual)
    assert [(job["job"], job["change"], job["keys"]) for job in planned["jobs"]] == [
        (job["job"], job["change"], job["keys"]) for job in actual["jobs"]
    ]


@pytest.mark.usefixtures("loading")
def test_files_that_were_taken_already_change_nothing(sched: Sched) -> None:
    """A runner takes them by itself when they change: so it is with most."""
    expected = Answer(
        0,
        f"{COLUMNS}\n",
        "no job fires otherwise than before; loaded 1s ago already, and what changed then:"
        " sched audit\n",
    )

    answer = sched("reload")
    actual = answer._replace(stderr=re.sub(r"loaded \S+ ago", "loaded 1s ago", answer.stderr))

    assert expected == actual


def test_a_dry_run_asks_nobody(sched: Sched, loading: Answering) -> None:
    sched.write(EDITED)
    expected = Answer(0, DIFFERENCE, "1 changed; to load them: sched reload\n")

    actual = sched("reload", "--dry-run")

    assert expected == actual
    assert loading.operations.asked == []


def test_a_dry_run_needs_no_runner(sched: Sched) -> None:
    (sched.directory / ".sched").mkdir()
    take(sched)
    sched.write(EDITED)
    expected = Answer(0, DIFFERENCE, "1 changed; to load them: sched reload\n")

    actual = sched("reload", "--dry-run")

    assert expected == actual


def test_broken_files_are_shown_as_validate_shows_them(sched: Sched, loading: Answering) -> None:
    write_past(sched, [])
    sched.write(BROKEN)
    said = "/somewhere/schedules.yaml:1:32: unknown clock 'date' (did you mean 'dates'?)"
    loading.operations.reloaded = {"error": said}
    loading.operations.reloads = None
    expected = Answer(78, "", FULL)

    actual = sched("reload")

    assert expected == actual


@pytest.mark.parametrize("here", [LOADED, BROKEN])
def test_what_is_wrong_with_other_files_is_told_in_the_words_of_the_runner(
    sched: Sched, loading: Answering, here: str
) -> None:
    """It may have been started with others, and these may be fine or wrong in their own way."""
    write_past(sched, [])
    sched.write(here)
    loading.operations.reloaded = {"error": "/etc/sched/schedules.yaml:1:1: bad"}
    loading.operations.reloads = None
    expected = Answer(78, "", "error: /etc/sched/schedules.yaml:1:1: bad\n")

    actual = sched("reload")

    assert expected == actual


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["a fires anew", "b is new"], Answer(0, "a fires anew\nb is new\n", "")),
        ([], Answer(0, "", "no job fires otherwise than before\n")),
        (["x\x1b[2J is new"], Answer(0, "x\\x1b[2J is new\n", "")),
    ],
)
@pytest.mark.parametrize("kept", [b"of another version", None])
def test_what_cannot_be_compared_is_told_in_the_words_of_the_runner(
    sched: Sched, runner: Answering, changes: list[str], expected: Answer, kept: bytes | None
) -> None:
    """A runner of another version is at work, or its disk is full."""
    if kept is not None:
        (sched.directory / ".sched/last-good").write_bytes(kept)
    else:
        take(sched)
    runner.operations.reloaded = {"changes": changes}

    actual = sched("reload")

    assert expected == actual


def test_json_says_that_nothing_can_be_compared(sched: Sched, runner: Answering) -> None:
    runner.operations.reloaded = {"changes": ["a is new"]}
    expected = {
        "until": None, "jobs": None, "settings": None, "unchanged": None, "changes": ["a is new"],
    }  # fmt: skip

    actual = json.loads(sched("reload", "--json").stdout)

    assert actual.pop("now")
    assert expected == actual


@pytest.mark.usefixtures("loading")
def test_a_history_that_cannot_be_read_keeps_no_files_back(sched: Sched) -> None:
    (sched.directory / ".sched/history.db").write_bytes(b"no database")
    sched.write(EDITED)
    expected = (0, DIFFERENCE)

    actual = sched("reload")[:2]

    assert expected == actual


def test_without_a_runner_there_is_nobody_to_do_it(sched: Sched) -> None:
    expected = Answer(
        3,
        "",
        "error: no runner is up: the next one takes the files as they are then\n"
        "  = help: see what changes with: sched plan\n",
    )

    actual = sched("reload")

    assert expected == actual
    assert not (sched.directory / ".sched").exists()
