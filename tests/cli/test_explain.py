"""`sched explain`: why a job does or does not run."""

from __future__ import annotations

import pytest

from files import Answer, Sched, text

JOBS = """\
timezone: America/New_York
calendars:
  office: {weekend: sat-sun, closed: [2026-12-24]}
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
    start: 2026-11-24 00:00
    end: 2026-12-06 00:00
  over: {command: x, clock: daily at 09:00, end: 2025-12-31 18:00}
"""
TOLD = {
    ("report", "2026-11-27"): """\
report runs on Fri 2026-11-27
  clock       daily at 09:00                       -> Fri 2026-11-27 09:00 EST  schedules.yaml:8
""",
    ("report", "2026-11-27 09:00"): """\
report runs at Fri 2026-11-27 09:00 EST
  clock       daily at 09:00                       -> Fri 2026-11-27 09:00 EST  schedules.yaml:8
""",
    ("report", "2026-11-27T14:00+00:00"): """\
report runs at Fri 2026-11-27 09:00 EST
  clock       daily at 09:00                       -> Fri 2026-11-27 09:00 EST  schedules.yaml:8
""",
    ("report", "2026-11-28"): """\
no run on Sat 2026-11-28: filtered
  clock       daily at 09:00                       -> Sat 2026-11-28 09:00 EST  schedules.yaml:8
  filter      business_day office                     dropped: weekend          schedules.yaml:12
  clock       weekly sat at 10:00                  -> Sat 2026-11-28 10:00 EST  schedules.yaml:9
  filter      business_day office                     dropped: weekend          schedules.yaml:12
""",
    ("report", "2026-12-24"): """\
no run on Thu 2026-12-24: filtered
  clock       daily at 09:00                       -> Thu 2026-12-24 09:00 EST  schedules.yaml:8
  filter      business_day office                     dropped: closed           schedules.yaml:12
""",
    ("report", "2026-11-27 08:00"): """\
no run at Fri 2026-11-27 08:00 EST: no clock names a time then
  next        Fri 2026-11-27 09:00 EST
""",
    ("payroll", "2026-07-04"): """\
no run on Sat 2026-07-04: moved
  clock       monthly 3,4 at 09:00                 -> Sat 2026-07-04 09:00 EDT  schedules.yaml:15
  adjustment  next_weekday                         -> Mon 2026-07-06 09:00      schedules.yaml:17
  adjustment  add 1d                               -> Tue 2026-07-07 09:00 EDT  schedules.yaml:18
""",
    ("payroll", "2026-07-06"): """\
payroll runs on Mon 2026-07-06
  clock       monthly 3,4 at 09:00                 -> Fri 2026-07-03 09:00 EDT  schedules.yaml:15
  adjustment  add 1d                               -> Sat 2026-07-04 09:00      schedules.yaml:18
  adjustment  next_weekday                         -> Mon 2026-07-06 09:00 EDT  schedules.yaml:19
""",
    ("early", "2026-03-08"): """\
early runs on Sun 2026-03-08
  clock       daily at 02:30                       -> Sun 2026-03-08 03:00 EDT  schedules.yaml:20
              a clock change skips 02:30
""",
    ("off", "2026-11-27"): """\
off runs on Fri 2026-11-27 if it were enabled
  clock       daily at 09:00                       -> Fri 2026-11-27 09:00 EST  schedules.yaml:22
""",
    ("project", "2026-11-23"): """\
no run on Mon 2026-11-23: before start
  clock       weekly sat at 09:00                  -> Sat 2026-11-21 09:00 EST  schedules.yaml:25
  adjustment  next_weekday                         -> Mon 2026-11-23 09:00      schedules.yaml:26
  start       2026-11-24 00:00                        dropped: before start     schedules.yaml:27
""",
    ("project", "2026-12-05"): """\
no run on Sat 2026-12-05: after end
  clock       weekly sat at 09:00                  -> Sat 2026-12-05 09:00 EST  schedules.yaml:25
  adjustment  next_weekday                         -> Mon 2026-12-07 09:00      schedules.yaml:26
  end         2026-12-06 00:00                        dropped: after end        schedules.yaml:28
""",
    ("project", "2026-12-02"): """\
no run on Wed 2026-12-02: no clock names a time then
  next        no fire up to its end, 2026-12-06 00:00
""",
    ("over",): """\
over never runs: no fire up to its end, 2025-12-31 18:00
""",
}


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
    expected = ["busy runs 23 times on Sun 2026-03-08", 14, "  ... and 11 more times"]

    told = filled("explain", "busy", "2026-03-08").stdout.splitlines()
    actual = [told[0], len(told), told[-1]]

    assert expected == actual


def test_json_is_one_array_of_candidates(filled: Sched) -> None:
    expected = Answer(
        0,
        lines("""
            [
              {
                "job": "payroll",
                "candidate": "2026-07-04T09:00:00-04:00",
                "nominal": "2026-07-04T09:00:00",
                "clock": "monthly 3,4 at 09:00",
                "dropped_by": null,
                "why": null,
                "moves": [
                  {
                    "adjustment": "next_weekday",
                    "to": "2026-07-06T09:00:00"
                  },
                  {
                    "adjustment": "add 1d",
                    "to": "2026-07-07T09:00:00"
                  }
                ],
                "fire_time": "2026-07-07T09:00:00-04:00",
                "file": "schedules.yaml",
                "line": 13
              }
            ]
        """),
        "",
    )

    actual = filled("explain", "payroll", "2026-07-07", "--json")

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
                "candidate": "2026-11-26T09:00:00+00:00",
                "nominal": "2026-11-26T09:00:00",
                "clock": "daily at 09:00",
                "dropped_by": "business_day US",
                "why": "Thanksgiving Day",
                "moves": [],
                "fire_time": null,
                "file": "schedules.yaml",
                "line": 1
              }
            ]
        """),
        "",
    )

    actual = sched("explain", "a", "2026-11-26", "--json")

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

    actual = filled("explain", "reprt", "2026-11-27")

    assert expected == actual


@pytest.mark.parametrize("arguments", [(), ("report", "soon"), ("report", "today", "now")])
def test_what_cannot_be_meant_is_a_wrong_use(filled: Sched, arguments: tuple[str, ...]) -> None:
    expected = (2, "")

    answer = filled("explain", *arguments)
    actual = (answer.code, answer.stdout)

    assert expected == actual
