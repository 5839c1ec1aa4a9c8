"""What is done at a terminal, as it stands there: the answer, and what is said beside it."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator

import pytest

import running
from cli.test_reload import BROKEN, EDITED, LOADED, take
from files import Sched
from past import Past, write_past
from schedkit.run import State
from screen import block, like, screen
from talking import Answering

ME = pwd.getpwuid(os.getuid()).pw_name
JOBS = """
timezone: UTC
jobs:
  a: {command: 'echo one; echo two >&2', clock: {dates: 2099-01-01 00:00}}
  b: {command: 'echo "no disk" >&2; exit 3', clock: {dates: 2099-01-01 00:00}}
  c: {command: 'echo one; read word < go; echo two', clock: {dates: 2099-01-01 00:00}}
  d: {command: test $SCHED_FIRE_TIME != 2026-01-02T02:30:00+00:00, clock: daily at 02:30}
"""


@pytest.fixture
def up(sched: Sched) -> Iterator[running.Sched]:
    """A real runner of the jobs above, in the directory of `sched`."""
    made = running.Sched(sched.directory)
    made.write(JOBS)
    made.run()
    yield made
    made.close()


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Do what Ctrl-C does."""
    process.send_signal(signal.SIGINT)


# ---- run


@pytest.mark.system
def test_a_runner_tells_what_it_does_and_ends_with_a_summary(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'true', clock: startup}}\n")
    expected = block("""
        <time> schedule loaded   jobs=1 why=start
        <time> run started       job=a run=<run1> pid=<pid>
        <time> run succeeded     job=a run=<run1> took=<took>
        <time> runner stopping   why="its time is over"
        <took>, 1 run: 1 succeeded
    """)

    code, shown = screen(sched, "run", "--for", "2s")

    assert (0, expected) == (code, like(expected, shown))


@pytest.mark.system
def test_how_a_run_starts_and_ends_is_coloured(sched: Sched) -> None:
    sched.write("jobs: {a: {command: 'echo no disk; exit 3', clock: startup}}\n")
    expected = (
        "<time> schedule loaded   jobs=1 why=start\n"
        "<time> \x1b[36mrun started\x1b[0m       job=a run=<run1> pid=<pid>\n"
        "<time> \x1b[31merror: run failed\x1b[0m job=a run=<run1> took=<took> exit=3"
        ' reason="no disk"\n'
        '<time> runner stopping   why="SIGINT was received"\n'
        "<took>, 1 run: 1 failed\n"
    )

    code, shown = screen(sched, "run", asks="took=", says=interrupt, colour=True)

    assert (130, expected) == (code, like(expected, shown))


def test_a_dry_run_shows_what_would_start(sched: Sched) -> None:
    sched.write(JOBS)
    expected = block("""
        FIRE TIME                    JOB  WHAT   COMMAND
        Thu 2099-01-01 00:00:00 UTC  a    start  echo one; echo two >&2
        Thu 2099-01-01 00:00:00 UTC  c    start  echo one; read word < go; echo two
    """)

    actual = screen(sched, "run", "--dry-run", "--only", "a", "--only", "c")

    assert (0, expected) == actual


def test_a_job_is_not_run_by_starting_a_runner(sched: Sched) -> None:
    said = "'run' starts the scheduler; to run one job now: sched trigger backup"

    assert (2, f"error: {said}\n") == screen(sched, "run", "backup")


# ---- trigger and logs


@pytest.mark.system
@pytest.mark.usefixtures("up")
def test_what_is_triggered_is_told_waited_for_or_followed(sched: Sched) -> None:
    expected = block("""
        <run1>
        a runs; see what it writes: sched logs <run1> -f
        <run2>
        a succeeded after <took>
        <run3>
        one
        two
        a succeeded after <took>
        <run4>
        b failed after <took>, exit 3: no disk
        <run5>
        no disk
        b failed after <took>, exit 3: no disk
    """)

    answers = [
        screen(sched, "trigger", *words)
        for words in (
            ("a",),
            ("a", "--wait"),
            ("a", "--follow"),
            ("b", "--wait"),
            ("b", "--follow"),
        )
    ]

    codes, shown = zip(*answers, strict=True)
    assert ((0, 0, 0, 1, 1), expected) == (codes, like(expected, "".join(shown)))


@pytest.mark.system
def test_who_stops_following_can_go_on_and_see_the_end(sched: Sched, up: running.Sched) -> None:
    expected = block("""
        <run1>
        one

        <run1> goes on; stop it with: sched cancel <run1>
        <run1>: c, <day> <time>, running
        one
        two
        <run1>: c, <day> <time>, succeeded
        two
        <run2>
        error: c was skipped: overlap: <run3> still running
          = help: run it all the same with: sched trigger c --force
        <run3>
        how it ends: sched history -n 1
    """)

    followed = screen(sched, "trigger", "c", "--follow", asks="one", says=interrupt)
    live = screen(sched, "logs", "-f", asks="one", says=lambda _: up.go())
    last = screen(sched, "logs", "-n", "1")
    sched("trigger", "c")
    skipped = screen(sched, "trigger", "c")
    cancelled = screen(sched, "cancel", "c")

    answers = [followed, live, last, skipped, cancelled]
    codes, shown = zip(*answers, strict=True)
    assert ((130, 0, 0, 1, 0), expected) == (codes, like(expected, "".join(shown)))


def test_with_no_runner_up_a_person_is_told_what_comes_of_it(sched: Sched) -> None:
    sched.write(JOBS)
    expected = block("""
        <run1>
        no runner is up: a runs when one is: sched run
        <run2>
        a runs on Thu 2099-01-01 00:00:00 UTC, in <left>, if a runner is up by then: \
sched run; cancel it with: sched cancel <run2>
        <run1>
        <run2>
        no runner is up: what waited is over, what runs the next one stops
    """)

    answers = [
        screen(sched, *words)
        for words in (("trigger", "a"), ("at", "2099-01-01 00:00", "a"), ("cancel", "a"))
    ]

    shown = "".join(shown for _, shown in answers)
    assert expected == like(expected, shown)


# ---- later, and not at all


@pytest.mark.usefixtures("runner")
def test_what_is_to_run_later_is_told_with_its_time(sched: Sched) -> None:
    expected = block("""
        7k3m2q
        a runs on Thu 2099-01-01 00:00:00 UTC, in <left>; cancel it with: sched cancel 7k3m2q
        7k3m2q
        a runs on <date> <time> UTC, in <left>; cancel it with: sched cancel 7k3m2q
        7k3m2q
        how it ends: sched history -n 1
    """)
    sched.write(JOBS)

    answers = [
        screen(sched, *words)
        for words in (
            ("at", "2099-01-01 00:00", "a"), ("in", "3d", "a"), ("cancel", "a", "--signal", "INT")
        )
    ]  # fmt: skip

    shown = "".join(shown for _, shown in answers)
    assert expected == like(expected, shown)


def test_pausing_and_resuming_name_the_jobs_and_the_way_back(
    sched: Sched, runner: Answering
) -> None:
    sched.write(JOBS)
    expected = block("""
        a
        b
        paused until resumed: sched resume --all
        a
        paused until Thu 2099-01-01 00:00:00 UTC
        a
        a
        b was not paused
        no job was paused
    """)
    until = ("--until", "2099-01-01 00:00")

    shown = screen(sched, "pause", "--all")[1]
    runner.operations.jobs = ["a"]
    shown += screen(sched, "pause", "a", *until, "--reason", "no disk")[1]
    shown += screen(sched, "resume", "--all")[1]
    shown += screen(sched, "resume", "a", "b")[1]
    runner.operations.jobs = []
    shown += screen(sched, "resume", "--all")[1]

    assert expected == shown


def test_a_reload_tells_what_changed_and_shows_what_is_wrong(
    sched: Sched, runner: Answering
) -> None:
    sched.write(LOADED)
    take(sched)
    runner.operations.reloaded = {"changes": []}
    runner.operations.reloads = lambda: take(sched)
    expected = block("""
        a  changed  clock       dates 2099-01-01 00:00 -> dates 2099-01-02 00:00
                    next fire   Thu 2099-01-01 00:00:00 UTC -> Fri 2099-01-02 00:00:00 UTC, \
in <left>
                    fire times  0 in the next 7 days, as before
        1 changed; what comes now: sched next
        no job fires otherwise than before; loaded <took> ago already, and what changed then: \
sched audit
        schedules.yaml:1:32: error: unknown clock 'date'
        1 | jobs: {a: {command: x, clock: {date: 2099-01-01 00:00}}}
          |                                ^^^^
          = help: did you mean 'dates'?

        1 problem
        the runner goes on with what it had loaded before
    """)

    sched.write(EDITED)
    answers = [screen(sched, "reload"), screen(sched, "reload")]
    write_past(sched, [])
    sched.write(BROKEN)
    runner.operations.reloaded = {"error": "x.yaml:1:32: unknown clock 'date'"}
    runner.operations.reloads = None
    answers.append(screen(sched, "reload"))

    codes, shown = zip(*answers, strict=True)
    assert ((0, 0, 78), expected) == (codes, like(expected, "".join(shown)))


# ---- the past


@pytest.mark.system
@pytest.mark.usefixtures("up")
def test_of_the_bar_of_a_backfill_nothing_stays(sched: Sched) -> None:
    times = ("--from", "2026-01-01T00:00Z", "--to", "2026-01-03T12:00Z")
    expected = block("""
        d: 3 fire times from Thu 2026-01-01 02:30:00 UTC to Sat 2026-01-03 02:30:00 UTC: 3 to run
          Thu 2026-01-01 02:30:00 UTC
          Fri 2026-01-02 02:30:00 UTC
          Sat 2026-01-03 02:30:00 UTC
        run them? [y/N] n
        nothing was changed
        d: 3 fire times from Thu 2026-01-01 02:30:00 UTC to Sat 2026-01-03 02:30:00 UTC: 3 to run
          Thu 2026-01-01 02:30:00 UTC
          Fri 2026-01-02 02:30:00 UTC
          Sat 2026-01-03 02:30:00 UTC
        run them? [y/N] y
        <run1> to <run2>, 3 runs
        d: 2 succeeded, 1 failed
        error: 1 of 3 runs did not succeed
          = help: see them with: sched history d --state failed -n 1
        d: 3 fire times from Thu 2026-01-01 02:30:00 UTC to Sat 2026-01-03 02:30:00 UTC: \
1 to run, 2 left out (succeeded)
          Thu 2026-01-01 02:30:00 UTC  succeeded, left out
          Fri 2026-01-02 02:30:00 UTC  failed
          Sat 2026-01-03 02:30:00 UTC  succeeded, left out
        run them? [y/N] y
        <run3>
        how they do: sched history d -n 1; stop them with: sched cancel d
    """)

    answers = [
        screen(sched, "backfill", "d", *times, says="n\n"),
        screen(sched, "backfill", "d", *times, "--wait", says="y\n"),
        screen(sched, "backfill", "d", *times, says="y\n"),
    ]

    codes, shown = zip(*answers, strict=True)
    assert ((1, 1, 0), expected) == (codes, like(expected, "".join(shown)))


def test_what_would_be_forgotten_is_told_by_job(sched: Sched) -> None:
    sched.write(JOBS)
    write_past(sched, [Past("a", State.SUCCEEDED, (b"1234567",))] * 3)
    expected = (
        "2 records of 1 job and 14 bytes of output are to go\n"
        "\x1b[1mJOB  RECORDS  OUTPUT\x1b[0m\n"
        "\x1b[1ma\x1b[0m    2        14 bytes\n"
    )

    actual = screen(sched, "prune", "--keep-last", "1", "--dry-run", colour=True)

    assert (0, expected) == actual
