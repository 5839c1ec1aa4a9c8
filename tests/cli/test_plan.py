"""`sched plan`: what files change that are not loaded yet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched, text
from past import Past, write_past
from schedkit import last_good, loader
from schedkit.run import State

LOADED = """
jobs:
  a: {command: x, clock: {dates: 2099-01-01 00:00}}
  b: {command: x, clock: {dates: 2099-01-01 00:00}}
"""
EDITED = """
pools: {db: 1}
jobs:
  a: {command: y, clock: {dates: [2099-01-02 00:00, 2099-01-03 00:00]}}
  c: {command: z, clock: {dates: 2099-01-01 00:00}, timezone: Asia/Tokyo}
"""
HEADER = "JOB\tCHANGE\tWHAT\tBEFORE\tAFTER\tNOTE\n"
ROWS = """
- setting pools.db|-|1|-
a changed command|x|y|-
a changed clock|dates 2099-01-01 00:00|dates 2099-01-02 00:00 and 1 more|-
a changed next fire|2099-01-01T00:00:00+00:00|2099-01-02T00:00:00+00:00|-
a changed fire times|0|0|in the next 7 days, as before
c new schedule|-|dates 2099-01-01 00:00|-
c new command|-|z|-
c new next fire|-|2099-01-01T00:00:00+09:00|-
c new fire times|-|0|in the next 7 days
b gone schedule|dates 2099-01-01 00:00|-|-
b gone next fire|2099-01-01T00:00:00+00:00|-|-
b gone fire times|0|-|in the next 7 days
"""
COUNTED = "1 new, 1 gone, 1 changed"


def table(rows: str) -> str:
    """Return what a pipe is written, of rows whose first two columns end at a blank."""
    lines = (line.replace(" ", "\t", 2).replace("|", "\t") for line in text(rows).splitlines())
    return HEADER + "".join(f"{line}\n" for line in lines)


def without_age(answer: Answer) -> Answer:
    return answer._replace(stderr=re.sub(r"loaded \S+ ago", "loaded 1s ago", answer.stderr))


@pytest.fixture
def loaded(sched: Sched) -> Sched:
    """Return the command beside files that a runner has loaded."""
    sched.write(LOADED)
    state = sched.directory / ".sched"
    state.mkdir()
    last_good.keep(state, loader.load([sched.directory / "schedules.yaml"]))
    return sched


def test_what_is_not_loaded_yet_is_told(loaded: Sched) -> None:
    loaded.write(EDITED)
    expected = Answer(0, table(ROWS), f"{COUNTED}; to load them: sched reload\n")

    actual = loaded("plan")

    assert expected == actual


def test_another_file_is_compared_with_what_is_loaded_of_the_usual_one(loaded: Sched) -> None:
    loaded.write(EDITED, "elsewhere/new.yaml")
    expected = Answer(
        0,
        table(ROWS),
        f"{COUNTED}; to load it, put it in place of the usual file, then: sched reload\n",
    )

    actual = loaded("plan", "elsewhere/new.yaml")

    assert expected == actual
    assert not (loaded.directory / "elsewhere/.sched").exists()


def test_a_directory_can_take_the_place_of_a_file(loaded: Sched) -> None:
    loaded.write(EDITED, "d/new.yaml")
    loaded.write("x-nothing: 1\n", "d/rest.yaml")
    expected = (0, table(ROWS))

    answer = loaded("-c", "schedules.yaml", "plan", "d")

    assert expected == answer[:2]
    assert answer.stderr == (
        f"{COUNTED}; to load it, put it in place of schedules.yaml, then:"
        " sched -c schedules.yaml reload\n"
    )


def test_a_file_can_come_through_a_pipe(loaded: Sched) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "schedkit", "plan", "-"],
        cwd=loaded.directory, env=loaded.environment, input=EDITED, capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip

    assert (0, table(ROWS)) == (done.returncode, done.stdout)


def test_where_nothing_is_changed_nothing_is_told(loaded: Sched) -> None:
    loaded.write(f"{LOADED}# said otherwise\n")
    expected = Answer(0, HEADER, "no job fires otherwise than before; last loaded 1s ago\n")

    actual = without_age(loaded("plan"))

    assert expected == actual


def test_nothing_to_tell_is_nothing_on_a_terminal(loaded: Sched) -> None:
    assert on_terminal(loaded, "plan") == ""


def test_on_a_terminal_it_is_in_colour(loaded: Sched) -> None:
    loaded.write("jobs: {a: {command: x, clock: {dates: 2099-01-01 00:00}}}")
    first = "\x1b[1mb\x1b[0m  \x1b[31mgone\x1b[0m  \x1b[2mschedule\x1b[0m"
    expected = (
        f"{first}    was dates 2099-01-01 00:00\n"
        "         \x1b[2mnext fire\x1b[0m   was Thu 2099-01-01 00:00:00 UTC\n"
        "         \x1b[2mfire times\x1b[0m  was 0 in the next 7 days\n"
    )

    actual = on_terminal(loaded, "plan")

    assert expected == actual


def test_before_any_runner_was_up_everything_is_new(sched: Sched) -> None:
    sched.write(LOADED)
    expected = (0, ["a", "b"], ["new", "new"])

    answer = sched("plan", "--json")
    jobs = json.loads(answer.stdout)["jobs"]
    actual = (answer.code, [one["job"] for one in jobs], [one["change"] for one in jobs])

    assert expected == actual
    assert not (sched.directory / ".sched").exists()
    assert sched("plan").stderr == "2 new; no runner has loaded any file yet: sched run\n"


@pytest.mark.parametrize("usual", [None, "jobs: {a: {clock: evry 1h}}\n"])
def test_a_file_is_taken_for_itself_where_none_was_ever_loaded(
    sched: Sched, usual: str | None
) -> None:
    if usual is not None:
        sched.write(usual)
    sched.write(LOADED, "d/new.yaml")
    expected = (0, "2 new; no runner has loaded any file yet: sched run\n")

    answer = sched("plan", "d/new.yaml")

    assert expected == (answer.code, answer.stderr)


def test_json_is_one_object(loaded: Sched) -> None:
    loaded.write(EDITED)
    expected = ["now", "until", "jobs", "settings", "unchanged"]

    answer = loaded("plan", "--json")
    found = json.loads(answer.stdout)

    assert (0, "", expected) == (answer.code, answer.stderr, list(found))
    assert [(one["job"], one["change"]) for one in found["jobs"]] == [
        ("a", "changed"), ("c", "new"), ("b", "gone"),
    ]  # fmt: skip
    assert found["settings"] == [{"key": "pools.db", "before": None, "after": 1}]


@pytest.mark.parametrize(("arguments", "days"), [((), 7), (("--days", "30"), 30)])
def test_fire_times_are_compared_as_far_as_is_asked_for(
    loaded: Sched, arguments: tuple[str, ...], days: int
) -> None:
    loaded.write(LOADED + "  c: {command: x, clock: daily at 02:00}\n")

    found = json.loads(loaded("plan", "--json", *arguments).stdout)
    (actual,) = (len(one["fires"]["added"]) for one in found["jobs"])

    assert days == actual


def test_nobody_compares_more_than_ten_years(loaded: Sched) -> None:
    said = "4000 days are more than ten years: 3660 at most"

    answer = loaded("plan", "--days", "4000")

    assert (2, "") == answer[:2]
    assert answer.complaint.endswith(said)


def test_broken_files_are_told_with_every_problem(loaded: Sched) -> None:
    loaded.write("jobs: {a: {command: x, clock: evry 1h}}\n")
    expected = Answer(
        78,
        "",
        "schedules.yaml:1:31: error: unknown clock 'evry'\n"
        "1 | jobs: {a: {command: x, clock: evry 1h}}\n"
        "  |                               ^^^^\n"
        "  = help: did you mean 'every'?\n"
        "\n"
        "1 problem\n",
    )

    actual = loaded("plan")

    assert expected == actual


def test_a_file_that_is_not_there_is_invalid(loaded: Sched) -> None:
    expected = (78, "", "nowhere.yaml: error: cannot be read: no such file or directory")

    answer = loaded("plan", "nowhere.yaml")

    assert expected == (answer.code, answer.stdout, answer.stderr.splitlines()[0])


def test_what_another_version_has_loaded_cannot_be_compared(loaded: Sched) -> None:
    path = loaded.directory / ".sched/last-good"
    path.write_bytes(b"?")
    expected = Answer(
        69,
        "",
        f"error: {path} was not written by this version of sched\n"
        "  = help: the next runner that starts writes it anew\n",
    )

    actual = loaded("plan")

    assert expected == actual


def test_runs_that_are_not_over_are_told_of(loaded: Sched) -> None:
    """One of a goes on, one of b waits: a has another command, b is gone."""
    running, waiting = write_past(loaded, [Past("a", State.RUNNING), Past("b", State.QUEUED)])
    loaded.write(EDITED)
    expected = [
        [{"run": running, "state": "running", "effect": "goes on with the command it began with"}],
        [],
        [{"run": waiting, "state": "waiting", "effect": "is cancelled"}],
    ]

    actual = [one["runs"] for one in json.loads(loaded("plan", "--json").stdout)["jobs"]]

    assert expected == actual


def test_the_state_directory_can_be_named(loaded: Sched, tmp_path: Path) -> None:
    (tmp_path / ".sched").rename(tmp_path / "state")
    loaded.write(EDITED)
    expected = (0, table(ROWS), f"{COUNTED}; to load them: sched --state state reload\n")

    actual = loaded("--state", "state", "plan")

    assert expected == actual


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_another_user_has_loaded_is_for_that_user_to_see(loaded: Sched) -> None:
    path = loaded.directory / ".sched/last-good"
    os.chown(path, 65534, -1)
    expected = Answer(
        69,
        "",
        f"error: {path} belongs to nobody\n  = help: ask as that user: sudo -u nobody sched ...\n",
    )

    actual = loaded("plan")

    assert expected == actual
