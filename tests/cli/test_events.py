"""`sched events`: what has happened beside time, and what has come of it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched, load, text
from past import FIRED, Past, past_id, write_past
from schedkit.cli import causation
from schedkit.events import FILE, Emitted, Event
from schedkit.listening import Mark, cause, listeners
from schedkit.run import State, Trigger
from schedkit.store import SQLiteReader

JOBS = """
jobs:
  build: {command: x, clock: every 1h}
  ship: {command: x, after: build}
  qualify: {command: x, on: {event: lead.*}}
  load: {command: x, on: {path: /srv/in/*}}
"""
HEADER = "EVENT\tTIME\tNAME\tWHO\tKEY\tRUNS\tPAYLOAD\n"
LEAD = (
    "1\t2026-03-02T01:30:00+00:00\tlead.opted_in\tann\torder 7"
    f"\tqualify {past_id(1)} succeeded; ship {past_id(2)} failed"
    '\t{"email":"a@b.c","n":1,"é":"\\u0001"}\n'
)
FILE_ROW = (
    f"2\t2026-03-02T01:30:01+00:00\tfile\tload\t-\tload {past_id(3)} succeeded"
    '\t{"path":"/srv/in/a b.csv"}\n'
)
LATE = "3\t2026-03-02T01:30:02+00:00\tsla.late_after\tbuild\t-\t-\t{}\n"
PAID = "4\t2026-03-02T01:30:03+00:00\tpaid\\x1b\tbob\\n\t-\t-\t{}\n"
BUILT = (
    f"5\t2026-03-02T02:30:00+00:00\trun.succeeded\tbuild {past_id(0)}\t-"
    f"\tship {past_id(4)} running\t{{}}\n"
)


@pytest.fixture
def past(sched: Sched) -> Sched:
    """Return the command beside a history of events of every kind."""
    sched.write(JOBS)
    write_past(
        sched,
        [
            Past("build", State.SUCCEEDED),
            Past("qualify", State.SUCCEEDED, trigger=Trigger.EVENT, cause="event lead.opted_in 1"),
            Past("ship", State.FAILED, trigger=Trigger.EVENT, cause="event lead.opted_in 1"),
            Past("load", State.SUCCEEDED, trigger=Trigger.FILE, cause="file /srv/in/a b.csv 2"),
            Past("ship", State.RUNNING, trigger=Trigger.AFTER, cause="after build {0}"),
        ],
        events=[
            Emitted("lead.opted_in", '{"email": "a@b.c", "n": 1, "é": "\\u0001"}', "order 7",
                    who="ann"),
            Emitted(FILE, '{"path": "/srv/in/a b.csv"}', job="load"),
            Emitted("sla.late_after", job="build"),
            Emitted("paid\x1b", who="bob\n"),
        ],
    )  # fmt: skip
    return sched


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("", PAID + LATE + FILE_ROW + LEAD),
        ("--all", BUILT + PAID + LATE + FILE_ROW + LEAD),
        ("lead.*", LEAD),
        ("lead.* file", FILE_ROW + LEAD),
        ("run.succeeded", BUILT),
        ("*d*", PAID + LEAD),
        ("--since 2026-03-02T01:30:01Z --until 2026-03-02T01:30:02Z", LATE + FILE_ROW),
        ("-n 2", PAID + LATE),
        ("-n 2 --all", BUILT + PAID),
    ],
)
def test_only_what_is_asked_for_is_shown(past: Sched, words: str, rows: str) -> None:
    expected = Answer(0, HEADER + rows, "")

    actual = past("events", *words.split())

    assert expected == actual


def test_json_has_every_part_by_name(past: Sched) -> None:
    expected = [
        {
            "id": 5, "time": "2026-03-02T02:30:00+00:00", "name": "run.succeeded", "key": None,
            "job": "build", "run": past_id(0), "who": "runner", "payload": {},
            "runs": [{"job": "ship", "run": past_id(4), "state": "running"}],
        },
        {
            "id": 1, "time": "2026-03-02T01:30:00+00:00", "name": "lead.opted_in",
            "key": "order 7", "job": None, "run": None, "who": "ann",
            "payload": {"email": "a@b.c", "n": 1, "é": "\x01"},
            "runs": [
                {"job": "qualify", "run": past_id(1), "state": "succeeded"},
                {"job": "ship", "run": past_id(2), "state": "failed"},
            ],
        },
    ]  # fmt: skip

    actual = json.loads(past("events", "lead.*", "run.*", "--json").stdout)

    assert expected == actual
    assert [list(one) for one in expected] == [list(one) for one in actual]


def test_on_a_terminal_it_is_aligned_and_long_payloads_are_cut(sched: Sched) -> None:
    sched.write(JOBS)
    long = json.dumps({"note": "x" * 100})
    write_past(sched, [], events=[
        Emitted("lead.opted_in", long, "order 7", who="ann"), Emitted("paid", who="bob"),
    ])  # fmt: skip
    cut = '{"note":"' + "x" * 50 + "…"
    expected = text(f"""
        EVENT  TIME                 NAME           WHO  KEY      RUNS  PAYLOAD
        2      2026-03-02 01:30:01  paid           bob  -        -     {{}}
        1      2026-03-02 01:30:00  lead.opted_in  ann  order 7  -     {cut}
    """)

    actual = on_terminal(sched, "events", NO_COLOR="1", COLUMNS="150")

    assert f"{expected}\n" == actual


def test_on_a_narrow_terminal_what_came_of_it_stays(past: Sched) -> None:
    expected = text(f"""
        EVENT  TIME                 NAME           RUNS
        1      2026-03-02 01:30:00  lead.opted_in  qualify {past_id(1)} succeeded; ship 5…
    """)

    actual = on_terminal(past, "events", "lead.*", NO_COLOR="1", COLUMNS="76")

    assert f"{expected}\n" == actual


def test_a_cell_is_coloured(past: Sched) -> None:
    expected = (
        "\x1b[1mEVENT  TIME                 NAME  WHO   KEY  RUNS                 "
        "  PAYLOAD\x1b[0m\n"
        "\x1b[2m2\x1b[0m      2026-03-02 01:30:01  \x1b[1mfile\x1b[0m  load  -"
        f'    \x1b[36mload {past_id(3)} succeeded\x1b[0m  {{"path":"/srv/in/a b.csv"}}\n'
    )

    actual = on_terminal(past, "events", "file")

    assert expected == actual


# ---- what there is none of, and more of


def test_that_there_are_more_is_said_with_how_to_see_them(sched: Sched) -> None:
    sched.write(JOBS)
    write_past(sched, [], events=[Emitted("lead.x") for _ in range(21)])

    answers = [sched("events", *words) for words in ((), ("lead.*", "--all"), ("-n", "20"))]

    assert [(0, 21), (0, 21), (0, 21)] == [(a.code, a.stdout.count("\n")) for a in answers]
    assert [
        "there are more: sched events -n 100\n",
        "there are more: sched events 'lead.*' --all -n 100\n",
        "",
    ] == [answer.stderr for answer in answers]
    assert 22 == sched("events", "--since", "2026-01-01").stdout.count("\n")


def test_twenty_are_all_there_are(sched: Sched) -> None:
    sched.write(JOBS)
    write_past(sched, [], events=[Emitted("lead.x") for _ in range(20)])

    answer = sched("events")

    assert (21, "") == (answer.stdout.count("\n"), answer.stderr)


@pytest.mark.parametrize("there_is_one", [False, True])
def test_where_nothing_has_happened_it_says_so(sched: Sched, *, there_is_one: bool) -> None:
    sched.write(JOBS)
    if there_is_one:
        write_past(sched, [Past("build", State.SUCCEEDED)])
    expected = Answer(0, HEADER, "nothing has happened yet: sched emit EVENT\n")

    actual = sched("events")

    assert expected == actual
    assert Answer(0, "[]\n", "") == sched("events", "--json")


def test_where_no_event_matches_it_says_so(past: Sched) -> None:
    expected = Answer(0, HEADER, "no event matches; all there are: sched events --all\n")

    assert expected == past("events", "frob")
    assert expected == past("events", "--until", "2020-01-01")


def test_an_end_before_the_beginning_is_refused(past: Sched) -> None:
    expected = Answer(2, "", "error: --until is before --since\n")

    actual = past("events", "--since", "2026-03-02", "--until", "2026-03-01")

    assert expected == actual


# ---- which runs


def test_the_last_of_those_that_a_run_waited_for_has_caused_it(sched: Sched) -> None:
    sched.write("""
        jobs:
          build: {command: x, clock: every 1h}
          test: {command: x, after: build}
          ship: {command: x, after: {all: [build, test]}}
    """)
    write_past(
        sched,
        [
            Past("build", State.SUCCEEDED),
            Past("test", State.SUCCEEDED, trigger=Trigger.AFTER, cause="after build {0}"),
            Past("ship", State.FAILED, trigger=Trigger.AFTER, cause="after {0} {1}"),
        ],
    )
    build, test, ship = map(past_id, range(3))
    expected = text(f"""
        EVENT  TIME                 NAME           WHO           KEY  RUNS                   PAYLOAD
        2      2026-03-02 02:31:00  run.succeeded  test {test}   -    ship {ship} failed     {{}}
        1      2026-03-02 02:30:00  run.succeeded  build {build}  -    test {test} succeeded  {{}}
    """)

    actual = on_terminal(sched, "events", "--all", NO_COLOR="1", COLUMNS="120")

    assert f"{expected}\n" == actual


def test_that_a_run_began_has_caused_nothing_that_its_end_has(past: Sched) -> None:
    with closing(SQLiteReader.open(past.directory / ".sched" / "history.db")) as store:
        (ended,) = store.events(["run.*"], None)
        began = ended._replace(id=4711, name="run.running")
        caused = causation.runs_of([began, ended], store)

    assert {ended.id: [past_id(4)]} == {
        key: [run.id for run in runs] for key, runs in caused.items()
    }


# ---- the words of causes


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        ("on: {event: lead.*}", Event(4, FIRED, "lead.in", "k", None, None, "ann", {})),
        ("on: {event: sla.*}", Event(4, FIRED, "sla.late_after", "k", "b", 7, "runner", {})),
        ("on: {event: x, count: 2}", Event(4, FIRED, "x", None, None, None, "ann", {})),
        ("on: {path: /srv/*}", Event(4, FIRED, FILE, None, "a", None, "x", {"path": "/srv/x"})),
        ("on: {path: /srv/*}", Event(4, FIRED, FILE, None, "a", None, "x", {"path": "/\udcff"})),
    ],
)  # fmt: skip
def test_what_an_event_has_caused_is_found_by_the_words_of_a_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, event: Event
) -> None:
    monkeypatch.chdir(tmp_path)
    jobs = load(f"jobs: {{build: {{command: x, clock: every 1h}}, a: {{command: x, {keys}}}}}")
    (listener,) = listeners(jobs.by_name["a"])
    marks = [Mark(event.id, event.time, 0, event.run)]

    expected = cause(listener, marks, event, event.job)

    assert expected == causation.text(event)
