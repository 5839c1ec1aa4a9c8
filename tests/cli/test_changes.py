"""How it is told what it means to go by other files."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from asking import utc
from differing import config
from files import text
from schedkit.cli import changes
from schedkit.cli.context import Context
from schedkit.differences import Differences, Going, differences

NOW = utc("2026-11-24 19:00")
CONTEXT = Context((), None, "never", 0)
BEFORE = """
timezone: Europe/Berlin
pools: {db: 1}
jobs:
  backup: {command: ./backup, clock: daily at 02:00}
  cronny: {command: "true", clock: {cron: "0 2 * * *"}}
  holiday: {command: "true", clock: daily at 09:00}
  same: {command: "true", clock: every 1h}
  old-name: {command: unique, clock: daily at 04:00}
  old: {command: "true", clock: weekly mon at 05:00, timezone: Asia/Tokyo}
"""
AFTER = """
timezone: Europe/Berlin
pools: {db: 2}
jobs:
  backup: {command: "./backup --all", clock: daily at 03:00, retry: 1}
  cronny: {command: "true", clock: daily at 02:00}
  holiday: {command: "true", clock: daily at 09:00, filters: {not: {on_date: 11-26}}}
  same: {command: "true", clock: every 1h}
  new-name: {command: unique, clock: daily at 04:00}
  report: {command: [./report, a b], clock: {dates: 2099-01-01 00:00}}
"""
GOES_ON = (
    "goes on with the command it began with, another attempt has the new;"
    " has the new retry from now on"
)
GOING = (Going("7k3m2q", "backup", running=True), Going("7k3m2r", "old", running=False))


def found(before: str | None = BEFORE, after: str = AFTER) -> Differences:
    known = None if before is None else config(before)
    return differences(known, config(after), NOW, timedelta(days=7), GOING)


def edited(before: str, after: str) -> Differences:
    """Compare a job with itself, edited."""
    one, other = (f"jobs: {{a: {{command: x, {line}}}}}" for line in (before, after))
    return found(one, other)


def aligned(found: Differences, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is written on a terminal."""
    changes._write_aligned(changes._all_rows(found), colour=False)
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())


def test_in_a_pipe_each_thing_that_differs_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    week = "in the next 7 days"
    expected = [
        "JOB CHANGE WHAT BEFORE AFTER NOTE",
        "- setting pools.db 1 2 -",
        "backup changed command ./backup|./backup --all -",
        "backup changed clock daily at 02:00|daily at 03:00 -",
        "backup changed retry -|max_retries: 1 -",
        "backup changed next fire|2026-11-25T02:00:00+01:00 2026-11-25T03:00:00+01:00 -",
        f"backup changed fire times|7 7 {week}, each 1h later",
        f"backup changed run 7k3m2q|running {GOES_ON}|-",
    ]

    changes.write(CONTEXT, found())
    actual = capsys.readouterr().out.splitlines()

    assert [line.replace("|", " ") for line in expected] == [
        line.replace("\t", " ") for line in actual[: len(expected)]
    ]
    assert {line.count("\t") for line in actual} == {5}


def test_on_a_terminal_the_lines_of_a_job_stand_below_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = text("""
        -         setting  pools.db    1 -> 2
        backup    changed  command     ./backup -> ./backup --all
                           clock       daily at 02:00 -> daily at 03:00
                           retry       none -> max_retries: 1
                           next fire   Wed 2026-11-25 02:00:00 CET -> Wed 2026-11-25 03:00:00 CET, in 7h
                           fire times  7 in the next 7 days, each 1h later
                           run 7k3m2q  goes on with the command it began with, another attempt has the new; has the new retry from now on
        cronny    changed  clock       cron 0 2 * * * -> daily at 02:00
                           next fire   Wed 2026-11-25 02:00:00 CET, as before
                           fire times  7 in the next 7 days, as before
        holiday   changed  filters     none -> not on_date 11-26
                           next fire   Wed 2026-11-25 09:00:00 CET, as before
                           fire times  7 -> 6 in the next 7 days, 1 dropped
                           dropped     Thu 2026-11-26 09:00:00 CET
        new-name  renamed  name        old-name -> new-name, history and pause stay with the old name
        report    new      schedule    dates 2099-01-01 00:00
                           command     ./report 'a b'
                           next fire   Thu 2099-01-01 00:00:00 CET, in 26335d
                           fire times  0 in the next 7 days
        old       gone     schedule    was weekly mon at 05:00
                           next fire   was Mon 2026-11-30 05:00:00 JST
                           fire times  was 1 in the next 7 days
                           run 7k3m2r  is cancelled
    """)  # noqa: E501  # as wide as it is

    assert expected == aligned(found(), capsys)


def test_json_has_stable_names() -> None:
    jobs = changes.as_json(found())["jobs"]

    assert jobs[0] == {
        "job": "backup",
        "change": "changed",
        "renamed_from": None,
        "keys": [
            {"key": "command", "before": "./backup", "after": "./backup --all"},
            {"key": "clock", "before": [{"daily": "02:00"}], "after": [{"daily": "03:00"}]},
            {"key": "retry", "before": None, "after": jobs[0]["keys"][2]["after"]},
        ],
        "fires": {
            "next_before": "2026-11-25T02:00:00+01:00",
            "next_after": "2026-11-25T03:00:00+01:00",
            "dropped": [f"2026-{day}T02:00:00+01:00" for day in DAYS],
            "added": [f"2026-{day}T03:00:00+01:00" for day in DAYS],
            "kept": 0,
            "until": "2026-12-01T20:00:00+01:00",
            "notes": [],
        },
        "runs": [
            {
                "run": "7k3m2q",
                "state": "running",
                "effect": GOES_ON,
            }
        ],
    }
    assert [(job["job"], job["change"], job["renamed_from"]) for job in jobs[3:]] == [
        ("new-name", "renamed", "old-name"), ("report", "new", None), ("old", "gone", None),
    ]  # fmt: skip
    assert jobs[3]["fires"] is None


DAYS = ("11-25", "11-26", "11-27", "11-28", "11-29", "11-30", "12-01")


def test_json_has_the_rest_beside_the_jobs() -> None:
    answer = changes.as_json(found())

    assert datetime.fromisoformat(answer["now"]) == NOW
    assert datetime.fromisoformat(answer["until"]) == utc("2026-12-01 19:00")
    assert (answer["settings"], answer["unchanged"]) == (
        [{"key": "pools.db", "before": 1, "after": 2}],
        1,
    )
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (BEFORE, AFTER, "1 new, 1 gone, 3 changed, 1 renamed, 1 as before"),
        (None, "jobs: {a: {command: x, clock: every 1h}}", "1 new"),
        (BEFORE, BEFORE, "no job fires otherwise than before"),
        (
            BEFORE, BEFORE.replace("db: 1", "db: 2"),
            "6 as before: no job fires otherwise than before",
        ),
        (
            BEFORE, BEFORE.replace("./backup", "./b"),
            "1 changed, 5 as before: no job fires otherwise than before",
        ),
        (None, "jobs: {}", "no job fires otherwise than before"),
        (None, "jobs: {a: {command: x, on: {event: e}}}", "1 new"),
        (
            "jobs: {a: {command: x, on: {event: e}}}", "jobs: {a: {command: x, on: {event: f}}}",
            "1 changed",
        ),
    ],
)  # fmt: skip
def test_how_much_changes_is_said_in_a_line(before: str | None, after: str, expected: str) -> None:
    assert expected == changes.summary(found(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "clock: every 1m", "clock: every 1s",
            ("333 -> 20000 up to 2026-11-25 00:33:20 UTC, later ones are too many to look at,"
             " 19667 added"),
        ),
        (
            "clock: every 1h", "clock: startup",
            "168 -> 0 in the next 7 days, 168 dropped",
        ),
        (
            "clock: daily at 02:00", "clock: 'daily at 02:00,03:00', end: 2026-11-26 00:00",
            "7 -> 2 in the next 7 days, 6 dropped, 1 added",
        ),
    ],
)  # fmt: skip
def test_fire_times_are_counted(
    before: str, after: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = aligned(edited(before, after), capsys).splitlines()
    (actual,) = (line.partition("fire times")[2].strip() for line in lines if "fire times" in line)

    assert expected == actual


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("clock: every 1h, enabled: false", "Tue 2026-11-24 20:00:00 UTC -> disabled"),
        ("clock: startup", "Tue 2026-11-24 20:00:00 UTC -> at startup"),
        ("clock: {dates: 2020-01-01 00:00}", "Tue 2026-11-24 20:00:00 UTC -> never"),
    ],
)
def test_of_a_job_that_fires_no_more_it_is_said_why(
    after: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = aligned(edited("clock: every 1h", after), capsys).splitlines()
    (actual,) = (line.partition("next fire")[2].strip() for line in lines if "next fire" in line)

    assert expected == actual


def test_a_job_without_a_clock_has_no_rows_of_fire_times(
    capsys: pytest.CaptureFixture[str],
) -> None:
    after = """
        timezone: UTC
        jobs:
          build: {command: make, clock: daily at 02:30}
          test: {command: make test, after: build}
          off: {command: x, on: {event: lead.*}, enabled: false}
          moved: {command: y, after: {job: build, state: failed}}
    """
    before = (
        "jobs: {moved: {command: y, clock: daily at 04:00}, gone: {command: z, on: {event: x}}}"
    )
    expected = text("""
        build  new      schedule    daily at 02:30
                        command     make
                        next fire   Wed 2026-11-25 02:30:00 UTC, in 7h 30min
                        fire times  7 in the next 7 days
        test   new      schedule    after build
                        command     make test
        off    new      schedule    on lead.*
                        command     x
                        enabled     false
        moved  changed  clock       daily at 04:00 -> none
                        after       none -> after build failed
                        next fire   Wed 2026-11-25 04:00:00 UTC -> none
                        fire times  7 -> none in the next 7 days, 7 dropped
        gone   gone     schedule    was on x
    """)

    assert expected == aligned(found(before, after), capsys)


def test_long_values_are_shown_on_a_terminal_from_where_they_differ(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, after = ("x" * 100 + end + "y" * 100 for end in ("before", "after"))
    one, other = (f"jobs: {{a: {{command: {line}, clock: every 1h}}}}" for line in (before, after))
    shown = [f"…{'x' * 15}{end}{'y' * (45 - len(end))}…" for end in ("before", "after")]
    expected = f"a  changed  command  {' -> '.join(shown)}"

    difference = found(one, other)

    assert expected == aligned(difference, capsys)
    changes.write(CONTEXT, difference)
    assert capsys.readouterr().out.endswith(f"\t{before}\t{after}\t-\n")


def test_what_others_wrote_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (
        f'jobs: {{a: {{command: "{line}\\e[2J\\n", clock: every 1h}}}}' for line in ("one", "two")
    )
    expected = "a  changed  command  one\\x1b[2J\\n -> two\\x1b[2J\\n"

    actual = aligned(found(one, other), capsys)

    assert expected == actual
