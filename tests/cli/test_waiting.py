"""What jobs wait for that is no time: in `next`, `list` and `show`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.test_terminal import on_terminal
from files import Answer, Sched, text
from past import FIRED, Past, past_id, write_past
from schedkit.causes import After
from schedkit.cli import waiting
from schedkit.errors import CalendarEndsError
from schedkit.jobs import Jobs
from schedkit.run import Pause, State, Trigger

JOBS = """\
timezone: Europe/Berlin
jobs:
  build: {command: x, clock: {dates: 2099-01-01 12:00}}
  test: {command: x, after: build, timezone: UTC}
  ship:
    command: x
    clock: {dates: 2099-03-01 12:00}
    after: {all: [test, lint]}
    on:
      - event: release
      - path: /srv/in/*
  lint: {command: x, clock: {dates: 2099-02-01 12:00}}
  mourn: {command: x, after: {job: build, state: [failed, lost]}}
  lead: {command: x, on: {event: lead.*, count: 3, within: 10m}}
  alarm: {command: x, on: {absent: heartbeat, for: 15m}}
  off: {command: x, after: build, enabled: false}
  late: {command: x, after: off}
  then: {command: x, after: lead}
"""
HEADER = "NEXT\tJOB\tWHY\n"
TIMED = (
    "2099-01-01T12:00:00+01:00\tbuild\tdates 2099-01-01 12:00\n"
    "2099-02-01T12:00:00+01:00\tlint\tdates 2099-02-01 12:00\n"
    "2099-03-01T12:00:00+01:00\tship\tdates 2099-03-01 12:00\n"
)
WAITS = (
    "-\ttest\tafter build, next 2099-01-01T11:00:00+00:00\n"
    "-\tship\tafter test and lint, next 2099-02-01T12:00:00+01:00\n"
    "-\tship\ton release\n"
    "-\tship\ton /srv/in/*\n"
    "-\tmourn\tafter build failed or lost\n"
    "-\tlead\ton lead.* 3 times within 10m\n"
    "-\talarm\ton no heartbeat for 15m\n"
    "-\tlate\tafter off\n"
    "-\tthen\tafter lead\n"
)


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of jobs that wait for each other, and for events."""
    sched.write(JOBS)
    return sched


def timeless(answer: Answer) -> Answer:
    """Return an answer without the column IN: it depends on when this runs."""
    rows = [line.split("\t") for line in answer.stdout.splitlines()]
    return answer._replace(stdout="".join("\t".join([row[0], *row[2:]]) + "\n" for row in rows))


# ---- next


def test_what_has_no_time_comes_below_what_has_one(filled: Sched) -> None:
    expected = Answer(0, HEADER + TIMED + WAITS, "off: disabled\n")

    actual = timeless(filled("next"))

    assert expected == actual


def test_of_each_kind_there_are_so_many_as_are_asked_for(filled: Sched) -> None:
    rows = [*TIMED.splitlines(keepends=True)[:2], *WAITS.splitlines(keepends=True)[:2]]
    expected = Answer(0, HEADER + "".join(rows), "")

    actual = timeless(filled("next", "-n", "2", "build", "lint", "test", "ship"))

    assert expected == actual


def test_a_job_that_is_asked_for_has_its_own_alone(filled: Sched) -> None:
    rows = [line for line in (TIMED + WAITS).splitlines(keepends=True) if "\tship\t" in line]
    expected = Answer(0, HEADER + "".join(rows), "")

    actual = timeless(filled("next", "ship"))

    assert expected == actual
    assert Answer(0, HEADER + WAITS.splitlines(keepends=True)[0], "") == timeless(
        filled("next", "test", "--skipped")
    )


def test_in_a_stretch_of_time_there_is_none_of_it(filled: Sched) -> None:
    expected = Answer(
        0, HEADER + TIMED.splitlines(keepends=True)[2],
        "mourn: after build failed or lost\n",
    )  # fmt: skip

    actual = [
        timeless(filled("next", *words, "ship", "mourn"))
        for words in (("--from", "2099-02-02"), ("--until", "2099-12-31"))
    ]

    assert [expected, expected] == actual


def test_a_pause_is_said_of_it(filled: Sched) -> None:
    write_past(filled, [], [Pause("test", "bob", FIRED, None, "disk\x1b full")])
    expected = Answer(
        0,
        f"{HEADER}-\ttest\tafter build, next 2099-01-01T11:00:00+00:00, paused by bob: disk\\x1b"
        " full\n",
        "",
    )

    actual = timeless(filled("next", "test"))

    assert expected == actual
    (answer,) = json.loads(filled("next", "test", "--json").stdout)
    assert "disk\x1b full" == answer["paused"]["reason"]


def test_json_has_a_cause_in_place_of_a_time(filled: Sched) -> None:
    expected = [
        {
            "job": "test", "fire_time": None, "timezone": "UTC", "clock": None,
            "moved_from": None, "note": None, "cause": "after build",
            "cause_time": "2099-01-01T11:00:00+00:00",
        },
        {
            "job": "alarm", "fire_time": None, "timezone": "Europe/Berlin", "clock": None,
            "moved_from": None, "note": None, "cause": "on no heartbeat for 15m",
            "cause_time": None,
        },
    ]  # fmt: skip

    actual = json.loads(filled("next", "test", "alarm", "--json").stdout)

    assert expected == actual
    assert all(list(one) == list(expected[0]) for one in actual)


def test_on_a_terminal_the_time_is_as_people_say_it(filled: Sched) -> None:
    write_past(filled, [], [Pause("alarm", "bob", FIRED)])
    expected = text("""
        \x1b[1mNEXT  IN  JOB    WHY\x1b[0m
        -     -   \x1b[1mtest\x1b[0m   after build, next Thu 2099-01-01 11:00:00 UTC
        -     -   \x1b[2malarm\x1b[0m  \x1b[2mon no heartbeat for 15m, paused by bob\x1b[0m
    """)

    actual = on_terminal(filled, "next", "test", "alarm")

    assert f"{expected}\n" == actual


# ---- list, show


def test_a_list_says_what_runs_a_job_and_what_it_waits_for(filled: Sched) -> None:
    rows = [line.split("\t") for line in filled("list").stdout.splitlines()[1:]]
    found = {row[0]: (row[1], row[7], row[8]) for row in rows if row[7] == "-"}

    assert found == {
        "test": ("after build", "-", "after build"),
        "mourn": ("after build failed or lost", "-", "after build"),
        "lead": ("on lead.* 3 times within 10m", "-", "on an event"),
        "alarm": ("on no heartbeat for 15m", "-", "on silence"),
        "off": ("after build", "-", "-"),
        "late": ("after off", "-", "after off"),
        "then": ("after lead", "-", "after lead"),
    }


def test_a_list_in_json_says_it_in_full(filled: Sched) -> None:
    found = {one["job"]: one for one in json.loads(filled("list", "--json").stdout)}

    assert "on lead.* 3 times within 10m" == found["lead"]["note"]
    assert None is found["lead"]["next_fire_time"]
    schedule = "dates 2099-03-01 12:00 or after test and lint or on release or on /srv/in/*"
    assert (schedule, None) == (found["ship"]["schedule"], found["ship"]["note"])


def test_it_is_no_warning_that_a_job_has_no_time(filled: Sched) -> None:
    shown = on_terminal(filled, "list", "lead", COLUMNS="150")

    assert "  on an event" in shown
    assert "\x1b[33m" not in shown


def test_a_job_is_shown_with_what_it_waits_for_and_what_has_caused_its_runs(filled: Sched) -> None:
    write_past(
        filled,
        [
            Past("test", State.SUCCEEDED),
            Past("ship", State.FAILED, (), trigger=Trigger.EVENT, cause="event release 7"),
            Past("ship", State.RUNNING, trigger=Trigger.AFTER, cause="after {0} 7k3m2q"),
        ],
    )
    day = "2026-03-02T03"
    expected = text(f"""
        KEY\tVALUE\tPLACE
        job\tship\tschedules.yaml:5
        state\trunning since {day}:32:00+01:00\t
        schedule\tdates 2099-03-01 12:00 or after test and lint or on release or on /srv/in/*, Europe/Berlin\t
        health\tfailed {day}:31:00+01:00: for a reason; has never succeeded\t
        command\tx\tschedules.yaml:6
        clock\tdates 2099-03-01 12:00\tschedules.yaml:7
        after.all\ttest, lint\tschedules.yaml:8
        on.event\trelease\tschedules.yaml:10
        on.path\t/srv/in/*\tschedules.yaml:11
        timezone\tEurope/Berlin\tschedules.yaml:1
        running\t{past_id(2)}, attempt 1, since {day}:32:00+01:00, pid 1\t
        last\t{past_id(2)} running {day}:32:00+01:00 TOOK after {past_id(0)} 7k3m2q\t
        last\t{past_id(1)} failed {day}:31:00+01:00 - for a reason\t
        next\t2099-03-01T12:00:00+01:00 LEFT dates 2099-03-01 12:00\t
        next\tafter test and lint, next 2099-02-01T12:00:00+01:00\t
        next\ton release\t
        next\ton /srv/in/*\t
    """)  # noqa: E501  # a pipe is never cut

    shown = filled("show", "ship").stdout
    shown = re.sub(r"(?m)^(last\t.* running \S+) .* (after)", r"\1 TOOK \2", shown)
    actual = re.sub(r"(?m)^(next\t2\S+) .* (dates)", r"\1 LEFT \2", shown)

    assert f"{expected}\n" == actual


def test_of_a_job_without_a_clock_the_next_is_what_it_waits_for(filled: Sched) -> None:
    lines = filled("show", "lead").stdout.splitlines()

    assert ["next\ton lead.* 3 times within 10m\t"] == [one for one in lines if one[:4] == "next"]
    found = json.loads(filled("show", "lead", "--json").stdout)
    assert ["on lead.* 3 times within 10m"] == [one["cause"] for one in found["next"]]


# ---- when it comes


class Planned(Jobs):
    """Jobs with a next fire time each, or none, and what they run after."""

    def __init__(self, jobs: Mapping[str, tuple[int | None, After | None]]) -> None:
        super().__init__()
        self.planned = jobs

    def __getitem__(self, name: str) -> Any:
        return SimpleNamespace(after=self.planned[name][1])

    def __contains__(self, name: object) -> bool:
        return name in self.planned

    def enabled(self, name: str) -> bool:  # noqa: ARG002
        return True

    def next_fire(self, name: str, instant: datetime) -> datetime | None:
        minutes = self.planned[name][0]
        if minutes is None:
            raise CalendarEndsError("closed", instant.date())
        return instant + timedelta(minutes=minutes)


@st.composite
def planned(draw: st.DrawFn) -> dict[str, tuple[int | None, After | None]]:
    """Return jobs, each of which may run after earlier ones."""
    jobs: dict[str, tuple[int | None, After | None]] = {}
    for number in range(draw(st.integers(1, 8))):
        names = draw(st.lists(st.sampled_from([*jobs]), unique=True)) if jobs else []
        states = (draw(st.sampled_from(["succeeded", "finished", "failed"])),)
        after = After(any=tuple(names), state=states) if names else None
        if names and draw(st.sampled_from(["any", "all"])) == "all":
            after = After(all=tuple(names), state=states)
        jobs[str(number)] = (draw(st.none() | st.integers(0, 99)), after)
    return jobs


@given(planned())
def test_a_run_comes_after_those_that_it_waits_for(
    jobs: dict[str, tuple[int | None, After | None]],
) -> None:
    """Told as often as anything changes: no chain is longer than there are jobs."""
    times = {name: own for name, (own, _) in jobs.items()}
    for _ in jobs:
        for name, (own, after) in jobs.items():
            waits = after is not None and "failed" not in after.state
            before = [times[one] for one in after.jobs] if after is not None and waits else []
            known = [time for time in before if time is not None]
            if after is not None and after.all:
                known = [max(known)] if before and None not in before else []
            times[name] = min(known if own is None else [*known, own], default=None)
    asked = After(any=tuple(jobs))
    expected = min((time for time in times.values() if time is not None), default=None)

    found = waiting.next_after(asked, Planned(jobs), FIRED)

    assert (None if expected is None else FIRED + timedelta(minutes=expected)) == found


def test_a_chain_may_be_longer_than_python_calls_itself() -> None:
    jobs: dict[str, tuple[int | None, After | None]] = {"0": (7, None)}
    jobs |= {str(n): (7000, After(str(n - 1))) for n in range(1, 5000)}

    found = waiting.next_after(After("4999"), Planned(jobs), FIRED)

    assert FIRED + timedelta(minutes=7) == found
