"""`sched list`: one line a job."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched, text
from past import FIRED, Past, write_past
from schedkit.cli import render
from schedkit.run import Pause, State

HEADER = "JOB\tSCHEDULE\tZONE\tSTATE\tLAST\tWHEN\tRUNS\tNEXT\tIN\tDESCRIPTION\n"
HINT = "\n  = help: see them: sched list\n"
JOBS = """
timezone: Europe/Berlin
jobs:
  off:
    command: x
    clock: [daily at 02:30, every 5m]
    filters: [weekday, not: {on_date: 12-25}]
    adjustments: [add 5d, next_weekday]
    enabled: false
    description: "red \\e[31m alert\\tand\\nmore"
  off-too: {command: x, clock: every 1h, enabled: false, timezone: UTC}
  old: {command: x, clock: {dates: 2020-01-01 00:00}}
"""
OFF = (
    "off\tdaily at 02:30 or every 5m if weekday and not on_date 12-25 then add 5d, next_weekday\t"
    "Europe/Berlin\tdisabled\t-\t-\t-\t-\t-\tred \\x1b[31m alert\\tand\\nmore\n"
)
OFF_TOO = "off-too\tevery 1h\tUTC\tdisabled\t-\t-\t-\t-\t-\t\n"
OLD = "old\tdates 2020-01-01 00:00\tEurope/Berlin\tenabled\t-\t-\t-\t-\tnever\t\n"
AT_STARTUP = "jobs: {a: {command: x, clock: startup}}\n"
# One fire time a minute; the last are on the right.
ALL_STATES = [
    State.FAILED,  # an eleventh is not shown
    State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.LOST, State.CANCELLED, State.SKIPPED,
    State.MISSED, State.RETRYING, State.SUCCEEDED, State.RUNNING,
]  # fmt: skip


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of jobs that do not fire: those that do change."""
    sched.write(JOBS)
    return sched


@pytest.fixture
def lively(sched: Sched) -> Sched:
    """Return the command beside a job with a history of all states, and one that is paused."""
    sched.write("""
        jobs:
          a: {command: x, clock: startup}
          日本: {command: x, clock: startup, description: Once a day}
    """)
    past = [Past("a", state, duration=timedelta(seconds=n)) for n, state in enumerate(ALL_STATES)]
    write_past(sched, past, [Pause("日本", "bob", FIRED, None, "disk\x1b full")])
    return sched


def ago(time: datetime) -> str:
    """Return how long ago a time was, in days."""
    return f"{render.countdown(datetime.now(UTC) - time)} ago"


@pytest.mark.parametrize(
    ("patterns", "rows"),
    [
        ((), OFF + OFF_TOO + OLD),
        (("old",), OLD),
        (("off*",), OFF + OFF_TOO),
        (("ol?", "off"), OFF + OLD),
    ],
)
def test_each_job_has_a_line(filled: Sched, patterns: tuple[str, ...], rows: str) -> None:
    expected = Answer(0, HEADER + rows, "")

    actual = filled("list", *patterns)

    assert expected == actual


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("after: b", "after b"),
        ("after: {any: [b, c], state: failed}", "after b or c failed"),
        ("clock: hourly, on: [{path: /in/*}, {absent: beat, for: 5m}], filters: weekday",
         "hourly or on /in/* or on no beat for 5m if weekday"),
    ],
)  # fmt: skip
def test_what_else_runs_a_job_than_time_is_part_of_its_schedule(
    sched: Sched, keys: str, expected: str
) -> None:
    others = "".join(f"  {name}: {{command: x, clock: hourly}}\n" for name in "bc")
    sched.write(f"jobs:\n  a: {{command: x, {keys}}}\n{others}")

    first, *_ = json.loads(sched("list", "--json").stdout)

    assert expected == first["schedule"]


def test_a_file_without_jobs_is_a_header(sched: Sched) -> None:
    sched.write("jobs: {}\n")
    expected = Answer(0, HEADER, "")

    actual = sched("list")

    assert expected == actual


def test_what_became_of_the_last_ten_fire_times_is_a_list_of_states(lively: Sched) -> None:
    states = ",".join(ALL_STATES[1:])
    since = "2026-03-02T02:40:00+00:00"
    expected = Answer(
        0,
        HEADER
        + f"a\tstartup\tUTC\trunning since {since}\trunning\t{since}\t{states}\t-\tat startup\t\n"
        + "日本\tstartup\tUTC\tpaused by bob: disk\\x1b full\t-\t-\t-\t-\t-\tOnce a day\n",
        "",
    )

    actual = lively("list")

    assert expected == actual


def test_on_a_terminal_the_last_runs_are_a_sparkline(lively: Sched) -> None:
    fired = FIRED + timedelta(minutes=10)
    lasted = (datetime.now(UTC) - fired).days
    header = (
        f"JOB   SCHEDULE  ZONE  STATE                         LAST     WHEN      {'RUNS':10}"
        "  NEXT  IN          DESCRIPTION"
    )
    paused = (
        f"日本  startup   UTC   paused by bob: disk\\x1b full  -        -         {'-':10}"
        "  -     -           Once a day"
    )

    shown = on_terminal(lively, "list", NO_COLOR="1", COLUMNS="140").splitlines()
    row = shown.pop(1).split()

    assert [header, paused] == shown
    assert ["a", "startup", "UTC", "running", f"{lasted}d"] == row[:5]
    assert ["running", *ago(fired).split(), "▁xxxx·○▸█▸", "-", "at", "startup"] == row[-7:]


def test_a_sparkline_is_coloured_by_state(lively: Sched) -> None:
    green, yellow, red, cyan = (f"\x1b[{code}m" for code in (32, 33, 31, 36))
    expected = (
        f"{green}▁\x1b[0m{red}▂▃▄\x1b[0m{yellow}▅·○\x1b[0m{cyan}▸\x1b[0m{green}█\x1b[0m"
        f"{cyan}▸\x1b[0m"
    )

    shown = on_terminal(lively, "list", "a")

    assert expected in shown


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120, 200])
def test_every_line_fits_the_terminal(sched: Sched, columns: int) -> None:
    name = "n" * 200
    sched.write(f"""
        jobs:
          {name}: {{command: x, clock: cron 30 2 1-7 * 1, description: {"what it is for " * 9}}}
          b: {{command: x, clock: every 1h, timezone: America/Argentina/ComodRivadavia}}
    """)
    pause = Pause("b", "alice", FIRED, FIRED.replace(year=2099), "the disk is being replaced")
    write_past(sched, [Past(name, State.SUCCEEDED)] * 12, [pause])

    shown = on_terminal(sched, "list", NO_COLOR="1", COLUMNS=str(columns)).splitlines()

    assert (3, True) == (len(shown), max(map(len, shown)) <= columns)


def test_where_there_is_little_room_the_newest_runs_stay(sched: Sched) -> None:
    sched.write("jobs: {abcdefghijklmnop: {command: x, clock: startup}}\n")
    states = [State.FAILED] * 5 + [State.SKIPPED] * 2 + [State.SUCCEEDED] * 3
    write_past(sched, [Past("abcdefghijklmnop", state) for state in states])
    expected = text(f"""
        JOB               STATE    LAST       WHEN      RUNS   IN
        abcdefghijklmnop  enabled  succeeded  {ago(FIRED):8}  ··▁▁▁  at startup
    """)

    actual = on_terminal(sched, "list", NO_COLOR="1", COLUMNS="65")

    assert f"{expected}\n" == actual


def test_json_has_every_part_by_name(filled: Sched) -> None:
    expected = Answer(
        0,
        text("""
            [
              {
                "job": "off-too",
                "description": "",
                "enabled": false,
                "state": "disabled",
                "paused": null,
                "running": [],
                "schedule": "every 1h",
                "timezone": "UTC",
                "file": "schedules.yaml",
                "line": 11,
                "last_run": null,
                "last_state": null,
                "last_fire_time": null,
                "next_fire_time": null,
                "note": "disabled",
                "runs": []
              }
            ]
        """)
        + "\n",
        "",
    )

    actual = filled("list", "off-too", "--json")

    assert expected == actual


def test_json_has_the_last_runs_the_newest_first(sched: Sched) -> None:
    sched.write(AT_STARTUP)
    past = [Past("a", State.FAILED, duration=timedelta(seconds=90)), Past("a", State.RUNNING)]
    first, second = write_past(sched, past)
    now = "2026-03-02T02:31:00+00:00"
    expected = {
        "state": "running",
        "running": [{"id": second, "attempt": 1, "started": now, "pid": 1}],
        "last_run": second,
        "last_state": "running",
        "last_fire_time": now,
        "next_fire_time": None,
        "note": "when the runner starts",
        "runs": [
            {"id": second, "state": "running", "fire_time": now, "duration": None},
            {
                "id": first,
                "state": "failed",
                "fire_time": "2026-03-02T02:30:00+00:00",
                "duration": 90.0,
            },
        ],
    }

    (job,) = json.loads(sched("list", "--json").stdout)
    actual = {key: job[key] for key in expected}

    assert expected == actual


def test_the_next_fire_time_is_of_the_zone_of_the_job(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: {dates: 2099-07-01 12:00}, timezone: Asia/Tokyo}}\n")
    expected = ["2099-07-01T12:00:00+09:00"]

    actual = [job["next_fire_time"] for job in json.loads(sched("list", "--json").stdout)]

    assert expected == actual


@pytest.mark.parametrize(
    ("until", "answer"),
    [
        (None, (None, "paused")),
        (datetime(2099, 1, 2, tzinfo=UTC), ("2099-01-02T00:00:00+00:00", None)),
        (datetime(2099, 1, 2, 1, tzinfo=UTC), ("2099-01-03T00:00:00+00:00", None)),
    ],
)
def test_a_job_that_is_paused_fires_next_after_its_pause(
    sched: Sched, until: datetime | None, answer: tuple[str | None, str | None]
) -> None:
    """When its pause is over, at that very instant, it fires."""
    sched.write("jobs: {a: {command: x, clock: daily at 00:00}}\n")
    write_past(sched, [], [Pause("a", "bob", FIRED, until)])

    (job,) = json.loads(sched("list", "--json").stdout)

    assert answer == (job["next_fire_time"], job["note"])


def test_a_pause_that_is_over_is_none(sched: Sched) -> None:
    sched.write(AT_STARTUP)
    write_past(sched, [], [Pause("a", "bob", FIRED, FIRED + timedelta(days=1))])
    expected = HEADER + "a\tstartup\tUTC\tenabled\t-\t-\t-\t-\tat startup\t\n"

    actual = sched("list").stdout

    assert expected == actual


def test_a_job_that_ended_never_fires_and_json_says_why(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h, end: 2025-12-31 18:00}}\n")

    row = sched("list").stdout.splitlines()[1]
    (job,) = json.loads(sched("list", "--json").stdout)

    assert "a\tevery 1h\tUTC\tenabled\t-\t-\t-\t-\tnever\t" == row
    assert "no fire up to its end, 2025-12-31 18:00" == job["note"]


def test_a_job_whose_calendar_ends_is_said_to(sched: Sched) -> None:
    pytest.importorskip("holidays")
    sched.write("""
        calendars: {office: {country: US}}
        jobs:
          a:
            command: x
            clock: daily at 09:00
            filters: business_day office
            start: 2100-01-01 00:00
    """)
    expected = "calendar office ends on 2099-12-31"

    (job,) = json.loads(sched("list", "--json").stdout)
    row = sched("list").stdout.splitlines()[1].split("\t")

    assert ("calendar ends", expected) == (row[8], job["note"])


def test_a_run_that_waits_for_its_time_is_not_the_last_one(sched: Sched) -> None:
    sched.write(AT_STARTUP)
    done, _ = write_past(sched, [Past("a", State.SUCCEEDED), Past("a", State.QUEUED)])

    (job,) = json.loads(sched("list", "--json").stdout)

    assert (done, "succeeded", 1) == (job["last_run"], job["last_state"], len(job["runs"]))


def test_several_runs_that_go_on_are_counted(sched: Sched) -> None:
    sched.write(AT_STARTUP)
    write_past(sched, [Past("a", State.RUNNING), Past("a", State.RUNNING)])
    expected = "2 running since 2026-03-02T02:30:00+00:00"

    actual = sched("list").stdout.splitlines()[1].split("\t")[3]

    assert expected == actual


@pytest.mark.parametrize(
    ("pattern", "stderr"),
    [
        ("offf", "error: no job is named 'offf'\n  = help: did you mean 'off'?\n"),
        ("zzz", f"error: no job is named 'zzz'{HINT}"),
        ("z*", f"error: no job is named 'z*'{HINT}"),
    ],
)
def test_a_pattern_of_no_job_is_an_error(filled: Sched, pattern: str, stderr: str) -> None:
    expected = Answer(4, "", stderr)

    actual = filled("list", pattern)

    assert expected == actual


def test_a_history_that_cannot_be_read_is_said(sched: Sched) -> None:
    sched.write(AT_STARTUP)
    sched.write("no database", ".sched/history.db")

    answer = sched("list")

    assert (69, "") == (answer.code, answer.stdout)
