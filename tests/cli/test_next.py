"""`sched next`: the fire times to come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.test_terminal import on_terminal
from files import Answer, Sched, text
from past import FIRED, Past, write_past
from schedkit.run import Pause, State, Trigger

JOBS = """
timezone: Europe/Berlin
jobs:
  backup: {command: x, clock: daily at 02:30}
  report: {command: x, clock: weekly mon at 09:00, adjustments: add 1d, timezone: America/New_York}
  off: {command: x, clock: daily at 03:30, enabled: false}
  old: {command: x, clock: {dates: 2020-01-01 00:00}}
"""
FROM = ("--from", "2026-11-21T00:00+00:00")


@pytest.fixture
def filled(sched: Sched) -> Sched:
    """Return the command beside a file of four jobs."""
    sched.write(JOBS)
    return sched


def timeless(answer: Answer) -> Answer:
    """Return an answer without the column IN: it depends on when this runs."""
    rows = [line.split("\t") for line in answer.stdout.splitlines()]
    return answer._replace(stdout="".join("\t".join([row[0], *row[2:]]) + "\n" for row in rows))


def test_the_fire_times_of_all_jobs_come_in_their_order(filled: Sched) -> None:
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        "2026-11-21T02:30:00+01:00\tbackup\tdaily at 02:30\n"
        "2026-11-22T02:30:00+01:00\tbackup\tdaily at 02:30\n"
        "2026-11-23T02:30:00+01:00\tbackup\tdaily at 02:30\n"
        "2026-11-24T02:30:00+01:00\tbackup\tdaily at 02:30\n"
        "2026-11-24T09:00:00-05:00\treport\tweekly mon at 09:00, moved from Mon 2026-11-23 09:00\n",
        "off: disabled\nold: no fire before 2126\n",
    )

    actual = timeless(filled("next", "-n", "5", *FROM))

    assert expected == actual


def test_a_job_whose_end_is_past_is_said_to_have_ended(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1h, end: 2025-12-31 18:00}}\n")
    expected = Answer(0, "NEXT\tIN\tJOB\tWHY\n", "a: no fire up to its end, 2025-12-31 18:00\n")

    actual = sched("next", *FROM)

    assert expected == actual


def test_ten_rows_are_shown_unless_more_are_asked_for(filled: Sched) -> None:
    expected = 1 + 10

    actual = len(filled("next", *FROM).stdout.splitlines())

    assert expected == actual


def test_all_from_a_time_up_to_another_are_shown_both_included(filled: Sched) -> None:
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        "2026-11-21T02:30:00+01:00\tbackup\tdaily at 02:30\n"
        "2026-11-22T02:30:00+01:00\tbackup\tdaily at 02:30\n"
        "2026-11-23T02:30:00+01:00\tbackup\tdaily at 02:30\n",
        "",
    )
    span = ("--from", "2026-11-21T02:30+01:00", "--until", "2026-11-23T02:30+01:00")

    actual = timeless(filled("next", "backup", *span))

    assert expected == actual


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (("--from", "tomorrow", "--until", "today"), "--until is before --from"),
        (("--until", "yesterday"), "--until is before now: give --from as well"),
    ],
)
def test_a_time_that_ends_before_it_begins_is_a_wrong_use(
    filled: Sched, span: tuple[str, ...], said: str
) -> None:
    expected = Answer(2, "", f"error: {said}\n")

    actual = filled("next", *span)

    assert expected == actual


def test_a_time_without_offset_is_of_the_zone_of_the_machine(filled: Sched) -> None:
    expected = ["2026-11-22T02:30:00+01:00"]
    span = ("--from", "2026-11-21 10:31", "--until", "2026-11-22 10:30")

    answer = filled("next", "backup", "--json", *span, TZ="Asia/Tokyo")
    actual = [fire["fire_time"] for fire in json.loads(answer.stdout)]

    assert expected == actual


def test_json_is_one_array(filled: Sched) -> None:
    expected = Answer(
        0,
        text("""
            [
              {
                "job": "report",
                "fire_time": "2026-11-24T09:00:00-05:00",
                "timezone": "America/New_York",
                "clock": "weekly mon at 09:00",
                "moved_from": "2026-11-23T09:00:00-05:00",
                "note": null
              }
            ]
        """)
        + "\n",
        "",
    )

    actual = filled("next", "report", "-n", "1", "--json", *FROM)

    assert expected == actual


def test_nothing_to_come_is_an_empty_array(filled: Sched) -> None:
    expected = Answer(0, "[]\n", "")

    actual = filled("next", "old", "--json", *FROM)

    assert expected == actual


def test_a_job_that_will_not_run_is_named_beside_the_answer(filled: Sched) -> None:
    expected = Answer(0, "NEXT\tIN\tJOB\tWHY\n", "off: disabled\nold: no fire before 2126\n")

    actual = filled("next", "off", "old", *FROM)

    assert expected == actual


def test_a_job_that_is_not_asked_for_is_not_named(filled: Sched) -> None:
    expected = ""

    actual = filled("next", "backup", "-n", "1", *FROM).stderr

    assert expected == actual


def test_a_clock_change_that_skips_the_time_is_said(filled: Sched) -> None:
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        "2026-03-29T03:00:00+02:00\tbackup\tdaily at 02:30, a clock change skips 02:30\n",
        "",
    )

    actual = timeless(filled("next", "backup", "-n", "1", "--from", "2026-03-28T12:00+01:00"))

    assert expected == actual


def test_an_unknown_job_is_named_with_the_nearest(filled: Sched) -> None:
    expected = Answer(4, "", "error: no job is named 'bakup'\n  = help: did you mean 'backup'?\n")

    actual = filled("next", "bakup")

    assert expected == actual


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("-n", "0"), "Invalid value for '-n' / '--number': '0' is not a number above 0"),
        (("-n", "-3"), "Invalid value for '-n' / '--number': '-3' is not a number above 0"),
        (("-n", "x"), "Invalid value for '-n' / '--number': 'x' is not a number above 0"),
        (
            ("--from", "soon"),
            ("Invalid value for '--from': 'soon' is not a time"
            " (write it as 2026-11-21 14:30, today, 09:30, 2h ago or +90m)"),
        ),
        (("--until", "25:00"), "Invalid value for '--until': hour 25 is outside 0-23"),
        (("--until", "+5"), ("Invalid value for '--until': a duration needs a unit: '5' has none"
            " (did you mean 5s or 5m?)")),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_a_wrong_use(
    filled: Sched, arguments: tuple[str, ...], complaint: str
) -> None:
    expected = (2, "", complaint)

    answer = filled("next", *arguments)
    actual = (answer.code, answer.stdout, answer.complaint)

    assert expected == actual


def test_the_error_of_a_day_before_the_calendar_is_in_words(filled: Sched) -> None:
    """Years before 1 and after 9999 do not exist, in whatever zone."""
    expected = (2, "", "Invalid value for '--from': '0001-01-01' is outside the years 1-9999")

    answer = filled("next", "--from", "0001-01-01")
    actual = (answer.code, answer.stdout, answer.complaint)

    assert expected == actual


def test_a_start_at_the_end_of_the_calendar_leaves_nothing_to_come(filled: Sched) -> None:
    expected = Answer(0, "NEXT\tIN\tJOB\tWHY\n", "backup: no fire before 9999\n")

    actual = filled("next", "backup", "--from", "9999-12-31")

    assert expected == actual


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 5000])
def test_a_number_beyond_all_measure_is_answered_in_our_words(filled: Sched, number: str) -> None:
    expected: list[str] = []

    answer = filled("next", "old", "-n", number)
    actual = [words for words in ("Traceback", "Value error") if words in answer.stderr]

    assert expected == actual


# ---- what a history knows beside the file

SOON = datetime(2098, 12, 30, 12, tzinfo=UTC)
LATER = datetime(2099, 1, 1, 11, 30, tzinfo=UTC)
RARE = """
timezone: Europe/Berlin
jobs:
  report: {command: x, clock: {dates: [2099-01-01 12:00, 2099-01-02 12:00]}, retry: 4}
  off: {command: x, clock: {dates: 2099-01-01 12:00}, enabled: false}
"""


@pytest.fixture
def rare(sched: Sched) -> Sched:
    """Return the command beside a file of two jobs that fire in 2099."""
    sched.write(RARE)
    return sched


def by_alice(job: str, due: datetime, trigger: str = "at") -> Past:
    return Past(job, State.QUEUED, due=due, trigger=Trigger(trigger), who="alice")


def test_runs_that_somebody_asked_for_come_among_those_of_the_schedule(rare: Sched) -> None:
    first, second = write_past(rare, [by_alice("report", LATER), by_alice("off", SOON, "manual")])
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        f"2098-12-30T13:00:00+01:00\toff\tmanual, by alice, run {second}\n"
        f"2099-01-01T12:30:00+01:00\treport\tat, by alice, run {first}\n"
        "2099-01-02T12:00:00+01:00\treport\tdates 2099-01-01 12:00 and 1 more\n",
        "off: disabled\n",
    )

    answer = timeless(rare("next"))
    lines = answer.stdout.splitlines(keepends=True)
    actual = answer._replace(stdout="".join([*lines[:2], *lines[3:]]))

    assert "2099-01-01T12:00:00+01:00\treport" in lines[2]
    assert expected == actual


def test_a_retry_comes_when_it_is_due(rare: Sched) -> None:
    (run,) = write_past(rare, [Past("report", State.RETRYING, (b"", b""), due=SOON)])
    expected = f"2098-12-30T13:00:00+01:00\treport\tretry 2 of 4, run {run}"

    actual = timeless(rare("next", "-n", "1")).stdout.splitlines()[1]

    assert expected == actual


def test_json_has_the_run_of_what_is_no_fire_time(rare: Sched) -> None:
    (run,) = write_past(rare, [by_alice("report", SOON)])
    expected = Answer(
        0,
        text(f"""
            [
              {{
                "job": "report",
                "fire_time": "2098-12-30T13:00:00+01:00",
                "timezone": "Europe/Berlin",
                "clock": null,
                "moved_from": null,
                "note": "at, by alice",
                "run": "{run}"
              }}
            ]
        """)
        + "\n",
        "",
    )

    actual = rare("next", "-n", "1", "--json")

    assert expected == actual


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-n", "2"), ["2098-12-30T13:00:00+01:00", "2099-01-01T12:00:00+01:00"]),
        (("--from", "2099-01-01 11:01", "-n", "1"), ["2099-01-01T12:30:00+01:00"]),
        (("--from", "2099-01-01 11:30", "-n", "1"), ["2099-01-01T12:30:00+01:00"]),
        (("--from", "2099-01-01 11:31"), ["2099-01-02T12:00:00+01:00"]),
        (("--until", "2098-12-30 12:00"), ["2098-12-30T13:00:00+01:00"]),
        (("off",), []),
    ],
)  # fmt: skip
def test_the_options_count_for_runs_that_wait_too(
    rare: Sched, arguments: tuple[str, ...], expected: list[str]
) -> None:
    write_past(rare, [by_alice("report", SOON), by_alice("report", LATER)])

    actual = [one["fire_time"] for one in json.loads(rare("next", "--json", *arguments).stdout)]

    assert expected == actual


def test_a_run_that_is_due_already_is_none_to_come(rare: Sched) -> None:
    write_past(rare, [by_alice("report", FIRED)])
    expected = ["dates 2099-01-01 12:00 and 1 more"] * 2

    actual = [one["clock"] for one in json.loads(rare("next", "--json").stdout)]

    assert expected == actual


def test_a_fire_time_within_a_pause_is_said_to_be(rare: Sched) -> None:
    pause = Pause("report", "alice", FIRED, datetime(2099, 1, 2, 11, tzinfo=UTC), "no\x1b paper")
    clock = "dates 2099-01-01 12:00 and 1 more"
    (run,) = write_past(rare, [by_alice("report", SOON)], [pause])
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n"
        "2098-12-30T13:00:00+01:00\treport\t"
        f"at, by alice, run {run}, paused by alice: no\\x1b paper\n"
        f"2099-01-01T12:00:00+01:00\treport\t{clock}, paused by alice: no\\x1b paper\n"
        f"2099-01-02T12:00:00+01:00\treport\t{clock}\n",
        "",
    )

    actual = timeless(rare("next", "report"))

    assert expected == actual


def test_json_has_the_pause_of_a_fire_time_within_it(rare: Sched) -> None:
    pause = Pause("report", "alice", FIRED, datetime(2099, 1, 2, 11, tzinfo=UTC))
    write_past(rare, [], [pause])
    paused = {
        "who": "alice",
        "since": "2026-03-02T02:30:00+00:00",
        "until": "2099-01-02T11:00:00+00:00",
        "reason": None,
    }
    expected = [
        ("2099-01-01T12:00:00+01:00", paused),
        ("2099-01-02T12:00:00+01:00", None),
    ]

    answer = rare("next", "--json").stdout
    actual = [(one["fire_time"], one.get("paused")) for one in json.loads(answer)]

    assert expected == actual


def test_a_fire_time_within_a_pause_is_dim_on_a_terminal(rare: Sched) -> None:
    rare.write("jobs: {日本: {command: x, clock: {dates: 2099-01-01 12:00}}}\n")
    write_past(rare, [], [Pause("日本", "alice", FIRED)])
    expected = (
        "Thu 2099-01-01 12:00:00 UTC  \x1b[2m{}\x1b[0m  \x1b[2m日本\x1b[0m  "
        "\x1b[2mdates 2099-01-01 12:00, paused by alice\x1b[0m\n"
    )

    shown = on_terminal(rare, "next").splitlines(keepends=True)[1]
    actual = shown.replace(shown.split()[4].partition("m")[2].partition("\x1b")[0], "{}")

    assert expected == actual


def overwritten(path: Path) -> None:
    path.write_bytes(b"what is this" * 1000)


def of_another_program(path: Path) -> None:
    path.unlink()
    path.touch()


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("spoil", [overwritten, of_another_program, newer])
def test_without_a_history_that_can_be_read_the_file_still_answers(
    rare: Sched, spoil: Callable[[Path], None]
) -> None:
    write_past(rare, [by_alice("report", SOON)])
    spoil(rare.directory / ".sched/history.db")
    row = "2099-01-01T12:00:00+01:00\treport\tdates 2099-01-01 12:00 and 1 more\n"
    warning = "warning: extra runs and pauses are not shown: "

    answer = timeless(rare("next", "report", "-n", "1"))

    assert (0, f"NEXT\tJOB\tWHY\n{row}") == (answer.code, answer.stdout)
    assert [warning] == [line[: len(warning)] for line in answer.stderr.splitlines()]


def test_a_history_that_somebody_has_locked_is_done_without(rare: Sched) -> None:
    write_past(rare, [by_alice("report", SOON)])
    path = rare.directory / ".sched/history.db"
    expected = Answer(
        0,
        "NEXT\tJOB\tWHY\n2099-01-01T12:00:00+01:00\treport\tdates 2099-01-01 12:00 and 1 more\n",
        f"warning: extra runs and pauses are not shown: {path}: database is locked\n",
    )
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("UPDATE runs SET who = 'bob'")

        actual = timeless(rare("next", "report", "-n", "1"))

    assert expected == actual


def test_a_history_that_is_being_written_is_read_all_the_same(rare: Sched) -> None:
    (run,) = write_past(rare, [by_alice("report", SOON)])
    with closing(sqlite3.connect(rare.directory / ".sched/history.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE runs SET who = 'bob'")

        answer = rare("next", "-n", "1", "--json")

    assert [("at, by alice", run)] == [
        (one["note"], one["run"]) for one in json.loads(answer.stdout)
    ]
