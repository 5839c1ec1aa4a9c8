"""`sched explain`, of what is caused by something else than a time."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from files import Answer, Sched, text
from past import EMITTED, FIRED, Past, past_id, write_past
from schedkit.events import FILE, Emitted
from schedkit.run import Pause, State, Trigger
from talking import Answering

JOBS = """\
timezone: Europe/Berlin
jobs:
  build: {command: x, clock: {dates: [2026-03-02 03:30, 2099-01-01 12:00]}}
  test: {command: x, after: build}
  lint: {command: x, after: build}
  ship: {command: x, after: {all: [test, lint], within: 1h}}
  mourn: {command: x, after: {job: test, state: failed}}
  lead:
    command: x
    clock: {dates: 2099-01-01 12:00}
    on:
      - event: order.*
      - event: lead.opted_in
        match: {source: web*}
  alarm: {command: x, on: {event: err, count: 3, within: 10m}}
  both: {command: x, on: {all: [paid, sent]}}
  quiet: {command: x, on: {absent: heartbeat, for: 15m}}
  load: {command: x, on: {path: /srv/in/*}}
  off: {command: x, after: build, enabled: false}
"""
NOT_UP = "no runner is up: nothing is heard until one is: sched run\n"
DATES = "dates 2026-03-02 03:30 and 1 more"
BUILT = f"{f'build {past_id(0)} succeeded':<{len(DATES)}}"
ENDED = timedelta(milliseconds=20)
FIRST, SECOND, THIRD, LAST = (past_id(number) for number in range(4))


def later(job: str, state: State = State.SUCCEEDED, cause: str = "after build {0}") -> Past:
    """Return a run that another one has caused."""
    return Past(job, state, duration=ENDED, trigger=Trigger.AFTER, cause=cause)


@pytest.fixture
def chain(sched: Sched) -> Sched:
    """Return the command beside a history of a chain: build, then test and lint, then ship."""
    sched.write(JOBS)
    write_past(
        sched,
        [
            Past("build", State.SUCCEEDED),
            later("test"),
            later("lint"),
            later("ship", cause="after {2} {1}"),
        ],
    )
    return sched


def told(sched: Sched, *words: str) -> str:
    """Return the answer to `explain`."""
    answer = sched("explain", *words)
    assert 0 == answer.code
    return answer.stdout


# ---- why a run ran


def test_a_run_is_explained_by_all_links_back_to_a_fire_time(chain: Sched) -> None:
    expected = text(f"""
        run {LAST} of ship at Mon 2026-03-02 03:33 CET: succeeded
          after       lint {THIRD} succeeded              -> Mon 2026-03-02 03:32 CET  schedules.yaml:6
          after       test {SECOND} succeeded              -> Mon 2026-03-02 03:31 CET  schedules.yaml:6
          after       {BUILT}  -> Mon 2026-03-02 03:30 CET  schedules.yaml:4
          clock       {DATES}  -> Mon 2026-03-02 03:30 CET  schedules.yaml:3
          succeeded   {LAST}: after 20ms
    """)  # noqa: E501

    assert f"{expected}\n" == told(chain, LAST)


def test_json_has_every_link(chain: Sched) -> None:
    expected = [
        ("after", "test", SECOND, "succeeded", 6),
        ("after", "build", FIRST, "succeeded", 4),
        ("clock", "build", FIRST, "succeeded", 3),
    ]
    keys = ("cause", "job", "run", "state", "line")

    (entry,) = json.loads(told(chain, LAST, "--json"))

    assert expected == [tuple(one[key] for key in keys) for one in entry["causes"][1:]]
    assert {
        "cause": "after", "text": f"lint {THIRD} succeeded", "time": "2026-03-02T03:32:00+01:00",
        "job": "lint", "run": THIRD, "state": "succeeded", "event": None, "who": "runner",
        "file": "schedules.yaml", "line": 6,
    } == entry["causes"][0]  # fmt: skip
    assert f"after {THIRD} {SECOND}" == entry["why"] == entry["record"]["cause"]


def test_the_first_cause_may_be_a_person(sched: Sched) -> None:
    sched.write(JOBS)
    by_ann = Past("build", State.FAILED, trigger=Trigger.MANUAL, who="ann")
    write_past(sched, [by_ann, later("test", State.SKIPPED)])
    expected = text(f"""
        run {SECOND} of test at Mon 2026-03-02 03:31 CET: skipped
          after       build {FIRST} failed  -> Mon 2026-03-02 03:30 CET  schedules.yaml:4
          by hand     triggered by ann     -> Mon 2026-03-02 03:30 CET
          skipped     {SECOND}: for a reason
    """)

    assert f"{expected}\n" == told(sched, SECOND)


def emitted(sched: Sched, cause: str, job: str, trigger: Trigger = Trigger.EVENT) -> None:
    """Write the history of a run that the only event has caused, at its very time."""
    payload = '{"source": "web-1", "path": "/srv/in/a b", "part": "on.0"}'
    event = Emitted(cause.split()[1], payload, who="ann", time=FIRED)
    if trigger is Trigger.FILE:
        event = Emitted(FILE, payload, time=FIRED, job=job)
    write_past(sched, [Past(job, State.SUCCEEDED, trigger=trigger, cause=cause)], events=[event])


@pytest.mark.parametrize(
    ("cause", "job", "trigger", "step"),
    [
        (
            "event lead.opted_in 1", "lead", Trigger.EVENT,
            "event       lead.opted_in 1 by ann  -> Mon 2026-03-02 03:30 CET  schedules.yaml:13",
        ),
        (
            "event order.x 1", "lead", Trigger.EVENT,
            "event       order.x 1 by ann  -> Mon 2026-03-02 03:30 CET  schedules.yaml:12",
        ),
        (
            "event gone.x 1", "lead", Trigger.EVENT,
            "event       gone.x 1 by ann  -> Mon 2026-03-02 03:30 CET",
        ),
        (
            "event lead.opted_in 7", "lead", Trigger.EVENT,
            ("event       lead.opted_in 7, which is no more in the history  -> Mon 2026-03-02"
            " 03:30 CET"),
        ),
        (
            "file /srv/in/a b 1", "load", Trigger.FILE,
            "file        /srv/in/a b  -> Mon 2026-03-02 03:30 CET  schedules.yaml:18",
        ),
        (
            "no heartbeat since 2026-03-02T02:15:00+00:00", "quiet", Trigger.EVENT,
            ("on          no heartbeat since Mon 2026-03-02 03:15 CET  -> Mon 2026-03-02 03:30 CET"
            "  schedules.yaml:17"),
        ),
        (
            "after build 7k3m2q", "test", Trigger.AFTER,
            ("after       build 7k3m2q, which is no more in the history  -> Mon 2026-03-02 03:30"
            " CET  schedules.yaml:4"),
        ),
    ],
)  # fmt: skip
def test_the_first_cause_may_be_anything_else(
    sched: Sched, cause: str, job: str, trigger: Trigger, step: str
) -> None:
    sched.write(JOBS)
    emitted(sched, cause, job, trigger)
    expected = text(f"""
        run {FIRST} of {job} at Mon 2026-03-02 03:30 CET: succeeded
          {step}
          succeeded   {FIRST}: on time
    """)

    assert f"{expected}\n" == told(sched, FIRST)


def test_what_is_gone_from_the_files_is_told_by_the_history_alone(chain: Sched) -> None:
    chain.write("jobs: {other: {command: x, clock: every 1h}}\n")
    expected = text(f"""
        run {LAST} of ship at Mon 2026-03-02 03:33 CET: succeeded
          after       lint {THIRD} succeeded           -> Mon 2026-03-02 03:32 CET
          after       test {SECOND} succeeded           -> Mon 2026-03-02 03:31 CET
          after       build {FIRST} succeeded          -> Mon 2026-03-02 03:30 CET
          clock       its job is gone from the files  -> Mon 2026-03-02 03:30 CET
          succeeded   {LAST}: after 20ms
    """)

    assert f"{expected}\n" == told(chain, LAST)


# ---- what is waited for, and what was heard of it


HEARS = "  hears       since Sun 2026-03-01 03:30 CET\n"


def test_a_job_is_told_what_it_waits_for_and_what_came_of_the_last(chain: Sched) -> None:
    expected = Answer(
        0,
        "test runs after build\n"
        "  after       build                   -> Thu 2099-01-01 12:00 CET  schedules.yaml:4\n"
        f"  heard       build {FIRST} succeeded  -> Mon 2026-03-02 03:30 CET\n"
        f"  succeeded   {SECOND}: after 20ms\n"
        f"{HEARS}",
        NOT_UP,
    )

    assert expected == chain("explain", "test")


BEAT = EMITTED + timedelta(seconds=4)


def micros(time: datetime) -> int:
    """Return a time as a history has it."""
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def progress(sched: Sched, job: str, part: str, *marks: datetime) -> None:
    """Write what a trigger has heard that is not enough: by its first pattern, at these times."""
    said = {part: [[number, micros(time), 0, None] for number, time in enumerate(marks)]}
    with closing(sqlite3.connect(sched.directory / ".sched/history.db")) as db, db:
        db.execute("UPDATE cursors SET progress = ? WHERE job = ?", (json.dumps(said), job))


@pytest.fixture
def lively(sched: Sched) -> Sched:
    """Return the command beside a history of all that can be heard."""
    sched.write(JOBS)
    write_past(
        sched,
        [
            Past("build", State.SUCCEEDED),
            later("test"),
            later("lint", State.FAILED),
            Past("lead", State.SUCCEEDED, trigger=Trigger.EVENT, cause="event order.x 1"),
            Past("quiet", State.SUCCEEDED, trigger=Trigger.EVENT,
                 cause=f"no heartbeat since {BEAT.isoformat()}"),
            Past("load", State.FAILED, trigger=Trigger.FILE, cause="file /srv/in/a 6"),
        ],
        events=[
            Emitted("order.x", who="ann"),
            Emitted("lead.opted_in", '{"source": "shop"}'),
            Emitted("err", who="bob"),
            Emitted("paid", who="bob"),
            Emitted("heartbeat", who="cron"),
            Emitted(FILE, '{"path": "/srv/in/a", "part": "on.0"}', job="load"),
        ],
        pauses=[Pause("load", "bob", FIRED, None, "no disk")],
    )  # fmt: skip
    progress(sched, "alarm", "on.0", FIRED, datetime.now(UTC))
    progress(sched, "both", "on.0", FIRED)
    progress(sched, "ship", "after", FIRED)
    return sched


@pytest.mark.parametrize(
    ("job", "lines"),
    [
        ("ship", """
            ship runs after test and lint within 1h
              after       test and lint within 1h  -> Thu 2099-01-01 12:00 CET  schedules.yaml:6
              so far      0 of 2 within 1h
              heard       test SECOND succeeded    -> Mon 2026-03-02 03:31 CET
        """),
        ("mourn", """
            mourn runs after test failed
              after       test failed    schedules.yaml:7
        """),
        ("alarm", """
            alarm runs on err 3 times within 10m
              on          err 3 times within 10m    schedules.yaml:15
              so far      1 of 3 within 10m
              heard       err 3 by bob            -> Mon 2026-03-02 02:30:02 CET
        """),
        ("both", """
            both runs on paid and sent
              on          paid and sent    schedules.yaml:16
              so far      1 of 2, waits for sent
              heard       paid 4 by bob  -> Mon 2026-03-02 02:30:03 CET
        """),
        ("quiet", f"""
            quiet runs on no heartbeat for 15m
              on          no heartbeat for 15m    schedules.yaml:17
              heard       heartbeat 5 by cron   -> Mon 2026-03-02 02:30:04 CET
              succeeded   {past_id(4)}: on time
        """),
        ("load", f"""
            load runs on /srv/in/*
              on          /srv/in/*    schedules.yaml:18
              heard       /srv/in/a  -> Mon 2026-03-02 02:30:05 CET
              failed      {past_id(5)}: on time: no luck
        """),
    ],
)  # fmt: skip
def test_each_kind_of_trigger_is_told_with_what_it_has_heard(
    lively: Sched, job: str, lines: str
) -> None:
    paused = "  would skip  paused by bob: no disk\n" if job == "load" else ""
    expected = Answer(0, f"{text(lines)}\n{HEARS}{paused}".replace("SECOND", SECOND), NOT_UP)

    assert expected == lively("explain", job)


def test_beside_its_clock_a_job_is_told_what_else_runs_it(lively: Sched) -> None:
    begin = text(f"""
        lead runs at Thu 2099-01-01 12:00 CET
          clock       dates 2099-01-01 12:00  -> Thu 2099-01-01 12:00 CET  schedules.yaml:10
          on          order.*                                              schedules.yaml:12
          heard       order.x 1 by ann        -> Mon 2026-03-02 02:30 CET
          succeeded   {LAST}: on time
          on          lead.opted_in                                        schedules.yaml:13
    """)

    assert f"{begin}\n{HEARS}" == told(lively, "lead")


def test_a_silence_that_goes_on_says_when_it_will_have_lasted_long_enough(sched: Sched) -> None:
    sched.write(JOBS)
    beat = datetime.now(UTC).replace(microsecond=0)
    write_past(sched, [], events=[Emitted("heartbeat", who="cron", time=beat)])
    due = (beat + timedelta(minutes=15)).astimezone(ZoneInfo("Europe/Berlin"))
    expected = ("on no heartbeat for 15m", due.isoformat())

    (entry,) = json.loads(told(sched, "quiet", "--json"))

    assert expected == (entry["why"], entry["waits"]["cause_time"])


def test_json_has_each_trigger_below_the_fire_time(lively: Sched) -> None:
    first, order, lead = json.loads(told(lively, "lead", "--json"))

    assert ("dates 2099-01-01 12:00", False) == (first["clock"], "waits" in first)
    heard = {
        "cause": "event", "text": "order.x 1 by ann", "time": "2026-03-02T02:30:00+01:00",
        "job": None, "run": None, "state": None, "event": 1, "who": "ann",
        "file": "schedules.yaml", "line": 12,
    }  # fmt: skip
    (record,) = order["waits"].pop("records")
    assert (LAST, "event order.x 1") == (record["id"], record["cause"])
    assert {
        "cause": "on order.*", "cause_time": None, "since": "2026-03-01T03:30:00+01:00",
        "so_far": None, "heard": heard,
    } == order["waits"]  # fmt: skip
    assert list(order) == [*list(first), "waits"]
    assert ("on lead.opted_in", 13, None) == (lead["why"], lead["line"], lead["waits"]["heard"])


def test_a_job_that_no_runner_has_loaded_has_heard_nothing(sched: Sched) -> None:
    sched.write(JOBS)
    expected = Answer(
        0,
        "test runs after build\n"
        "  after       build  -> Thu 2099-01-01 12:00 CET  schedules.yaml:4\n"
        "  hears       no runner has loaded it yet\n",
        "",
    )

    assert expected == sched("explain", "test")


def test_with_a_runner_up_nothing_is_warned_of(chain: Sched, runner: Answering) -> None:
    assert runner is not None

    assert "" == chain("explain", "test").stderr


# ---- a day


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("test 2026-03-02",
         f"""
            test on Mon 2026-03-02: 1 succeeded
              after       {BUILT}  -> Mon 2026-03-02 03:30 CET  schedules.yaml:4
              clock       {DATES}  -> Mon 2026-03-02 03:30 CET  schedules.yaml:3
              succeeded   {SECOND}: after 20ms
         """),
        ("test 2026-03-03",
         """
            no run on Tue 2026-03-03: nothing has caused one
              next        after build
         """),
        ("test 2099-01-01",
         """
            no run on Thu 2099-01-01: it has no clock
              next        after build
         """),
        ("off", "off is disabled; else it would run after build"),
    ],
)  # fmt: skip
def test_a_day_of_a_job_without_a_clock_is_told_by_its_runs(
    chain: Sched, words: str, expected: str
) -> None:
    assert f"{text(expected)}\n" == told(chain, *words.split())
