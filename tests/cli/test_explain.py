"""`sched explain`: why a job does or does not run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched, text
from records import Record, write_records
from schedkit.run import Pause, State, Trigger
from talking import Answering

JOBS = """\
timezone: America/New_York
calendars:
  office: {weekend: sat-sun, closed: [2099-12-24]}
jobs:
  report:
    command: x
    clock:
      - daily at 09:00
      - weekly sat at 10:00
    filters:
      - months jan-dec
      - business_day office
  payroll:
    command: x
    clock: monthly 3,4 at 09:00
    adjustments:
      - next_weekday
      - add 1d
      - next_weekday
  early: {command: x, clock: daily at 02:30}
  busy: {command: x, clock: every 1h}
  off: {command: x, clock: daily at 09:00, enabled: false}
  project:
    command: x
    clock: weekly sat at 09:00
    adjustments: next_weekday
    start: 2099-11-24 00:00
    end: 2099-12-06 00:00
  over: {command: x, clock: daily at 09:00, end: 2025-12-31 18:00}
"""
TOLD = {
    ("report", "2099-11-27"): """\
report runs on Fri 2099-11-27
  clock       daily at 09:00  -> Fri 2099-11-27 09:00 EST  schedules.yaml:8
""",
    ("report", "2099-11-27 09:00"): """\
report runs at Fri 2099-11-27 09:00 EST
  clock       daily at 09:00  -> Fri 2099-11-27 09:00 EST  schedules.yaml:8
""",
    ("report", "2099-11-27T14:00+00:00"): """\
report runs at Fri 2099-11-27 09:00 EST
  clock       daily at 09:00  -> Fri 2099-11-27 09:00 EST  schedules.yaml:8
""",
    ("report", "2099-11-28"): """\
no run on Sat 2099-11-28: filtered
  clock       daily at 09:00       -> Sat 2099-11-28 09:00 EST  schedules.yaml:8
  filter      business_day office     dropped: weekend          schedules.yaml:12
  clock       weekly sat at 10:00  -> Sat 2099-11-28 10:00 EST  schedules.yaml:9
  filter      business_day office     dropped: weekend          schedules.yaml:12
""",
    ("report", "2099-12-24"): """\
no run on Thu 2099-12-24: filtered
  clock       daily at 09:00       -> Thu 2099-12-24 09:00 EST  schedules.yaml:8
  filter      business_day office     dropped: closed           schedules.yaml:12
""",
    ("report", "2099-11-27 08:00"): """\
no run at Fri 2099-11-27 08:00 EST: no clock names a time then
  next        Fri 2099-11-27 09:00 EST
""",
    ("payroll", "2099-07-04"): """\
no run on Sat 2099-07-04: moved
  clock       monthly 3,4 at 09:00  -> Sat 2099-07-04 09:00 EDT  schedules.yaml:15
  adjustment  next_weekday          -> Mon 2099-07-06 09:00      schedules.yaml:17
  adjustment  add 1d                -> Tue 2099-07-07 09:00 EDT  schedules.yaml:18
""",
    ("payroll", "2099-07-06"): """\
payroll runs on Mon 2099-07-06
  clock       monthly 3,4 at 09:00  -> Fri 2099-07-03 09:00 EDT  schedules.yaml:15
  adjustment  add 1d                -> Sat 2099-07-04 09:00      schedules.yaml:18
  adjustment  next_weekday          -> Mon 2099-07-06 09:00 EDT  schedules.yaml:19
""",
    ("early", "2099-03-08"): """\
early runs on Sun 2099-03-08
  clock       daily at 02:30  -> Sun 2099-03-08 03:00 EDT  schedules.yaml:20
              a clock change skips 02:30
""",
    ("off", "2099-11-27"): """\
off runs on Fri 2099-11-27 if it were enabled
  clock       daily at 09:00  -> Fri 2099-11-27 09:00 EST  schedules.yaml:22
""",
    ("project", "2099-11-23"): """\
no run on Mon 2099-11-23: before start
  clock       weekly sat at 09:00  -> Sat 2099-11-21 09:00 EST  schedules.yaml:25
  adjustment  next_weekday         -> Mon 2099-11-23 09:00      schedules.yaml:26
  start       2099-11-24 00:00        dropped: before start     schedules.yaml:27
""",
    ("project", "2099-12-05"): """\
no run on Sat 2099-12-05: after end
  clock       weekly sat at 09:00  -> Sat 2099-12-05 09:00 EST  schedules.yaml:25
  adjustment  next_weekday         -> Mon 2099-12-07 09:00      schedules.yaml:26
  end         2099-12-06 00:00        dropped: after end        schedules.yaml:28
""",
    ("project", "2099-12-02"): """\
no run on Wed 2099-12-02: no clock names a time then
  next        no fire up to its end, 2099-12-06 00:00
""",
    ("over",): """\
over never runs: no fire up to its end, 2025-12-31 18:00
""",
}


NOT_UP = "no runner is up: what is to come would be missed; start one: sched run\n"


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of jobs."""
    sched.write(JOBS)
    return sched


def lines(written: str) -> str:
    return text(written) + "\n"


@pytest.mark.parametrize(("arguments", "stdout"), TOLD.items())
def test_a_day_or_a_time_is_explained_step_by_step(
    filled: Sched, arguments: tuple[str, ...], stdout: str
) -> None:
    expected = Answer(0, stdout, "")

    actual = filled("explain", *arguments)

    assert expected == actual


def test_of_many_times_the_first_twelve_are_told(filled: Sched) -> None:
    every = "all of them: sched next busy --from 2099-03-08T00:00:00-05:00"
    expected = (
        ["busy runs 23 times on Sun 2099-03-08", 14, "  ... and 11 more times"],
        f"{every} --until 2099-03-08T23:59:59-04:00\n",
    )

    answer = filled("explain", "busy", "2099-03-08")
    told = answer.stdout.splitlines()
    actual = ([told[0], len(told), told[-1]], answer.stderr)

    assert expected == actual


def test_json_is_one_array_of_candidates(filled: Sched) -> None:
    expected = Answer(
        0,
        lines("""
            [
              {
                "job": "payroll",
                "candidate": "2099-07-04T09:00:00-04:00",
                "nominal": "2099-07-04T09:00:00",
                "clock": "monthly 3,4 at 09:00",
                "dropped_by": null,
                "why": null,
                "moves": [
                  {
                    "adjustment": "next_weekday",
                    "to": "2099-07-06T09:00:00"
                  },
                  {
                    "adjustment": "add 1d",
                    "to": "2099-07-07T09:00:00"
                  }
                ],
                "fire_time": "2099-07-07T09:00:00-04:00",
                "file": "schedules.yaml",
                "line": 13,
                "record": null,
                "paused": null,
                "note": null,
                "causes": []
              }
            ]
        """),
        "",
    )

    actual = filled("explain", "payroll", "2099-07-07", "--json")

    assert expected == actual


def test_json_names_the_filter_and_the_holiday(sched: Sched) -> None:
    pytest.importorskip("holidays")
    sched.write("jobs: {a: {command: x, clock: daily at 09:00, filters: business_day US}}")
    expected = Answer(
        0,
        lines("""
            [
              {
                "job": "a",
                "candidate": "2099-11-26T09:00:00+00:00",
                "nominal": "2099-11-26T09:00:00",
                "clock": "daily at 09:00",
                "dropped_by": "business_day US",
                "why": "Thanksgiving Day",
                "moves": [],
                "fire_time": null,
                "file": "schedules.yaml",
                "line": 1,
                "record": null,
                "paused": null,
                "note": null,
                "causes": []
              }
            ]
        """),
        "",
    )

    actual = sched("explain", "a", "2099-11-26", "--json")

    assert expected == actual


def test_a_job_that_never_runs_again_is_said_to(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: dates 2020-01-01 00:00}}")
    expected = (0, "a never runs: no fire before ", "")

    answer = sched("explain", "a")
    actual = (answer.code, answer.stdout[:-5], answer.stderr)

    assert expected == actual


@pytest.mark.parametrize("arguments", [("a", "2060-01-01"), ("a", "2049-12-31")])
def test_the_end_of_a_calendar_is_said_and_no_traceback(
    sched: Sched, arguments: tuple[str, ...]
) -> None:
    pytest.importorskip("exchange_calendars")
    sched.write("""
        jobs:
          a:
            command: x
            clock: market_open XNYS
            adjustments: next_trading_day XNYS
    """)
    expected: list[str] = []

    answer = sched("explain", *arguments)
    actual = [line for line in answer.stderr.splitlines() if line.startswith("Traceback")]

    assert expected == actual


def test_an_unknown_job_is_named_with_the_nearest(filled: Sched) -> None:
    expected = Answer(4, "", "error: no job is named 'reprt'\n  = help: did you mean 'report'?\n")

    actual = filled("explain", "reprt", "2099-11-27")

    assert expected == actual


@pytest.mark.parametrize("arguments", [(), ("report", "soon"), ("report", "today", "now")])
def test_what_cannot_be_meant_is_a_wrong_use(filled: Sched, arguments: tuple[str, ...]) -> None:
    expected = (2, "")

    answer = filled("explain", *arguments)
    actual = (answer.code, answer.stdout)

    assert expected == actual


# ---- what became of it

PAST = """
timezone: Europe/Berlin
jobs:
  etl: {command: x, clock: every 15m, retry: 3}
  payroll: {command: x, clock: monthly 15 at 09:00, adjustments: previous_weekday}
  nightly: {command: x, clock: daily at 02:30, catchup: none}
  off: {command: x, clock: daily at 02:30, enabled: false}
  once: {command: x, clock: daily at 02:30, max_runs: 3}
"""
DAY = datetime(2026, 1, 15, 23, tzinfo=UTC)  # midnight in Berlin
QUARTER, MINUTE, MOMENT = timedelta(minutes=15), timedelta(minutes=1), timedelta(milliseconds=2)
PAYDAY = datetime(2025, 11, 14, 8, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def etl(quarters: int, state: State, reason: str | None = None, **more: Any) -> Record:
    """Return what became of a quarter of an hour of the day."""
    return Record("etl", DAY + quarters * QUARTER, state, reason, **more)


@pytest.fixture
def runs(sched: Sched) -> dict[str, str]:
    """Return the ids of runs by what is special about them."""
    sched.write(PAST)
    long = etl(6, State.SUCCEEDED, took=22 * MINUTE, late=MOMENT)
    (other,) = write_records(sched, [Record("payroll", PAYDAY, State.SUCCEEDED), long])[1:]
    names = ("skipped", "retried", "by_hand", "missed", "caught_up", "running")
    ids = write_records(
        sched,
        [
            etl(7, State.SKIPPED, f"overlap: {other} still running"),
            etl(8, State.FAILED, "pg_dump: \x1b[2J", attempts=4, exit_code=1, took=12 * MINUTE),
            Record("etl", DAY + 8 * QUARTER + 7 * MINUTE, State.SUCCEEDED, took=MINUTE,
                   trigger=Trigger.MANUAL, who="alice"),
            etl(9, State.MISSED, "no runner was up", count=34,
                last_fire_time=DAY + 42 * QUARTER),
            etl(43, State.SUCCEEDED, trigger=Trigger.CATCHUP, late=2 * QUARTER, took=MINUTE),
            etl(44, State.RUNNING),
        ],
    )  # fmt: skip
    return dict(zip(names, ids, strict=True), other=other)


def clock(wall: str) -> str:
    """Return the line of the clock that names a time."""
    return f"  clock       every 15m  -> Fri 2026-01-16 {wall} CET  schedules.yaml:4\n"


def test_a_run_that_was_skipped_says_on_account_of_which(
    sched: Sched, runs: dict[str, str]
) -> None:
    became = "still running, ended 01:52 (succeeded)"
    expected = Answer(
        0,
        "etl was due at Fri 2026-01-16 01:45 CET: skipped\n"
        + clock("01:45")
        + f"  skipped     {runs['skipped']}: run {runs['other']} of 01:30 was {became}\n",
        "",
    )

    actual = sched("explain", "etl", "2026-01-16 01:45")

    assert expected == actual


def test_a_whole_day_is_told_in_order_with_what_is_alike_as_one(
    sched: Sched, runs: dict[str, str]
) -> None:
    told = text("""
        etl was due 96 times on Fri 2026-01-16: {counts}; beside the schedule: 1 succeeded
          clock       every 15m           -> Fri 2026-01-16 00:00 CET  schedules.yaml:4
          no record   its record was pruned, or the job was disabled then
          ...         and 5 more up to Fri 2026-01-16 01:15 CET
          clock       every 15m           -> Fri 2026-01-16 01:30 CET  schedules.yaml:4
          succeeded   {other}: after 22m00s, 2ms late
          clock       every 15m           -> Fri 2026-01-16 01:45 CET  schedules.yaml:4
          skipped     {skipped}: run {other} of 01:30 was still running, ended 01:52 (succeeded)
          clock       every 15m           -> Fri 2026-01-16 02:00 CET  schedules.yaml:4
          failed      {retried}: after 12m00s, exit 1, attempt 4 of 4: pg_dump: \\x1b[2J
          by hand     triggered by alice  -> Fri 2026-01-16 02:07 CET
          succeeded   {by_hand}: after 1m00s
          clock       every 15m           -> Fri 2026-01-16 02:15 CET  schedules.yaml:4
          missed      {missed}: one of 34 fire times missed between 02:15 and 10:30: {why}
          ...         and 33 more up to Fri 2026-01-16 10:30 CET
          clock       every 15m           -> Fri 2026-01-16 10:45 CET  schedules.yaml:4
          succeeded   {caught_up}: after 1m00s, caught up 30m00s late
          clock       every 15m           -> Fri 2026-01-16 11:00 CET  schedules.yaml:4
          running     {running}: for {so_far} so far
          clock       every 15m           -> Fri 2026-01-16 11:15 CET  schedules.yaml:4
          no record   no runner was up; one that starts now counts it as missed
          ...         and 50 more up to Fri 2026-01-16 23:45 CET
    """)
    counts = "57 without a record, 34 missed, 2 succeeded, 1 skipped, 1 failed, 1 running"

    answer = sched("explain", "etl", "2026-01-16")
    so_far = answer.stdout.partition(": for ")[2].partition(" so far")[0]
    filled = told.format(counts=counts, so_far=so_far, why="no runner was up", **runs)

    assert Answer(0, f"{filled}\n", "") == answer


def test_what_was_moved_away_is_told_where_it_went(sched: Sched, runs: dict[str, str]) -> None:
    assert runs
    expected = text("""
        no run on Sat 2025-11-15: moved
          clock       monthly 15 at 09:00  -> Sat 2025-11-15 09:00 CET  schedules.yaml:5
          adjustment  previous_weekday     -> Fri 2025-11-14 09:00 CET  schedules.yaml:5
          succeeded   {run}: after 0ms
    """)

    answer = sched("explain", "payroll", "2025-11-15")
    run = sched("history", "payroll").stdout.splitlines()[1].partition("\t")[0]

    assert Answer(0, expected.format(run=run) + "\n", "") == answer


@pytest.mark.parametrize("name", ["skipped", "by_hand", "missed"])
def test_a_run_is_explained_by_its_id(sched: Sched, runs: dict[str, str], name: str) -> None:
    became = {
        "skipped": f"run {runs['other']} of 01:30 was still running, ended 01:52 (succeeded)",
        "by_hand": "after 1m00s",
        "missed": "one of 34 fire times missed between 02:15 and 10:30: no runner was up",
    }[name]
    wall, state = {
        "skipped": ("01:45", "skipped"),
        "by_hand": ("02:07", "succeeded"),
        "missed": ("02:15", "missed"),
    }[name]
    how = clock(wall)
    if name == "by_hand":
        how = "  by hand     triggered by alice  -> Fri 2026-01-16 02:07 CET\n"
    expected = Answer(
        0,
        f"run {runs[name]} of etl at Fri 2026-01-16 {wall} CET: {state}\n{how}"
        f"  {state:<11} {runs[name]}: {became}\n",
        "",
    )

    assert expected == sched("explain", runs[name])


def test_a_run_has_its_own_time(sched: Sched, runs: dict[str, str]) -> None:
    run = runs["missed"]
    expected = Answer(2, "", f"error: a run has its time: sched explain {run}\n")

    assert expected == sched("explain", run, "2026-01-16")


def test_json_has_the_record_of_each_candidate(sched: Sched, runs: dict[str, str]) -> None:
    answer = sched("explain", "etl", "2026-01-16", "--json")
    entries = json.loads(answer.stdout)
    (record,) = json.loads(sched("history", "etl", "--state", "failed", "--json").stdout)
    of_failed, by_hand = entries[8:10]

    assert ("", 97) == (answer.stderr, len(entries))
    assert {
        "job": "etl",
        "candidate": "2026-01-16T02:00:00+01:00",
        "nominal": "2026-01-16T02:00:00",
        "clock": "every 15m",
        "dropped_by": None,
        "why": None,
        "moves": [],
        "fire_time": "2026-01-16T02:00:00+01:00",
        "file": "schedules.yaml",
        "line": 4,
        "record": record,
        "paused": None,
        "note": None,
        "causes": [],
    } == of_failed
    assert of_failed.keys() == by_hand.keys()
    assert (None, None, "triggered by alice", "2026-01-16T02:07:00+01:00", runs["by_hand"]) == (
        by_hand["candidate"],
        by_hand["clock"],
        by_hand["why"],
        by_hand["fire_time"],
        by_hand["record"]["id"],
    )
    assert "no runner was up; one that starts now counts it as missed" == entries[-1]["note"]


def test_of_a_job_that_is_gone_from_the_files_the_records_are_told(
    sched: Sched, runs: dict[str, str]
) -> None:
    sched.write("jobs: {other: {command: x, clock: every 1h}}")
    expected = [
        Answer(
            0,
            "etl is not in the files any more; at Fri 2026-01-16 01:30 CET: 1 succeeded\n"
            "  clock       its job is gone from the files  -> Fri 2026-01-16 01:30 CET\n"
            f"  succeeded   {runs['other']}: after 22m00s, 2ms late\n",
            "",
        ),
        Answer(0, "etl is not in the files any more; on Thu 2026-01-01: no record\n", ""),
    ]

    actual = [sched("explain", "etl", when) for when in ("2026-01-16 01:30", "2026-01-01")]

    assert expected == actual


def test_a_schedule_that_was_another_then_is_said_to_have_been(
    sched: Sched, runs: dict[str, str]
) -> None:
    """A record of a time that no clock names now is told all the same."""
    sched.write(PAST.replace("every 15m", "daily at 05:00"))
    expected = Answer(
        0,
        "no run at Fri 2026-01-16 01:30 CET: no clock names a time then;"
        " beside the schedule: 1 succeeded\n"
        "  clock       the schedule was another then  -> Fri 2026-01-16 01:30 CET\n"
        f"  succeeded   {runs['other']}: after 22m00s, 2ms late\n",
        "",
    )

    assert expected == sched("explain", "etl", "2026-01-16 01:30")


@pytest.mark.parametrize(
    ("job", "loaded", "why"),
    [
        ("nightly", DAY + 400 * MINUTE, "the job was not loaded before Fri 2026-01-16 06:40 CET"),
        ("nightly", LONG_AGO, "no runner was up; one that starts now counts it as missed"),
        ("off", LONG_AGO, "the job is disabled"),
    ],
)
def test_a_time_without_a_record_says_why(
    sched: Sched, job: str, loaded: datetime, why: str
) -> None:
    sched.write(PAST)
    write_records(sched, [], loaded=loaded)
    line = 6 if job == "nightly" else 7
    expected = Answer(
        0,
        f"{job} was due on Fri 2026-01-16: without a record\n"
        f"  clock       daily at 02:30  -> Fri 2026-01-16 02:30 CET  schedules.yaml:{line}\n"
        f"  no record   {why}\n",
        "",
    )

    assert expected == sched("explain", job, "2026-01-16")


def test_a_time_without_a_history_says_so(sched: Sched) -> None:
    sched.write(PAST)
    expected = "  no record   no runner has been up yet"

    assert expected == sched("explain", "nightly", "2026-01-16").stdout.splitlines()[-1]


def test_a_fire_time_that_was_run_again_has_both_its_records(
    sched: Sched, runs: dict[str, str]
) -> None:
    (again,) = write_records(
        sched, [etl(7, State.SUCCEEDED, trigger=Trigger.BACKFILL, who="alice", took=MINUTE)]
    )
    why = f"run {runs['other']} of 01:30 was still running, ended 01:52 (succeeded)"
    expected = Answer(
        0,
        "etl was due at Fri 2026-01-16 01:45 CET: skipped; beside the schedule: 1 succeeded\n"
        "  clock       every 15m            -> Fri 2026-01-16 01:45 CET  schedules.yaml:4\n"
        f"  skipped     {runs['skipped']}: {why}\n"
        "  backfill    backfilled by alice  -> Fri 2026-01-16 01:45 CET\n"
        f"  succeeded   {again}: after 1m00s\n",
        "",
    )

    assert expected == sched("explain", "etl", "2026-01-16 01:45")


# ---- what would become of it


def test_what_somebody_asked_for_is_told_among_what_comes(sched: Sched) -> None:
    sched.write(PAST)
    fire = datetime(2099, 1, 16, 9, 7, tzinfo=UTC)
    asked = Record("nightly", fire, State.QUEUED, trigger=Trigger.AT, who="alice")
    (run,) = write_records(sched, [asked], loaded=LONG_AGO)
    expected = Answer(
        0,
        "nightly runs on Fri 2099-01-16; beside the schedule: 1 queued\n"
        "  clock       daily at 02:30      -> Fri 2099-01-16 02:30 CET  schedules.yaml:6\n"
        "  at          asked for by alice  -> Fri 2099-01-16 10:07 CET\n"
        f"  queued      {run}: waits for its time\n",
        NOT_UP,
    )

    assert expected == sched("explain", "nightly", "2099-01-16")


def test_what_is_paused_would_be_skipped(sched: Sched) -> None:
    sched.write(PAST)
    pause = Pause("nightly", "bob", LONG_AGO, datetime(2099, 2, 1, tzinfo=UTC), "no \x1b disk")
    write_records(sched, [], loaded=LONG_AGO, pauses=[pause])
    expected = [
        Answer(
            0,
            "nightly is due on Fri 2099-01-16: to be skipped\n"
            "  clock       daily at 02:30  -> Fri 2099-01-16 02:30 CET  schedules.yaml:6\n"
            "  would skip  paused by bob until Sun 2099-02-01 01:00 CET: no \\x1b disk\n",
            "",
        ),
        Answer(
            0,
            "nightly runs on Mon 2099-02-02\n"
            "  clock       daily at 02:30  -> Mon 2099-02-02 02:30 CET  schedules.yaml:6\n",
            NOT_UP,
        ),
    ]

    assert expected == [sched("explain", "nightly", day) for day in ("2099-01-16", "2099-02-02")]
    (entry,) = json.loads(sched("explain", "nightly", "2099-01-16", "--json").stdout)
    assert {
        "who": "bob",
        "since": "2025-01-01T00:00:00+00:00",
        "until": "2099-02-01T00:00:00+00:00",
        "reason": "no \x1b disk",
    } == entry["paused"]


def test_what_has_had_its_runs_would_be_skipped(sched: Sched) -> None:
    sched.write(PAST)
    fire = datetime(2026, 1, 16, 1, 30, tzinfo=UTC)
    write_records(sched, [Record("once", fire, State.SKIPPED, "max_runs: it has had 3")])
    expected = Answer(
        0,
        "once is due on Fri 2099-01-16: to be skipped\n"
        "  clock       daily at 02:30  -> Fri 2099-01-16 02:30 CET  schedules.yaml:8\n"
        "  would skip  max_runs: it has had 3\n",
        "",
    )

    assert expected == sched("explain", "once", "2099-01-16")


def test_with_a_runner_up_nothing_is_warned_of(sched: Sched, runner: Answering) -> None:
    sched.write(PAST)
    assert runner is not None

    assert "" == sched("explain", "nightly").stderr


def test_on_a_terminal_what_became_is_coloured(sched: Sched, runs: dict[str, str]) -> None:
    expected = text(f"""
        run {runs["retried"]} of etl at Fri 2026-01-16 02:00 CET: failed
          clock       every 15m  -> Fri 2026-01-16 02:00 CET  schedules.yaml:4
          \x1b[31mfailed     \x1b[0m {runs["retried"]}: {{became}}: pg_dump: \\x1b[2J
    """).format(became="after 12m00s, exit 1, attempt 4 of 4")

    actual = on_terminal(sched, "explain", runs["retried"])

    assert f"{expected}\n" == actual


def test_what_starts_with_the_runner_says_so(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: startup}}")
    expected = Answer(0, "a runs when the runner starts\n", "")

    assert expected == sched("explain", "a")
    assert Answer(0, "[]\n", expected.stdout) == sched("explain", "a", "--json")
