"""`sched backfill`: a job runs for fire times that have passed."""

from __future__ import annotations

import json
import os
import pwd
import signal
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cli.test_terminal import on_terminal
from conversing import conversation
from files import NAME, Answer, Sched, text
from past import Past, write_past
from records import Record, write_records
from schedkit import loader
from schedkit.operations import Backfill, Filled, NotNowError
from schedkit.run import Pause, State, Trigger
from schedkit.store import SQLiteReader
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name
JOBS = """
jobs:
  a: {command: x, clock: {cron: "30-34 2 2 3 *"}, timezone: Europe/London}
  b: {command: x, clock: every 1h, enabled: false}
"""
RANGE = ("--from", "2026-03-02T00:00Z", "--to", "2026-03-02T12:00Z")
FIRST = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMES = "5 fire times from 2026-03-02T02:30:00+00:00 to 2026-03-02T02:34:00+00:00"
SHOWN = "5 fire times from Mon 2026-03-02 02:30:00 GMT to Mon 2026-03-02 02:34:00 GMT"


@pytest.fixture(autouse=True)
def written(sched: Sched) -> None:
    """Write the file of jobs."""
    sched.write(JOBS)


@pytest.fixture
def past(sched: Sched) -> list[str]:
    """Write what became of three of the five fire times; return the ids of the runs."""
    states = (State.SUCCEEDED, State.FAILED, State.QUEUED)
    return write_past(sched, [Past("a", state) for state in states])


def wish(sched: Sched, **more: object) -> Backfill:
    """Return what the runner is asked for."""
    job = loader.load([sched.directory / NAME]).jobs[0]
    first, last = FIRST.replace(hour=0, minute=0), FIRST.replace(hour=12, minute=0)
    return Backfill("a", first, last, job.schedule_digest, **more)  # type: ignore[arg-type]  # as they are named


def runs(*minutes: int) -> list[tuple[str, datetime]]:
    """Return runs as a runner has them that has claimed these fire times."""
    return [(f"7k3m2{n}", FIRST + n * MINUTE) for n in minutes]


# ---- what would run


def test_the_plan_in_a_pipe_is_all_of_it(sched: Sched, past: list[str]) -> None:
    assert past
    expected = Answer(
        0,
        "FIRE TIME\tSO FAR\tPLAN\n"
        "2026-03-02T02:30:00+00:00\tsucceeded\tleft out\n"
        "2026-03-02T02:31:00+00:00\tfailed\trun\n"
        "2026-03-02T02:32:00+00:00\tqueued\tleft out\n"
        "2026-03-02T02:33:00+00:00\t-\trun\n"
        "2026-03-02T02:34:00+00:00\t-\trun\n",
        f"a: {TIMES}: 3 to run, 2 left out (1 succeeded, 1 queued)\n",
    )

    actual = sched("backfill", "a", *RANGE, "--dry-run")

    assert expected == actual


def test_the_plan_as_json(sched: Sched, past: list[str]) -> None:
    assert past
    rows = [
        ("succeeded", "left_out"),
        ("failed", "run"),
        ("queued", "left_out"),
        *[(None, "run")] * 2,
    ]
    expected = {
        "job": "a",
        "fire_times": [
            {
                "fire_time": f"2026-03-02T02:3{minute}:00+00:00",
                "so_far": so_far,
                "plan": plan,
                "run": None,
                "state": None,
            }
            for minute, (so_far, plan) in enumerate(rows)
        ],
    }

    answer = sched("backfill", "a", *RANGE, "--dry-run", "--json")

    assert expected == json.loads(answer.stdout)


def test_by_force_only_what_waits_or_runs_is_left_out(sched: Sched, past: list[str]) -> None:
    assert past

    answer = sched("backfill", "a", *RANGE, "--dry-run", "--force")

    assert f"a: {TIMES}: 4 to run, 1 left out (queued)\n" == answer.stderr


def test_without_a_history_all_run_and_none_is_made(sched: Sched) -> None:
    expected = Answer(
        0,
        "FIRE TIME\tSO FAR\tPLAN\n2026-03-02T02:33:00+00:00\t-\trun\n",
        "a: 1 fire time, 2026-03-02T02:33:00+00:00: 1 to run\n",
    )
    bounds = ("--from", "2026-03-02T02:33Z", "--to", "2026-03-02T02:33Z")

    actual = sched("backfill", "a", *bounds, "--dry-run")

    assert expected == actual
    assert not (sched.directory / ".sched").exists()


def test_of_many_a_person_sees_the_first_and_the_last(sched: Sched) -> None:
    bounds = ("--from", "2025-03-02T00:00Z", "--to", "2026-03-02T12:00Z")
    expected = text("""
        FIRE TIME                    SO FAR  PLAN
        Sun 2025-03-02 02:30:00 GMT  -       run
        Sun 2025-03-02 02:31:00 GMT  -       run
        Sun 2025-03-02 02:32:00 GMT  -       run
        Sun 2025-03-02 02:33:00 GMT  -       run
        Sun 2025-03-02 02:34:00 GMT  -       run
        ...
        Mon 2026-03-02 02:32:00 GMT  -       run
        Mon 2026-03-02 02:33:00 GMT  -       run
        Mon 2026-03-02 02:34:00 GMT  -       run
    """)

    actual = on_terminal(sched, "backfill", "a", *bounds, "--dry-run", NO_COLOR="1")

    assert f"{expected}\n" == actual


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (
            ("--from", "2026-04-01T00:00Z", "--to", "2026-05-01T00:00Z"),
            "no fire time in that range",
        ),
        (
            ("--from", "2098-01-01T00:00Z", "--to", "2099-01-01T00:00Z"),
            "no fire time in that range",
        ),
    ],
)
@pytest.mark.parametrize("option", ["--dry-run", "--yes", "--wait"])
def test_where_nothing_has_come_nothing_is_to_do(
    sched: Sched, bounds: tuple[str, ...], said: str, option: str
) -> None:
    table = "FIRE TIME\tSO FAR\tPLAN\n" if option == "--dry-run" else ""

    assert Answer(0, table, f"a: {said} has come yet\n") == sched("backfill", "a", *bounds, option)


def test_where_all_have_succeeded_nothing_is_to_do(sched: Sched) -> None:
    write_past(sched, [Past("a", State.SUCCEEDED)] * 5)
    said = f"a: {TIMES}: 0 to run, 5 left out (succeeded)\n"

    assert Answer(0, "", said) == sched("backfill", "a", *RANGE)


def test_what_was_missed_in_a_range_is_told_of_each_fire_time(sched: Sched) -> None:
    missed = Record("a", FIRST, State.MISSED, last_fire_time=FIRST + 2 * MINUTE, count=3)
    again = Record("a", FIRST + MINUTE, State.FAILED, trigger=Trigger.BACKFILL)
    write_records(sched, [missed, again])

    rows = json.loads(sched("backfill", "a", *RANGE, "--dry-run", "--json").stdout)["fire_times"]

    assert ["missed", "failed", "missed", None, None] == [row["so_far"] for row in rows]
    assert {"run"} == {row["plan"] for row in rows}


# ---- a runner is up


def test_the_runs_are_on_stdout_and_what_next_beside_them(sched: Sched, runner: Answering) -> None:
    runner.operations.filled = [Filled(runs(0, 1, 2, 3, 4), 0)]
    expected = Answer(
        0,
        "7k3m20\n7k3m21\n7k3m22\n7k3m23\n7k3m24\n",
        f"a: {TIMES}: 5 to run\n"
        "how they do: sched history a -n 5; stop them with: sched cancel a\n",
    )

    actual = sched("backfill", "a", *RANGE, "--yes", "--parallel", "2")

    assert expected == actual
    assert [("backfill", wish(sched, parallel=2), ME)] == runner.operations.asked


def test_many_are_asked_for_by_parts(sched: Sched, runner: Answering) -> None:
    runner.operations.filled = [Filled(runs(0, 1), 1, FIRST + 2 * MINUTE), Filled(runs(3), 1)]

    answer = sched("backfill", "a", *RANGE, "--yes", "--force")

    first = wish(sched, force=True)
    second = replace(first, first=FIRST + 2 * MINUTE + timedelta.resolution)
    assert "7k3m20\n7k3m21\n7k3m23\n" == answer.stdout
    assert [("backfill", first, ME), ("backfill", second, ME)] == runner.operations.asked


def test_what_is_refused_on_the_way_tells_how_far_it_came(sched: Sched, runner: Answering) -> None:
    runner.operations.filled = [
        Filled(runs(0, 1), 0, FIRST + MINUTE), NotNowError("the runner is stopping")
    ]  # fmt: skip
    expected = Answer(
        1,
        "",
        f"a: {TIMES}: 5 to run\n2 of them wait for their turn already\n"
        "error: the runner is stopping\n",
    )

    actual = sched("backfill", "a", *RANGE, "--yes")

    assert expected == actual


def test_the_runs_as_json(sched: Sched, runner: Answering) -> None:
    runner.operations.filled = [Filled(runs(0, 1, 2, 3), 1)]
    expected = {
        "job": "a",
        "fire_times": [
            {
                "fire_time": f"2026-03-02T02:3{minute}:00+00:00",
                "so_far": None,
                "plan": "run",
                "run": f"7k3m2{minute}" if minute < 4 else None,
                "state": "queued" if minute < 4 else None,
            }
            for minute in range(5)
        ],
    }

    answer = sched("backfill", "a", *RANGE, "--yes", "--json")

    assert expected == json.loads(answer.stdout)


def test_in_a_pipe_nothing_is_done_unasked(sched: Sched, runner: Answering) -> None:
    expected = Answer(
        2,
        "",
        f"a: {TIMES}: 5 to run\n"
        "error: nobody is there to be asked whether they are to run\n"
        "  = help: say so with --yes\n",
    )

    actual = sched("backfill", "a", *RANGE)

    assert expected == actual
    assert [] == runner.operations.asked


PROMPT = f"""\
a: {SHOWN}: 5 to run
  Mon 2026-03-02 02:30:00 GMT
  Mon 2026-03-02 02:31:00 GMT
  Mon 2026-03-02 02:32:00 GMT
  Mon 2026-03-02 02:33:00 GMT
  Mon 2026-03-02 02:34:00 GMT
run them? [y/N] """


@pytest.mark.parametrize("typed", ["y\n", "YES\n"])
def test_who_says_yes_is_told_of_the_runs(sched: Sched, runner: Answering, typed: str) -> None:
    runner.operations.filled = [Filled(runs(0, 1, 2, 3, 4), 0)]
    runs_said = "7k3m20 to 7k3m24, 5 runs\n"
    next_said = "how they do: sched history a -n 5; stop them with: sched cancel a\n"
    expected = (0, f"{PROMPT}{typed}{runs_said}{next_said}")

    actual = conversation(sched, "backfill", "a", *RANGE, says=typed)

    assert expected == actual


@pytest.mark.parametrize(
    ("typed", "shown"), [("n\n", "n\n"), ("\n", "\n"), ("yeah\n", "yeah\n"), ("\x04", "\n")]
)
def test_whoever_does_not_say_yes_changes_nothing(
    sched: Sched, runner: Answering, typed: str, shown: str
) -> None:
    expected = (1, f"{PROMPT}{shown}nothing was changed\n")

    code, screen = conversation(sched, "backfill", "a", *RANGE, says=typed)

    assert expected == (code, screen.replace("^D\b\b", ""))
    assert [] == runner.operations.asked


def test_whoever_interrupts_the_question_changes_nothing(sched: Sched, runner: Answering) -> None:
    code, _ = conversation(
        sched, "backfill", "a", *RANGE, says=lambda process: process.send_signal(signal.SIGINT)
    )

    assert (130, []) == (code, runner.operations.asked)


# ---- none is up


def test_without_a_runner_they_wait_for_one(sched: Sched, past: list[str]) -> None:
    answer = sched("backfill", "a", *RANGE, "--yes", "--parallel", "3")

    runs = json.loads(sched("history", "--json", "-n", "3").stdout)[::-1]
    said = (
        f"a: {TIMES}: 3 to run, 2 left out (1 succeeded, 1 queued)\n"
        "no runner is up: they run when one is: sched run\n"
    )
    assert Answer(0, "".join(f"{run['id']}\n" for run in runs), said) == answer
    assert [(FIRST + n * MINUTE, "backfill", "queued", ME) for n in (1, 3, 4)] == [
        (datetime.fromisoformat(run["fire_time"]), run["trigger"], run["state"], run["who"])
        for run in runs
    ]
    with closing(SQLiteReader.open(sched.directory / ".sched/history.db")) as store:
        assert [1, 3, 3, 3] == sorted(one.parallel for one in store.waiting())
    assert past


def test_asked_for_twice_they_wait_once(sched: Sched) -> None:
    sched("backfill", "a", *RANGE, "--yes", "--force")

    again = sched("backfill", "a", *RANGE, "--yes", "--force")

    assert Answer(0, "", f"a: {TIMES}: 0 to run, 5 left out (queued)\n") == again


def test_two_at_once_fill_in_each_fire_time_once(sched: Sched) -> None:
    sched("list")
    running = [sched.start("backfill", "a", *RANGE, "--yes", "--force") for _ in range(4)]

    codes = [process.wait(30) for process in running]

    fire_times = [run["fire_time"] for run in json.loads(sched("history", "--json").stdout)]
    assert ([0] * 4, 5, 5) == (codes, len(fire_times), len(set(fire_times)))


def test_a_paused_job_is_told_to_be(sched: Sched, runner: Answering) -> None:
    write_past(sched, [], [Pause("a", "bob", FIRST)])
    runner.operations.filled = [Filled(runs(0), 4)]

    answer = sched("backfill", "a", *RANGE, "--yes")

    assert "they wait until a is resumed: sched resume a" == answer.stderr.splitlines()[-1]


def test_nobody_waits_for_what_nobody_runs(sched: Sched) -> None:
    expected = Answer(
        3,
        "",
        f"a: {TIMES}: 5 to run\n"
        "error: no runner is up that would run them\n"
        "  = help: let them wait for one, without --wait\n",
    )

    actual = sched("backfill", "a", *RANGE, "--yes", "--wait")

    assert expected == actual
    assert "[]\n" == sched("history", "--json").stdout


# ---- what cannot be meant

NARROW = "  = help: narrow the range with --from and --to\n"


@pytest.mark.parametrize(
    ("words", "code", "stderr"),
    [
        (("aa", *RANGE), 4, "error: no job is named 'aa'\n  = help: did you mean 'a'?\n"),
        (
            ("b", *RANGE),
            1,
            "error: b is disabled in its file (run it all the same: --force)\n",
        ),
        (
            ("a", "--from", "2026-03-02T00:00Z", "--to", "2026-03-01T00:00Z"),
            2,
            "error: --from is later than --to\n",
        ),
        (
            ("b", "--force", "--from", "2020-01-01T00:00Z", "--to", "2026-03-01T00:00Z"),
            2,
            f"error: these are more than 10000 fire times\n{NARROW}",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("option", ["--dry-run", "--yes"])
def test_what_cannot_be_filled_in_says_why(
    sched: Sched, words: tuple[str, ...], code: int, stderr: str, option: str
) -> None:
    assert Answer(code, "", stderr) == sched("backfill", *words, option)


@pytest.mark.parametrize("option", ["--dry-run", "--yes", "--force"])
def test_a_job_without_a_clock_has_no_times_to_fill_in(sched: Sched, option: str) -> None:
    sched.write("""
        jobs:
          build: {command: x, clock: hourly}
          test: {command: y, after: build, on: {event: lead.*}, enabled: false}
    """)
    expected = Answer(
        2,
        "",
        "error: test has no clock: it runs after build or on lead.*\n"
        "  = help: run it now: sched trigger test\n",
    )

    assert expected == sched("backfill", "test", *RANGE, option)


def test_ten_thousand_are_not_too_many(sched: Sched) -> None:
    sched.write("jobs: {a: {command: x, clock: every 1m}}\n")
    bounds = ("--from", "2026-01-01T00:01Z", "--to", "2026-01-07T22:40Z")

    answer = sched("backfill", "a", *bounds, "--yes")

    assert (0, 10_000) == (answer.code, len(set(answer.stdout.split())))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a", "--to", "now"), "Missing option '--from'."),
        (("a", "--from", "yesterday"), "Missing option '--to'."),
        (("a", *RANGE, "--parallel", "0"), "Invalid value for '--parallel': '0' is not a number"),
        ((*RANGE,), "Missing argument 'JOB'."),
    ],
)
def test_what_is_missing_is_a_wrong_use(sched: Sched, words: tuple[str, ...], said: str) -> None:
    answer = sched("backfill", *words)

    assert 2 == answer.code
    assert answer.complaint.startswith(said)


def test_a_broken_file_is_told(sched: Sched) -> None:
    sched.write("jobs: {a: {clock: every 1h}}\n")

    answer = sched("backfill", "a", *RANGE, "--yes")

    assert (78, "") == (answer.code, answer.stdout)


def test_a_history_that_cannot_be_read_is_told(sched: Sched) -> None:
    (sched.directory / ".sched").mkdir()
    (sched.directory / ".sched/history.db").write_bytes(b"the shopping list, " * 400)

    answer = sched("backfill", "a", *RANGE, "--yes")

    assert (69, "") == (answer.code, answer.stdout)
